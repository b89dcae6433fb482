/** The graph as it is drawn: ports and operators; constants and shape arithmetic are hidden, edges carry dims. */
import { CostCounter } from './cost';
import { detailOf, dimsText, familyOf } from './families';
import type { Dims, ModelFile, Node } from './graph';
import { outerReads, subgraphsOf } from './indexes';
import type { Inference } from './inference/infer';
import { dimsOf } from './inference/infer';
import { layerView } from './layerView';
import { isPlumbing, plumbingValues } from './plumbing';
import { layerNodes, summarise, typeText } from './summarise';
import type { ArchitectureView } from './summary';
import { WeightCounter, WeightFrame } from './weights';

type ViewNode = ArchitectureView['nodes'][number];
type ViewEdge = ArchitectureView['edges'][number];

/**
 * Nodes in topological order (inputs, operators, outputs; ids are positions) and the values that flow between them. Where
 * the file declares layers, they are drawn instead of the operators they became.
 */
export function architectureView(model: ModelFile, inference: Inference): ArchitectureView {
  if (model.layers) return layerView(model, inference, summarise(model, inference).layers);
  const { graph } = model;
  const frame = new WeightFrame(graph, inference);
  const weights = new WeightCounter(frame);
  const cost = new CostCounter(graph, inference);
  const dims = (name: string): Dims | undefined => dimsOf(inference, name);
  const plumbing = plumbingValues(graph, inference, frame.constants);
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  const nodes: ViewNode[] = [];
  const edges: ViewEdge[] = [];
  const makers = new Map<string, number>();
  const port = (kind: 'input' | 'output', name: string): number => {
    const type = inference.types.get(name);
    const detail = `${type ? typeText(type) : ''} ${dimsText(dims(name))}`.trim();
    nodes.push({ id: nodes.length, key: `${kind}:${name}`, kind, name, opType: kind === 'input' ? 'Input' : 'Output', family: 'port', detail, outputDims: [dims(name) ?? null], parameters: 0, macs: 0, layer: null, group: null });
    return nodes.length - 1;
  };
  const connect = (name: string, to: number): void => {
    const from = makers.get(name);
    if (from !== undefined) edges.push({ from, to, value: name, dims: dims(name) ?? null });
  };

  for (const { name } of graph.inputs) makers.set(name, port('input', name));
  const layers = new Map(layerNodes(graph, frame, plumbing).map((node, index) => [node, index]));
  for (const [position, node] of graph.nodes.entries()) {
    if (node.opType === 'Constant' || frame.isConstantNode(node) || (isPlumbing(node, plumbing) && !node.outputs.some((name) => wanted.has(name)))) continue;
    const id = nodes.length;
    nodes.push({
      id, key: `node:${position}`, kind: 'op', name: node.name || node.outputs.find((name) => name !== '') || '', opType: node.opType, family: familyOf(node.opType),
      detail: detailOf(node, dims), outputDims: node.outputs.filter((name) => name !== '').map((name) => dims(name) ?? null),
      parameters: weights.parameters(node), macs: cost.macs(node), activationBytes: cost.activationBytes(node),
      layer: layers.get(node) ?? null, group: null,
    });
    for (const name of drawnReads(node)) connect(name, id);
    for (const name of node.outputs) if (name !== '') makers.set(name, id);
  }
  for (const { name } of graph.outputs) connect(name, port('output', name));
  return { nodes, edges, groups: [] };
}

/** Inputs in order, a repeated one twice (x + x has two edges), and once what subgraphs take from outside. */
function drawnReads(node: Node): readonly string[] {
  const inner = subgraphsOf(node);
  if (inner.length === 0) return node.inputs;
  const extra = new Set(inner.flatMap((graph) => [...outerReads(graph)]));
  for (const name of node.inputs) extra.delete(name);
  return [...node.inputs, ...extra];
}
