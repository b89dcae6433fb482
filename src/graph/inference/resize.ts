/** Resampling: Resize in all its forms, Upsample, crops, grids. */
import type { Dim, Dims } from '../graph';
import type { InferRule, InferTable, OpContext } from './context';
import { tensor, unknownDims } from './context';
import type { Item } from './data';
import { axisOf, multiply } from './dims';
import { toDim } from './movement';

/** floor(size · scale), in float32 as ONNX Runtime computes it. */
function scaled(size: Dim, scale: Item): Dim {
  if (typeof scale !== 'number') return null;
  if (typeof size === 'number') return Math.floor(Math.fround(Math.fround(size) * Math.fround(scale)));
  return scale === 1 ? size : Number.isInteger(scale) ? multiply(size, scale) : null;
}

function scaledDims(x: Dims, scales: readonly Item[] | undefined, axes: readonly number[]): Dims {
  const dims: Dim[] = [...x];
  axes.forEach((axis, at) => { dims[axis] = scaled(x[axis]!, scales?.[at] ?? null); });
  return dims;
}

/** Sizes with keep_aspect_ratio_policy: one scale for all axes, the smallest or largest; sizes round half up. */
function sizedDims(c: OpContext, x: Dims, sizes: readonly Item[], axes: readonly number[]): Dims {
  const dims: Dim[] = [...x];
  const policy = c.string('keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') {
    axes.forEach((axis, at) => { dims[axis] = toDim(sizes[at] ?? null); });
    return dims;
  }
  const ratios = axes.map((axis, at) => Math.fround(Number(sizes[at]) / Number(x[axis])));
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  axes.forEach((axis) => { dims[axis] = Number.isFinite(scale) ? Math.floor(Math.fround(scale * Number(x[axis])) + 0.5) : null; });
  return dims;
}

const resize: InferRule = (c) => {
  const x = c.dims(0), dtype = c.dtype(0);
  if (x === undefined) return [tensor(dtype, lengthOf(c, c.opset < 11 ? 1 : 3) ?? (c.opset >= 11 ? lengthOf(c, 2) : undefined))];
  const all = x.map((_, axis) => axis);
  if (c.opset < 11) return [tensor(dtype, scaledDims(x, c.data(1)?.items, all))];
  const axes = c.ints('axes')?.map((axis) => axisOf(axis, x.length)) ?? all;
  const sizes = c.has(3) ? c.data(3)?.items : undefined;
  if (sizes !== undefined && sizes.length > 0) return [tensor(dtype, sizedDims(c, x, sizes, axes))];
  const scales = c.has(2) ? c.data(2)?.items : undefined;
  if (scales !== undefined && scales.length > 0) return [tensor(dtype, scaledDims(x, scales, axes))];
  return [tensor(dtype, x.map((dim, axis) => axes.includes(axis) ? null : dim))];
};

/** A rank as long as a 1-D input. */
function lengthOf(c: OpContext, index: number): Dims | undefined {
  const length = c.dims(index)?.[0];
  return typeof length === 'number' && length > 0 && length <= 64 ? unknownDims(length) : undefined;
}

const upsample: InferRule = (c) => {
  const x = c.dims(0), dtype = c.dtype(0);
  if (x === undefined) return [tensor(dtype)];
  const all = x.map((_, axis) => axis);
  if (c.opset >= 9) return [tensor(dtype, scaledDims(x, c.data(1)?.items, all))];
  const attribute = c.node.attributes.get('scales');
  const scales = attribute?.kind === 'floats' ? attribute.value : [1, 1, c.float('height_scale', 1), c.float('width_scale', 1)];
  return [tensor(dtype, scaledDims(x, scales, all))];
};

const centerCropPad: InferRule = (c) => {
  const x = c.dims(0), shape = c.data(1)?.items;
  if (x === undefined) return [tensor(c.dtype(0))];
  const axes = c.ints('axes')?.map((axis) => axisOf(axis, x.length)) ?? x.map((_, axis) => axis);
  const dims: Dim[] = [...x];
  axes.forEach((axis, at) => { dims[axis] = toDim(shape?.[at] ?? null); });
  return [tensor(c.dtype(0), dims)];
};

/** X [N, C, ...], grid [N, ...out, r] → [N, C, ...out]. */
const gridSample: InferRule = (c) => {
  const x = c.dims(0), grid = c.dims(1);
  if (x === undefined || grid === undefined) return [tensor(c.dtype(0), x && unknownDims(x.length))];
  return [tensor(c.dtype(0), [x[0]!, x[1]!, ...grid.slice(1, -1)])];
};

/** theta [N, r, r+1], size [N, C, ...] → grid [N, ..., r]. */
const affineGrid: InferRule = (c) => {
  const size = c.data(1)?.items;
  if (size === undefined) return [tensor(c.dtype(0))];
  return [tensor(c.dtype(0), [toDim(size[0] ?? null), ...size.slice(2).map(toDim), size.length - 2])];
};

/** ai.onnx 1's Crop: border [left, top, right, bottom] or a given size. */
const crop: InferRule = (c) => {
  const x = c.dims(0), border = c.ints('border'), size = c.ints('scale');
  if (x === undefined || border === undefined) return [tensor(c.dtype(0))];
  const cut = (dim: Dim, by: number): Dim => typeof dim === 'number' ? dim - by : null;
  const [left = 0, top = 0, right = 0, bottom = 0] = border;
  return [tensor(c.dtype(0), [x[0]!, x[1]!, size?.[0] ?? cut(x[2]!, top + bottom), size?.[1] ?? cut(x[3]!, left + right)])];
};

export const resizeRules: InferTable = {
  Resize: resize, Upsample: upsample, CenterCropPad: centerCropPad, GridSample: gridSample, AffineGrid: affineGrid, Crop: crop,
};
