/** Sparse linear models of several outputs at once: the features that help most, one after the other. */
import { choleskyNear, solveCholesky } from '../../tensor/leastSquares';

export interface LinearModel {
  readonly intercept: readonly number[];
  /** [outputs][features]; 0 for features that are not taken. */
  readonly coefficients: readonly (readonly number[])[];
  /** Features in the order they were taken. */
  readonly taken: readonly number[];
}

/**
 * Forward selection with least squares on what is taken (orthogonal matching pursuit, for all outputs together): model
 * number k has k + 1 features. Columns are standardised inside, so units do not matter.
 * @param values [rows, features] without missing values.
 * @param targets [rows, outputs].
 * @param allowed features that may be taken.
 */
export function forwardModels(values: Float64Array, features: number, targets: Float64Array, outputs: number, allowed: readonly number[], most: number): LinearModel[] {
  const rows = values.length / features, means = new Float64Array(features), scales = new Float64Array(features), targetMeans = new Float64Array(outputs);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < features; j++) means[j]! += values[row * features + j]! / rows;
    for (let k = 0; k < outputs; k++) targetMeans[k]! += targets[row * outputs + k]! / rows;
  }
  for (let row = 0; row < rows; row++) for (let j = 0; j < features; j++) scales[j]! += (values[row * features + j]! - means[j]!) ** 2 / rows;
  for (let j = 0; j < features; j++) scales[j] = Math.sqrt(scales[j]!);
  const usable = allowed.filter((j) => scales[j]! > 1e-12 * Math.max(1, Math.abs(means[j]!)));
  const column = (row: number, j: number): number => (values[row * features + j]! - means[j]!) / scales[j]!;
  const residual = Float64Array.from(targets, (value, i) => value - targetMeans[i % outputs]!), centred = residual.slice();
  const models: LinearModel[] = [], taken: number[] = [];
  while (taken.length < Math.min(most, usable.length)) {
    let best = -1, strongest = 1e-18;
    for (const j of usable) {
      if (taken.includes(j)) continue;
      let strength = 0;
      for (let k = 0; k < outputs; k++) {
        let product = 0;
        for (let row = 0; row < rows; row++) product += column(row, j) * residual[row * outputs + k]!;
        strength += (product / rows) ** 2;
      }
      if (strength > strongest) [best, strongest] = [j, strength];
    }
    if (best < 0) break;
    taken.push(best);
    const n = taken.length, gram = new Float64Array(n * n);
    for (let a = 0; a < n; a++) for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += column(row, taken[a]!) * column(row, taken[b]!);
      gram[a * n + b] = gram[b * n + a] = sum;
    }
    const lower = choleskyNear(gram, n), intercept: number[] = [], coefficients: number[][] = [];
    for (let k = 0; k < outputs; k++) {
      const right = Float64Array.from(taken, (j) => {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum += column(row, j) * centred[row * outputs + k]!;
        return sum;
      });
      const solved = solveCholesky(lower, n, right), own = new Array<number>(features).fill(0);
      taken.forEach((j, i) => { own[j] = solved[i]! / scales[j]!; });
      coefficients.push(own);
      intercept.push(targetMeans[k]! - taken.reduce((sum, j) => sum + own[j]! * means[j]!, 0));
      for (let row = 0; row < rows; row++) residual[row * outputs + k] = centred[row * outputs + k]! - taken.reduce((sum, j, i) => sum + solved[i]! * column(row, j), 0);
    }
    models.push({ intercept, coefficients, taken: taken.slice() });
  }
  return models;
}

/** The model's outputs of rows, [rows, outputs]. */
export function linearOutputs({ intercept, coefficients, taken }: LinearModel, values: Float64Array, features: number): Float64Array {
  const outputs = intercept.length;
  return Float64Array.from({ length: (values.length / features) * outputs }, (_, i) => {
    const row = Math.floor(i / outputs), k = i % outputs;
    return taken.reduce((sum, j) => sum + coefficients[k]![j]! * values[row * features + j]!, intercept[k]!);
  });
}
