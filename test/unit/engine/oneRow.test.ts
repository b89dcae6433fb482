/** One row of a table as a page asks about it: as the table has it, as it is moved, and by its line in the file. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { predictRows } from '../../../src/engine/jobs/predictRows';
import { explainTable, openTable } from '../../../src/engine/jobs/table';
import { tableRowAt } from '../../../src/engine/jobs/tableRowAt';
import { tableRows } from '../../../src/engine/jobs/tableRows';
import type { ExplainTableParams } from '../../../src/protocol/table';
import { folderWith, needShared } from '../data/support';

const signal = new AbortController().signal, context = { signal, progress: () => undefined };

describe('one row of a table', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => { engine = new Engine(__filename); });
  after(() => engine.close());

  const iris = (test: Mocha.Context): { model: string; file: string } => ({ model: needShared(test, 'pack/onnx/iris_torch_mlp.onnx'), file: needShared(test, 'pack/tabular/iris.csv') });
  const explain = (params: ExplainTableParams) => explainTable(engine, params, context);

  it('as it is typed gets what the same values in the table get, also by the methods', async function () {
    const source = iris(this), { rows: [row] } = await tableRows(engine, { ...source, numbers: [50] }, context), { predictions } = await predictRows(engine, { ...source, values: [row!.values, [7, 3.2, 6.5, 1.4]] }, context);
    assert.equal(row!.number, 50);
    row!.prediction.forEach((value, at) => assert.ok(Math.abs(value - predictions[0]![at]!) < 1e-6));
    assert.ok(predictions[0]![1]! > 0.9 && predictions[1]![2]! > 0.9);
    const asked = { ...source, method: 'exact-shap', target: 1 }, own = await explain({ ...asked, row: 50 }), typed = await explain({ ...asked, values: row!.values }), moved = await explain({ ...asked, row: 50, values: [7, 3.2, 6.5, 1.4] });
    assert.equal(typed.record.numbers, own.record.numbers);
    assert.deepEqual([own.record.row?.edited, own.record.row?.number, typed.record.row?.number, moved.record.row?.number, moved.record.row?.edited], [undefined, 50, -1, 50, true]);
    assert.ok(moved.finding.kind === 'attributions' && Math.abs(moved.finding.scores[0]! - predictions[1]![1]!) < 1e-6);
  });

  it('with missing values, too few of them, or words is answered or refused by name', async function () {
    const source = iris(this), predict = (values: unknown) => predictRows(engine, { ...source, values: values as number[][] }, context);
    await assert.rejects(predict([[1, 2, 3]]), /values\[0\]: found 3 values, expected 4, one for each feature/);
    await assert.rejects(predict([[1, 2, 3, 'x']]), /values\[0\]\[3\]: found string, expected a number or null/);
    await assert.rejects(predict('all'), /values: found string, expected a list/);
    await assert.rejects(explain({ ...source, method: 'exact-shap', values: [1] }), /^LensError: values: found 1 values, expected 4/);
    assert.ok((await predict([[5, null, 4, 1]])).predictions[0]!.every((value) => Number.isNaN(value) || (value >= 0 && value <= 1)));
  });

  it('is found out about once: what follows a first look does not run the table again', async function () {
    const source = { model: needShared(this, 'pack/onnx/tabular_lendingclub_xgboost.onnx'), file: needShared(this, 'pack/tabular/lending-club.csv') };
    const { reading } = await openTable(engine, source, context), values = [reading!.mapping.features.map(() => 1)];
    const timed = async (): Promise<number> => { const began = performance.now(); await predictRows(engine, { ...source, values }, context); return performance.now() - began; };
    await timed();
    const again = [await timed(), await timed(), await timed(), await timed(), await timed()].sort((a, b) => a - b)[2]!;
    const first = await (async () => { const began = performance.now(); await predictRows(engine, { ...source, label: '', values }, context); return performance.now() - began; })();
    assert.ok(again < first / 2, `${again} ms, the first time ${first} ms`);
  });

  it('another label, or a sidecar that changed, is found out about anew', async function () {
    const folder = folderWith({}), model = path.join(folder, 'iris.onnx'), file = iris(this).file;
    fs.copyFileSync(iris(this).model, model);
    const before = await openTable(engine, { model, file }, context);
    assert.equal(before.reading!.mapping.label, 4);
    assert.equal((await openTable(engine, { model, file, label: '' }, context)).reading!.mapping.label, undefined);
    const { inputs } = { inputs: before.reading!.mapping.entry };
    const [[input, entry]] = Object.entries(inputs) as [[string, { columns: { name: string; mean?: number; std?: number }[] }]];
    fs.writeFileSync(path.join(folder, 'iris.lens.json'), JSON.stringify({ inputs: { [input]: { ...entry, columns: entry.columns.map((column) => ({ ...column, mean: 1, std: 2 })) } } }));
    const one = await predictRows(engine, { model, file: iris(this).file, values: [[7, 3.2, 4.7, 1.4]] }, context), other = await predictRows(engine, { ...iris(this), values: [[3, 1.1, 1.85, 0.2]] }, context);
    one.predictions[0]!.forEach((value, at) => assert.ok(Math.abs(value - other.predictions[0]![at]!) < 1e-6, 'the sidecar\'s scale counts'));
  });

  it('outside of a long file\'s sample is read for itself', async function () {
    const { model } = iris(this), file = path.join(folderWith({ 'long.csv': Array.from({ length: 400 }, (_, row) => `${4 + (row % 30) / 10},3,${1 + (row % 50) / 10},1.${row % 10}`).join('\n') }), 'long.csv');
    const source = { model, file, maxRows: 20 };
    for (const number of [0, 399]) {
      const { rows } = await tableRows(engine, { ...source, numbers: [number] }, context);
      assert.deepEqual(rows.map((row) => [row.number, row.cells[3]]), [[number, `1.${number % 10}`]]);
    }
    assert.deepEqual((await tableRows(engine, { ...source, numbers: [400] }, context)).rows, []);
  });

  it('is the one in a line of the file', async function () {
    const { file } = iris(this), at = (line: number) => tableRowAt({ file, line }, { signal, progress: (value: never) => value });
    assert.deepEqual([await at(1), await at(52)], [{ kind: 'header' }, { kind: 'row', row: 50, firstLine: 52, lastLine: 52 }]);
    await assert.rejects(at(0), /line: found 0, expected a whole number from 1/);
  });
});
