import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Parameters } from '../../../../src/methods/method';
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

describe('limits of counterfactuals, whatever they are', () => {
  /** Two numbers, a whole number, a category, and one that does nothing; each moves the probability its own way. */
  const features: Feature[] = [{ name: 'pay, net', kind: 'number' }, { name: 'debt', kind: 'number' }, { name: 'age', kind: 'integer' }, { name: 'school', kind: 'category', categories: ['none', 'some', 'all'] }, { name: 'noise', kind: 'number' }];
  const pull: Formula = (x) => 3 * (x[0]! - 0.5) - 2 * (x[1]! - 0.5) + 0.04 * (x[2]! - 40) + [-0.8, 0, 0.8][x[3]!]!;
  const loan = formulaModel((x) => sigmoid(2 * pull(x)), features, 'classification', (x) => [3, -2, 0.04, 0, 0].map((w) => 2 * w * sigmoid(2 * pull(x)) * (1 - sigmoid(2 * pull(x)))));
  const people = rowsOf(Array.from({ length: 200 }, (_, i) => [((i * 37) % 101) / 100, ((i * 53) % 97) / 96, 18 + ((i * 11) % 50), i % 3, ((i * 71) % 89) / 88]));
  const limited = async (origin: Float64Array, parameters: Parameters, asked: Asked = {}) => as((await runTable('counterfactual', loan, people, { row: origin, parameters: { maxIterations: 8, nCounterfactuals: 4, ...parameters }, ...asked })).finding, 'counterfactuals').found;
  const row = fc.integer({ min: 0, max: 199 }).map((at) => people.values.slice(at * 5, at * 5 + 5)), search = fc.constantFrom('auto', 'genetic', 'gradient');
  const changedAre = (found: Awaited<ReturnType<typeof limited>>, origin: Float64Array): void => { for (const one of found) assert.deepEqual(one.changed, [...origin.keys()].filter((i) => one.row[i] !== origin[i])); };

  it('what is locked stays, by name, by number, or because others are asked about', () => fc.assert(fc.asyncProperty(row, search, fc.uniqueArray(fc.constantFrom<number[]>(0, 1, 2), { minLength: 1, maxLength: 2 }), fc.boolean(), async (origin, how, locked, asked) => {
    const found = await limited(origin, { search: how, ...(!asked && { immutable: locked.map((i) => (i === 0 ? '#0' : features[i]!.name)).join(', ') }) }, asked ? { features: [0, 1, 2, 3, 4].filter((i) => !locked.includes(i)) } : {});
    changedAre(found, origin);
    for (const { row: own } of found) for (const i of locked) assert.equal(own[i], origin[i]);
  }), { numRuns: 12 }));

  it('what changes stays in its range and goes its way', () => fc.assert(fc.asyncProperty(row, search, fc.tuple(fc.double({ min: 0, max: 0.6, noNaN: true }), fc.double({ min: 0.05, max: 0.4, noNaN: true })), fc.constantFrom('+', '-'), fc.constantFrom('+', '-'), async (origin, how, [low, wide], debt, age) => {
    const range = [Number(low.toFixed(2)), Number((low + wide).toFixed(2))] as const, found = await limited(origin, { search: how, ranges: `#0 = ${range[0]}..${range[1]}; age = 20..45`, monotone: `debt ${debt}, #2 ${age}` });
    changedAre(found, origin);
    for (const { row: own, changed } of found) {
      if (changed.includes(0)) assert.ok(own[0]! >= range[0] && own[0]! <= range[1], `pay ${own[0]} beside ${range.join('..')}`);
      if (changed.includes(2)) assert.ok(own[2]! >= 20 && own[2]! <= 45, `age ${own[2]}`);
      assert.ok(debt === '+' ? own[1]! >= origin[1]! : own[1]! <= origin[1]!, `debt ${origin[1]} → ${own[1]}, may only go ${debt}`);
      assert.ok(age === '+' ? own[2]! >= origin[2]! : own[2]! <= origin[2]!, `age ${origin[2]} → ${own[2]}, may only go ${age}`);
    }
  }), { numRuns: 12 }));

  it('whole numbers and categories stay what they are, nothing leaves the table, and what is called flipped is', () => fc.assert(fc.asyncProperty(row, search, async (origin, how) => {
    const found = await limited(origin, { search: how }), own = sigmoid(2 * pull(origin)) > 0.5;
    changedAre(found, origin);
    assert.ok(how === 'gradient' || found.some(({ flipped }) => flipped));
    for (const one of found) {
      assert.ok(Number.isInteger(one.row[2]!) && one.row[2]! >= 18 && one.row[2]! <= 67 && [0, 1, 2].includes(one.row[3]!));
      for (const i of [0, 1, 4]) assert.ok(one.row[i]! >= 0 && one.row[i]! <= 1);
      assert.equal(one.flipped, sigmoid(2 * pull(one.row)) > 0.5 !== own);
    }
  }), { numRuns: 12 }));

  it('several differ from each other, and no change of one could be spared', () => fc.assert(fc.asyncProperty(row, async (origin) => {
    const found = await limited(origin, { search: 'genetic' }), own = sigmoid(2 * pull(origin)) > 0.5, sets = new Set(found.map(({ changed }) => changed.join()));
    assert.equal(new Set(found.map((one) => one.row.join())).size, found.length);
    assert.ok(found.length < 3 || sets.size >= 2, `only ${[...sets].join(' ')} change`);
    for (const { row: one, changed } of found) {
      for (const i of changed) assert.ok(changed.length === 1 || sigmoid(2 * pull(one.map((value, k) => (k === i ? origin[i]! : value)))) > 0.5 === own, `the change of ${features[i]!.name} could be spared`);
    }
  }), { numRuns: 12 }));

  it('numbers beyond the last feature are refused', async () => {
    await assert.rejects(limited(people.values.slice(0, 5), { immutable: '#5' }), /parameter 'immutable': found '#5', expected names of features/);
  });
});

/** Median absolute deviation of a column. */
function scaleOf(feature: number): number {
  const median = (list: number[]): number => { const sorted = list.sort((a, b) => a - b); return (sorted[149]! + sorted[150]!) / 2; };
  const column = Array.from({ length: 300 }, (_, i) => data.values[3 * i + feature]!), middle = median([...column]);
  return median(column.map((value) => Math.abs(value - middle)));
}
