/** Small dense systems of normal equations: symmetric, positive definite, up to some thousand unknowns. */

/**
 * The lower triangle L of A = L Lᵀ, [n, n] row by row; undefined if A is not positive definite (to rounding).
 * @param matrix symmetric [n, n]; only its lower triangle is read.
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array | undefined {
  const lower = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * n + column]!;
      for (let k = 0; k < column; k++) sum -= lower[row * n + k]! * lower[column * n + k]!;
      if (column < row) lower[row * n + column] = sum / lower[column * n + column]!;
      // What is left of a diagonal entry after subtracting nearly all of it is rounding noise.
      else if (sum > 1e-13 * matrix[row * n + row]!) lower[row * n + row] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return lower;
}

/** x of L Lᵀ x = b, for L as `cholesky` returns it. */
export function solveCholesky(lower: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(b);
  for (let row = 0; row < n; row++) {
    let sum = x[row]!;
    for (let k = 0; k < row; k++) sum -= lower[row * n + k]! * x[k]!;
    x[row] = sum / lower[row * n + row]!;
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = x[row]!;
    for (let k = row + 1; k < n; k++) sum -= lower[k * n + row]! * x[k]!;
    x[row] = sum / lower[row * n + row]!;
  }
  return x;
}

/** (L Lᵀ)⁻¹, [n, n]. */
export function invertCholesky(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n), unit = new Float64Array(n);
  for (let column = 0; column < n; column++) {
    unit[column] = 1;
    inverse.set(solveCholesky(lower, n, unit), column * n); // symmetric: rows are columns
    unit[column] = 0;
  }
  return inverse;
}

/**
 * L for A, or for A with just enough added to its diagonal: where columns say the same (or nothing), the solution is
 * then close to the one of least norm.
 */
export function choleskyNear(matrix: Float64Array, n: number): Float64Array {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, matrix[i * n + i]!);
  for (let ridge = 0; ; ridge = ridge === 0 ? 1e-12 * (largest || 1) : 100 * ridge) {
    const raised = matrix.slice();
    for (let i = 0; i < n; i++) raised[i * n + i]! += ridge;
    const lower = cholesky(raised, n);
    if (lower) return lower;
  }
}

/** √diag(C S C), [n], for symmetric C and S: standard errors from the sandwich of an inverse and what the terms scatter. */
export function sandwich(inverse: Float64Array, scatter: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n), product = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    product.fill(0);
    for (let k = 0; k < n; k++) {
      const factor = inverse[row * n + k]!;
      if (factor !== 0) for (let column = 0; column < n; column++) product[column]! += factor * scatter[k * n + column]!;
    }
    let variance = 0;
    for (let column = 0; column < n; column++) variance += product[column]! * inverse[row * n + column]!;
    out[row] = Math.sqrt(Math.max(0, variance));
  }
  return out;
}

/**
 * Minimises ½ xᵀ A x − bᵀ x + α |x|₁ by coordinate descent (the lasso on normal equations).
 * @param matrix symmetric [n, n], positive semidefinite.
 */
export function lasso(matrix: Float64Array, b: ArrayLike<number>, n: number, alpha: number): Float64Array {
  const x = new Float64Array(n), slope = Float64Array.from(b); // b − A x
  for (let round = 0; round < 1000; round++) {
    let largest = 0, moved = 0;
    for (let i = 0; i < n; i++) {
      const diagonal = matrix[i * n + i]!;
      if (diagonal <= 0) continue;
      const free = slope[i]! + diagonal * x[i]!, next = (Math.sign(free) * Math.max(0, Math.abs(free) - alpha)) / diagonal, step = next - x[i]!;
      largest = Math.max(largest, Math.abs(next));
      if (step === 0) continue;
      moved = Math.max(moved, Math.abs(step));
      x[i] = next;
      for (let k = 0; k < n; k++) slope[k]! -= matrix[i * n + k]! * step;
    }
    if (moved <= 1e-10 * (largest || 1)) break;
  }
  return x;
}
