/** Layers of both models in one list: elements that line up, and what belongs to them, brought together as people's layers. */
import type { LayerSummary } from '../summary';
import { absorb, type Absorbed } from './absorb';
import type { Matching } from './align';
import { settingsOf } from './attributes';
import { changesOf, precisionChanges, type WordsContext } from './changes';
import { isGlue, weightElements, type Element, type Elements } from './elements';
import type { ChangeKind } from './types';

/** Drawn nodes of both sides that are one row (or one port). */
export interface Cluster {
  readonly a: number[];
  readonly b: number[];
  /** Pairs of elements in it, the most telling first. */
  readonly pairs: (readonly [Element, Element])[];
  readonly absorbed: Absorbed[];
  kind: ChangeKind;
  changes: string[];
}

/** Clusters by drawn node, in no order. */
export interface Clusters {
  readonly list: readonly Cluster[];
  readonly ofA: readonly (Cluster | undefined)[];
  readonly ofB: readonly (Cluster | undefined)[];
}

export function clustersOf(a: Elements, b: Elements, matching: Matching): Clusters {
  const { sameFormat } = matching;
  const countA = a.side.view.nodes.length, countB = b.side.view.nodes.length;
  const sets = new Sets(countA + countB);
  const absorbed = absorb(matching);
  a.list.forEach((element) => {
    const other = matching.ofA[element.id]!;
    if (other !== -1 && element.drawn >= 0 && b.list[other]!.drawn >= 0) sets.join(element.drawn, countA + b.list[other]!.drawn);
  });
  const paired = { a: new Set(a.list.filter(({ id }) => matching.ofA[id] !== -1).map(({ drawn }) => drawn)), b: new Set(b.list.filter(({ id }) => matching.ofB[id] !== -1).map(({ drawn }) => drawn)) };
  for (const { side, element, into, how } of absorbed) {
    const [elements, offset] = side === 'a' ? [a, 0] as const : [b, countA] as const;
    // Part of a framework's layer that has its place already.
    if (how === 'glue' && paired[side].has(elements.list[element]!.drawn)) continue;
    sets.join(offset + elements.list[element]!.drawn, offset + elements.list[into]!.drawn);
  }
  for (const [node, into] of a.folded) sets.join(node, into);
  for (const [node, into] of b.folded) sets.join(countA + node, countA + into);

  const list: Cluster[] = [];
  const byRoot = new Map<number, Cluster>();
  const clusterOf = (node: number): Cluster => {
    const root = sets.find(node);
    let cluster = byRoot.get(root);
    if (!cluster) byRoot.set(root, cluster = addTo(list));
    return cluster;
  };
  const ofA = a.side.view.nodes.map(({ id }) => { const cluster = clusterOf(id); cluster.a.push(id); return cluster; });
  const ofB = b.side.view.nodes.map(({ id }) => { const cluster = clusterOf(countA + id); cluster.b.push(id); return cluster; });
  a.list.forEach((element) => {
    const other = matching.ofA[element.id]!;
    if (other !== -1 && element.drawn >= 0) ofA[element.drawn]!.pairs.push([element, b.list[other]!]);
  });
  for (const item of absorbed) (item.side === 'a' ? ofA[a.list[item.element]!.drawn] : ofB[b.list[item.element]!.drawn])?.absorbed.push(item);
  describe(list, a, b, matching, absorbed, { a, b, sameFormat });
  return { list, ofA, ofB };
}

function addTo(list: Cluster[]): Cluster {
  const cluster: Cluster = { a: [], b: [], pairs: [], absorbed: [], kind: 'same', changes: [] };
  list.push(cluster);
  return cluster;
}

function describe(list: readonly Cluster[], a: Elements, b: Elements, matching: Matching, absorbed: readonly Absorbed[], context: WordsContext): void {
  const inA = new Set(absorbed.filter(({ side }) => side === 'a').map(({ element }) => element)), inB = new Set(absorbed.filter(({ side }) => side === 'b').map(({ element }) => element));
  const lonely = new Map<number, Element[]>(), lonelyB = new Map<number, Element[]>();
  for (const element of a.list) if (element.kind === 'op' && matching.ofA[element.id] === -1 && !inA.has(element.id)) push(lonely, element.drawn, element);
  for (const element of b.list) if (element.kind === 'op' && matching.ofB[element.id] === -1 && !inB.has(element.id)) push(lonelyB, element.drawn, element);
  for (const cluster of list) {
    if (cluster.b.length === 0 || cluster.a.length === 0) {
      cluster.kind = cluster.b.length === 0 ? 'removed' : 'added';
      continue;
    }
    cluster.pairs.sort(([x], [y]) => weightElements(y) - weightElements(x));
    const words = new Set<string>();
    for (const [before, after] of cluster.pairs) for (const word of changesOf(before, after, context)) words.add(word);
    for (const { words: word } of cluster.absorbed) if (word !== undefined) words.add(word);
    for (const word of paddingChanges(cluster, context)) words.delete(word);
    const [telling] = cluster.pairs;
    if (telling) for (const word of precisionChanges(telling[0], telling[1], context)) words.add(word);
    // Part of a framework's layer that the other side does not have.
    for (const node of cluster.a) for (const element of lonely.get(node) ?? []) if (context.sameFormat || !isGlue(element)) words.add(`without ${element.type}`);
    for (const node of cluster.b) for (const element of lonelyB.get(node) ?? []) if (context.sameFormat || !isGlue(element)) words.add(`with ${element.type}`);
    cluster.changes = [...words];
    cluster.kind = words.size > 0 ? 'changed' : 'same';
  }
}

/** Words about padding that a layer of its own does on the other side. */
function paddingChanges(cluster: Cluster, { a, b }: WordsContext): string[] {
  const parts = cluster.absorbed.filter(({ how }) => how === 'padding');
  const [pair] = cluster.pairs;
  if (parts.length === 0 || !pair?.[0].node || !pair[1].node) return [];
  const own = [settingsOf(pair[0].node, a.side, a.frame).get('pads') ?? '0', settingsOf(pair[1].node, b.side, b.frame).get('pads') ?? '0'] as const;
  const sums = own.map((pads, which) => {
    const axes = (pair[which]!.dims[0]?.length ?? 4) - 2;
    const sum = spread(pads, 2 * axes);
    for (const { side, element } of parts) {
      if ((side === 'a' ? 0 : 1) !== which) continue;
      const node = (which === 0 ? a : b).list[element]!;
      const all = /pads=([\d, ]+)/.exec(node.settings)?.[1]?.trim().split(/[, ]+/).map(Number) ?? [];
      // Layout of a Pad: begins of all axes, then ends; the picture's axes come last or, before channels, in the middle.
      const half = all.length / 2, from = all[half - 1] === 0 && all[half - axes - 1] !== undefined && half > axes + 1 && all[1] !== 0 ? 1 : half - axes;
      for (let axis = 0; axis < axes; axis++) {
        sum[axis] = sum[axis]! + (all[from + axis] ?? 0);
        sum[axes + axis] = sum[axes + axis]! + (all[half + from + axis] ?? 0);
      }
    }
    return sum.join();
  });
  return sums[0] === sums[1] ? [`pads ${own[0]} → ${own[1]}`] : [];
}

function spread(text: string, count: number): number[] {
  const numbers = text.split(', ').map(Number);
  return numbers.length === 1 ? Array<number>(count).fill(numbers[0]!) : numbers;
}

function push(map: Map<number, Element[]>, key: number, element: Element): void {
  const list = map.get(key);
  if (list) list.push(element);
  else map.set(key, [element]);
}

/** The drawn node that stands for a side of a cluster: the one of its most telling pair, else the first. */
export function representative(cluster: Cluster, side: 'a' | 'b'): number | undefined {
  const [pair] = cluster.pairs;
  const drawn = pair?.[side === 'a' ? 0 : 1].drawn;
  return drawn !== undefined && drawn >= 0 ? drawn : cluster[side][0];
}

/** The row of the layer list that stands for a side of a cluster; undefined for ports and where there is none. */
export function layerRow(cluster: Cluster, side: 'a' | 'b', { side: { view, summary } }: Elements): LayerSummary | undefined {
  const nodes = [representative(cluster, side), ...cluster[side]];
  for (const node of nodes) {
    const layer = node === undefined ? null : view.nodes[node]!.layer;
    if (layer !== null) return summary.layers[layer];
  }
  return undefined;
}

/** Union–find over drawn nodes. */
class Sets {
  private readonly parent: Int32Array;

  constructor(count: number) {
    this.parent = Int32Array.from({ length: count }, (_, at) => at);
  }

  find(node: number): number {
    let root = node;
    while (this.parent[root] !== root) root = this.parent[root]!;
    while (this.parent[node] !== root) {
      const next = this.parent[node]!;
      this.parent[node] = root;
      node = next;
    }
    return root;
  }

  join(a: number, b: number): void {
    this.parent[this.find(a)] = this.find(b);
  }
}
