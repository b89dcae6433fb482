/** `--target` in the terminal: every form's words, and wrong ones end with 1 and one line. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../../..');
const pack = (name: string): string => path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack', name);
const model = pack('converted/cifar10_resnet8.onnx'), picture = pack('images/chelsea.png');

describe('model-lens explain --target', function () {
  this.timeout(60_000);
  before(function () {
    if (fs.existsSync(model)) return;
    console.log(`      skipped: there is no ${pack('')} (set MODEL_LENS_SHARED)`);
    this.skip();
  });
  const run = (...more: string[]) => spawnSync(process.execPath, ['--require', 'tsx/cjs', path.join(root, 'src/cli/main.ts'), 'explain', model, '--input', picture, '--method', 'saliency', ...more], { cwd: root, encoding: 'utf8' });

  it('a similarity is recorded with the other input', () => {
    const { status, stdout, stderr } = run('--target', 'similarity(output_0)', '--reference', picture, '--json');
    assert.equal(status, 0, stderr);
    const { target } = JSON.parse(stdout);
    assert.ok(Math.abs(target.score - 1) < 1e-5);
    assert.deepEqual([target.text, target.space, target.elements, target.reference.file], ['similarity(output_0)', 'output', 10, picture]);
  });

  it('a difference is said in words', () => {
    const { status, stdout, stderr } = run('--target', '3-5');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /saliency .* of '.* − .*', logit/);
  });

  it('a wrong form ends with 1 and one line', () => {
    const { status, stdout, stderr } = run('--target', 'output_0[0,10]');
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /index 10 on axis 1 is out of bounds: 'output_0' has dims \[1, 10\]/);
  });
});
