/** Reads the shared models and golden saliency cases, and runs gradient models. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { buildGradientModel, type GradientModel, type GradientSpec } from '../../../src/autodiff/gradientModel';
import { scanOnnx } from '../../../src/formats/onnx/scan';
import { writeOnnx } from '../../../src/formats/onnx/write';
import type { ModelFile } from '../../../src/graph/graph';
import { parseNpy } from '../../../src/tensor/npy';
import { InferenceSession as Session } from 'onnxruntime-node';
import { count, runSession, type Values } from './runGraph';

export const shared = process.env.MODEL_LENS_SHARED ?? path.resolve(__dirname, '../../../../shared');

/** Skips the test, saying so, where the shared models are not there. */
export function needShared(context: Mocha.Context): void {
  if (fs.existsSync(path.join(shared, 'pack'))) return;
  console.log(`      skipped: no shared models at ${shared}`);
  context.skip();
}

export function packModel(name: string): Promise<ModelFile> { return scanOnnx(path.join(shared, 'pack', name)); }

export function readNpy(file: string): Values {
  const { dtype, dims, data } = parseNpy(fs.readFileSync(file));
  return { dtype, dims, data: Array.from(data as ArrayLike<number | bigint>, Number) };
}

interface StoredAs { readonly scale: number | number[]; readonly offset: number | number[]; readonly axis?: number }

export interface GoldenCase {
  readonly id: string;
  readonly model: string;
  readonly inputName: string;
  readonly input: Values;
  readonly abs: boolean;
  readonly target: { readonly output: string; readonly index: number; readonly useLogits: boolean; readonly logit: number; readonly probability: number };
  readonly tolerance: { readonly maxAbs: number; readonly maxRel: number; readonly maxOutlierFraction?: number; readonly minCorrelation?: number };
  readonly expected: Values;
  readonly sampling?: { readonly axes: readonly number[]; readonly start: number; readonly step: number };
}

/** Golden saliency cases of ONNX models, by glob. */
export function saliencyCases(): GoldenCase[] {
  const folder = path.join(shared, 'golden', 'cases');
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).filter((name) => /_saliency_/.test(name)).sort().flatMap((name) => {
    const json = JSON.parse(fs.readFileSync(path.join(folder, name, 'case.json'), 'utf8'));
    if (json.pack !== 'shared' || !json.model.endsWith('.onnx')) return [];
    return [{
      id: json.id, model: json.model, inputName: json.inputName, abs: json.params.abs, target: json.target, tolerance: json.tolerance,
      input: unquantise(readNpy(path.join(shared, 'golden', json.inputFile)), json.inputStoredAs),
      expected: readNpy(path.join(folder, name, json.expectedFile)), sampling: json.expected.sampling,
    }];
  });
}

/** float32(u8)·scale + offset in float32, scale and offset per `axis` where given. */
function unquantise(stored: Values, as: StoredAs | undefined): Values {
  if (!as) return stored;
  const list = (value: number | number[]): number[] => (Array.isArray(value) ? value : [value]);
  const scales = list(as.scale), offsets = list(as.offset);
  const inner = as.axis === undefined ? count(stored.dims) : count(stored.dims.slice(as.axis + 1));
  const data = stored.data.map((value, index) => {
    const channel = Math.floor(index / inner) % scales.length;
    return Math.fround(Math.fround(value * Math.fround(scales[channel]!)) + Math.fround(offsets[channel]!));
  });
  return { dtype: 'float32', dims: stored.dims, data };
}

/** Keeps every `step`-th index from `start` on the sampled axes. */
export function sampled(values: Values, sampling: GoldenCase['sampling']): Values {
  if (!sampling) return values;
  const keep = values.dims.map((dim, axis) => Array.from({ length: dim }, (_, index) => index)
    .filter((index) => !sampling.axes.includes(axis) || (index >= sampling.start && (index - sampling.start) % sampling.step === 0)));
  const strides = values.dims.map((_, axis) => count(values.dims.slice(axis + 1)));
  const data = keep.reduce<number[]>((offsets, indexes, axis) => offsets.flatMap((offset) => indexes.map((index) => offset + index * strides[axis]!)), [0]).map((offset) => values.data[offset]!);
  return { dtype: values.dtype, dims: keep.map((indexes) => indexes.length), data };
}

/** A session for a model whose weights may lie in its original file. */
export async function openModelSession(model: ModelFile, options: InferenceSession.SessionOptions = {}): Promise<InferenceSession> {
  const { bytes, externalFolder } = await writeOnnx(model);
  const session: Record<string, string> = externalFolder ? { model_external_initializers_file_folder_path: externalFolder } : {};
  return Session.create(bytes, { intraOpNumThreads: 2, logSeverityLevel: 4, extra: { session }, ...options });
}

export interface GradientRun {
  readonly built: GradientModel;
  readonly score: Values;
  readonly gradients: Readonly<Record<string, Values>>;
  readonly values: Readonly<Record<string, Values>>;
}

/** Builds and runs a gradient model once. `index` is the target of every sample. */
export async function gradientOf(spec: GradientSpec, feeds: Readonly<Record<string, Values>>, index: number | readonly number[], options?: InferenceSession.SessionOptions): Promise<GradientRun> {
  const built = buildGradientModel(spec);
  const session = await openModelSession(built.model, options);
  const batch = Object.values(feeds)[0]!.dims[0]!;
  const indexes = typeof index === 'number' ? Array.from({ length: batch }, () => index) : index;
  const found = await runSession(session, { ...feeds, [built.targetInput]: { dtype: 'int64', dims: [indexes.length], data: indexes } });
  await session.release();
  const pick = (names: Readonly<Record<string, string>>): Record<string, Values> => Object.fromEntries(Object.entries(names).map(([value, name]) => [value, found[name]!]));
  return { built, score: found[built.scoreOutput]!, gradients: pick(built.gradients), values: pick(built.fetched) };
}
