/** Pooling: windows, global, regions of interest. */
import type { Dim, Dims } from '../graph';
import type { InferRule, InferTable, OpContext } from './context';
import { sameRule, tensor } from './context';
import { readWindows, windowCount } from './convolution';

export function pooledDims(c: OpContext): Dims | undefined {
  const x = c.dims(0);
  const kernel = c.ints('kernel_shape');
  if (x === undefined || kernel === undefined) return x && [x[0] ?? null, x[1] ?? null, ...x.slice(2).map(() => null)];
  const windows = readWindows(c, kernel);
  return [x[0]!, x[1]!, ...x.slice(2).map((size, axis) => windowCount(size, windows, axis))];
}

const pool: InferRule = (c) => [tensor(c.dtype(0), pooledDims(c))];

const maxPool: InferRule = (c) => {
  const dims = pooledDims(c);
  return [tensor(c.dtype(0), dims), tensor('int64', dims)];
};

/** [N, C, ...] → [N, C, 1, ...]. */
export function globallyPooled(x: Dims | undefined): Dims | undefined {
  return x?.map((dim, axis) => axis < 2 ? dim : 1);
}

const globalPool: InferRule = (c) => [tensor(c.dtype(0), globallyPooled(c.dims(0)))];

/** The inverse of MaxPool: (in-1)·s + k - pads, or the given output shape. */
const maxUnpool: InferRule = (c) => {
  const x = c.dims(0), given = c.numbers(2), kernel = c.ints('kernel_shape');
  if (given !== undefined) return [tensor(c.dtype(0), given)];
  if (x === undefined || kernel === undefined || c.has(2)) return [tensor(c.dtype(0), x?.map(() => null))];
  const { strides, padBegins, padEnds } = readWindows(c, kernel);
  const spatial = x.slice(2).map((size, axis): Dim =>
    typeof size === 'number' ? (size - 1) * strides[axis]! + kernel[axis]! - padBegins[axis]! - padEnds[axis]! : null);
  return [tensor(c.dtype(0), [x[0]!, x[1]!, ...spatial])];
};

/** X [N, C, H, W], rois [R, ·] → [R, C, h, w]. */
function regions(height: (c: OpContext) => number, width: (c: OpContext) => number): InferRule {
  return (c) => [tensor(c.dtype(0), [c.dims(1)?.[0] ?? null, c.dims(0)?.[1] ?? null, height(c), width(c)])];
}

export const poolingRules: InferTable = {
  ...sameRule(pool, 'AveragePool', 'LpPool'),
  MaxPool: maxPool,
  ...sameRule(globalPool, 'GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'),
  MaxUnpool: maxUnpool,
  RoiAlign: regions((c) => c.int('output_height', 1), (c) => c.int('output_width', 1)),
  MaxRoiPool: regions((c) => c.ints('pooled_shape')?.[0] ?? 1, (c) => c.ints('pooled_shape')?.[1] ?? 1),
};
