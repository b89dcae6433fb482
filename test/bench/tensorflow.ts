/** The same model file in TensorFlow.js: forward on its WASM backend, forward and gradient on plain JavaScript, against ours. */
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createSession, feedsOf, only, prepare } from './models';
import { median, milliseconds } from './measure';

export interface TensorflowRow {
  readonly model: string;
  readonly wasmForwardMs: number;
  readonly cpuForwardMs: number;
  readonly cpuGradientMs: number;
  readonly ourForwardMs: number;
  readonly ourGradientMs: number;
  /** How many times as long TensorFlow.js takes. */
  readonly wasmForwardTimes: number;
  readonly cpuGradientTimes: number;
}

/** Reads a model.json and its shards from disk. */
function fileHandler(file: string): tf.io.IOHandler {
  return {
    load: async () => {
      const json = JSON.parse(fs.readFileSync(file, 'utf8')) as { modelTopology: object; weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[]; format?: string };
      const bytes = Buffer.concat(json.weightsManifest.flatMap(({ paths }) => paths.map((name) => fs.readFileSync(path.join(path.dirname(file), name)))));
      return { modelTopology: json.modelTopology, weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights), weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength), format: json.format };
    },
  };
}

export async function measureTensorflow(file: string, model: string): Promise<TensorflowRow> {
  setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  const prepared = await prepare(file, 1), feeds = feedsOf(prepared), dims = [...prepared.inputDims];
  const forward = await createSession(prepared.forward, 2), gradient = await createSession(prepared.gradient.model, 2);
  const data = feeds[prepared.input]!.data as Float32Array;
  const times = async (repeats: number, work: () => Promise<unknown>): Promise<number> => {
    await work();
    const all: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) all.push(await milliseconds(work));
    return median(all);
  };
  const ourForwardMs = await times(9, () => forward.session.run(only(forward.session, feeds))), ourGradientMs = await times(9, () => gradient.session.run(only(gradient.session, feeds)));
  await forward.session.release();
  await gradient.session.release();
  const forwardOn = async (backend: string, repeats: number): Promise<number> => {
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend '${backend}' here`);
    const network = await load(file), x = tf.tensor(data, dims);
    return times(repeats, async () => { const y = network.predict(x) as tf.Tensor; await y.data(); y.dispose(); });
  };
  const wasmForwardMs = await forwardOn('wasm', 9), cpuForwardMs = await forwardOn('cpu', 2);
  // Its WASM backend registers no kernels for the derivatives of convolutions, so gradients need the plain one.
  const network = await load(file), x = tf.tensor(data, dims), slope = tf.grad((input: tf.Tensor) => (network.predict(input) as tf.Tensor).flatten().gather(tf.tensor1d([1], 'int32')).sum());
  const cpuGradientMs = await milliseconds(async () => { await slope(x).data(); });
  return { model, wasmForwardMs, cpuForwardMs, cpuGradientMs, ourForwardMs, ourGradientMs, wasmForwardTimes: wasmForwardMs / ourForwardMs, cpuGradientTimes: cpuGradientMs / ourGradientMs };
}

async function load(file: string): Promise<tf.LayersModel | tf.GraphModel> {
  const { format } = JSON.parse(fs.readFileSync(file, 'utf8')) as { format?: string };
  return format === 'graph-model' ? tf.loadGraphModel(fileHandler(file)) : tf.loadLayersModel(fileHandler(file));
}
