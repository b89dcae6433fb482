/** The exported gradient file is run by plain ONNX Runtime, and checked against differences of its own y. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Engine } from '../../../src/engine/engine';
import { exportGradient, type ExportGradientParams } from '../../../src/engine/jobs/exportGradient';
import { Random } from '../../../src/tensor/random';

const root = path.join(__dirname, '../../..');
const pack = path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack');
const samples = (name: string): string => path.join(root, 'samples/models', name);

describe('export-gradient', () => {
  const engine = new Engine(__filename);
  after(() => engine.close());

  async function check(file: string, more: Partial<ExportGradientParams> = {}): Promise<void> {
    const batch = more.batch ?? 1;
    const { bytes, ports } = await exportGradient(engine, { model: file, space: 'logit', wrt: [], dims: {}, dialect: 'cpu', batch, ...more }, { signal: new AbortController().signal });
    const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
    assert.deepEqual([session.inputNames, session.outputNames], [['x', 'target'], ['y', 'gradient']]);
    assert.deepEqual([Object.keys(ports.inputs), Object.keys(ports.outputs)], [['x', 'target'], ['y', 'gradient']]);
    const dims = JSON.parse(ports.inputs.x!.split(':')[0]!) as number[], length = dims.reduce((product, d) => product * d, 1);
    const random = new Random(3), x = Float32Array.from({ length }, () => random.uniform());
    // Along the gradient the change is largest, and kinks and rounding weigh least.
    let direction = new Float32Array(length);
    const target = new Tensor('int64', BigInt64Array.from({ length: batch }, (_, n) => BigInt(n + 1)), [batch]);
    const run = async (step: number) => {
      const outputs = await session.run({ x: new Tensor('float32', x.map((value, i) => value + step * direction[i]!), dims), target });
      const [n, classes] = outputs.y!.dims as [number, number];
      assert.equal(n, batch);
      const y = outputs.y!.data as Float32Array;
      return { scores: Array.from({ length: n }, (_, row) => y[row * classes + row + 1]!), gradient: outputs.gradient!.data as Float32Array };
    };
    const { gradient } = await run(0), norm = Math.hypot(...gradient), step = 0.01;
    direction = gradient.map((value) => value / norm);
    const [ahead, behind] = [await run(step), await run(-step)];
    for (let row = 0; row < batch; row++) {
      let expected = 0;
      for (let i = (row * length) / batch; i < ((row + 1) * length) / batch; i++) expected += gradient[i]! * direction[i]!;
      const found = (ahead.scores[row]! - behind.scores[row]!) / (2 * step);
      assert.ok(Math.abs(found - expected) <= 0.02 * Math.max(Math.abs(expected), 0.1), `${path.basename(file)} row ${row}: differences say ${found}, the gradient ${expected}`);
    }
    await session.release();
  }

  it('of the ONNX sample, one and two at a time, portable too', async () => {
    await check(samples('scenes.onnx'));
    await check(samples('scenes.onnx'), { batch: 2, dialect: 'portable' });
  });
  it('of a Keras and a TensorFlow.js model', async () => {
    await check(samples('scenes.h5'));
    await check(samples('scenes_tfjs/model.json'));
  });
  it('of models whose own values carry the names of the ports', async function () {
    const file = path.join(pack, 'onnx/mnist_cntk.onnx');
    if (!fs.existsSync(file)) {
      console.log('      no reference models: skipped');
      return this.skip();
    }
    await check(file);
    // The file that was written is a model whose values are called x, y, target and gradient.
    const { bytes } = await exportGradient(engine, { model: samples('scenes.onnx'), space: 'logit', wrt: [], dims: {}, dialect: 'cpu', batch: 1 }, { signal: new AbortController().signal });
    const again = path.join(fs.mkdtempSync(path.join(root, 'out-')), 'again.onnx');
    try {
      fs.writeFileSync(again, bytes);
      const twice = await exportGradient(engine, { model: again, output: 'y', space: 'output', wrt: ['x'], dims: {}, dialect: 'cpu', batch: 1 }, { signal: new AbortController().signal });
      assert.deepEqual(Object.keys(twice.ports.outputs), ['y', 'gradient']);
      await (await InferenceSession.create(twice.bytes, { logSeverityLevel: 4 })).release();
    } finally {
      fs.rmSync(path.dirname(again), { recursive: true });
    }
  });
});
