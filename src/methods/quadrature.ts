/** Rules for integrals over the path 0…1: where to look, and how much each look counts. */

export const quadratureNames = ['gausslegendre', 'riemann_left', 'riemann_middle', 'riemann_right', 'riemann_trapezoid'] as const;
export type QuadratureName = (typeof quadratureNames)[number];

export interface Quadrature {
  /** Ascending, within 0…1. */
  readonly alphas: Float64Array;
  readonly weights: Float64Array;
}

/**
 * A rule with `n` nodes. The Riemann rules are those of captum (attr/_utils/approximation_methods.py), its trapezoid
 * included: n nodes from 0 to 1, weights 1/n with the two ends halved, so that they sum to (n − 1)/n.
 * Throws unless n is a whole number of at least 1 (2 for the Riemann rules).
 */
export function quadrature(name: QuadratureName, n: number): Quadrature {
  const least = name === 'gausslegendre' ? 1 : 2;
  if (!Number.isInteger(n) || n < least) throw new Error(`${name} needs a whole number of at least ${least} steps, found ${n}`);
  if (name === 'gausslegendre') return gaussLegendre(n);
  const [first, last] = {
    riemann_left: [0, 1 - 1 / n], riemann_middle: [1 / (2 * n), 1 - 1 / (2 * n)], riemann_right: [1 / n, 1], riemann_trapezoid: [0, 1],
  }[name] as [number, number];
  const alphas = Float64Array.from({ length: n }, (_, k) => first + ((last - first) * k) / (n - 1));
  alphas[n - 1] = last;
  const weights = new Float64Array(n).fill(1 / n);
  if (name === 'riemann_trapezoid') weights[0] = weights[n - 1] = 1 / (2 * n);
  return { alphas, weights };
}

/**
 * Gauss–Legendre nodes and weights on 0…1: exact for polynomials up to degree 2n − 1. Roots of the Legendre polynomial
 * P_n by Newton's method from Tricomi's estimate cos(π (k + 3/4) / (n + 1/2)); weights 2 / ((1 − x²) P_n'(x)²), halved
 * for the interval's length.
 */
export function gaussLegendre(n: number): Quadrature {
  const alphas = new Float64Array(n), weights = new Float64Array(n);
  for (let k = 0; k < Math.ceil(n / 2); k++) {
    let x = Math.cos((Math.PI * (k + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let round = 0; round < 100; round++) {
      const { value, derivative } = legendre(n, x);
      slope = derivative;
      const step = value / derivative;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    // The middle root of an odd rule is 0 exactly.
    if (2 * k + 1 === n) x = 0;
    slope = legendre(n, x).derivative;
    const weight = 1 / ((1 - x * x) * slope * slope);
    alphas[k] = (1 - x) / 2;
    alphas[n - 1 - k] = (1 + x) / 2;
    weights[k] = weights[n - 1 - k] = weight;
  }
  return { alphas, weights };
}

/** P_n(x) and P_n'(x) for |x| < 1, by the three-term recurrence. */
function legendre(n: number, x: number): { value: number; derivative: number } {
  let previous = 1, value = x;
  if (n === 0) return { value: 1, derivative: 0 };
  for (let k = 2; k <= n; k++) [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
  return { value, derivative: (n * (previous - x * value)) / (1 - x * x) };
}

/**
 * An order in which to visit n nodes so that those visited so far always cover the whole path: by the van der Corput
 * sequence (bits reversed). A partial sum in this order, scaled up, estimates the whole.
 */
export function spreadOrder(n: number): number[] {
  const bits = Math.max(1, Math.ceil(Math.log2(n)));
  const order: number[] = [];
  for (let i = 0; i < 2 ** bits; i++) {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) reversed |= 1 << (bits - 1 - bit);
    if (reversed < n) order.push(reversed);
  }
  return order;
}
