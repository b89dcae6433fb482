import assert from 'node:assert/strict';
import { gaussLegendre, quadrature, quadratureNames, spreadOrder, type Quadrature } from '../../../src/methods/quadrature';

const integrate = ({ alphas, weights }: Quadrature, f: (x: number) => number): number => alphas.reduce((sum, alpha, k) => sum + weights[k]! * f(alpha), 0);
const total = ({ weights }: Quadrature): number => weights.reduce((a, b) => a + b, 0);
const close = (actual: number, expected: number, tolerance = 1e-12): void => assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

describe('quadrature', () => {
  it('Gauss–Legendre is exact for polynomials up to degree 2n − 1', () => {
    for (const n of [1, 2, 3, 5, 8, 16]) {
      for (let degree = 0; degree < 2 * n; degree++) close(integrate(gaussLegendre(n), (x) => x ** degree), 1 / (degree + 1));
    }
  });

  it('Gauss–Legendre has the tabulated nodes (n = 2, 3, 5)', () => {
    close(gaussLegendre(2).alphas[0]!, (1 - 1 / Math.sqrt(3)) / 2);
    const three = gaussLegendre(3);
    [(1 - Math.sqrt(0.6)) / 2, 0.5, (1 + Math.sqrt(0.6)) / 2].forEach((node, k) => close(three.alphas[k]!, node));
    [5 / 18, 8 / 18, 5 / 18].forEach((weight, k) => close(three.weights[k]!, weight));
    // numpy.polynomial.legendre.leggauss(5): 0.9061798459386640, weight 0.2369268850561891
    close(gaussLegendre(5).alphas[4]!, (1 + 0.9061798459386640) / 2);
    close(gaussLegendre(5).weights[4]!, 0.2369268850561891 / 2);
  });

  it('Gauss–Legendre stays accurate for many steps', () => {
    for (const n of [50, 201, 1000]) {
      const rule = gaussLegendre(n);
      close(total(rule), 1, 1e-11);
      close(integrate(rule, Math.exp), Math.E - 1, 1e-11);
      for (let k = 1; k < n; k++) assert.ok(rule.alphas[k]! > rule.alphas[k - 1]!);
    }
  });

  it("the Riemann rules are captum's, with its trapezoid that sums to (n − 1)/n", () => {
    const n = 50;
    close(total(quadrature('riemann_left', n)), 1);
    close(total(quadrature('riemann_middle', n)), 1);
    close(total(quadrature('riemann_right', n)), 1);
    close(total(quadrature('riemann_trapezoid', n)), (n - 1) / n);
    assert.deepEqual([...quadrature('riemann_left', 4).alphas], [0, 0.25, 0.5, 0.75]);
    assert.deepEqual([...quadrature('riemann_right', 4).alphas], [0.25, 0.5, 0.75, 1]);
    quadrature('riemann_middle', 4).alphas.forEach((alpha, k) => close(alpha, (2 * k + 1) / 8));
    assert.deepEqual([...quadrature('riemann_trapezoid', 5).alphas], [0, 0.25, 0.5, 0.75, 1]);
    assert.deepEqual([...quadrature('riemann_trapezoid', 4).weights], [1 / 8, 1 / 4, 1 / 4, 1 / 8]);
  });

  it('refuses too few steps', () => {
    for (const name of quadratureNames) {
      assert.throws(() => quadrature(name, 0), /whole number of at least/);
      assert.throws(() => quadrature(name, 2.5), /found 2.5/);
      if (name !== 'gausslegendre') assert.throws(() => quadrature(name, 1), /at least 2 steps, found 1/);
    }
  });

  it('visits all nodes once, spread over the path from the first few on', () => {
    for (const n of [1, 2, 3, 7, 50, 64]) assert.deepEqual([...spreadOrder(n)].sort((a, b) => a - b), Array.from({ length: n }, (_, k) => k));
    const first = spreadOrder(50).slice(0, 8).sort((a, b) => a - b);
    for (let k = 1; k < first.length; k++) assert.ok(first[k]! - first[k - 1]! <= 13);
  });
});
