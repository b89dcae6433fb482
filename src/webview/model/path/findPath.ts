/** Paths between two nodes of a model, along its edges. */
import type { Connections } from '../connections';

export interface Path {
  /** Nodes and edges of a shortest path, first to last. */
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  /** Nodes and edges on any path between the two. */
  readonly allNodes: readonly number[];
  readonly allEdges: readonly number[];
  /** Only a path from the second node to the first exists; it is told in its own direction. */
  readonly reversed: boolean;
}

/** @returns undefined if neither node leads to the other. Linear in the model. */
export function findPath(connections: Connections, from: number, to: number): Path | undefined {
  const forth = shortest(connections, from, to);
  if (forth) return { ...forth, ...between(connections, from, to), reversed: false };
  const back = shortest(connections, to, from);
  return back && { ...back, ...between(connections, to, from), reversed: true };
}

function shortest(connections: Connections, from: number, to: number): Pick<Path, 'nodes' | 'edges'> | undefined {
  if (from === to) return { nodes: [from], edges: [] };
  /** The edge each node was first reached by, plus one. */
  const by = new Uint32Array(connections.nodes.length);
  let front = [from];
  search: while (front.length > 0) {
    const next: number[] = [];
    for (const node of front) for (const edge of connections.leaving(node)) {
      const after = connections.to[edge]!;
      if (by[after] || after === from) continue;
      by[after] = edge + 1;
      if (after === to) break search;
      next.push(after);
    }
    front = next;
  }
  if (!by[to]) return undefined;
  const nodes = [to], edges: number[] = [];
  for (let node = to; node !== from; node = nodes.at(-1)!) {
    const edge = by[node]! - 1;
    edges.push(edge);
    nodes.push(connections.from[edge]!);
  }
  return { nodes: nodes.reverse(), edges: edges.reverse() };
}

/** What is reached from `from` and reaches `to`. */
function between(connections: Connections, from: number, to: number): Pick<Path, 'allNodes' | 'allEdges'> {
  const after = reach(connections, from, (node) => connections.leaving(node), connections.to);
  const before = reach(connections, to, (node) => connections.entering(node), connections.from);
  const allNodes: number[] = [], allEdges: number[] = [];
  for (let node = 0; node < after.length; node++) {
    if (!after[node] || !before[node]) continue;
    allNodes.push(node);
    for (const edge of connections.leaving(node)) if (node !== to && before[connections.to[edge]!]) allEdges.push(edge);
  }
  return { allNodes, allEdges };
}

function reach(connections: Connections, start: number, edges: (node: number) => Uint32Array, ends: Uint32Array): Uint8Array {
  const reached = new Uint8Array(connections.nodes.length);
  reached[start] = 1;
  const waiting = [start];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const edge of edges(node)) {
      const next = ends[edge]!;
      if (!reached[next]) { reached[next] = 1; waiting.push(next); }
    }
  }
  return reached;
}
