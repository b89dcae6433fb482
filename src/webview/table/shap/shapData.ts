/** Contributions of many rows, as charts need them: in the order of their size, and with whom they go together. */
import type { Attributions } from '../../../protocol/table';

/** How much one feature adds, over all rows. */
export interface MeanContribution {
  readonly feature: number;
  /** Mean of the absolute contributions, its standard error over rows, and the mean with its sign. */
  readonly size: number;
  readonly error: number;
  readonly mean: number;
}

/** Rows that have contributions. While they arrive, the others are no numbers. */
export function explainedRows({ values, places }: Attributions): number[] {
  const width = values.length / Math.max(1, places.length);
  return Array.from(places.keys()).filter((row) => Number.isFinite(values[row * width]!));
}

/** Every feature, the one that adds most first. */
export function meanContributions(finding: Attributions, features: number): MeanContribution[] {
  const rows = explainedRows(finding), n = rows.length;
  return Array.from({ length: features }, (_, feature) => {
    let sum = 0, signed = 0, squares = 0;
    for (const row of rows) {
      const value = finding.values[row * features + feature]!;
      sum += Math.abs(value);
      signed += value;
      squares += value * value;
    }
    const size = n ? sum / n : 0;
    return { feature, size, mean: n ? signed / n : 0, error: n > 1 ? Math.sqrt(Math.max(0, squares / n - size * size) / (n - 1)) : 0 };
  }).sort((a, b) => b.size - a.size || a.feature - b.feature);
}

/** The 5th and 95th percentile of what is a number: colours end there, so that one outlier does not take them all. */
export function usualSpan(values: ArrayLike<number>): readonly [number, number] {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  if (sorted.length === 0) return [0, 1];
  const low = sorted[Math.floor(0.05 * (sorted.length - 1))]!, high = sorted[Math.ceil(0.95 * (sorted.length - 1))]!;
  // A feature that hardly ever differs: its few values are the span.
  return high > low ? [low, high] : [sorted[0]!, sorted[sorted.length - 1]!];
}

/** 0…1 within a span; a span of one value is its middle, what is missing NaN. */
export function shareOf(value: number, [low, high]: readonly [number, number]): number {
  if (Number.isNaN(value)) return NaN;
  return high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
}

/** The values of one feature in the explained rows. */
export function featureValues({ rows }: Attributions, feature: number, features: number): Float64Array {
  return Float64Array.from({ length: rows.length / features }, (_, row) => rows[row * features + feature]!);
}

/** Fewer rows than this beside each other go together by chance. */
const fewestRows = 20;

/**
 * The feature whose value tells most about why rows of a like value get unlike contributions: rows are sorted by the
 * feature's value and cut into runs, in each of which the contribution is correlated with every other feature. The idea
 * is shap's `approximate_interactions` (Lundberg and Lee 2017, arXiv 1705.07874).
 * @returns undefined for too few rows, or where nothing goes together.
 */
export function strongestPartner(finding: Attributions, feature: number, features: number): number | undefined {
  const rows = explainedRows(finding).filter((row) => !Number.isNaN(finding.rows[row * features + feature]!));
  if (rows.length < fewestRows) return undefined;
  rows.sort((a, b) => finding.rows[a * features + feature]! - finding.rows[b * features + feature]!);
  const run = Math.max(10, Math.min(50, Math.floor(rows.length / 10)));
  let partner: number | undefined, most = 1e-6;
  for (let other = 0; other < features; other++) {
    if (other === feature) continue;
    let sum = 0, runs = 0;
    for (let start = 0; start + run <= rows.length; start += run, runs++) sum += Math.abs(correlation(rows.slice(start, start + run), (row) => finding.values[row * features + feature]!, (row) => finding.rows[row * features + other]!));
    if (runs > 0 && sum / runs > most) [partner, most] = [other, sum / runs];
  }
  return partner;
}

function correlation(rows: readonly number[], x: (row: number) => number, y: (row: number) => number): number {
  let n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (const row of rows) {
    const a = x(row), b = y(row);
    if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
    n++;
    sx += a;
    sy += b;
    sxx += a * a;
    syy += b * b;
    sxy += a * b;
  }
  const varies = (sxx - (sx * sx) / n) * (syy - (sy * sy) / n);
  return n > 2 && varies > 1e-18 * sxx * syy ? (sxy - (sx * sy) / n) / Math.sqrt(varies) : 0;
}
