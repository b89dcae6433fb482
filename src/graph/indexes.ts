/** Who makes a value, who reads it, what is constant: look-ups that graph algorithms share. */
import type { Graph, Initializer, ModelFile, Node } from './graph';

/** The node that makes each value. */
export function producersOf(graph: Graph): ReadonlyMap<string, Node> {
  const producers = new Map<string, Node>();
  for (const node of graph.nodes) for (const name of node.outputs) if (name !== '') producers.set(name, node);
  return producers;
}

/** The nodes that read each value, in graph order, each once; a node whose subgraphs read a value counts as its reader. */
export function consumersOf(graph: Graph): ReadonlyMap<string, readonly Node[]> {
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of readsOf(node)) {
      const readers = consumers.get(name);
      if (readers === undefined) consumers.set(name, [node]);
      else readers.push(node);
    }
  }
  return consumers;
}

/** Values a node reads: its inputs, and what its subgraphs take from outside. */
export function readsOf(node: Node): ReadonlySet<string> {
  const reads = new Set<string>();
  for (const name of node.inputs) if (name !== '') reads.add(name);
  for (const inner of subgraphsOf(node)) for (const name of outerReads(inner)) reads.add(name);
  return reads;
}

export function subgraphsOf(node: Node): readonly Graph[] {
  const found: Graph[] = [];
  for (const attr of node.attributes.values()) {
    if (attr.kind === 'graph') found.push(attr.value);
    else if (attr.kind === 'graphs') found.push(...attr.value);
  }
  return found;
}

/** Values a subgraph takes from the graphs around it. */
export function outerReads(graph: Graph): ReadonlySet<string> {
  const own = new Set<string>([...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name)]);
  const outer = new Set<string>();
  const read = (name: string): void => { if (name !== '' && !own.has(name)) outer.add(name); };
  for (const node of graph.nodes) {
    for (const name of readsOf(node)) read(name);
    for (const name of node.outputs) own.add(name);
  }
  for (const { name } of graph.outputs) read(name);
  return outer;
}

/** The initializer behind a value, looking through Constant and Identity nodes; undefined when it is computed. */
export function constantOf(graph: Graph, name: string, producers: ReadonlyMap<string, Node>): Initializer | undefined {
  for (let at = name, steps = 0; steps < 64; steps++) {
    const init = graph.initializers.get(at);
    if (init !== undefined) return init;
    const node = producers.get(at);
    if (node?.opType === 'Constant') {
      const attr = node.attributes.get('value');
      return attr?.kind === 'tensor' ? attr.value : undefined;
    }
    if (node?.opType !== 'Identity') return undefined;
    at = node.inputs[0] ?? '';
  }
  return undefined;
}

/**
 * Values that do not depend on the model's inputs: initializers, constants and everything computed from these alone.
 * Random nodes and nodes with subgraphs are not.
 */
export function constantValues(graph: Graph): ReadonlySet<string> {
  const constant = new Set<string>(graph.initializers.keys());
  for (const node of graph.nodes) {
    if (/^(Random|Multinomial|Bernoulli)/.test(node.opType) || subgraphsOf(node).length > 0) continue;
    if (node.inputs.length === 0 && node.opType !== 'Constant') continue;
    if (node.inputs.every((name) => name === '' || constant.has(name))) for (const name of node.outputs) constant.add(name);
  }
  return constant;
}

/** Whether a value is an initializer or a Constant node's output. */
export function isConstantValue(graph: Graph, name: string, producers: ReadonlyMap<string, Node>): boolean {
  return graph.initializers.has(name) || producers.get(name)?.opType === 'Constant';
}

/** Every value, node and graph name of a model, subgraphs and functions included: what new names must avoid. */
export function namesOf(model: ModelFile): Set<string> {
  const names = new Set<string>();
  const visitNodes = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      names.add(node.name);
      for (const name of node.inputs) names.add(name);
      for (const name of node.outputs) names.add(name);
      for (const inner of subgraphsOf(node)) visit(inner);
    }
  };
  const visit = (graph: Graph): void => {
    names.add(graph.name);
    for (const name of graph.initializers.keys()) names.add(name);
    for (const { name } of graph.inputs) names.add(name);
    for (const { name } of graph.outputs) names.add(name);
    visitNodes(graph.nodes);
  };
  visit(model.graph);
  for (const item of model.functions) {
    for (const name of [...item.inputs, ...item.outputs]) names.add(name);
    visitNodes(item.nodes);
  }
  return names;
}
