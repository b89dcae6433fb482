/**
 * ROAD's noisy linear imputation: a missing pixel is the weighted mean of its eight neighbours, missing ones among them,
 * plus a little noise, so that what was removed leaves no outline behind (Rong et al. 2022, arXiv 2202.00449, §4.3).
 */
import type { Random } from '../../tensor/random';
import { pause } from '../variants';

/** Weights of direct and of diagonal neighbours. */
const direct = 1 / 6, diagonal = 1 / 12;
const mostSweeps = 200, sweepsATurn = 10;
/** Over-relaxation; 1 would be Gauss–Seidel's own step. */
const relaxation = 1.6;

/**
 * Fills the missing cells of every plane in place. The linear system is solved by over-relaxed sweeps from a coarse
 * guess, until no cell moves by more than a thousandth of the plane's range.
 * @param missing 1 where a cell is to be filled; at least one cell must be known.
 * @param noise standard deviation of what is added.
 */
export async function impute(planes: readonly Float32Array[], width: number, height: number, missing: Uint8Array, noise: number, random: Random, signal?: AbortSignal): Promise<void> {
  const holes = Uint32Array.from(indexesOf(missing));
  if (holes.length === 0 || holes.length === missing.length) return;
  const { at, neighbours, weights } = neighbourhoods(holes, width, height);
  for (const plane of planes) {
    const tolerance = fillCoarsely(plane, width, height, missing) / 1000;
    for (let sweep = 0, moved = Infinity; sweep < mostSweeps && moved > tolerance; sweep++) {
      if (sweep % sweepsATurn === 0) {
        await pause();
        signal?.throwIfAborted();
      }
      moved = 0;
      for (let k = 0; k < holes.length; k++) {
        let sum = 0, total = 0;
        for (let n = at[k]!; n < at[k + 1]!; n++) {
          sum += weights[n]! * plane[neighbours[n]!]!;
          total += weights[n]!;
        }
        const cell = holes[k]!, change = relaxation * (sum / total - plane[cell]!);
        plane[cell]! += change;
        if (change > moved) moved = change;
        else if (-change > moved) moved = -change;
      }
    }
    for (const cell of holes) plane[cell]! += noise * random.normal();
  }
}

function* indexesOf(flags: Uint8Array): Generator<number> {
  for (let i = 0; i < flags.length; i++) if (flags[i] === 1) yield i;
}

/** Neighbours of hole k are `neighbours[at[k] … at[k + 1])`; there are fewer at the picture's edge. */
function neighbourhoods(holes: Uint32Array, width: number, height: number): { at: Uint32Array; neighbours: Uint32Array; weights: Float32Array } {
  const at = new Uint32Array(holes.length + 1), neighbours = new Uint32Array(8 * holes.length), weights = new Float32Array(8 * holes.length);
  let count = 0;
  holes.forEach((cell, k) => {
    const row = Math.floor(cell / width), column = cell % width;
    at[k] = count;
    for (let down = -1; down <= 1; down++) {
      for (let right = -1; right <= 1; right++) {
        const y = row + down, x = column + right;
        if ((down === 0 && right === 0) || y < 0 || y >= height || x < 0 || x >= width) continue;
        neighbours[count] = y * width + x;
        weights[count++] = down === 0 || right === 0 ? direct : diagonal;
      }
    }
  });
  at[holes.length] = count;
  return { at, neighbours, weights };
}

/** A first guess: means of known cells over ever larger squares. Returns the range of the known values. */
function fillCoarsely(plane: Float32Array, width: number, height: number, missing: Uint8Array): number {
  interface Level { readonly width: number; readonly height: number; readonly values: Float64Array; readonly known: Float64Array }
  let least = Infinity, most = -Infinity;
  const known = Float64Array.from(missing, (flag) => 1 - flag);
  plane.forEach((value, cell) => {
    if (missing[cell]) return;
    least = Math.min(least, value);
    most = Math.max(most, value);
  });
  const levels: Level[] = [{ width, height, values: Float64Array.from(plane), known }];
  for (let below = levels[0]!; below.width > 1 || below.height > 1; below = levels.at(-1)!) {
    const w = Math.ceil(below.width / 2), h = Math.ceil(below.height / 2);
    const level: Level = { width: w, height: h, values: new Float64Array(w * h), known: new Float64Array(w * h) };
    for (let row = 0; row < below.height; row++) {
      for (let column = 0; column < below.width; column++) {
        const from = row * below.width + column, to = (row >> 1) * w + (column >> 1);
        level.values[to]! += below.known[from]! * below.values[from]!;
        level.known[to]! += below.known[from]!;
      }
    }
    level.values.forEach((sum, cell) => { if (level.known[cell]! > 0) level.values[cell] = sum / level.known[cell]!; });
    levels.push(level);
  }
  for (let k = levels.length - 2; k >= 0; k--) {
    const level = levels[k]!, above = levels[k + 1]!;
    level.values.forEach((_, cell) => {
      if (level.known[cell] === 0) level.values[cell] = above.values[(Math.floor(cell / level.width) >> 1) * above.width + ((cell % level.width) >> 1)]!;
    });
  }
  const guess = levels[0]!.values;
  for (let cell = 0; cell < plane.length; cell++) if (missing[cell]) plane[cell] = guess[cell]!;
  return most - least;
}
