/** `model-lens compare` as a user calls it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../../..');
const samples = path.join(root, 'samples');
const onnx = path.join(samples, 'models/scenes.onnx'), h5 = path.join(samples, 'models/scenes.h5');
const picture = path.join(samples, 'pictures', fs.readdirSync(path.join(samples, 'pictures')).find((name) => /\.(png|jpe?g)$/.test(name))!);

function modelLens(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', 'tsx/cjs', path.join(root, 'src/cli/main.ts'), ...args], { cwd: root, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

describe('model-lens compare', function () {
  this.timeout(60_000);

  it('says what is the same and what differs', () => {
    const { code, stdout } = modelLens('compare', onnx, h5, '--weights');
    assert.equal(code, 0);
    assert.match(stdout, /~ +format +onnx +keras/);
    assert.match(stdout, /9 layers are the same, 0 changed, 0 added, 0 removed/);
  });

  it('prints JSON without what is only drawn, and with an input what both models say', () => {
    const { code, stdout } = modelLens('compare', onnx, h5, '--weights', '--json', '--input', picture, '--device', 'cpu');
    assert.equal(code, 0);
    const result = JSON.parse(stdout) as { totals: Record<string, number>; layers: { kind: string; weights: { relativeError: number }[] }[]; run: { outputs: { maximum: number; mean: number }[]; predictions: Record<'a' | 'b', { top: { label: string }[] }>; layers: unknown[] } };
    assert.deepEqual(result.totals, { same: 9, changed: 0, added: 0, removed: 0 });
    assert.ok(!('view' in result) && !('kinds' in result));
    assert.ok(result.layers.every(({ weights }) => weights.every(({ relativeError }) => relativeError < 1e-6)));
    assert.ok(result.run.outputs[0]!.maximum < 1e-5);
    assert.deepEqual(result.run.predictions.a.top.map(({ label }) => label), result.run.predictions.b.top.map(({ label }) => label));
    assert.equal(result.run.layers.length, 9);
  });

  it('ends with 2 for wrong usage, with 1 and one line for a file that is no model, with 0 for help', () => {
    assert.equal(modelLens('compare', onnx).code, 2);
    assert.equal(modelLens('compare', onnx, h5, '--wieghts').code, 2);
    const { code, stdout, stderr } = modelLens('compare', onnx, path.join(samples, 'README.md'));
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(stderr.trim().split('\n').length, 1);
    const help = modelLens('compare', '--help');
    assert.equal(help.code, 0);
    assert.match(help.stdout, /usage: model-lens compare A B/);
  });
});
