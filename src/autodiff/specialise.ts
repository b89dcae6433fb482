/**
 * Writes the dims of the inputs into a model, so that shapes are static: shape arithmetic that became constant turns
 * into constants, decided branches and functions are inlined, recurrent steps are written out, and what nothing needs is dropped. ONNX Runtime only
 * keeps the backward half fast when it can prove shapes equal, and our rules need them.
 */
import type { Graph, Initializer, ModelFile, Node, ValueInfo } from '../graph/graph';
import { initializerType } from '../graph/graph';
import { inferShapes, staticDims, type ConstantReader, type Inference } from '../graph/inference/infer';
import { upgradeOpset } from '../graph/upgrade';
import type { DType } from '../tensor/dtype';
import { elementCount } from '../tensor/tensor';
import { encodable, encodeNumbers } from '../graph/builder';
import type { Primals } from './context';
import { decompose } from './decompose/index';
import { dequantise } from './dequantise';
import { ancestors } from './flow';
import { inlineBranches, inlineFunctions } from './inline';
import { unrollSteps } from './unroll';

/** ScatterElements and ScatterND add up from 16 on, which indexing ops need for their gradient; 17 has LayerNormalization. */
const minimumOpset = 17;

export interface Specialised {
  readonly model: ModelFile;
  readonly inference: Inference;
  readonly opset: number;
}

/**
 * @param inputDims static dims by input name.
 * @param hasRule node types (as rule tables name them) that functions of the same name are not inlined for.
 * @throws Error naming the input when `inputDims` does not fit the model.
 */
export function specialise(model: ModelFile, inputDims: Readonly<Record<string, readonly number[]>>, hasRule: (key: string) => boolean, reader?: ConstantReader): Specialised {
  checkInputs(model.graph, inputDims);
  const inputs = model.graph.inputs.map((input) => withDims(input, inputDims[input.name]));
  // Declared dims of inner values may speak of another batch; they are inferred anew.
  const fixed = { ...model, graph: { ...model.graph, inputs, valueInfo: new Map() } };
  let current = inlineFunctions(upgradeOpset(fixed, minimumOpset, reader), hasRule);
  let inference = inferShapes(current, inputDims, reader);
  for (let round = 0; round < 8; round++) {
    const graph = inlineBranches(current.graph, (value) => {
      const known = inference.constants.get(value);
      return known?.length === 1 ? known[0] !== 0 : undefined;
    }, (node) => node.outputs.every((output) => output === '' || staticDims(inference, output) !== undefined));
    if (!graph) break;
    current = { ...current, graph };
    inference = inferShapes(current, inputDims, reader);
  }
  const real = dequantise(current.graph, inference, current.opsets.get('') ?? minimumOpset);
  if (real) {
    current = { ...current, graph: real };
    inference = inferShapes(current, inputDims, reader);
  }
  const parts = decompose(current.graph, inference, current.opsets.get('') ?? minimumOpset, hasRule);
  if (parts) {
    current = { ...current, graph: parts };
    inference = inferShapes(current, inputDims, reader);
  }
  // A few rounds, because the body of a Scan may hold another.
  for (let round = 0; round < 4; round++) {
    const written = unrollSteps(current.graph, inference, current.opsets.get('') ?? minimumOpset, hasRule);
    if (!written) break;
    current = { ...current, graph: written };
    inference = inferShapes(current, inputDims, reader);
  }
  const graph = foldConstants(current.graph, inference);
  return { model: { ...current, graph }, inference, opset: current.opsets.get('') ?? minimumOpset };
}

function checkInputs(graph: Graph, inputDims: Readonly<Record<string, readonly number[]>>): void {
  for (const [name, dims] of Object.entries(inputDims)) {
    const input = graph.inputs.find((other) => other.name === name);
    if (!input) throw new Error(`the model has no input '${name}' (it has ${graph.inputs.map((other) => `'${other.name}'`).join(', ')})`);
    if (input.type.kind !== 'tensor' || !input.type.dims) continue;
    if (input.type.dims.length !== dims.length) throw new Error(`input '${name}' has ${input.type.dims.length} dims, but [${dims.join(', ')}] was given`);
  }
}

function withDims(input: ValueInfo, dims: readonly number[] | undefined): ValueInfo {
  return dims && input.type.kind === 'tensor' ? { ...input, type: { ...input.type, dims } } : input;
}

/** Nodes whose outputs are all known become initializers. */
function foldConstants(graph: Graph, inference: Inference): Graph {
  const initializers = new Map<string, Initializer>(graph.initializers);
  const returned = new Set(graph.outputs.map((output) => output.name));
  const nodes = graph.nodes.filter((node) => {
    const outputs = node.outputs.filter((output) => output !== '');
    if (outputs.length === 0 || outputs.some((output) => returned.has(output))) return true;
    const made = outputs.map((output) => constantOf(output, inference));
    if (made.includes(undefined)) return true;
    outputs.forEach((output, index) => initializers.set(output, made[index]!));
    return false;
  });
  return { ...graph, nodes, initializers };
}

function constantOf(value: string, inference: Inference): Initializer | undefined {
  const numbers = inference.constants.get(value), type = staticType(value, inference);
  if (!numbers || !type?.dims || !encodable.has(type.dtype) || elementCount(type.dims) !== numbers.length) return undefined;
  return { kind: 'inline', dtype: type.dtype, dims: type.dims, bytes: encodeNumbers(numbers, type.dtype) };
}

function staticType(value: string, inference: Inference): { dtype: DType; dims?: readonly number[] } | undefined {
  const type = inference.types.get(value);
  if (type?.kind !== 'tensor') return undefined;
  const dims = type.dims?.every((dim): dim is number => typeof dim === 'number') ? type.dims as readonly number[] : undefined;
  return dims ? { dtype: type.dtype, dims } : { dtype: type.dtype };
}

/** What rules may ask about the values of a specialised model. */
export function primalsOf(inference: Inference, graph: Graph): Primals {
  return {
    type: (value) => {
      const known = staticType(value, inference);
      if (known) return known;
      const init = graph.initializers.get(value);
      return init && initializerType(init);
    },
    constant: (value) => inference.constants.get(value),
  };
}

/** The nodes and initializers that `values` need, in the order they had. */
export function prune(nodes: readonly Node[], initializers: ReadonlyMap<string, Initializer>, values: Iterable<string>): { nodes: Node[]; initializers: Map<string, Initializer> } {
  const needed = ancestors(nodes, values);
  const kept = nodes.filter((node) => node.outputs.some((output) => needed.has(output)));
  return { nodes: kept, initializers: new Map([...initializers].filter(([name]) => needed.has(name))) };
}
