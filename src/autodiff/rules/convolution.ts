/** Convolutions. Which form a cotangent takes is a matter of speed: see the note above `convInputVjp`. */
import { attrInt, attrInts, attrString } from '../../graph/graph';
import type { GraphBuilder } from '../../graph/builder';
import type { Cotangents, RuleContext, RuleTable } from '../rule';
import { channelScale } from './channelScale';
import { oneChannel, rowsOf } from './oneChannel';
import { phasedConv } from './phasedConv';
import { phasesOf } from './phases';
import { cellSize, subPixel } from './subPixel';
import { enterBlocks, insertZeros, padSpatial, windowAxes } from './windows';
import type { WindowAxis } from './windows';

export const convolutionRules: RuleTable = {
  // y[n, m, o] = Σ_{c, k} w[m, c, k] · x[n, c, s·o + d·k − p] + bias[m]
  Conv: { vjp: convVjp },
  // y[n, m, s·i + d·k − p] = Σ_c w[c, m, k] · x[n, c, i] + bias[m]
  ConvTranspose: { vjp: convTransposeVjp },
};

function convVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const [x, w] = [node.inputs[0]!, node.inputs[1]!];
  const xDims = context.dims(x), wDims = context.dims(w), gDims = context.dims(node.outputs[0]!);
  const group = attrInt(node, 'group', 1);
  if (xDims.length < 3) context.fail(`its input has ${xDims.length} dimensions, and a convolution needs at least 3 (batch, channels, space)`);
  const axes = windowAxes(node, xDims.slice(2), gDims.slice(2), wDims.slice(2));
  return [
    context.wants(0) ? convInputVjp(context, w, wDims, gDims, group, axes) : undefined,
    context.wants(1) ? kernelVjp(b, x, xDims, g, gDims, wDims, group, axes) : undefined,
    node.inputs[2] && context.wants(2) ? b.reduce('ReduceSum', g, axesBut(gDims.length, 1), false) : undefined,
  ];
}

/**
 * dx[n, c, i] = Σ_{m, k : s·o + d·k − p = i} w[m, c, k] · g[n, m, o], in the quickest of four forms (measured on x64):
 *
 * - stride 1: a Conv with the flipped, transposed kernel and pads d·(k − 1) − p;
 * - kernel 1, any stride: that Conv on the small grid, then zeros between;
 * - depthwise with a stride: zeros between first, then the stride-1 form;
 * - else sub-pixel (subPixel.ts): one Conv makes whole cells of pixels as channels, which are then interleaved.
 *
 * Kernels are reordered by graph nodes: they are constants to ONNX Runtime, which folds them when the session is made.
 */
function convInputVjp(context: RuleContext, w: string, wDims: readonly number[], gDims: readonly number[], group: number, axes: readonly WindowAxis[]): string {
  const { b, dialect } = context;
  const dtype = context.dtype(w), one = oneChannel(context);
  if (one && group === 1 && axes.every((axis) => axis.kernel === 1 && axis.stride === 1 && axis.begin === 0 && axis.end === 0)) {
    return b.op('Mul', [rowsOf(b, w, one, 0), one.value]);
  }
  // A BatchNormalization behind the convolution scaled the cotangent by channel: scale the kernel instead.
  const scaled = channelScale(b, context.g);
  const g = scaled?.source ?? context.g;
  const kernel = scaled ? b.op('Mul', [w, b.reshape(scaled.scale, [wDims[0]!, ...wDims.slice(1).map(() => 1)])]) : w;
  const phases = dialect === 'cpu' && group === 1 ? phasesOf(b, g) : undefined;
  const fromPhases = phases && phasedConv(b, { phases, w: kernel, wDims, axes, dtype });
  if (fromPhases !== undefined) return fromPhases;

  const channels = wDims[1]! * group;
  const strides = axes.map((axis) => axis.stride), inner = axes.map((axis) => (axis.out - 1) * axis.stride + 1);
  const cell = cellSize(dialect, wDims, group, axes);
  if (strides.every((stride) => stride === 1) && cell === 1) {
    return fullCorrelation(b, kernel, wDims, g, gDims, group, axes, axes.map((axis) => axis.out));
  }
  if (axes.every((axis) => axis.kernel === 1)) {
    const unpadded = axes.map((axis) => ({ ...axis, begin: 0, end: 0 }));
    const small = fullCorrelation(b, kernel, wDims, g, gDims, group, unpadded, axes.map((axis) => axis.out));
    const spread = insertZeros(b, small, [gDims[0]!, channels, ...gDims.slice(2)], strides, dtype, dialect);
    const whole = padSpatial(b, spread, [gDims[0]!, channels, ...inner], axes.map((axis) => -axis.begin), axes.map((axis) => -axis.end));
    // Such a convolution usually is a shortcut whose cotangent is added to another: let that happen in blocked layout.
    return dialect === 'cpu' ? enterBlocks(b, whole, channels, axes.length, dtype) : whole;
  }
  if (wDims[1] === 1 && wDims[0] === group) {
    const spread = insertZeros(b, g, gDims, strides, dtype, dialect);
    return fullCorrelation(b, kernel, wDims, spread, [gDims[0]!, gDims[1]!, ...inner], group, axes, inner);
  }
  return subPixel(b, { w: kernel, wDims, g, gDims, group, axes, cell, dtype, dialect });
}

/** The stride-1 form: correlates g (spatial dims `inner`) with the flipped, transposed kernel. */
function fullCorrelation(b: GraphBuilder, w: string, wDims: readonly number[], g: string, gDims: readonly number[], group: number, axes: readonly WindowAxis[], inner: readonly number[]): string {
  const begins = axes.map((axis) => axis.dilation * (axis.kernel - 1) - axis.begin);
  const ends = axes.map((axis) => axis.dilation * (axis.kernel - 1) - axis.end);
  // A Conv takes no negative pads: what the forward padding exceeded is cropped from g.
  const cropped = padSpatial(b, g, [gDims[0]!, gDims[1]!, ...inner], begins.map((pad) => Math.min(pad, 0)), ends.map((pad) => Math.min(pad, 0)));
  return b.op('Conv', [cropped, swapChannels(b, flip(b, w, wDims), wDims, group)], {
    kernel_shape: wDims.slice(2), dilations: axes.map((axis) => axis.dilation), strides: axes.map(() => 1), group,
    pads: [...begins, ...ends].map((pad) => Math.max(pad, 0)),
  });
}

/** Reverses the spatial axes of a kernel. */
function flip(b: GraphBuilder, w: string, wDims: readonly number[]): string {
  const axes = wDims.map((_, axis) => axis).filter((axis) => axis >= 2 && wDims[axis]! > 1);
  if (axes.length === 0) return w;
  return b.slice(w, axes.map(() => -1), axes.map(() => -(2 ** 31)), axes, axes.map(() => -1));
}

/** Exchanges input and output channels inside each group: [M, C/G, …] → [C, M/G, …]. */
function swapChannels(b: GraphBuilder, w: string, wDims: readonly number[], group: number): string {
  const [m, c] = [wDims[0]! / group, wDims[1]!];
  const rest = wDims.slice(2);
  if (m === 1 && c === 1) return w;
  if (group === 1) return b.transpose(w, [1, 0, ...rest.map((_, axis) => axis + 2)]);
  const split = b.transpose(b.reshape(w, [group, m, c, ...rest]), [0, 2, 1, ...rest.map((_, axis) => axis + 3)]);
  return b.reshape(split, [group * c, m, ...rest]);
}

/**
 * dw[m, c, k] = Σ_{n, o} g[n, m, o] · x[n, c, s·o + d·k − p]: a convolution whose batch axis is the channels, with
 * strides and dilations exchanged. x as [C/G, G·N, …] and g as [M, N, …] with the same groups.
 */
function kernelVjp(b: GraphBuilder, x: string, xDims: readonly number[], g: string, gDims: readonly number[], wDims: readonly number[], group: number, axes: readonly WindowAxis[]): string {
  const rest = axes.map((_, axis) => axis + 3);
  const [n, c, m] = [xDims[0]!, xDims[1]! / group, gDims[1]! / group];
  const input = b.reshape(b.transpose(b.reshape(x, [n, group, c, ...xDims.slice(2)]), [2, 1, 0, ...rest]), [c, group * n, ...xDims.slice(2)]);
  const kernel = b.transpose(g, [1, 0, ...axes.map((_, axis) => axis + 2)]);
  // Unused trailing inputs (end < 0) only make more outputs than the kernel has; they are cropped below.
  const conv = b.op('Conv', [input, kernel], {
    kernel_shape: gDims.slice(2), strides: axes.map((axis) => axis.dilation), dilations: axes.map((axis) => axis.stride), group,
    pads: [...axes.map((axis) => axis.begin), ...axes.map((axis) => Math.max(axis.end, 0))],
  });
  const made = axes.map((axis) => Math.floor((axis.size + axis.begin + Math.max(axis.end, 0) - (axis.stride * (axis.out - 1) + 1)) / axis.dilation) + 1);
  const cropped = padSpatial(b, conv, [c, group * m, ...made], axes.map(() => 0), axes.map((axis, i) => axis.kernel - made[i]!));
  return b.transpose(cropped, [1, 0, ...wDims.slice(2).map((_, axis) => axis + 2)]);
}

/** dx is the Conv with the same kernel, strides, dilations and pads: dx[n, c, i] = Σ_{m, k} w[c, m, k] · g[n, m, s·i + d·k − p]. */
function convTransposeVjp(context: RuleContext): Cotangents {
  const { b, node, g } = context;
  const [x, w] = [node.inputs[0]!, node.inputs[1]!];
  const xDims = context.dims(x), wDims = context.dims(w), gDims = context.dims(node.outputs[0]!);
  const group = attrInt(node, 'group', 1);
  const axes = transposeAxes(context, xDims.slice(2), gDims.slice(2), wDims.slice(2));
  const attributes = {
    kernel_shape: wDims.slice(2), strides: axes.map((axis) => axis.stride), dilations: axes.map((axis) => axis.dilation), group,
    pads: [...axes.map((axis) => axis.begin), ...axes.map((axis) => Math.max(axis.end, 0))],
  };
  // Outputs behind the last window (output_padding) have no input: cropped.
  const cropped = padSpatial(b, g, gDims, axes.map(() => 0), axes.map((axis) => Math.min(axis.end, 0)));
  return [
    context.wants(0) ? b.op('Conv', [cropped, w], attributes) : undefined,
    // The same sum as a convolution's kernel cotangent with input and cotangent exchanged.
    context.wants(1) ? kernelVjp(b, g, gDims, x, xDims, wDims, group, axes) : undefined,
    node.inputs[2] && context.wants(2) ? b.reduce('ReduceSum', g, axesBut(gDims.length, 1), false) : undefined,
  ];
}

/**
 * The window that a ConvTranspose is the adjoint of: its `size` is the ConvTranspose's output, its `out` the input.
 * Pads that follow from output_shape or auto_pad are split as ONNX Runtime splits them (the odd one goes behind for
 * SAME_UPPER, else in front).
 */
function transposeAxes(context: RuleContext, size: readonly number[], out: readonly number[], kernel: readonly number[]): WindowAxis[] {
  const { node } = context;
  const strides = attrInts(node, 'strides', undefined) ?? size.map(() => 1);
  const dilations = attrInts(node, 'dilations', undefined) ?? size.map(() => 1);
  const outputPadding = attrInts(node, 'output_padding', undefined) ?? size.map(() => 0);
  const outputShape = attrInts(node, 'output_shape', undefined);
  const pads = attrInts(node, 'pads', undefined);
  const autoPad = attrString(node, 'auto_pad', 'NOTSET');
  return size.map((length, axis) => {
    const k = kernel[axis]!, stride = strides[axis]!, dilation = dilations[axis]!;
    const reach = (length - 1) * stride + dilation * (k - 1) + 1;
    const total = Math.max(0, reach + outputPadding[axis]! - out[axis]!);
    let begin = 0;
    if (autoPad === 'SAME_UPPER') begin = Math.floor(total / 2);
    else if (autoPad === 'SAME_LOWER' || outputShape) begin = Math.ceil(total / 2);
    else if (autoPad !== 'VALID' && pads) begin = pads[axis]!;
    return { size: out[axis]!, out: length, kernel: k, stride, dilation, begin, end: reach - out[axis]! - begin, padEnd: total - begin };
  });
}

function axesBut(rank: number, kept: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== kept);
}
