/** The graph as it is drawn: ports and operators; constants and shape arithmetic are hidden, edges carry dims. */
import { CostCounter } from './cost';
import { detailOf, dimsText, familyOf } from './families';
import type { Dims, Graph, ModelFile, Node, ValueType } from './graph';
import { outerReads, subgraphsOf } from './indexes';
import type { Inference } from './inference/infer';
import { layerView } from './layerView';
import { isPlumbing, plumbingValues } from './plumbing';
import { layerNodes, summarise, typeText } from './summarise';
import type { ArchitectureView, LayerSummary } from './summary';
import { groupNodes } from './viewGroups';
import { WeightCounter, WeightFrame } from './weights';

type ViewNode = ArchitectureView['nodes'][number];
type ViewEdge = ArchitectureView['edges'][number];

/** Subgraphs inside subgraphs are drawn to this depth, and this many of their nodes in all. */
const deepest = 6, mostInnerNodes = 50_000;

/**
 * Nodes in topological order (inputs, operators, outputs; ids are positions), the values that flow between them, and the
 * groups they lie in. Where the file declares layers, they are drawn instead of the operators they became.
 * @param layers the summary's, where it is made already.
 */
export function architectureView(model: ModelFile, inference: Inference, layers?: readonly LayerSummary[]): ArchitectureView {
  if (model.layers) return layerView(model, inference, layers ?? summarise(model, inference).layers);
  const frame = new WeightFrame(model.graph, inference);
  const drawing = new Drawing(inference);
  const view = drawing.view(model.graph, {
    frame, weights: new WeightCounter(frame), cost: new CostCounter(model.graph, inference), type: (name) => inference.types.get(name), prefix: '', depth: 0, types: inference.types,
  });
  return drawing.omitted > 0 ? { ...view, omitted: drawing.omitted } : view;
}

/** What is known in the graph that is drawn: the main graph, or one inside a node of another. */
interface Scope {
  readonly frame: WeightFrame;
  readonly weights: WeightCounter;
  /** Undefined in a subgraph that inference never reached. */
  readonly cost: CostCounter | undefined;
  /** Types of this graph's values alone. */
  readonly types: Inference['types'];
  /** Of any value that can be seen here. */
  readonly type: (name: string) => ValueType | undefined;
  /** What the keys of this graph's nodes begin with: '' or 'node:12/then_branch/'. */
  readonly prefix: string;
  readonly depth: number;
}

class Drawing {
  private innerNodes = 0;
  /** Nodes of inner graphs that are not drawn. */
  omitted = 0;

  constructor(private readonly inference: Inference) {}

  view(graph: Graph, scope: Scope): ArchitectureView {
    const { frame, prefix } = scope;
    const dims = (name: string): Dims | undefined => {
      const type = scope.type(name);
      return type?.kind === 'tensor' || type?.kind === 'sparse' ? type.dims : undefined;
    };
    const plumbing = plumbingValues(graph, { types: scope.types }, frame.constants);
    const wanted = new Set(graph.outputs.map(({ name }) => name));
    const nodes: ViewNode[] = [];
    const edges: ViewEdge[] = [];
    const makers = new Map<string, number>();
    const port = (kind: 'input' | 'output', name: string): number => {
      const type = scope.type(name);
      const detail = `${type ? typeText(type) : ''} ${dimsText(dims(name))}`.trim();
      nodes.push({ id: nodes.length, key: `${prefix}${kind}:${name}`, kind, name, opType: kind === 'input' ? 'Input' : 'Output', family: 'port', detail, outputDims: [dims(name) ?? null], parameters: 0, macs: 0, layer: null, group: null });
      return nodes.length - 1;
    };
    const connect = (name: string, to: number): void => {
      const from = makers.get(name);
      if (from !== undefined) edges.push({ from, to, value: name, dims: dims(name) ?? null });
    };

    for (const { name } of graph.inputs) makers.set(name, port('input', name));
    // What a subgraph takes from the graphs around it comes in beside its own inputs.
    if (scope.depth > 0) for (const name of outerReads(graph)) if (!makers.has(name) && !frame.isConstant(name)) makers.set(name, port('input', name));
    const layers = new Map(layerNodes(graph, frame, plumbing).map((node, index) => [node, index]));
    for (const [position, node] of graph.nodes.entries()) {
      if (node.opType === 'Constant' || frame.isConstantNode(node) || (isPlumbing(node, plumbing) && !node.outputs.some((name) => wanted.has(name)))) continue;
      const id = nodes.length, key = scope.depth === 0 ? `node:${position}` : `${prefix}${position}`;
      const inner = this.subgraphs(node, key, scope);
      nodes.push({
        id, key, kind: 'op', name: node.name || node.outputs.find((name) => name !== '') || '', opType: node.opType, family: familyOf(node.opType),
        detail: detailOf(node, dims), outputDims: node.outputs.filter((name) => name !== '').map((name) => dims(name) ?? null),
        parameters: scope.weights.parameters(node, frame), macs: scope.cost ? scope.cost.macs(node) : null, activationBytes: scope.cost ? scope.cost.activationBytes(node) : null,
        layer: scope.depth === 0 ? layers.get(node) ?? null : null, group: null, ...(inner.length > 0 && { subgraphs: inner }),
      });
      for (const name of drawnReads(node)) connect(name, id);
      for (const name of node.outputs) if (name !== '') makers.set(name, id);
    }
    for (const { name } of graph.outputs) connect(name, port('output', name));
    return groupNodes(nodes, edges, scope.depth === 0 ? undefined : ({ opType }) => opType !== 'Identity');
  }

  /** The graphs inside a node, each as a view of its own whose keys begin with the node's. */
  private subgraphs(node: Node, key: string, scope: Scope): { name: string; view: ArchitectureView }[] {
    const found: { name: string; view: ArchitectureView }[] = [];
    if (scope.depth >= deepest) {
      for (const graph of subgraphsOf(node)) this.omitted += nodesOf(graph);
      return found;
    }
    // Files list an If's else_branch first; people think of then first.
    for (const [name, attribute] of [...node.attributes].sort(([a], [b]) => Number(b === 'then_branch') - Number(a === 'then_branch'))) {
      const graphs = attribute.kind === 'graph' ? [attribute.value] : attribute.kind === 'graphs' ? attribute.value : [];
      graphs.forEach((graph, index) => {
        this.innerNodes += graph.nodes.length;
        if (this.innerNodes > mostInnerNodes) {
          this.omitted += nodesOf(graph);
          return;
        }
        const shown = attribute.kind === 'graphs' ? `${name}[${index}]` : name;
        const types = this.inference.subgraphs.get(graph)?.types ?? new Map<string, ValueType>();
        const frame = scope.frame.enter(graph);
        found.push({ name: shown, view: this.view(graph, {
          frame, weights: new WeightCounter(frame), cost: scope.cost?.enter(graph), types, type: (value) => types.get(value) ?? scope.type(value),
          prefix: `${key}/${shown}/`, depth: scope.depth + 1,
        }) });
      });
    }
    return found;
  }
}

/** Nodes of a graph and of all graphs inside it. */
function nodesOf({ nodes }: Graph): number {
  return nodes.reduce((sum, node) => subgraphsOf(node).reduce((inner, graph) => inner + nodesOf(graph), sum + 1), 0);
}

/** Inputs in order, a repeated one twice (x + x has two edges), and once what subgraphs take from outside. */
function drawnReads(node: Node): readonly string[] {
  const inner = subgraphsOf(node);
  if (inner.length === 0) return node.inputs;
  const extra = new Set(inner.flatMap((graph) => [...outerReads(graph)]));
  for (const name of node.inputs) extra.delete(name);
  return [...node.inputs, ...extra];
}
