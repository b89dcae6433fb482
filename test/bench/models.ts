/** The models that are measured, and how they are brought into ONNX Runtime. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { buildGradientModel, type GradientModel } from '../../src/autodiff/gradientModel';
import { specialise } from '../../src/autodiff/specialise';
import { openModel } from '../../src/formats/open';
import { writeOnnx } from '../../src/formats/onnx/write';
import { readInitializer } from '../../src/formats/readTensor';
import type { ModelFile } from '../../src/graph/graph';
import { prefetchConstants } from '../../src/graph/inference/wanted';
import { writeVisionTransformer } from './transformer';

const shared = process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../shared');
const pack = path.join(shared, 'pack');

/** Models whose gradient is timed, small ones first: files under the pack, and a transformer that is made here. */
export const imageModels: readonly string[] = [
  'converted/imagenet_squeezenet_fp32.onnx',
  'converted/imagenet_mobilenet_v1_025.onnx',
  'converted/imagenet_mobilenet_v2_dequant_fp32.onnx',
  'structure/light_resnet50.onnx',
  'structure/light_inception_v1.onnx',
  'structure/light_densenet121.onnx',
  'structure/light_vgg19.onnx',
  'made/vit_b16.onnx',
];

const madeTransformer = 'made/vit_b16.onnx';

/** The path of a pack file, or of one that is made for the measurement; undefined where it is missing. */
export async function modelFile(name: string): Promise<string | undefined> {
  if (name === madeTransformer) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-bench-'));
    process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
    return writeVisionTransformer(folder);
  }
  const file = path.join(pack, name);
  return fs.existsSync(file) ? file : undefined;
}

/** A model ready to be measured at one batch size. */
export interface Prepared {
  readonly forward: ModelFile;
  readonly gradient: GradientModel;
  readonly input: string;
  readonly inputDims: readonly number[];
}

/** Forward graph and gradient graph (logit of a class, to the first input), with the batch written into both. */
export async function prepare(file: string, batch: number): Promise<Prepared> {
  const model = await openModel(file);
  const reader = await prefetchConstants(model, readInitializer);
  const port = model.graph.inputs[0];
  if (port?.type.kind !== 'tensor' || !port.type.dims) throw new Error(`the first input of ${file} has no dims`);
  const inputDims = port.type.dims.map((dim, axis) => (axis === 0 ? batch : typeof dim === 'number' ? dim : 224));
  const dims = { [port.name]: inputDims }, output = model.graph.outputs[0]!.name;
  const gradient = buildGradientModel({ model, inputDims: dims, target: { output, space: 'logit' }, wrt: [port.name], reader });
  const { model: forward, inference } = specialise(model, dims, () => true, reader);
  const type = inference.types.get(output);
  if (type?.kind !== 'tensor') throw new Error(`the type of output '${output}' of ${file} is not known`);
  const outputs = [{ name: output, type: { kind: 'tensor' as const, dtype: type.dtype } }];
  return { gradient, input: port.name, inputDims, forward: { ...forward, graph: { ...forward.graph, outputs, valueInfo: new Map() } } };
}

/** A session with a given number of threads, and the milliseconds its creation took. */
export async function createSession(model: ModelFile, threads: number, options: InferenceSession.SessionOptions = {}): Promise<{ session: InferenceSession; createMs: number }> {
  const { bytes, externalFolder } = await writeOnnx(model);
  const session: Record<string, string> = externalFolder === undefined ? {} : { model_external_initializers_file_folder_path: externalFolder };
  const start = performance.now();
  const created = await InferenceSession.create(bytes, { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 4, extra: { session }, ...options });
  return { session: created, createMs: performance.now() - start };
}

/** Feeds for a prepared model: a picture of noise, and class 1 as the target of every sample. */
export function feedsOf({ input, inputDims, gradient }: Prepared): Record<string, Tensor> {
  const length = inputDims.reduce((product, dim) => product * dim, 1), batch = inputDims[0]!;
  return {
    [input]: new Tensor('float32', Float32Array.from({ length }, (_, index) => Math.sin(index * 12.9898) * 60), inputDims),
    [gradient.targetInput]: new Tensor('int64', new BigInt64Array(batch).fill(1n), [batch]),
  };
}

/** Those of the feeds that a session asks for. */
export function only(session: InferenceSession, feeds: Record<string, Tensor>): Record<string, Tensor> {
  return Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]!]));
}
