/** Small TensorFlow graphs through our translation and ONNX Runtime, against TensorFlow.js itself. */
import * as tf from '@tensorflow/tfjs';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as ort from 'onnxruntime-node';
import type { ModelFile } from '../../../../src/graph/graph';
import { writeOnnxStandalone } from '../../../../src/formats/onnx/write';
import { openTfjs } from '../../../../src/formats/tfjs/open';

export type Kind = 'float32' | 'int32' | 'bool';

export interface Values {
  readonly dtype: Kind;
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

/** An attribute as GraphDef has it. */
export type Attr = Readonly<Record<string, unknown>>;

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, Attr>>;
}

export interface SmallGraph {
  readonly nodes: readonly GraphNode[];
  /** Fed when the model runs; declared with `declared` dims where these differ. */
  readonly inputs: Readonly<Record<string, Values & { readonly declared?: readonly number[] }>>;
  /** In the weight file. */
  readonly constants?: Readonly<Record<string, Values>>;
  readonly outputs: readonly string[];
  readonly functions?: readonly unknown[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

export const typeName: Readonly<Record<Kind, string>> = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' };
export const attr = {
  int: (value: number): Attr => ({ i: String(value) }),
  float: (value: number): Attr => ({ f: value }),
  bool: (value: boolean): Attr => ({ b: value }),
  text: (value: string): Attr => ({ s: Buffer.from(value).toString('base64') }),
  ints: (values: readonly number[]): Attr => ({ list: { i: values.map(String) } }),
  texts: (values: readonly string[]): Attr => ({ list: { s: values.map((value) => Buffer.from(value).toString('base64')) } }),
  type: (kind: Kind): Attr => ({ type: typeName[kind] }),
  func: (name: string): Attr => ({ func: { name } }),
  shape: (dims: readonly number[]): Attr => ({ shape: shapeProto(dims) }),
};

export function shapeProto(dims: readonly number[]): unknown {
  return { dim: dims.map((dim) => ({ size: String(dim) })) };
}

export function constNode(name: string, values: Values): GraphNode {
  return { name, op: 'Const', attr: { dtype: attr.type(values.dtype), value: { tensor: { dtype: typeName[values.dtype], tensorShape: shapeProto(values.dims) } } } };
}

/** model.json and its weights as bytes. */
export function modelJson(graph: SmallGraph): { json: Record<string, unknown>; weights: Uint8Array } {
  const constants = Object.entries(graph.constants ?? {});
  const port = (name: string, values?: SmallGraph['inputs'][string]): unknown => ({ name: `${name}:0`, ...(values && { dtype: typeName[values.dtype], tensorShape: shapeProto(values.declared ?? values.dims) }) });
  const known = new Set(graph.nodes.map(({ name }) => name));
  const nodes: GraphNode[] = [
    ...constants.filter(([name]) => !known.has(name)).map(([name, values]) => constNode(name, values)),
    ...Object.entries(graph.inputs).map(([name, values]) => ({ name, op: 'Placeholder', attr: { dtype: attr.type(values.dtype), shape: attr.shape(values.declared ?? values.dims) } })),
    ...graph.nodes,
  ];
  const weights = Buffer.concat(constants.map(([, values]) => bytesOf(values)));
  return {
    weights,
    json: {
      format: 'graph-model', generatedBy: 'test',
      modelTopology: { node: nodes, library: { function: graph.functions ?? [] }, versions: { producer: 1 } },
      signature: { inputs: Object.fromEntries(Object.entries(graph.inputs).map(([name, values]) => [name, port(name, values)])), outputs: Object.fromEntries(graph.outputs.map((name) => [name, { name: name.includes(':') ? name : `${name}:0` }])) },
      weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: constants.map(([name, { dtype, dims }]) => ({ name, dtype, shape: dims })) }],
      ...graph.extra,
    },
  };
}

function bytesOf({ dtype, data }: Values): Uint8Array {
  const array = dtype === 'float32' ? Float32Array.from(data) : dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data);
  return new Uint8Array(array.buffer);
}

/** Opens the graph from files, as a person would. */
export async function openGraph(graph: SmallGraph): Promise<{ model: ModelFile; onnx: () => Promise<Uint8Array> }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lens-tfjs-'));
  try {
    const { json, weights } = modelJson(graph);
    fs.writeFileSync(path.join(folder, 'model.json'), JSON.stringify(json));
    fs.writeFileSync(path.join(folder, 'group1-shard1of1.bin'), weights);
    const model = await openTfjs(path.join(folder, 'model.json'));
    const bytes = model.notRunnable === undefined ? await writeOnnxStandalone(model) : new Uint8Array(0);
    return { model, onnx: () => Promise.resolve(bytes) };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

export interface Result {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

export async function runOurs(graph: SmallGraph): Promise<Record<string, Result>> {
  const { model, onnx } = await openGraph(graph);
  assert.equal(model.notRunnable, undefined);
  const session = await ort.InferenceSession.create(await onnx(), { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const feeds = Object.fromEntries(Object.entries(graph.inputs).filter(([name]) => session.inputNames.includes(name)).map(([name, { dtype, dims, data }]) => [name, dtype === 'float32'
      ? new ort.Tensor('float32', Float32Array.from(data), dims) : dtype === 'int32' ? new ort.Tensor('int32', Int32Array.from(data), dims) : new ort.Tensor('bool', Uint8Array.from(data), dims)]));
    const results = await session.run(feeds);
    return Object.fromEntries(graph.outputs.map((name) => [name, { dims: results[name]!.dims, data: Array.from(results[name]!.data as Iterable<number | bigint>, Number) }]));
  } finally {
    await session.release();
  }
}

export async function runTheirs(graph: SmallGraph): Promise<Record<string, Result>> {
  const { json, weights } = modelJson(graph);
  const manifest = json.weightsManifest as [{ weights: tf.io.WeightsManifestEntry[] }];
  const model = await tf.loadGraphModel(tf.io.fromMemory({
    format: 'graph-model', modelTopology: json.modelTopology as object, signature: json.signature as object, weightSpecs: manifest[0].weights,
    weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer,
  }));
  const feeds = Object.fromEntries(Object.entries(graph.inputs).map(([name, { dtype, dims, data }]) => [name, tf.tensor(data as number[], dims as number[], dtype)]));
  const names = graph.outputs.map((name) => (name.includes(':') ? name : `${name}:0`));
  const outputs = await run(model, feeds, names);
  const list = Array.isArray(outputs) ? outputs : [outputs];
  const results = Object.fromEntries(await Promise.all(graph.outputs.map(async (name, index) => [name, { dims: list[index]!.shape, data: Array.from(await list[index]!.data(), Number) }] as const)));
  model.dispose();
  return results;
}

/** Graphs whose shapes depend on values must be waited for; TensorFlow.js warns of the others when they are. */
async function run(model: tf.GraphModel, feeds: tf.NamedTensorMap, names: string[]): Promise<tf.Tensor | tf.Tensor[]> {
  try {
    return model.execute(feeds, names);
  } catch (error) {
    if (!String(error).includes('executeAsync')) throw error;
    return model.executeAsync(feeds, names);
  }
}

/** Both runtimes give the same values to `tolerance` (absolute plus relative). */
export async function compare(graph: SmallGraph, tolerance = 1e-5): Promise<void> {
  await tf.setBackend('cpu');
  const theirs = await runTheirs(graph);
  const ours = await runOurs(graph);
  const what = (): string => graph.nodes.map((node) => JSON.stringify(node)).join(' ').slice(0, 1500) + JSON.stringify(graph.inputs).slice(0, 600);
  for (const name of graph.outputs) {
    const a = ours[name]!, b = theirs[name]!;
    assert.deepEqual(a.dims, b.dims, `dims of ${name} of ${what()}`);
    b.data.forEach((expected, index) => {
      const found = a.data[index]!;
      const same = Object.is(found, expected) || Math.abs(found - expected) <= tolerance * (1 + Math.abs(expected)) || (Number.isNaN(found) && Number.isNaN(expected)) || found === expected;
      assert.ok(same, `element ${index} of ${name} is ${found}, TensorFlow.js has ${expected}: ${what()}`);
    });
  }
}

/** Reproducible numbers between -1 and 1. */
export function random(count: number, seed: number): number[] {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Array.from({ length: count }, () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export function floats(dims: readonly number[], seed = 1, scale = 1): Values {
  return { dtype: 'float32', dims, data: random(size(dims), seed).map((value) => Math.fround(value * scale)) };
}

/** Whole numbers from `low` to `high` (exclusive). */
export function ints(dims: readonly number[], low: number, high: number, seed = 1): Values {
  return { dtype: 'int32', dims, data: random(size(dims), seed).map((value) => low + Math.floor(((value + 1) / 2) * (high - low))) };
}

export function bools(dims: readonly number[], seed = 1): Values {
  return { dtype: 'bool', dims, data: random(size(dims), seed).map((value) => (value > 0 ? 1 : 0)) };
}

export function vector(...data: readonly number[]): Values {
  return { dtype: 'int32', dims: [data.length], data };
}

export function scalar(value: number, dtype: Kind = 'int32'): Values {
  return { dtype, dims: [], data: [value] };
}

function size(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** One op: `inputs` are fed, `constants` lie in the weights; names in the order of the op's inputs. */
export async function op(opType: string, operands: Readonly<Record<string, Values>>, attributes: Readonly<Record<string, Attr>> = {}, options: { readonly outputs?: number; readonly constant?: readonly string[]; readonly open?: boolean; readonly tolerance?: number } = {}): Promise<void> {
  const { outputs = 1, constant = [], open = false, tolerance } = options;
  const isConstant = ([name]: [string, Values]): boolean => constant.includes(name);
  const entries = Object.entries(operands);
  await compare({
    nodes: [{ name: 'y', op: opType, input: entries.map(([name]) => name), attr: attributes }],
    inputs: Object.fromEntries(entries.filter((entry) => !isConstant(entry)).map(([name, values]) => [name, open ? { ...values, declared: values.dims.map(() => -1) } : values])),
    constants: Object.fromEntries(entries.filter(isConstant)),
    outputs: Array.from({ length: outputs }, (_, index) => (index === 0 ? 'y' : `y:${index}`)),
  }, tolerance);
}
