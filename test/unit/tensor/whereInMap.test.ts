import assert from 'node:assert/strict';
import { whereInMap } from '../../../src/tensor/whereInMap';

const map = (width: number, height: number, value: (x: number, y: number) => number): { width: number; height: number; values: Float32Array; signed: boolean } =>
  ({ width, height, signed: true, values: Float32Array.from({ length: width * height }, (_, cell) => value(cell % width, Math.floor(cell / width))) });

describe('Where a map lies', () => {
  it('says the quarter that holds most of the evidence, and how much', () => {
    const found = whereInMap(map(8, 8, (x, y) => (x < 4 && y < 4 ? 3 : 1)))!;
    assert.equal(found.place, 'upper left');
    assert.ok(Math.abs(found.share - 48 / 96) < 1e-9);
    assert.equal(whereInMap(map(8, 8, (x, y) => (x >= 2 && x < 6 && y >= 2 && y < 6 ? 1 : 0)))!.place, 'centre');
    assert.equal(whereInMap(map(7, 7, (x, y) => (x === 6 && y === 6 ? 1 : 0)))!.place, 'lower right');
  });

  it('says a half where no quarter holds enough, and everywhere for an even map', () => {
    assert.equal(whereInMap(map(8, 8, (_, y) => (y < 2 ? 1 : 0.05)))!.place, 'upper half');
    const even = whereInMap(map(8, 8, () => 1))!;
    assert.deepEqual([even.place, even.halfArea, even.against], ['everywhere', 0.5, 0]);
  });

  it('counts evidence against apart, finds the strongest cell, and leaves out what is no number', () => {
    const found = whereInMap(map(4, 2, (x, y) => (x === 3 && y === 1 ? 6 : x === 0 ? -1 : x === 1 && y === 0 ? NaN : 0)))!;
    assert.deepEqual(found.peak, { x: 3.5 / 4, y: 1.5 / 2 });
    assert.equal(found.against, 0.25);
    assert.equal(found.halfArea, 1 / 8);
  });

  it('says nothing of a map without evidence, and cuts cells at the edges of parts', () => {
    assert.equal(whereInMap(map(4, 4, () => 0)), undefined);
    assert.equal(whereInMap(map(4, 4, () => -1)), undefined);
    // One cell is everywhere: every quarter holds a quarter of it.
    assert.equal(whereInMap(map(1, 1, () => 1))!.place, 'everywhere');
  });
});
