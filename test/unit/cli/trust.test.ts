/** `model-lens trust` as a user calls it, on the samples. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TrustResult } from '../../../src/protocol/trust';
import { modelLens, root } from './modelLens';

const sample = (name: string): string => path.join(root, 'samples', name);

describe('model-lens trust', function () {
  this.timeout(60_000);
  let folder: string, model: string, out: string;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-trust-'));
    model = path.join(folder, 'scenes.onnx');
    for (const name of ['scenes.onnx', 'scenes.onnx.lens.json', 'labels.txt']) fs.copyFileSync(sample(`models/${name}`), path.join(folder, name));
    out = path.join(folder, 'made');
    const { code, stderr } = await modelLens('explain', model, '--input', sample('pictures/car_1.png'), '--method', 'saliency', '--device', 'cpu', '--out', out);
    assert.equal(code, 0, stderr);
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('shows each figure beside those of random maps and edges, and a verdict', async () => {
    const { code, stdout, stderr } = await modelLens('trust', out, '--metrics', 'deletion,sparseness,pointing-game', '--mask', sample('masks/car_1.png'));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^figure +better +this map +random +edges +verdict/m);
    for (const id of ['pointing-game', 'sparseness', 'deletion']) assert.match(stdout, new RegExp(`^${id} +(higher|lower) +\\d`, 'm'));
    assert.match(stdout, /Better than a random map in \d of 2 checks/);
    assert.doesNotMatch(stderr, /changed/);
  });

  it('measures the numbers in attributions.npy', async () => {
    const json = async (): Promise<TrustResult & { changed: string[] }> => {
      const { code, stdout, stderr } = await modelLens('trust', out, '--metrics', 'sparseness', '--json');
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout) as TrustResult & { changed: string[] };
    };
    const file = path.join(out, 'attributions.npy'), bytes = fs.readFileSync(file), first = await json();
    assert.deepEqual(first.figures.map(({ id }) => id), ['sparseness']);
    assert.deepEqual(first.changed, []);
    const changed = Buffer.from(bytes);
    changed.writeFloatLE(1e6, changed.length - 4);
    fs.writeFileSync(file, changed);
    assert.ok((await json()).figures[0]!.value > first.figures[0]!.value + 0.2);
    fs.writeFileSync(file, bytes);
  });

  it('says when the model is not the one that was explained', async () => {
    const bytes = fs.readFileSync(model);
    // A producer's name that is spelt otherwise changes no number.
    fs.writeFileSync(model, Buffer.concat([bytes, Buffer.from([0x1a, 0x01, 0x78])]));
    const { code, stdout, stderr } = await modelLens('trust', out, '--metrics', 'sparseness', '--json');
    fs.writeFileSync(model, bytes);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /The model file has changed since the map was made/);
    assert.equal((JSON.parse(stdout) as { changed: string[] }).changed.length, 1);
  });

  const wrong: readonly (readonly [string, () => readonly string[], number, RegExp])[] = [
    ['no folder', () => ['trust'], 2, /DIR is missing/],
    ['a folder without an explanation', () => ['trust', folder], 1, /explanation\.json: no such file/],
    ['a figure that does not exist', () => ['trust', out, '--metrics', 'taste'], 1, /figure 'taste': not found, expected one of completeness/],
    ['a mask that is no picture', () => ['trust', out, '--mask', path.join(folder, 'labels.txt')], 1, /labels\.txt/],
  ];
  for (const [name, args, expected, message] of wrong) {
    it(`wrong use: ${name}`, async () => {
      const { code, stderr } = await modelLens(...args());
      assert.equal(code, expected, stderr);
      assert.match(stderr, message);
      assert.ok(stderr.trim().split('\n').length <= 2);
    });
  }

  it('an explanation without a map is refused in words', async () => {
    const other = path.join(folder, 'other');
    fs.mkdirSync(other);
    fs.copyFileSync(path.join(out, 'explanation.json'), path.join(other, 'explanation.json'));
    const { code, stderr } = await modelLens('trust', other);
    assert.equal(code, 1);
    assert.match(stderr, /attributions\.npy: no such file/);
  });
});
