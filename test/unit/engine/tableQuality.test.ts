/** How good real models are on the tables they were made for, against figures counted from the rows themselves. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { Engine } from '../../../src/engine/engine';
import { tableQuality } from '../../../src/engine/jobs/tableQuality';
import { tableRows } from '../../../src/engine/jobs/tableRows';
import { writeOnnxStandalone } from '../../../src/formats/onnx/write';
import type { TableRowInfo, TableRowsParams, TableRowsResult } from '../../../src/protocol/table';
import type { TableQuality, TableQualityParams } from '../../../src/protocol/tableQuality';
import { pearson } from '../../../src/tensor/statistics';
import { folderWith, needShared } from '../data/support';
import { censusColumns } from './census';
import { fitLinear, linearRegressor } from './linearModels';

const signal = new AbortController().signal;
const near = (found: number | undefined, expected: number, tolerance = 1e-9): void => assert.ok(found !== undefined && Math.abs(found - expected) <= tolerance, `${found}, expected ${expected}`);
const value = ({ metrics }: TableQuality, id: string, output?: number): number | undefined => metrics.find((metric) => metric.id === id && metric.output === output)?.value;

describe('engine/jobs/tableQuality and tableRows', function () {
  this.timeout(120_000);
  let engine: Engine;
  before(() => { engine = new Engine(__filename); });
  after(() => engine.close());

  const quality = (params: TableQualityParams): Promise<TableQuality> => tableQuality(engine, params, { signal, progress: () => undefined });
  const rowsOf = (params: TableRowsParams): Promise<TableRowsResult> => tableRows(engine, params, { signal, progress: () => undefined });
  async function allRows(params: TableRowsParams): Promise<TableRowInfo[]> {
    const found: TableRowInfo[] = [];
    for (;;) {
      const { total, rows } = await rowsOf({ ...params, offset: found.length, limit: 1000 });
      found.push(...rows);
      if (found.length >= total) return found;
    }
  }

  it('iris: the confusion matrix counts the rows that each cell lists, and the figures follow from them', async function () {
    const source = { model: needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file: needShared(this, 'pack/tabular/iris.csv') };
    const found = await quality(source), rows = await allRows(source);
    assert.deepEqual(found.confusion, [[50, 0, 0], [0, 47, 3], [0, 0, 50]]);
    near(value(found, 'accuracy'), 147 / 150);
    near(value(found, 'logLoss'), rows.reduce((sum, { prediction, label }) => sum - Math.log(prediction[label!]!), 0) / 150, 1e-6);
    near(value(found, 'brier'), rows.reduce((sum, { prediction, label }) => sum + prediction.reduce((all, p, k) => all + (p - Number(k === label)) ** 2, 0), 0) / 150, 1e-6);
    for (const [actual, counts] of found.confusion!.entries()) {
      for (const [said, count] of counts.entries()) {
        const { total, rows: listed } = await rowsOf({ ...source, actual, said });
        assert.equal(total, count);
        assert.ok(listed.every(({ label, prediction }) => label === actual && prediction.indexOf(Math.max(...prediction)) === said));
      }
    }
    assert.deepEqual(found.calibration!.map(({ bins }) => bins.reduce((sum, bin) => sum + bin.rows, 0)), [150, 150, 150]);
    for (const slice of found.slices) {
      const own = slice.numbers.map((number) => -Math.log(rows[number]!.prediction[rows[number]!.label!]!));
      assert.equal(own.length, slice.rows);
      near(own.reduce((sum, error) => sum + error, 0) / own.length, slice.error, 1e-6);
      assert.ok(own.every((error, at) => at === 0 || error <= own[at - 1]! + 1e-12), 'the worst first');
    }
  });

  it('rows: sorted by error, score, number and column, a page at a time; by number as asked', async function () {
    const source = { model: needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file: needShared(this, 'pack/tabular/iris.csv') };
    const { rows: worst, total } = await rowsOf({ ...source, sort: { by: 'error', descending: true }, limit: 10 });
    assert.equal(total, 150);
    assert.ok(worst.every(({ error }, at) => at === 0 || error! <= worst[at - 1]!.error!) && worst[0]!.error! > 0.5);
    near(worst[0]!.error, 1 - worst[0]!.prediction[worst[0]!.label!]!);
    const score = (await rowsOf({ ...source, sort: { by: 'score', descending: true }, target: 'setosa', limit: 3 })).rows;
    assert.ok(score.every(({ prediction }) => prediction[0]! > 0.99));
    const byColumn = (await rowsOf({ ...source, sort: { by: { column: 0 } }, limit: 2 })).rows;
    assert.equal(byColumn[0]!.cells[0], '4.3');
    assert.deepEqual((await rowsOf({ ...source, sort: { by: 'number', descending: true }, offset: 2, limit: 2 })).rows.map(({ number }) => number), [147, 146]);
    const few = await rowsOf({ ...source, numbers: [7, 3, 149, 500] });
    assert.deepEqual([few.total, few.rows.map(({ number }) => number)], [3, [3, 7, 149]]);
    assert.deepEqual(few.rows[0]!.values, [4.6, 3.1, 1.5, 0.2]);
    // The predictions are kept: pages of a list come at once.
    const began = performance.now();
    for (let offset = 0; offset < 150; offset += 10) await rowsOf({ ...source, offset, limit: 10 });
    assert.ok(performance.now() - began < 1500, `${performance.now() - began} ms`);
  });

  it('a row outside of the sample is found, the others stay what they are', async function () {
    const source = { model: needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file: needShared(this, 'pack/tabular/iris.csv'), maxRows: 20 };
    const here = new Set((await allRows(source)).map(({ number }) => number));
    assert.equal(here.size, 20);
    const outside = Array.from({ length: 150 }, (_, number) => number).find((number) => !here.has(number))!;
    assert.deepEqual((await rowsOf({ ...source, numbers: [outside] })).rows.map(({ number }) => number), [outside]);
    assert.equal((await quality(source)).rows, 20);
  });

  it('adult: groups by a column that is fed, and by one that is not', async function () {
    const source = { model: needShared(this, 'pack/keras/dice_adult_tf2.h5'), file: needShared(this, 'pack/tabular/adult.data'), maxRows: 4000, preprocessing: censusColumns };
    const { group, outputs, slices, slicing } = await quality({ ...source, group: 9 }), rows = await allRows(source);
    assert.ok(group && group.column === 'gender');
    assert.deepEqual(group.groups.map(({ name }) => name), ['Male', 'Female']);
    const rich = outputs.indexOf('>50K'), selected = (name: string): number => { const own = rows.filter(({ cells }) => cells[9] === name); return own.filter(({ prediction }) => prediction[rich]! > prediction[1 - rich]!).length / own.length; };
    const found = (name: string): number => { const own = rows.filter(({ cells, label }) => cells[9] === name && label === rich); return own.filter(({ prediction }) => prediction[rich]! > prediction[1 - rich]!).length / own.length; };
    for (const one of group.groups) {
      near(one.selectionRate, selected(one.name));
      near(one.truePositiveRate, found(one.name));
      assert.equal(one.rows, rows.filter(({ cells }) => cells[9] === one.name).length);
    }
    const parity = group.gaps.find(({ id }) => id === 'demographicParity')!;
    near(parity.value, selected('Male') - selected('Female'));
    near(parity.ratio, selected('Female') / selected('Male'));
    assert.ok(parity.value > 0.15 && !parity.small, 'the census model favours men');
    assert.match(parity.words, /^Male: [\d.]+ % of rows said to be '>50K', Female: [\d.]+ %; a gap of [\d.]+ ± [\d.]+ points, a ratio of 0\.\d\d$/);
    assert.ok(slices.some(({ words, lowerBound }) => /Married-civ-spouse/.test(words) && lowerBound > 0), slices.map(({ words }) => words).join('; '));
    assert.ok(slicing.tried > 500);
    // Relationship and country are not fed to the model.
    const { group: country } = await quality({ ...source, group: 13 });
    assert.equal(country!.column, 'column 14');
    assert.ok(country!.gaps.every(({ leftOut, small }) => small || leftOut.length > 0));
    assert.match((await quality({ ...source, group: 2 })).group!.groups[0]!.name, /^≤ \d+$/);
    await assert.rejects(quality({ ...source, group: 'colour' }), /there is no column 'colour'/);
    assert.equal((await quality({ ...source, group: 'race', target: '<=50K' })).target, outputs.indexOf('<=50K'));
  });

  it('lending club: the worst slices are those with long terms', async function () {
    const found = await quality({ model: needShared(this, 'pack/onnx/tabular_lendingclub_xgboost.onnx'), file: needShared(this, 'pack/tabular/lending-club.csv'), group: 'home_ownership' });
    assert.match(found.slices[0]!.words, /term = 60 months/);
    assert.ok(found.slices[0]!.lowerBound > 0.05);
    const opportunity = found.group!.gaps.find(({ id }) => id === 'accuracy')!;
    assert.deepEqual(opportunity.leftOut, ['ANY', 'NONE', 'OTHER']);
    assert.ok(value(found, 'auc')! > 0.75);
  });

  describe('values', () => {
    let model: string, file: string, labels: number[], rows: number[][];
    before(async function () {
      const text = zlib.gunzipSync(fs.readFileSync(needShared(this, 'pack/tabular/diabetes_data_raw.csv.gz'))).toString().trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
      rows = text.map((row) => row.slice(0, -1));
      labels = text.map((row) => row.at(-1)!);
      const names = ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 'glucose'];
      const folder = folderWith({ 'diabetes.csv': `${names.join(',')}\n${text.map((row) => row.join(',')).join('\n')}\n` });
      [model, file] = [path.join(folder, 'linear.onnx'), path.join(folder, 'diabetes.csv')];
      fs.writeFileSync(model, await writeOnnxStandalone(linearRegressor([fitLinear(rows, labels)])));
    });

    it('glucose of diabetes patients: least squares has no bias, its R² is the squared correlation, and residuals are there row by row', async () => {
      const found = await quality({ model, file, label: 'glucose', group: 'sex' }), said = found.residuals!.said;
      near(value(found, 'r2'), pearson(said, labels) ** 2, 1e-5);
      assert.ok(value(found, 'r2')! > 0.3);
      near(value(found, 'bias'), 0, 1e-3);
      near(value(found, 'rmse'), Math.sqrt(said.reduce((sum, one, at) => sum + (one - labels[at]!) ** 2, 0) / 442), 1e-6);
      assert.equal(found.residuals!.numbers.length, 442);
      found.residuals!.numbers.forEach((number, at) => assert.equal(found.residuals!.actual[at], labels[number]));
      assert.deepEqual(found.group!.groups.map(({ name, rows: count }) => [name, count]), [['1', 235], ['2', 207]]);
      assert.deepEqual(found.group!.gaps.map(({ id }) => id), ['meanError', 'bias']);
      const listed = await allRows({ model, file, label: 'glucose', sort: { by: 'error', descending: true } });
      near(listed.reduce((sum, { error }) => sum + error!, 0) / 442, value(found, 'mae')!, 1e-6);
      near(listed[0]!.error, Math.abs(listed[0]!.prediction[0]! - labels[listed[0]!.number]!), 1e-6);
      await assert.rejects(rowsOf({ model, file, actual: 1 }), /the model says values, not classes/);
    });

    it('several values are judged each by the column that is called like it', async () => {
      const double = labels.map((label, at) => 2 * label + rows[at]![0]!), folder = folderWith({
        'two.csv': `age,sex,bmi,bp,s1,s2,s3,s4,s5,y[1],y[0]\n${rows.map((row, at) => [...row, double[at], labels[at]].join(',')).join('\n')}\n`,
      });
      const two = path.join(folder, 'two.onnx');
      fs.writeFileSync(two, await writeOnnxStandalone(linearRegressor([fitLinear(rows, labels), fitLinear(rows, double)])));
      const source = { model: two, file: path.join(folder, 'two.csv'), label: 'y[0]', preprocessing: { x: { kind: 'table', columns: ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5'] } } };
      const found = await quality(source);
      near(value(found, 'r2', 0), value(await quality({ model, file, label: 'glucose' }), 'r2')!, 1e-6);
      near(value(found, 'mae', 1), 2 * value(found, 'mae', 0)!, 0.5);
      assert.equal((await quality({ ...source, target: 1 })).target, 1);
      assert.equal((await rowsOf({ ...source, target: 1, limit: 1 })).rows[0]!.label, double[0]);
    });

    it('without a label it says what is needed', async () => {
      await assert.rejects(quality({ model, file, label: '' }), (error: Error & { remedy?: string }) => /nothing tells what each row really is/.test(error.message) && error.remedy === 'name the label column');
      const { rows: [first] } = await rowsOf({ model, file, label: '', limit: 1 });
      assert.deepEqual([first!.label, first!.error], [undefined, undefined]);
    });

    it('what a page sends is checked', async () => {
      const bad = (part: object): Promise<unknown> => rowsOf({ model, file, ...part });
      await assert.rejects(bad({ limit: 5000 }), /limit: found 5000, expected a whole number from 0 to 1000/);
      await assert.rejects(bad({ offset: -1 }), /offset: found -1/);
      await assert.rejects(bad({ sort: { by: 'colour' } }), /sort\.by: found 'colour', expected number, error, score or a column/);
      await assert.rejects(bad({ sort: { by: { column: 11 } } }), /sort\.by\.column: found 11, expected a whole number from 0 to 9/);
      await assert.rejects(bad({ numbers: 'all' }), /numbers: found string, expected a list/);
    });
  });

  it('a cancel ends the search for slices', async function () {
    const controller = new AbortController();
    const params = { model: needShared(this, 'pack/onnx/tabular_lendingclub_xgboost.onnx'), file: needShared(this, 'pack/tabular/lending-club.csv'), maxRows: 4999 };
    await assert.rejects(tableQuality(engine, params, { signal: controller.signal, progress: () => controller.abort() }));
  });

  it('a list that waits for the rows of a cancelled run runs them itself', async function () {
    const controller = new AbortController(), params = { model: needShared(this, 'pack/keras/dice_adult_tf2.h5'), file: needShared(this, 'pack/tabular/adult.data'), maxRows: 9000, preprocessing: censusColumns };
    await rowsOf({ ...params, numbers: [0] });
    const cancelled = assert.rejects(tableQuality(engine, params, { signal: controller.signal, progress: () => controller.abort() })), { total, rows } = await rowsOf({ ...params, limit: 5 });
    await cancelled;
    assert.equal(total, 9000);
    assert.ok(rows.every(({ prediction }) => Math.abs(prediction[0]! + prediction[1]! - 1) < 1e-6));
  });
});
