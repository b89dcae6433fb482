/**
 * Small tensors known while inferring: weights in shape positions and the results of shape arithmetic. An item is a
 * number, a symbolic dim, or null (not known).
 */
import type { DType } from '../../tensor/dtype';
import { tensorFromBytes, toFloat64 } from '../../tensor/convert';
import { elementCount } from '../../tensor/tensor';
import type { Dim, Initializer } from '../graph';
import { initializerType } from '../graph';
import { isInteger } from './elementTypes';

export type Item = Dim;
export interface Data { readonly dtype: DType; readonly dims: readonly number[]; readonly items: readonly Item[] }

/** More elements than this are not followed: shape arithmetic is small, and weights are no shapes. */
export const maxItems = 1024;
/** Float tensors up to this size are read when an initializer may stand in a shape position (scales, ratios). */
export const maxFloatItems = 16;

export function makeData(dtype: DType, dims: readonly number[], items: readonly Item[]): Data | undefined {
  return items.length <= maxItems && items.length === elementCount(dims) ? { dtype, dims, items: items.map((item) => roundTo(dtype, item)) } : undefined;
}

export function numbersOf(data: Data | undefined): readonly number[] | undefined {
  return data?.items.every((item) => typeof item === 'number') ? data.items as readonly number[] : undefined;
}

/** What a computation in `dtype` would store. */
function roundTo(dtype: DType, item: Item): Item {
  if (typeof item !== 'number') return item;
  if (dtype === 'float32') return Math.fround(item);
  if (dtype === 'bool') return item === 0 ? 0 : 1;
  // Integers have no negative zero.
  return isInteger(dtype) ? Math.trunc(item) + 0 : item;
}

/** Whether shape inference would like to know this initializer's content. */
export function isWanted(init: Initializer): boolean {
  const { dtype, dims } = initializerType(init);
  const count = elementCount(dims);
  if (isInteger(dtype)) return count <= maxItems;
  return (dtype === 'float32' || dtype === 'float64' || dtype === 'float16') && count <= maxFloatItems;
}

/** The content of a small inline initializer; undefined for anything else. */
export function inlineNumbers(init: Initializer): readonly number[] | undefined {
  if (init.kind !== 'inline' || elementCount(init.dims) > maxItems) return undefined;
  try {
    return Array.from(toFloat64(tensorFromBytes(init.dtype, init.dims, init.bytes)));
  } catch {
    return undefined;
  }
}

/** Calls `visit` with every index of `dims`, in C order. The array is reused. */
export function forEachIndex(dims: readonly number[], visit: (index: readonly number[]) => void): void {
  const count = elementCount(dims);
  const index = new Array<number>(dims.length).fill(0);
  for (let flat = 0; flat < count; flat++) {
    visit(index);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < dims[axis]!) break;
      index[axis] = 0;
    }
  }
}

/** Flat position of `index` in a tensor of `dims`; size-1 axes and missing leading axes broadcast. */
export function positionIn(dims: readonly number[], index: readonly number[]): number {
  const offset = index.length - dims.length;
  let flat = 0;
  for (let axis = 0; axis < dims.length; axis++) flat = flat * dims[axis]! + (dims[axis] === 1 ? 0 : index[axis + offset]!);
  return flat;
}

/** A tensor of `dims` whose element at an index is `source`'s at `from(index)`. */
export function rearrange(source: Data, dims: readonly number[], from: (index: readonly number[]) => readonly number[]): Data | undefined {
  if (elementCount(dims) > maxItems) return undefined;
  const items: Item[] = [];
  forEachIndex(dims, (index) => { items.push(source.items[positionIn(source.dims, from(index))] ?? null); });
  return { dtype: source.dtype, dims, items };
}
