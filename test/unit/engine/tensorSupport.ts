/** Models of one tensor, and the jobs of details as tests call them. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Models } from '../../../src/engine/models';
import { layerDetails } from '../../../src/engine/jobs/layerDetails';
import { saveTensor } from '../../../src/engine/jobs/saveTensor';
import { tensorDetails } from '../../../src/engine/jobs/tensorDetails';
import { elementTypeNumber } from '../../../src/formats/onnx/schema';
import type { WireWriter } from '../../../src/formats/onnx/wire';
import type { LayerDetails, SavedTensor, TensorDetails } from '../../../src/protocol/details';
import type { DType } from '../../../src/tensor/dtype';
import { message, nodeProto, tensorProto, writeModel } from '../formats/protoBuilder';

export const sharedPack = path.join(process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared'), 'pack');

/** Path of a file of the pack; skips the test, saying so, where the pack is not there. */
export function packFile(test: Mocha.Context, relative: string): string {
  const file = path.join(sharedPack, relative);
  if (!fs.existsSync(file)) {
    console.log(`      skipped: ${file} is not there`);
    test.skip();
  }
  return file;
}

/** A new folder, removed when the tests of the file are done. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-'));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A model whose node Identity reads the tensor 'w' with these raw bytes. */
export function modelOf(file: string, dtype: DType, dims: readonly number[], bytes: Uint8Array, node: WireWriter = nodeProto('Identity', ['w'], ['y'], 'reader')): string {
  return writeModel(file, { nodes: [node], initializers: [tensorProto(elementTypeNumber.get(dtype)!, dims, (tensor) => tensor.bytes(9, bytes))] });
}

/** A model whose tensor 'w' lies in another file. */
export function externalModel(file: string, dtype: DType, dims: readonly number[], location: string, bytes: number, offset = 0): string {
  return writeModel(file, {
    initializers: [tensorProto(elementTypeNumber.get(dtype)!, dims, (tensor) => {
      for (const [key, value] of [['location', location], ['offset', String(offset)], ['length', String(bytes)]] as const) tensor.message(13, message().text(1, key).text(2, value));
      tensor.int(14, 1);
    })],
  });
}

export interface Asking {
  layer(file: string, key: string): Promise<LayerDetails>;
  tensor(file: string, id: string, more?: Readonly<Record<string, unknown>>, signal?: AbortSignal, progress?: (value: { done: number; total: number }) => void): Promise<TensorDetails>;
  save(file: string, id: string, to: string, signal?: AbortSignal): Promise<SavedTensor>;
}

/** The jobs on models of their own. */
export function asking(): Asking {
  const engine = { models: new Models() }, never = new AbortController().signal;
  return {
    layer: (file, key) => layerDetails(engine, { file, key }),
    tensor: (file, id, more = {}, signal = never, progress = () => undefined) => tensorDetails(engine, { file, id, ...more }, { signal, progress }),
    save: (file, id, to, signal = never) => saveTensor(engine, { file, id, to }, { signal, progress: () => undefined }),
  };
}
