/** Columns find their inputs: real models with the tables they were made for. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explainTable, openTable } from '../../../src/engine/jobs/table';
import { fitTable, readSource, tableModel } from '../../../src/engine/table/openedTable';
import type { ExplainTableParams, ExplainTableProgress, TableSource } from '../../../src/protocol/table';
import { folderWith, needShared } from '../data/support';
import { censusColumns } from './census';

const signal = new AbortController().signal;

describe('engine/table', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => { engine = new Engine(__filename); });
  after(() => engine.close());

  const open = (source: TableSource) => openTable(engine, source, { signal, progress: () => undefined });
  const explain = (params: ExplainTableParams, seen: ExplainTableProgress[] = []) => explainTable(engine, params, { signal, progress: (value) => { seen.push(value); } });

  it('iris: by order, the last column is the label, 98 % right', async function () {
    const model = needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file = needShared(this, 'pack/tabular/iris.csv');
    const { reading, columns, total } = await open({ model, file });
    assert.equal(total, 150);
    assert.ok(reading);
    assert.deepEqual(reading.outputs, ['setosa', 'versicolor', 'virginica']);
    assert.equal(reading.fit?.value, 0.98);
    assert.equal(columns[4]!.role, 'label');
    assert.match(reading.mapping.assumed.join(' '), /fed in their order.*is taken as what a row really is.*a.*softmax/s);
    assert.ok(reading.differentiable);
  });

  it('breast cancer: standardised inside of the model, two classes by name', async function () {
    const { reading } = await open({ model: needShared(this, 'golden/models/breast_cancer_mlp.onnx'), file: needShared(this, 'pack/tabular/breast_cancer.csv') });
    assert.ok(reading && reading.fit!.value > 0.95);
    assert.deepEqual(reading.outputs, ['malignant', 'benign']);
    assert.equal(reading.target, 1);
  });

  it('lending club: numbers first, then one number for each category, found by their count', async function () {
    const { reading } = await open({ model: needShared(this, 'pack/onnx/tabular_lendingclub_xgboost.onnx'), file: needShared(this, 'pack/tabular/lending-club.csv') });
    assert.ok(reading && reading.fit!.value > reading.fit!.chance!, JSON.stringify(reading?.fit));
    assert.equal(reading.mapping.features.length, 16);
    assert.equal(reading.mapping.features.find(({ feature }) => feature.name === 'term')!.to, 'float_input[9…10] (one for each category)');
    assert.equal(reading.differentiable, false);
  });

  it('adult: a stated mapping with ranges, one-hot groups and other words; its own words state it again', async function () {
    const model = needShared(this, 'pack/keras/dice_adult_tf2.h5'), file = needShared(this, 'pack/tabular/adult.data');
    const unstated = await open({ model, file, maxRows: 3000 });
    assert.match(unstated.problem!.message, /^adult\.data: has 15 columns .* but the model takes 29 numbers a row$/);
    const { reading } = await open({ model, file, maxRows: 3000, preprocessing: censusColumns });
    assert.ok(reading && reading.fit!.value > 0.8, JSON.stringify(reading?.fit));
    assert.deepEqual(reading.outputs, ['<=50K', '>50K']);
    const again = await open({ model, file, maxRows: 3000, preprocessing: reading.mapping.entry });
    assert.equal(again.reading?.fit?.value, reading.fit!.value);
  });

  it('what the model is fed with is what the exact tensor gives', async function () {
    const model = needShared(this, 'golden/models/breast_cancer_mlp.onnx'), file = needShared(this, 'pack/tabular/breast_cancer.csv');
    const table = await readSource(engine, { model, file }, signal, () => undefined), opened = await fitTable(engine, { model, file }, table, { signal, warn: () => undefined });
    const view = await tableModel(opened, 1, 'probability', signal), { data } = opened;
    const scores = await view.scores(data), said = await view.predict(data);
    assert.equal(scores.length, 569);
    scores.forEach((value, row) => assert.equal(value, said[2 * row + 1]));
    // Singly, in an unfilled batch and in a whole one: the same.
    const few = await view.scores({ count: 3, values: data.values.slice(0, 90) });
    few.forEach((value, row) => assert.ok(Math.abs(value - scores[row]!) < 1e-6));
  });

  it('gradients of features agree with differences, in every space, through scaling and signs', async function () {
    const model = needShared(this, 'pack/keras/dice_adult_tf2.h5'), file = needShared(this, 'pack/tabular/adult.data'), source = { model, file, maxRows: 50, preprocessing: censusColumns };
    const table = await readSource(engine, source, signal, () => undefined), opened = await fitTable(engine, source, table, { signal, warn: () => undefined });
    for (const [target, space] of [[0, 'probability'], [1, 'probability'], [0, 'logit'], [1, 'logit']] as const) {
      const view = await tableModel(opened, target, space, signal), width = view.features.length, values = opened.data.values.slice(0, 4 * width), gradients = await view.gradients!({ count: 4, values });
      for (const feature of [0, 1]) {
        const moved = (by: number): Promise<Float64Array> => view.scores({ count: 4, values: values.map((value, at) => (at % width === feature ? value + by : value)) });
        const up = await moved(0.5), down = await moved(-0.5);
        for (let row = 0; row < 4; row++) {
          const slope = up[row]! - down[row]!, own = gradients[row * width + feature]!;
          assert.ok(Math.abs(slope - own) < 2e-3 + 0.05 * Math.abs(slope), `${space} of ${target}, feature ${feature}, row ${row}: ${own} and ${slope}`);
        }
      }
    }
  });

  it('streams what it finds and keeps a record; the same seed gives the same numbers', async function () {
    const params = { model: needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file: needShared(this, 'pack/tabular/iris.csv'), method: 'permutation-importance', seed: 3 };
    const seen: ExplainTableProgress[] = [], { finding, record } = await explain(params, seen);
    assert.equal(seen[0]!.type, 'prepared');
    assert.ok(seen.some(({ type }) => type === 'partial'));
    assert.ok(finding.kind === 'importance' && finding.features.length === 4);
    assert.match(record.model.sha256 + record.data.sha256, /^[0-9a-f]{128}$/);
    assert.equal(record.label, 'column 5');
    assert.equal((await explain(params)).record.numbers, record.numbers);
    assert.notEqual((await explain({ ...params, seed: 4 })).record.numbers, record.numbers);
  });

  it('a row is explained by the class it gets; wrong rows, features, targets and methods say what there is', async function () {
    const base = { model: needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file: needShared(this, 'pack/tabular/iris.csv') };
    const { record } = await explain({ ...base, method: 'counterfactual', row: 60, parameters: { maxIterations: 5, nCounterfactuals: 1 } });
    assert.equal(record.target.name, 'versicolor');
    assert.equal(record.row?.number, 60);
    assert.deepEqual(record.row?.values, [5, 2, 3.5, 1]);
    await assert.rejects(explain({ ...base, method: 'counterfactual', row: 150 }), /row 150 does not exist, it has 150 rows/);
    await assert.rejects(explain({ ...base, method: 'counterfactual' }), /about one row, and none was given/);
    await assert.rejects(explain({ ...base, method: 'pdp', features: ['column 9'] }), /no feature 'column 9'; there is 'column 1'/);
    await assert.rejects(explain({ ...base, method: 'pdp', target: 'rose' }), /no class is called 'rose'/);
    await assert.rejects(explain({ ...base, method: 'pdq' }), /expected one of permutation-importance/);
    await assert.rejects(explain({ ...base, method: 'pdp-2d' }), /two features/);
  });

  it('a cancel ends a run between batches', async function () {
    const controller = new AbortController(), params = { model: needShared(this, 'pack/onnx/tabular_lendingclub_xgboost.onnx'), file: needShared(this, 'pack/tabular/lending-club.csv'), method: 'pdp' };
    const running = explainTable(engine, params, { signal: controller.signal, progress: ({ type }) => { if (type === 'partial') controller.abort(); } });
    await assert.rejects(running);
  });

  it('columns the model does not know by name, and a label that is none of its classes, are said', async function () {
    const model = needShared(this, 'pack/onnx/iris_torch_mlp.onnx');
    const rows = fs.readFileSync(needShared(this, 'pack/tabular/iris.csv'), 'utf8').split('\n').slice(1, 151);
    const folder = folderWith({ 'named.csv': `id;sepal length;sepal width;petal length;petal width;species\n${rows.map((line, at) => [at + 1, ...line.trim().split(',').slice(0, 4).map((cell) => cell.replace('.', ',')), ['setosa', 'versicolor', 'virginica'][Number(line.trim().split(',')[4])]].join(';')).join('\n')}\n` });
    const { reading, columns, dialect } = await open({ model, file: path.join(folder, 'named.csv') });
    assert.equal(reading?.fit?.value, 0.98);
    assert.deepEqual(columns.map(({ role }) => role), ['unused', 'feature', 'feature', 'feature', 'feature', 'label']);
    assert.ok(dialect.decimalComma && dialect.delimiter === ';');
    const stated = await open({ model, file: path.join(folder, 'named.csv'), preprocessing: { input: { kind: 'table', columns: ['sepal length', 'sepal width', 'petal length', 'petal with'] } } });
    assert.match(stated.problem!.message, /no column 'petal with'; there is 'petal width'/);
  });
});
