/** `model-lens inspect MODEL --layer NAME` as people type it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { LayerDetails } from '../../../src/protocol/details';
import { packFile } from '../engine/tensorSupport';

const root = path.join(__dirname, '../../..');

function modelLens(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', 'tsx/cjs', path.join(root, 'src/cli/main.ts'), 'inspect', ...args], { cwd: root, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

describe('inspect --layer', function () {
  this.timeout(30_000);

  it('tells what a layer is, in words and as JSON', function () {
    const file = packFile(this, 'converted/imagenet_squeezenet_fp32.onnx');
    const { code, stdout } = modelLens(file, '--layer', 'Conv_0');
    assert.equal(code, 0);
    assert.match(stdout, /^Conv \(ai\.onnx\) {2}Conv_0\nSlides learned filters/);
    assert.match(stdout, /group +1 \(default\)/);
    assert.doesNotMatch(stdout, /\bmin /, 'weights are not read unless asked');
    const json = JSON.parse(modelLens(file, '--layer', 'Conv_0', '--json', '--weights').stdout) as LayerDetails & { tensors: { statistics: { min: number } }[] };
    assert.deepEqual([json.type, json.parameters, json.tensors[0]!.statistics.min], ['Conv', 1792, -0.919921875]);
  });

  it('says what is wrong, and what is near', function () {
    const file = packFile(this, 'converted/imagenet_squeezenet_fp32.onnx');
    const both = modelLens(file, '--layer', 'Conv_0', '--tree');
    assert.equal(both.code, 2);
    assert.match(both.stderr, /--tree shows all layers and --layer one/);
    const unknown = modelLens(file, '--layer', 'conv_1');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /the model has no layer 'conv_1' \(it has 'Conv_10', /);
    const alone = modelLens(file, '--weights');
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /--weights tells about the weights of one layer/);
  });
});
