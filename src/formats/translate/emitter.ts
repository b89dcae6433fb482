/**
 * Builds an ONNX graph out of another framework's layers and ops.
 *
 * Keras and TensorFlow keep pictures as NHWC, ONNX's convolutions and pools want NCHW. A transpose around each of them
 * would be most of the work of a small network, so a `Flow` remembers how its value is stored: ops that do not care
 * (activations, additions, concatenations) work on whatever storage they get, and a transpose is emitted only where a
 * storage is wanted that nobody has made yet. Dims are always told in the source framework's own order.
 */
import type { DType } from '../../tensor/dtype';
import type { Dim, Dims, Graph, Initializer, Node, ValueInfo, ValueType } from '../../graph/graph';
import { GraphBuilder, type AttributeInput } from '../../graph/builder';
import { IncrementalInference } from '../../graph/inference/infer';

/** `natural`: as the framework has it. `channelsFirst`: [N, …, C] kept as [N, C, …]. */
export type Storage = 'natural' | 'channelsFirst';

/** A tensor on its way through a translation. */
export interface Flow {
  /** Name of the ONNX value. */
  readonly value: string;
  readonly stored: Storage;
}

export class Emitter extends GraphBuilder {
  private readonly inference: IncrementalInference;
  private readonly inputs: ValueInfo[] = [];
  private readonly outputs: ValueInfo[] = [];
  /** The other storage of a value, once somebody asked for it, by 'storage|value'. */
  private other = new Map<string, string>();
  private readonly used = new Set<string>();
  /** Types that were told, not inferred. */
  private readonly declared = new Map<string, ValueInfo>();
  private scope = '';

  constructor(opset = 18) {
    super(opset, '');
    this.inference = new IncrementalInference(new Map([['', opset]]));
  }

  // --- names -----------------------------------------------------------------------------------------------------

  /** Names made while `body` runs begin with `scope/`; scopes nest. */
  within<T>(scope: string, body: () => T): T {
    const outer = this.scope;
    this.scope = outer + scope + '/';
    try {
      return body();
    } finally {
      this.scope = outer;
    }
  }

  /** `scope/hint`, made unique by a number only where it is taken. */
  override fresh(hint: string): string {
    const base = this.scope + hint;
    let name = base;
    for (let count = 1; this.used.has(name); count++) name = `${base}_${count}`;
    this.used.add(name);
    return name;
  }

  // --- what goes in ----------------------------------------------------------------------------------------------

  /** An input of the model, in the framework's own order; without dims its rank is unknown. */
  input(name: string, dtype: DType, dims: Dims | undefined): Flow {
    this.used.add(name);
    const type: ValueType = { kind: 'tensor', dtype, dims };
    this.inputs.push({ name, type });
    this.inference.input(name, type);
    return { value: name, stored: 'natural' };
  }

  /** A weight. Bytes stay where `init` says they are. */
  weight(hint: string, init: Initializer): string {
    const name = this.fresh(hint);
    this.initializers.set(name, init);
    this.inference.initializer(name, init);
    return name;
  }

  override constant(values: readonly number[] | number, dtype: DType, dims?: readonly number[]): string {
    const name = super.constant(values, dtype, dims);
    if (this.inference.type(name) === undefined) this.inference.initializer(name, this.initializers.get(name)!);
    return name;
  }

  override ops(opType: string, inputs: readonly string[], outputs: number, attributes: Readonly<Record<string, AttributeInput>> = {}, domain = ''): string[] {
    const names = super.ops(opType, inputs, outputs, attributes, domain);
    this.inference.node(this.nodes.at(-1)!);
    return names;
  }

  /** Adds a node made elsewhere (with subgraphs, say). Its outputs must be names from `fresh`. */
  add(node: Node): void {
    this.nodes.push(node);
    this.inference.node(node);
  }

  /** Says what a value is that no inference can find out: the output of a node from outside ONNX. */
  declare(value: string, dtype: DType, dims: Dims): void {
    const type: ValueType = { kind: 'tensor', dtype, dims };
    this.inference.input(value, type);
    this.declared.set(value, { name: value, type });
  }

  // --- what is known ---------------------------------------------------------------------------------------------

  /** Dims of an ONNX value as it is stored; undefined when the rank is unknown. */
  storedDims(value: string): Dims | undefined {
    const type = this.inference.type(value);
    return type?.kind === 'tensor' ? type.dims : undefined;
  }

  /** Dims of a flow in the framework's own order. */
  dims(flow: Flow): Dims | undefined {
    const dims = this.storedDims(flow.value);
    return dims && flow.stored === 'channelsFirst' ? toNatural(dims) : dims;
  }

  dtype(flow: Flow | string): DType {
    const type = this.inference.type(typeof flow === 'string' ? flow : flow.value);
    return type?.kind === 'tensor' ? type.dtype : 'undefined';
  }

  /** Content of a small value that is known without running the model, flattened. */
  known(value: string): readonly number[] | undefined {
    return this.inference.constant(value);
  }

  // --- storage ---------------------------------------------------------------------------------------------------

  /** The value in the framework's own order; a transpose is emitted the first time it is asked for. */
  natural(flow: Flow): string {
    if (flow.stored === 'natural') return flow.value;
    return this.converted(flow.value, 'natural', (rank) => [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1]);
  }

  /** The value with its last axis moved behind the batch. Needs a known rank of at least 3. */
  channelsFirst(flow: Flow): string {
    if (flow.stored === 'channelsFirst') return flow.value;
    return this.converted(flow.value, 'channelsFirst', (rank) => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)]);
  }

  private converted(value: string, to: Storage, permutation: (rank: number) => number[]): string {
    // One value may be seen both ways: a graph's own transpose only changes how its input is looked at.
    const known = this.other.get(`${to}|${value}`);
    if (known !== undefined) return known;
    const rank = this.storedDims(value)?.length;
    if (rank === undefined) throw new Error(`the rank of '${value}' must be known to change its layout`);
    const made = rank < 3 ? value : this.transpose(value, permutation(rank));
    this.other.set(`${to}|${value}`, made);
    this.other.set(`${to === 'natural' ? 'channelsFirst' : 'natural'}|${made}`, value);
    return made;
  }

  /** `axis` of the framework's own order (negative counts from the end) in the order the flow is stored in. */
  storedAxis(flow: Flow, axis: number): number {
    const rank = this.storedDims(flow.value)?.length;
    if (rank === undefined) {
      if (flow.stored === 'natural') return axis;
      throw new Error(`the rank of '${flow.value}' must be known to find axis ${axis}`);
    }
    const positive = axis < 0 ? axis + rank : axis;
    if (flow.stored === 'natural' || rank < 3 || positive === 0) return positive;
    return positive === rank - 1 ? 1 : positive + 1;
  }

  /** Brings flows of one rank to one storage: channelsFirst if any of them has it, else natural. */
  align(flows: readonly Flow[]): { values: string[]; stored: Storage } {
    const stored: Storage = flows.some((flow) => flow.stored === 'channelsFirst') ? 'channelsFirst' : 'natural';
    return { values: flows.map((flow) => (stored === 'natural' ? this.natural(flow) : this.channelsFirst(flow))), stored };
  }

  /** An op that treats every element alike: storage stays. */
  elementwise(opType: string, flow: Flow, attributes: Readonly<Record<string, AttributeInput>> = {}, ...more: readonly string[]): Flow {
    return { value: this.op(opType, [flow.value, ...more], attributes), stored: flow.stored };
  }

  // --- subgraphs -------------------------------------------------------------------------------------------------

  /**
   * A graph for an If, Loop or Scan out of the nodes that `body` emits; it may read every value around it. `body` gets
   * the inputs as natural flows and names the values that come out. Weights become initializers of the outer graph.
   */
  subgraph(name: string, inputs: readonly ValueInfo[], body: (inputs: readonly Flow[]) => readonly string[]): Graph {
    const first = this.nodes.length;
    const around = this.other;
    // What is converted inside exists only inside.
    this.other = new Map(around);
    try {
      for (const { name: input, type } of inputs) {
        this.used.add(input);
        this.inference.input(input, type);
      }
      const values = body(inputs.map((input) => ({ value: input.name, stored: 'natural' })));
      // A subgraph's outputs are its own values, each named once.
      const outputs = values.map((value): ValueInfo => {
        const own = this.op('Identity', [value]);
        return { name: own, type: { kind: 'tensor', dtype: this.dtype(own), dims: this.storedDims(own) } };
      });
      return { name, inputs: [...inputs], outputs, nodes: this.nodes.slice(first), initializers: new Map(), valueInfo: new Map() };
    } finally {
      this.nodes.length = first;
      this.other = around;
    }
  }

  // --- the result ------------------------------------------------------------------------------------------------

  /** Makes `flow` an output of the model under `name`, in the framework's own order. */
  output(name: string, flow: Flow): void {
    const value = this.natural(flow);
    let taken = name;
    for (let count = 1; this.used.has(taken); count++) taken = `${name}_${count}`;
    this.used.add(taken);
    this.add({ name: `${taken}/Identity`, opType: 'Identity', domain: '', inputs: [value], outputs: [taken], attributes: new Map() });
    this.outputs.push({ name: taken, type: { kind: 'tensor', dtype: this.dtype(value), dims: this.storedDims(value) } });
  }

  graph(name: string): Graph {
    return { name, inputs: this.inputs, outputs: this.outputs, nodes: this.nodes, initializers: this.initializers, valueInfo: this.declared };
  }
}

function toNatural(dims: Dims): Dims {
  if (dims.length < 3) return dims;
  const [batch, channels, ...spatial] = dims as readonly Dim[];
  return [batch!, ...spatial, channels!];
}
