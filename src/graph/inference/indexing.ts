/** Ops that pick elements: slices, gathers, scatters, and those whose result size depends on the content. */
import type { Dim, Dims } from '../graph';
import type { InferRule, InferTable, OpContext } from './context';
import { sameRule, tensor, unknownDims } from './context';
import type { Data, Item } from './data';
import { forEachIndex, makeData, maxItems, positionIn, rearrange } from './data';
import { allNumbers, axisOf, product } from './dims';
import { likeInput } from './elementwise';
import { elementCount } from '../../tensor/tensor';

interface Cut { readonly axis: number; readonly start: number; readonly step: number; readonly size: Dim }

/** ONNX's clamping for one axis of known size (Slice, opset 10). */
function cutOf(axis: number, size: number, start: number, end: number, step: number): Cut {
  const clamp = (at: number, low: number, high: number): number => Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  return { axis, start: from, step, size: Math.max(0, Math.ceil((to - from) / step)) };
}

const far = 0x7fffffff;

/** An axis of symbolic size: only whole slices, reversals and plain heads of the same size are known. */
function symbolicCut(axis: number, dim: Dim, start: Item, end: Item, step: number): Cut {
  const whole = step === 1 && start === 0 && (end === dim || (typeof end === 'number' && end >= far));
  const reversed = step === -1 && (start === -1 || (typeof start === 'number' && start >= far)) && typeof end === 'number' && end <= -far;
  return { axis, start: reversed ? -1 : 0, step, size: whole || reversed ? dim : null };
}

function sliceArguments(c: OpContext): { starts?: readonly Item[]; ends?: readonly Item[]; axes?: readonly number[]; steps?: readonly number[] } {
  if (c.opset < 10 && c.hasAttribute('starts')) return { starts: c.ints('starts'), ends: c.ints('ends'), axes: c.ints('axes') };
  return {
    starts: c.data(1)?.items, ends: c.data(2)?.items,
    axes: c.has(3) ? c.numbers(3) ?? [NaN] : undefined, steps: c.has(4) ? c.numbers(4) ?? [NaN] : undefined,
  };
}

const slice: InferRule = (c) => {
  const x = c.dims(0), dtype = c.dtype(0);
  if (x === undefined) return [tensor(dtype)];
  const { starts, ends, axes, steps } = sliceArguments(c);
  if (Number.isNaN(axes?.[0])) return [tensor(dtype, unknownDims(x.length))];
  const count = starts?.length ?? ends?.length ?? axes?.length ?? c.dims(1)?.[0];
  if (typeof count !== 'number') return [tensor(dtype, unknownDims(x.length))];
  const dims: Dim[] = [...x];
  const cuts: Cut[] = [];
  for (let at = 0; at < count; at++) {
    const axis = axisOf(axes?.[at] ?? at, x.length);
    const start = starts?.[at] ?? null, end = ends?.[at] ?? null, step = steps === undefined ? 1 : steps[at] ?? NaN, size = x[axis]!;
    const cut = Number.isNaN(step) || step === 0 ? { axis, start: 0, step, size: null }
      : typeof size === 'number' && typeof start === 'number' && typeof end === 'number' ? cutOf(axis, size, start, end, step)
      : symbolicCut(axis, size, start, end, step);
    cuts.push(cut);
    dims[axis] = cut.size;
  }
  const data = c.data(0);
  const part = data && allNumbers(dims) ? rearrange(data, dims, (index) => {
    const source = [...index];
    for (const cut of cuts) source[cut.axis] = cut.start + index[cut.axis]! * cut.step;
    return source;
  }) : undefined;
  return [tensor(dtype, dims, part)];
};

const gather: InferRule = (c) => {
  const x = c.dims(0), indices = c.dims(1), dtype = c.dtype(0);
  if (x === undefined || indices === undefined) return [tensor(dtype)];
  const axis = axisOf(c.int('axis', 0), x.length);
  return [tensor(dtype, [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)], gatherData(c, axis))];
};

function gatherData(c: OpContext, axis: number): Data | undefined {
  const data = c.data(0), indices = c.data(1);
  if (data === undefined || indices === undefined) return undefined;
  const dims = [...data.dims.slice(0, axis), ...indices.dims, ...data.dims.slice(axis + 1)];
  const size = data.dims[axis]!;
  if (elementCount(dims) > maxItems) return undefined;
  const items: Item[] = [];
  forEachIndex(dims, (index) => {
    const raw = indices.items[positionIn(indices.dims, index.slice(axis, axis + indices.dims.length))];
    if (typeof raw !== 'number') { items.push(null); return; }
    const at = raw < 0 ? raw + size : raw;
    items.push(data.items[positionIn(data.dims, [...index.slice(0, axis), at, ...index.slice(axis + indices.dims.length)])] ?? null);
  });
  return makeData(data.dtype, dims, items);
}

/** data [d0.., ...], indices [..., q] → indices.dims[:-1] + data.dims[b+q:]. */
const gatherND: InferRule = (c) => {
  const x = c.dims(0), indices = c.dims(1);
  const depth = indices?.[indices.length - 1];
  if (x === undefined || indices === undefined || typeof depth !== 'number') return [tensor(c.dtype(0))];
  const dims = [...indices.slice(0, -1), ...x.slice(c.int('batch_dims', 0) + depth)];
  const data = c.data(0), at = c.data(1);
  const items = data && at && c.int('batch_dims', 0) === 0 && allNumbers(dims) && elementCount(dims) <= maxItems
    ? rearrange(data, dims, (index) => {
      const tuple = Array.from({ length: depth }, (_, k) => Number(at.items[positionIn(at.dims, [...index.slice(0, at.dims.length - 1), k])] ?? NaN));
      return [...tuple.map((i, axis) => i < 0 ? i + data.dims[axis]! : i), ...index.slice(at.dims.length - 1)];
    }) : undefined;
  return [tensor(c.dtype(0), dims, items)];
};

/** Scatter into a small vector by constant positions: how exporters write "shape with one dim replaced". */
const scatterND: InferRule = (c) => {
  const data = c.data(0), indices = c.numbers(1), updates = c.data(2);
  let result: Data | undefined;
  if (data?.dims.length === 1 && indices && updates && c.string('reduction', 'none') === 'none' && indices.length === updates.items.length) {
    const items = [...data.items];
    indices.forEach((at, k) => { items[at < 0 ? at + items.length : at] = updates.items[k]!; });
    result = makeData(data.dtype, data.dims, items);
  }
  return [tensor(c.dtype(0), c.dims(0), result)];
};

/** Coordinates of non-zero elements [rank, count]; the count is known only for known content. */
const nonZero: InferRule = (c) => {
  const rank = c.rank(0), values = c.numbers(0), dims = c.data(0)?.dims;
  if (values === undefined || dims === undefined) return [tensor('int64', [rank ?? null, null])];
  const found: number[][] = [];
  let at = 0;
  forEachIndex(dims, (index) => { if (values[at++] !== 0) found.push([...index]); });
  const shape = [Math.max(1, dims.length), found.length];
  const items = dims.length === 0 ? found.map(() => 0) : dims.flatMap((_, axis) => found.map((index) => index[axis]!));
  return [tensor('int64', shape, makeData('int64', shape, items))];
};

const compress: InferRule = (c) => {
  const x = c.dims(0), condition = c.numbers(1), axis = c.optionalInt('axis');
  const count = condition && condition.filter((flag) => flag !== 0).length;
  if (axis === undefined) return [tensor(c.dtype(0), [count ?? null])];
  const at = x && axisOf(axis, x.length);
  return [tensor(c.dtype(0), x?.map((dim, k) => k === at ? count ?? null : dim))];
};

const unique: InferRule = (c) => {
  const x = c.dims(0), axis = c.optionalInt('axis');
  const at = axis === undefined || x === undefined ? undefined : axisOf(axis, x.length);
  const dims: Dims | undefined = axis === undefined ? [null] : x?.map((dim, k) => k === at ? null : dim);
  return [tensor(c.dtype(0), dims), tensor('int64', [null]), tensor('int64', [null]), tensor('int64', [null])];
};

/** indices dims with the depth inserted at `axis`. */
const oneHot: InferRule = (c) => {
  const x = c.dims(0), depth = c.data(1)?.items[0] ?? null;
  if (x === undefined) return [tensor(c.dtype(2))];
  const axis = axisOf(c.int('axis', -1), x.length + 1);
  return [tensor(c.dtype(2), [...x.slice(0, axis), depth, ...x.slice(axis)])];
};

/** Shape, with start and end since opset 15. */
const shape: InferRule = (c) => {
  const x = c.dims(0);
  if (x === undefined) return [tensor('int64', [null])];
  const part = x.slice(...bounds(c, x.length));
  return [tensor('int64', [part.length], makeData('int64', [part.length], part))];
};

function bounds(c: OpContext, rank: number): [number, number] {
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
  return [clamp(c.int('start', 0)), clamp(c.int('end', rank))];
}

const size: InferRule = (c) => {
  const x = c.dims(0);
  const count = x && product(x);
  return [tensor('int64', [], count === undefined || count === null ? undefined : makeData('int64', [], [count]))];
};

const range: InferRule = (c) => {
  const dtype = c.dtype(0), [start, limit, delta] = [0, 1, 2].map((index) => c.data(index)?.items[0] ?? null) as [Item, Item, Item];
  if (typeof start === 'number' && typeof limit === 'number' && typeof delta === 'number' && delta !== 0) {
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    const items = count <= maxItems ? Array.from({ length: count }, (_, at) => start + at * delta) : undefined;
    return [tensor(dtype, [count], items && makeData(dtype, [count], items))];
  }
  if (delta === 1 && start === 0) return [tensor(dtype, [limit])];
  return [tensor(dtype, [null])];
};

export const indexingRules: InferTable = {
  Slice: slice, DynamicSlice: slice, Gather: gather, GatherND: gatherND,
  GatherElements: (c) => [tensor(c.dtype(0), c.dims(1))],
  ScatterND: scatterND, ...sameRule(likeInput, 'Scatter', 'ScatterElements', 'TensorScatter'),
  NonZero: nonZero, Compress: compress, Unique: unique, OneHot: oneHot,
  Shape: shape, Size: size, Range: range,
  NonMaxSuppression: () => [tensor('int64', [null, 3])],
};
