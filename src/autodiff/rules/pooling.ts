/** Pools: cotangents spread over windows (averages, p-norms) or go to the first maximum (max pools). */
import { attrInt, attrInts } from '../../graph/graph';
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../../graph/builder';
import type { Cotangents, RuleContext, RuleTable } from '../rule';
import { maxPoolVjp } from './maxPool';
import { noteOneChannel, oneChannel } from './oneChannel';
import { applyTransposed, insertZeros, padSpatial, windowAxes, windowMatrix } from './windows';
import type { WindowAxis } from './windows';

export const poolingRules: RuleTable = {
  // y = max over the window; the whole cotangent goes to the window's first maximum in row-major order.
  MaxPool: { vjp: maxPoolVjp },
  // y[o] = Σ_{i in window o} x[i] / count[o]:  dx[i] = Σ_{o : i in window o} g[o] / count[o]
  AveragePool: { vjp: averagePoolVjp },
  // y = Σ x / |space|:  dx = g / |space| everywhere
  GlobalAveragePool: { vjp: globalAveragePoolVjp },
  GlobalMaxPool: { vjp: globalMaxPoolVjp },
  // y[o] = (Σ |x|^p)^(1/p):  dx[i] = sign(x) |x|^(p−1) · Σ_{o : i in window o} g[o] · y[o]^(1−p), and 0 where y = 0
  LpPool: { vjp: lpPoolVjp },
  GlobalLpPool: { vjp: globalLpPoolVjp },
};

function averagePoolVjp(context: RuleContext): Cotangents {
  const { b, node } = context;
  const x = node.inputs[0]!, xDims = context.dims(x), gDims = context.dims(node.outputs[0]!);
  const kernel = attrInts(node, 'kernel_shape', undefined) ?? context.fail('it has no kernel_shape');
  const axes = windowAxes(node, xDims.slice(2), gDims.slice(2), kernel);
  const counts = axes.map((axis) => windowCounts(node, axis));
  const area = kernel.reduce((a, k) => a * k, 1);
  if (axes.every(({ out, dilation, begin, end }) => out === 1 && dilation === 1 && begin >= 0 && end >= 0)) { // one window over everything
    const count = counts.reduce((product, [only]) => product * only!, 1);
    return [b.expand(b.op('Mul', [context.g, b.constant(1 / count, context.dtype(x))]), xDims)];
  }
  if (counts.every((list, axis) => list.every((count) => count === kernel[axis]))) {
    return [spreadWindows(context, context.g, xDims, gDims, axes, 1 / area)];
  }
  // Counts are a product over axes: [1, 1, o1, o2, …] of reciprocals.
  let reciprocals = [1];
  for (const list of counts) reciprocals = reciprocals.flatMap((r) => list.map((count) => r / count));
  const weighted = b.op('Mul', [context.g, b.constant(reciprocals, context.dtype(x), [1, 1, ...gDims.slice(2)])]);
  return [spreadWindows(context, weighted, xDims, gDims, axes, 1)];
}

/**
 * How many entries each window's average divides by, along one axis: those inside the input, or with
 * count_include_pad those inside the padded input.
 */
function windowCounts(node: RuleContext['node'], axis: WindowAxis): number[] {
  const withPads = attrInt(node, 'count_include_pad', 0) === 1;
  const start = withPads ? -axis.begin : 0, end = withPads ? axis.size + axis.padEnd : axis.size;
  return Array.from({ length: axis.out }, (_, o) => {
    let count = 0;
    for (let k = 0; k < axis.kernel; k++) {
      const i = axis.stride * o + axis.dilation * k - axis.begin;
      if (i >= start && i < end) count++;
    }
    return count;
  });
}

/** factor · Σ_{o : i in window o} g[o]: the transpose of a window sum. */
function spreadWindows(context: RuleContext, g: string, xDims: readonly number[], gDims: readonly number[], axes: readonly WindowAxis[], factor: number): string {
  const { b, node, dialect } = context;
  const dtype = context.dtype(node.inputs[0]!);
  const [n, channels] = xDims as [number, number];
  const spatial = axes.length;
  const depthwise = (dims: readonly number[]): string => {
    const count = channels * dims.reduce((a, d) => a * d, 1);
    return b.constant(new Array<number>(count).fill(factor), dtype, [channels, 1, ...dims]);
  };
  const disjoint = axes.every((axis) => axis.kernel === axis.stride && axis.dilation === 1);
  if (disjoint && spatial <= 2) {
    const scaled = factor === 1 ? g : b.op('Conv', [g, depthwise(axes.map(() => 1))], { group: channels, kernel_shape: axes.map(() => 1) });
    const grown = nearestUp(b, scaled, axes.map((axis) => axis.stride));
    const dims = [n, channels, ...axes.map((axis) => axis.out * axis.stride)];
    return padSpatial(b, grown, dims, axes.map((axis) => -axis.begin), axes.map((axis) => -axis.end));
  }
  if (spatial === 3 && dialect === 'portable') {
    let result = g;
    const dims = [...gDims];
    axes.forEach((axis, i) => {
      const matrix = windowMatrix(axis);
      if (i === 0) for (let at = 0; at < matrix.length; at++) matrix[at]! *= factor;
      result = applyTransposed(b, result, dims, i + 2, matrix, axis.size, dtype);
      dims[i + 2] = axis.size;
    });
    return result;
  }
  const strides = axes.map((axis) => axis.stride);
  const inner = axes.map((axis) => (axis.out - 1) * axis.stride + 1);
  const spread = insertZeros(b, g, gDims, strides, dtype, dialect);
  const begins = axes.map((axis) => axis.dilation * (axis.kernel - 1) - axis.begin);
  const ends = axes.map((axis) => axis.dilation * (axis.kernel - 1) - axis.end);
  const cropped = padSpatial(b, spread, [n, channels, ...inner], begins.map((pad) => Math.min(pad, 0)), ends.map((pad) => Math.min(pad, 0)));
  return b.op('Conv', [cropped, depthwise(axes.map((axis) => axis.kernel))], {
    group: channels, kernel_shape: axes.map((axis) => axis.kernel), dilations: axes.map((axis) => axis.dilation),
    pads: [...begins, ...ends].map((pad) => Math.max(pad, 0)),
  });
}

/** Repeats every entry along the spatial axes. */
export function nearestUp(b: GraphBuilder, x: string, scales: readonly number[]): string {
  if (scales.every((scale) => scale === 1)) return x;
  const factors = b.constant([1, 1, ...scales], 'float32', [scales.length + 2]);
  return b.op('Resize', [x, '', factors], { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' });
}

function globalAveragePoolVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const dims = context.dims(node.inputs[0]!);
  const area = dims.slice(2).reduce((a, d) => a * d, 1);
  const everywhere = (value: string, channels: number): string =>
    b.expand(b.op('Mul', [value, b.constant(1 / area, context.dtype(node.inputs[0]!))]), [dims[0]!, channels, ...dims.slice(2)]);
  const whole = everywhere(g, dims[1]!), one = oneChannel(context);
  return [one ? noteOneChannel(b, whole, { index: one.index, value: everywhere(one.value, 1) }) : whole];
}

function globalMaxPoolVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const x = node.inputs[0]!, dims = context.dims(x);
  const area = dims.slice(2).reduce((a, d) => a * d, 1);
  const flat = [dims[0]!, dims[1]!, area];
  // ArgMax returns the first of equals.
  const first = b.op('ArgMax', [b.reshape(x, flat), ], { axis: 2, keepdims: 1 });
  const hit = b.op('Equal', [b.int64s(Array.from({ length: area }, (_, i) => i)), first]);
  const zero = b.constant(0, context.dtype(x));
  return [b.reshape(b.op('Where', [hit, b.reshape(g, [dims[0]!, dims[1]!, 1]), zero]), dims)];
}

/** sign(x)·|x|^(p−1), and g·y^(1−p) with 0 where y = 0. */
function lpFactors(b: GraphBuilder, x: string, y: string, g: string, p: number, dtype: DType): { inner: string; outer: string } {
  const zero = b.constant(0, dtype);
  const inner = p === 1 ? b.op('Sign', [x]) : p === 2 ? x
    : b.op('Mul', [b.op('Sign', [x]), b.op('Pow', [b.op('Abs', [x]), b.constant(p - 1, dtype)])]);
  const outer = p === 1 ? g
    : b.op('Where', [b.op('Equal', [y, zero]), zero, b.op('Div', [g, p === 2 ? y : b.op('Pow', [y, b.constant(p - 1, dtype)])])]);
  return { inner, outer };
}

function lpPoolVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const x = node.inputs[0]!, y = node.outputs[0]!, xDims = context.dims(x), gDims = context.dims(y);
  const kernel = attrInts(node, 'kernel_shape', undefined) ?? context.fail('it has no kernel_shape');
  const { inner, outer } = lpFactors(b, x, y, g, attrInt(node, 'p', 2), context.dtype(x));
  const axes = windowAxes(node, xDims.slice(2), gDims.slice(2), kernel);
  return [b.op('Mul', [spreadWindows(context, outer, xDims, gDims, axes, 1), inner])];
}

function globalLpPoolVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const x = node.inputs[0]!;
  const { inner, outer } = lpFactors(b, x, node.outputs[0]!, g, attrInt(node, 'p', 2), context.dtype(x));
  return [b.op('Mul', [outer, inner])];
}
