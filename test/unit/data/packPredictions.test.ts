/**
 * Real models, real pictures, no sidecar: what the resolved preprocessing makes of them. The expected classes are
 * those the models' own authors' preprocessing gives.
 */
import assert from 'node:assert/strict';
import * as ort from 'onnxruntime-node';
import { decodePicture } from '../../../src/data/image/decode';
import { pictureToTensor } from '../../../src/data/image/toTensor';
import { resolvePreprocessing } from '../../../src/data/preprocessing';
import { scanOnnx } from '../../../src/formats/onnx/scan';
import { readInitializer } from '../../../src/formats/readTensor';
import { tensorFromNumbers, toFloat32 } from '../../../src/tensor/convert';
import { needShared } from './support';

interface Row {
  readonly model: string;
  /** The words the user reads. */
  readonly words: string;
  /** Picture, and the class index expected on top. */
  readonly pictures: Readonly<Record<string, number>>;
  /** The label of the first picture's class, where labels are assumed. */
  readonly label?: RegExp;
}

const caffe2 = 'BGR, 0…255, minus [103.939, 116.779, 123.68], resized to 224×224 (bilinear)';
const rows: readonly Row[] = [
  { model: 'converted/imagenet_squeezenet_fp32.onnx', words: caffe2, label: /^Egyptian cat/, pictures: { 'chelsea.png': 285, 'coral_cat.bmp': 285, 'coral_parrot.jpg': 88, 'coffee.png': 967, 'dianna_bee.jpg': 309 } },
  { model: 'onnx/imagenet_squeezenet_fp16.onnx', words: caffe2, label: /^Egyptian cat/, pictures: { 'chelsea.png': 285, 'coral_cat.bmp': 285 } },
  { model: 'converted/imagenet_mobilenet_v1_025.onnx', words: 'RGB, -1…1, resized to 224×224 (bilinear)', label: /^Egyptian cat/, pictures: { 'chelsea.png': 285, 'coffee.png': 967, 'coral_parrot.jpg': 88 } },
  { model: 'converted/imagenet_mobilenet_v2_dequant_fp32.onnx', words: 'RGB, -1…1, resized to 224×224 (bilinear)', label: /^espresso/, pictures: { 'coffee.png': 968, 'gradcam_both.png': 244, 'coral_bird.bmp': 20 } },
  { model: 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx', words: 'RGB, 0…255, resized to 224×224 (bilinear)', label: /^chickadee/, pictures: { 'coral_bird.bmp': 20, 'coral_parrot.jpg': 89 } },
  { model: 'converted/cifar10_resnet8.onnx', words: 'RGB, 0…255, resized to 32×32 (bilinear)', pictures: { 'cnnexplainer_car_1.jpeg': 1, 'gradcam_horses.jpg': 7, 'coral_bird.bmp': 2 } },
  { model: 'converted/fer2013_mini_xception.onnx', words: 'grey, -1…1, resized to 64×64 (bilinear)', pictures: { 'astronaut.png': 3 } },
  { model: 'converted/mnist_vit.onnx', words: 'grey, 0…1, minus 0.1307, divided by 0.3081, resized to 28×28 (bilinear)', pictures: { 'coral_mnist_nine.bmp': 9, 'dianna_digit0.jpg': 0 } },
  { model: 'onnx/mnist_cntk.onnx', words: 'grey, 0…1, resized to 28×28 (bilinear)', pictures: { 'coral_mnist_nine.bmp': 9, 'dianna_digit0.jpg': 0 } },
];

describe('models of the pack, without a sidecar', () => {
  for (const row of rows) {
    it(`${row.model}: ${row.words}`, async function () {
      this.timeout(60000);
      const file = needShared(this, 'pack', ...row.model.split('/'));
      const model = await scanOnnx(file);
      const { inputs, outputs } = await resolvePreprocessing(model, { read: readInitializer });
      const [input] = inputs;
      assert.ok(input?.spec.kind === 'image');
      assert.equal(input.note.words, row.words);
      assert.ok(input.note.assumed && input.note.assumptions.length > 0, 'what nobody stated is marked as assumed');
      const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 4 });
      const output = model.graph.outputs[0]!.name;
      for (const [name, expected] of Object.entries(row.pictures)) {
        const { tensor } = pictureToTensor(await decodePicture(needShared(this, 'pack', 'images', name)), input.spec);
        const feed = tensorFromNumbers(input.dtype, tensor.dims, tensor.data);
        const result = (await session.run({ [input.name]: new ort.Tensor(input.dtype as ort.Tensor.Type, feed.data as ort.Tensor.DataType, [...feed.dims]) }))[output]!;
        const scores = toFloat32({ dtype: result.type as 'float32', dims: result.dims, data: result.data as Float32Array });
        assert.equal(scores.indexOf(Math.max(...scores)), expected, name);
      }
      await session.release();
      if (row.label) assert.match(outputs[0]?.labels?.names[Object.values(row.pictures)[0]!] ?? '', row.label);
    });
  }

  it('normalisation inside the model is found: the line detector takes 0…255', async function () {
    const model = await scanOnnx(needShared(this, 'pack', 'onnx', 'linedet_mlsd_tiny.onnx'));
    const { inputs } = await resolvePreprocessing(model, { read: readInitializer });
    assert.equal(inputs[0]!.note.source, 'layers inside the model');
    assert.match(inputs[0]!.note.words, /^RGBA, 0…255, resized to 320×320/);
  });

  it('models that are not about pictures are not taken for such', async function () {
    for (const [name, kinds] of [['audio_silero_vad_v5.onnx', ['table', 'tensor', 'tensor']], ['iris_torch_mlp.onnx', ['table']], ['filetype_magika_v3_3.onnx', ['tensor']], ['weather_season_timeseries.onnx', ['tensor']]] as const) {
      const { inputs } = await resolvePreprocessing(await scanOnnx(needShared(this, 'pack', 'onnx', name)), { read: readInitializer });
      assert.deepEqual(inputs.map((input) => input.spec.kind), kinds, name);
    }
  });
});
