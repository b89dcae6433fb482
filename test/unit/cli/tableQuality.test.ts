/** `model-lens table --quality` and `--rows` as a user calls them. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { TableRowsResult } from '../../../src/protocol/table';
import type { TableQuality } from '../../../src/protocol/tableQuality';
import { folderWith, needShared } from '../data/support';
import { modelLens, type Finished } from './modelLens';

const onTable = (...args: readonly string[]): Promise<Finished> => modelLens('table', ...args);

describe('model-lens table --quality and --rows', function () {
  this.timeout(300_000);
  let iris: readonly string[], lending: readonly string[];
  before(function () {
    iris = [needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), '--data', needShared(this, 'pack/tabular/iris.csv')];
    lending = [needShared(this, 'pack/onnx/tabular_lendingclub_xgboost.onnx'), '--data', needShared(this, 'pack/tabular/lending-club.csv')];
  });

  it('shows figures, confusion, calibration, slices and groups', async () => {
    const { code, stdout, stderr } = await onTable(...lending, '--quality', '--group', 'home_ownership');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^5000 rows with a label\n\nfigure +value +always the same\nAccuracy +0\.8\d+ ± 0\.00\d+ +0\.7984 +higher is better/);
    assert.match(stdout, /is \\ said +0 +1 +right\n0 +\d+ +\d+ +[\d.]+ %/);
    assert.match(stdout, /calibration of '1' \(mean gap [\d.]+ %\)/);
    assert.match(stdout, /where the log loss is higher than [\d.]+, its mean \(\d+ slices of at least 25 rows were tried/);
    assert.match(stdout, /groups of 'home_ownership', for '1'\nhome_ownership +rows +said +found \(TPR\)/);
    assert.match(stdout, /Demographic parity: MORTGAGE: .* a gap of [\d.]+ ± [\d.]+ points, a ratio of 0\.\d\d; left out, with fewer than 30 such rows: ANY, NONE, OTHER/);
    const out = path.join(folderWith({}), 'made'), quality = JSON.parse((await onTable(...iris, '--quality', '--group', '0', '--out', out, '--json')).stdout) as TableQuality;
    assert.deepEqual(quality.confusion, [[50, 0, 0], [0, 47, 3], [0, 0, 50]]);
    assert.deepEqual(fs.readdirSync(out).sort(), ['calibration.csv', 'confusion.csv', 'figures.csv', 'gaps.csv', 'groups.csv', 'quality.json', 'slices.csv']);
    assert.deepEqual((JSON.parse(fs.readFileSync(path.join(out, 'quality.json'), 'utf8')) as TableQuality).metrics, quality.metrics);
    assert.match(fs.readFileSync(path.join(out, 'confusion.csv'), 'utf8'), /^actual \\ said,setosa,versicolor,virginica\r\nsetosa,50,0,0\r\nversicolor,0,47,3/);
    assert.match(fs.readFileSync(path.join(out, 'groups.csv'), 'utf8'), /^column 1,rows,rows of the class,rows said to be of it,selectionRate,selectionRate standard error,/);
  });

  it('lists rows, sorted and filtered', async () => {
    const out = folderWith({}), { code, stdout, stderr } = await onTable(...iris, '--rows', '--actual', 'versicolor', '--said', 'virginica', '--sort', 'error', '--out', out);
    assert.equal(code, 0, stderr);
    const lines = stdout.trim().split('\n');
    assert.match(lines[0]!, /^ *row +column 1 .* is +said +probability +error$/);
    assert.equal(lines.length, 6);
    assert.match(lines.at(-2)!, /^3 of 3 rows$/);
    assert.match(fs.readFileSync(path.join(out, 'rows.csv'), 'utf8'), /^row,column 1,.*,label,probability of setosa,.*,error\r\n\d+,(.*,){5}versicolor,/);
    const { total, rows } = JSON.parse((await onTable(...iris, '--rows', '--limit', '2', '--offset', '148', '--json')).stdout) as TableRowsResult;
    assert.deepEqual([total, rows.map(({ number }) => number)], [150, [148, 149]]);
  });

  it('what does not fit ends with one line', async () => {
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[...iris, '--quality', '--label', ''], 1, /iris\.csv: nothing tells what each row really is \(name the label column\)/],
      [[...iris, '--quality', '--group', 'colour'], 1, /there is no column 'colour'/],
      [[...iris, '--quality', '--rows'], 2, /--quality and --rows are two questions/],
      [[...iris, '--quality', '--method', 'pdp'], 2, /--quality and --method are two questions/],
      [[...iris, '--quality', '--row', '3'], 2, /--row goes with --method/],
      [[...iris, '--group', '1'], 2, /--group goes with --quality/],
      [[...iris, '--sort', 'error'], 2, /--sort goes with --rows/],
      [[...iris, '--rows', '--said', 'rose'], 2, /--said 'rose' is no class; they are setosa, versicolor, virginica/],
    ];
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await onTable(...args);
      assert.match(stderr, message);
      assert.equal(code, expected);
    }
  });
});
