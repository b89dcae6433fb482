/** Shapley values of rows and of whole tables, on models whose values are known. */
import assert from 'node:assert/strict';
import type { Attributions, Feature } from '../../../../src/methods/table/tableMethod';
import { summaryOf } from '../../../../src/methods/table/summary';
import { shapleyValues } from '../../../../src/methods/shapley/exactValues';
import { as, formulaModel, near, rowsOf, runTable, uniformRows } from './tables';

const data = uniformRows(60, 4), weights = [2, -3, 0.5, 0], linear = formulaModel((x) => weights.reduce((sum, weight, i) => sum + weight * x[i]!, 1), 4);
const local = ['kernel-shap', 'exact-shap', 'permutation-shap'];
const all = { background: 'rows', backgroundRows: 60 };
const means = (rows: Float64Array, width: number): number[] => Array.from({ length: width }, (_, j) => rows.reduce((sum, value, i) => (i % width === j ? sum + value : sum), 0) / (rows.length / width));
const sumsUp = ({ base, values, scores }: Attributions, tolerance = 1e-9): void => scores.forEach((score, k) => {
  const width = values.length / scores.length;
  assert.ok(Math.abs(base + values.subarray(k * width, (k + 1) * width).reduce((sum, value) => sum + value, 0) - score) <= tolerance);
});

describe('Shapley values of a row', () => {
  const row = Float64Array.of(1, 0.5, 2, 3);

  it('of a linear model: w (x − mean of the background), by every method', async () => {
    const expected = means(data.values, 4).map((mean, i) => weights[i]! * (row[i]! - mean));
    for (const id of local) {
      const { finding, checks } = await runTable(id, linear, data, { row, parameters: all }), found = as(finding, 'attributions');
      near(found.values, expected, 1e-9);
      near(found.scores, [1 + 2 - 1.5 + 1]);
      assert.deepEqual([...found.places], [-1]);
      sumsUp(found);
      assert.ok(checks.every(({ ok }) => ok), JSON.stringify(checks));
    }
  });

  it('of tangled features: what all coalitions say, within the standard errors where they are drawn', async () => {
    const tangled = formulaModel((x) => Math.tanh(x[0]! * x[1]! - x[2]!) + x[3]! * x[0]!, 4);
    const wins = Array.from({ length: 16 }, (_, code) => {
      let sum = 0;
      for (let k = 0; k < 60; k++) {
        const x = row.map((value, i) => ((code >> i) & 1 ? value : data.values[k * 4 + i]!));
        sum += Math.tanh(x[0]! * x[1]! - x[2]!) + x[3]! * x[0]!;
      }
      return sum / 60;
    });
    const expected = shapleyValues(wins, 4);
    for (const id of ['kernel-shap', 'exact-shap']) near(as((await runTable(id, tangled, data, { row, parameters: all })).finding, 'attributions').values, expected, 1e-9);
    const { finding } = await runTable('permutation-shap', tangled, data, { row, parameters: { ...all, nSamples: 200 } }), found = as(finding, 'attributions');
    found.values.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) <= 4 * found.standardErrors![i]! + 1e-9, `${i}`));
    sumsUp(found);
  });

  it('features that are as in the whole background are no players; one category is one feature', async () => {
    const features: Feature[] = [{ name: 'a', kind: 'number' }, { name: 'same', kind: 'number' }, { name: 'c', kind: 'category', categories: ['x', 'y', 'z'] }];
    const table = rowsOf([[0, 7, 0], [2, 7, 1], [4, 7, 1], [6, 7, 2]]), model = formulaModel((x) => x[0]! + [10, 20, 40][x[2]!]!, features);
    const { finding, chosen } = await runTable('kernel-shap', model, table, { row: Float64Array.of(5, 7, 2) });
    near(as(finding, 'attributions').values, [2, 0, 40 - 22.5]);
    assert.equal(chosen!.features, 2);
    const still = await runTable('permutation-shap', model, rowsOf([[1, 7, 0], [1, 7, 0]]), { row: Float64Array.of(1, 7, 0) });
    near(as(still.finding, 'attributions').values, [0, 0, 0]);
  });

  it('many features are drawn: streams, stops when stable, repeats with the seed', async () => {
    const wide = uniformRows(80, 20, 5), model = formulaModel((x) => 1 / (1 + Math.exp(-x.reduce((sum, value, i) => sum + (value - 0.5) * (i % 3), 0))) + x[0]! * x[1]!, 20), asked = { row: wide.values.slice(0, 20), parameters: { backgroundRows: 20 } };
    const first = await runTable('kernel-shap', model, wide, asked), again = await runTable('kernel-shap', model, wide, asked), other = await runTable('kernel-shap', model, wide, { ...asked, seed: 9 });
    assert.deepEqual(as(first.finding, 'attributions').values, as(again.finding, 'attributions').values);
    assert.notDeepEqual(as(first.finding, 'attributions').values, as(other.finding, 'attributions').values);
    assert.ok(first.progress.some(({ partial, standardError }) => partial?.kind === 'attributions' && standardError !== undefined));
    assert.ok(Number(first.chosen!.nSamples) < 2 * 20 + 2048, 'stable before all are drawn');
    sumsUp(as(first.finding, 'attributions'));
  });

  it('missing values: kept where the model takes them; left out of the background or refused where it does not', async () => {
    const table = rowsOf([[1, 2], [NaN, 4], [3, 6], [5, 8]]), takes = formulaModel((x) => (Number.isNaN(x[0]!) ? 10 : x[0]!) + x[1]!, 2), fails = formulaModel((x) => x[0]! + x[1]!, 2);
    const found = as((await runTable('exact-shap', takes, table, { row: Float64Array.of(NaN, 4) })).finding, 'attributions');
    near(found.values, [10 - (1 + 10 + 3 + 5) / 4, 4 - 5]);
    const { finding, checks } = await runTable('exact-shap', fails, table, { row: Float64Array.of(1, 2) });
    near(as(finding, 'attributions').values, [1 - 3, 2 - 16 / 3]);
    assert.equal(checks.find(({ id }) => id === 'finite')!.value, 1);
    await assert.rejects(runTable('exact-shap', fails, table, { row: Float64Array.of(NaN, 4) }), /score of this row is no number \(it lacks values\)/);
    await assert.rejects(runTable('exact-shap', fails, rowsOf([[NaN, 1], [NaN, 2]]), { row: Float64Array.of(1, 4) }), /score of all 2 rows is no number/);
    await assert.rejects(runTable('exact-shap', linear, data, { row, parameters: { maxFeatures: 3 } }), /found 4 features that differ .* at most 3; raise maxFeatures/);
  });
});

describe('a summary of Shapley values', () => {
  it('holds the values of rows drawn from the table, row by row', async () => {
    for (const engine of ['exact', 'kernel', 'permutation']) {
      const { finding, checks, progress } = await runTable('shap-summary', linear, data, { parameters: { ...all, rows: 20, engine } }), found = as(finding, 'attributions'), mean = means(data.values, 4);
      assert.equal(found.places.length, 20);
      assert.equal(new Set(found.places).size, 20);
      found.places.forEach((place, k) => near(found.values.subarray(k * 4, k * 4 + 4), weights.map((weight, i) => weight * (data.values[place * 4 + i]! - mean[i]!)), 1e-9));
      sumsUp(found);
      assert.ok(checks.find(({ id }) => id === 'additivityDelta')!.ok);
      assert.equal(as(progress.filter(({ partial }) => partial)[4]!.partial!, 'attributions').places.length, 5);
    }
  });

  it('against centres of the table, each counted by its rows', () => {
    const features: Feature[] = [{ name: 'n', kind: 'integer' }, { name: 'c', kind: 'category', categories: ['x', 'y'] }];
    const centres = summaryOf(rowsOf([[1, 0], [1, 0], [2, 0], [90, 1], [91, 1], [92, 1], [91, 1], [91, 1]]), features, 2, 1);
    assert.equal(centres.count, 2);
    const byFirst = [0, 1].sort((a, b) => centres.values[a * 2]! - centres.values[b * 2]!);
    assert.deepEqual(byFirst.map((k) => [centres.values[k * 2], centres.values[k * 2 + 1], centres.weights![k]]), [[1, 0, 3 / 8], [91, 1, 5 / 8]]);
    assert.equal(summaryOf(rowsOf([[3], [3], [3]]), [{ name: 'n', kind: 'number' }], 5, 1).count, 1);
  });

  it('with weighted centres the values still add up', async () => {
    const { finding, chosen } = await runTable('shap-summary', linear, data, { preset: 'quick', parameters: { rows: 5 } });
    sumsUp(as(finding, 'attributions'));
    assert.equal(chosen!.backgroundRows, 10);
  });
});
