/** The path between two layers: asks for the second, then lists what lies on the way. */
import { h, replace } from '../../common/dom';
import { formatCount, formatDims, formatNumber } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import type { Connections } from '../connections';
import type { GraphNode } from '../types';
import { findPath, type Path } from './findPath';

/** What a path marks in the graph: keys of nodes, positions of edges. */
export interface PathMarks {
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<number>;
}

export interface PathEvents {
  onMarks(marks: PathMarks | undefined): void;
  /** Somebody chose a layer of the path. */
  onSelect(key: string): void;
  /** The ends changed; undefined: the path was closed. */
  onEnds(ends: PathEnds | undefined): void;
}

/** Keys of the ends; without `to` the second is still to be chosen. */
export interface PathEnds { readonly from: string; readonly to?: string }

/** A list longer than this is cut: nobody reads it to its end. */
const longest = 1000;

export class PathView {
  readonly element = h('section', { class: 'path', attributes: { 'aria-label': t('Path') } });
  private connections: Connections | undefined;
  private ends: PathEnds | undefined;
  private whole = false;

  constructor(private readonly events: PathEvents) {}

  /** Another model: the path stays if both of its ends are there. */
  show(connections: Connections, ends: PathEnds | undefined): void {
    this.connections = connections;
    const known = ends && [ends.from, ...(ends.to === undefined ? [] : [ends.to])].every((key) => connections.position(key) !== undefined);
    this.set(known ? ends : undefined);
  }

  /** Whether the next layer that is chosen ends the path. */
  get waiting(): boolean {
    return this.ends !== undefined && this.ends.to === undefined;
  }

  get open(): boolean {
    return this.ends !== undefined;
  }

  start(key: string): void {
    this.set({ from: key });
  }

  /** The layer that was chosen while the path waited for its end. */
  end(key: string): void {
    if (this.ends && key !== this.ends.from) this.set({ ...this.ends, to: key });
  }

  close(): void {
    this.set(undefined);
  }

  private set(ends: PathEnds | undefined): void {
    const changed = ends?.from !== this.ends?.from || ends?.to !== this.ends?.to;
    this.ends = ends;
    this.whole = false;
    this.draw();
    if (changed) this.events.onEnds(ends);
  }

  private draw(): void {
    const { connections, ends } = this;
    const from = ends && connections?.position(ends.from), to = ends?.to === undefined ? undefined : connections?.position(ends.to);
    if (!connections || from === undefined) {
      replace(this.element);
      return this.events.onMarks(undefined);
    }
    const close = h('button', { class: 'icon-button path-close', title: t('Close the path'), attributes: { type: 'button', 'aria-label': t('Close the path') }, on: { click: () => this.close() } }, icon('close'));
    const title = (text: string): HTMLElement => h('div', { class: 'path-head' }, h('h2', {}, text), close);
    if (to === undefined) {
      replace(this.element, title(t('Path from {0}', nameOf(connections.nodes[from]!))),
        h('p', { class: 'muted', attributes: { role: 'status' } }, t('Select the layer it leads to: in the graph, in the table or by searching.')));
      return this.mark([from], []);
    }
    const path = findPath(connections, from, to);
    if (!path) {
      replace(this.element, title(t('No path')),
        h('p', { attributes: { role: 'status' } }, t('Neither of {0} and {1} leads to the other.', nameOf(connections.nodes[from]!), nameOf(connections.nodes[to]!))));
      return this.mark([from, to], []);
    }
    this.drawPath(connections, path, title);
  }

  private drawPath(connections: Connections, path: Path, title: (text: string) => HTMLElement): void {
    const nodes = this.whole ? path.allNodes : path.nodes;
    const listed = nodes.slice(0, longest).map((node) => connections.nodes[node]!);
    const layers = nodes.map((node) => connections.nodes[node]!).filter(({ kind }) => kind === 'op');
    const branches = path.allNodes.length > path.nodes.length;
    const choice = (label: string, whole: boolean): HTMLElement =>
      h('button', { class: 'icon-button', attributes: { type: 'button', 'aria-pressed': String(this.whole === whole) }, on: { click: () => { this.whole = whole; this.draw(); } } }, label);
    replace(this.element,
      title(t('{0} → {1}', nameOf(connections.nodes[path.nodes[0]!]!), nameOf(connections.nodes[path.nodes.at(-1)!]!))),
      h('p', { class: 'path-sums', attributes: { role: 'status' } }, sums(layers)),
      branches && h('div', { class: 'path-choice', attributes: { role: 'group', 'aria-label': t('Which layers') } },
        choice(t('Shortest: {0} nodes', formatNumber(path.nodes.length)), false), choice(t('All ways: {0} nodes', formatNumber(path.allNodes.length)), true)),
      h('ol', { class: 'path-list' },
        ...listed.map((node, at) => h('li', {},
          h('button', { class: 'path-item', attributes: { type: 'button' }, on: { click: () => this.events.onSelect(node.key) } },
            h('span', { class: `path-type family-${node.family}` }, node.opType), h('span', { class: 'path-name' }, node.kind === 'op' ? node.name : nameOf(node)),
            node.macs !== null && node.macs > 0 && h('span', { class: 'path-macs muted' }, t('{0} MACs', formatCount(node.macs)))),
          this.dimsAfter(connections, path, at)))),
      nodes.length > longest && h('p', { class: 'muted' }, t('and {0} more', formatNumber(nodes.length - longest))));
    this.mark(nodes, this.whole ? path.allEdges : path.edges);
  }

  /** Dims of what flows to the next node of the shortest path. */
  private dimsAfter(connections: Connections, path: Path, at: number): HTMLElement | undefined {
    const edge = this.whole ? undefined : path.edges[at];
    return edge === undefined ? undefined : h('span', { class: 'path-dims mono muted', title: connections.edges[edge]!.value }, formatDims(connections.edges[edge]!.dims));
  }

  private mark(nodes: readonly number[], edges: readonly number[]): void {
    const { connections } = this;
    if (connections) this.events.onMarks({ nodes: new Set(nodes.map((node) => connections.nodes[node]!.key)), edges: new Set(edges) });
  }
}

/** What a node is called: its name, or its type where it has none. */
export function nameOf({ name, opType }: GraphNode): string {
  return name || opType;
}

function sums(layers: readonly GraphNode[]): string {
  const unknown = layers.some(({ macs }) => macs === null);
  const macs = layers.reduce((sum, layer) => sum + (layer.macs ?? 0), 0), parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return [t('{0} layers', formatNumber(layers.length)), t('{0} parameters', formatCount(parameters)), `${unknown ? '≥\u202f' : ''}${t('{0} MACs', formatCount(macs))}`].join('  ·  ');
}
