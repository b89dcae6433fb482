/** Convolutions, their transposes, and what shares their window arithmetic. */
import type { Dim, Dims } from '../graph';
import type { InferRule, InferTable, OpContext } from './context';
import { tensor, unknownDims } from './context';
import { multiply } from './dims';

/** Window geometry of a node, one entry per spatial axis. */
export interface Windows {
  readonly kernel: readonly Dim[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padBegins: readonly number[];
  readonly padEnds: readonly number[];
  readonly autoPad: 'NOTSET' | 'SAME_UPPER' | 'SAME_LOWER' | 'VALID';
  readonly ceil: boolean;
  /** Of a pooling op: ONNX Runtime pads SAME there as if nothing were dilated. */
  readonly pooling: boolean;
}

/** Reads strides, dilations, pads, auto_pad and ceil_mode for `kernel.length` spatial axes. */
export function readWindows(c: OpContext, kernel: readonly Dim[]): Windows {
  const rank = kernel.length;
  // PyTorch 0.2 wrote one pad for both ends, and 1-D windows with the strides and pads of 2-D ones: the last entries count.
  const given = c.ints('pads') ?? [], pads = given.length === rank ? [...given, ...given] : given, half = pads.length / 2;
  const extra = Math.max(0, (pads.length - 2 * rank) / 2);
  const autoPad = c.string('auto_pad', 'NOTSET');
  const fill = (values: readonly number[] | undefined, fallback: number): number[] => kernel.map((_, axis) => values?.[axis + Math.max(0, values.length - rank)] ?? fallback);
  return {
    kernel,
    strides: fill(c.ints('strides'), 1),
    dilations: fill(c.ints('dilations'), 1),
    padBegins: fill(pads.slice(extra, half), 0),
    padEnds: fill(pads.slice(half + extra), 0),
    autoPad: autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER' || autoPad === 'VALID' ? autoPad : 'NOTSET',
    ceil: c.int('ceil_mode', 0) === 1,
    pooling: c.node.opType.includes('Pool'),
  };
}

/**
 * Windows along one axis: floor or ceil((in + pads - (d(k-1)+1)) / s) + 1. With ceil_mode the last window must start
 * inside the input or its left padding, as ONNX Runtime counts it (onnx#5741).
 */
export function windowCount(size: Dim, windows: Windows, axis: number): Dim {
  const kernel = windows.kernel[axis]!, stride = windows.strides[axis]!, same = windows.autoPad.startsWith('SAME');
  if (stride < 1) throw new Error(`a stride of ${stride} is not possible`);
  const undilated = !windows.pooling || windows.dilations[axis] === 1;
  if (same && stride === 1 && undilated) return size;
  if (typeof size !== 'number') {
    if (typeof kernel !== 'number') return null;
    const begin = windows.autoPad === 'VALID' ? 0 : windows.padBegins[axis]! + windows.padEnds[axis]!;
    return stride === 1 && begin === windows.dilations[axis]! * (kernel - 1) ? size : null;
  }
  if (same && undilated) return Math.ceil(size / stride);
  if (typeof kernel !== 'number') return null;
  const explicit = windows.autoPad === 'NOTSET';
  const padBegin = explicit ? windows.padBegins[axis]! : 0;
  const pads = explicit ? padBegin + windows.padEnds[axis]! : same ? (Math.ceil(size / stride) - 1) * stride + kernel - size : 0;
  const room = size + pads - windows.dilations[axis]! * (kernel - 1) - 1;
  if (room < 0) throw new Error(`a window of ${kernel} does not fit an axis of ${size}`);
  if (!windows.ceil) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  return (count - 1) * stride >= size + padBegin ? count - 1 : count;
}

/** Dims of the kernel's window: the attribute, else the weight's trailing dims. */
function kernelDims(c: OpContext, weight: Dims | undefined): readonly Dim[] | undefined {
  return c.ints('kernel_shape') ?? weight?.slice(2);
}

/** X [N, C, ...], W [M, C/g, ...k] → [N, M, ...]. */
export function convolutionDims(c: OpContext, xIndex: number, wIndex: number): Dims | undefined {
  const x = c.dims(xIndex), w = c.dims(wIndex);
  const rank = x?.length ?? w?.length;
  if (rank === undefined || rank < 2) return undefined;
  const kernel = kernelDims(c, w) ?? unknownDims(rank - 2);
  const windows = readWindows(c, kernel);
  if (x === undefined) return [null, w?.[0] ?? null, ...unknownDims(rank - 2)];
  return [x[0]!, w?.[0] ?? null, ...x.slice(2).map((size, axis) => windowCount(size, windows, axis))];
}

const conv: InferRule = (c) => [tensor(c.dtype(0), convolutionDims(c, 0, 1))];

/** out = s(in-1) + output_padding + d(k-1)+1 - pads, or output_shape; SAME never makes more than in·s. */
function transposedSize(c: OpContext, size: Dim, windows: Windows, axis: number, rank: number): Dim {
  const outputShape = c.ints('output_shape');
  if (outputShape !== undefined && outputShape.length >= rank) return outputShape[outputShape.length - rank + axis]!;
  const kernel = windows.kernel[axis]!, stride = windows.strides[axis]!;
  if (typeof kernel !== 'number') return null;
  const same = windows.autoPad.startsWith('SAME');
  const notset = windows.autoPad === 'NOTSET';
  const extra = (c.ints('output_padding')?.[axis] ?? 0) + windows.dilations[axis]! * (kernel - 1) + 1
    - (notset ? windows.padBegins[axis]! + windows.padEnds[axis]! : 0);
  // A kernel that exactly covers the stride turns a symbolic size into a multiple of it.
  if (typeof size !== 'number') return extra === stride || (same && extra >= stride) ? multiply(size, stride) : null;
  const natural = stride * (size - 1) + extra;
  return same ? Math.min(natural, size * stride) : natural;
}

const convTranspose: InferRule = (c) => {
  const x = c.dims(0), w = c.dims(1);
  if (x === undefined) return [tensor(c.dtype(0))];
  const kernel = kernelDims(c, w) ?? unknownDims(x.length - 2);
  const windows = readWindows(c, kernel);
  const rank = x.length - 2;
  const channels = w === undefined ? null : multiply(w[1]!, c.int('group', 1));
  return [tensor(c.dtype(0), [x[0]!, channels, ...x.slice(2).map((size, axis) => transposedSize(c, size, windows, axis, rank))])];
};

/** Columns [N, C·prod(block), L] back to an image [N, C, ...image_shape]. */
const col2Im: InferRule = (c) => {
  const x = c.dims(0), image = c.numbers(1), block = c.numbers(2);
  if (x === undefined || image === undefined || block === undefined) return [tensor(c.dtype(0))];
  const window = block.reduce((count, size) => count * size, 1);
  const channels = typeof x[1] === 'number' ? x[1] / window : null;
  return [tensor(c.dtype(0), [x[0]!, channels, ...image])];
};

export const convolutionRules: InferTable = {
  Conv: conv,
  DeformConv: conv,
  ConvTranspose: convTranspose,
  ConvInteger: (c) => [tensor('int32', convolutionDims(c, 0, 1))],
  QLinearConv: (c) => [tensor(c.dtype(7) === 'undefined' ? c.dtype(0) : c.dtype(7), convolutionDims(c, 0, 3))],
  Col2Im: col2Im,
};
