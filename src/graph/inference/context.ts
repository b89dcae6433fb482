/** What an inference rule sees of a node, and what it gives back. */
import type { DType } from '../../tensor/dtype';
import type { Dim, Dims, Graph, Initializer, Node, ValueType } from '../graph';
import { attrFloat, attrInt, attrInts, attrString } from '../graph';
import type { Data } from './data';
import { numbersOf } from './data';

/** What is known of a value. */
export interface Value { readonly type: ValueType; readonly data?: Data }

/** One entry per output; undefined: nothing is known. A missing tail likewise. */
export type Outputs = readonly (Value | undefined)[];

/** Infers a node's outputs. It may throw on contradictory facts: the outputs are then unknown and the error is a warning. */
export type InferRule = (context: OpContext) => Outputs;

/** Rows of one op family, by op type within one domain. */
export type InferTable = Readonly<Record<string, InferRule>>;

export interface OpServices {
  lookup(name: string): Value | undefined;
  /** Content of a small tensor (an attribute's). */
  content(init: Initializer): Data | undefined;
  /** Infers a subgraph of the node for the given inputs and returns its outputs; subgraphs see outer values. */
  inferSubgraph(graph: Graph, inputs: Outputs): Outputs;
}

export class OpContext {
  constructor(readonly node: Node, /** Version of the node's domain. */ readonly opset: number, private readonly services: OpServices) {}

  has(index: number): boolean {
    return (this.node.inputs[index] ?? '') !== '';
  }

  value(index: number): Value | undefined {
    const name = this.node.inputs[index] ?? '';
    return name === '' ? undefined : this.services.lookup(name);
  }

  dims(index: number): Dims | undefined {
    const type = this.value(index)?.type;
    return type?.kind === 'tensor' || type?.kind === 'sparse' ? type.dims : undefined;
  }

  rank(index: number): number | undefined {
    return this.dims(index)?.length;
  }

  /** The element type of a tensor input; 'undefined' when it is not known. */
  dtype(index: number): DType {
    const type = this.value(index)?.type;
    return type?.kind === 'tensor' || type?.kind === 'sparse' ? type.dtype : 'undefined';
  }

  data(index: number): Data | undefined {
    return this.value(index)?.data;
  }

  /** The fully known content of an input, flattened. */
  numbers(index: number): readonly number[] | undefined {
    return numbersOf(this.data(index));
  }

  int(name: string, fallback: number): number {
    return attrInt(this.node, name, fallback);
  }

  optionalInt(name: string): number | undefined {
    return attrInt(this.node, name, undefined);
  }

  float(name: string, fallback: number): number {
    return attrFloat(this.node, name, fallback);
  }

  ints(name: string): readonly number[] | undefined {
    return attrInts(this.node, name, undefined);
  }

  string(name: string, fallback: string): string {
    return attrString(this.node, name, fallback);
  }

  hasAttribute(name: string): boolean {
    return this.node.attributes.has(name);
  }

  content(init: Initializer): Data | undefined {
    return this.services.content(init);
  }

  get outputCount(): number {
    return this.node.outputs.length;
  }

  inferSubgraph(graph: Graph, inputs: Outputs): Outputs {
    return this.services.inferSubgraph(graph, inputs);
  }
}

/** A dense tensor value. */
export function tensor(dtype: DType, dims?: Dims, data?: Data): Value {
  return { type: { kind: 'tensor', dtype, dims }, data };
}

/** Dims of a tensor of `rank` of which nothing else is known. */
export function unknownDims(rank: number): Dims {
  return new Array<Dim>(rank).fill(null);
}

/** The same rule under several names. */
export function sameRule(rule: InferRule, ...opTypes: readonly string[]): InferTable {
  return Object.fromEntries(opTypes.map((opType) => [opType, rule]));
}
