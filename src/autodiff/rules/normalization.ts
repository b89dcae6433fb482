/** Normalisation by mean and deviation, or by a norm, over some axes. */
import { attrFloat, attrInt, attrInts } from '../../graph/graph';
import type { Cotangents, Rule, RuleContext, RuleTable } from '../rule';
import { sumToDims } from '../context';
import { positiveAxis, product, range, scalar } from './helpers';

/** The standardised x̂ = (x − μ)·r with r = 1/√(σ² + ε) over `axes`; μ and r have 1 there. */
interface Standardised { readonly hat: string; readonly inverse: string }

function standardise(c: RuleContext, x: string, axes: readonly number[], epsilon: number, mean?: string, inverse?: string): Standardised {
  const centred = c.b.op('Sub', [x, mean ?? c.b.reduce('ReduceMean', x, axes)]);
  const r = inverse ?? c.b.op('Reciprocal', [c.b.op('Sqrt', [c.b.op('Add', [c.b.reduce('ReduceMean', c.b.op('Mul', [centred, centred]), axes), scalar(c, epsilon)])])]);
  return { hat: c.b.op('Mul', [centred, r]), inverse: r };
}

/** Back through x̂:  x̄ = r·(ĝ − mean ĝ − x̂·mean(ĝ·x̂)), means over `axes`. */
function throughStandardised(c: RuleContext, g: string, { hat, inverse }: Standardised, axes: readonly number[]): string {
  const mean = c.b.reduce('ReduceMean', g, axes);
  const slope = c.b.reduce('ReduceMean', c.b.op('Mul', [g, hat]), axes);
  const bent = c.b.op('Sub', [c.b.op('Sub', [g, mean]), c.b.op('Mul', [hat, slope])]);
  return c.b.op('Mul', [bent, inverse]);
}

/**
 * y = x̂·scale + bias, standardised over the axes from `axis` on. The node's own Mean and InvStdDev are used where it
 * gives them (they are added to the nodes of a graph that is differentiated).
 */
const layerNormalization: Rule = {
  vjp: (c): Cotangents => {
    const [x, scale, bias] = c.node.inputs as [string, string, string | undefined], dims = c.dims(x);
    const axis = positiveAxis(attrInt(c.node, 'axis', -1), dims.length), axes = range(dims.length).slice(axis);
    const [mean, inverse] = [1, 2].map((index) => { // float32 whatever x is
      const output = c.node.outputs[index];
      return output ? (c.dtype(output) === c.dtype(x) ? output : c.b.cast(output, c.dtype(x))) : undefined;
    });
    const s = standardise(c, x, axes, attrFloat(c.node, 'epsilon', 1e-5), mean, inverse);
    return [
      c.wants(0) ? throughStandardised(c, c.b.op('Mul', [c.g, scale]), s, axes) : undefined,
      c.wants(1) ? sumToDims(c.b, c.b.op('Mul', [c.g, s.hat]), dims, c.dims(scale)) : undefined,
      c.wants(2) ? sumToDims(c.b, c.g, dims, c.dims(bias!)) : undefined,
    ];
  },
};

/** x [N, C, …] in groups of channels: standardised as [N, groups, rest]. Scale and bias per channel (opset 21) or per group (18). */
const groupNormalization: Rule = {
  vjp: (c): Cotangents => {
    const [x, scale, bias] = c.node.inputs as [string, string, string], dims = c.dims(x);
    const [n, channels] = dims as [number, number], groups = attrInt(c.node, 'num_groups', 1);
    const grouped = [n, groups, product(dims) / (n * groups)];
    const spread = (value: string): string => { // to [1, C, 1, …]
      const perGroup = c.dims(value)[0] === groups && groups !== channels;
      const whole = perGroup ? c.b.reshape(c.b.expand(c.b.reshape(value, [groups, 1]), [groups, channels / groups]), [channels]) : value;
      return c.b.reshape(whole, [1, channels, ...dims.slice(2).map(() => 1)]);
    };
    /** [N, C, …] summed to the dims of scale and bias. */
    const gathered = (value: string, like: string): string => {
      const summed = c.b.reduce('ReduceSum', value, range(dims.length).filter((axis) => axis !== 1), false);
      return c.dims(like)[0] === channels ? summed : c.b.reduce('ReduceSum', c.b.reshape(summed, [groups, channels / groups]), [1], false);
    };
    const s = standardise(c, c.b.reshape(x, grouped), [2], attrFloat(c.node, 'epsilon', 1e-5));
    const g = c.b.reshape(c.b.op('Mul', [c.g, spread(scale)]), grouped);
    return [
      c.wants(0) ? c.b.reshape(throughStandardised(c, g, s, [2]), dims) : undefined,
      c.wants(1) ? gathered(c.b.op('Mul', [c.g, c.b.reshape(s.hat, dims)]), scale) : undefined,
      c.wants(2) ? gathered(c.g, bias) : undefined,
    ];
  },
};

// y = (x − μ)/√σ² over `axes` (default 0, 2, 3), with ONNX's 1e-9 under the root
const meanVarianceNormalization: Rule = {
  vjp: (c): Cotangents => {
    const x = c.node.inputs[0]!, axes = attrInts(c.node, 'axes', [0, 2, 3]).map((axis) => positiveAxis(axis, c.dims(x).length));
    return [throughStandardised(c, c.g, standardise(c, x, axes, 1e-9), axes)];
  },
};

/** y = x·r·scale, r = 1/√(mean x² + ε):  x̄ = r·(ĝ − x̂·mean(ĝ·x̂)) with x̂ = x·r, ĝ = g·scale. */
const rmsNormalization: Rule = {
  vjp: (c): Cotangents => {
    const [x, scale] = c.node.inputs as [string, string], dims = c.dims(x);
    const axes = range(dims.length).slice(positiveAxis(attrInt(c.node, 'axis', -1), dims.length));
    const power = c.b.reduce('ReduceMean', c.b.op('Mul', [x, x]), axes);
    const r = c.b.op('Reciprocal', [c.b.op('Sqrt', [c.b.op('Add', [power, scalar(c, attrFloat(c.node, 'epsilon', 1e-5), x)])])]);
    const hat = c.b.op('Mul', [x, r]), g = c.b.op('Mul', [c.g, scale]);
    const slope = c.b.reduce('ReduceMean', c.b.op('Mul', [g, hat]), axes);
    return [
      c.wants(0) ? c.b.op('Mul', [c.b.op('Sub', [g, c.b.op('Mul', [hat, slope])]), r]) : undefined,
      c.wants(1) ? sumToDims(c.b, c.b.op('Mul', [c.g, hat]), dims, c.dims(scale)) : undefined,
    ];
  },
};

/** p = 2: y = x/n, n = √Σx²:  x̄ = (g − y·Σ g·y)/n.   p = 1: n = Σ|x|:  x̄ = (g − sign x·Σ g·y)/n. */
const lpNormalization: Rule = {
  vjp: (c): Cotangents => {
    const x = c.node.inputs[0]!, y = c.node.outputs[0]!, axes = [positiveAxis(attrInt(c.node, 'axis', -1), c.dims(x).length)];
    const two = attrInt(c.node, 'p', 2) === 2;
    const norm = two ? c.b.reduce('ReduceL2', x, axes) : c.b.reduce('ReduceSum', c.b.op('Abs', [x]), axes);
    const slope = c.b.reduce('ReduceSum', c.b.op('Mul', [c.g, y]), axes);
    const bent = c.b.op('Sub', [c.g, c.b.op('Mul', [two ? y : c.b.op('Sign', [x]), slope])]);
    return [c.b.op('Div', [bent, norm])];
  },
};

export const normalizationRules: RuleTable = {
  LayerNormalization: layerNormalization, GroupNormalization: groupNormalization,
  MeanVarianceNormalization: meanVarianceNormalization, RMSNormalization: rmsNormalization,
  SimplifiedLayerNormalization: rmsNormalization, LpNormalization: lpNormalization,
};
