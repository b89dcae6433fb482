/** A model in a table: ports, layers with dims, parameters and multiply-accumulates, totals. */
import { byteLength } from '../tensor/dtype';
import { elementCount } from '../tensor/tensor';
import { CostCounter } from './cost';
import type { DeclaredLayer, Dims, Graph, ModelFile, Node, ValueType } from './graph';
import { initializerType } from './graph';
import { subgraphsOf } from './indexes';
import type { Inference } from './inference/infer';
import { dimsOf } from './inference/infer';
import { isPlumbing, plumbingValues } from './plumbing';
import type { LayerSummary, ModelSummary, PortSummary } from './summary';
import { WeightCounter, WeightFrame } from './weights';

/** The layers of a model: its nodes without constants, identities and shape arithmetic. */
export function layerNodes(graph: Graph, frame: WeightFrame, plumbing: ReadonlySet<string>): readonly Node[] {
  return graph.nodes.filter((node) => node.opType !== 'Constant' && node.opType !== 'Identity' && !frame.isConstantNode(node) && !isPlumbing(node, plumbing));
}

/**
 * Summarises a model. Parameters are all elements stored as weights (running statistics of normalisations included),
 * each counted once, for the layer that reads it first. Layers are those the file declares, else the graph's nodes.
 */
export function summarise(model: ModelFile, inference: Inference): ModelSummary {
  const { graph } = model;
  const cost = new CostCounter(graph, inference);
  const layers = model.layers ? declaredLayers(model.layers, graph, cost) : operatorLayers(graph, inference, cost);
  const counted = model.layers ? layers.filter((layer) => !isContainer(layer, layers)) : layers;
  return {
    format: model.format,
    producer: model.producer,
    opset: Object.fromEntries([...model.opsets].map(([domain, version]) => [domain || 'ai.onnx', version])),
    inputs: graph.inputs.map(({ name, type }) => port(name, inference.types.get(name) ?? type)),
    outputs: graph.outputs.map(({ name, type }) => port(name, inference.types.get(name) ?? type)),
    layers,
    totals: {
      layers: layers.length,
      nodes: graph.nodes.length,
      parameters: counted.reduce((total, layer) => total + layer.parameters, 0),
      macs: total(counted.map(({ macs }) => macs)),
      weightBytes: weightBytes(graph) + model.functions.reduce((sum, item) => sum + nodeBytes(item.nodes), 0),
      activationBytes: total(counted.map(({ activationBytes = null }) => activationBytes)),
    },
    metadata: Object.fromEntries(model.metadata),
    warnings: [...model.warnings, ...inference.warnings],
    ...(model.notRunnable !== undefined && { notRunnable: model.notRunnable }),
  };
}

const total = (values: readonly (number | null)[]): number | null => values.reduce<number | null>((sum, value) => sum === null || value === null ? null : sum + value, 0);

/** The graph's own nodes as layers. */
function operatorLayers(graph: Graph, inference: Inference, cost: CostCounter): LayerSummary[] {
  const frame = new WeightFrame(graph, inference);
  const weights = new WeightCounter(frame);
  const plumbing = plumbingValues(graph, inference, frame.constants);
  const dims = (name: string): Dims | null => dimsOf(inference, name) ?? null;
  return layerNodes(graph, frame, plumbing).map((node): LayerSummary => ({
    name: node.name || node.outputs.find((name) => name !== '') || node.opType,
    type: node.opType,
    inputDims: node.inputs.filter((name) => name !== '' && !frame.isConstant(name) && !plumbing.has(name)).map(dims),
    outputDims: node.outputs.filter((name) => name !== '').map(dims),
    parameters: weights.parameters(node),
    macs: cost.macs(node),
    activationBytes: cost.activationBytes(node),
  }));
}

/** Layers as the framework has them; their cost is that of the nodes they became. */
function declaredLayers(layers: readonly DeclaredLayer[], graph: Graph, cost: CostCounter): LayerSummary[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  return layers.map((layer): LayerSummary => {
    // Without outputs it was not translated, so its work is unknown; without nodes it passes its input on.
    const translated = layer.outputs.length > 0;
    return {
      name: layer.name, type: layer.type, inputDims: layer.inputDims, outputDims: layer.outputDims, parameters: layer.parameters,
      macs: translated ? total(layer.nodes.map((name) => nodes.get(name)).map((node) => node ? cost.macs(node) : 0)) : null,
      activationBytes: translated ? total(layer.nodes.length ? layer.outputs.map((value) => cost.valueBytes(value)) : []) : null,
    };
  });
}

const containerTypes = new Set(['Functional', 'Model', 'Sequential']);

/** A nested model stands beside its own layers, which count already. */
export function isContainer(layer: LayerSummary, layers: readonly LayerSummary[]): boolean {
  return containerTypes.has(layer.type) && layers.some(({ name }) => name.startsWith(`${layer.name}/`));
}

/** How a value's type is written for people: 'float32', 'sequence(map(int64, float32))'. */
export function typeText(type: ValueType): string {
  switch (type.kind) {
    case 'tensor': return type.dtype === 'undefined' ? 'unknown' : type.dtype;
    case 'sparse': return `sparse(${type.dtype})`;
    case 'sequence': case 'optional': return `${type.kind}(${typeText(type.element)})`;
    case 'map': return `map(${type.key}, ${typeText(type.value)})`;
    default: return 'unknown';
  }
}

function port(name: string, type: ValueType): PortSummary {
  return { name, dtype: typeText(type), dims: type.kind === 'tensor' || type.kind === 'sparse' ? type.dims ?? null : null };
}

/** Bytes of all stored tensors, subgraphs included. */
function weightBytes(graph: Graph): number {
  let total = 0;
  for (const init of graph.initializers.values()) {
    const { dtype, dims } = initializerType(init);
    total += byteLength(dtype, elementCount(dims));
  }
  return total + nodeBytes(graph.nodes);
}

function nodeBytes(nodes: readonly Node[]): number {
  let total = 0;
  for (const node of nodes) {
    for (const attr of node.attributes.values()) {
      if (attr.kind !== 'tensor') continue;
      const { dtype, dims } = initializerType(attr.value);
      total += byteLength(dtype, elementCount(dims));
    }
    for (const inner of subgraphsOf(node)) total += weightBytes(inner);
  }
  return total;
}
