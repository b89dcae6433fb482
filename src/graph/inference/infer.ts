/**
 * Shape and type inference: one pass over the nodes in topological order, one table row per op. Small integer tensors
 * are followed through shape arithmetic with symbolic items, so that Reshape(x, Concat(Shape(x)[0], -1)) keeps
 * 'batch'. What a rule cannot know stays unknown; nothing here throws on a bad model.
 */
import type { DType } from '../../tensor/dtype';
import type { Dim, Dims, Graph, GraphFunction, Initializer, ModelFile, Node, ValueType } from '../graph';
import { initializerType } from '../graph';
import type { OpServices, Outputs, Value } from './context';
import { OpContext } from './context';
import type { Data } from './data';
import { inlineNumbers, isWanted, makeData, numbersOf } from './data';
import { DeclaredTypes, bindInputs } from './declared';
import { isAnonymous } from './dims';
import { bindAttributes } from './functions';
import { ruleFor } from './tables';

export interface Inference {
  /** Types of inputs, initializers and node outputs of the main graph, by value name. */
  readonly types: Map<string, ValueType>;
  /** Content of small values that are known without running the model, flattened, by value name. */
  readonly constants: Map<string, readonly number[]>;
  /** The same for every subgraph (branches and loop bodies) of the main graph, widened over all iterations. */
  readonly subgraphs: Map<Graph, { readonly types: Map<string, ValueType>; readonly constants: Map<string, readonly number[]> }>;
  /** The same for calls of model-local functions, by calling node, with the body's nodes as they are for this call. */
  readonly calls?: ReadonlyMap<Node, FunctionCall>;
  /** What did not fit together: one sentence each, at most 100. */
  readonly warnings: readonly string[];
}

export interface FunctionCall {
  readonly nodes: readonly Node[];
  readonly types: ReadonlyMap<string, ValueType>;
  readonly constants: ReadonlyMap<string, readonly number[]>;
}

/** Gives the content of a small initializer whose bytes lie in a file; undefined when it is not to be had. */
export type ConstantReader = (init: Initializer) => readonly number[] | undefined;

const maxDepth = 16;
const maxWarnings = 100;
/** Calls whose inner types are kept. */
const maxCalls = 20_000;

/**
 * Infers dtype and dims of every value.
 *
 * @param inputDims real dims of inputs by name, in place of the declared ones.
 * @param reader content of small 'ref' initializers (see `wantedConstants` and `prefetchConstants`).
 */
export function inferShapes(model: ModelFile, inputDims: Readonly<Record<string, readonly number[]>> = {}, reader: ConstantReader = () => undefined): Inference {
  return new Inferer(model, reader).inferMain(model, inputDims);
}

/** Inference node by node, for those who build a graph and want to know its dims as they go. */
export class IncrementalInference {
  private readonly inferer: Inferer;
  private readonly scope = new Scope();

  constructor(private readonly opsets: ReadonlyMap<string, number>) {
    this.inferer = new Inferer({ graph: { nodes: [] }, functions: [] }, () => undefined, Infinity);
  }

  /** Declares an input of the graph. */
  input(name: string, type: ValueType): void {
    this.inferer.set(this.scope, name, { type });
  }

  initializer(name: string, init: Initializer): void {
    this.scope.values.set(name, this.inferer.initializer(init));
  }

  /** Infers the outputs of a node whose inputs are known here. */
  node(node: Node): void {
    this.inferer.inferNode(node, this.scope, this.opsets, DeclaredTypes.none, 0);
  }

  type(name: string): ValueType | undefined {
    const value = this.scope.lookup(name);
    return value && publicType(value.type);
  }

  /** Content of a small value known without running the model, flattened. */
  constant(name: string): readonly number[] | undefined {
    return numbersOf(this.scope.lookup(name)?.data);
  }
}

/** Values of one graph; lookups climb to the enclosing graphs. */
class Scope {
  readonly values = new Map<string, Value>();

  constructor(readonly parent?: Scope) {}

  lookup(name: string): Value | undefined {
    return this.values.get(name) ?? this.parent?.lookup(name);
  }
}

class Inferer {
  private readonly functions = new Map<string, GraphFunction>();
  private readonly warnings: string[] = [];
  private readonly subgraphs: Inference['subgraphs'] = new Map();
  private readonly calls = new Map<Node, FunctionCall>();
  private anonymous = 0;
  /** Bodies are inferred again per call and iteration; nesting must not make that exponential. */
  private nodesLeft: number;

  constructor(model: Pick<ModelFile, 'functions'> & { graph: Pick<Graph, 'nodes'> }, private readonly reader: ConstantReader, nodesLeft = 200_000 + 20 * model.graph.nodes.length) {
    for (const item of model.functions) this.functions.set(`${item.domain}:${item.name}:${item.overload}`, item);
    this.nodesLeft = nodesLeft;
  }

  inferMain(model: ModelFile, inputDims: Readonly<Record<string, readonly number[]>>): Inference {
    const { graph } = model;
    const { inputs, symbols, contradicts } = bindInputs(graph, inputDims);
    const scope = new Scope();
    graph.inputs.forEach((input, index) => this.set(scope, input.name, { type: inputs[index]! }));
    this.inferGraph(graph, scope, model.opsets, new DeclaredTypes(graph, symbols, !contradicts), 0);
    const { types, constants } = publish(scope);
    return { types, constants, subgraphs: this.subgraphs, calls: this.calls, warnings: this.warnings };
  }

  private inferGraph(graph: Graph, scope: Scope, opsets: ReadonlyMap<string, number>, declared: DeclaredTypes, depth: number): Outputs {
    for (const [name, init] of graph.initializers) scope.values.set(name, this.initializer(init));
    for (const node of graph.nodes) this.inferNode(node, scope, opsets, declared, depth);
    return graph.outputs.map((output) => scope.lookup(output.name));
  }

  initializer(init: Initializer): Value {
    const { dtype, dims } = initializerType(init);
    return { type: { kind: 'tensor', dtype, dims }, data: isWanted(init) ? this.content(init) : undefined };
  }

  private readonly content = (init: Initializer): Data | undefined => {
    const { dtype, dims } = initializerType(init);
    const numbers = inlineNumbers(init) ?? (init.kind === 'ref' ? this.reader(init) : undefined);
    return numbers === undefined ? undefined : makeData(dtype, dims, numbers);
  };

  inferNode(node: Node, scope: Scope, opsets: ReadonlyMap<string, number>, declared: DeclaredTypes, depth: number): void {
    const outputs = this.nodeOutputs(node, scope, opsets, depth);
    node.outputs.forEach((name, index) => {
      if (name === '') return;
      const { value, contradiction } = declared.merge(name, outputs[index]);
      if (contradiction !== undefined) this.warn(node, contradiction);
      this.set(scope, name, value);
    });
  }

  private nodeOutputs(node: Node, scope: Scope, opsets: ReadonlyMap<string, number>, depth: number): Outputs {
    if (this.nodesLeft-- <= 0) return [];
    const opset = opsets.get(node.domain) ?? (node.domain === '' ? opsets.get('ai.onnx') : undefined) ?? 1;
    const rule = ruleFor(node.domain, node.opType);
    const body = rule !== undefined && node.domain === '' ? undefined : this.functionOf(node);
    try {
      if (body !== undefined) return this.callFunction(body, node, scope, depth);
      if (rule === undefined) return [];
      const services: OpServices = {
        lookup: (name) => scope.lookup(name),
        content: this.content,
        inferSubgraph: (graph, inputs) => this.inferSubgraph(graph, inputs, scope, opsets, depth + 1),
      };
      return rule(new OpContext(node, opset, services));
    } catch (error) {
      this.warn(node, error instanceof Error ? error.message : String(error));
      return [];
    }
  }

  private functionOf(node: Node): GraphFunction | undefined {
    return this.functions.get(`${node.domain}:${node.opType}:${node.overload ?? ''}`);
  }

  private inferSubgraph(graph: Graph, inputs: Outputs, outer: Scope, opsets: ReadonlyMap<string, number>, depth: number): Outputs {
    if (depth > maxDepth) return [];
    const scope = new Scope(outer);
    const declared = new DeclaredTypes(graph, new Map(), false);
    graph.inputs.forEach((input, index) => this.set(scope, input.name, declared.merge(input.name, inputs[index]).value));
    const outputs = this.inferGraph(graph, scope, opsets, declared, depth);
    this.subgraphs.set(graph, publish(scope));
    return outputs;
  }

  private callFunction(body: GraphFunction, node: Node, outer: Scope, depth: number): Outputs {
    if (depth > maxDepth) return [];
    const scope = new Scope();
    body.inputs.forEach((name, index) => {
      const value = outer.lookup(node.inputs[index] ?? '');
      if (value !== undefined) scope.values.set(name, value);
    });
    // A call within a body is a node of its own for each call of the body.
    const nodes = body.nodes.map((inner) => this.functionOf(inner) === undefined ? bindAttributes(inner, node, body) : { ...bindAttributes(inner, node, body) });
    for (const inner of nodes) this.inferNode(inner, scope, body.opsets, DeclaredTypes.none, depth + 1);
    if (this.calls.size < maxCalls) this.calls.set(node, { nodes, ...publish(scope) });
    return body.outputs.map((name) => scope.lookup(name));
  }

  /** Unknown dims get anonymous symbols, so that the same unknown dim is recognised wherever it comes back. */
  set(scope: Scope, name: string, value: Value): void {
    const { type } = value;
    if (type.kind === 'tensor' && type.dims?.some(isOpen)) {
      const dims = type.dims.map((dim) => isOpen(dim) ? this.fresh() : dim);
      scope.values.set(name, { type: { ...type, dims }, data: value.data });
    } else scope.values.set(name, value);
  }

  private fresh(): Dim {
    return `\0${this.anonymous++}`;
  }

  private warn(node: Node, problem: string): void {
    if (this.warnings.length < maxWarnings) this.warnings.push(`${node.opType} '${node.name || node.outputs[0] || ''}': ${problem}`);
  }
}

/** Unknown, or a number that only nonsensical attributes give. */
function isOpen(dim: Dim): boolean {
  return dim === null || (typeof dim === 'number' && !(dim >= 0 && Number.isSafeInteger(dim)));
}

function publish(scope: Scope): { types: Map<string, ValueType>; constants: Map<string, readonly number[]> } {
  const types = new Map<string, ValueType>();
  const constants = new Map<string, readonly number[]>();
  for (const [name, value] of scope.values) {
    types.set(name, publicType(value.type));
    const numbers = numbersOf(value.data);
    if (numbers !== undefined) constants.set(name, numbers);
  }
  return { types, constants };
}

function publicType(type: ValueType): ValueType {
  if (type.kind === 'tensor' || type.kind === 'sparse') {
    if (type.dims === undefined) return type.dtype === 'undefined' ? { kind: 'unknown' } : type;
    return type.dims.some(isAnonymous) ? { ...type, dims: type.dims.map((dim) => isAnonymous(dim) ? null : dim) } : type;
  }
  if (type.kind === 'sequence' || type.kind === 'optional') return { kind: type.kind, element: publicType(type.element) };
  if (type.kind === 'map') return { ...type, value: publicType(type.value) };
  return type;
}

/** The tensor type of a value, with dims only when all of them are numbers. Handy for those who need static dims. */
export function staticDims(inference: { readonly types: ReadonlyMap<string, ValueType> }, name: string): readonly number[] | undefined {
  const dims: Dims | undefined = dimsOf(inference, name);
  return dims?.every((dim) => typeof dim === 'number') ? dims as readonly number[] : undefined;
}

export function dimsOf(inference: { readonly types: ReadonlyMap<string, ValueType> }, name: string): Dims | undefined {
  const type = inference.types.get(name);
  return type?.kind === 'tensor' || type?.kind === 'sparse' ? type.dims : undefined;
}

/** 'undefined' when the value is unknown or not a tensor. */
export function dtypeOf(inference: { readonly types: ReadonlyMap<string, ValueType> }, name: string): DType {
  const type = inference.types.get(name);
  return type?.kind === 'tensor' || type?.kind === 'sparse' ? type.dtype : 'undefined';
}

