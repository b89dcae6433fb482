import assert from 'node:assert/strict';
import fc from 'fast-check';
import Papa from 'papaparse';
import type { Attributions } from '../../../src/protocol/table';
import { bordersOf } from '../../../src/webview/table/interactions/borders';
import { cellText, tableCsv } from '../../../src/webview/table/plotTable';
import { explainedRows, meanContributions, shareOf, strongestPartner, usualSpan } from '../../../src/webview/table/shap/shapData';
import { swarmOffsets } from '../../../src/webview/table/shap/swarm';

function attributions(width: number, rows: readonly (readonly number[])[], values: readonly (readonly number[])[]): Attributions {
  assert.equal(rows[0]!.length, width);
  return { kind: 'attributions', base: 0.5, places: Int32Array.from(rows.keys()), rows: Float64Array.from(rows.flat()), values: Float64Array.from(values.flat()), scores: Float64Array.from(values, (row) => 0.5 + row.reduce((sum, value) => sum + value, 0)) };
}

describe('contributions of many rows', () => {
  it('are averaged by their size, the largest first, with the standard error over rows', () => {
    const finding = attributions(2, [[1, 2], [3, 4], [5, 6], [7, 8]], [[0.1, -2], [-0.1, 4], [0.1, -2], [-0.1, 4]]);
    const [first, second] = meanContributions(finding, 2);
    assert.deepEqual([first!.feature, first!.size, first!.mean], [1, 3, 1]);
    // Sizes 2, 4, 2, 4: sample deviation √(4/3), over √4 rows.
    assert.ok(Math.abs(first!.error - Math.sqrt(4 / 3) / 2) < 1e-12, String(first!.error));
    assert.ok(Math.abs(second!.size - 0.1) < 1e-12 && Math.abs(second!.mean) < 1e-12 && second!.error < 1e-7);
  });

  it('leave out rows that are no numbers yet', () => {
    const finding = attributions(2, [[1, 2], [3, 4]], [[1, 1], [NaN, NaN]]);
    assert.deepEqual(explainedRows(finding), [0]);
    assert.equal(meanContributions(finding, 2)[0]!.size, 1);
    assert.deepEqual(meanContributions(attributions(1, [[1]], [[NaN]]), 1), [{ feature: 0, size: 0, mean: 0, error: 0 }]);
  });

  it('find the feature that tells why rows of a like value get unlike contributions', () => {
    // What feature 0 adds is feature 0 × feature 2: 1 and 3 are noise.
    const random = (seed: number): number => { const x = Math.sin(seed * 12.9898) * 43758.5453; return 2 * (x - Math.floor(x)) - 1; };
    const rows = Array.from({ length: 200 }, (_, i) => Array.from({ length: 4 }, (_, j) => random(4 * i + j + 1)));
    const finding = attributions(4, rows, rows.map(([a, , c]) => [a! * c!, 0, 0, 0]));
    assert.equal(strongestPartner(finding, 0, 4), 2);
    assert.equal(strongestPartner(finding, 1, 4), undefined, 'nothing goes together with what adds nothing');
    assert.equal(strongestPartner(attributions(2, rows.slice(0, 10).map((row) => row.slice(0, 2)), rows.slice(0, 10).map((row) => row.slice(0, 2))), 0, 2), undefined, 'ten rows tell nothing');
  });

  it('are coloured between the 5th and 95th percentile, whatever the outliers', () => {
    const span = usualSpan([...Array.from({ length: 100 }, (_, i) => i), 1e9, NaN]);
    assert.deepEqual(span, [5, 95]);
    assert.deepEqual([shareOf(-7, span), shareOf(50, span), shareOf(1e9, span)], [0, 0.5, 1]);
    assert.ok(Number.isNaN(shareOf(NaN, span)));
    assert.equal(shareOf(3, usualSpan([3, 3])), 0.5);
    assert.deepEqual(usualSpan([...Array<number>(99).fill(0), 1]), [0, 1], 'a value that is rare');
    assert.deepEqual(usualSpan([]), [0, 1]);
  });
});

describe('a beeswarm', () => {
  it('keeps points apart while there is room, and within the room always', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 300 }), fc.integer({ min: 3, max: 20 }), (xs, room) => {
      const offsets = swarmOffsets(xs, 2, room);
      assert.equal(offsets.length, xs.length);
      assert.ok(offsets.every((offset) => Math.abs(offset) <= room + 1e-9));
    }));
    const same = [...swarmOffsets([10, 10, 10, 10, 10], 2, 100)].sort((a, b) => a - b);
    assert.ok(same.every((value, i) => i === 0 || Math.abs(value - same[i - 1]! - 3.2) < 1e-9), same.join(' '));
    assert.deepEqual([...swarmOffsets([NaN, 5, 200], 2, 10)].map(Math.abs), [0, 0, 0]);
  });
});

describe('cells of a map', () => {
  it('lie around the points of a grid, whatever its steps', () => {
    assert.deepEqual(bordersOf([0, 1, 3]), [-0.5, 0.5, 2, 4]);
    assert.deepEqual(bordersOf([7]), [6.5, 7.5]);
  });
});

describe('the numbers behind a chart', () => {
  it('are short on the page and whole in a file', () => {
    assert.deepEqual([1234567, -0.123456, NaN, 0, 1e-9].map(cellText), ['1,234,567', '−0.123', '–', '0', '1.00e-9']);
    const text = tableCsv({ head: ['a "name", quoted', 'x'], rows: [['=1+1', 0.1 + 0.2], ['b', NaN]] });
    assert.deepEqual(Papa.parse(text, { skipEmptyLines: true }).data, [['a "name", quoted', 'x'], ['=1+1', '0.30000000000000004'], ['b', '']]);
  });
});
