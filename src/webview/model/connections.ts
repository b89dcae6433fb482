/**
 * What leads to what in a model, as flat arrays: nodes of the graph and, after them, of the graphs inside If, Loop and
 * Scan. Searches and paths run on these.
 */
import type { Architecture, GraphEdge, GraphNode } from './types';

const nowhere = 0xffffffff;

export class Connections {
  readonly nodes: readonly GraphNode[];
  /** The graph's own edges come first, in its order; those inside subgraphs follow. */
  readonly edges: readonly GraphEdge[];
  /** Positions in `nodes`, by edge. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** By node: the node whose subgraph it lies in, and the subgraph's name; undefined for the graph's own. */
  readonly holders: readonly (Holder | undefined)[];
  private readonly positions: ReadonlyMap<string, number>;
  private readonly outgoing: Fans;
  private readonly incoming: Fans;

  constructor(view: Architecture) {
    const nodes: GraphNode[] = [], edges: GraphEdge[] = [], ends: number[] = [], holders: (Holder | undefined)[] = [];
    const scopes: { readonly view: Architecture; readonly holder?: Holder }[] = [{ view }];
    // The outer before the inner: the list grows while it is walked.
    for (const scope of scopes) {
      const byId = new Map(scope.view.nodes.map(({ id }, index) => [id, nodes.length + index]));
      for (const node of scope.view.nodes) {
        for (const subgraph of node.subgraphs ?? []) scopes.push({ view: subgraph.view, holder: { node: nodes.length, branch: subgraph.name } });
        nodes.push(node);
        holders.push(scope.holder);
      }
      for (const edge of scope.view.edges) {
        const from = byId.get(edge.from), to = byId.get(edge.to);
        // An edge to nowhere keeps its place, by which others know the rest, but connects nothing.
        const whole = from !== undefined && to !== undefined;
        edges.push(edge);
        ends.push(whole ? from : nowhere, whole ? to : nowhere);
      }
    }
    this.nodes = nodes;
    this.holders = holders;
    this.edges = edges;
    this.from = Uint32Array.from({ length: edges.length }, (_, edge) => ends[2 * edge]!);
    this.to = Uint32Array.from({ length: edges.length }, (_, edge) => ends[2 * edge + 1]!);
    this.positions = new Map(nodes.map(({ key }, index) => [key, index]));
    this.outgoing = fans(nodes.length, this.from);
    this.incoming = fans(nodes.length, this.to);
  }

  /** Position of the node with this key. */
  position(key: string): number | undefined {
    return this.positions.get(key);
  }

  /** Edges that leave a node. */
  leaving(node: number): Uint32Array {
    return this.outgoing.edges.subarray(this.outgoing.starts[node], this.outgoing.starts[node + 1]);
  }

  /** Edges that enter a node. */
  entering(node: number): Uint32Array {
    return this.incoming.edges.subarray(this.incoming.starts[node], this.incoming.starts[node + 1]);
  }
}

export interface Holder {
  /** Position in the nodes. */
  readonly node: number;
  /** 'then_branch', 'body'. */
  readonly branch: string;
}

/** Edges by the node at one of their ends: those of node n from `starts[n]` to before `starts[n + 1]`. */
interface Fans { readonly starts: Uint32Array; readonly edges: Uint32Array }

function fans(count: number, ends: Uint32Array): Fans {
  const starts = new Uint32Array(count + 1), edges = new Uint32Array(ends.length);
  for (const node of ends) if (node !== nowhere) starts[node + 1]!++;
  for (let node = 0; node < count; node++) starts[node + 1]! += starts[node]!;
  const next = starts.slice();
  for (let edge = 0; edge < ends.length; edge++) if (ends[edge] !== nowhere) edges[next[ends[edge]!]!++] = edge;
  return { starts, edges };
}
