/**
 * Runs the ONNX file on noise and asks for its output by name.
 *
 *     npx tsx scripts/look_inside.ts          (in the samples folder)
 *
 * In VS Code: hover over the path, over the names of inputs and outputs, and over the layers of `smallNetwork`; the line
 * above the load opens the model.
 */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';

const modelFile = path.join(__dirname, '..', 'models', 'scenes.onnx');

/** The same kind of network, to be trained anew. */
function smallNetwork(classes = 6): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [64, 64, 3], filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: classes, activation: 'softmax' }),
    ],
  });
}

async function main(): Promise<void> {
  const session = await ort.InferenceSession.create(modelFile);
  const noise = Float32Array.from({ length: 3 * 64 * 64 }, () => 2 * Math.random() - 1);
  const results = await session.run({ image: new ort.Tensor('float32', noise, [1, 3, 64, 64]) }, ['probabilities']);
  console.log(results['probabilities']!.dims, results['probabilities']!.data);
  smallNetwork().summary();
}

void main();
