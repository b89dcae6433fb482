/** `--preprocessing FILE.json`: what it changes, what is recorded of it, and what is said of files that hold no such thing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ExplanationRecord } from '../../../src/protocol/engine';

const root = path.resolve(__dirname, '../../..');
const model = path.join(root, 'samples/models/scenes.onnx'), picture = path.join(root, 'samples/pictures/boat_1.png');
const modelLens = (...args: string[]) => spawnSync(process.execPath, ['--require', 'tsx/cjs', path.join(root, 'src/cli/main.ts'), ...args], { cwd: root, encoding: 'utf8' });

describe('model-lens --preprocessing', function () {
  this.timeout(120_000);
  let folder = '', input = '';
  const file = (name: string, content: unknown): string => {
    fs.writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return path.join(folder, name);
  };

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lens-cli-'));
    const summary = JSON.parse(modelLens('inspect', model, '--json').stdout) as { inputs: { name: string }[] };
    input = summary.inputs[0]!.name;
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('takes entries by input name or a whole sidecar, and says that it is not saved', () => {
    const entry = { kind: 'image', channels: 'BGR', range: [0, 255] };
    const results = [{ [input]: entry }, { inputs: { [input]: entry }, outputs: {} }].map((content, i) => modelLens('predict', model, '--input', picture, '--preprocessing', file(`${i}.json`, content), '--json'));
    for (const { status, stderr } of results) {
      assert.equal(status, 0, stderr);
      assert.match(stderr, /BGR, 0…255.*tried here, not saved/);
    }
    assert.equal(results[0]!.stdout, results[1]!.stdout);
  });

  it('is part of what an explanation records', () => {
    const given = { [input]: { kind: 'image', range: [0, 1] } };
    const { status, stdout, stderr } = modelLens('explain', model, '--input', picture, '--method', 'saliency', '--preprocessing', file('given.json', given), '--json');
    assert.equal(status, 0, stderr);
    assert.deepEqual((JSON.parse(stdout) as ExplanationRecord).tried, given);
  });

  it('tells a file that cannot be read (2) from one that does not fit the model (1)', () => {
    const run = (name: string): { status: number | null; last: string } => {
      const { status, stderr } = modelLens('predict', model, '--input', picture, '--preprocessing', name);
      return { status, last: stderr.trim() };
    };
    const missing = run(path.join(folder, 'missing.json')), damaged = run(file('damaged.json', '{')), list = run(file('list.json', []));
    assert.equal(missing.status, 2);
    assert.match(missing.last, /missing\.json/);
    assert.equal(damaged.status, 2);
    assert.match(damaged.last, /is no valid JSON/);
    assert.equal(list.status, 2);
    assert.match(list.last, /expected an object/);
    const wrong = run(file('wrong.json', { [input]: { kind: 'image', std: [0] } }));
    assert.equal(wrong.status, 1);
    assert.match(wrong.last, /preprocessing: inputs\..*\.std: found 0, expected numbers other than 0/);
  });
});
