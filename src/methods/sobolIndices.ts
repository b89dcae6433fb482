/** Sobol' indices by Jansen's estimators: whose variation makes the score vary, alone and together with others. */
import { mostSobolDims, SobolSequence } from '../tensor/lowDiscrepancy';
import { drawRandom } from './drawing';
import { ParameterError } from './parameters';

const bootstraps = 200;

/** Designs of Sobol' points: A, B, then A with one feature after the other taken from B. */
export class SobolDesigns {
  /** Points of one design. */
  readonly each: number;
  private readonly sequence: SobolSequence;
  private point: Float64Array;
  private held = 0;

  /** @throws ParameterError for more features than there are points for. @param noun what features are called. */
  constructor(private readonly count: number, seed: number, noun = 'parts') {
    if (2 * count > mostSobolDims) throw new ParameterError(`parameter 'features': found ${count} ${noun}, expected at most ${mostSobolDims / 2}: the passes go with their number`);
    this.sequence = new SobolSequence(2 * count, seed);
    this.each = count + 2;
    this.point = this.sequence.point(0);
  }

  /** The levels (0 … 1) of all features at point number `index`, written to `into`. */
  write(index: number, into: Float64Array): void {
    const { count, each } = this, design = Math.floor(index / each), which = index % each;
    if (design !== this.held) [this.point, this.held] = [this.sequence.point(design), design];
    into.set(which === 1 ? this.point.subarray(count) : this.point.subarray(0, count));
    if (which >= 2) into[which - 2] = this.point[count + which - 2]!;
  }
}

/**
 * Total S_i = E (f(A) − f(A with i from B))² / 2 Var f; first order 1 − E (f(B) − f(A with i from B))² / 2 Var f.
 * Jansen 1999, doi 10.1016/S0010-4655(98)00154-4.
 */
export class SobolIndices {
  /** Scores of designs: A, B, A with each feature from B. */
  private readonly designs: ArrayLike<number>[] = [];

  constructor(private readonly features: number) {}

  get count(): number {
    return this.designs.length;
  }

  add(scores: ArrayLike<number>): void {
    this.designs.push(scores);
  }

  /** The variance of the score. */
  variance(): number {
    return this.estimate(this.designs).variance;
  }

  totals(): Float64Array {
    return this.estimate(this.designs).totals;
  }

  /** Of the totals, the variance taken as known; zeros for fewer than two designs. */
  totalErrors(): Float64Array {
    const { designs, count } = this, { variance, totals } = this.estimate(designs);
    return totals.map((total, i) => {
      if (count < 2 || !(variance > 0)) return 0;
      const squares = designs.reduce((sum, scores) => sum + ((scores[0]! - scores[i + 2]!) ** 2 / 2 / variance) ** 2, 0);
      return Math.sqrt(Math.max(0, squares / count - total * total) / (count - 1));
    });
  }

  /** The root mean square of these errors beside the largest total; undefined for fewer than two designs. */
  standardError(): number | undefined {
    if (this.count < 2) return undefined;
    const errors = this.totalErrors(), largest = this.totals().reduce((most, value) => Math.max(most, value), 0);
    const square = errors.reduce((sum, error) => sum + error * error, 0) / errors.length;
    return largest > 0 ? Math.sqrt(square) / largest : square > 0 ? Infinity : 0;
  }

  /** Both indices, with standard errors over designs drawn again and again. */
  both(seed: number): { readonly mains: Float64Array; readonly totals: Float64Array; readonly mainErrors: Float64Array; readonly totalErrors: Float64Array } {
    const { designs, count, features } = this, { mains, totals } = this.estimate(designs), random = drawRandom(seed, 0), again = Array.from({ length: bootstraps }, () => this.estimate(designs.map(() => designs[random.integer(count)]!)));
    const spread = (of: (estimate: { mains: Float64Array; totals: Float64Array }) => Float64Array): Float64Array => Float64Array.from({ length: features }, (_, i) => {
      const values = again.map((estimate) => of(estimate)[i]!), mean = values.reduce((sum, value) => sum + value, 0) / bootstraps;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (bootstraps - 1));
    });
    return { mains, totals, mainErrors: spread((estimate) => estimate.mains), totalErrors: spread((estimate) => estimate.totals) };
  }

  private estimate(designs: readonly ArrayLike<number>[]): { readonly variance: number; readonly mains: Float64Array; readonly totals: Float64Array } {
    const { features } = this, ends = 2 * designs.length, mains = new Float64Array(features), totals = new Float64Array(features);
    let sum = 0, squares = 0;
    for (const scores of designs) sum += scores[0]! + scores[1]!;
    const mean = sum / ends;
    for (const scores of designs) {
      squares += (scores[0]! - mean) ** 2 + (scores[1]! - mean) ** 2;
      for (let i = 0; i < features; i++) {
        totals[i]! += (scores[0]! - scores[i + 2]!) ** 2;
        mains[i]! += (scores[1]! - scores[i + 2]!) ** 2;
      }
    }
    const variance = squares / Math.max(1, ends - 1);
    for (let i = 0; i < features; i++) {
      totals[i] = variance > 0 ? totals[i]! / ends / variance : 0;
      mains[i] = variance > 0 ? 1 - mains[i]! / ends / variance : 0;
    }
    return { variance, mains, totals };
  }
}
