/** The boxes of the architecture graph: groups by name and by repeated blocks, over the nodes that are drawn. */
import { buildHierarchy, sumsOf, type HierarchyNode } from './hierarchy';
import type { ArchitectureGroup, ArchitectureNode, ArchitectureView } from './summary';

/** More children than this in one box are cut into parts, so that opening it shows something readable. */
const mostChildren = 200;
const partsOfFlat = 40, leastPart = 24;

/**
 * Puts nodes into groups. Operators that are layers follow the hierarchy of the layer table; what is no layer (an
 * Identity) joins the group of what it reads, else of what reads it. Ports lie in no group.
 *
 * @param isLayer which nodes count as layers; default: those with a row in the summary.
 */
export function groupNodes(nodes: readonly ArchitectureNode[], edges: ArchitectureView['edges'], isLayer = (node: ArchitectureNode): boolean => node.layer !== null): ArchitectureView {
  const layers = nodes.filter((node) => node.kind === 'op' && isLayer(node));
  const root = buildHierarchy(layers.map(({ name, opType, outputDims, parameters, macs, activationBytes = null }) => ({ name, type: opType, inputDims: [], outputDims, parameters, macs, activationBytes })));
  const groups: Writable<ArchitectureGroup>[] = [];
  const groupOf = new Array<number | null>(nodes.length).fill(null);
  const visit = (children: readonly HierarchyNode[], parent: number | null): void => {
    for (const child of children) {
      if (child.layer !== undefined) {
        groupOf[layers[child.layer]!.id] = parent;
        continue;
      }
      const id = groups.length;
      // A group that holds nothing but its repeated blocks is those blocks, by the group's name.
      const only = child.kind === 'group' && child.children.length === 1 ? child.children[0]! : child;
      const { kind, type, count, parameters, macs, activationBytes, children: inner } = only;
      groups.push({ id, parent, kind: kind === 'repeat' ? 'repeat' : 'group', name: child.name, type, ...(count !== undefined && { count }), nodes: 0, parameters, macs, activationBytes });
      visit(kind === 'repeat' ? inner : inParts(inner), id);
    }
  };
  visit(inParts(root.children), null);
  joinNeighbours(nodes, edges, groupOf, new Set(layers));
  for (const node of nodes) {
    if (node.kind !== 'op') continue;
    for (let group = groupOf[node.id] ?? null; group !== null; group = groups[group]!.parent) groups[group]!.nodes++;
  }
  return { nodes: nodes.map((node) => ({ ...node, group: groupOf[node.id] ?? null })), edges, groups };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function joinNeighbours(nodes: readonly ArchitectureNode[], edges: ArchitectureView['edges'], groupOf: (number | null)[], grouped: ReadonlySet<ArchitectureNode>): void {
  const strays = new Set(nodes.filter((node) => node.kind === 'op' && !grouped.has(node)).map(({ id }) => id));
  if (strays.size === 0) return;
  const before = new Map<number, number>(), after = new Map<number, number>();
  for (const { from, to } of edges) {
    if (strays.has(to) && !before.has(to) && nodes[from]!.kind === 'op') before.set(to, from);
    if (strays.has(from) && !after.has(from) && nodes[to]!.kind === 'op') after.set(from, to);
  }
  // Ids are in topological order: what a node reads has its group already, and backwards what reads it.
  const ordered = [...strays].sort((a, b) => a - b);
  for (const id of ordered) groupOf[id] = before.has(id) ? groupOf[before.get(id)!]! : null;
  for (const id of ordered.reverse()) if (!before.has(id) && after.has(id)) groupOf[id] = groupOf[after.get(id)!]!;
}

/** A long flat list as parts that follow each other. */
function inParts(children: readonly HierarchyNode[]): readonly HierarchyNode[] {
  if (children.length <= mostChildren) return children;
  const size = Math.max(leastPart, Math.ceil(children.length / partsOfFlat));
  const parts: HierarchyNode[] = [];
  for (let at = 0; at < children.length; at += size) {
    const own = children.slice(at, at + size);
    parts.push({ kind: 'group', name: `${own[0]!.name} … ${own.at(-1)!.name}`, ...sumsOf(own), children: own });
  }
  return parts;
}
