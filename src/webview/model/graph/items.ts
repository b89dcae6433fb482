/**
 * What can be drawn, in one list: nodes, the groups they lie in, and the graphs inside nodes. A view's ids count for one
 * graph only; items have one number each over all graphs of the model.
 */
import { t } from '../../common/strings';
import type { Architecture, GraphEdge, GraphNode } from '../types';

type Group = Architecture['groups'][number];

export interface Item {
  readonly id: number;
  /** 'repeat' holds alike blocks; 'branch' is a graph inside a node. */
  readonly kind: 'node' | 'group' | 'repeat' | 'branch';
  /** The item around it; -1: none. */
  readonly parent: number;
  /** Nodes: their key. Others: a path of names that stays the same when the file is read again. */
  readonly key: string;
  /** What is written on it: a node's operator or a port's name, a group's name. */
  readonly title: string;
  readonly node?: GraphNode;
  /** Types of what is inside, for groups. */
  readonly types: string;
  readonly count?: number;
  /** Operators at or below. */
  readonly nodes: number;
  readonly parameters: number;
  readonly macs: number | null;
  readonly activationBytes: number | null;
  readonly children: readonly number[];
}

export interface ItemEdge {
  readonly from: number;
  readonly to: number;
  readonly value: string;
  readonly dims: GraphEdge['dims'];
  /** Position in the view's edges; -1 inside subgraphs. */
  readonly index: number;
}

type Draft = { -readonly [K in keyof Item]: Item[K] } & { children: number[] };

export class Items {
  readonly list: readonly Item[];
  readonly edges: readonly ItemEdge[];
  readonly byKey: ReadonlyMap<string, number>;
  readonly roots: readonly number[];
  /** Edge numbers that leave and reach each item (nodes only). */
  readonly outgoing: ReadonlyMap<number, readonly number[]>;
  readonly incoming: ReadonlyMap<number, readonly number[]>;

  constructor(view: Architecture) {
    const drafts: Draft[] = [], edges: ItemEdge[] = [];
    flatten(view, -1, '', drafts, edges);
    const byKey = new Map<string, number>();
    for (const { key, id } of drafts) if (!byKey.has(key)) byKey.set(key, id);
    this.list = drafts;
    this.edges = edges;
    this.byKey = byKey;
    this.roots = drafts.filter(({ parent }) => parent < 0).map(({ id }) => id);
    const outgoing = new Map<number, number[]>(), incoming = new Map<number, number[]>();
    edges.forEach(({ from, to }, index) => { push(outgoing, from, index); push(incoming, to, index); });
    this.outgoing = outgoing;
    this.incoming = incoming;
  }

  get(id: number): Item {
    return this.list[id]!;
  }

  /** The items around one, innermost first. */
  *around(id: number): Iterable<Item> {
    for (let at = this.get(id).parent; at >= 0; at = this.get(at).parent) yield this.get(at);
  }

  /** Nodes at or below an item. */
  *nodesIn(id: number): Iterable<Item> {
    const waiting = [id];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const item = this.get(next);
      if (item.kind === 'node') yield item;
      for (let at = item.children.length - 1; at >= 0; at--) waiting.push(item.children[at]!);
    }
  }
}

/** Blocks that only repetition tells have no name of their own. */
function blockTitle(name: string): string {
  if (/^block 1 … block \d+$/.test(name)) return t('block');
  const number = /^block (\d+)$/.exec(name);
  return number ? t('block {0}', number[1]!) : name;
}

function push(map: Map<number, number[]>, key: number, value: number): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** Adds a view's nodes, groups and edges below `parent`. Children stand in the order of their first nodes. @returns items by node id. */
function flatten(view: Architecture, parent: number, path: string, items: Draft[], edges: ItemEdge[]): number[] {
  const groups: (number | undefined)[] = [];
  const taken = new Set<string>();
  const enter = (group: Group): number => {
    const known = groups[group.id];
    if (known !== undefined) return known;
    const outer = group.parent === null ? parent : enter(view.groups[group.parent]!);
    const base = `${group.parent === null ? path : `${items[outer]!.key}/`}${group.parent === null ? 'group:' : ''}${group.name}`;
    // Of groups with equal names the second is '…#2': 'block 1' of two different repeats have different paths anyway.
    let key = base;
    for (let copy = 2; taken.has(key); copy++) key = `${base}#${copy}`;
    taken.add(key);
    const { kind, name, type, count, nodes, parameters, macs, activationBytes } = group;
    const id = add(items, outer, { kind, key, title: blockTitle(name), types: type, ...(count !== undefined && { count }), nodes, parameters, macs, activationBytes });
    return (groups[group.id] = id);
  };
  const ids = view.nodes.map((node): number => {
    const outer = node.group === null ? parent : enter(view.groups[node.group]!);
    return add(items, outer, {
      kind: 'node', key: node.key, title: node.kind === 'op' ? node.opType : node.name, node, types: node.opType, nodes: node.kind === 'op' ? 1 : 0,
      parameters: node.parameters, macs: node.macs, activationBytes: node.activationBytes ?? null,
    });
  });
  const inner = new Map<number, Map<string, number[]>>();
  for (const node of view.nodes) {
    for (const { name, view: graph } of node.subgraphs ?? []) {
      const operators = graph.nodes.filter(({ kind }) => kind === 'op');
      const branch = add(items, ids[node.id]!, {
        kind: 'branch', key: `${node.key}/${name}`, title: name, types: typesOf(operators.map(({ opType }) => opType)), nodes: operators.length,
        parameters: operators.reduce((sum, each) => sum + each.parameters, 0), macs: total(operators.map(({ macs }) => macs)), activationBytes: total(operators.map(({ activationBytes = null }) => activationBytes)),
      });
      const own = flatten(graph, branch, `${node.key}/${name}/`, items, edges);
      const ports = inner.get(node.id) ?? new Map<string, number[]>();
      inner.set(node.id, ports);
      for (const port of graph.nodes) if (port.kind === 'input') ports.set(port.name, [...(ports.get(port.name) ?? []), own[port.id]!]);
    }
  }
  view.edges.forEach(({ from, to, value, dims }, index) => {
    // What a subgraph takes from outside leads to where it comes in there.
    const targets = inner.get(to)?.get(value) ?? [ids[to]!];
    for (const target of targets) if (ids[from] !== undefined && target !== undefined) edges.push({ from: ids[from], to: target, value, dims, index: parent < 0 ? index : -1 });
  });
  return ids;
}

function add(items: Draft[], parent: number, item: Omit<Draft, 'id' | 'parent' | 'children'>): number {
  const id = items.length;
  items.push({ ...item, id, parent, children: [] });
  if (parent >= 0) items[parent]!.children.push(id);
  return id;
}

const total = (values: readonly (number | null)[]): number | null => values.reduce<number | null>((sum, value) => sum === null || value === null ? null : sum + value, 0);

function typesOf(types: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).map(([type]) => type);
  return [...sorted.slice(0, 4), ...(sorted.length > 4 ? ['…'] : [])].join(', ');
}
