/** Keras configs and TensorFlow.js models through our translation and ONNX Runtime. */
import assert from 'node:assert/strict';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Graph, ModelFile } from '../../../../src/graph/graph';
import type { KerasAge, LayerVariable, LayerWeights } from '../../../../src/formats/keras/layer';
import { translateKeras } from '../../../../src/formats/keras/translate';
import { NamedWeights } from '../../../../src/formats/keras/weights';
import { writeOnnx } from '../../../../src/formats/onnx/write';
import { loadGraph } from './recurrentGraph';

export interface Values {
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export function variable(name: string, dims: readonly number[], values: ArrayLike<number>): LayerVariable {
  const data = Float32Array.from(values);
  assert.equal(data.length, dims.reduce((product, dim) => product * dim, 1), `values of ${name}`);
  return { name, init: { kind: 'inline', dtype: 'float32', dims: [...dims], bytes: new Uint8Array(data.buffer) } };
}

/** Numbers in [-1, 1), the same every time. */
export function numbers(count: number, seed = 1): number[] {
  let state = (seed * 2654435761) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export function randomVariable(name: string, dims: readonly number[], seed: number, scale = 0.6): LayerVariable {
  return variable(name, dims, numbers(dims.reduce((product, dim) => product * dim, 1), seed).map((value) => value * scale));
}

/** A functional model of one layer. `inbound` is the layer's call in Keras 3's form; inputs are called a, b, c. */
export function oneLayer(type: string, config: object, inputs: readonly (readonly (number | null)[])[], call: { args?: unknown[]; kwargs?: object; outputs?: number; dtypes?: string[]; module?: string } = {}): object {
  const names = inputs.map((_, index) => 'abcdef'[index]!);
  const tensors = names.map((name) => tensorOf(name));
  return {
    class_name: 'Functional',
    config: {
      name: 'model',
      layers: [
        ...names.map((name, index) => ({ class_name: 'InputLayer', name, config: { name, batch_shape: inputs[index], dtype: call.dtypes?.[index] ?? 'float32' }, inbound_nodes: [] })),
        { class_name: type, name: 'layer', ...(call.module ? { module: call.module } : {}), config: { name: 'layer', ...config }, inbound_nodes: [{ args: call.args ?? tensors, kwargs: call.kwargs ?? {} }] },
      ],
      input_layers: names.map((name) => [name, 0, 0]),
      output_layers: Array.from({ length: call.outputs ?? 1 }, (_, index) => ['layer', 0, index]),
    },
  };
}

/** A reference to a tensor as Keras 3 writes it. */
export function tensorOf(name: string, index = 0): object {
  return { class_name: '__keras_tensor__', config: { shape: [], dtype: 'float32', keras_history: [name, 0, index] } };
}

/** Translates a config and runs it. Fails with the reason if it cannot run. */
export async function runKeras(json: unknown, weights: readonly LayerVariable[] | LayerWeights, inputs: readonly Values[], age: KerasAge = 3): Promise<{ outputs: Values[]; graph: Graph }> {
  const list = Array.isArray(weights) ? new NamedWeights(weights as readonly LayerVariable[]) : weights as LayerWeights;
  const { graph, opset, notRunnable, warnings } = translateKeras(json, list, { age });
  assert.equal(notRunnable, undefined);
  const model: ModelFile = {
    format: 'keras', file: path.resolve('none.h5'), producer: 'keras', irVersion: 8, opsets: new Map([['', opset]]),
    metadata: new Map(), graph, functions: [], warnings,
  };
  const written = await writeOnnx(model);
  return { outputs: await loadGraph(written.bytes, graph, inputs), graph };
}

export function assertClose(found: Values, expected: Values, tolerance: number, what: string): void {
  assert.deepEqual(found.dims, expected.dims, `${what}: dims`);
  let worst = 0;
  for (let index = 0; index < expected.data.length; index++) {
    const difference = Math.abs(found.data[index]! - expected.data[index]!);
    worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  }
  assert.ok(worst <= tolerance, `${what}: largest difference ${worst} > ${tolerance}`);
}

/** The dims our inference gave the outputs, unknown ones left open, against what came out. */
export function assertDims(graph: Graph, outputs: readonly Values[]): void {
  graph.outputs.forEach(({ name, type }, index) => {
    if (type.kind !== 'tensor' || !type.dims) return;
    assert.equal(type.dims.length, outputs[index]!.dims.length, `${name}: rank`);
    type.dims.forEach((dim, axis) => { if (typeof dim === 'number') assert.equal(outputs[index]!.dims[axis], dim, `${name}: axis ${axis}`); });
  });
}

/** A TensorFlow.js model against ours, on the same inputs. */
export async function compareWithTfjs(model: tf.LayersModel, inputs: readonly Values[], tolerance = 2e-5): Promise<Graph> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(tf.io.withSaveHandler((saved) => {
    artifacts = saved;
    return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
  }));
  const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts!.weightData));
  let offset = 0;
  const weights = artifacts!.weightSpecs!.map(({ name, shape }): LayerVariable => {
    const length = shape.reduce((product, dim) => product * dim, 4);
    offset += length;
    return { name, init: { kind: 'inline', dtype: 'float32', dims: shape, bytes: bytes.slice(offset - length, offset) } };
  });
  const { outputs, graph } = await runKeras(artifacts!.modelTopology, weights, inputs, 2);
  const tensors = inputs.map(({ dims, data }) => tf.tensor(data, [...dims], 'float32'));
  const expected = [model.predict(tensors.length === 1 ? tensors[0]! : tensors)].flat();
  assert.equal(outputs.length, expected.length);
  expected.forEach((tensor, index) => {
    assertClose(outputs[index]!, { dims: tensor.shape, data: tensor.dataSync() as Float32Array }, tolerance, `output ${index}`);
  });
  assertDims(graph, outputs);
  return graph;
}

