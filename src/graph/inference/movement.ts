/** Ops that move elements without looking at them: reshape, transpose, concat, split, expand, tile, pad. */
import type { Dim, Dims } from '../graph';
import type { InferRule, InferTable, OpContext, Outputs } from './context';
import { tensor, unknownDims } from './context';
import type { Data, Item } from './data';
import { makeData, rearrange } from './data';
import { add, allNumbers, axisOf, broadcastDim, divideExact, multiply, product } from './dims';

/** A dim out of an item of shape data: negative numbers are no dims. */
export function toDim(item: Item): Dim {
  return typeof item === 'number' && item < 0 ? null : item;
}

/** `data` under other dims, when these are numbers. */
function withDims(data: Data | undefined, dims: Dims | undefined): Data | undefined {
  return data && allNumbers(dims) ? makeData(data.dtype, dims, data.items) : undefined;
}

/** Dims of Reshape: 0 copies the input's dim (unless allowzero), -1 is what is left over. */
export function reshapedDims(x: Dims | undefined, target: readonly Item[], allowZero: boolean): Dims {
  const dims: Item[] = target.map((item, axis) => item === 0 && !allowZero ? x?.[axis] ?? null : item);
  const open = dims.indexOf(-1);
  if (open < 0) {
    // One unknown item among known ones is what is left over, too.
    const unknown = dims.indexOf(null);
    if (unknown < 0 || dims.lastIndexOf(null) !== unknown || x === undefined) return dims.map(toDim);
    dims[unknown] = leftOver(x, dims, unknown);
    return dims.map(toDim);
  }
  dims[open] = x === undefined ? null : leftOver(x, dims, open);
  return dims.map(toDim);
}

/** Product of `x` over the product of `dims` without `open`, after dims that occur on both sides are cancelled. */
function leftOver(x: Dims, dims: readonly Item[], open: number): Dim {
  const total = [...x];
  const rest: Item[] = [];
  dims.forEach((dim, axis) => {
    if (axis === open) return;
    const same = typeof dim === 'string' ? total.indexOf(dim) : -1;
    if (same >= 0) total.splice(same, 1);
    else rest.push(dim);
  });
  return divideExact(product(total), product(rest.map(toDim)));
}

const reshape: InferRule = (c) => {
  const dtype = c.dtype(0), x = c.dims(0);
  const attribute = c.ints('shape');
  const target = c.has(1) ? c.data(1)?.items : attribute;
  if (target === undefined) {
    const rank = c.dims(1)?.[0];
    return [tensor(dtype, typeof rank === 'number' && rank <= 64 ? unknownDims(rank) : undefined)];
  }
  const dims = reshapedDims(x, target, c.int('allowzero', 0) === 1);
  return [tensor(dtype, dims, withDims(c.data(0), dims))];
};

const flatten: InferRule = (c) => {
  const x = c.dims(0);
  if (x === undefined) return [tensor(c.dtype(0), unknownDims(2))];
  const axis = c.int('axis', 1), at = axis < 0 ? axis + x.length : axis;
  const dims = [product(x.slice(0, at)), product(x.slice(at))];
  return [tensor(c.dtype(0), dims, withDims(c.data(0), dims))];
};

/** Axes given by attribute (before opset 13) or second input; null: none given, undefined: not known. */
function axesOf(c: OpContext): readonly number[] | null | undefined {
  return c.ints('axes') ?? (c.has(1) ? c.numbers(1) : null);
}

const squeeze: InferRule = (c) => {
  const x = c.dims(0), axes = axesOf(c), dtype = c.dtype(0);
  if (x === undefined) return [tensor(dtype)];
  if (axes === undefined) {
    const count = c.dims(1)?.[0];
    return [tensor(dtype, typeof count === 'number' && count <= x.length ? unknownDims(x.length - count) : undefined)];
  }
  if (axes === null) {
    const dims = x.every((dim) => typeof dim === 'number') ? x.filter((dim) => dim !== 1) : undefined;
    return [tensor(dtype, dims, withDims(c.data(0), dims))];
  }
  const dropped = new Set(axes.map((axis) => axisOf(axis, x.length)));
  const dims = x.filter((_, axis) => !dropped.has(axis));
  return [tensor(dtype, dims, withDims(c.data(0), dims))];
};

const unsqueeze: InferRule = (c) => {
  const x = c.dims(0), axes = axesOf(c), dtype = c.dtype(0);
  if (x === undefined) return [tensor(dtype)];
  if (!axes) {
    const count = c.dims(1)?.[0];
    return [tensor(dtype, typeof count === 'number' && count <= 64 ? unknownDims(x.length + count) : undefined)];
  }
  const rank = x.length + axes.length;
  const inserted = new Set(axes.map((axis) => axisOf(axis, rank)));
  let from = 0;
  const dims = Array.from({ length: rank }, (_, axis): Dim => inserted.has(axis) ? 1 : x[from++] ?? null);
  return [tensor(dtype, dims, withDims(c.data(0), dims))];
};

const transpose: InferRule = (c) => {
  const x = c.dims(0);
  const perm = c.ints('perm') ?? x?.map((_, axis) => x.length - 1 - axis);
  if (x === undefined || perm === undefined) return [tensor(c.dtype(0), perm && unknownDims(perm.length))];
  if (perm.length !== x.length) throw new Error(`perm has ${perm.length} axes, the input ${x.length}`);
  const dims = perm.map((axis) => x[axisOf(axis, x.length)]!);
  const data = c.data(0);
  const moved = data && allNumbers(dims)
    ? rearrange(data, dims, (index) => { const source = new Array<number>(perm.length); perm.forEach((axis, at) => { source[axis] = index[at]!; }); return source; })
    : undefined;
  return [tensor(c.dtype(0), dims, moved)];
};

const concat: InferRule = (c) => {
  const parts = c.node.inputs.map((_, index) => c.dims(index));
  const first = parts.find((dims) => dims !== undefined);
  const dtype = c.dtype(0);
  if (first === undefined) return [tensor(dtype)];
  const axis = axisOf(c.int('axis', 1), first.length);
  const dims = first.map((_, at): Dim => {
    if (at === axis) return parts.reduce<Dim>((sum, part) => part === undefined ? null : add(sum, part[at]!), 0);
    let dim: Dim = null;
    for (const part of parts) {
      const other = part?.[at] ?? null;
      if (typeof other === 'number' || (dim === null && other !== null)) dim = other;
    }
    return dim;
  });
  return [tensor(dtype, dims, concatData(c, dims, axis))];
};

function concatData(c: OpContext, dims: Dims, axis: number): Data | undefined {
  if (!allNumbers(dims)) return undefined;
  const outer = dims.slice(0, axis).reduce((count, dim) => count * dim, 1);
  const parts = c.node.inputs.map((_, index) => c.data(index));
  if (outer > 1024) return undefined;
  const items: Item[] = [];
  for (let row = 0; row < outer; row++) {
    for (const part of parts) {
      if (part === undefined) return undefined;
      const length = part.items.length / outer;
      for (let at = 0; at < length; at++) items.push(part.items[row * length + at]!);
    }
  }
  return makeData(c.dtype(0), dims, items);
}

const split: InferRule = (c): Outputs => {
  const x = c.dims(0), dtype = c.dtype(0);
  if (x === undefined) return c.node.outputs.map(() => tensor(dtype));
  const axis = axisOf(c.int('axis', 0), x.length);
  const whole = x[axis]!;
  const count = c.optionalInt('num_outputs') ?? c.outputCount;
  let sizes: readonly Dim[] | undefined = c.ints('split') ?? (c.has(1) ? c.data(1)?.items.map(toDim) : undefined);
  // Equal parts; with num_outputs the last one is smaller.
  if (sizes === undefined && !c.has(1)) {
    const part = typeof whole === 'number' ? Math.ceil(whole / count) : divideExact(whole, count);
    sizes = c.node.outputs.map((_, index) => typeof whole === 'number' && typeof part === 'number' ? Math.min(part, Math.max(0, whole - index * part)) : part);
  }
  const data = c.data(0);
  let start = 0;
  return c.node.outputs.map((_, index) => {
    const size = sizes?.[index] ?? null;
    const dims = x.map((dim, at) => at === axis ? size : dim);
    const begin = start;
    start += typeof size === 'number' ? size : NaN;
    const part = data && allNumbers(dims) && Number.isFinite(begin)
      ? rearrange(data, dims, (at) => at.map((position, dim) => dim === axis ? position + begin : position))
      : undefined;
    return tensor(dtype, dims, part);
  });
};

const expand: InferRule = (c) => {
  const x = c.dims(0), shape = c.data(1)?.items, dtype = c.dtype(0);
  if (shape === undefined) {
    const rank = c.dims(1)?.[0];
    return [tensor(dtype, x && typeof rank === 'number' && rank <= 64 ? unknownDims(Math.max(x.length, rank)) : undefined)];
  }
  if (x === undefined) return [tensor(dtype)];
  const rank = Math.max(x.length, shape.length);
  const dims = Array.from({ length: rank }, (_, axis): Dim =>
    broadcastDim(axis < rank - x.length ? 1 : x[axis - rank + x.length]!, axis < rank - shape.length ? 1 : toDim(shape[axis - rank + shape.length]!)));
  const data = c.data(0);
  return [tensor(dtype, dims, data && allNumbers(dims) ? rearrange(data, dims, (index) => index) : undefined)];
};

const tile: InferRule = (c) => {
  const x = c.dims(0), dtype = c.dtype(0);
  if (x === undefined) return [tensor(dtype)];
  let repeats: readonly Item[] | undefined = c.data(1)?.items;
  // Opset 1: tiles (how often) and axis, two scalars.
  if (c.opset < 6 && c.has(2)) {
    const axis = c.numbers(2)?.[0];
    repeats = axis === undefined ? undefined : x.map((_, at) => at === axis ? c.data(1)?.items[0] ?? null : 1);
  }
  if (repeats === undefined) return [tensor(dtype, unknownDims(x.length))];
  const dims = x.map((dim, axis) => multiply(dim, toDim(repeats[axis] ?? 1)));
  const data = c.data(0);
  return [tensor(dtype, dims, data && allNumbers(dims) ? rearrange(data, dims, (index) => index.map((at, axis) => at % data.dims[axis]!)) : undefined)];
};

const pad: InferRule = (c) => {
  const x = c.dims(0), dtype = c.dtype(0);
  if (x === undefined) return [tensor(dtype)];
  const pads: readonly Item[] | undefined = c.ints('pads') ?? c.ints('paddings') ?? c.data(1)?.items;
  if (pads === undefined) return [tensor(dtype, unknownDims(x.length))];
  const given = c.opset >= 18 && c.has(3) ? c.numbers(3) : undefined;
  if (c.opset >= 18 && c.has(3) && given === undefined) return [tensor(dtype, unknownDims(x.length))];
  const axes = given?.map((axis) => axisOf(axis, x.length)) ?? x.map((_, axis) => axis);
  const dims: Dim[] = [...x];
  axes.forEach((axis, at) => {
    const begin = pads[at] ?? null, end = pads[at + axes.length] ?? null;
    dims[axis] = toDim(typeof begin === 'number' && typeof end === 'number' ? add(x[axis]!, begin + end) : add(add(x[axis]!, begin), end));
  });
  return [tensor(dtype, dims, padData(c, pads, axes, dims))];
};

function padData(c: OpContext, pads: readonly Item[], axes: readonly number[], dims: Dims): Data | undefined {
  const data = c.data(0);
  if (data === undefined || data.dims.length !== 1 || axes.length !== 1 || !allNumbers(dims) || dims[0]! > 1024 || c.string('mode', 'constant') !== 'constant') return undefined;
  const begin = pads[0], fill = c.has(2) ? c.data(2)?.items[0] ?? null : c.float('value', 0);
  if (typeof begin !== 'number') return undefined;
  const items = Array.from({ length: dims[0]! }, (_, at): Item => at - begin < 0 || at - begin >= data.items.length ? fill : data.items[at - begin]!);
  return makeData(data.dtype, dims, items);
}

/** Moves blocks between channels and space; `grow` is +1 for DepthToSpace, -1 for SpaceToDepth. */
function blocks(grow: boolean): InferRule {
  return (c) => {
    const x = c.dims(0), size = c.int('blocksize', 1);
    if (x?.length !== 4) return [tensor(c.dtype(0), unknownDims(4))];
    const [n, channels, height, width] = x as readonly [Dim, Dim, Dim, Dim];
    return [tensor(c.dtype(0), grow
      ? [n, divideExact(channels, size * size), multiply(height, size), multiply(width, size)]
      : [n, multiply(channels, size * size), divideExact(height, size), divideExact(width, size)])];
  };
}

export const movementRules: InferTable = {
  Reshape: reshape, Flatten: flatten, Squeeze: squeeze, Unsqueeze: unsqueeze, Transpose: transpose,
  Concat: concat, Split: split, Expand: expand, Tile: tile, Pad: pad,
  DepthToSpace: blocks(true), SpaceToDepth: blocks(false),
};
