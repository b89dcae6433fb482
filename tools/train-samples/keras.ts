/**
 * The trained weights in Keras' own layouts: an .h5 file as Keras 2 writes it, and a TensorFlow.js layers model. Both
 * hold the same configuration; kernels are stored as Keras wants them, [height, width, in, out].
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Weights } from './network';
import { convolutions, denseName, side } from './network';
import { classNames } from './scenes';

type Json = { readonly [key: string]: unknown };

const kerasVersion = '2.15.0';

function layer(className: string, name: string, config: Json, input?: string): Json {
  return { class_name: className, config: { name, trainable: true, dtype: 'float32', ...config }, name, inbound_nodes: input === undefined ? [] : [[[input, 0, 0, {}]]] };
}

/** model_config of the network: a functional model whose layers carry the names the scripts use. */
export function modelConfig(): Json {
  const glorot = { class_name: 'GlorotUniform', config: { seed: null } };
  const zeros = { class_name: 'Zeros', config: {} };
  const common = { use_bias: true, kernel_initializer: glorot, bias_initializer: zeros, kernel_regularizer: null, bias_regularizer: null, activity_regularizer: null, kernel_constraint: null, bias_constraint: null };
  const layers: Json[] = [{ class_name: 'InputLayer', config: { batch_input_shape: [null, side, side, 3], dtype: 'float32', sparse: false, ragged: false, name: 'image' }, name: 'image', inbound_nodes: [] }];
  let last = 'image';
  const add = (className: string, name: string, config: Json): void => {
    layers.push(layer(className, name, config, last));
    last = name;
  };
  convolutions.forEach(({ name, filters }, i) => {
    add('Conv2D', name, { filters, kernel_size: [3, 3], strides: [1, 1], padding: 'same', data_format: 'channels_last', dilation_rate: [1, 1], groups: 1, activation: 'relu', ...common });
    if (i < convolutions.length - 1) add('MaxPooling2D', `pool${i + 1}`, { pool_size: [2, 2], padding: 'valid', strides: [2, 2], data_format: 'channels_last' });
  });
  add('GlobalAveragePooling2D', 'average', { data_format: 'channels_last', keepdims: false });
  add('Dense', denseName, { units: classNames.length, activation: 'softmax', ...common });
  return { class_name: 'Functional', config: { name: 'scenes', trainable: true, layers, input_layers: [['image', 0, 0]], output_layers: [[last, 0, 0]] } };
}

interface KerasWeight { readonly layer: string; readonly part: 'kernel' | 'bias'; readonly dims: readonly number[]; readonly data: Float32Array }

/** Weights layer by layer; convolution kernels turned from [out, in, h, w] to [h, w, in, out]. */
export function kerasWeights(weights: Weights): KerasWeight[] {
  return [...weights].map(([name, { dims, data }]) => {
    const [layerName, part] = name.split('/') as [string, 'kernel' | 'bias'];
    if (dims.length !== 4) return { layer: layerName, part, dims, data };
    const [out, input, h, w] = dims as [number, number, number, number];
    const turned = new Float32Array(data.length);
    for (let o = 0; o < out; o++) {
      for (let i = 0; i < input; i++) {
        for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) turned[((y * w + x) * input + i) * out + o] = data[((o * input + i) * h + y) * w + x]!;
      }
    }
    return { layer: layerName, part, dims: [h, w, input, out], data: turned };
  });
}

/** Writes `file` as Keras 2 saves a whole model: model_config at the root, weights under model_weights/LAYER/LAYER. */
export async function writeKeras(file: string, weights: Weights): Promise<void> {
  const h5wasm = await import('h5wasm/node');
  await h5wasm.ready;
  fs.rmSync(file, { force: true });
  const h5 = new h5wasm.File(file, 'w');
  const text = (target: { create_attribute(name: string, data: string): void }, name: string, value: string): void => target.create_attribute(name, value);
  text(h5, 'keras_version', kerasVersion);
  text(h5, 'backend', 'tensorflow');
  text(h5, 'model_config', JSON.stringify(modelConfig()));
  const root = h5.create_group('model_weights');
  const layers = (modelConfig().config as { layers: { name: string }[] }).layers.map(({ name }) => name);
  const names = (list: readonly string[]): [string[], number[], string] => [[...list], [list.length], `A${Math.max(...list.map((name) => name.length)) + 1}`];
  root.create_attribute('layer_names', ...names(layers));
  text(root, 'backend', 'tensorflow');
  text(root, 'keras_version', kerasVersion);
  const all = kerasWeights(weights);
  for (const name of layers) {
    const group = root.create_group(name);
    const own = all.filter((weight) => weight.layer === name);
    if (!own.length) continue;
    group.create_attribute('weight_names', ...names(own.map(({ part }) => `${name}/${part}:0`)));
    const inner = group.create_group(name);
    for (const { part, dims, data } of own) inner.create_dataset({ name: `${part}:0`, data, shape: [...dims], dtype: '<f' });
  }
  h5.flush();
  h5.close();
}

/** Writes model.json and weights.bin into `folder` as tf.LayersModel.save does. */
export function writeTfjs(folder: string, weights: Weights): void {
  fs.mkdirSync(folder, { recursive: true });
  const all = kerasWeights(weights);
  const manifest = [{ paths: ['weights.bin'], weights: all.map(({ layer: name, part, dims }) => ({ name: `${name}/${part}`, shape: dims, dtype: 'float32' })) }];
  const topology = { keras_version: kerasVersion, backend: 'tensorflow', model_config: modelConfig() };
  fs.writeFileSync(path.join(folder, 'model.json'), `${JSON.stringify({ format: 'layers-model', generatedBy: `keras v${kerasVersion}`, convertedBy: null, modelTopology: topology, weightsManifest: manifest })}\n`);
  fs.writeFileSync(path.join(folder, 'weights.bin'), Buffer.concat(all.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))));
}
