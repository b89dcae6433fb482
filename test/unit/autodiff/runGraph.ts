/** Runs a few nodes in ONNX Runtime. */
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { writeOnnx } from '../../../src/formats/onnx/write';
import type { Graph, Initializer, ModelFile, Node, ValueInfo } from '../../../src/graph/graph';
import { float16ToNumber, numberToFloat16 } from '../../../src/tensor/convert';
import type { DType } from '../../../src/tensor/dtype';

/** Numbers of any element type; 64-bit integers and bools become plain numbers. */
export interface Values {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

export function count(dims: readonly number[]): number { return dims.reduce((product, dim) => product * dim, 1); }

/** A model file made of nodes, as a scanner would return it. */
export function makeModel(graph: { nodes: readonly Node[]; inputs: readonly ValueInfo[]; outputs: readonly ValueInfo[]; initializers?: ReadonlyMap<string, Initializer> }, opset: number): ModelFile {
  const full: Graph = { name: 'test', valueInfo: new Map(), initializers: new Map(), ...graph };
  return {
    format: 'onnx', file: '/nowhere/test.onnx', producer: 'test', irVersion: 8, opsets: new Map([['', opset], ['com.microsoft', 1], ['ai.onnx.ml', 3]]),
    metadata: new Map(), graph: full, functions: [], warnings: [],
  };
}

export function valueInfo(name: string, dtype: DType, dims?: readonly number[]): ValueInfo {
  return { name, type: dims ? { kind: 'tensor', dtype, dims } : { kind: 'tensor', dtype } };
}

/** A session for `model`; `optimised: false` for those whose nodes should run as they are written. */
export async function openSession(model: ModelFile, options: InferenceSession.SessionOptions = {}): Promise<InferenceSession> {
  const { bytes } = await writeOnnx(model);
  return InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4, ...options });
}

export async function runSession(session: InferenceSession, feeds: Readonly<Record<string, Values>>, fetch?: readonly string[]): Promise<Record<string, Values>> {
  const inputs: Record<string, OrtTensor> = {};
  for (const name of session.inputNames) {
    const value = feeds[name];
    if (!value) throw new Error(`no value for input '${name}'`);
    inputs[name] = toOrt(value);
  }
  const results = await session.run(inputs, fetch ? [...fetch] : [...session.outputNames]);
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]));
}

function toOrt({ dtype, dims, data }: Values): OrtTensor {
  switch (dtype) {
    case 'float32': return new OrtTensor('float32', Float32Array.from(data), dims);
    case 'float16': return new OrtTensor('float16', Uint16Array.from(data, numberToFloat16), dims);
    case 'float64': return new OrtTensor('float64', Float64Array.from(data), dims);
    case 'int64': return new OrtTensor('int64', BigInt64Array.from(data, (value) => BigInt(value)), dims);
    case 'int32': return new OrtTensor('int32', Int32Array.from(data), dims);
    case 'bool': return new OrtTensor('bool', Uint8Array.from(data), dims);
    case 'uint8': return new OrtTensor('uint8', Uint8Array.from(data), dims);
    default: throw new Error(`feeding ${dtype} is not needed by any test yet`);
  }
}

function fromOrt(tensor: OrtTensor): Values {
  const halves = tensor.type === 'float16' && tensor.data instanceof Uint16Array;
  const data = halves ? Array.from(tensor.data as Uint16Array, float16ToNumber) : Array.from(tensor.data as ArrayLike<number | bigint | boolean>, Number);
  return { dtype: tensor.type as DType, dims: tensor.dims, data };
}
