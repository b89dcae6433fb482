/**
 * One call of a TensorFlow or keras.ops function inside a Keras model. Arguments come by name, by position or, for
 * Keras 3's operations, from the layer's config; constants stand beside tensors. What TensorFlow's own ops can express
 * is handed to their translators.
 */
import type { DType } from '../../../tensor/dtype';
import type { Emitter, Flow } from '../../translate/emitter';
import { isFlow, TfOp } from '../../tfjs/op';
import { translatorFor } from '../../tfjs/ops';
import { shown } from '../../badModelFile';
import { field, isObject } from '../config';
import { dimsOf, NotTranslatable, TensorArgument, type CallArgument, type LayerContext } from '../layer';

/** Names an argument goes by, in TensorFlow and in keras.ops. */
export type Names = string | readonly string[];

/** Attributes of a TensorFlow op, as its protobuf has them in JSON. */
export type TfAttributeValues = Readonly<Record<string, { i: number } | { b: boolean } | { s: string } | { f: number } | { type: string } | { list: { i: readonly number[] } }>>;

const maxConstants = 1_000_000;

export class OpCall {
  readonly e: Emitter;

  /** @param isOperation whether it is a Keras 3 operation, whose other arguments are in its config. */
  constructor(readonly layer: LayerContext, readonly op: string, readonly isOperation: boolean) {
    this.e = layer.e;
  }

  fail(reason: string): never {
    throw new NotTranslatable(`calls '${shown(this.op)}', which ${reason}`);
  }

  // --- arguments -------------------------------------------------------------------------------------------------

  /** An argument, with null as undefined. `position` counts all arguments of the function. */
  argument(names: Names, position: number): CallArgument {
    const list = typeof names === 'string' ? [names] : names;
    for (const name of list) {
      if (this.layer.kwargs.has(name)) return this.layer.kwargs.get(name) ?? undefined;
    }
    const declared = this.isOperation ? this.layer.config.raw(list) : undefined;
    return declared ?? this.layer.args[position] ?? undefined;
  }

  int(names: Names, position: number, fallback?: number): number {
    const value = this.plain(this.argument(names, position)) ?? fallback;
    return typeof value === 'number' && Number.isInteger(value) ? value : this.wrong(names, value, 'a whole number');
  }

  number(names: Names, position: number, fallback?: number): number {
    const value = this.plain(this.argument(names, position)) ?? fallback;
    return typeof value === 'number' ? value : this.wrong(names, value, 'a number');
  }

  bool(names: Names, position: number, fallback = false): boolean {
    const value = this.argument(names, position) ?? fallback;
    return typeof value === 'boolean' ? value : value === 1;
  }

  text(names: Names, position: number, fallback = ''): string {
    const value = this.argument(names, position) ?? fallback;
    return typeof value === 'string' ? value : this.wrong(names, value, 'a string');
  }

  /** Whole numbers: a list, one number, or undefined when not given. */
  ints(names: Names, position: number): number[] | undefined {
    const value = this.plain(this.argument(names, position));
    if (value === undefined) return undefined;
    const list: unknown[] = Array.isArray(value) ? value.flat(4) : [value];
    return list.every((item): item is number => typeof item === 'number' && Number.isInteger(item)) ? list : this.wrong(names, value, 'whole numbers');
  }

  /** A constant's own value: numpy arrays and tensors of configs are unwrapped. */
  private plain(value: unknown): unknown {
    const wrapped = isObject(value) ? field(field(value, 'config'), 'value') : undefined;
    return wrapped ?? value ?? undefined;
  }

  private wrong(names: Names, found: unknown, expected: string): never {
    const name = typeof names === 'string' ? names : names[0]!;
    const what = found instanceof TensorArgument ? 'computed while the model runs' : found === undefined ? 'missing' : shown(JSON.stringify(found) ?? 'missing');
    return this.fail(`has an argument '${name}' that is ${what}, expected ${expected}`);
  }

  // --- tensors ---------------------------------------------------------------------------------------------------

  /** A tensor, or a constant as one of type `dtype` (default: float32, or int32 where every number is whole). */
  flow(names: Names, position: number, dtype?: DType): Flow {
    const value = this.argument(names, position);
    if (value === undefined) return this.wrong(names, undefined, 'a tensor');
    return this.asFlow(value, dtype);
  }

  asFlow(value: unknown, dtype?: DType): Flow {
    if (value instanceof TensorArgument) return value.tensor;
    const plain = this.plain(value);
    if (Array.isArray(plain) && plain.some((item) => item instanceof TensorArgument || Array.isArray(item) && item.some((inner) => inner instanceof TensorArgument))) {
      return this.tf('Pack', plain.map((item) => this.asFlow(item, dtype ?? 'int32')), { axis: { i: 0 } })[0]!;
    }
    const dims: number[] = [];
    for (let inner = plain; Array.isArray(inner); inner = (inner as unknown[])[0]) dims.push(inner.length);
    const items = (Array.isArray(plain) ? plain.flat(16) : [plain]) as unknown[];
    const numbers = items.map((item) => (item === true ? 1 : item === false ? 0 : item));
    const isBool = items.length > 0 && items.every((item) => typeof item === 'boolean');
    if (items.length > maxConstants || !numbers.every((item): item is number => typeof item === 'number') || numbers.length !== dims.reduce((product, dim) => product * dim, 1)) {
      return this.fail('gets a constant that is no tensor of numbers');
    }
    const own: DType = isBool ? 'bool' : numbers.every(Number.isInteger) ? 'int32' : 'float32';
    return { value: this.e.constant(numbers, dtype ?? own, dims), stored: 'natural' };
  }

  /** The tensors of a list argument: a list, or everything the layer is called on. */
  list(names: Names): Flow[] {
    const list = this.argument(names, 0);
    return (Array.isArray(list) ? list : this.layer.args).map((item: unknown) => this.asFlow(item, this.firstDtype()));
  }

  private firstDtype(): DType {
    const first = this.layer.inputs[0];
    return first ? this.e.dtype(first) : 'float32';
  }

  /** Two operands of one type: a constant takes the tensor's, whole numbers become float32 beside float32. */
  operands(first: Names = ['x', 'x1', 'a'], second: Names = ['y', 'x2', 'b'], at = 0): [Flow, Flow] {
    const values = [this.argument(first, at), this.argument(second, at + 1)];
    const tensors = values.map((value) => (value instanceof TensorArgument ? value.tensor : undefined));
    const beside = tensors.find((tensor) => tensor !== undefined);
    if (!beside) return this.fail('has no tensor to work on');
    let dtype = this.e.dtype(beside);
    const flows = values.map((value, index) => {
      if (value === undefined) return this.wrong(index === 0 ? first : second, undefined, 'a tensor or a number');
      if (tensors[index]) return tensors[index];
      const own = this.asFlow(value);
      return this.e.dtype(own) === 'float32' ? own : this.asFlow(value, dtype === 'bool' ? undefined : dtype);
    });
    if (flows.some((flow) => this.e.dtype(flow) === 'float32')) dtype = 'float32';
    const same = flows.every((flow) => this.e.dtype(flow) === this.e.dtype(flows[0]!));
    const [a, b] = same ? flows : flows.map((flow) => this.cast(flow, dtype));
    return [a!, b!];
  }

  cast(flow: Flow, dtype: DType): Flow {
    return this.e.dtype(flow) === dtype ? flow : { value: this.e.cast(flow.value, dtype), stored: flow.stored };
  }

  float(flow: Flow): Flow {
    return this.cast(flow, 'float32');
  }

  rank(flow: Flow): number {
    return dimsOf(this.layer, flow).length;
  }

  ints32(values: readonly number[]): Flow {
    return { value: this.e.constant([...values], 'int32', [values.length]), stored: 'natural' };
  }

  int32(value: number): Flow {
    return { value: this.e.constant(value, 'int32'), stored: 'natural' };
  }

  // --- TensorFlow's ops ------------------------------------------------------------------------------------------

  /** Emits a TensorFlow op and returns its outputs. */
  tf(op: string, inputs: readonly Flow[], attributes: TfAttributeValues = {}): Flow[] {
    return emitTf(this.layer, op, inputs, attributes);
  }

  one(op: string, inputs: readonly Flow[], attributes: TfAttributeValues = {}): Flow {
    return this.tf(op, inputs, attributes)[0]!;
  }
}

/** A TensorFlow op by its own name. Throws NotTranslatable when it has no form in ONNX. */
export function emitTf(layer: LayerContext, op: string, inputs: readonly Flow[], attributes: Readonly<Record<string, unknown>>): Flow[] {
  const translate = translatorFor(op);
  if (!translate) throw new NotTranslatable(`calls TensorFlow's '${shown(op)}', which has no translation to ONNX here`);
  checkSizes(layer, op, inputs, attributes);
  try {
    const made = translate(new TfOp({ name: layer.name, op, inputs: [], attributes }, layer.e, inputs));
    return (Array.isArray(made) ? made : [made]).map((value) => {
      if (!isFlow(value)) throw new NotTranslatable(`calls TensorFlow's '${shown(op)}', which gives no tensor`);
      return value;
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'Untranslatable') throw new NotTranslatable(`calls TensorFlow's ${error.message}`);
    throw error;
  }
}

/** More parts or classes than any model has; a file that asks for them would fill the memory. */
const maxParts = 10_000, maxClasses = 1_000_000;

function checkSizes(layer: LayerContext, op: string, inputs: readonly Flow[], attributes: Readonly<Record<string, unknown>>): void {
  for (const name of ['num', 'num_split']) {
    const count = Number(field(field(attributes, name), 'i') ?? 0);
    if (!(count <= maxParts)) throw new NotTranslatable(`splits into ${count} parts, where at most ${maxParts} are translated`);
  }
  const depth = op === 'OneHot' && inputs[1] ? layer.e.known(layer.e.natural(inputs[1]))?.[0] ?? 0 : 0;
  if (!(depth <= maxClasses)) throw new NotTranslatable(`makes ${depth} classes, where at most ${maxClasses} are translated`);
}
