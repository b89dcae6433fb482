import assert from 'node:assert/strict';
import { contour, massLevels, smoothed, strongestLevel, StrengthRanks } from '../../../src/tensor/mapShape';

/** A round hill in the middle of a square. */
function hill(side: number, width: number): Float32Array {
  const centre = (side - 1) / 2;
  return Float32Array.from({ length: side * side }, (_, at) => Math.exp(-(((at % side) - centre) ** 2 + (Math.floor(at / side) - centre) ** 2) / (2 * width * width)));
}

describe('shapes in a map', () => {
  it('smoothing keeps a constant, spreads a point as a Gaussian does, and keeps its sum away from the edges', () => {
    assert.ok(smoothed(new Float32Array(48).fill(3), 8, 6, 2).every((value) => Math.abs(value - 3) < 1e-5));
    const side = 41, point = new Float32Array(side * side);
    point[20 * side + 20] = 1;
    const out = smoothed(point, side, side, 3);
    assert.ok(Math.abs(out.reduce((a, b) => a + b, 0) - 1) < 1e-4);
    const spread = out.reduce((sum, value, at) => sum + value * ((at % side) - 20) ** 2, 0);
    assert.ok(Math.abs(Math.sqrt(spread) - 3) < 0.5, `sigma ${Math.sqrt(spread)}`);
    assert.deepEqual([...smoothed(point, side, side, 0)], [...point]);
  });

  it('levels hold their share of the evidence', () => {
    const map = hill(51, 8), total = map.reduce((a, b) => a + b, 0);
    for (const [index, share] of [0.5, 0.75, 0.9].entries()) {
      const level = massLevels(map, [0.5, 0.75, 0.9])[index]!;
      const held = map.reduce((sum, value) => (value > level ? sum + value : sum), 0) / total;
      assert.ok(Math.abs(held - share) < 0.02, `${share}: ${held}`);
    }
    assert.deepEqual(massLevels(Float32Array.of(0, -1), [0.5]), [NaN]);
  });

  it('a contour of a round hill is a circle of the right radius, closed at the edge of the map', () => {
    const side = 61, width = 10, level = 0.5, lines = contour(hill(side, width), side, side, level);
    const radius = width * Math.sqrt(-2 * Math.log(level));
    let length = 0;
    for (let at = 0; at < lines.length; at += 4) {
      const [x0, y0, x1, y1] = lines.subarray(at, at + 4) as unknown as [number, number, number, number];
      assert.ok(Math.abs(Math.hypot(x0 - side / 2, y0 - side / 2) - radius) < 0.1);
      length += Math.hypot(x1 - x0, y1 - y0);
    }
    assert.ok(Math.abs(length / (2 * Math.PI * radius) - 1) < 0.01);
    // A plane that is above the level everywhere is framed.
    const ends = contour(new Float32Array(12).fill(1), 4, 3, 0.5);
    assert.equal(Math.max(...ends), 4);
    assert.equal(Math.min(...ends), 0);
  });

  it('a saddle is cut by its mean', () => {
    assert.equal(contour(Float32Array.of(1, 0, 0, 1), 2, 2, 0.4).length, contour(Float32Array.of(1, 0, 0, 1), 2, 2, 0.6).length);
    assert.notDeepEqual(contour(Float32Array.of(1, 0, 0, 1), 2, 2, 0.4), contour(Float32Array.of(1, 0, 0, 1), 2, 2, 0.6));
  });

  it('the strongest cells and the rank of a value', () => {
    const values = Float32Array.from({ length: 100 }, (_, i) => i);
    assert.equal(strongestLevel(values, 0.1), 90);
    assert.equal(strongestLevel(values, 1), -Infinity);
    assert.equal(strongestLevel(values, 0), Infinity);
    const ranks = new StrengthRanks(values, 99);
    assert.equal(ranks.share(90), 0.1);
    assert.equal(ranks.share(0), 1);
  });
});
