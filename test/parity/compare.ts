/** Whether computed numbers agree with the expected ones, by the golden folder's rule. */
import { maxAbs, pearson } from '../../src/tensor/statistics';
import type { Tolerance } from './golden';

export interface Comparison {
  readonly passed: boolean;
  /** Largest |actual − expected| over the largest |expected|. */
  readonly error: number;
  /** One line of figures. */
  readonly message: string;
}

/**
 * Passed when |a − e| ≤ maxAbs + maxRel·|e| for all elements but a fraction `maxOutlierFraction`, and the Pearson
 * correlation is at least `minCorrelation` where given. Stochastic results: the correlation and maxAbs only. Values
 * that are no numbers agree only with their like.
 */
export function compare(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: Tolerance): Comparison {
  if (actual.length !== expected.length) return { passed: false, error: Infinity, message: `${actual.length} values, expected ${expected.length}` };
  const { maxAbs: absolute = Infinity, maxRel = 0, maxOutlierFraction = 0, minCorrelation, stochastic } = tolerance;
  const relative = stochastic ? 0 : maxRel;
  let largest = 0, beyond = 0;
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i]!, e = expected[i]!;
    if (Object.is(a, e) || a === e) continue;
    const difference = Math.abs(a - e);
    if (!(difference <= absolute + relative * Math.abs(e))) beyond++;
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  const fraction = actual.length === 0 ? 0 : beyond / actual.length;
  const correlation = minCorrelation === undefined ? undefined : pearson(actual, expected);
  // Two constant lists have no correlation; then the differences alone decide.
  const correlated = correlation === undefined || correlation >= minCorrelation! || (Number.isNaN(correlation) && beyond === 0);
  const passed = fraction <= maxOutlierFraction && correlated;
  const scale = maxAbs(expected) || 1;
  const parts = [`largest error ${largest.toPrecision(3)} (${((100 * largest) / scale).toPrecision(2)} % of the largest value)`, `${beyond} of ${actual.length} beyond tolerance (allowed ${(100 * maxOutlierFraction).toPrecision(2)} %)`];
  if (correlation !== undefined) parts.push(`correlation ${correlation.toPrecision(6)} (at least ${minCorrelation})`);
  return { passed, error: largest / scale, message: parts.join(', ') };
}
