import assert from 'node:assert/strict';
import { tableMethodById } from '../../../../src/methods/table/registry';
import type { Feature } from '../../../../src/methods/table/tableMethod';
import { as, contextOf, formulaModel, near, rowsOf, runTable, uniformRows, type Asked, type Formula } from './tables';

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const weights = [4, -2, 0];
const score: Formula = (x) => sigmoid(weights[0]! * x[0]! + weights[1]! * x[1]! - 2);
const gradient = (x: Float64Array): number[] => weights.map((w) => w * score(x) * (1 - score(x)));
const data = uniformRows(300, 3), model = formulaModel(score, 3, 'classification'), smooth = formulaModel(score, 3, 'classification', gradient), row = Float64Array.of(0.3, 0.4, 0.5);
const found = async (over: Asked = {}, of = model) => {
  const result = await runTable('counterfactual', of, data, { row, ...over });
  return { ...result, rows: as(result.finding, 'counterfactuals').found };
};

describe('counterfactuals', () => {
  it('of a linear classifier cross the border, just so, and by as few features as need be', async () => {
    const { rows, checks } = await found();
    assert.ok(rows.length >= 2 && checks[0]!.ok, checks[0]!.message);
    for (const one of rows) {
      assert.ok(one.flipped && one.score > 0.5);
      near([one.score], [score(one.row)]);
      near([one.distance], [one.changed.reduce((sum, i) => sum + Math.abs(one.row[i]! - row[i]!) / scaleOf(i), 0) / 3], 1e-9);
      assert.ok(!one.changed.includes(2), 'a feature that does nothing stays as it is');
    }
    // With x1 as it is, 4 x0 = 2 + 2·0.4 is the border.
    const least = rows.find(({ changed }) => changed.length === 1 && changed[0] === 0)!;
    assert.ok(least.row[0]! > 0.7 && least.row[0]! < 0.71, `x0 is ${least.row[0]}`);
    assert.ok(new Set(rows.map(({ row: own }) => own.join())).size === rows.length);
  });

  it('along the gradient reach the same border', async () => {
    const { rows } = await found({ preset: 'wachter' }, smooth);
    assert.ok(rows.length >= 1 && rows.every(({ flipped }) => flipped));
    assert.ok(rows[0]!.distance < 0.8, `the nearest is ${rows[0]!.distance} away`);
    assert.match(tableMethodById('counterfactual').applies(contextOf('counterfactual', model, data, { row, preset: 'wachter' })).reason!, /no gradient/);
    assert.ok((await found({}, smooth)).rows.every(({ flipped }) => flipped));
  });

  it('keep immutable features, ranges, directions and the table\'s range', async () => {
    const only = await found({ parameters: { immutable: 'x1', ranges: 'x0 = ..0.8' } });
    assert.ok(only.rows.every(({ changed, row: own }) => changed.length === 1 && own[0]! > 0.7 && own[0]! <= 0.8));
    const none = await found({ parameters: { immutable: 'x1', ranges: 'x0 = ..0.6' } });
    assert.deepEqual([none.rows.length, none.rows[0]!.flipped, none.checks[0]!.ok], [1, false, false]);
    assert.match(none.checks[0]!.message, /No row within the limits was found that gets another class than 'no'/);
    const rising = await found({ parameters: { monotone: 'x0 -, x1 +' } });
    assert.ok(!rising.checks[0]!.ok && rising.rows.every(({ row: own }) => own[0]! <= 0.3 && own[1]! >= 0.4));
    const asked = await found({ features: [0] });
    assert.ok(asked.rows.every(({ changed }) => changed.join() === '0'));
  });

  it('keep whole numbers and categories, and what is missing', async () => {
    const features: Feature[] = [{ name: 'rooms', kind: 'integer' }, { name: 'colour', kind: 'category', categories: ['red', 'green', 'blue'] }, { name: 'area', kind: 'number' }];
    const table = rowsOf(Array.from({ length: 120 }, (_, i) => [1 + (i % 6), i % 3, i % 10 === 0 ? NaN : (i % 40) / 4]));
    const house = formulaModel((x) => sigmoid(x[0]! + (x[1] === 2 ? 3 : 0) - 5.5), features, 'classification');
    const { finding } = await runTable('counterfactual', house, table, { row: Float64Array.of(2, 0, NaN) }), rows = as(finding, 'counterfactuals').found;
    assert.ok(rows.length >= 1 && rows.every(({ flipped }) => flipped));
    for (const { row: own } of rows) {
      assert.ok(Number.isInteger(own[0]!) && own[0]! >= 1 && own[0]! <= 6);
      assert.ok([0, 1, 2].includes(own[1]!));
      assert.ok(Number.isNaN(own[2]!), 'what does nothing stays missing');
    }
    assert.ok(rows.some(({ row: own }) => own[0] === 6 && own[1] === 0) || rows.some(({ row: own }) => own[0] === 3 && own[1] === 2));
  });

  it('of values reach a range, or the other side of the median', async () => {
    const price = formulaModel((x) => 100 * x[0]! + 10 * x[1]!, 3), at = async (desired: string) => as((await runTable('counterfactual', price, data, { row, parameters: { desired } })).finding, 'counterfactuals').found;
    assert.ok((await at('>80')).every(({ score: own, flipped }) => flipped && own >= 80 && own < 82));
    assert.ok((await at('10..20')).every(({ score: own }) => own >= 10 && own <= 20));
    assert.ok((await at('')).every(({ score: own }) => own > 45));
    await assert.rejects(at('>10'), /the row's score is 34\.00, which is >10 already/);
    await assert.rejects(at('much'), /parameter 'desired': found 'much', expected a range/);
  });

  it('are the same for the same seed; limits and goals that make no sense are refused by name', async () => {
    assert.deepEqual((await found({ seed: 4 })).finding, (await found({ seed: 4 })).finding);
    const refused = async (parameters: Readonly<Record<string, string>>, pattern: RegExp): Promise<void> => { await assert.rejects(found({ parameters }), pattern); };
    await refused({ immutable: 'age' }, /parameter 'immutable': found 'age', expected names of features, such as 'x0'/);
    await refused({ ranges: 'x0 < 3' }, /parameter 'ranges': found 'x0 < 3', expected for instance/);
    await refused({ monotone: 'x0' }, /expected names with \+ or -/);
    await refused({ immutable: 'x0, x1, x2' }, /no feature may change/);
    await refused({ desired: 'no' }, /the row is 'no' already/);
    await refused({ desired: 'perhaps' }, /expected one of no, yes/);
    assert.match(tableMethodById('counterfactual').applies(contextOf('counterfactual', model, data)).reason!, /about one row/);
    const controller = new AbortController(), run = tableMethodById('counterfactual').explain(contextOf('counterfactual', model, data, { row, signal: controller.signal }));
    await run.next();
    controller.abort(new Error('stopped'));
    await assert.rejects(run.next(), /stopped/);
  });
});

/** Median absolute deviation of a column. */
function scaleOf(feature: number): number {
  const median = (list: number[]): number => { const sorted = list.sort((a, b) => a - b); return (sorted[149]! + sorted[150]!) / 2; };
  const column = Array.from({ length: 300 }, (_, i) => data.values[3 * i + feature]!), middle = median([...column]);
  return median(column.map((value) => Math.abs(value - middle)));
}
