import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explainPair } from '../../../src/engine/jobs/explainPair';
import { mapsApart } from '../../../src/engine/pair/difference';
import type { HeatMap } from '../../../src/tensor/heatmap';

const root = path.resolve(__dirname, '../../..');
const shared = path.resolve(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'));
const context = { signal: new AbortController().signal, progress: () => undefined };
const map = (width: number, height: number, value: (x: number, y: number) => number): HeatMap =>
  ({ width, height, signed: true, values: Float32Array.from({ length: width * height }, (_, cell) => value(cell % width, Math.floor(cell / width))) });

describe('Two models on one picture', () => {
  let engine: Engine;
  before(() => { engine = new Engine(path.join(root, 'src/engine/main.ts')); });
  after(() => engine.close());

  it('the same network in two formats: the same class, the same map', async () => {
    const result = await explainPair(engine, { a: path.join(root, 'samples/models/scenes.onnx'), b: path.join(root, 'samples/models/scenes.h5'), inputs: { '': path.join(root, 'samples/pictures/car_1.png') }, method: 'grad-cam', device: 'cpu' }, context);
    assert.equal(result.sameClass, true);
    assert.equal(result.b.record.target.label, result.a.record.target.label);
    assert.ok(result.figures!.rankCorrelation > 0.999 && result.figures!.topOverlap > 0.99, JSON.stringify(result.figures));
    const strongest = Math.max(...result.a.map!.values.map(Math.abs)), total = result.a.map!.values.reduce((sum, value) => sum + Math.abs(value), 0);
    assert.ok(Math.max(...result.difference!.values.map(Math.abs)) < 1e-3 * (strongest / total));
    assert.deepEqual(result.notes, []);
    for (const { a, b } of result.classes) assert.ok(Math.abs(a! - b!) < 1e-5);
  });

  it('fp32 and its quantised twin, of bytes, differ a little', async function () {
    const pack = path.join(shared, 'pack');
    if (!fs.existsSync(pack)) {
      console.log(`    (skipped: ${pack} is not there)`);
      return this.skip();
    }
    const at = (name: string): string => path.join(pack, 'converted', `imagenet_mobilenet_v2_${name}.onnx`);
    const { figures, sameClass, notes } = await explainPair(engine, { a: at('dequant_fp32'), b: at('qdq_uint8'), inputs: { '': path.join(pack, 'images/chelsea.png') }, method: 'grad-cam', device: 'cpu' }, context);
    assert.equal(sameClass, true);
    assert.ok(figures!.rankCorrelation > 0.95 && figures!.rankCorrelation < 1, JSON.stringify(figures));
    assert.match(notes.join(), /prepared differently/);
  });

  it('models of other classes: the class by its name, else each its own, and that is said', async function () {
    const pack = path.join(shared, 'pack');
    if (!fs.existsSync(pack)) {
      console.log(`    (skipped: ${pack} is not there)`);
      return this.skip();
    }
    const result = await explainPair(engine, { a: path.join(pack, 'converted/imagenet_squeezenet_fp32.onnx'), b: path.join(root, 'samples/models/scenes.onnx'), inputs: { '': path.join(pack, 'images/chelsea.png') }, method: 'saliency', device: 'cpu' }, context);
    assert.match(result.notes.join(), /scenes\.onnx has no class 'Egyptian cat'/);
    assert.equal(result.sameClass, false);
  });

  it('maps of different sizes and views are compared where both look', () => {
    const left = map(4, 4, (x) => (x < 2 ? 1 : 0)), fine = map(8, 8, (x) => (x < 4 ? 5 : 0));
    assert.ok(mapsApart(left, fine)!.figures.correlation > 0.9);
    const opposite = mapsApart(left, map(4, 4, (x) => (x < 2 ? 0 : 1)))!;
    assert.ok(opposite.figures.rankCorrelation < -0.9 && opposite.difference.values[0]! < 0 && opposite.difference.values[3]! > 0);
    assert.ok(Math.abs(opposite.difference.values.reduce((sum, value) => sum + value, 0)) < 1e-6, 'shares: what one loses the other has');
    const frame = (x: number) => ({ sourceWidth: 200, sourceHeight: 100, left: x, top: 0, width: 100, height: 100 });
    assert.equal(mapsApart(left, left, { a: frame(0), b: frame(100) }), undefined);
    // The second model looks at the right three quarters of the first's view and at what is beside it.
    const apart = mapsApart(map(4, 1, (x) => x), map(4, 1, (x) => x + 1), { a: frame(0), b: frame(25) })!;
    assert.equal(apart.difference.values[0], 0, 'where only one looks, nothing is said');
    assert.ok(apart.figures.correlation > 0.999);
  });
});
