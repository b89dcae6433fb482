import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe as describeValues, Describer } from '../../../src/tensor/describe';
import { HistogramCounter, histogramEdges } from '../../../src/tensor/histogram';

/** |a − b| within `tolerance` of the larger one. */
function close(a: number, b: number, tolerance: number, what: string): void {
  assert.ok(Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b)), `${what}: ${a}, expected ${b}`);
}

describe('figures over numbers', () => {
  it('closed forms: the whole numbers from 0 to n − 1', () => {
    const n = 100_001;
    const found = describeValues(Float64Array.from({ length: n }, (_, i) => i));
    assert.deepEqual([found.count, found.finite, found.zeros, found.nans, found.infinities], [n, n, 1, 0, 0]);
    assert.deepEqual([found.min, found.max], [0, n - 1]);
    close(found.mean, (n - 1) / 2, 1e-15, 'mean');
    close(found.std, Math.sqrt((n * n - 1) / 12), 1e-12, 'std');
    close(found.l1, (n * (n - 1)) / 2, 1e-15, 'L1');
    close(found.l2, Math.sqrt(((n - 1) * n * (2 * n - 1)) / 6), 1e-12, 'L2');
  });

  it('a small spread around a large mean does not cancel', () => {
    const describer = new Describer();
    for (let piece = 0; piece < 50; piece++) describer.add(Float64Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 2)));
    close(describer.result().std, 0.5, 1e-9, 'std');
  });

  it('sums of squares beyond the range of doubles', () => {
    close(describeValues([3e200, -4e200]).l2, 5e200, 1e-15, 'L2 of large numbers');
    close(describeValues([3e200, -3e200]).std, 3e200, 1e-15, 'std of large numbers');
    close(describeValues([3e-200, 4e-200]).l2, 5e-200, 1e-15, 'L2 of small numbers');
    assert.equal(describeValues([Number.MIN_VALUE]).l2, Number.MIN_VALUE);
    close(describeValues([1.7e308, 1.7e308, 1.7e308]).mean, 1.7e308, 1e-15, 'a mean whose sum overflows');
    const mixed = new Describer();
    for (const piece of [[0, 0], [1e-200], [3e180], [5, 0], [4e180]]) mixed.add(piece);
    close(mixed.result().l2, 5e180, 1e-14, 'pieces of all sizes');
  });

  it('NaN and infinities are counted and left out', () => {
    const found = describeValues([1, NaN, Infinity, -Infinity, 3, NaN, 0]);
    assert.deepEqual([found.count, found.finite, found.nans, found.infinities, found.zeros, found.min, found.max], [7, 3, 2, 2, 1, 0, 3]);
    close(found.mean, 4 / 3, 1e-15, 'mean');
    const none = describeValues([NaN, Infinity]);
    assert.deepEqual([none.finite, none.nans, none.infinities], [0, 1, 1]);
    assert.ok([none.min, none.max, none.mean, none.std, none.l2].every(Number.isNaN));
  });

  it('in pieces as in one, and as a straightforward computation', () => {
    const number = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constantFrom(0, -0, 1, NaN, Infinity, -Infinity));
    fc.assert(fc.property(fc.array(fc.array(number, { maxLength: 40 }), { minLength: 1, maxLength: 8 }), (pieces) => {
      const describer = new Describer();
      for (const piece of pieces) describer.add(piece);
      const found = describer.result(), all = pieces.flat(), finite = all.filter(Number.isFinite);
      assert.deepEqual([found.count, found.finite, found.nans, found.zeros], [all.length, finite.length, all.filter(Number.isNaN).length, finite.filter((value) => value === 0).length]);
      if (finite.length === 0) return;
      const size = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
      assert.deepEqual([found.min + 0, found.max + 0], [Math.min(...finite) + 0, Math.max(...finite) + 0]);
      // The smallest numbers there are have few digits.
      assert.ok(Math.abs(found.mean - mean) <= 1e-12 * size + 1e-300);
      assert.ok(Math.abs(found.std - Math.hypot(...finite.map((value) => value - mean)) / Math.sqrt(finite.length)) <= 1e-9 * size + 1e-300);
      assert.ok(Math.abs(found.l2 - Math.hypot(...finite)) <= 1e-12 * found.l2 + 1e-300);
      close(found.l1, finite.reduce((sum, value) => sum + Math.abs(value), 0), 1e-12, 'L1');
    }));
  });
});

describe('histograms', () => {
  it('every finite number lies in the bin whose edges hold it', () => {
    fc.assert(fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (values, bins) => {
      const edges = histogramEdges(Math.min(...values), Math.max(...values), bins), counter = new HistogramCounter(edges);
      counter.add(values);
      const { counts } = counter.result();
      assert.equal(edges.length, counts.length + 1);
      for (let bin = 0; bin < counts.length; bin++) {
        const last = bin === counts.length - 1;
        assert.equal(counts[bin], values.filter((value) => value >= edges[bin]! && (last ? value <= edges[bin + 1]! : value < edges[bin + 1]!)).length, `bin ${bin} of ${edges.join(' ')}`);
      }
      assert.equal(counts.reduce((sum, count) => sum + count, 0), values.length);
    }));
  });

  it('whole numbers: bins of the same number of values each, around them', () => {
    assert.deepEqual(histogramEdges(-1, 2, 64, true), [-1.5, -0.5, 0.5, 1.5, 2.5]);
    const edges = histogramEdges(0, 255, 64, true);
    assert.equal(edges.length, 65);
    const counter = new HistogramCounter(edges);
    counter.add(Float64Array.from({ length: 256 }, (_, value) => value));
    assert.ok(counter.result().counts.every((count) => count === 4));
  });

  it('a constant has one bin around it; what is not finite is left out', () => {
    const counter = new HistogramCounter(histogramEdges(7, 7, 10));
    counter.add([7, 7, NaN, Infinity]);
    assert.deepEqual(counter.result().counts, [2]);
    assert.throws(() => histogramEdges(0, Infinity, 4), /finite bounds/);
    assert.throws(() => histogramEdges(0, 1, 0), /whole number of bins/);
  });
});
