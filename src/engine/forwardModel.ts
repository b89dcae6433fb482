/** The model file as it is run: only what the wanted values need, with the dims of this run written in. */
import type { Graph, ModelFile, Node, ValueInfo, ValueType } from '../graph/graph';
import { LensError } from '../protocol/rpc';

/** Names a node reads, those its subgraphs capture from outside included. */
export function valuesRead(node: Node): string[] {
  const names = node.inputs.filter((name) => name !== '');
  for (const attribute of node.attributes.values()) {
    const graphs = attribute.kind === 'graph' ? [attribute.value] : attribute.kind === 'graphs' ? attribute.value : [];
    for (const graph of graphs) names.push(...captured(graph));
  }
  return names;
}

function captured(graph: Graph): string[] {
  const own = new Set([...graph.inputs.map((input) => input.name), ...graph.initializers.keys(), ...graph.nodes.flatMap((node) => node.outputs)]);
  const names = [...graph.nodes.flatMap(valuesRead), ...graph.outputs.map((output) => output.name)];
  return names.filter((name) => !own.has(name));
}

/** The nodes that `wanted` depends on, in order, and the names those nodes read. */
export function neededNodes(graph: Graph, wanted: readonly string[]): { nodes: Node[]; read: Set<string> } {
  const read = new Set(wanted);
  const nodes: Node[] = [];
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    const node = graph.nodes[index]!;
    if (!node.outputs.some((name) => read.has(name))) continue;
    nodes.push(node);
    for (const name of valuesRead(node)) read.add(name);
  }
  return { nodes: nodes.reverse(), read };
}

/**
 * `model` cut down to `fetch`, with inputs of exactly `inputDims`. A static batch and picture size let the runtime
 * prove shapes equal and keep its fastest layout. Inputs that `fetch` does not need are gone.
 * @param types of inner values, as inferred; needed for those in `fetch` that are no outputs.
 */
export function forwardModel(model: ModelFile, inputDims: Readonly<Record<string, readonly number[]>>, fetch: readonly string[], types: ReadonlyMap<string, ValueType>): ModelFile {
  const { graph } = model;
  const { nodes, read } = neededNodes(graph, fetch);
  const inputs: ValueInfo[] = graph.inputs.filter((input) => read.has(input.name)).map((input) => withDims(input, inputDims[input.name]));
  const outputs = fetch.map((name) => outputInfo(graph, name, types));
  const initializers = new Map([...graph.initializers].filter(([name]) => read.has(name)));
  // Declared inner shapes may speak of another batch; the runtime infers its own.
  return { ...model, graph: { ...graph, nodes, inputs, outputs, initializers, valueInfo: new Map() } };
}

function withDims(input: ValueInfo, dims: readonly number[] | undefined): ValueInfo {
  if (!dims || input.type.kind !== 'tensor') return input;
  return { ...input, type: { ...input.type, dims } };
}

function outputInfo(graph: Graph, name: string, types: ReadonlyMap<string, ValueType>): ValueInfo {
  const declared = graph.outputs.find((output) => output.name === name) ?? graph.valueInfo.get(name);
  const type = types.get(name)?.kind === 'tensor' ? types.get(name) : declared?.type;
  if (!type || type.kind === 'unknown') throw new LensError('unsupported', `the type of value '${name}' is not known, so it cannot be read out`);
  return { name, type: type.kind === 'tensor' ? { kind: 'tensor', dtype: type.dtype } : type };
}

/** Class names a ZipMap writes beside its probabilities. */
export type ZipMapLabels = ReadonlyMap<string, readonly string[]>;

/**
 * Classifiers converted from scikit-learn, XGBoost or LightGBM return a list of dictionaries (ZipMap), which is only a
 * wrapping of a plain [N, C] tensor. Returns the model with that tensor as the output, and the class names it had.
 */
export function withoutZipMap(model: ModelFile): { model: ModelFile; labels: ZipMapLabels } {
  const { graph } = model;
  const labels = new Map<string, readonly string[]>();
  const isOutput = new Set(graph.outputs.map((output) => output.name));
  const nodes = graph.nodes.map((node): Node => {
    const name = node.outputs[0];
    if (node.opType !== 'ZipMap' || node.domain !== 'ai.onnx.ml' || name === undefined || !isOutput.has(name)) return node;
    const strings = node.attributes.get('classlabels_strings'), ints = node.attributes.get('classlabels_int64s');
    if (strings?.kind === 'strings') labels.set(name, strings.value.map((bytes) => new TextDecoder().decode(bytes)));
    else labels.set(name, ints?.kind === 'ints' ? ints.value.map(String) : []);
    return { name: node.name, opType: 'Identity', domain: '', inputs: node.inputs.slice(0, 1), outputs: [name], attributes: new Map() };
  });
  if (!labels.size) return { model, labels };
  const outputs = graph.outputs.map((output): ValueInfo => (labels.has(output.name)
    ? { ...output, type: { kind: 'tensor', dtype: 'float32', dims: [null, labels.get(output.name)!.length || null] } }
    : output));
  return { model: { ...model, graph: { ...graph, nodes, outputs } }, labels };
}
