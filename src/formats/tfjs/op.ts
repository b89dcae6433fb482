/** One TensorFlow node while it is translated: its attributes, its inputs as flows, and the emitter. */
import type { DType } from '../../tensor/dtype';
import type { Dim, Dims } from '../../graph/graph';
import type { AttributeInput } from '../../graph/builder';
import type { Emitter, Flow } from '../translate/emitter';
import { TfAttributes, type TfNode } from './graphDef';
import { smallConstant } from './smallConstant';
import { Follows, Untranslatable } from './untranslatable';

/** What a TensorFlow output is here: a tensor, or a handle that only other TensorFlow ops understand. */
export type TfValue =
  | Flow
  /** A TensorList whose elements are stacked on a new first axis. */
  | { readonly list: Flow }
  /** A TensorList that was reserved and not yet filled; its elements are of type `dtype`. */
  | { readonly reserved: { readonly size: Flow; readonly dtype: DType } }
  /** The same list with one element set: what a loop collects. */
  | { readonly written: { readonly list: TfValue; readonly index: Flow; readonly item: Flow } }
  | { readonly table: string }
  /** Not translated: named, of unknown type. */
  | { readonly opaque: string };

export type TfFlows = readonly TfValue[] | TfValue;

/** Emits what one op becomes and returns its outputs in order. */
export type OpTranslator = (op: TfOp) => TfFlows;
export type OpTable = Readonly<Record<string, OpTranslator>>;

/** End of an axis, for Slice. */
export const toEnd = Number.MAX_SAFE_INTEGER;

/** More parts, positions or classes than any op has. */
const maxCount = 1_000_000;

export function isFlow(value: TfValue | undefined): value is Flow {
  return value !== undefined && 'value' in value;
}

/** int64 values by the int32 value that was made of them. */
const wideSources = new WeakMap<Emitter, Map<string, string>>();

function sourcesOf(e: Emitter): Map<string, string> {
  let sources = wideSources.get(e);
  if (!sources) wideSources.set(e, sources = new Map());
  return sources;
}

export class TfOp {
  readonly attributes: TfAttributes;

  constructor(readonly node: TfNode, readonly e: Emitter, readonly inputs: readonly (TfValue | undefined)[]) {
    this.attributes = new TfAttributes(node.attributes);
  }

  /** Gives the node up, with the reason people are told. */
  fail(reason: string): never {
    throw new Untranslatable(this.node.op, this.node.name, reason);
  }

  // --- inputs ----------------------------------------------------------------------------------------------------

  flow(index: number): Flow {
    const input = this.inputs[index];
    if (isFlow(input)) return input;
    if (input === undefined) this.fail(`input ${index} is not given`);
    if ('opaque' in input) throw new Follows(this.node.op, this.node.name, `input ${index} comes from '${input.opaque}', which could not be translated`);
    return this.fail(`input ${index} is a list or a table, where a tensor was expected`);
  }

  flows(from = 0, to = this.inputs.length): Flow[] {
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => this.flow(from + index));
  }

  /** Name of an input in TensorFlow's own layout. */
  natural(index: number): string {
    return this.e.natural(this.flow(index));
  }

  dims(index: number): Dims | undefined {
    return this.e.dims(this.flow(index));
  }

  rank(index: number): number {
    return this.dims(index)?.length ?? this.unknown(index, 'rank');
  }

  dtype(index: number): DType {
    return this.e.dtype(this.flow(index));
  }

  /** A dim that must be a number. */
  dim(index: number, axis: number): number {
    const dim: Dim | undefined = this.dims(index)?.at(axis);
    return typeof dim === 'number' ? dim : this.unknown(index, `size of axis ${axis}`);
  }

  /** Content of an input when it is known without running the model. */
  known(index: number): readonly number[] | undefined {
    const flow = this.flow(index);
    return flow.stored === 'natural' ? this.e.known(flow.value) : undefined;
  }

  /** The same for a few real numbers, which are read from the weights for this. */
  numbers(index: number): readonly number[] | undefined {
    return this.known(index) ?? smallConstant(this.e.initializers.get(this.natural(index)));
  }

  /** Content of an input that must be known. */
  constants(index: number, what: string): readonly number[] {
    return this.known(index) ?? this.fail(`${what} is computed while the model runs, where a constant was expected`);
  }

  constant(index: number, what: string): number {
    return this.constants(index, what)[0] ?? this.fail(`${what} is empty`);
  }

  /** A count from the file, of things that are written out one by one. */
  bounded(count: number, what: string): number {
    if (!Number.isSafeInteger(count) || count < 0 || count > maxCount) this.fail(`${what} is ${count}, expected a whole number up to ${maxCount}`);
    return count;
  }

  /** An axis input as a number from 0 to rank - 1. */
  axis(index: number, rank: number, what = 'the axis'): number {
    return this.inRange(this.constant(index, what), rank);
  }

  inRange(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (!(positive >= 0 && positive < rank)) this.fail(`axis ${axis} does not fit a tensor of rank ${rank}`);
    return positive;
  }

  private unknown(index: number, what: string): never {
    return this.fail(`the ${what} of input ${index} ('${this.flow(index).value}') is not known`);
  }

  /** An integer input as int64, which is what ONNX wants of shapes and indices. Constants stay constants. */
  int64(flow: Flow | string): string {
    const value = typeof flow === 'string' ? flow : this.e.natural(flow);
    if (this.e.dtype(value) === 'int64') return value;
    const known = this.e.known(value);
    const dims = this.e.storedDims(value);
    if (known && dims?.every((dim) => typeof dim === 'number')) return this.e.constant(known, 'int64', dims as number[]);
    return sourcesOf(this.e).get(value) ?? this.e.cast(value, 'int64');
  }

  /** An int64 result as TensorFlow.js' only integer type. Where int64 is wanted again, the source is taken. */
  int32(value: string): Flow {
    const cast = this.e.cast(value, 'int32');
    sourcesOf(this.e).set(cast, value);
    return this.of(cast);
  }

  // --- outputs ---------------------------------------------------------------------------------------------------

  emit(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeInput>> = {}): Flow {
    return this.of(this.e.op(opType, inputs, attributes));
  }

  of(value: string): Flow {
    return { value, stored: 'natural' };
  }

  scalar(value: number, dtype: DType): string {
    return this.e.constant(value, dtype);
  }
}
