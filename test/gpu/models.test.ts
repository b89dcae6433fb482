/**
 * Explanations of whole models, made by the engine on the device and again on the CPU: predictions, gradients, Integrated
 * Gradients, Grad-CAM and the rest, of the samples and of models from the wild, from every format. The device must have
 * done the work itself: where the engine goes on elsewhere, the test fails with what it said.
 *
 * Scores may differ by 1e-3 of their size. Of an attribution all elements but 0.5 % may differ by 1 % of the largest, and
 * the two must correlate to 0.999: sums in another order differ in the sixth digit, but where a ReLU's input or two
 * candidates of a maximum are that near to each other, the gradient takes another way, as it does between two CPUs.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Engine } from '../../src/engine/engine';
import { explain, type Explained } from '../../src/engine/jobs/explain';
import type { DeviceId, ExplainParams } from '../../src/protocol/engine';
import { formatNpy } from '../../src/tensor/npy';
import { Random } from '../../src/tensor/random';
import { elementCount, floatTensor } from '../../src/tensor/tensor';
import { maxAbs, pearson } from '../../src/tensor/statistics';
import { device, everything, freshEngine, packFile, root } from './device';

interface Subject {
  readonly title: string;
  readonly model: string | undefined;
  /** A file, or the dims of a sample of noise. */
  readonly input: string | readonly number[] | undefined;
  readonly methods: readonly string[];
  /** Only where time does not matter. */
  readonly long?: boolean;
}

const sample = (name: string): string => path.join(root, 'samples', name);
const picture = (name: string): string | undefined => packFile(path.join('images', name));
const usual = ['saliency', 'integrated-gradients', 'grad-cam'];
const many = [...usual, 'input-x-gradient', 'smoothgrad', 'guided-backprop', 'deeplift', 'lrp', 'layer-cam', 'full-grad', 'rise'];

const subjects: readonly Subject[] = [
  { title: 'sample, ONNX', model: sample('models/scenes.onnx'), input: sample('pictures/boat_1.png'), methods: many },
  { title: 'sample, Keras', model: sample('models/scenes.h5'), input: sample('pictures/car_1.png'), methods: usual },
  { title: 'sample, TensorFlow.js', model: sample('models/scenes_tfjs/model.json'), input: sample('pictures/tree_1.png'), methods: usual },
  { title: 'iris, a table', model: packFile('onnx/iris_torch_mlp.onnx'), input: [1, 4], methods: ['saliency', 'integrated-gradients', 'deeplift', 'lrp'] },
  { title: 'MNIST, fixed batch', model: packFile('onnx/mnist_cntk.onnx'), input: [1, 1, 28, 28], methods: many },
  { title: 'ResNet-8, Keras', model: packFile('keras/cifar10_resnet8.h5'), input: picture('cnnexplainer_car_1.jpeg'), methods: usual },
  { title: 'vision transformer', model: packFile('converted/mnist_vit.onnx'), input: [1, 1, 28, 28], methods: ['saliency', 'integrated-gradients', 'grad-cam', 'lrp', 'attention-rollout', 'attention-gradient'] },
  { title: 'MobileNet v1', model: packFile('converted/imagenet_mobilenet_v1_025.onnx'), input: picture('chelsea.png'), methods: [...usual, 'lrp'] },
  { title: 'MobileNet v2', model: packFile('converted/imagenet_mobilenet_v2_dequant_fp32.onnx'), input: picture('chelsea.png'), methods: ['saliency', 'grad-cam'] },
  { title: 'SqueezeNet', model: packFile('converted/imagenet_squeezenet_fp32.onnx'), input: picture('chelsea.png'), methods: [...usual, 'deeplift', 'lrp'] },
  { title: 'ResNet-50 structure', model: packFile('structure/light_resnet50.onnx'), input: [1, 3, 224, 224], methods: ['saliency', 'grad-cam'], long: true },
  { title: 'MobileNet v2, TensorFlow.js', model: packFile('tfjs/nsfwjs_mobilenet_v2_uint8/model.json'), input: picture('chelsea.png'), methods: usual, long: true },
];

/** Few of everything that is done often: what differs shows at once. */
const few: Readonly<Record<string, ExplainParams['parameters']>> = {
  'integrated-gradients': { nSteps: 4 }, smoothgrad: { nSamples: 4 }, rise: { nSamples: 32 },
};

describe(`explanations on ${device} and on the CPU`, function () {
  this.timeout(1_800_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-gpu-')), log: string[] = [];
  let engine: Engine;

  before(() => { engine = freshEngine(log); });
  after(async () => {
    await engine.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  for (const [number, { title, model, input, methods, long }] of subjects.entries()) {
    if (long && !everything) continue;
    describe(title, () => {
      let file: string;
      before(function () {
        if (model === undefined || input === undefined) {
          console.log('      skipped: no shared models; MODEL_LENS_SHARED names their folder');
          this.skip();
        }
        file = typeof input === 'string' ? input : noise(path.join(folder, `${number}.npy`), input, number);
      });

      for (const method of methods) {
        it(method, async () => {
          const on = (where: DeviceId): Promise<Explained> => explain(engine, { model: model!, inputs: { '': file }, method, seed: 1, device: where, parameters: few[method] }, { signal: new AbortController().signal, progress: () => undefined });
          const lines = log.length, there = await on(device), here = await on('cpu');
          assert.deepEqual(log.slice(lines), [], 'the device did not do all of the work');
          assert.equal(there.result.record.device.id, device);
          compare(there, here);
        });
      }
    });
  }
});

function compare(there: Explained, here: Explained): void {
  const [a, b] = [there.result.record, here.result.record];
  assert.ok(Math.abs(a.target.score - b.target.score) <= 1e-3 * Math.max(1, Math.abs(b.target.score)), `score ${a.target.score}, on the CPU ${b.target.score}`);
  const found = there.attribution.values!.data, expected = here.attribution.values!.data, largest = maxAbs(expected);
  assert.ok(largest > 0, 'the map on the CPU is empty');
  const beyond = found.filter((value, index) => !(Math.abs(value - expected[index]!) <= 0.01 * largest)).length, correlation = pearson(found, expected);
  assert.ok(beyond <= 0.005 * found.length, `${beyond} of ${found.length} elements are beyond 1 % of the largest`);
  assert.ok(correlation >= 0.999, `correlation ${correlation}`);
}

function noise(file: string, dims: readonly number[], seed: number): string {
  const random = new Random(seed + 1);
  fs.writeFileSync(file, formatNpy(floatTensor(dims, Float32Array.from({ length: elementCount(dims) }, () => random.uniform()))));
  return file;
}
