/** Sobol' points: sequences that fill a cube more evenly than random numbers do. */
import { Random } from './random';

const bits = 32;

/** Polynomials over GF(2) as bit patterns, x^degree first; primitive: x runs through all 2^degree − 1 remainders. */
function isPrimitive(polynomial: number, degree: number): boolean {
  const order = 2 ** degree - 1;
  let power = 1;
  for (let step = 1; step <= order; step++) {
    power <<= 1;
    if (power >> degree) power ^= polynomial;
    if (power === 1) return step === order;
  }
  return false;
}

function* primitivePolynomials(): Generator<{ readonly polynomial: number; readonly degree: number }, never, void> {
  for (let degree = 1; ; degree++) {
    for (let inner = 0; inner < 2 ** (degree - 1); inner++) {
      const polynomial = 2 ** degree + 2 * inner + 1;
      if (isPrimitive(polynomial, degree)) yield { polynomial, degree };
    }
  }
}

/** More dims than this would need polynomials that take long to find. */
export const mostSobolDims = 2048;

/**
 * A Sobol' sequence in `dims` dimensions: of any 2^k points from a multiple of 2^k on, each of the 2^k equal parts of
 * every axis holds exactly one. The initial direction numbers, which the construction leaves free, and a digital shift
 * are drawn from the seed.
 *
 * Sobol' 1967, USSR Comput. Math. Math. Phys. 7(4); recurrence as in Bratley and Fox 1988, ACM TOMS 14(1). Throws if
 * `dims` is not between 1 and `mostSobolDims`.
 */
export class SobolSequence {
  /** [dims · bits]: the k-th direction number of every dim, as 32-bit fractions. */
  private readonly directions: Uint32Array;
  private readonly shift: Uint32Array;

  constructor(readonly dims: number, seed: number) {
    if (!Number.isInteger(dims) || dims < 1 || dims > mostSobolDims) throw new Error(`Sobol' points have from 1 to ${mostSobolDims} dims, found ${dims}`);
    const random = new Random(seed), polynomials = primitivePolynomials();
    this.directions = new Uint32Array(dims * bits);
    this.shift = Uint32Array.from({ length: dims }, () => random.uint32());
    for (let dim = 0; dim < dims; dim++) {
      const own = this.directions.subarray(dim * bits, (dim + 1) * bits);
      // The first axis is van der Corput's sequence: all direction numbers 2^−k.
      if (dim === 0) { for (let k = 0; k < bits; k++) own[k] = 2 ** (bits - 1 - k); continue; }
      const { polynomial, degree } = polynomials.next().value;
      // m_k / 2^k with m_k odd and below 2^k.
      for (let k = 0; k < degree; k++) own[k] = (2 * random.integer(2 ** k) + 1) * 2 ** (bits - 1 - k);
      for (let k = degree; k < bits; k++) {
        let next = own[k - degree]! ^ (own[k - degree]! >>> degree);
        for (let term = 1; term < degree; term++) if ((polynomial >> (degree - term)) & 1) next ^= own[k - term]!;
        own[k] = next;
      }
    }
  }

  /** Point `index` (from 0 on, below 2^32), each coordinate in [0, 1). */
  point(index: number): Float64Array {
    return Float64Array.from({ length: this.dims }, (_, dim) => {
      let value = this.shift[dim]!;
      for (let k = 0, rest = index; rest > 0; k++, rest = Math.floor(rest / 2)) if (rest % 2 === 1) value ^= this.directions[dim * bits + k]!;
      return (value >>> 0) / 2 ** bits;
    });
  }
}
