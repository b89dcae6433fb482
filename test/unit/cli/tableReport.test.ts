/** `model-lens table --report` and `model-lens again` for tables, as a user calls them. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { folderWith, needShared } from '../data/support';
import { modelLens } from './modelLens';

describe('model-lens table --report', function () {
  this.timeout(180_000);
  let model: string, data: string, folder: string;
  before(function () {
    model = needShared(this, 'pack/onnx/iris_torch_mlp.onnx');
    folder = folderWith({ 'iris.csv': fs.readFileSync(needShared(this, 'pack/tabular/iris.csv')) });
    data = path.join(folder, 'iris.csv');
  });

  it('writes one page of everything, which again makes again part by part', async () => {
    const report = path.join(folder, 'all.html'), { code, stdout, stderr } = await modelLens('table', model, '--data', data, '--report', report, '--row', '60', '--device', 'cpu', '--seed', '3');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^permutation-importance, pdp, distil, kernel-shap, counterfactual, nearest-rows, quality\nwrote /);
    const html = fs.readFileSync(report, 'utf8');
    for (const title of ['What decides in iris.csv?', 'Permutation importance', 'Distillation', 'How good the model is here', 'Row 60:', 'SHA-256']) assert.ok(html.includes(title), title);
    const again = await modelLens('again', report, '--json');
    assert.equal(again.code, 0, again.stderr);
    const records = JSON.parse(again.stdout) as { method: string; seed: number; verdict: { equal: boolean; changed: string[] } }[];
    assert.deepEqual(records.map(({ method }) => method), ['permutation-importance', 'pdp', 'distil', 'kernel-shap', 'nearest-rows', 'counterfactual']);
    assert.ok(records.every(({ seed, verdict }) => seed === 3 && verdict.equal && verdict.changed.length === 0));
  });

  it('of one method is a page of that; a folder is made again, and told when the table has changed', async () => {
    const out = path.join(folder, 'out'), report = path.join(folder, 'one.html'), { code, stdout, stderr } = await modelLens('table', model, '--data', data, '--method', 'distil', '--out', out, '--report', report, '--device', 'cpu');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /wrote .*tree\.onnx\nwrote .*one\.html/);
    assert.match(fs.readFileSync(report, 'utf8'), /<svg[^>]*><title>Decision tree/);
    const again = await modelLens('again', out);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /every number is as it was, bit for bit/);
    fs.writeFileSync(data, fs.readFileSync(data, 'utf8').split('\n').slice(0, 120).join('\n'));
    const changed = await modelLens('again', out);
    assert.equal(changed.code, 1);
    assert.match(changed.stderr, /note: The table has changed since: iris\.csv\.[\s\S]*the numbers differ from those in explanation\.json/);
  });

  it('says what does not fit in one line', async () => {
    const { code, stderr } = await modelLens('table', model, '--data', path.join(folder, 'none.csv'), '--report', path.join(folder, 'x.html'));
    assert.equal(code, 1);
    assert.match(stderr.trim(), /^model-lens table: .*none\.csv.*$/);
    const none = await modelLens('again', folder);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /explanation\.json: no such file/);
  });
});
