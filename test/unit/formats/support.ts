/** What the tests of this folder share: the reference data, temporary folders, sessions of the real ONNX Runtime. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as ort from 'onnxruntime-node';
import { tensorFromNumbers, toFloat64 } from '../../../src/tensor/convert';
import { parseNpy } from '../../../src/tensor/npy';
import type { Tensor } from '../../../src/tensor/tensor';
import type { WrittenOnnx } from '../../../src/formats/onnx/write';

export const sharedFolder = process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared');

/** Path of a file of the shared test data; skips the test, saying so, where the data is not there. */
export function shared(test: Mocha.Context, relative: string): string {
  const file = path.join(sharedFolder, relative);
  if (!fs.existsSync(file)) {
    console.log(`      skipped: ${file} is not there`);
    test.skip();
  }
  return file;
}

/** Every file below `folder` whose name ends with `suffix`. */
export function filesBelow(folder: string, suffix: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(suffix)).sort().map((name) => path.join(folder, name));
}

/** A new folder for one test file, removed when its tests are done. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-'));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Level = NonNullable<ort.InferenceSession.SessionOptions['graphOptimizationLevel']>;

export function sessionOf(model: WrittenOnnx | string, level: Level = 'all'): Promise<ort.InferenceSession> {
  const options: ort.InferenceSession.SessionOptions = { graphOptimizationLevel: level, intraOpNumThreads: 1, logSeverityLevel: 4 };
  if (typeof model === 'string') return ort.InferenceSession.create(model, options);
  if (model.externalFolder !== undefined) options.extra = { session: { model_external_initializers_file_folder_path: model.externalFolder } };
  return ort.InferenceSession.create(model.bytes, options);
}

export function ortTensor(tensor: Tensor): ort.Tensor {
  return new ort.Tensor(tensor.dtype as ort.Tensor.Type, tensor.data as ort.Tensor.DataType, [...tensor.dims]);
}

/** Numbers of an output; sequences of maps (ZipMap) are not tensors and give undefined. */
export function outputNumbers(output: ort.OnnxValue): Float64Array | readonly string[] | undefined {
  if (!(output instanceof ort.Tensor)) return undefined;
  if (output.type === 'string') return output.data as string[];
  return toFloat64({ dtype: output.type as Tensor['dtype'], dims: output.dims, data: output.data as Float32Array });
}

export interface StoredTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly file: string;
  readonly storedAs?: { readonly dtype: string; readonly scale: number | readonly number[]; readonly offset: number | readonly number[]; readonly axis?: number };
}

/** An input of golden/: `.npy`, or uint8 with float32(u8) * float32(scale) + float32(offset) in float32. */
export function storedTensor(stored: StoredTensor): Tensor {
  const tensor = parseNpy(fs.readFileSync(path.join(sharedFolder, 'golden', stored.file)), stored.file);
  const { storedAs } = stored;
  if (!storedAs) return tensor;
  const axis = storedAs.axis ?? 0;
  const inner = stored.shape.slice(axis + 1).reduce((product, dim) => product * dim, 1), along = stored.shape[axis] ?? 1;
  const pick = (list: number | readonly number[], i: number): number => (typeof list === 'number' ? list : list[Math.floor(i / inner) % along]!);
  const values = Float32Array.from(tensor.data as Uint8Array, (value, i) => Math.fround(Math.fround(value * Math.fround(pick(storedAs.scale, i))) + Math.fround(pick(storedAs.offset, i))));
  return tensorFromNumbers(stored.dtype as Tensor['dtype'], stored.shape, values);
}
