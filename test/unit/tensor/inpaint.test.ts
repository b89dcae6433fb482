import assert from 'node:assert/strict';
import { fillHole } from '../../../src/tensor/inpaint';

const width = 40, height = 30;
const plane = (value: (x: number, y: number) => number): Float32Array => Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
const hole = plane((x, y) => (x >= 12 && x < 28 && y >= 8 && y < 22 ? 1 : 0));

describe('tensor/inpaint', () => {
  it('leaves what is known as it is, and never looks at what is deleted', () => {
    const known = plane((x, y) => Math.sin(x) + y), spoiled = known.map((value, i) => (hole[i] ? 1e9 : value));
    const filled = fillHole(known, hole, width, height);
    assert.deepEqual(fillHole(spoiled, hole, width, height), filled);
    filled.forEach((value, i) => { if (!hole[i]) assert.equal(value, known[i]); });
  });

  it('goes on smoothly: a constant stays one, a ramp is nearly one, and nothing leaves the range around', () => {
    assert.ok(fillHole(plane(() => 3), hole, width, height).every((value) => Math.abs(value - 3) < 1e-5));
    const ramp = plane((x) => x), filled = fillHole(ramp, hole, width, height);
    filled.forEach((value, i) => assert.ok(Math.abs(value - ramp[i]!) < 4, `${value} for ${ramp[i]}`));
    for (const value of filled) assert.ok(value >= 0 && value <= width - 1);
  });

  it('of a picture that is all hole, the mean is left; without a hole all', () => {
    const ramp = plane((x) => x);
    assert.ok(fillHole(ramp, new Uint8Array(width * height).fill(1), width, height).every((value) => Math.abs(value - (width - 1) / 2) < 1e-4));
    assert.deepEqual(fillHole(ramp, new Uint8Array(width * height), width, height), ramp);
  });
});
