/** Normalisations over batch, instance, group, neighbourhood or a norm. */
import { attrFloat, attrInt, attrInts } from '../../graph/graph';
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../../graph/builder';
import type { Cotangents, RuleContext, RuleTable } from '../rule';
import { noteChannelScale } from './channelScale';

export const batchNormRules: RuleTable = {
  // y = scale · (x − mean) / √(var + ε) + B
  BatchNormalization: { vjp: batchNormalizationVjp },
  // y = scale[c] · x̂ + B[c], x̂ = (x − μ) / σ over the space of each sample and channel
  InstanceNormalization: { vjp: instanceNormalizationVjp },
  // the same with μ and σ over the space and channels of each group
  GroupNormalization: { vjp: groupNormalizationVjp },
  LRN: { vjp: lrnVjp },
  LpNormalization: { vjp: lpNormalizationVjp },
  MeanVarianceNormalization: { vjp: meanVarianceNormalizationVjp },
};

/** [C] as [C, 1, 1, …], to broadcast against [N, C, …]. */
function perChannel(b: GraphBuilder, values: string, channels: number, rank: number): string {
  return rank === 2 ? values : b.reshape(values, [channels, ...new Array<number>(rank - 2).fill(1)]);
}

function batchNormalizationVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const [x, scale, , mean, variance] = node.inputs as [string, string, string, string, string];
  if (attrInt(node, 'training_mode', 0) === 1) context.fail('it normalises by the statistics of the batch (training_mode 1); export the model for inference');
  const dims = context.dims(x), dtype = context.dtype(x), channels = dims[1]!;
  const epsilon = attrFloat(node, 'epsilon', 1e-5);
  const parameters = context.dtype(scale), statistics = context.dtype(variance);

  let dx: string | undefined;
  if (context.wants(0)) {
    // dx = g · scale / √(var + ε): the node itself without mean and bias, which ONNX Runtime keeps in blocked layout.
    const zeros = new Array<number>(channels).fill(0);
    dx = b.op('BatchNormalization', [g, scale, b.constant(zeros, parameters, [channels]), b.constant(zeros, statistics, [channels]), variance], { epsilon: { float: epsilon } });
    if (parameters === dtype && statistics === dtype) {
      noteChannelScale(b, dx, { source: g, scale: b.op('Div', [scale, deviation(b, variance, epsilon, dtype)]) });
    }
  }
  if (![1, 2, 3, 4].some((index) => context.wants(index))) return [dx];
  if (parameters !== dtype || statistics !== dtype) context.fail(`gradients to its parameters need them in the input's type ${dtype}, found ${parameters} and ${statistics}`);
  // With s = √(var + ε): dscale = Σ g·(x − mean)/s, dB = Σ g, dmean = −scale/s·Σ g, dvar = −scale/(2·s²)·dscale
  const axes = dims.map((_, axis) => axis).filter((axis) => axis !== 1);
  const s = deviation(b, variance, epsilon, dtype);
  const total = b.reduce('ReduceSum', g, axes, false);
  const centred = b.op('Sub', [x, perChannel(b, mean, channels, dims.length)]);
  const dscale = b.op('Div', [b.reduce('ReduceSum', b.op('Mul', [g, centred]), axes, false), s]);
  const dmean = b.op('Neg', [b.op('Div', [b.op('Mul', [scale, total]), s])]);
  const dvar = b.op('Div', [b.op('Mul', [b.op('Mul', [scale, dscale]), b.constant(-0.5, dtype)]), b.op('Mul', [s, s])]);
  return [dx, dscale, total, dmean, dvar];
}

function deviation(b: GraphBuilder, variance: string, epsilon: number, dtype: DType): string {
  return b.op('Sqrt', [b.op('Add', [variance, b.constant(epsilon, dtype)])]);
}

/**
 * With y = h(x̂), x̂ = (x − μ)/σ over `axes` and q the cotangent of x̂:
 * dx = (q − mean(q) − x̂ · mean(q · x̂)) / σ, means over `axes`, σ = √(var + ε).
 */
function standardise(b: GraphBuilder, x: string, axes: readonly number[], epsilon: number, dtype: DType): { hat: string; sigma: string } {
  const centred = b.op('Sub', [x, b.reduce('ReduceMean', x, axes)]);
  const variance = b.reduce('ReduceMean', b.op('Mul', [centred, centred]), axes);
  const sigma = b.op('Sqrt', [b.op('Add', [variance, b.constant(epsilon, dtype)])]);
  return { hat: b.op('Div', [centred, sigma]), sigma };
}

function standardiseVjp(b: GraphBuilder, q: string, hat: string, sigma: string, axes: readonly number[]): string {
  const along = b.reduce('ReduceMean', b.op('Mul', [q, hat]), axes);
  const rest = b.op('Sub', [b.op('Sub', [q, b.reduce('ReduceMean', q, axes)]), b.op('Mul', [hat, along])]);
  return b.op('Div', [rest, sigma]);
}

function instanceNormalizationVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const [x, scale] = node.inputs as [string, string];
  const dims = context.dims(x), dtype = context.dtype(x);
  const space = dims.map((_, axis) => axis).slice(2);
  const { hat, sigma } = standardise(b, x, space, attrFloat(node, 'epsilon', 1e-5), dtype);
  const q = b.op('Mul', [g, perChannel(b, scale, dims[1]!, dims.length)]);
  return [
    context.wants(0) ? standardiseVjp(b, q, hat, sigma, space) : undefined,
    context.wants(1) ? b.reduce('ReduceSum', b.op('Mul', [g, hat]), [0, ...space], false) : undefined,
    context.wants(2) ? b.reduce('ReduceSum', g, [0, ...space], false) : undefined,
  ];
}

function groupNormalizationVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const [x, scale] = node.inputs as [string, string];
  const dims = context.dims(x), dtype = context.dtype(x);
  const groups = attrInt(node, 'num_groups', undefined) ?? context.fail('it has no num_groups');
  const [n, channels] = dims as [number, number];
  // [N, G, C/G, …space]; scale is [C] from opset 21 on, and one per group before.
  const split = [n, groups, channels / groups, ...dims.slice(2)];
  const inner = split.map((_, axis) => axis).slice(2), space = inner.slice(1);
  const { hat, sigma } = standardise(b, b.reshape(x, split), inner, attrFloat(node, 'epsilon', 1e-5), dtype);
  const perGroup = context.dims(scale)[0] === groups && groups !== channels;
  const scaleDims = [groups, perGroup ? 1 : channels / groups, ...space.map(() => 1)];
  const cotangent = b.reshape(g, split);
  const q = b.op('Mul', [cotangent, b.reshape(scale, scaleDims)]);
  const toParameter = (value: string): string => b.reshape(b.reduce('ReduceSum', value, perGroup ? [0, ...inner] : [0, ...space], false), context.dims(scale));
  return [
    context.wants(0) ? b.reshape(standardiseVjp(b, q, hat, sigma, inner), dims) : undefined,
    context.wants(1) ? toParameter(b.op('Mul', [cotangent, hat])) : undefined,
    context.wants(2) ? toParameter(cotangent) : undefined,
  ];
}

/**
 * y[c] = x[c] · D[c]^−β with D[c] = bias + α/size · Σ_{c' in window(c)} x[c']², window(c) = [c − ⌊(size−1)/2⌋, c + ⌈(size−1)/2⌉].
 * dx[c] = g[c]·D[c]^−β − 2αβ/size · x[c] · Σ_{c' : c in window(c')} g[c']·x[c']·D[c']^(−β−1).
 * Both sums over channels are 1×1 convolutions with a banded [C, C] matrix.
 */
function lrnVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const x = node.inputs[0]!, dims = context.dims(x), dtype = context.dtype(x);
  const size = attrInt(node, 'size', undefined) ?? context.fail('it has no size');
  const alpha = attrFloat(node, 'alpha', 1e-4), beta = attrFloat(node, 'beta', 0.75), bias = attrFloat(node, 'bias', 1);
  const channels = dims[1]!, ones = dims.slice(2).map(() => 1);
  const before = Math.floor((size - 1) / 2), after = size - 1 - before;
  const band = (below: number, above: number): string => {
    const matrix: number[] = [];
    for (let to = 0; to < channels; to++) for (let from = 0; from < channels; from++) matrix.push(from >= to - below && from <= to + above ? 1 : 0);
    return b.constant(matrix, dtype, [channels, channels, ...ones]);
  };
  const sum = (value: string, below: number, above: number): string =>
    (dims.length === 2 ? b.op('MatMul', [value, b.transpose(band(below, above), [1, 0])]) : b.op('Conv', [value, band(below, above)], { kernel_shape: ones }));
  const squares = sum(b.op('Mul', [x, x]), before, after);
  const d = b.op('Add', [b.op('Mul', [squares, b.constant(alpha / size, dtype)]), b.constant(bias, dtype)]);
  const direct = b.op('Mul', [g, b.op('Pow', [d, b.constant(-beta, dtype)])]);
  const spread = sum(b.op('Div', [b.op('Mul', [direct, x]), d]), after, before);
  return [b.op('Sub', [direct, b.op('Mul', [b.op('Mul', [x, spread]), b.constant((2 * alpha * beta) / size, dtype)])])];
}

/** y = x / ‖x‖_p along an axis: dx = (g − ∂‖x‖/∂x · Σ g·y) / ‖x‖, with ∂‖x‖/∂x = y for p = 2 and sign(x) for p = 1; 0 where the norm is 0. */
function lpNormalizationVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const x = node.inputs[0]!, y = node.outputs[0]!, dims = context.dims(x), dtype = context.dtype(x);
  const axis = attrInt(node, 'axis', -1), p = attrInt(node, 'p', 2);
  if (p !== 1 && p !== 2) context.fail(`p is ${p}; ONNX allows 1 and 2`);
  const axes = [axis < 0 ? axis + dims.length : axis];
  const norm = p === 2 ? b.reduce('ReduceL2', x, axes) : b.reduce('ReduceSum', b.op('Abs', [x]), axes);
  const slope = p === 2 ? y : b.op('Sign', [x]);
  const along = b.reduce('ReduceSum', b.op('Mul', [g, y]), axes);
  const numerator = b.op('Sub', [g, b.op('Mul', [slope, along])]);
  const zero = b.constant(0, dtype);
  return [b.op('Where', [b.op('Equal', [norm, zero]), zero, b.op('Div', [numerator, norm])])];
}

/** y = (x − μ)/(σ + 1e-9) over `axes`; the 1e-9 only keeps a constant input from dividing by zero. */
function meanVarianceNormalizationVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const x = node.inputs[0]!, dtype = context.dtype(x), rank = context.dims(x).length;
  const axes = (attrInts(node, 'axes', undefined) ?? [0, 2, 3]).map((axis) => (axis < 0 ? axis + rank : axis));
  const { hat, sigma } = standardise(b, x, axes, 1e-18, dtype);
  return [standardiseVjp(b, g, hat, sigma, axes)];
}
