/** Whether what is said to be so in 70 of 100 rows is so in 70 of 100 rows. */
import { byInfluence, share, type Estimate } from './estimate';
import type { SaidOfClasses } from './classes';

export interface CalibrationBin {
  /** Mean probability said, share that is so, its standard error, rows. */
  readonly said: number;
  readonly actual: number;
  readonly standardError: number;
  readonly rows: number;
}

export interface Calibration {
  /** Bins that hold rows, by rising probability. */
  readonly bins: readonly CalibrationBin[];
  /** Mean of |actual − said| over bins, weighted by rows. */
  readonly error: number;
}

const topBins = 15;

/** Bins of equal width in 0 … 1. @param isIt 1 where it is so, [rows]. */
export function calibrationOf(probabilities: Float64Array, isIt: ArrayLike<number>, bins = 10): Calibration {
  const { rows, said, hits } = binned(probabilities, isIt, bins), found: CalibrationBin[] = [];
  let error = 0;
  for (let bin = 0; bin < bins; bin++) {
    const n = rows[bin]!;
    if (n === 0) continue;
    const { value, standardError } = share(hits[bin]!, n);
    found.push({ said: said[bin]! / n, actual: value, standardError, rows: n });
    error += Math.abs(hits[bin]! - said[bin]!) / probabilities.length;
  }
  return { bins: found, error };
}

/** Expected calibration error of the class that is said (Guo et al. 2017): Σ rows/n · |accuracy − confidence|, 15 bins. */
export function topClassCalibration({ said, classes, truth }: SaidOfClasses, answers: Int32Array): Estimate {
  const n = truth.length, confidence = Float64Array.from(answers, (answer, row) => said[row * classes + answer]!), right = Uint8Array.from(truth, (actual, row) => Number(actual === answers[row]));
  const { error } = calibrationOf(confidence, right, topBins), { said: sums, hits } = binned(confidence, right, topBins);
  const influences = Float64Array.from(confidence, (p, row) => {
    const bin = binOf(p, topBins);
    return (Math.sign(hits[bin]! - sums[bin]!) * (right[row]! - p) - error) / n;
  });
  return byInfluence(error, influences);
}

function binned(probabilities: Float64Array, isIt: ArrayLike<number>, bins: number): { rows: Float64Array; said: Float64Array; hits: Float64Array } {
  const rows = new Float64Array(bins), said = new Float64Array(bins), hits = new Float64Array(bins);
  probabilities.forEach((p, row) => {
    const bin = binOf(p, bins);
    rows[bin]!++;
    said[bin]! += p;
    hits[bin]! += isIt[row]!;
  });
  return { rows, said, hits };
}

const binOf = (p: number, bins: number): number => Math.min(bins - 1, Math.max(0, Math.floor(p * bins)));
