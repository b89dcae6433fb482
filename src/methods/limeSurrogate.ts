/** The linear model that stands for the network around one input: weighted, penalised least squares on 0/1 features. */
import { choleskyNear, invertCholesky, lasso, sandwich, solveCholesky } from '../tensor/leastSquares';
import { pearson } from '../tensor/statistics';
import type { Coalition } from './features/coalitions';

export interface Penalty {
  /** `ridge`: α |β|² added to Σ w r²; `lasso`: α |β|₁ added to half the weighted mean of r². The intercept is free. */
  readonly kind: 'ridge' | 'lasso';
  readonly alpha: number;
}

export interface SurrogateFit {
  readonly coefficients: Float64Array;
  readonly intercept: number;
  /** Of each coefficient, over the drawing of samples (heteroscedastic sandwich estimate). */
  readonly standardErrors: Float64Array;
  /** 1 − Σ w r² / Σ w (y − ȳ)²; 1 where the scores do not differ at all. */
  readonly r2: number;
  /** How coefficients of another run of this size would correlate with these, judged by the two halves of the samples. */
  readonly stability: number;
}

/** Weighted sums over samples: Σw, Σwy, Σwx [n], Σwxy [n], Σwxxᵀ [n, n] (lower triangle). */
class Sums {
  weight = 0;
  scores = 0;
  readonly features: Float64Array;
  readonly products: Float64Array;
  readonly gram: Float64Array;

  constructor(private readonly n: number) {
    this.features = new Float64Array(n);
    this.products = new Float64Array(n);
    this.gram = new Float64Array(n * n);
  }

  add(shown: Uint16Array, weight: number, score: number): void {
    this.weight += weight;
    this.scores += weight * score;
    for (const i of shown) {
      this.features[i]! += weight;
      this.products[i]! += weight * score;
      for (const k of shown) {
        if (k > i) break;
        this.gram[i * this.n + k]! += weight;
      }
    }
  }

  plus(other: Sums): Sums {
    const sum = new Sums(this.n);
    sum.weight = this.weight + other.weight;
    sum.scores = this.scores + other.scores;
    for (const name of ['features', 'products', 'gram'] as const) this[name].forEach((value, i) => { sum[name][i] = value + other[name][i]!; });
    return sum;
  }

  /** Normal equations of the features and scores without their weighted means. */
  centred(): { matrix: Float64Array; right: Float64Array } {
    const { n } = this, matrix = new Float64Array(n * n), right = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const mean = this.features[i]! / this.weight;
      right[i] = this.products[i]! - mean * this.scores;
      for (let k = 0; k <= i; k++) matrix[i * n + k] = matrix[k * n + i] = this.gram[i * n + k]! - mean * this.features[k]!;
    }
    return { matrix, right };
  }
}

export class Surrogate {
  count = 0;
  private readonly halves: readonly [Sums, Sums];
  private readonly shown: Uint16Array[] = [];
  private readonly weights: number[] = [];
  private readonly scores: number[] = [];

  /** @param n features. */
  constructor(private readonly n: number, private readonly penalty: Penalty) {
    this.halves = [new Sums(n), new Sums(n)];
  }

  add(sample: Coalition, weight: number, score: number): void {
    const shown = new Uint16Array(sample.reduce((sum, bit) => sum + bit, 0));
    let at = 0;
    for (let i = 0; i < sample.length; i++) if (sample[i]) shown[at++] = i;
    this.halves[this.count % 2]!.add(shown, weight, score);
    this.count++;
    this.shown.push(shown);
    this.weights.push(weight);
    this.scores.push(score);
  }

  /** The fit to all samples so far. */
  fit(): SurrogateFit {
    const { n } = this, [even, odd] = this.halves, sums = even.plus(odd), { matrix, right } = sums.centred();
    const coefficients = this.solve(sums.weight, matrix, right);
    const means = sums.features.map((value) => value / sums.weight), meanScore = sums.scores / sums.weight;
    const intercept = meanScore - means.reduce((sum, mean, i) => sum + mean * coefficients[i]!, 0);
    // S = Σ (w r)² x̃ x̃ᵀ with x̃ = x − mean, put together from sums over x, which is mostly zeros.
    const scatter = new Float64Array(n * n), first = new Float64Array(n);
    let zeroth = 0, left = 0, total = 0;
    this.shown.forEach((shown, sample) => {
      const weight = this.weights[sample]!, score = this.scores[sample]!;
      let residual = score - intercept;
      for (const i of shown) residual -= coefficients[i]!;
      left += weight * residual * residual;
      total += weight * (score - meanScore) ** 2;
      const square = (weight * residual) ** 2;
      zeroth += square;
      for (const i of shown) {
        first[i]! += square;
        for (const k of shown) {
          if (k > i) break;
          scatter[i * n + k]! += square;
        }
      }
    });
    for (let i = 0; i < n; i++) {
      for (let k = 0; k <= i; k++) scatter[i * n + k] = scatter[k * n + i] = scatter[i * n + k]! - first[i]! * means[k]! - means[i]! * first[k]! + zeroth * means[i]! * means[k]!;
    }
    return {
      coefficients, intercept, standardErrors: sandwich(invertCholesky(choleskyNear(this.penalised(matrix), n), n), scatter, n),
      r2: total > 1e-18 * sums.weight * Math.max(1, meanScore * meanScore) ? 1 - left / total : 1, stability: this.stability(),
    };
  }

  private solve(weight: number, matrix: Float64Array, right: Float64Array): Float64Array {
    const { n, penalty } = this;
    if (penalty.kind === 'lasso') return lasso(matrix.map((value) => value / weight), right.map((value) => value / weight), n, penalty.alpha);
    return solveCholesky(choleskyNear(this.penalised(matrix), n), n, right);
  }

  private penalised(matrix: Float64Array): Float64Array {
    const { n, penalty } = this, out = matrix.slice();
    if (penalty.kind === 'ridge') for (let i = 0; i < n; i++) out[i * n + i]! += penalty.alpha;
    return out;
  }

  /** The correlation of the halves' coefficients, lengthened to the whole (Spearman–Brown). */
  private stability(): number {
    if (this.n < 2 || this.count < 4) return NaN;
    const [a, b] = this.halves.map((half) => {
      const { matrix, right } = half.centred();
      return this.solve(half.weight, matrix, right);
    });
    const correlation = pearson(a!, b!);
    return correlation > 0 ? (2 * correlation) / (1 + correlation) : correlation;
  }
}
