/** Felzenszwalb's segmentation, the first principal component, the blur with zeros, splines and selection on simple data. */
import assert from 'node:assert/strict';
import { firstComponent } from '../../../src/tensor/principal';
import { felzenszwalb, pixelGraph } from '../../../src/tensor/segments/felzenszwalb';
import { resizeSpline } from '../../../src/tensor/spline';
import { nthSmallest } from '../../../src/tensor/statistics';
import { resizeAligned } from '../../../src/tensor/resample';
import { halfKernel, zeroBlur } from '../../../src/tensor/zeroBlur';

const side = 24;
const quadrants = Float32Array.from({ length: side * side }, (_, i) => (i % side < side / 2 ? 0 : 1) + (i < (side * side) / 2 ? 0 : 2));

describe('Felzenszwalb segmentation', () => {
  it('finds the four quadrants of a picture of four colours', () => {
    const { labels, count } = felzenszwalb(pixelGraph([quadrants], side, side, 0), 50, 10);
    assert.equal(count, 4);
    for (let i = 0; i < labels.length; i++) for (const j of [0, side - 1, side * side - 1]) assert.equal(labels[i] === labels[j], quadrants[i] === quadrants[j]);
  });

  it('a plain picture is one region; a larger scale makes no more regions; small regions join a neighbour', () => {
    assert.equal(felzenszwalb(pixelGraph([new Float32Array(side * side)], side, side, 0.8), 50, 10).count, 1);
    const noise = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i * i * 12.9898) % 1);
    const graph = pixelGraph([noise, quadrants], side, side, 0.8), counts = [20, 100, 1000].map((scale) => felzenszwalb(graph, scale, 1).count);
    assert.ok(counts[0]! >= counts[1]! && counts[1]! >= counts[2]!, counts.join());
    const { labels, count } = felzenszwalb(graph, 20, 30), sizes = new Array<number>(count).fill(0);
    for (const label of labels) sizes[label]!++;
    assert.ok(sizes.every((size) => size >= 30), sizes.join());
  });
});

describe('numbers for maps', () => {
  it('first principal component of points on a line, with their spread', () => {
    const points = [-2, -1, 0, 1, 2].flatMap((t) => [3 * t + 1, 4 * t - 2]);
    const projection = firstComponent(points, 5, 2);
    [-10, -5, 0, 5, 10].forEach((value, i) => assert.ok(Math.abs(projection[i]! - value) < 1e-9));
    assert.deepEqual([...firstComponent([1, 2, 1, 2], 2, 2)], [0, 0], 'equal rows have no direction');
  });

  it('the blur keeps the sum inside, loses it over the edge, and is separable', () => {
    const dot = new Float32Array(41 * 41);
    dot[20 * 41 + 20] = 1;
    const blurred = zeroBlur(dot, 1, 41, 41, 2), kernel = halfKernel(2);
    assert.ok(Math.abs(blurred.reduce((a, b) => a + b, 0) - 1) < 1e-12);
    for (const [dy, dx] of [[0, 0], [3, -2], [8, 8], [-5, 1]] as const) assert.ok(Math.abs(blurred[(20 + dy) * 41 + 20 + dx]! - kernel[Math.abs(dy)]! * kernel[Math.abs(dx)]!) < 1e-15);
    assert.ok(zeroBlur(new Float32Array(49).fill(1), 1, 7, 7, 3)[0]! < 0.5);
    assert.deepEqual([...zeroBlur([1, 2, 3, 4], 1, 2, 2, 0)], [1, 2, 3, 4]);
  });

  it('a spline passes through the pixels it keeps, aligned corners stay', () => {
    const values = [0, 1, 4, 2, 3, 5, 1, 0, 2], three = resizeSpline(values, 3, 3, 9, 9);
    for (const [y, x] of [[0, 0], [1, 1], [2, 1]] as const) assert.ok(Math.abs(three[(3 * y + 1) * 9 + 3 * x + 1]! - values[y * 3 + x]!) < 1e-5);
    const aligned = resizeAligned([1, 2, 3, 4], 2, 2, 5, 5);
    assert.deepEqual([aligned[0], aligned[4], aligned[20], aligned[24], aligned[12]], [1, 2, 3, 4, 2.5]);
  });

  it('the n-th smallest without sorting', () => {
    const values = [3, Infinity, 1, 1, 7, Infinity, -2, NaN];
    const sorted = [-2, 1, 1, 3, 7, Infinity, Infinity, Infinity];
    sorted.forEach((value, n) => assert.equal(nthSmallest(values, n), value));
    assert.throws(() => nthSmallest([1], 1), /number 1 of a list of 1/);
  });
});
