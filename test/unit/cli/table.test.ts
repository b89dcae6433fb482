/** `model-lens table` as a user calls it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { ExplainTableResult, OpenTableResult } from '../../../src/protocol/table';
import { folderWith, needShared } from '../data/support';
import { modelLens, type Finished } from './modelLens';

const onTable = (...args: readonly string[]): Promise<Finished> => modelLens('table', ...args);

describe('model-lens table', function () {
  this.timeout(120_000);
  let model: string, data: string;
  before(function () {
    model = needShared(this, 'pack/onnx/iris_torch_mlp.onnx');
    data = needShared(this, 'pack/tabular/iris.csv');
  });

  it('without a model it lists the methods; without a method it shows what goes where', async () => {
    const list = await onTable();
    assert.equal(list.code, 0);
    assert.match(list.stdout, /^permutation-importance .*\npdp /ms);
    const shown = await onTable(model, '--data', data);
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /iris\.csv: 150 rows, 5 columns/);
    assert.match(shown.stdout, /0 {2}column 1 +number +input\[0\]/);
    assert.match(shown.stdout, /the model is right on 98\.0 % of 150 rows/);
    const { reading } = JSON.parse((await onTable(model, '--data', data, '--json')).stdout) as OpenTableResult;
    assert.equal(reading?.fit?.value, 0.98);
  });

  it('importance with bars; what is written can be read again', async () => {
    const out = path.join(folderWith({}), 'made');
    const { code, stdout, stderr } = await onTable(model, '--data', data, '--method', 'permutation-importance', '--seed', '1', '--out', out);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /permutation-importance \(preset \w+\) of probability of 'virginica', 150 rows/);
    assert.match(stdout, /column 3 +0\.\d+ ± [\d.]+ +█+/);
    assert.match(stderr, /assumed: Column 'column 5' is taken as what a row really is/);
    assert.deepEqual(fs.readdirSync(out).sort(), ['explanation.json', 'importance.csv', 'importance.npy']);
    const csv = fs.readFileSync(path.join(out, 'importance.csv'), 'utf8').split('\r\n');
    assert.match(csv[0]!, /^feature,mean,spread,repeat 0,/);
    assert.equal(csv.length, 6);
    const record = JSON.parse(fs.readFileSync(path.join(out, 'explanation.json'), 'utf8')) as ExplainTableResult['record'];
    assert.deepEqual([record.kind, record.seed, record.data.total, record.label], ['table', 1, 150, 'column 5']);
    assert.match(record.numbers, /^[0-9a-f]{64}$/);
  });

  it('curves of chosen features, a tree as rules, a row with another answer', async () => {
    const out = path.join(folderWith({}), 'tree');
    const pdp = await onTable(model, '--data', data, '--method', 'pdp', '--feature', 'column 4', '--target', 'setosa', '--json');
    const { finding } = JSON.parse(pdp.stdout) as { finding: { kind: string; curves: { grid: number[]; values: number[] }[] } };
    assert.equal(finding.curves.length, 1);
    assert.ok(finding.curves[0]!.values[0]! > finding.curves[0]!.values.at(-1)!, 'narrow petals speak for setosa');
    const tree = await onTable(model, '--data', data, '--method', 'distil', '--out', out);
    assert.match(tree.stdout, /depth +leaves +agrees/);
    assert.match(fs.readFileSync(path.join(out, 'tree.txt'), 'utf8'), /^if column \d <= [\d.]+\n\| {3}=> setosa \(100\.0 % of \d+ rows\)\nelse/);
    const other = await onTable(model, '--data', data, '--method', 'counterfactual', '--row', '60');
    assert.match(other.stdout, /row 60\n\n1\. another answer: score [\d.]+, distance [\d.]+\n {3}column \d: /);
  });

  it('what does not fit ends with one line', async () => {
    const folder = folderWith({ 'wide.csv': 'a,b,c,d,e,f,g\n1,2,3,4,5,6,7\n2,3,4,5,6,7,8\n', 'w.json': '{"input": {"kind": "table", "columns": ["a", "b", "c", "nine"]}}' }), wide = path.join(folder, 'wide.csv');
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[model, '--data', wide, '--method', 'pdp'], 1, /wide\.csv: has 7 columns .* but the model takes 4 numbers a row \(say in MODEL\.lens\.json/],
      [[model, '--data', wide, '--method', 'pdp', '--preprocessing', path.join(folder, 'w.json')], 1, /wide\.csv: there is no column 'nine'; columns are 'a', 'b'/],
      [[model, '--data', data, '--method', 'counterfactual', '--row', '150'], 1, /row 150 does not exist, it has 150 rows/],
      [[model, '--data', data, '--method', 'pdp', '--label', 'none'], 1, /there is no column 'none'/],
      [[model, '--data', data, '--method', 'pdp', '--delimiter', 'much'], 2, /--delimiter takes one character/],
    ];
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await onTable(...args);
      assert.match(stderr, message);
      assert.equal(code, expected);
    }
  });
});
