/** Brings what files leave open into one form: every node has a unique name, and nodes are in topological order. */
import type { Graph, Node } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';

/** Nodes with names: `Conv_12` for one without (12 is its place in the file), a suffix for one that another node has. */
export function nameNodes(nodes: readonly Node[]): Node[] {
  const taken = new Set<string>();
  for (const node of nodes) taken.add(node.name);
  const used = new Set<string>(['']);
  const nextSuffix = new Map<string, number>();
  return nodes.map((node, index) => {
    if (!used.has(node.name)) {
      used.add(node.name);
      return node;
    }
    const base = node.name === '' ? `${node.opType}_${index}` : node.name;
    let name = base, suffix = nextSuffix.get(base) ?? 1;
    while (taken.has(name) || used.has(name)) name = `${base}_${suffix++}`;
    nextSuffix.set(base, suffix);
    used.add(name);
    return { ...node, name };
  });
}

/**
 * The nodes in topological order: as given if that is one, else sorted with as little change as possible. What a
 * node's subgraphs take from outside counts as its input. Throws a BadModelFile naming a node on a cycle.
 */
export function sortNodes(nodes: readonly Node[], file: string): readonly Node[] {
  const producer = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const output of node.outputs) if (output !== '' && !producer.has(output)) producer.set(output, index);
  });
  const needs = (index: number): number[] => {
    const found: number[] = [];
    for (const name of readNames(nodes[index]!)) {
      const from = producer.get(name);
      if (from !== undefined) found.push(from);
    }
    return found;
  };
  if (nodes.every((_, index) => needs(index).every((from) => from < index))) return nodes;

  const sorted: Node[] = [];
  const state = new Uint8Array(nodes.length); // 0 not seen, 1 on the path, 2 done
  // Depth first without recursion: a chain of 100,000 nodes in reverse order must not end the stack.
  for (let root = 0; root < nodes.length; root++) {
    if (state[root] === 2) continue;
    state[root] = 1;
    const path = [{ index: root, needs: needs(root), next: 0 }];
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const from = top.needs[top.next++];
      if (from === undefined) {
        state[top.index] = 2;
        sorted.push(nodes[top.index]!);
        path.pop();
      } else if (state[from] === 1) {
        const { name, opType } = nodes[from]!;
        throw new BadModelFile(`${shown(file)} has a cycle: node "${shown(name)}" (${shown(opType)}) depends on its own output`);
      } else if (state[from] === 0) {
        state[from] = 1;
        path.push({ index: from, needs: needs(from), next: 0 });
      }
    }
  }
  return sorted;
}

/** Names a node reads: its inputs and what its subgraphs take from the graphs around them. */
function* readNames(node: Node): Iterable<string> {
  for (const input of node.inputs) if (input !== '') yield input;
  for (const attribute of node.attributes.values()) {
    if (attribute.kind === 'graph') yield* outerNames(attribute.value);
    else if (attribute.kind === 'graphs') for (const graph of attribute.value) yield* outerNames(graph);
  }
}

const outerNamesOf = new WeakMap<Graph, ReadonlySet<string>>();

/** Values that a subgraph takes from the graphs around it. */
export function outerNames(graph: Graph): ReadonlySet<string> {
  let names = outerNamesOf.get(graph);
  if (names) return names;
  const own = new Set<string>(graph.initializers.keys());
  for (const input of graph.inputs) own.add(input.name);
  for (const node of graph.nodes) for (const output of node.outputs) own.add(output);
  const outer = new Set<string>();
  for (const node of graph.nodes) for (const name of readNames(node)) if (!own.has(name)) outer.add(name);
  for (const output of graph.outputs) if (!own.has(output.name)) outer.add(output.name);
  outerNamesOf.set(graph, names = outer);
  return names;
}
