/** Where along a feature a model is evaluated. */
import type { Feature } from './tableMethod';
import { distinct } from './rows';

/**
 * The value at share `p` of an ascending list, between neighbours by Cunnane's rule ((k − 0.4) / (n + 0.2)): as
 * SciPy's mquantiles, which scikit-learn's partial dependence takes.
 */
export function cunnane(sorted: Float64Array, p: number): number {
  const n = sorted.length;
  if (n === 1) return sorted[0]!;
  const at = n * p + 0.4 + 0.2 * p, k = Math.min(n - 1, Math.max(1, Math.floor(at))), share = Math.min(1, Math.max(0, at - k));
  return (1 - share) * sorted[k - 1]! + share * sorted[k]!;
}

/**
 * Evenly spaced values between two percentiles, or the values themselves where there are fewer or they are categories.
 * Where the percentiles coincide, the whole range is taken.
 * @param sorted the column in ascending order, without missing values, at least one.
 */
export function effectGrid({ kind }: Pick<Feature, 'kind'>, sorted: Float64Array, resolution: number, percentiles: readonly [number, number]): Float64Array {
  const values = distinct(sorted);
  if (kind === 'category' || values.length < resolution) return values;
  let low = cunnane(sorted, percentiles[0]), high = cunnane(sorted, percentiles[1]);
  if (!(high > low)) [low, high] = [sorted[0]!, sorted[sorted.length - 1]!];
  const grid = Float64Array.from({ length: resolution }, (_, i) => low + ((high - low) * i) / (resolution - 1));
  return kind === 'integer' ? distinct(grid.map(Math.round).sort()) : grid;
}

/** Which value of an ascending grid is nearest. */
export function nearest(grid: Float64Array, value: number): number {
  let low = 0, high = grid.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (grid[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && value - grid[low - 1]! <= grid[low]! - value ? low - 1 : low;
}
