/** Mean, mean square or variance of many maps, element by element, and how sure each estimate is. */
import { floatTensor, type FloatTensor } from '../tensor/tensor';

/** What is estimated of the draws g: E g, E g², or E g² − (E g)². */
export type Statistic = 'mean' | 'square' | 'variance';

const powersNeeded: Readonly<Record<Statistic, number>> = { mean: 2, square: 4, variance: 4 };

export class Moments {
  count = 0;
  /** Σ g, Σ g², … element by element. */
  private readonly sums: readonly Float64Array[];

  constructor(private readonly size: number, private readonly statistic: Statistic) {
    this.sums = Array.from({ length: powersNeeded[statistic] }, () => new Float64Array(size));
  }

  /** One more draw: `size` values of `draws` from `offset` on. */
  add(draws: Float32Array, offset = 0): void {
    this.count++;
    const [first, second, third, fourth] = this.sums;
    for (let i = 0, at = offset; i < this.size; i++, at++) {
      const g = draws[at]!, square = g * g;
      first![i]! += g;
      second![i]! += square;
      if (third) {
        third[i]! += square * g;
        fourth![i]! += square * square;
      }
    }
  }

  /** The estimate so far, in `dims`. */
  estimate(dims: readonly number[]): FloatTensor {
    const out = floatTensor(dims), n = this.count;
    for (let i = 0; i < this.size; i++) {
      const mean = this.sums[0]![i]! / n, square = this.sums[1]![i]! / n;
      out.data[i] = this.statistic === 'mean' ? mean : this.statistic === 'square' ? square : Math.max(0, square - mean * mean);
    }
    return out;
  }

  /** Standard error of every element's mean; zeros for fewer than two draws. */
  standardErrors(): Float32Array {
    const n = this.count, [sums, squares] = this.sums;
    return Float32Array.from(sums!, (sum, i) => (n < 2 ? 0 : Math.sqrt(Math.max(0, squares![i]! / n - (sum / n) ** 2) / (n - 1))));
  }

  /**
   * Standard error of the estimate: the root mean square of its elements' standard errors, relative to its largest
   * absolute value; undefined for fewer than two draws. For the variance, from the fourth central moment.
   */
  standardError(): number | undefined {
    const n = this.count;
    if (n < 2) return undefined;
    let total = 0, largest = 0;
    for (let i = 0; i < this.size; i++) {
      const m1 = this.sums[0]![i]! / n, m2 = this.sums[1]![i]! / n, variance = Math.max(0, m2 - m1 * m1);
      if (this.statistic === 'mean') {
        total += variance / (n - 1);
        largest = Math.max(largest, Math.abs(m1));
        continue;
      }
      const m3 = this.sums[2]![i]! / n, m4 = this.sums[3]![i]! / n;
      if (this.statistic === 'square') {
        total += Math.max(0, m4 - m2 * m2) / (n - 1);
        largest = Math.max(largest, m2);
      } else {
        const central = m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1 ** 4;
        total += Math.max(0, central - variance * variance) / (n - 1);
        largest = Math.max(largest, variance);
      }
    }
    return largest > 0 ? Math.sqrt(total / this.size) / largest : total > 0 ? Infinity : 0;
  }
}
