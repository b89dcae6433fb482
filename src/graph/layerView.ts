/** The graph of declared layers as it is drawn: Keras layers stay layers, the operators they became are not shown. */
import { detailOf, dimsText, familyOf } from './families';
import type { DeclaredLayer, Dims, ModelFile, Node } from './graph';
import type { Inference } from './inference/infer';
import { dimsOf } from './inference/infer';
import { isContainer, typeText } from './summarise';
import type { ArchitectureView, LayerSummary } from './summary';
import { groupNodes } from './viewGroups';

type ViewNode = ArchitectureView['nodes'][number];
type ViewEdge = ArchitectureView['edges'][number];

/** What framework classes are, by their names; the first that fits. */
const families: readonly (readonly [RegExp, string])[] = [
  [/LSTM|GRU|RNN|Bidirectional/, 'recurrent'], [/Attention/, 'attention'], [/Conv/, 'conv'], [/Pool/, 'pool'], [/Normalization|GroupNorm/, 'norm'],
  [/^(Dense|Embedding|EinsumDense|LocallyConnected\w*)$/, 'dense'], [/ReLU|Activation|ELU|Softmax|GELU|Sigmoid/, 'activation'],
  [/^(Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate|Dot|Merge)$/, 'merge'],
  [/Reshape|Flatten|Permute|RepeatVector|Cropping|Padding|UpSampling|Dropout|Resizing|InputLayer|Masking|Noise/, 'shape'],
];

const sized = new Set(['conv', 'pool', 'dense', 'recurrent', 'attention']);

/** @param layers the summary's rows of `model.layers`, in their order. */
export function layerView(model: ModelFile, inference: Inference, layers: readonly LayerSummary[]): ArchitectureView {
  const { graph } = model;
  const declared = model.layers ?? [];
  const dims = (name: string): Dims | undefined => dimsOf(inference, name);
  const operators = new Map(graph.nodes.map((node) => [node.name, node]));
  const nodes: ViewNode[] = [];
  const edges: ViewEdge[] = [];
  const port = (kind: 'input' | 'output', name: string): number => {
    const type = inference.types.get(name);
    nodes.push({ id: nodes.length, key: `${kind}:${name}`, kind, name, opType: kind === 'input' ? 'Input' : 'Output', family: 'port', detail: `${type ? typeText(type) : ''} ${dimsText(dims(name))}`.trim(), outputDims: [dims(name) ?? null], parameters: 0, macs: 0, layer: null, group: null });
    return nodes.length - 1;
  };

  /** Where a value comes from: the layer that says so last (one that passes its input on stands behind its source). */
  const makers = new Map<string, number>();
  const declaredDims = new Map(declared.flatMap(({ outputs, outputDims }) => outputs.map((value, index) => [value, outputDims[index]] as const)));
  const connect = (value: string, to: number): void => {
    const from = makers.get(value);
    // Dims as the layer declares them: the graph may store another order of axes.
    if (from !== undefined && from !== to) edges.push({ from, to, value, dims: declaredDims.get(value) ?? dims(value) ?? null });
  };
  for (const { name } of graph.inputs) makers.set(name, port('input', name));
  // A layer called twice reads what comes later in the list, so all have their places before the first edge.
  const shown = declared.map((layer, index) => ({ layer, index, row: layers[index]!, id: -1 })).filter(({ layer, row }) => layer.type !== 'InputLayer' && !isContainer(row, layers) && (layer.outputs.length > 0 || layer.nodes.length > 0 || graph.nodes.length === 0));
  for (const item of shown) {
    item.id = nodes.length;
    nodes.push(drawn(item.id, item.index, item.row, item.layer, operators, dims));
    for (const value of valuesOf(item.layer, operators)) if (!makers.has(value)) makers.set(value, item.id);
  }
  for (const { layer, id } of shown) {
    // What the file declares, and what a shared layer's further calls read.
    const read = new Set([...layer.inputs, ...layer.nodes.flatMap((name) => operators.get(name)?.inputs ?? [])]);
    for (const value of read) connect(value, id);
    for (const value of layer.outputs) makers.set(value, id);
  }
  for (const { name } of graph.outputs) {
    const source = graph.nodes.find((node) => node.outputs.includes(name));
    const id = port('output', name);
    for (const value of makers.has(name) ? [name] : sourceValues(source, makers, graph.nodes)) connect(value, id);
  }
  return groupNodes(nodes, edges);
}

function drawn(id: number, index: number, row: LayerSummary, layer: DeclaredLayer, operators: ReadonlyMap<string, Node>, dims: (name: string) => Dims | undefined): ViewNode {
  const own = layer.nodes.map((name) => operators.get(name)).filter((node): node is Node => node !== undefined);
  const family = families.find(([pattern]) => pattern.test(layer.type))?.[1] ?? (own.length === 1 ? familyOf(own[0]!.opType) : 'other');
  // Axes are those of the storage, not the framework's; windows and sizes are the same in both.
  const telling = sized.has(family) ? own.find((node) => familyOf(node.opType) === family) : undefined;
  return {
    id, key: `layer:${index}`, kind: 'op', name: row.name, opType: row.type, family, detail: telling ? detailOf(telling, dims) : dimsText(row.outputDims[0]),
    outputDims: row.outputDims, parameters: row.parameters, macs: row.macs, activationBytes: row.activationBytes ?? null,
    layer: index, group: null,
  };
}

/** All that a layer's operators make, its outputs first. */
function valuesOf(layer: DeclaredLayer, operators: ReadonlyMap<string, Node>): string[] {
  return [...layer.outputs, ...layer.nodes.flatMap((name) => operators.get(name)?.outputs ?? [])];
}

/** Values of layers that an output is made of, through operators no layer owns (a last transpose, an identity). */
function sourceValues(node: Node | undefined, makers: ReadonlyMap<string, number>, nodes: readonly Node[]): string[] {
  const found: string[] = [];
  const seen = new Set<Node>();
  const waiting = node ? [node] : [];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const value of next.inputs) {
      if (makers.has(value)) found.push(value);
      else waiting.push(...nodes.filter(({ outputs }) => outputs.includes(value)));
    }
  }
  return found;
}
