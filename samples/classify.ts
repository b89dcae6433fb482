/**
 * Classifies a picture with the ONNX file and with the TensorFlow.js model, and looks at one layer of the latter.
 *
 *     npx tsx classify.ts pictures/boat_1.png          (in this folder)
 *
 * In VS Code: hover over a path or a layer name, or use the lens above a line that loads a model.
 */
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';

const labels = fs.readFileSync('models/labels.txt', 'utf8').trim().split('\n');

/** A picture as the models want it: RGB, −1…1, 64×64, channels last. */
async function load(file: string): Promise<Float32Array> {
  const pixels = await sharp(file).removeAlpha().resize(64, 64, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
  return Float32Array.from(pixels, (value) => value / 127.5 - 1);
}

/** TensorFlow.js reads no files by itself: this hands it a model.json and the weights beside it. */
function fromFile(file: string): tf.io.IOHandler {
  return {
    load: async () => {
      const { modelTopology, weightsManifest } = JSON.parse(fs.readFileSync(file, 'utf8')) as tf.io.ModelJSON;
      const bytes = fs.readFileSync(path.join(path.dirname(file), weightsManifest[0]!.paths[0]!));
      return { modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData: new Uint8Array(bytes).buffer };
    },
  };
}

function show(title: string, probabilities: Float32Array): void {
  const best = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!).slice(0, 3);
  console.log(title.padEnd(13), best.map((i) => `${labels[i]} ${probabilities[i]!.toFixed(3)}`).join(', '));
}

async function main(): Promise<void> {
  const picture = await load(process.argv[2] ?? 'pictures/boat_1.png');
  const pixels = tf.tensor4d(picture, [1, 64, 64, 3]);

  // The ONNX file takes channels first.
  const session = await ort.InferenceSession.create('models/scenes.onnx');
  const image = new ort.Tensor('float32', await pixels.transpose([0, 3, 1, 2]).data<'float32'>(), [1, 3, 64, 64]);
  const { probabilities } = await session.run({ image });
  show('ONNX', probabilities!.data as Float32Array);

  const model = await tf.loadLayersModel(fromFile('models/scenes_tfjs/model.json'));
  show('TensorFlow.js', await (model.predict(pixels) as tf.Tensor).data<'float32'>());

  // What the last convolution sees: 64 maps of 8×8, the grid Grad-CAM works on.
  const conv4 = model.getLayer('conv4');
  const inside = tf.model({ inputs: model.inputs, outputs: conv4.output as tf.SymbolicTensor });
  const strongest = tf.tidy(() => (inside.predict(pixels) as tf.Tensor4D).sum([0, 1, 2]).argMax().dataSync()[0]);
  console.log('conv4'.padEnd(13), inside.outputs[0]!.shape, 'strongest map:', strongest);
}

void main();
