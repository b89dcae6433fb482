/**
 * Figures over numbers that come in pieces: extremes, mean, deviation, norms. Pieces are merged by the update of Chan,
 * Golub and LeVeque (1983), which does not cancel; sums of squares are kept in units of the largest magnitude where
 * that would leave the range of doubles (as BLAS's nrm2 does).
 */

export interface Description {
  /** Elements seen, finite or not. */
  readonly count: number;
  /** The figures below are over the finite elements; NaN where there are none. */
  readonly finite: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the elements themselves: the divisor is their number. */
  readonly std: number;
  readonly l1: number;
  readonly l2: number;
  readonly zeros: number;
  readonly nans: number;
  readonly infinities: number;
}

/** Magnitudes between these have squares, and sums of them, that doubles hold well. */
const smallest = 1e-120, largest = 1e120;

export class Describer {
  private count = 0;
  private finite = 0;
  private zeros = 0;
  private nans = 0;
  private min = Infinity;
  private max = -Infinity;
  private mean = 0;
  private l1 = 0;
  /** Σ (x − mean)² and Σ x², in units of `unit`². */
  private deviations = 0;
  private squares = 0;
  private unit = 1;

  /** Takes the next piece. */
  add(values: ArrayLike<number>): void {
    const { length } = values;
    let min = Infinity, max = -Infinity, zeros = 0, nans = 0, finite = 0, sum = 0, l1 = 0;
    for (let i = 0; i < length; i++) {
      const value = values[i]!;
      // Also false for NaN.
      if (!(Math.abs(value) < Infinity)) {
        if (value !== value) nans++;
        continue;
      }
      finite++;
      if (value < min) min = value;
      if (value > max) max = value;
      if (value === 0) zeros++;
      sum += value;
      l1 += Math.abs(value);
    }
    this.count += length;
    this.nans += nans;
    if (finite === 0) return;
    const size = Math.max(-min, max);
    const own = size === 0 ? this.unit : size > smallest && size < largest ? 1 : size;
    const unit = this.squares === 0 ? own : Math.max(this.unit, own);
    const mean = Number.isFinite(sum) ? sum / finite : scaledMean(values, finite, size);
    const { deviations, squares } = unit === 1 ? secondMoments(values, mean) : scaledMoments(values, mean, unit);
    this.merge({ finite, mean, deviations, squares, unit });
    this.zeros += zeros;
    this.l1 += l1;
    if (min < this.min) this.min = min;
    if (max > this.max) this.max = max;
  }

  result(): Description {
    const none = this.finite === 0, { count, finite, zeros, nans, unit } = this;
    return {
      count, finite, zeros, nans, infinities: count - finite - nans,
      min: none ? NaN : this.min, max: none ? NaN : this.max, mean: none ? NaN : this.mean,
      std: none ? NaN : Math.sqrt(this.deviations / finite) * unit,
      l1: none ? NaN : this.l1, l2: none ? NaN : Math.sqrt(this.squares) * unit,
    };
  }

  private merge(piece: { finite: number; mean: number; deviations: number; squares: number; unit: number }): void {
    // Zeros alone have no unit yet.
    const ratio = this.squares === 0 ? 0 : this.unit / piece.unit, rescale = ratio * ratio;
    const total = this.finite + piece.finite;
    const apart = this.finite === 0 ? 0 : piece.mean / piece.unit - this.mean / piece.unit;
    this.deviations = this.deviations * rescale + piece.deviations + apart * apart * ((this.finite * piece.finite) / total);
    this.squares = this.squares * rescale + piece.squares;
    this.mean += (piece.mean - this.mean) * (piece.finite / total);
    this.finite = total;
    this.unit = piece.unit;
  }
}

function secondMoments(values: ArrayLike<number>, mean: number): { deviations: number; squares: number } {
  let deviations = 0, squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(Math.abs(value) < Infinity)) continue;
    squares += value * value;
    deviations += (value - mean) * (value - mean);
  }
  return { deviations, squares };
}

function scaledMoments(values: ArrayLike<number>, mean: number, unit: number): { deviations: number; squares: number } {
  const middle = mean / unit;
  let deviations = 0, squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]! / unit;
    if (!(Math.abs(value) < Infinity)) continue;
    squares += value * value;
    deviations += (value - middle) * (value - middle);
  }
  return { deviations, squares };
}

function scaledMean(values: ArrayLike<number>, finite: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) < Infinity) sum += values[i]! / size;
  return (sum / finite) * size;
}

/** The figures of a list that is in memory. */
export function describe(values: ArrayLike<number>): Description {
  const describer = new Describer();
  describer.add(values);
  return describer.result();
}
