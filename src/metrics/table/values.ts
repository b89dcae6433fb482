/** How close values come to what rows really hold. Source of the figures: scikit-learn's metrics of the same names. */
import { byInfluence, meanOf, type Estimate } from './estimate';

export interface ValueFigures {
  /** 1 − Σ (said − truth)² / Σ (truth − mean)²; absent where all rows hold the same. */
  readonly r2?: Estimate;
  readonly mae: Estimate;
  readonly rmse: Estimate;
  readonly medianError: Estimate;
  /** Mean of said − truth. */
  readonly bias: Estimate;
}

/** @param said, truth [rows]. @throws Error where there are no rows, or not as many of one as of the other. */
export function valueFigures(said: Float64Array, truth: Float64Array): ValueFigures {
  const n = truth.length;
  if (n === 0 || said.length !== n) throw new Error(`figures of ${said.length} values and ${n} labels were asked for`);
  const residuals = said.map((value, row) => value - truth[row]!), sizes = residuals.map(Math.abs), squares = residuals.map((value) => value * value);
  const r2 = explained(squares, truth), mse = meanOf(squares), rmse = Math.sqrt(mse.value);
  return {
    ...(r2 && { r2 }), mae: meanOf(sizes), rmse: { value: rmse, standardError: rmse > 0 ? mse.standardError / (2 * rmse) : 0 }, medianError: medianOf(sizes), bias: meanOf(residuals),
  };
}

/** dR² by a row = −(e² − (1 − R²) (y − mean)²) / Σ (y − mean)². */
function explained(squares: Float64Array, truth: Float64Array): Estimate | undefined {
  const mean = meanOf(truth).value, apart = truth.map((value) => (value - mean) ** 2), sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const spread = sum(apart);
  if (!(spread > 0)) return undefined;
  const left = sum(squares) / spread;
  return byInfluence(1 - left, squares.map((square, row) => -(square - left * apart[row]!) / spread));
}

/** The median; its error from the order statistics one binomial deviation (√n / 2) above and below it. */
export function medianOf(values: Float64Array): Estimate {
  const sorted = Float64Array.from(values).sort(), n = sorted.length, middle = (n - 1) / 2, away = Math.sqrt(n) / 2;
  const at = (place: number): number => {
    const held = Math.min(n - 1, Math.max(0, place)), low = Math.floor(held);
    return sorted[low]! + (held - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
  };
  return { value: at(middle), standardError: n > 1 ? (at(middle + away) - at(middle - away)) / 2 : NaN };
}
