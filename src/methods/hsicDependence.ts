/** The Hilbert–Schmidt independence criterion between binary features and a score. */

export interface Dependence {
  /** HSIC of every feature. */
  readonly values: Float32Array;
  readonly standardErrors: Float32Array;
  /** Their root mean square, relative to the largest value. */
  readonly standardError: number;
}

/** Pairs that the kernel's width is taken from. */
const mostPairs = 20_000;

/**
 * HSIC = tr(K H L H) / n² with k(x, x') = ½ − [x ≠ x'] for features and a Gaussian l for scores, as wide as half of
 * the pairs are apart at most. k is ½ s s' for s = ±1, so that HSIC = ½ s̃ᵀ L s̃ / n² with s̃ = H s: no table of pairs is
 * kept. Standard errors by the projection of the V-statistic (Hoeffding): 2 · sd(h) / √n with h_a = ½ s̃_a (H L s̃)_a / n.
 *
 * Time goes with n² · features.
 */
export function dependence(coalitions: readonly ArrayLike<number>[], scores: readonly number[], features: number): Dependence {
  const n = coalitions.length, values = new Float32Array(features), standardErrors = new Float32Array(features);
  const width = medianDistance(scores);
  if (n < 2 || width === 0) return { values, standardErrors, standardError: n < 2 ? Infinity : 0 };
  // signs [features, n], centred.
  const signs = Array.from({ length: features }, (_, feature) => {
    const own = Float64Array.from(coalitions, (coalition) => (coalition[feature] ? 1 : -1)), middle = own.reduce((sum, sign) => sum + sign, 0) / n;
    return own.map((sign) => sign - middle);
  });
  const products = signs.map(() => new Float64Array(n)), kernel = new Float64Array(n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) kernel[b] = Math.exp(-0.5 * ((scores[a]! - scores[b]!) / width) ** 2);
    for (let feature = 0; feature < features; feature++) {
      const own = signs[feature]!;
      let sum = 0;
      for (let b = 0; b < n; b++) sum += kernel[b]! * own[b]!;
      products[feature]![a] = sum;
    }
  }
  let square = 0, largest = 0;
  signs.forEach((own, feature) => {
    const product = products[feature]!, middle = product.reduce((sum, value) => sum + value, 0) / n;
    let sum = 0, squares = 0;
    for (let a = 0; a < n; a++) {
      const part = (0.5 * own[a]! * (product[a]! - middle)) / n;
      sum += part;
      squares += part * part;
    }
    values[feature] = sum / n;
    standardErrors[feature] = 2 * Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2) / (n - 1));
    square += standardErrors[feature]! ** 2;
    largest = Math.max(largest, values[feature]!);
  });
  return { values, standardErrors, standardError: largest > 0 ? Math.sqrt(square / features) / largest : 0 };
}

/** The median distance of two scores, over pairs spread evenly; where it is 0, their standard deviation. */
function medianDistance(scores: readonly number[]): number {
  const n = scores.length, distances: number[] = [], step = Math.max(1, Math.floor((n * (n - 1)) / 2 / mostPairs));
  for (let a = 0, pair = 0; a < n; a++) for (let b = a + 1; b < n; b++, pair++) if (pair % step === 0) distances.push(Math.abs(scores[a]! - scores[b]!));
  distances.sort((x, y) => x - y);
  const median = distances[distances.length >> 1] ?? 0;
  if (median > 0) return median;
  const middle = scores.reduce((sum, score) => sum + score, 0) / n;
  return Math.sqrt(scores.reduce((sum, score) => sum + (score - middle) ** 2, 0) / n) || 0;
}
