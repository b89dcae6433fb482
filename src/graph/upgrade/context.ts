/** What an upgrade rule sees of a node, and the nodes it writes in its place. */
import type { DType } from '../../tensor/dtype';
import { tensorFromNumbers, tensorToBytes } from '../../tensor/convert';
import type { Attribute, Dims, Initializer, Node } from '../graph';

/** Where new constants and names come from, and what is known of values. */
export interface UpgradeScope {
  dims(name: string): Dims | undefined;
  dtype(name: string): DType;
  constant(name: string): readonly number[] | undefined;
  fresh(hint: string): string;
  /** Adds a constant that the rewritten nodes can read and returns its name. */
  addConstant(init: Initializer, emitted: Node[]): string;
}

export class UpgradeContext {
  readonly nodes: Node[] = [];

  /** @param from version of ai.onnx the node is written for. @param to version it shall be written for. */
  constructor(readonly node: Node, readonly from: number, readonly to: number, readonly scope: UpgradeScope) {}

  input(index: number): string {
    return this.node.inputs[index] ?? '';
  }

  dims(index: number): Dims | undefined {
    return this.scope.dims(this.input(index));
  }

  rank(index: number): number | undefined {
    return this.dims(index)?.length;
  }

  /** Element type of an input; float32 when it is not known, as nearly everything was before opset 13. */
  dtype(index: number): DType {
    const dtype = this.scope.dtype(this.input(index));
    return dtype === 'undefined' ? 'float32' : dtype;
  }

  constant(index: number): readonly number[] | undefined {
    return this.scope.constant(this.input(index));
  }

  int64s(values: readonly number[]): string {
    return this.tensor(values, 'int64', [values.length]);
  }

  tensor(values: readonly number[], dtype: DType, dims: readonly number[]): string {
    const bytes = tensorToBytes(tensorFromNumbers(dtype, dims, values));
    return this.scope.addConstant({ kind: 'inline', dtype, dims: [...dims], bytes }, this.nodes);
  }

  /** Emits a node with one new output (or the given ones) and returns the first output's name. */
  emit(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute | undefined>> = {}, outputs?: readonly string[]): string {
    const names = outputs ?? [this.scope.fresh(opType)];
    const given = Object.entries(attributes).filter((entry): entry is [string, Attribute] => entry[1] !== undefined);
    this.nodes.push({ name: names[0]!, opType, domain: '', inputs, outputs: names, attributes: new Map(given) });
    return names[0]!;
  }

  /** Emits the node itself with other inputs or attributes; `undefined` removes an attribute. */
  keep(change: { opType?: string; inputs?: readonly string[]; outputs?: readonly string[]; attributes?: Readonly<Record<string, Attribute | undefined>> } = {}): void {
    const attributes = new Map(this.node.attributes);
    // An execution hint of opset 1: which inputs may be overwritten.
    attributes.delete('consumed_inputs');
    for (const [name, attr] of Object.entries(change.attributes ?? {})) {
      if (attr === undefined) attributes.delete(name);
      else attributes.set(name, attr);
    }
    const { opType = this.node.opType, inputs = this.node.inputs, outputs = this.node.outputs } = change;
    this.nodes.push({ ...this.node, opType, inputs, outputs, attributes });
  }

  attribute(name: string): Attribute | undefined {
    return this.node.attributes.get(name);
  }

  fail(reason: string): never {
    throw new Error(`${this.node.opType} '${this.node.name}' of opset ${this.from} cannot be written for opset ${this.to}: ${reason}`);
  }
}

/** Writes the node for the newer operator set through the context. */
export type UpgradeRule = (context: UpgradeContext) => void;

export const int = (value: number): Attribute => ({ kind: 'int', value: BigInt(value) });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const ints = (values: readonly number[]): Attribute => ({ kind: 'ints', value: values.map((value) => BigInt(value)) });
export const text = (value: string): Attribute => ({ kind: 'string', value: new TextEncoder().encode(value) });
