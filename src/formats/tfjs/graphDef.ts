/**
 * TensorFlow's GraphDef as TensorFlow.js stores it in JSON (tensorflow/core/framework/graph.proto, in the JSON form of
 * protobuf): nodes, their inputs and attributes, and the functions of its library.
 */
import type { DType } from '../../tensor/dtype';
import type { Dims } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';
import { asArray, isObject, type Json } from './modelJson';

export interface TfNode {
  readonly name: string;
  readonly op: string;
  /** Data inputs ('name', 'name:1', in functions 'name:output:0'); control inputs are left out. */
  readonly inputs: readonly string[];
  readonly attributes: Json;
}

export interface TfFunction {
  readonly name: string;
  readonly nodes: ReadonlyMap<string, TfNode>;
  readonly inputs: readonly string[];
  /** What each output of the function is, in order. */
  readonly results: readonly string[];
}

export interface TfGraph {
  readonly nodes: ReadonlyMap<string, TfNode>;
  readonly functions: ReadonlyMap<string, TfFunction>;
}

const maxNodes = 500_000;

/** Checks the parts of a GraphDef that everything relies on. Throws a BadModelFile. */
export function readGraphDef(topology: Json): TfGraph {
  const functions = new Map<string, TfFunction>();
  const library = isObject(topology.library) ? asArray(topology.library.function) : [];
  for (const item of library) {
    const body = readFunction(item);
    functions.set(body.name, body);
  }
  return { nodes: readNodes(asArray(topology.node), 'the graph'), functions };
}

function readFunction(item: unknown): TfFunction {
  const signature = isObject(item) ? item.signature : undefined;
  if (!isObject(item) || !isObject(signature) || typeof signature.name !== 'string') throw new BadModelFile('a function of the graph has no signature with a name');
  const { name } = signature;
  const argNames = (list: unknown): string[] => asArray(list).map((arg) => (isObject(arg) && typeof arg.name === 'string' ? arg.name : ''));
  const ret = isObject(item.ret) ? item.ret : {};
  const results = argNames(signature.outputArg).map((output) => {
    const result = Object.hasOwn(ret, output) ? ret[output] : output;
    if (typeof result !== 'string') throw new BadModelFile(`function '${shown(name)}' does not say what its output '${shown(output)}' is`);
    return result;
  });
  return { name, nodes: readNodes(asArray(item.nodeDef), `function '${shown(name)}'`), inputs: argNames(signature.inputArg), results };
}

function readNodes(list: readonly unknown[], where: string): Map<string, TfNode> {
  if (list.length > maxNodes) throw new BadModelFile(`${where} has ${list.length} nodes, more than the ${maxNodes} that are read`);
  const nodes = new Map<string, TfNode>();
  for (const item of list) {
    if (!isObject(item) || typeof item.name !== 'string' || typeof item.op !== 'string') throw new BadModelFile(`${where} has a node without name or op`);
    const inputs = asArray(item.input);
    if (!inputs.every((input) => typeof input === 'string')) throw new BadModelFile(`node '${shown(item.name)}' of ${where} has an input that is no name`);
    nodes.set(item.name, {
      name: item.name, op: item.op,
      inputs: (inputs as string[]).filter((input) => !input.startsWith('^')),
      attributes: isObject(item.attr) ? item.attr : {},
    });
  }
  return nodes;
}

/** Where the values of an output argument begin, for ops with several (op definitions of tensorflow/core/ops). */
const outputArguments: Readonly<Record<string, readonly string[]>> = {
  TopKV2: ['values', 'indices'], Unique: ['y', 'idx'], UniqueV2: ['y', 'idx'], UniqueWithCounts: ['y', 'idx', 'count'],
  FusedBatchNorm: ['y', 'batch_mean', 'batch_variance'], FusedBatchNormV2: ['y', 'batch_mean', 'batch_variance'],
  FusedBatchNormV3: ['y', 'batch_mean', 'batch_variance'], MaxPoolWithArgmax: ['output', 'argmax'],
  NonMaxSuppressionV4: ['selected_indices', 'valid_outputs'], NonMaxSuppressionV5: ['selected_indices', 'selected_scores', 'valid_outputs'],
  TensorListPopBack: ['output_handle', 'tensor'], Switch: ['output_false', 'output_true'], Merge: ['output', 'value_index'],
  SparseFillEmptyRows: ['output_indices', 'output_values', 'empty_row_indicator', 'reverse_index_map'],
  SparseReshape: ['output_indices', 'output_shape'], StringSplit: ['indices', 'values', 'shape'], StringNGrams: ['ngrams', 'ngrams_splits'],
  ListDiff: ['out', 'idx'],
};

/** 'node', 'node:1' or, in a function, 'node:argument:0' as a node's name and the number of its output. */
export function reference(text: string, nodes: ReadonlyMap<string, TfNode>): { readonly node: string; readonly output: number } {
  if (nodes.has(text)) return { node: text, output: 0 };
  const parts = text.split(':');
  const last = Number(parts.at(-1));
  if (parts.length === 1 || !Number.isSafeInteger(last) || last < 0) return { node: text, output: 0 };
  if (parts.length === 2) return { node: parts[0]!, output: last };
  const node = parts.slice(0, -2).join(':');
  const first = outputArguments[nodes.get(node)?.op ?? '']?.indexOf(parts.at(-2)!) ?? 0;
  return { node, output: Math.max(0, first) + last };
}

// --- attribute values --------------------------------------------------------------------------------------------

/** TensorFlow.js computes with float32, int32, bool and strings only; wider and narrower types become these. */
const computedAs: Readonly<Record<string, DType>> = {
  DT_FLOAT: 'float32', DT_HALF: 'float32', DT_BFLOAT16: 'float32', DT_DOUBLE: 'float32',
  DT_INT8: 'int32', DT_INT16: 'int32', DT_INT32: 'int32', DT_INT64: 'int32', DT_UINT8: 'int32', DT_UINT16: 'int32', DT_UINT32: 'int32', DT_UINT64: 'int32',
  DT_BOOL: 'bool', DT_STRING: 'string', DT_COMPLEX64: 'complex64', DT_COMPLEX128: 'complex64',
};
/** types.proto's numbers of the same, for files that store enums as numbers. */
const typeNames: Readonly<Record<number, string>> = {
  1: 'DT_FLOAT', 2: 'DT_DOUBLE', 3: 'DT_INT32', 4: 'DT_UINT8', 5: 'DT_INT16', 6: 'DT_INT8', 7: 'DT_STRING', 8: 'DT_COMPLEX64',
  9: 'DT_INT64', 10: 'DT_BOOL', 14: 'DT_BFLOAT16', 17: 'DT_UINT16', 18: 'DT_COMPLEX128', 19: 'DT_HALF', 20: 'DT_RESOURCE', 21: 'DT_VARIANT', 22: 'DT_UINT32', 23: 'DT_UINT64',
};

/** A DataType as TensorFlow.js computes with it; undefined for resources, variants and what is no type. */
export function dtypeOf(value: unknown): DType | undefined {
  const name = typeof value === 'number' ? typeNames[value] : value;
  return typeof name === 'string' && Object.hasOwn(computedAs, name) ? computedAs[name] : undefined;
}

/** Bytes are base64 text or, in some files, a list of byte values. */
export function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return Buffer.from(value.filter((byte) => typeof byte === 'number')).toString('utf8');
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
}

/** 64-bit integers are text in protobuf's JSON form. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' ? number : undefined;
}

/** A TensorShapeProto: -1 is unknown (null); undefined when the rank is. */
export function shapeOf(value: unknown): Dims | undefined {
  if (!isObject(value) || value.unknownRank === true || value.unknown_rank === true) return undefined;
  return asArray(value.dim).map((dim) => {
    const size = isObject(dim) ? numberOf(dim.size ?? 0) : undefined;
    return size === undefined || size < 0 || !Number.isSafeInteger(size) ? null : size;
  });
}

/** Attributes of a node by kind, with TensorFlow's defaults given by the caller. */
export class TfAttributes {
  constructor(private readonly attributes: Json) {}

  private value(name: string, kind: string): unknown {
    const attribute = Object.hasOwn(this.attributes, name) ? this.attributes[name] : undefined;
    return isObject(attribute) ? attribute[kind] : undefined;
  }

  private list(name: string, kind: string): readonly unknown[] | undefined {
    const list = this.value(name, 'list');
    return isObject(list) ? asArray(list[kind]) : undefined;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.attributes, name);
  }

  int(name: string, fallback: number): number {
    return numberOf(this.value(name, 'i')) ?? fallback;
  }

  float(name: string, fallback: number): number {
    return numberOf(this.value(name, 'f')) ?? fallback;
  }

  bool(name: string, fallback = false): boolean {
    const value = this.value(name, 'b');
    return typeof value === 'boolean' ? value : fallback;
  }

  text(name: string, fallback = ''): string {
    return textOf(this.value(name, 's')) ?? fallback;
  }

  ints(name: string): readonly number[] | undefined {
    return this.list(name, 'i')?.map((item) => numberOf(item) ?? 0);
  }

  texts(name: string): readonly string[] {
    return this.list(name, 's')?.map((item) => textOf(item) ?? '') ?? [];
  }

  dtype(name: string): DType | undefined {
    return dtypeOf(this.value(name, 'type'));
  }

  shape(name: string): Dims | undefined {
    return shapeOf(this.value(name, 'shape'));
  }

  tensor(name: string): Json | undefined {
    const value = this.value(name, 'tensor');
    return isObject(value) ? value : undefined;
  }

  functionName(name: string): string | undefined {
    const value = this.value(name, 'func');
    return isObject(value) && typeof value.name === 'string' ? value.name : undefined;
  }
}
