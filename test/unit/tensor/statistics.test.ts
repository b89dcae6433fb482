import assert from 'node:assert/strict';
import { Random } from '../../../src/tensor/random';
import { maxAbs, mean, pearson, quantile, range, ranks, spearman, sum } from '../../../src/tensor/statistics';

describe('statistics', () => {
  it('range, sum, mean and largest absolute value', () => {
    assert.deepEqual(range([3, -7, 2]), { minimum: -7, maximum: 3 });
    assert.deepEqual(range([NaN, 1]), { minimum: 1, maximum: 1 });
    assert.equal(maxAbs([3, -7, 2]), 7);
    assert.equal(maxAbs([]), 0);
    assert.equal(sum([0.5, 0.25]), 0.75);
    assert.equal(mean([1, 2, 6]), 3);
    assert.throws(() => range([]), /empty/);
  });

  it('quantiles as numpy has them', () => {
    const values = [9, 1, 4, 7];
    assert.equal(quantile(values, 0), 1);
    assert.equal(quantile(values, 1), 9);
    assert.equal(quantile(values, 0.5), 5.5);
    assert.ok(Math.abs(quantile(values, 0.1) - 1.9) < 1e-12);
    assert.throws(() => quantile(values, 50), /between 0 and 1, found 50/);
  });

  it('correlations: straight lines, monotone curves, ties, constants', () => {
    assert.equal(pearson([1, 2, 3], [2, 4, 6]), 1);
    assert.equal(pearson([1, 2, 3], [3, 2, 1]), -1);
    // By hand: means 2.5 and 2.5, ab = 4, aa = 5, bb = 5.
    assert.ok(Math.abs(pearson([1, 2, 3, 4], [1, 3, 2, 4]) - 0.8) < 1e-12);
    assert.ok(Number.isNaN(pearson([1, 1], [1, 2])));
    assert.throws(() => pearson([1], [1, 2]), /equal length, found 1 and 2/);
    assert.deepEqual([...ranks([10, 20, 10, 5])], [2.5, 4, 2.5, 1]);
    const x = [0.1, 0.5, 2, 9];
    assert.ok(Math.abs(spearman(x, x.map(Math.exp)) - 1) < 1e-12);
    // scipy.stats.spearmanr([1, 2, 2, 4], [4, 3, 1, 2]) = -0.632456
    assert.ok(Math.abs(spearman([1, 2, 2, 4], [4, 3, 1, 2]) + 0.6324555) < 1e-6);
  });
});

describe('seeded random numbers', () => {
  it('repeat for the same seed and differ for another', () => {
    const draw = (seed: number) => { const random = new Random(seed); return Array.from({ length: 8 }, () => random.uint32()); };
    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
    assert.notDeepEqual(draw(1), draw(1 + 2 ** 32));
    assert.notDeepEqual(draw(1), draw(-1));
    assert.throws(() => new Random(NaN), /finite/);
  });

  it('do not change from version to version', () => {
    const random = new Random(42);
    assert.deepEqual([random.uint32(), random.uint32(), random.uint32()], [660444221, 3652823732, 77672526]);
  });

  it('are uniform and normal', () => {
    const random = new Random(1), n = 200_000;
    let uniform = 0, square = 0, normal = 0, variance = 0;
    const faces = new Array<number>(6).fill(0);
    for (let i = 0; i < n; i++) {
      const u = random.uniform(), z = random.normal();
      assert.ok(u >= 0 && u < 1);
      uniform += u; square += u * u; normal += z; variance += z * z;
      faces[random.integer(6)]!++;
    }
    assert.ok(Math.abs(uniform / n - 1 / 2) < 0.003 && Math.abs(square / n - 1 / 3) < 0.003);
    assert.ok(Math.abs(normal / n) < 0.01 && Math.abs(variance / n - 1) < 0.015);
    for (const face of faces) assert.ok(Math.abs(face / n - 1 / 6) < 0.004);
  });

  it('shuffle keeps every element', () => {
    const list = new Random(3).shuffle(Array.from({ length: 50 }, (_, i) => i));
    assert.notDeepEqual(list, [...list].sort((a, b) => a - b));
    assert.deepEqual([...list].sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
    assert.throws(() => new Random(3).integer(0), /bound from 1 to 2\^32, found 0/);
  });
});
