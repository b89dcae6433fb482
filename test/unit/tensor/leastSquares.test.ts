import assert from 'node:assert/strict';
import { cholesky, choleskyNear, invertCholesky, lasso, sandwich, solveCholesky } from '../../../src/tensor/leastSquares';
import { Random } from '../../../src/tensor/random';

/** BᵀB of a random B: symmetric, positive definite. */
function definite(n: number, rows = 2 * n): Float64Array {
  const random = new Random(n), b = Float64Array.from({ length: rows * n }, () => random.normal());
  return Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += b[row * n + Math.floor(at / n)]! * b[row * n + (at % n)]!;
    return sum;
  });
}

const times = (matrix: Float64Array, x: ArrayLike<number>, n: number): number[] => Array.from({ length: n }, (_, row) => {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += matrix[row * n + k]! * x[k]!;
  return sum;
});

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  for (let i = 0; i < expected.length; i++) assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `element ${i}: ${actual[i]}, expected ${expected[i]}`);
};

describe('least squares', () => {
  it('solves and inverts definite systems', () => {
    for (const n of [1, 2, 7, 60]) {
      const matrix = definite(n), x = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1)), lower = cholesky(matrix, n)!;
      close(solveCholesky(lower, n, times(matrix, x, n)), x, 1e-9);
      const inverse = invertCholesky(lower, n);
      close(times(matrix, inverse.subarray(0, n), n), Float64Array.from({ length: n }, (_, i) => Number(i === 0)), 1e-9);
    }
  });

  it('finds indefinite and singular ones, and solves those that are nearly so', () => {
    assert.equal(cholesky(Float64Array.of(1, 2, 2, 1), 2), undefined);
    assert.equal(cholesky(Float64Array.of(1, 1, 1, 1), 2), undefined);
    // Two columns that say the same share what there is.
    close(solveCholesky(choleskyNear(Float64Array.of(1, 1, 1, 1), 2), 2, [2, 2]), [1, 1], 1e-4);
    close(solveCholesky(choleskyNear(new Float64Array(4), 2), 2, [0, 0]), [0, 0], 0);
  });

  it('standard errors: √diag(C S C)', () => {
    const c = definite(5), s = definite(5, 9), product = (a: Float64Array, b: Float64Array): Float64Array => Float64Array.from(Array.from({ length: 5 }, (_, row) => times(b, a.subarray(row * 5, row * 5 + 5), 5)).flat());
    const whole = product(product(c, s), c);
    close(sandwich(c, s, 5), Array.from({ length: 5 }, (_, i) => Math.sqrt(whole[i * 6]!)), 1e-9);
  });

  it('lasso: the slope is ±α where a coefficient is not zero, and within α where it is', () => {
    const n = 12, matrix = definite(n), b = Float64Array.from({ length: n }, (_, i) => 20 * Math.cos(3 * i)), alpha = 9, x = lasso(matrix, b, n, alpha);
    assert.ok(x.some((value) => value === 0) && x.some((value) => value !== 0));
    times(matrix, x, n).forEach((value, i) => {
      const slope = b[i]! - value;
      if (x[i] === 0) assert.ok(Math.abs(slope) <= alpha + 1e-6);
      else assert.ok(Math.abs(slope - alpha * Math.sign(x[i]!)) <= 1e-6);
    });
    close(lasso(matrix, b, n, 0), solveCholesky(cholesky(matrix, n)!, n, b), 1e-6);
  });
});
