/** Inputs that hold one sample whatever their dims: one number, a list, a picture of whole numbers. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explain } from '../../../src/engine/jobs/explain';
import { exportGradient } from '../../../src/engine/jobs/exportGradient';
import { tensorFromNumbers } from '../../../src/tensor/convert';
import type { DType } from '../../../src/tensor/dtype';
import { formatNpy } from '../../../src/tensor/npy';

const pack = path.join(process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared'), 'pack');
const signal = new AbortController().signal;

describe('one sample in unusual dims', function () {
  this.timeout(60_000);
  const engine = new Engine(__filename);
  let folder: string;

  before(function () {
    if (!fs.existsSync(pack)) {
      console.log(`      skipped: ${pack} is not there`);
      this.skip();
    }
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sample-shapes-'));
  });

  after(async () => {
    if (folder) fs.rmSync(folder, { recursive: true });
    await engine.close();
  });

  const npy = (name: string, dtype: DType, dims: readonly number[], values: ArrayLike<number>): string => {
    const file = path.join(folder, `${name}.npy`);
    fs.writeFileSync(file, formatNpy(tensorFromNumbers(dtype, dims, values)));
    return file;
  };
  const values = async (model: string, inputs: Record<string, string>, method: string, target?: string): Promise<Float32Array> => {
    const { attribution } = await explain(engine, { model: path.join(pack, model), inputs, method, target: { ...(target !== undefined && { class: target }) } }, { signal, progress: () => undefined });
    return attribution.values!.data;
  };

  it('a single number through a loop', async () => {
    const inputs = { x_outer: npy('x', 'float32', [], [2]), max_iter: npy('steps', 'int64', [], [3]), initial: npy('start', 'float32', [], [1]) };
    for (const method of ['saliency', 'integrated-gradients', 'smoothgrad', 'deeplift']) {
      const [value, ...rest] = await values('structure/loop_with_outer_ref.onnx', inputs, method, 'sum(final_result)');
      assert.ok(Math.abs(value! - (method === 'saliency' || method === 'smoothgrad' ? 3 : 6)) < 1e-4, `${method}: ${value}`);
      assert.equal(rest.length, 0);
    }
  });

  it('a list of two', async () => {
    const inputs = { input: npy('list', 'float32', [2], [1, 2]), condition: npy('condition', 'bool', [], [1]) };
    const gradient = await values('structure/subgraph_with_shared_initializer.onnx', inputs, 'saliency', '0');
    assert.deepEqual([...gradient], [2, 0]);
    const paths = await values('structure/subgraph_with_shared_initializer.onnx', inputs, 'integrated-gradients', '1');
    assert.ok(paths[0] === 0 && Math.abs(paths[1]! - 6) < 1e-4, [...paths].join());
  });

  it('a picture of whole numbers, given as a tensor', async () => {
    const input = npy('picture', 'int32', [1, 192, 192, 3], Array.from({ length: 192 * 192 * 3 }, (_, i) => (i * 37) % 256));
    const map = await values('tfjs/human_movenet-lightning/movenet-lightning.json', { '': input }, 'saliency', 'sum(Identity:0)');
    assert.ok(map.every(Number.isFinite) && map.some((value) => value !== 0));
  });

  it('the gradient of a model of bytes is written to a file', async () => {
    const { bytes, ports } = await exportGradient(engine, { model: path.join(pack, 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx'), space: 'logit', wrt: [], batch: 1, dims: {}, dialect: 'cpu' }, { signal });
    assert.ok(bytes.length > 1e6 && 'gradient' in ports.outputs && 'x' in ports.inputs, JSON.stringify(ports));
  });

  it('a picture for a model that takes ten a run: the nine others are copies', async () => {
    const model = 'structure/dl4j_untrained_cnn_mnist.onnx', dims = [1, 1, 28, 28];
    const one = npy('one', 'float32', dims, Array.from({ length: 784 }, (_, index) => Math.abs(Math.sin(index))));
    for (const method of ['saliency', 'grad-cam', 'score-cam', 'deeplift']) {
      const found = await values(model, { '': one }, method, '3');
      assert.equal(found.length, 784);
      assert.ok(found.some((value) => value !== 0) && found.every(Number.isFinite), method);
    }
    const ten = npy('ten', 'float32', [10, 1, 28, 28], new Float32Array(7840));
    await assert.rejects(values(model, { '': ten }, 'saliency'), /ten\.npy: holds 10 samples .*one is explained at a time/);
  });

  it('many samples of a list of two are run one by one', async () => {
    const two = npy('two', 'float32', [2], [0.5, 2]);
    assert.equal((await values('structure/control_flow_model.onnx', { '': two }, 'gradient-shap')).length, 2);
  });
});
