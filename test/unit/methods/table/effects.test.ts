import assert from 'node:assert/strict';
import { tableMethodById, tableMethods } from '../../../../src/methods/table/registry';
import { as, contextOf, formulaModel, near, rowsOf, runTable, uniformRows } from './tables';

const data = uniformRows(400, 3), linear = formulaModel((x) => 2 * x[0]! - 3 * x[1]! + 1, 3), additive = formulaModel((x) => x[0]! ** 2 + Math.sin(3 * x[1]!), 3);

describe('table methods', () => {
  it('have different ids, words and usable presets', () => {
    assert.equal(new Set(tableMethods.map(({ id }) => id)).size, tableMethods.length);
    for (const method of tableMethods) {
      assert.match(method.question, /\?$/);
      assert.ok(method.source.length > 10);
      for (const preset of Object.keys(method.presets)) contextOf(method.id, linear, data, { preset });
    }
    assert.throws(() => tableMethodById('tea-leaves'), /'tea-leaves': not found, expected one of permutation-importance, column-ablation, shap-summary/);
  });

  it('refuse features the table does not have', async () => {
    await assert.rejects(runTable('pdp', linear, data, { features: [7] }), /feature number 7 was asked for, but the table has 3/);
  });
});

describe('partial dependence', () => {
  it('of a linear model is a line with its slope; centred, it is 0 at the mean', async () => {
    const [curve] = as((await runTable('pdp', linear, data, { features: [1] })).finding, 'curves').curves;
    const { grid, values } = curve!;
    assert.equal(grid.length, 100);
    near(values.map((value) => value - values[0]!), grid.map((x) => -3 * (x - grid[0]!)), 1e-9);
    const [centred] = as((await runTable('pdp', linear, data, { features: [1], preset: 'centred' })).finding, 'curves').curves;
    const mean = data.values.reduce((sum, value, i) => (i % 3 === 1 ? sum + value / 400 : sum), 0);
    near(centred!.values, centred!.grid.map((x) => -3 * (x - mean)), 1e-9);
    // Every row moves by as much: all that differs is where it starts.
    near(centred!.ice!.values.subarray(0, 100), centred!.grid.map((x) => -3 * (x - data.values[centred!.ice!.rows[0]! * 3 + 1]!)), 1e-9);
  });

  it('takes the values themselves where there are few, and categories as they are', async () => {
    const table = rowsOf([[1, 0], [1, 2], [2, 1], [4, 2], [NaN, 1]]), model = formulaModel((x) => 10 * x[1]!, [{ name: 'n', kind: 'integer' }, { name: 'c', kind: 'category', categories: ['a', 'b', 'c'] }]);
    const { curves } = as((await runTable('pdp', model, table)).finding, 'curves');
    assert.deepEqual([...curves[0]!.grid], [1, 2, 4]);
    assert.deepEqual([...curves[1]!.grid], [0, 1, 2]);
    assert.deepEqual([...curves[1]!.values], [0, 10, 20]);
  });

  it('leaves out rows whose scores are no numbers, and says so; one row and one value are taken as they are', async () => {
    const table = rowsOf([[0, 1], [1, NaN], [2, 3], [3, 5]]);
    const { finding, checks } = await runTable('pdp', formulaModel((x) => x[0]! + x[1]!, 2), table, { features: [0] });
    near(as(finding, 'curves').curves[0]!.values, [3, 4, 5, 6]);
    assert.equal(checks.find(({ id }) => id === 'finite')!.ok, false);
    const one = await runTable('pdp', linear, rowsOf([[1, 1, 1]]));
    near(as(one.finding, 'curves').curves[0]!.values, [0]);
    assert.match(tableMethodById('pdp').applies(contextOf('pdp', linear, rowsOf([[NaN, 1, 1]]), { features: [0] })).reason!, /No row has a value of 'x0'/);
    assert.equal(tableMethodById('pdp').applies(contextOf('pdp', linear, rowsOf([]))).applies, false);
  });

  it('streams with a standard error, warns of features that go together, and stops when it is cancelled', async () => {
    const { progress } = await runTable('pdp', additive, data, { features: [0] });
    assert.ok(progress.length > 1 && progress.at(-1)!.standardError! < 0.1 && progress[0]!.partial?.kind === 'curves');
    const twins = rowsOf(Array.from({ length: 50 }, (_, i) => [i, 2 * i, (i * 7) % 11]));
    const check = (await runTable('pdp', linear, twins, { features: [0] })).checks.find(({ id }) => id === 'correlation')!;
    assert.equal(check.ok, false);
    assert.match(check.message, /'x0' and 'x1' move together \(rank correlation 1\.00\)/);
    const controller = new AbortController(), run = tableMethodById('pdp').explain(contextOf('pdp', additive, data, { signal: controller.signal }));
    await run.next();
    controller.abort(new Error('stopped'));
    await assert.rejects(run.next(), /stopped/);
  });

  it('on two features is the sum of an additive model\'s parts; it marks where no rows are', async () => {
    const { finding } = await runTable('pdp-2d', linear, data, { features: [0, 1], parameters: { gridResolution: 5 } }), { grids: [a, b], values } = as(finding, 'surface');
    near(values, Float64Array.from({ length: 25 }, (_, i) => 2 * a[Math.floor(i / 5)]! - 3 * b[i % 5]! + 1));
    const diagonal = rowsOf(Array.from({ length: 100 }, (_, i) => [i, i, 0]));
    const { unsupported } = as((await runTable('pdp-2d', linear, diagonal, { features: [0, 1], parameters: { gridResolution: 10 } })).finding, 'surface');
    assert.equal(unsupported![9], 1);
    assert.equal(unsupported![55], 0);
    assert.match(tableMethodById('pdp-2d').applies(contextOf('pdp-2d', linear, data, { features: [1, 1] })).reason!, /the same twice/);
  });
});

describe('accumulated local effects', () => {
  it('of a linear model are its line, centred over the rows', async () => {
    for (const preset of ['omnixai', 'alepython', 'alibi']) {
      const { grid, values, counts } = as((await runTable('ale', linear, data, { features: [0], preset })).finding, 'curves').curves[0]!;
      near(values.map((value) => value - values[0]!), grid.map((x) => 2 * (x - grid[0]!)), 1e-9);
      assert.equal(counts!.reduce((sum, count) => sum + count, 0), 400);
      if (preset === 'alibi') assert.ok(counts!.every((count) => count >= 4) && counts!.length > 20);
    }
  });

  it('are the partial dependence of an additive model, also where features go together', async () => {
    const model = formulaModel((x) => x[0]! ** 2 + 5 * x[1]!, 2), together = rowsOf(Array.from({ length: 300 }, (_, i) => [i / 300, i / 300 + 0.01 * (i % 3)]));
    const { grid, values } = as((await runTable('ale', model, together, { features: [0], parameters: { bins: 50 } })).finding, 'curves').curves[0]!;
    near(values.map((value) => value - values[0]!), grid.map((x) => x ** 2), 1e-9);
  });

  it('take missing values, equal values, constant columns and one row', async () => {
    const table = rowsOf([[1, 5, 0], [1, 5, 1], [1, 5, NaN], [2, 5, 1], [NaN, 5, 1], [3, 5, 2]]);
    const { finding, checks } = await runTable('ale', linear, table), [first, second] = as(finding, 'curves').curves;
    near(first!.values.map((value) => value - first!.values[0]!), first!.grid.map((x) => 2 * (x - 1)));
    assert.equal(first!.counts!.reduce((a, b) => a + b, 0), 5);
    assert.deepEqual([[...second!.grid], [...second!.values]], [[5], [0]]);
    assert.ok(checks.some(({ id, ok }) => id === 'constant' && !ok));
    assert.deepEqual([...as((await runTable('ale', linear, rowsOf([[1, 2, 3]]), { features: [0] })).finding, 'curves').curves[0]!.values], [0]);
    const category = formulaModel(() => 0, [{ name: 'colour', kind: 'category' }]);
    assert.match(tableMethodById('ale').applies(contextOf('ale', category, rowsOf([[0], [1]]))).reason!, /'colour' is a category/);
  });

  it('of two features are 0 for an additive model, and the product\'s own part for a product', async () => {
    for (const preset of ['omnixai', 'alepython']) near(as((await runTable('ale-2d', additive, data, { features: [0, 1], preset })).finding, 'surface').values, new Float64Array(100), 1e-12);
    const even = rowsOf(Array.from({ length: 900 }, (_, i) => [(i % 30) / 29, Math.floor(i / 30) / 29])), product = formulaModel((x) => x[0]! * x[1]!, 2);
    const { grids: [a, b], values } = as((await runTable('ale-2d', product, even, { features: [0, 1], parameters: { bins: 5 } })).finding, 'surface');
    near(values, Float64Array.from({ length: 25 }, (_, i) => (a[Math.floor(i / 5)]! - 0.5) * (b[i % 5]! - 0.5)), 0.02);
    await assert.rejects(runTable('ale-2d', product, rowsOf([[1, 2], [1, 3]]), { features: [0, 1] }), /'x0' has one value only/);
  });
});
