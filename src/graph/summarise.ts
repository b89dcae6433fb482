/** A model in a table: ports, layers with dims, parameters and multiply-accumulates, totals. */
import { byteLength } from '../tensor/dtype';
import { elementCount } from '../tensor/tensor';
import { CostCounter } from './cost';
import type { Dims, Graph, ModelFile, Node, ValueType } from './graph';
import { initializerType } from './graph';
import { subgraphsOf } from './indexes';
import type { Inference } from './inference/infer';
import { dimsOf } from './inference/infer';
import { isPlumbing, plumbingValues } from './plumbing';
import type { LayerSummary, ModelSummary, PortSummary } from './summary';
import { WeightCounter, WeightFrame } from './weights';

/** The layers of a model: its nodes without constants, identities and shape arithmetic. */
function layerNodes(graph: Graph, frame: WeightFrame, plumbing: ReadonlySet<string>): readonly Node[] {
  return graph.nodes.filter((node) => node.opType !== 'Constant' && node.opType !== 'Identity' && !frame.isConstantNode(node) && !isPlumbing(node, plumbing));
}

/**
 * Summarises a model. Parameters are all elements stored as weights (running statistics of normalisations included),
 * each counted once, for the layer that reads it first.
 */
export function summarise(model: ModelFile, inference: Inference): ModelSummary {
  const { graph } = model;
  const frame = new WeightFrame(graph, inference);
  const weights = new WeightCounter(frame);
  const cost = new CostCounter(graph, inference);
  const plumbing = plumbingValues(graph, inference, frame.constants);
  const dims = (name: string): Dims | null => dimsOf(inference, name) ?? null;
  const layers = layerNodes(graph, frame, plumbing).map((node): LayerSummary => ({
    name: node.name || node.outputs.find((name) => name !== '') || node.opType,
    type: node.opType,
    inputDims: node.inputs.filter((name) => name !== '' && !frame.isConstant(name) && !plumbing.has(name)).map(dims),
    outputDims: node.outputs.filter((name) => name !== '').map(dims),
    parameters: weights.parameters(node),
    macs: cost.macs(node),
  }));
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
      parameters: layers.reduce((total, layer) => total + layer.parameters, 0),
      macs: layers.reduce<number | null>((total, { macs }) => total === null || macs === null ? null : total + macs, 0),
      weightBytes: weightBytes(graph) + model.functions.reduce((total, item) => total + nodeBytes(item.nodes), 0),
    },
    metadata: Object.fromEntries(model.metadata),
    warnings: [...model.warnings, ...inference.warnings],
  };
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
