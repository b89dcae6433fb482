/** Reads the written files back and compares what they compute: the ONNX file, the TF.js model, and the .h5 file. */
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Dataset as Hdf5Dataset, Group } from 'h5wasm/node';
import * as ort from 'onnxruntime-node';
import type { Dataset } from './data';
import { imageSize } from './data';
import { side } from './network';
import { classNames } from './scenes';

export interface Agreement {
  /** Largest difference of a probability between ONNX Runtime and TensorFlow.js on the layers model. */
  readonly tfjs: number;
  /** The same for a model rebuilt from the .h5 file's own configuration and weights. */
  readonly keras: number;
}

/** Compares the three files on the first `count` pictures of `data`. */
export async function compareFiles(onnx: string, keras: string, tfjs: string, data: Dataset, count: number): Promise<Agreement> {
  const images = data.images.slice(0, count * imageSize);
  const session = await ort.InferenceSession.create(onnx, { intraOpNumThreads: 1 });
  const expected = (await session.run({ image: new ort.Tensor('float32', images, [count, 3, side, side]) })).probabilities!.data as Float32Array;
  await session.release();

  const pictures = tf.tidy(() => tf.tensor4d(images, [count, 3, side, side]).transpose<tf.Tensor4D>([0, 2, 3, 1]));
  const largestDifference = async (artifacts: tf.io.ModelArtifacts): Promise<number> => {
    const model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
    const output = model.predict(pictures) as tf.Tensor;
    const found = await output.data<'float32'>();
    output.dispose();
    model.dispose();
    if (found.length !== count * classNames.length) throw new Error(`found ${found.length} probabilities, expected ${count * classNames.length}`);
    return found.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i]!)), 0);
  };
  const result = { tfjs: await largestDifference(readTfjs(tfjs)), keras: await largestDifference(await readKeras(keras)) };
  pictures.dispose();
  return result;
}

function readTfjs(folder: string): tf.io.ModelArtifacts {
  const { modelTopology, weightsManifest } = JSON.parse(fs.readFileSync(path.join(folder, 'model.json'), 'utf8')) as tf.io.ModelJSON;
  const bytes = fs.readFileSync(path.join(folder, weightsManifest[0]!.paths[0]!));
  return { modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData: new Uint8Array(bytes).buffer };
}

/** The .h5 file as Keras reads it: layer_names, then each layer's weight_names. */
async function readKeras(file: string): Promise<tf.io.ModelArtifacts> {
  const h5wasm = await import('h5wasm/node');
  await h5wasm.ready;
  const h5 = new h5wasm.File(file, 'r');
  const specs: tf.io.WeightsManifestEntry[] = [];
  const parts: Buffer[] = [];
  const names = (group: Group, attribute: string): string[] => (group.attrs[attribute]?.value as string[] | undefined) ?? [];
  const root = h5.get('model_weights') as Group;
  for (const layer of names(root, 'layer_names')) {
    const group = root.get(layer) as Group;
    for (const name of names(group, 'weight_names')) {
      const dataset = group.get(name) as Hdf5Dataset;
      const values = dataset.value as Float32Array;
      specs.push({ name: name.replace(/:0$/, ''), shape: [...dataset.shape!], dtype: 'float32' });
      parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    }
  }
  const modelConfig: unknown = JSON.parse(h5.attrs.model_config!.value as string);
  h5.close();
  return { modelTopology: { model_config: modelConfig } as tf.io.ModelJSON['modelTopology'], weightSpecs: specs, weightData: new Uint8Array(Buffer.concat(parts)).buffer };
}
