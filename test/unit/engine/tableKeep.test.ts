/** What was found of a table, kept: as a page, as a record that finds the same again, as a tree that runs by itself. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { againTable } from '../../../src/engine/jobs/againTable';
import { keepTable } from '../../../src/engine/jobs/keepTable';
import { kept } from '../../../src/engine/jobs/keep';
import { explainTable } from '../../../src/engine/jobs/table';
import { tableQuality } from '../../../src/engine/jobs/tableQuality';
import { treeFile } from '../../../src/engine/jobs/treeFile';
import { loadOrt } from '../../../src/engine/ort';
import { readKept, readRecord } from '../../../src/engine/keep/record';
import { fitTable, readSource, tableModel } from '../../../src/engine/table/openedTable';
import { saveTable } from '../../../src/engine/table/saveTable';
import { cutTree, leafOf } from '../../../src/methods/table/cart';
import type { ExplainTableParams, TableSource } from '../../../src/protocol/table';
import { folderWith, needShared } from '../data/support';

const signal = new AbortController().signal, context = { signal, progress: () => undefined };

describe('What was found of a table, kept', function () {
  this.timeout(120_000);
  let engine: Engine;
  before(() => { engine = new Engine(__filename); });
  after(() => engine.close());

  const explain = (params: ExplainTableParams) => explainTable(engine, params, context);
  const lending = (test: Mocha.Context): TableSource => ({ model: needShared(test, 'pack/onnx/tabular_lendingclub_xgboost.onnx'), file: needShared(test, 'pack/tabular/lending-club.csv'), device: 'cpu' });

  it('a tree cut at a depth runs in ONNX Runtime and agrees with the model as often as the page says', async function () {
    const source = lending(this), depth = 3, { finding, record } = await explain({ ...source, method: 'distil', parameters: { maxDepth: 8 } });
    assert.ok(finding.kind === 'surrogate' && finding.tree);
    const features = record.reading.mapping.features.map(({ feature }) => feature), { outputs, task } = record.reading;
    const { bytes } = await treeFile({ tree: finding.tree, depth, features, outputs, task, form: 'onnx' });
    const table = await readSource(engine, source, signal, () => undefined), opened = await fitTable(engine, source, table, { signal, warn: () => undefined }), { data } = opened;
    const ort = await loadOrt(), session = await ort.InferenceSession.create(bytes);
    const { label } = await session.run({ features: new ort.Tensor('float32', Float32Array.from(data.values), [data.count, features.length]) });
    const said = await (await tableModel(opened, record.target.index, 'probability', signal)).predict(data), width = outputs.length, cut = cutTree(finding.tree, depth);
    let agree = 0;
    for (let row = 0; row < data.count; row++) {
      const leaf = leafOf(cut, data.values.subarray(row * features.length, (row + 1) * features.length)), own = outputs[leaf.value.indexOf(Math.max(...leaf.value))];
      assert.equal((label!.data as string[])[row], own);
      if (own === outputs[Number(said[row * width + 1]! > said[row * width]!)]) agree++;
    }
    // The rows it learnt from and those it is judged by are all rows.
    const { train, heldOut } = finding.fidelity[depth - 1]!, learnt = Number(record.chosen.rows), apart = Number(record.chosen.heldOutRows);
    assert.equal(learnt + apart, data.count);
    assert.ok(Math.abs(agree - (train * learnt + heldOut * apart)) < 1e-6 * data.count, `${agree} rows, ${train * learnt + heldOut * apart} were told`);
    await session.release();
    const text = new TextDecoder().decode((await treeFile({ tree: finding.tree, depth, features, outputs, task, form: 'text' })).bytes);
    assert.equal(text.match(/=> /g)!.length, finding.fidelity[depth - 1]!.leaves);
    assert.match(text, /^if term is one of 36 months\n/);
  });

  it('what a page sends as a tree is looked at first', async () => {
    const leaf = { rows: 1, impurity: 0, value: [0, 1] }, features = [{ name: 'a', kind: 'number' as const }], base = { features, outputs: ['n', 'y'], task: 'classification' as const, form: 'onnx' as const };
    await assert.rejects(treeFile({ ...base, tree: { ...leaf, feature: 3, threshold: 0, left: leaf, right: leaf } }), /feature: found 3, expected a place among 1/);
    await assert.rejects(treeFile({ ...base, tree: { ...leaf, feature: 0, threshold: NaN, left: leaf, right: leaf } }), /threshold: found NaN/);
    await assert.rejects(treeFile({ ...base, tree: { ...leaf, value: [1] } }), /expected 2 numbers/);
    await assert.rejects(treeFile({ ...base, tree: { ...leaf, left: leaf } }), /one way, expected two/);
  });

  it('a report holds importance, curves, the tree, quality and rows, and finds all of it again, bit for bit', async function () {
    const source: TableSource = { model: needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file: needShared(this, 'pack/tabular/iris.csv'), device: 'cpu' }, folder = folderWith({}), to = path.join(folder, 'report.html');
    const asked: Omit<ExplainTableParams, keyof TableSource>[] = [
      { method: 'permutation-importance', parameters: { maxRows: 500 } }, { method: 'pdp', features: ['column 1', 'column 3'], parameters: { maxRows: 100 } }, { method: 'distil' }, { method: 'distil', parameters: { surrogate: 'linear' } },
      { method: 'shap-summary', parameters: { rows: 6, nSamples: 200, backgroundRows: 20 } }, { method: 'kernel-shap', row: 3 }, { method: 'counterfactual', row: 3 },
    ];
    const results = [];
    for (const params of asked) results.push(await explain({ ...source, seed: 7, ...params }));
    const quality = await tableQuality(engine, { ...source, group: 'column 3' }, context);
    assert.deepEqual((await keepTable({ results, qualities: [quality], to })).files, [to]);
    const html = fs.readFileSync(to, 'utf8');
    for (const title of ['Permutation importance', 'Partial dependence', 'Distillation', 'KernelSHAP', 'Counterfactuals', 'How good the model is here', 'Groups by column 3', 'How it was made']) assert.ok(html.includes(title), title);
    for (const { record } of results) assert.ok(html.includes(record.numbers), record.method);
    assert.ok(html.includes(results[0]!.record.model.sha256) && html.includes(results[0]!.record.data.sha256));
    assert.ok(!/NaN|undefined|\[object/.test(html.replace(/<script[\s\S]*<\/script>/, '')), 'numbers that are none');
    const found = await readKept(to);
    assert.ok('tables' in found && found.tables.length === asked.length);
    for (const before of found.tables) {
      const { verdict } = await againTable(engine, before, folder, undefined, context);
      assert.deepEqual(verdict, { equal: true, changed: [] }, before.method);
    }
    assert.deepEqual(await kept(to), { table: { model: source.model, file: source.file } });
    await assert.rejects(readRecord(to), /is about a table/);
  });

  it('a folder finds the same again, and tells when the table has changed', async function () {
    const folder = folderWith({ 'iris.csv': fs.readFileSync(needShared(this, 'pack/tabular/iris.csv')) }), file = path.join(folder, 'iris.csv'), out = path.join(folder, 'out');
    await saveTable(out, await explain({ model: needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file, device: 'cpu', method: 'permutation-importance', label: 4, reading: { header: true } }));
    const found = await readKept(out);
    assert.ok('tables' in found);
    assert.deepEqual(found.tables[0]!.asked, { label: 4, reading: { header: true } });
    assert.equal((await againTable(engine, found.tables[0]!, out, undefined, context)).verdict.equal, true);
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('5.1', '7.1'));
    const { verdict } = await againTable(engine, found.tables[0]!, out, undefined, context);
    assert.equal(verdict.equal, false);
    assert.deepEqual(verdict.changed, ['The table has changed since: iris.csv.']);
  });

  it('names of a table are no markup in a report, and nothing in it runs', async function () {
    const evil = '<img src=x onerror=alert(1)>', rows = fs.readFileSync(needShared(this, 'pack/tabular/iris.csv'), 'utf8').trim().split('\n').slice(1, 80);
    const folder = folderWith({ 'e.csv': [`${evil},"</script><script>b",c,d,label`, ...rows, ''].join('\n') }), to = path.join(folder, 'r.html'), model = needShared(this, 'pack/onnx/iris_torch_mlp.onnx');
    const results = [];
    for (const method of ['permutation-importance', 'pdp', 'distil']) results.push(await explain({ model, file: path.join(folder, 'e.csv'), device: 'cpu', method }));
    await keepTable({ results, to });
    const html = fs.readFileSync(to, 'utf8');
    assert.ok(!html.includes('<img') && html.includes('&#60;img'));
    assert.equal(html.match(/<script/g)!.length, 1);
    assert.equal(html.match(/<\/script>/g)!.length, 1);
    assert.match(html, /default-src 'none'; img-src data:; style-src 'unsafe-inline'/);
    assert.ok(!/(?:src|href)="?https?:/i.test(html));
  });

  it('what is no record, or nothing at all, is said in one line', async () => {
    const folder = folderWith({ 'a.json': '{"kind":"table","method":"pdp"}', 'b.json': '{"kind":"tables","records":[]}' });
    await assert.rejects(readKept(path.join(folder, 'a.json')), /a\.json: data is missing or of another kind, expected an object/);
    await assert.rejects(readKept(path.join(folder, 'b.json')), /records: found 0, expected a list/);
    await assert.rejects(readKept(folder), /explanation\.json: no such file/);
    await assert.rejects(keepTable({ results: [], to: path.join(folder, 'c.html') }), /nothing was found out yet/);
  });
});
