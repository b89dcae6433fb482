/** Both models' graphs as one: what lines up is drawn once. */
import type { ArchitectureNode, ArchitectureView } from '../summary';
import type { Elements } from './elements';
import { representative, type Cluster, type Clusters } from './rows';
import type { ChangeKind } from './types';

export interface Union {
  readonly view: ArchitectureView;
  readonly kinds: readonly ChangeKind[];
  /** By node of `view`. */
  readonly clusters: readonly Cluster[];
}

type ViewEdge = ArchitectureView['edges'][number];

/**
 * Nodes in an order in which every edge of b, and every edge of a that does not contradict those, leads forward. What
 * lines up is drawn as b has it. Keys are the later model's own ('node:12'), or of what was removed 'a/node:12'.
 */
export function unionView(a: Elements, b: Elements, clusters: Clusters): Union {
  const order = sorted(a, b, clusters);
  const position = new Map(order.map((cluster, at) => [cluster, at]));
  const nodes = order.map((cluster, id): ArchitectureNode => {
    const inB = cluster.b.length > 0;
    const from = (inB ? b : a).side.view.nodes[representative(cluster, inB ? 'b' : 'a')!]!;
    const { subgraphs, ...node } = from;
    return { ...node, ...(subgraphs && { subgraphs: inB ? subgraphs : subgraphs.map(ofFirst) }), id, key: inB ? from.key : `a/${from.key}`, layer: null, group: null };
  });
  const edges: ViewEdge[] = [], seen = new Set<number>();
  for (const [side, of] of [[b, clusters.ofB], [a, clusters.ofA]] as const) {
    for (const edge of side.side.view.edges) {
      const from = position.get(of[edge.from]!)!, to = position.get(of[edge.to]!)!;
      // Inside a cluster nothing is drawn; an edge both models have is drawn once; one that leads back cannot be laid out.
      if (from >= to || seen.has(from * order.length + to)) continue;
      seen.add(from * order.length + to);
      edges.push({ from, to, value: edge.value, dims: edge.dims });
    }
  }
  return { view: { nodes, edges, groups: [] }, kinds: order.map(({ kind }) => kind), clusters: order };
}

type Inner = NonNullable<ArchitectureNode['subgraphs']>[number];

/** A graph inside a node of the first model, its keys told from those of the second. */
function ofFirst({ name, view }: Inner): Inner {
  const nodes = view.nodes.map((node): ArchitectureNode => ({ ...node, key: `a/${node.key}`, ...(node.subgraphs && { subgraphs: node.subgraphs.map(ofFirst) }) }));
  return { name, view: { ...view, nodes } };
}

/** Kahn's order over the edges of both; where they contradict each other, b's order wins. */
function sorted(a: Elements, b: Elements, { list, ofA, ofB }: Clusters): Cluster[] {
  const index = new Map(list.map((cluster, at) => [cluster, at]));
  const successors: number[][] = list.map(() => []);
  const open = new Int32Array(list.length);
  const connect = (from: Cluster, to: Cluster): void => {
    const x = index.get(from)!, y = index.get(to)!;
    if (x === y) return;
    successors[x]!.push(y);
    open[y] = open[y]! + 1;
  };
  for (const { from, to } of a.side.view.edges) connect(ofA[from]!, ofA[to]!);
  for (const { from, to } of b.side.view.edges) connect(ofB[from]!, ofB[to]!);
  // What may come next is taken by its place in b; what b lacks, by the place of what stands before it in a.
  const place = placesIn(list, ofA);
  const heap = new Heap((x, y) => place[x]! - place[y]!);
  const left = new Set(list.keys());
  for (const at of left) if (open[at] === 0) heap.push(at);
  const waiting = [...list.keys()].sort((x, y) => place[x]! - place[y]!);
  const order: Cluster[] = [];
  let next = 0;
  while (left.size > 0) {
    let at = heap.pop();
    if (at === undefined) {
      // The two orders contradict each other here: the earliest that is left goes first.
      while (!left.has(waiting[next]!)) next++;
      at = waiting[next]!;
    }
    if (!left.delete(at)) continue;
    order.push(list[at]!);
    for (const successor of successors[at]!) {
      open[successor] = open[successor]! - 1;
      if (open[successor] === 0 && left.has(successor)) heap.push(successor);
    }
  }
  return order;
}

function placesIn(list: readonly Cluster[], ofA: readonly (Cluster | undefined)[]): Float64Array {
  const places = new Map<Cluster, number>();
  for (const cluster of list) if (cluster.b.length > 0) places.set(cluster, Math.min(...cluster.b.slice(0, 64)));
  let last = -1, step = 0;
  for (const cluster of ofA) {
    if (!cluster) continue;
    const known = places.get(cluster);
    if (known !== undefined) { last = known; step = 0; } else places.set(cluster, last + (++step) / (ofA.length + 2));
  }
  return Float64Array.from(list, (cluster) => places.get(cluster)!);
}

/** A binary heap of numbers. */
class Heap {
  private readonly items: number[] = [];

  constructor(private readonly compare: (x: number, y: number) => number) {}

  push(item: number): void {
    const { items } = this;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.compare(items[parent]!, items[at]!) <= 0) break;
      [items[parent], items[at]] = [items[at]!, items[parent]!];
      at = parent;
    }
  }

  pop(): number | undefined {
    const { items } = this;
    const top = items[0], last = items.pop();
    if (items.length === 0 || last === undefined) return top;
    items[0] = last;
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < items.length && this.compare(items[child]!, items[least]!) < 0) least = child;
      if (least === at) return top;
      [items[at], items[least]] = [items[least]!, items[at]!];
      at = least;
    }
  }
}
