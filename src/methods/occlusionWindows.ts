/** Windows that slide over an input: where they stand, in which order they are tried, and the map they make. */
import type { PictureShape } from './picture';

/** An input as [outer, height, width, inner]: what a window covers it covers for every `outer` and `inner`. */
export interface Plane {
  readonly outer: number;
  readonly height: number;
  readonly width: number;
  readonly inner: number;
}

/** A picture's plane; of any other input its longest axis as a picture of height 1. */
export function planeOf(dims: readonly number[], picture: PictureShape | undefined): Plane {
  if (picture) return { outer: picture.layout === 'NCHW' ? picture.channels : 1, height: picture.height, width: picture.width, inner: picture.layout === 'NHWC' ? picture.channels : 1 };
  const product = (list: readonly number[]): number => list.reduce((total, dim) => total * dim, 1);
  let axis = dims.length - 1;
  dims.forEach((dim, index) => { if (dim > (dims[axis] ?? 1)) axis = index; });
  return { outer: product(dims.slice(0, Math.max(0, axis))), height: 1, width: dims[axis] ?? 1, inner: product(dims.slice(axis + 1)) };
}

export interface WindowGrid {
  readonly plane: Plane;
  readonly windowWidth: number;
  readonly windowHeight: number;
  readonly stride: number;
  /** How many windows stand side by side, and one below the other. */
  readonly columns: number;
  readonly rows: number;
}

/**
 * Windows every `stride` pixels from the corner on. `clip`: as many as it takes to cover everything, the last ones cut
 * off by the edge; `inside`: only those that fit. Windows larger than the plane are as large as it.
 */
export function windowGrid(plane: Plane, windowWidth: number, windowHeight: number, stride: number, edges: 'clip' | 'inside'): WindowGrid {
  const wide = Math.min(windowWidth, plane.width), high = Math.min(windowHeight, plane.height);
  const count = (size: number, window: number): number => (edges === 'clip' ? Math.ceil((size - window) / stride) : Math.floor((size - window) / stride)) + 1;
  return { plane, windowWidth: wide, windowHeight: high, stride, columns: count(plane.width, wide), rows: count(plane.height, high) };
}

export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function windowAt({ plane, windowWidth, windowHeight, stride, columns }: WindowGrid, index: number): Rectangle {
  const left = (index % columns) * stride, top = Math.floor(index / columns) * stride;
  return { left, top, right: Math.min(plane.width, left + windowWidth), bottom: Math.min(plane.height, top + windowHeight) };
}

/** Copies what lies in the rectangle. */
export function copyRectangle({ outer, height, width, inner }: Plane, { left, top, right, bottom }: Rectangle, from: ArrayLike<number>, into: { [index: number]: number }): void {
  for (let o = 0; o < outer; o++) {
    for (let y = top; y < bottom; y++) {
      const row = (o * height + y) * width;
      for (let at = (row + left) * inner, end = (row + right) * inner; at < end; at++) into[at] = from[at]!;
    }
  }
}

/** Window numbers from coarse to fine: first every 2^k-th in both directions, then those between, and so on. */
export function coarseToFine({ columns, rows }: WindowGrid): Int32Array {
  const level = new Uint8Array(columns * rows);
  for (let index = 0; index < level.length; index++) {
    const both = (index % columns) | Math.floor(index / columns);
    level[index] = both === 0 ? 31 : 31 - Math.clz32(both & -both);
  }
  return Int32Array.from(level, (_, index) => index).sort((a, b) => level[b]! - level[a]! || a - b);
}

/**
 * The map [height · width]: every pixel's mean (or sum) over the windows that cover it. Windows not tried yet (NaN) are
 * as the coarser one they lie behind.
 */
export function windowMap(grid: WindowGrid, values: Float64Array, combine: 'mean' | 'sum'): Float32Array {
  const { plane: { width, height }, columns } = grid, sums = new Float64Array(width * height), covers = new Int32Array(width * height);
  for (let index = 0; index < values.length; index++) {
    let known = index;
    for (let step = 1, x = index % columns, y = Math.floor(index / columns); Number.isNaN(values[known]!) && known > 0; step *= 2) {
      x -= x & step;
      y -= y & step;
      known = y * columns + x;
    }
    const value = values[known]!, { left, top, right, bottom } = windowAt(grid, index);
    for (let y = top; y < bottom; y++) {
      for (let at = y * width + left, end = y * width + right; at < end; at++) {
        sums[at]! += value;
        covers[at]!++;
      }
    }
  }
  return Float32Array.from(sums, (sum, at) => (covers[at] === 0 ? 0 : combine === 'sum' ? sum : sum / covers[at]!));
}
