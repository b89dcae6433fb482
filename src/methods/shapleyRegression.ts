/** Shapley values as weighted least squares with one constraint: the regression behind KernelSHAP. */
import { choleskyNear, invertCholesky, sandwich } from '../tensor/leastSquares';
import type { Coalition } from './features/coalitions';

export interface RegressionFit {
  readonly values: Float64Array;
  readonly standardErrors: Float64Array;
}

/**
 * Minimises Σ w (v(S) − v(∅) − Σ_{i∈S} φ_i)² under Σ φ = v(all) − v(∅). Coalitions that were enumerated count by
 * their own weight; those that were drawn share one weight evenly, and the chance in them is what the standard errors
 * are of (pairs of a coalition and its complement are one draw).
 */
export class ShapleyRegression {
  /** Pairs drawn. */
  pairs = 0;
  private readonly enumerated: Equations;
  private readonly drawn: Equations;
  private readonly draws: { readonly shown: Uint16Array; readonly score: number }[] = [];

  /** @param n features. @param drawnWeight what all draws weigh together. */
  constructor(private readonly n: number, private readonly whole: number, private readonly nothing: number, private readonly drawnWeight: number) {
    this.enumerated = new Equations(n);
    this.drawn = new Equations(n);
  }

  enumerate(coalition: Coalition, weight: number, score: number): void {
    this.enumerated.add(shownIn(coalition), weight, score - this.nothing);
  }

  /** A drawn coalition and its complement. */
  drawPair(coalition: Coalition, score: number, complement: Coalition, complementScore: number): void {
    for (const [one, value] of [[coalition, score], [complement, complementScore]] as const) {
      const shown = shownIn(one);
      this.drawn.add(shown, 1, value - this.nothing);
      this.draws.push({ shown, score: value - this.nothing });
    }
    this.pairs++;
  }

  fit(): RegressionFit {
    const { n } = this, share = this.draws.length ? this.drawnWeight / this.draws.length : 0;
    const matrix = new Float64Array(n * n), right = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      right[i] = this.enumerated.right[i]! + share * this.drawn.right[i]!;
      for (let k = 0; k <= i; k++) matrix[i * n + k] = matrix[k * n + i] = this.enumerated.gram[i * n + k]! + share * this.drawn.gram[i * n + k]!;
    }
    const inverse = invertCholesky(choleskyNear(matrix, n), n), toOnes = new Float64Array(n);
    let ones = 0;
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) toOnes[i]! += inverse[i * n + k]!;
      ones += toOnes[i]!;
    }
    // φ = A⁻¹ (b − λ 1), with λ so that the values add up.
    const free = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) free[i]! += inverse[i * n + k]! * right[k]!;
    const excess = (free.reduce((a, b) => a + b, 0) - (this.whole - this.nothing)) / ones;
    const values = free.map((value, i) => value - excess * toOnes[i]!);
    // The inverse without the direction the constraint fixes: P = A⁻¹ − A⁻¹ 1 1ᵀ A⁻¹ / 1ᵀ A⁻¹ 1.
    for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) inverse[i * n + k]! -= (toOnes[i]! * toOnes[k]!) / ones;
    return { values, standardErrors: this.draws.length ? sandwich(inverse, this.scatter(values, share), n) : new Float64Array(n) };
  }

  /**
   * Σ over pairs of (g − ḡ)(g − ḡ)ᵀ, with g what a pair adds to the normal equations, made larger by how much the fit
   * to these very pairs makes it too small (a pair is one equation, n − 1 values are free).
   */
  private scatter(values: Float64Array, share: number): Float64Array {
    const { n, draws, pairs } = this, scatter = new Float64Array(n * n), mean = new Float64Array(n), pair = new Float64Array(n);
    for (let k = 0; k < draws.length; k += 2) {
      pair.fill(0);
      for (const { shown, score } of [draws[k]!, draws[k + 1]!]) {
        let residual = score;
        for (const i of shown) residual -= values[i]!;
        for (const i of shown) pair[i]! += share * residual;
      }
      for (let i = 0; i < n; i++) {
        mean[i]! += pair[i]! / pairs;
        for (let j = 0; j <= i; j++) scatter[i * n + j]! += pair[i]! * pair[j]!;
      }
    }
    const fitted = pairs / Math.max(1, pairs - n + 1);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) scatter[i * n + j] = scatter[j * n + i] = fitted * (scatter[i * n + j]! - pairs * mean[i]! * mean[j]!);
    return scatter;
  }
}

/** Σ w x xᵀ (lower triangle) and Σ w x y. */
class Equations {
  readonly gram: Float64Array;
  readonly right: Float64Array;

  constructor(private readonly n: number) {
    this.gram = new Float64Array(n * n);
    this.right = new Float64Array(n);
  }

  add(shown: Uint16Array, weight: number, score: number): void {
    for (const i of shown) {
      this.right[i]! += weight * score;
      for (const k of shown) {
        if (k > i) break;
        this.gram[i * this.n + k]! += weight;
      }
    }
  }
}

/** Numbers of the features shown, in order. */
export function shownIn(coalition: Coalition): Uint16Array {
  const shown = new Uint16Array(coalition.reduce((sum, bit) => sum + bit, 0));
  let at = 0;
  for (let i = 0; i < coalition.length; i++) if (coalition[i]) shown[at++] = i;
  return shown;
}
