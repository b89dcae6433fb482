/**
 * Rewriting loses nothing: every ONNX model of the pack is scanned, written with its weights left in place, and run by
 * ONNX Runtime beside the original file on the reference input. The outputs must agree with each other and with the
 * stored reference.
 */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { scanOnnx } from '../../../src/formats/onnx/scan';
import { writeOnnx, writeOnnxStandalone } from '../../../src/formats/onnx/write';
import { toFloat64 } from '../../../src/tensor/convert';
import { parseNpy } from '../../../src/tensor/npy';
import { filesBelow, ortTensor, outputNumbers, sessionOf, shared, sharedFolder, storedTensor } from './support';
import type { StoredTensor } from './support';

interface Prediction {
  readonly model: string;
  readonly format: string;
  readonly pack: string;
  readonly inputs: readonly StoredTensor[];
  readonly runtime: { readonly graphOptimizationLevel: 'all' | 'basic' | 'disabled' };
  readonly outputs: readonly { readonly name: string; readonly file: string; readonly flatStep?: number; readonly tolerance?: { maxAbs: number; maxRel: number } }[];
}

const pack = path.join(sharedFolder, 'pack');
const goldenFile = path.join(sharedFolder, 'golden/predictions.json');
const predictions: Prediction[] = fs.existsSync(goldenFile) ? JSON.parse(fs.readFileSync(goldenFile, 'utf8')).models : [];
const models = filesBelow(pack, '.onnx').filter((file) => !file.includes(`${path.sep}malformed${path.sep}`));

describe('ONNX models of the pack', function () {
  this.timeout(120_000);

  it('are there', function () {
    shared(this, 'pack');
    assert.ok(models.length > 40, `${models.length} models found`);
  });

  for (const file of models) {
    const relative = path.relative(pack, file).split(path.sep).join('/');
    const prediction = predictions.find((entry) => entry.format === 'onnx' && entry.pack === 'shared' && entry.model === relative);

    it(`${relative} opens${prediction ? ', and its written form computes the same' : ''}`, async () => {
      const model = await scanOnnx(file);
      assert.ok(model.graph.nodes.length > 0);
      assert.deepEqual(model.warnings, []);
      const written = await writeOnnx(model);
      if (!prediction) return;

      const level = prediction.runtime.graphOptimizationLevel;
      const feeds = Object.fromEntries(prediction.inputs.map((input) => [input.name, ortTensor(storedTensor(input))]));
      const original = await sessionOf(file, level), rewritten = await sessionOf(written, level);
      try {
        assert.deepEqual(rewritten.inputNames, original.inputNames);
        assert.deepEqual(rewritten.outputNames, original.outputNames);
        assert.deepEqual(model.graph.inputs.map((input) => input.name), original.inputNames);
        const expected = await original.run(feeds), actual = await rewritten.run(feeds);
        // Not bit for bit: files that list weights among their inputs keep ONNX Runtime from treating them as
        // constants, the written form does not, and that changes the order of some sums.
        for (const name of original.outputNames) assertClose(outputNumbers(actual[name]!), outputNumbers(expected[name]!), 2e-5, 1e-5, name);
        for (const output of prediction.outputs) {
          const stored = parseNpy(fs.readFileSync(path.join(sharedFolder, 'golden', output.file)));
          const reference = stored.dtype === 'string' ? stored.data as readonly string[] : toFloat64(stored);
          const full = outputNumbers(actual[output.name]!);
          const found = full && (output.flatStep ? full.filter((_: unknown, i: number) => i % output.flatStep! === 0) : full);
          // Integer outputs carry no tolerance. Quantised ones differ by one step between optimisation levels.
          assertClose(found, reference, output.tolerance?.maxAbs ?? 0, output.tolerance?.maxRel ?? 0, `${output.name} against the reference`);
        }
      } finally {
        await original.release();
        await rewritten.release();
      }
    });
  }

  it('written standalone computes the same', async function () {
    const file = shared(this, 'pack/onnx/mnist_cntk.onnx');
    const prediction = predictions.find((entry) => entry.model === 'onnx/mnist_cntk.onnx')!;
    const bytes = await writeOnnxStandalone(await scanOnnx(file));
    const feeds = Object.fromEntries(prediction.inputs.map((input) => [input.name, ortTensor(storedTensor(input))]));
    const session = await sessionOf({ bytes }), original = await sessionOf(file);
    const expected = await original.run(feeds), actual = await session.run(feeds);
    assert.deepEqual(actual[session.outputNames[0]!]!.data, expected[session.outputNames[0]!]!.data);
    await session.release();
    await original.release();
  });
});

type Values = Float64Array | readonly string[] | undefined;

function assertClose(actual: Values, expected: Values, maxAbs: number, maxRel: number, what: string): void {
  assert.equal(actual?.length, expected?.length, `${what}: length`);
  if (!actual || !expected) return;
  for (let i = 0; i < expected.length; i++) {
    const a: number | string = actual[i]!, e: number | string = expected[i]!;
    if (typeof a === 'string' || typeof e === 'string') assert.equal(a, e, what);
    else if (!(Math.abs(a - e) <= maxAbs + maxRel * Math.abs(e)) && !(Number.isNaN(a) && Number.isNaN(e))) assert.fail(`${what}: element ${i} is ${a}, expected ${e}`);
  }
}
