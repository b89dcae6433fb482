/** Upgraded models compute what the originals compute: both are run on the golden inputs. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { scanOnnx } from '../../../src/formats/onnx/scan';
import { upgradeOpset } from '../../../src/graph/upgrade';
import { readGoldenInput } from './goldenInputs';
import type { GoldenInput } from './goldenInputs';
import { assertClose, runFile, runModel } from './run';
import { sharedFolder, skipWithoutShared } from './shared';

interface Entry { readonly model: string; readonly pack: string; readonly format: string; readonly inputs: readonly GoldenInput[] }

const folder = path.join(sharedFolder, 'golden');
const list = path.join(folder, 'predictions.json');
const entries = fs.existsSync(list) ? (JSON.parse(fs.readFileSync(list, 'utf8')) as { models: Entry[] }).models : [];

describe('upgrade of real models', function () {
  this.timeout(60_000);

  it('finds golden predictions', function () {
    skipWithoutShared(this, list);
    assert.ok(entries.length > 0);
  });

  for (const entry of entries.filter(({ format, pack }) => format === 'onnx' && pack === 'shared')) {
    it(`${entry.model} computes the same`, async function () {
      const file = path.join(sharedFolder, 'pack', entry.model);
      const model = await scanOnnx(file);
      // Without ai.onnx nodes, or new already: nothing to rewrite.
      const from = model.opsets.get('') ?? 18;
      const upgraded = upgradeOpset(model, from < 13 ? 13 : 18);
      if (from >= 18) { assert.equal(upgraded, model); return; }
      assert.equal(upgraded.opsets.get(''), from < 13 ? 13 : 18);
      // ONNX Runtime takes minutes to load a graph that large.
      if (model.graph.nodes.length > 5000) return;
      const feeds = Object.fromEntries(entry.inputs.map((input) => [input.name, readGoldenInput(folder, input)]));
      assertClose(await runModel(upgraded, feeds), await runFile(file, feeds), 5e-6);
    });
  }
});
