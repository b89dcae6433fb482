/**
 * The Graph: ONNX's own vocabulary, whatever file it came from. Weights stay where they are: an initializer is a
 * TensorRef (bytes in a file) or, for small or computed tensors, inline bytes. Nothing here reads a file.
 */
import type { DType } from '../tensor/dtype';

/** One dimension: a number, a symbolic name ('batch'), or null when nothing is known. */
export type Dim = number | string | null;
/** Dims of a value; undefined (where a field allows it) when not even the rank is known. */
export type Dims = readonly Dim[];

/** Bytes of a tensor where they lie: little-endian, C order, sub-byte types packed as ONNX packs them. */
export interface TensorRef {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly dtype: DType;
  readonly dims: readonly number[];
}

/** A tensor's content: in a file, as inline little-endian bytes, or as strings. */
export type Initializer =
  | { readonly kind: 'ref'; readonly ref: TensorRef }
  | { readonly kind: 'inline'; readonly dtype: DType; readonly dims: readonly number[]; readonly bytes: Uint8Array }
  | { readonly kind: 'strings'; readonly dtype: 'string'; readonly dims: readonly number[]; readonly strings: readonly string[] }
  /**
   * Content that must be decoded before it is a tensor's bytes (compressed HDF5 chunks, a weight split over shards).
   * `load` decodes it, every time it is asked; nobody asks before the model runs or a weight is looked at.
   */
  | { readonly kind: 'deferred'; readonly dtype: DType; readonly dims: readonly number[]; readonly load: () => Promise<Uint8Array> }
  /** Content that cannot be read (refused path, damaged or missing data). Shape is known, values are not. */
  | { readonly kind: 'missing'; readonly dtype: DType; readonly dims: readonly number[]; readonly reason: string };

export function initializerType(init: Initializer): { dtype: DType; dims: readonly number[] } {
  return init.kind === 'ref' ? { dtype: init.ref.dtype, dims: init.ref.dims } : { dtype: init.dtype, dims: init.dims };
}

export type ValueType =
  | { readonly kind: 'tensor' | 'sparse'; readonly dtype: DType; readonly dims?: Dims }
  | { readonly kind: 'sequence' | 'optional'; readonly element: ValueType }
  | { readonly kind: 'map'; readonly key: DType; readonly value: ValueType }
  | { readonly kind: 'unknown' };

/** A named value of a graph: an input, an output, or anything in between. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ValueType;
  readonly doc?: string;
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: Uint8Array }
  | { readonly kind: 'tensor'; readonly value: Initializer }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'type'; readonly value: ValueType }
  | { readonly kind: 'ints'; readonly value: readonly bigint[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly Uint8Array[] }
  | { readonly kind: 'tensors'; readonly value: readonly Initializer[] }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  | { readonly kind: 'types'; readonly value: readonly ValueType[] }
  /** Inside a function body: refers to an attribute of the calling node. */
  | { readonly kind: 'reference'; readonly value: string; readonly type?: Exclude<Attribute['kind'], 'reference'> };

export interface Node {
  readonly name: string;
  readonly opType: string;
  /** '' is ai.onnx (also written 'ai.onnx' in files; scanners normalise it). */
  readonly domain: string;
  /** Which of several functions of this name and domain is meant (IR 10); usually absent. */
  readonly overload?: string;
  /** Value names; '' stands for an optional input that is not given. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly doc?: string;
}

export interface Graph {
  readonly name: string;
  /** Without those that merely repeat an initializer (IR < 4 lists every weight as an input). */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  /** Types the file declares for inner values. */
  readonly valueInfo: ReadonlyMap<string, ValueInfo>;
  readonly doc?: string;
}

/** A function of a model: a node type defined by other nodes. */
export interface GraphFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly string[];
  readonly defaults: ReadonlyMap<string, Attribute>;
  readonly nodes: readonly Node[];
  readonly opsets: ReadonlyMap<string, number>;
}

export type ModelFormat = 'onnx' | 'keras' | 'tfjs';

/** A layer as its own framework declares it (Keras, TensorFlow.js layers-models). */
export interface DeclaredLayer {
  /** Path of names for nested models: 'encoder/conv2d_1'. */
  readonly name: string;
  /** The framework's class name: 'Conv2D'. */
  readonly type: string;
  /** ONNX values that go in and come out; empty for layers that were not translated. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Dims in the framework's own order (NHWC where it has that), null where unknown. */
  readonly inputDims: readonly (Dims | null)[];
  readonly outputDims: readonly (Dims | null)[];
  /** Elements of its weights, counted where a shared layer stands first. */
  readonly parameters: number;
  /** Names of the graph nodes it became. */
  readonly nodes: readonly string[];
  /** Its settings as the file has them (JSON, not trusted). */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Its variables as stored, in the framework's order and dims. */
  readonly weights?: readonly { readonly name: string; readonly init: Initializer }[];
}

/** A parsed model file. */
export interface ModelFile {
  readonly format: ModelFormat;
  /** Absolute path of the file that was opened. */
  readonly file: string;
  readonly producer: string;
  readonly irVersion: number;
  /** Operator-set version by domain ('' is ai.onnx). */
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: Graph;
  readonly functions: readonly GraphFunction[];
  /** Layers as people know them, where the format has them; else the graph's own nodes are the layers. */
  readonly layers?: readonly DeclaredLayer[];
  /** Why the model can be looked at but not run, in one sentence (Lambda bytecode, weights without an architecture). */
  readonly notRunnable?: string;
  /** What was assumed or skipped, one sentence each. */
  readonly warnings: readonly string[];
}

// --- attribute access ------------------------------------------------------------------------------------------

/** An int attribute as a number, or `fallback`. */
export function attrInt<F>(node: Node, name: string, fallback: F): number | F {
  const attr = node.attributes.get(name);
  return attr?.kind === 'int' ? Number(attr.value) : fallback;
}

export function attrFloat<F>(node: Node, name: string, fallback: F): number | F {
  const attr = node.attributes.get(name);
  return attr?.kind === 'float' ? attr.value : fallback;
}

export function attrInts<F>(node: Node, name: string, fallback: F): number[] | F {
  const attr = node.attributes.get(name);
  return attr?.kind === 'ints' ? attr.value.map(Number) : fallback;
}

export function attrFloats<F>(node: Node, name: string, fallback: F): readonly number[] | F {
  const attr = node.attributes.get(name);
  return attr?.kind === 'floats' ? attr.value : fallback;
}

export function attrString<F>(node: Node, name: string, fallback: F): string | F {
  const attr = node.attributes.get(name);
  return attr?.kind === 'string' ? new TextDecoder().decode(attr.value) : fallback;
}

export function attrTensor(node: Node, name: string): Initializer | undefined {
  const attr = node.attributes.get(name);
  return attr?.kind === 'tensor' ? attr.value : undefined;
}

export function attrGraph(node: Node, name: string): Graph | undefined {
  const attr = node.attributes.get(name);
  return attr?.kind === 'graph' ? attr.value : undefined;
}
