/** Reductions, arg-reductions, cumulative sums, top-k. */
import type { Dim, Dims } from '../graph';
import type { InferRule, InferTable, OpContext } from './context';
import { sameRule, tensor, unknownDims } from './context';
import type { Data, Item } from './data';
import { forEachIndex, makeData, maxItems, positionIn } from './data';
import { add, axisOf, multiply } from './dims';
import { elementCount } from '../../tensor/tensor';

/** Axes of a reduction: attribute or second input. 'all' when none are given; undefined when they are not known. */
function reductionAxes(c: OpContext): readonly number[] | 'all' | undefined {
  const attribute = c.ints('axes');
  if (attribute !== undefined) return attribute.length === 0 ? noAxes(c) : attribute;
  if (!c.has(1)) return noAxes(c);
  const axes = c.numbers(1);
  if (axes === undefined) return c.dims(1)?.[0] === 0 ? noAxes(c) : undefined;
  return axes.length === 0 ? noAxes(c) : axes;
}

function noAxes(c: OpContext): readonly number[] | 'all' {
  return c.int('noop_with_empty_axes', 0) === 1 ? [] : 'all';
}

export function reducedDims(c: OpContext): Dims | undefined {
  const x = c.dims(0), axes = reductionAxes(c), keep = c.int('keepdims', 1) === 1;
  if (axes === 'all' && !keep) return [];
  if (x === undefined) return undefined;
  if (axes === 'all') return x.map(() => 1);
  if (axes === undefined) {
    if (keep) return unknownDims(x.length);
    const count = c.dims(1)?.[0];
    return typeof count === 'number' && count <= x.length ? unknownDims(x.length - count) : undefined;
  }
  const reduced = new Set(axes.map((axis) => axisOf(axis, x.length)));
  return keep ? x.map((dim, axis) => reduced.has(axis) ? 1 : dim) : x.filter((_, axis) => !reduced.has(axis));
}

function reduce(step?: (sum: Item, item: Item) => Item, start: Item = null): InferRule {
  return (c) => {
    const dims = reducedDims(c);
    return [tensor(c.dtype(0), dims, step && reduceData(c, step, start))];
  };
}

function reduceData(c: OpContext, step: (sum: Item, item: Item) => Item, start: Item): Data | undefined {
  const data = c.data(0), axes = reductionAxes(c);
  if (data === undefined || axes === undefined) return undefined;
  const reduced = new Set(axes === 'all' ? data.dims.map((_, axis) => axis) : axes.map((axis) => axisOf(axis, data.dims.length)));
  const kept = data.dims.map((dim, axis) => reduced.has(axis) ? 1 : dim);
  const items = new Array<Item | undefined>(elementCount(kept)).fill(start ?? undefined);
  forEachIndex(data.dims, (index) => {
    const to = positionIn(kept, index), item = data.items[positionIn(data.dims, index)]!;
    const before = items[to];
    items[to] = before === undefined ? item : step(before, item);
  });
  const dims = c.int('keepdims', 1) === 1 ? kept : data.dims.filter((_, axis) => !reduced.has(axis));
  return makeData(data.dtype, dims, items.map((item) => item ?? null));
}

const numeric = (fn: (a: number, b: number) => number) => (a: Item, b: Item): Item => typeof a === 'number' && typeof b === 'number' ? fn(a, b) : a === b ? a : null;

const argReduce: InferRule = (c) => {
  const x = c.dims(0);
  const axis = x && axisOf(c.int('axis', 0), x.length);
  const keep = c.int('keepdims', 1) === 1;
  return [tensor('int64', keep ? x?.map((dim, at) => at === axis ? 1 : dim) : x?.filter((_, at) => at !== axis))];
};

const topK: InferRule = (c) => {
  const x = c.dims(0);
  const k: Dim = c.opset < 10 ? c.int('k', 0) : c.data(1)?.items[0] ?? null;
  const axis = x && axisOf(c.int('axis', -1), x.length);
  const dims = x?.map((dim, at) => at === axis ? k : dim);
  return [tensor(c.dtype(0), dims), tensor('int64', dims)];
};

const cumSum: InferRule = (c) => {
  const data = c.data(0);
  const plain = c.int('exclusive', 0) === 0 && c.int('reverse', 0) === 0;
  let sum: Item = 0;
  const items = data?.dims.length === 1 && plain ? data.items.map((item) => (sum = add(sum, item))) : undefined;
  return [tensor(c.dtype(0), c.dims(0), items && items.length <= maxItems ? makeData(data!.dtype, data!.dims, items) : undefined)];
};

export const reductionRules: InferTable = {
  ...sameRule(reduce(), 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMean', 'ReduceSumSquare'),
  ReduceSum: reduce(add, 0),
  ReduceProd: reduce(multiply, 1),
  ReduceMax: reduce(numeric(Math.max)),
  ReduceMin: reduce(numeric(Math.min)),
  ...sameRule(argReduce, 'ArgMax', 'ArgMin'),
  TopK: topK,
  CumSum: cumSum,
};
