/** Shapes in a map, for looking at it: smoothed values, lines around most of the evidence, the strongest cells. */
import { nthSmallest } from './statistics';

/**
 * A plane [height, width] smoothed nearly as by a Gaussian of `sigma` cells: three running means across and down, whose
 * cost does not grow with sigma. Beyond the edge the edge cell is repeated. A sigma below half a cell only copies.
 */
export function smoothed(values: Float32Array, width: number, height: number, sigma: number): Float32Array {
  // Three boxes of side w have the variance (w² − 1)/4.
  const radius = Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2);
  let from = Float32Array.from(values), to = new Float32Array(values.length);
  if (radius < 1) return from;
  for (let pass = 0; pass < 3; pass++) {
    for (let row = 0; row < height; row++) runningMean(from, to, row * width, 1, width, radius);
    [from, to] = [to, from];
    for (let column = 0; column < width; column++) runningMean(from, to, column, width, height, radius);
    [from, to] = [to, from];
  }
  return from;
}

/** Means over 2·radius + 1 neighbours of `count` values that stand `step` apart. */
function runningMean(from: Float32Array, to: Float32Array, start: number, step: number, count: number, radius: number): void {
  const last = start + (count - 1) * step, side = 2 * radius + 1;
  const at = (index: number): number => from[index < 0 ? start : index >= count ? last : start + index * step]!;
  let sum = 0;
  for (let k = -radius; k <= radius; k++) sum += at(k);
  for (let i = 0; i < count; i++) {
    to[start + i * step] = sum / side;
    sum += at(i + radius + 1) - at(i - radius);
  }
}

const bins = 2048;

/**
 * The values above which the given shares of the total of all positive values lie (0.5: the strongest cells that
 * together hold half of it), exact to a two-thousandth of the largest. NaN for a map without positive values.
 */
export function massLevels(values: Float32Array, shares: readonly number[]): number[] {
  let largest = 0, total = 0;
  for (const value of values) {
    if (!(value > 0) || value === Infinity) continue;
    total += value;
    if (value > largest) largest = value;
  }
  if (!(total > 0)) return shares.map(() => NaN);
  const sums = new Float64Array(bins);
  for (const value of values) if (value > 0 && value <= largest) sums[Math.min(bins - 1, Math.floor((value / largest) * bins))]! += value;
  return shares.map((share) => {
    let bin = bins - 1;
    for (let held = sums[bin]!; bin > 0 && held < share * total; held += sums[--bin]!);
    return (bin / bins) * largest;
  });
}

/**
 * The line where a plane passes `level`, as segments x₀, y₀, x₁, y₁ in cells (the centre of the first cell is at ½, ½).
 * Marching squares: on every side of a square of four centres with one end above and one below, the line crosses where
 * linear interpolation says; a saddle is cut as its mean is above or below. Outside the plane everything is below.
 */
export function contour(values: Float32Array, width: number, height: number, level: number): Float32Array {
  const segments: number[] = [];
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= width || y >= height ? -Infinity : values[y * width + x]!);
  // How far from a towards b; the edge of the plane is met half-way.
  const part = (a: number, b: number): number => (Number.isFinite(a) && Number.isFinite(b) ? (level - a) / (b - a) : 0.5);
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      const a = at(x, y), b = at(x + 1, y), c = at(x + 1, y + 1), d = at(x, y + 1);
      const kind = (a > level ? 1 : 0) | (b > level ? 2 : 0) | (c > level ? 4 : 0) | (d > level ? 8 : 0);
      if (kind === 0 || kind === 15) continue;
      const left = x + 0.5, top = y + 0.5;
      const north = (): [number, number] => [left + part(a, b), top], south = (): [number, number] => [left + part(d, c), top + 1];
      const west = (): [number, number] => [left, top + part(a, d)], east = (): [number, number] => [left + 1, top + part(b, c)];
      const line = (from: [number, number], to: [number, number]): void => { segments.push(...from, ...to); };
      switch (kind) {
        case 1: case 14: line(west(), north()); break;
        case 2: case 13: line(north(), east()); break;
        case 4: case 11: line(east(), south()); break;
        case 8: case 7: line(south(), west()); break;
        case 3: case 12: line(west(), east()); break;
        case 6: case 9: line(north(), south()); break;
        default: {
          const joined = (a + b + c + d) / 4 > level;
          if ((kind === 5) === joined) { line(west(), south()); line(north(), east()); } else { line(west(), north()); line(south(), east()); }
        }
      }
    }
  }
  return Float32Array.from(segments);
}

/** The value that the strongest `share` (0…1) of all cells reach; −Infinity for all of them. */
export function strongestLevel(values: ArrayLike<number>, share: number): number {
  const count = Math.round(share * values.length);
  return count >= values.length ? -Infinity : count <= 0 ? Infinity : nthSmallest(values, values.length - count);
}

/** Which share of all cells is stronger than a value, by a histogram made once. */
export class StrengthRanks {
  private readonly above = new Float64Array(bins + 1);

  /** @param strengths none below 0. */
  constructor(strengths: Float32Array, private readonly largest: number) {
    for (const value of strengths) this.above[this.bin(value)]!++;
    for (let bin = bins - 1; bin >= 0; bin--) this.above[bin]! += this.above[bin + 1]!;
    for (let bin = 0; bin <= bins; bin++) this.above[bin]! /= Math.max(1, strengths.length);
  }

  /** 0.03: the cell is among the strongest 3 %. */
  share(strength: number): number {
    return this.above[this.bin(strength)]!;
  }

  /** Finer where values are small, because most are. */
  private bin(strength: number): number {
    return this.largest > 0 && strength > 0 ? Math.min(bins, Math.floor(Math.sqrt(strength / this.largest) * bins)) : 0;
  }
}
