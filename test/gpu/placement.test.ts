/** Nothing falls to the CPU in the middle of a network: all of the forward pass runs on WebGPU, and of the gradient all but the one-hot target. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Engine } from '../../src/engine/engine';
import { nodePlacement } from '../../src/engine/jobs/nodePlacement';
import { device, everything, freshEngine, packFile, root } from './device';

const target = ['OneHot', 'Unsqueeze'];
const sample = (name: string): string => path.join(root, 'samples/models', name);

/** Models, and ops they may leave to the CPU: whole numbers that say where to look, of a few bytes. */
const subjects: readonly { readonly model: string | undefined; readonly title: string; readonly may?: readonly string[]; readonly long?: boolean }[] = [
  { title: 'sample, ONNX', model: sample('scenes.onnx') },
  { title: 'sample, Keras', model: sample('scenes.h5') },
  ...['onnx/iris_torch_mlp.onnx', 'onnx/mnist_cntk.onnx', 'converted/cifar10_resnet8.onnx', 'converted/mnist_vit.onnx'].map((name) => ({ title: name, model: packFile(name) })),
  { title: 'onnx/audio_silero_vad_v5.onnx', model: packFile('onnx/audio_silero_vad_v5.onnx'), may: ['Equal', 'Transpose'], long: true },
  // Three of its 66 roundings are read by a Transpose, which stays with the bytes.
  { title: 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx', model: packFile('converted/imagenet_mobilenet_v2_qdq_uint8.onnx'), may: ['QuantizeLinear', 'Transpose'], long: true },
  ...['converted/imagenet_mobilenet_v1_025.onnx', 'converted/imagenet_squeezenet_fp32.onnx', 'onnx/ocr_ch_ppocr_mobile_v2.0_cls_infer.onnx', 'onnx/coco_fastestdet.onnx']
    .map((name) => ({ title: name, model: packFile(name), long: true })),
];

describe(`where nodes run on ${device}`, function () {
  this.timeout(900_000);
  let engine: Engine;
  before(function () {
    // Other providers fall in other places; which, nobody has measured.
    if (device !== 'webgpu') {
      console.log(`      skipped: what WebGPU runs is known, what ${device} runs is not`);
      this.skip();
    }
    engine = freshEngine();
  });
  after(() => engine?.close());

  for (const { title, model, may = [], long } of subjects) {
    if (long && !everything) continue;
    it(title, async function () {
      if (model === undefined) {
        console.log('      skipped: no shared models; MODEL_LENS_SHARED names their folder');
        this.skip();
      }
      const { graphs } = await nodePlacement(engine, { model, device }, { signal: new AbortController().signal });
      assert.deepEqual(graphs.map(({ graph }) => graph), ['forward', 'gradient']);
      for (const item of graphs) {
        assert.ok('placement' in item, 'failed' in item ? item.failed : '');
        const allowed = new Set(item.graph === 'gradient' ? [...target, ...may] : may), unexpected = Object.keys(item.placement.onCpu).filter((op) => !allowed.has(op));
        assert.deepEqual(unexpected, [], `${item.graph}: ${JSON.stringify(item.placement)}`);
        assert.ok(item.placement.nodes > 0);
      }
    });
  }
});
