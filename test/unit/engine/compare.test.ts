import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { compareRuns } from '../../../src/engine/compareRuns';
import { Engine } from '../../../src/engine/engine';
import { alignFiles, compare } from '../../../src/engine/jobs/compare';
import type { CompareResult } from '../../../src/protocol/compare';

const root = path.resolve(__dirname, '../../..');
const samples = path.join(root, 'samples');
const onnx = path.join(samples, 'models/scenes.onnx'), h5 = path.join(samples, 'models/scenes.h5');
const pack = path.join(path.resolve(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared')), 'pack');
const picture = path.join(samples, 'pictures', fs.readdirSync(path.join(samples, 'pictures')).find((name) => /\.(png|jpe?g)$/.test(name))!);

describe('the compare job', function () {
  this.timeout(60_000);
  let engine: Engine;
  const never = new AbortController().signal;

  before(() => { engine = new Engine(__filename); });
  after(() => engine.close());

  it('answers with both models, their layers, and one graph of both', async () => {
    const told: number[] = [];
    const result: CompareResult = await compare(engine, { a: onnx, b: h5, weights: true }, { signal: never, progress: ({ done, total }) => told.push(done / total) });
    assert.deepEqual([result.a.file, result.b.file], [onnx, h5]);
    assert.equal(result.a.summary.format, 'onnx');
    assert.equal(result.b.summary.totals.parameters, result.a.summary.totals.parameters);
    assert.equal(result.kinds.length, result.view.nodes.length);
    for (const { node, kind } of result.layers) assert.equal(result.kinds[node], kind);
    for (const { from, to } of result.view.edges) assert.ok(from < to, 'edges lead forward');
    assert.deepEqual(result.view.nodes.map(({ layer }) => layer).filter((layer) => layer !== null), result.layers.map((_, row) => row));
    assert.equal(told.at(-1), 1);
    // What crosses the wire survives it.
    assert.deepEqual(structuredClone(result), result);
  });

  it('reads no weights unless asked', async () => {
    const { layers } = await compare(engine, { a: onnx, b: h5, weights: false }, { signal: never, progress: () => assert.fail('no weights, no progress') });
    assert.ok(layers.every(({ weights }) => weights.length === 0));
  });

  it('stops when it is cancelled', async () => {
    const cancel = new AbortController();
    await assert.rejects(compare(engine, { a: onnx, b: h5, weights: true }, { signal: cancel.signal, progress: () => cancel.abort() }), { code: 'cancelled' });
  });

  it('says which file is none', async () => {
    await assert.rejects(compare(engine, { a: onnx, b: path.join(samples, 'models/missing.onnx'), weights: false }, { signal: never, progress: () => undefined }), /missing\.onnx: no such file/);
    await assert.rejects(compare(engine, { a: path.join(samples, 'README.md'), b: onnx, weights: false }, { signal: never, progress: () => undefined }));
  });

  it('runs both on a picture: outputs, classes and activations agree where the weights do', async () => {
    const aligned = await alignFiles(engine, onnx, h5, never);
    const run = await compareRuns(engine, aligned, { inputs: { '': picture }, device: 'cpu' }, never);
    assert.equal(run.outputs.length, 1);
    assert.ok(run.outputs[0]!.maximum! < 1e-5);
    assert.equal(run.predictions.a!.top[0]!.label, run.predictions.b!.top[0]!.label);
    assert.equal(run.layers.length, 9);
    for (const { name, relativeError } of run.layers) assert.ok(relativeError! < 1e-5, `${name}: ${relativeError}`);
  });

  it('tells where a quantised twin parts from its float model', async function () {
    const [float, quantised] = ['converted/imagenet_squeezenet_fp32.onnx', 'onnx/imagenet_squeezenet_fp16.onnx'].map((name) => path.join(pack, name)) as [string, string];
    if (!fs.existsSync(float)) {
      console.log(`    (skipped: ${pack} is not there)`);
      return this.skip();
    }
    const aligned = await alignFiles(engine, float, quantised, never);
    const run = await compareRuns(engine, aligned, { inputs: { '': path.join(pack, 'images/chelsea.png') }, device: 'cpu' }, never);
    assert.equal(run.predictions.a!.top[0]!.index, run.predictions.b!.top[0]!.index);
    const errors = run.layers.map(({ relativeError }) => relativeError!);
    assert.ok(errors.every((error) => error < 0.05), errors.join());
    assert.ok(errors.some((error) => error > 1e-5), 'half precision shows');
    assert.ok(run.outputs[0]!.mean! <= run.outputs[0]!.maximum!);
  });
});
