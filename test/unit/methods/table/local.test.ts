/** What explains one row by other means than Shapley values, in closed form; sensitivities and correlations of a whole table. */
import assert from 'node:assert/strict';
import { correlationCheck } from '../../../../src/methods/table/correlation';
import type { Feature, TableModel } from '../../../../src/methods/table/tableMethod';
import type { Parameters } from '../../../../src/methods/method';
import { tableMethodById } from '../../../../src/methods/table/registry';
import { Random } from '../../../../src/tensor/random';
import { as, contextOf, formulaModel, near, rowsOf, runTable, uniformRows } from './tables';

const check = ({ checks }: Awaited<ReturnType<typeof runTable>>, id: string) => checks.find((item) => item.id === id)!;
const mixed: Feature[] = [{ name: 'size', kind: 'number' }, { name: 'rooms', kind: 'integer' }, { name: 'place', kind: 'category', categories: ['a', 'b', 'c'] }];

describe('LIME of a row', () => {
  it('of what quartiles decide: the step, and nothing for the others; a perfect fit', async () => {
    const table = uniformRows(400, 3), sorted = table.values.filter((_, i) => i % 3 === 0).sort(), median = (sorted[199]! + sorted[200]!) / 2;
    const result = await runTable('lime', formulaModel((x) => (x[0]! > median ? 0 : 1) + (x[1]! <= 2 ? 5 : 0), 3), table, { row: Float64Array.of(sorted[10]!, 0.5, 0.5), parameters: { alpha: 0 } });
    const { values, scores, base } = as(result.finding, 'attributions');
    // The row's quartile is one of two where the model says 1: elsewhere it does in one of three.
    near([values[0]!, values[1]!, values[2]!], [2 / 3, 0, 0], 0.06);
    near([base + values.reduce((sum, value) => sum + value, 0)], [6], 0.06);
    assert.deepEqual([...scores], [6]);
    assert.ok(result.progress.some(({ partial }) => partial?.kind === 'attributions') && check(result, 'surrogateR2').value > 0.3);
  });

  it('takes categories whole, and missing values as the table has them', async () => {
    const table = rowsOf(Array.from({ length: 200 }, (_, i) => [i % 4 === 0 ? NaN : i, i % 5, i % 3])), model = formulaModel((x) => (x[2] === 1 ? 4 : 0) + (Number.isNaN(x[0]!) ? 2 : 0), mixed);
    const { values } = as((await runTable('lime', model, table, { row: Float64Array.of(NaN, 2, 1), parameters: { alpha: 0, nSamples: 2000 } })).finding, 'attributions');
    near(values, [2, 0, 4], 1e-6);
    const lost = await runTable('lime', formulaModel((x) => x[0]! + x[1]!, mixed), table, { row: Float64Array.of(1, 2, 1), parameters: { nSamples: 500 } });
    assert.ok(check(lost, 'finite').value > 50 && as(lost.finding, 'attributions').values.every(Number.isFinite));
  });
});

describe('Integrated Gradients and DeepLIFT of a row', () => {
  const table = uniformRows(50, 3), cubic = formulaModel((x) => x[0]! ** 3 + x[0]! * x[1]! - 2 * x[2]!, 3, 'regression', (x) => [3 * x[0]! ** 2 + x[1]!, x[0]!, -2]);
  const row = Float64Array.of(2, 1, 3);

  it('along a path from zeros: the integral in closed form', async () => {
    for (const parameters of [{ baseline: 'zeros' }, { baseline: 'zeros', nSteps: 20 }] as Parameters[]) {
      const result = await runTable('integrated-gradients', cubic, table, { row, parameters }), { values, base, scores } = as(result.finding, 'attributions');
      // ∫ 2 (3 (2α)² + α) dα = 8 + 1, ∫ 1 · 2α dα = 1.
      near(values, [9, 1, -6], 0.1);
      assert.deepEqual([base, scores[0]], [0, 4]);
      assert.ok(check(result, 'completenessDelta').ok);
    }
    const fixed = as((await runTable('integrated-gradients', cubic, table, { row, preset: 'captum' })).finding, 'attributions');
    near(fixed.values, [9, 1, -6], 1e-6);
  });

  it('of a linear model: w (x − baseline) for every baseline; several are averaged', async () => {
    const linear = formulaModel((x) => 3 * x[0]! - x[1]!, 2, 'regression', () => [3, -1]), data = rowsOf([[0, 0], [1, 5], [8, 1]]), at = Float64Array.of(10, 10);
    const expected = { mean: [21, -8], median: [27, -9], zeros: [30, -10], rows: [21, -8] } as const;
    for (const [baseline, values] of Object.entries(expected)) near(as((await runTable('integrated-gradients', linear, data, { row: at, parameters: { baseline } })).finding, 'attributions').values, values, 1e-5);
    near(as((await runTable('integrated-gradients', linear, data, { row: at, parameters: { baseline: 'row', baselineRow: 1 } })).finding, 'attributions').values, [27, -5], 1e-5);
    await assert.rejects(runTable('integrated-gradients', linear, data, { row: at, parameters: { baseline: 'row', baselineRow: 3 } }), /parameter 'baselineRow': found 3, expected a place from 0 to 2/);
  });

  it('categories stay as they are and contribute nothing; without a gradient they do not apply', async () => {
    const model = formulaModel((x) => 2 * x[0]! + x[1]! + (x[2] === 1 ? 7 : 0), mixed, 'regression', () => [2, 1, 0]), data = rowsOf([[0, 0, 0], [2, 2, 2]]);
    const result = await runTable('integrated-gradients', model, data, { row: Float64Array.of(5, 3, 1) }), { values, base } = as(result.finding, 'attributions');
    near(values, [8, 2, 0], 1e-5);
    near([base], [3 + 7], 1e-5);
    assert.equal(check(result, 'kept').value, 1);
    const plain = formulaModel((x) => x[0]!, 3);
    assert.match(tableMethodById('integrated-gradients').applies(contextOf('integrated-gradients', plain, table, { row })).reason!, /no gradient/);
    assert.match(tableMethodById('deeplift').applies(contextOf('deeplift', cubic, table, { row })).reason!, /not those of changes/);
  });

  it('DeepLIFT: (x − baseline) · multipliers, averaged over baselines, adding up', async () => {
    // Of ReLU(x₀ − 1) the multiplier is the quotient of changes.
    const relu = (x: number): number => Math.max(0, x - 1), model: TableModel = {
      ...formulaModel((x) => relu(x[0]!) + 2 * x[1]!, 2, 'regression', (x) => [x[0]! > 1 ? 1 : 0, 2]),
      multipliers: (rows, baselines) => Promise.resolve(Float64Array.from({ length: rows.values.length }, (_, i) => (i % 2 ? 2 : (relu(rows.values[i]!) - relu(baselines.values[i]!)) / (rows.values[i]! - baselines.values[i]!)))),
    };
    const result = await runTable('deeplift', model, rowsOf([[0, 0], [2, 4]]), { row: Float64Array.of(3, 1), preset: 'shap' }), { values, base } = as(result.finding, 'attributions');
    near(values, [(2 + 1) / 2, (2 - 6) / 2], 1e-9);
    near([base], [(0 + 9) / 2]);
    assert.ok(check(result, 'completenessDelta').ok);
  });
});

describe('ceteris paribus', () => {
  it('holds the row\'s own value of every feature, categories and whole numbers as they are', async () => {
    const data = rowsOf([[0, 1, 0], [10, 5, 2], [NaN, 3, 0]]), row = Float64Array.of(3.3, 2, 1), model = formulaModel((x) => x[0]! * 2 + x[1]! ** 2 + [0, 5, 9][x[2]!]!, mixed);
    const result = await runTable('ceteris-paribus', model, data, { row, parameters: { gridResolution: 2 } }), { curves } = as(result.finding, 'curves');
    assert.deepEqual(curves.map(({ feature }) => feature), [0, 1, 2]);
    near(curves[0]!.grid, [0, 3.3, 10]);
    near(curves[0]!.values, [9, 15.6, 29]);
    assert.deepEqual([...curves[1]!.grid], [1, 2, 5]);
    assert.deepEqual([...curves[2]!.grid], [0, 1, 2]);
    near(curves[2]!.values, [10.6, 15.6, 19.6]);
    assert.match(check(result, 'swing').message, /'rooms' alone moves the score the most/);
    const asked = await runTable('ceteris-paribus', model, data, { row, features: [2] });
    assert.equal(as(asked.finding, 'curves').curves.length, 1);
  });
});

describe('nearest rows', () => {
  const data = rowsOf([[0, 0, 0], [1, 0, 0], [0, 0, 1], [10, 4, 2], [2, NaN, 0], [1, 0, 0]]), model = formulaModel((x) => (x[0]! > 1.5 ? 1 : 0), mixed, 'classification');

  it('by the mean of what features differ, without the row itself, with all outputs', async () => {
    const result = await runTable('nearest-rows', model, data, { row: Float64Array.of(1, 0, 0), parameters: { nRows: 3 } }), { places, distances, rows, predictions } = as(result.finding, 'neighbours');
    assert.deepEqual([...places], [5, 0, 2]);
    assert.equal(distances[0], 0);
    assert.ok(distances[1]! > 0 && distances[1]! < distances[2]! && distances[2]! >= 1 / 3);
    assert.deepEqual([...rows.subarray(0, 3)], [1, 0, 0]);
    assert.deepEqual([...predictions], [1, 0, 1, 0, 1, 0]);
    assert.equal(check(result, 'agreement').value, 1);
  });

  it('of another answer alone', async () => {
    const result = await runTable('nearest-rows', model, data, { row: Float64Array.of(1, 0, 0), preset: 'unlike' });
    assert.deepEqual([...as(result.finding, 'neighbours').places], [4, 3]);
    assert.match(check(result, 'few').message, /Only 2 rows get another answer/);
  });
});

describe('sensitivity over a table', () => {
  it('Morris of an additive model: |slope| of each feature and no spread; of a product both', async () => {
    const data = uniformRows(300, 3), sorted = data.values.filter((_, i) => i % 3 === 0).sort(), reach = sorted[Math.round(0.95 * 299)]! - sorted[Math.round(0.05 * 299)]!;
    const { finding } = await runTable('morris', formulaModel((x) => 3 * x[0]! - 2 * x[1]!, 3), data, { parameters: { values: 'range', levels: 2, nSamples: 20 } }), { features, units } = as(finding, 'sensitivities');
    assert.deepEqual(units, ['mean effect', 'spread of the effect']);
    near([features[0]!.main], [3 * reach], 1e-4);
    assert.ok(features[0]!.total < 1e-3 && features[2]!.main === 0);
    const product = as((await runTable('morris', formulaModel((x) => x[0]! * x[1]!, 3), data, { parameters: { nSamples: 100 } })).finding, 'sensitivities').features;
    assert.ok(product[0]!.total > 0.1 && product[2]!.total === 0);
  });

  it("Sobol' of an additive model: shares of the variance, alone and in all; of a product more in all than alone", async () => {
    const random = new Random(5), data = rowsOf(Array.from({ length: 1000 }, () => [random.uniform(), random.uniform(), 7])), parameters = { nSamples: 1024 };
    const additive = as((await runTable('sobol', formulaModel((x) => 2 * x[0]! + x[1]!, 3), data, { parameters })).finding, 'sensitivities').features;
    near(additive.map(({ main }) => main), [0.8, 0.2, 0], 0.04);
    near(additive.map(({ total }) => total), [0.8, 0.2, 0], 0.04);
    assert.ok(additive[0]!.totalError! > 0 && additive[0]!.totalError! < 0.05);
    // Var xy = 7/144 for uniform x and y: 3/7 each alone, 4/7 with the other.
    const result = await runTable('sobol', formulaModel((x) => x[0]! * x[1]!, 3), data, { parameters }), product = as(result.finding, 'sensitivities').features;
    near([product[0]!.main, product[0]!.total], [3 / 7, 4 / 7], 0.05);
    assert.equal(check(result, 'constant').value, 1);
    assert.ok(result.progress.length > 0);
    assert.equal(tableMethodById('sobol').applies(contextOf('sobol', formulaModel((x) => x[0]!, 1), rowsOf([[1], [1]]))).applies, false);
  });
});

describe('features that go together', () => {
  it('numbers by rank, categories with numbers and with each other; chance is no company', () => {
    const random = new Random(2), features: Feature[] = [{ name: 'n', kind: 'number' }, { name: 'cube', kind: 'number' }, { name: 'c', kind: 'category', categories: ['a', 'b', 'c'] }, { name: 'd', kind: 'category', categories: ['a', 'b', 'c'] }, { name: 'free', kind: 'category', categories: ['a', 'b', 'c'] }];
    const data = rowsOf(Array.from({ length: 300 }, () => { const x = random.uniform(), c = Math.floor(3 * x); return [x, -(x ** 3), c, (c + 1) % 3, random.integer(3)]; }));
    const warn = (asked: number[]) => correlationCheck({ model: formulaModel(() => 0, features), data, seed: 1 }, asked, 'beware.');
    assert.match(warn([0, 1]).message, /^'n' and 'cube' move together \(rank correlation -1\.00; so do 'n' and 'c' \(0\.9\d\), .*\): beware\.$/);
    assert.match(warn([2]).message, /^'c' and 'd' move together \(Cramér's V 1\.00; so do 'c' and '(n|cube)'/);
    assert.equal(warn([4]).ok, true);
  });
});
