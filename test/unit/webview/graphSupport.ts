/** Laid-out graphs for tests, without a page: texts are as wide as their letters are many. */
import { CompoundLayout } from '../../../src/webview/model/graph/compound';
import { compoundGraph } from '../../../src/webview/model/graph/compoundGraph';
import { HeatScale } from '../../../src/webview/model/graph/heat';
import type { Heat } from '../../../src/webview/model/graph/api';
import { Items } from '../../../src/webview/model/graph/items';
import { FamilyMix, type Look } from '../../../src/webview/model/graph/look';
import { ItemMarks } from '../../../src/webview/model/graph/marks';
import { canOpen, sizesOf } from '../../../src/webview/model/graph/measure';
import { families, type Palette } from '../../../src/webview/model/graph/palette';
import { IndexedGeometry, Scene } from '../../../src/webview/model/graph/scene';
import type { Architecture } from '../../../src/webview/model/types';

type Node = Architecture['nodes'][number];
type Group = Architecture['groups'][number];

export const node = (id: number, part: Partial<Node> = {}): Node => ({ id, key: `node:${id}`, kind: 'op', name: `n${id}`, opType: 'Relu', family: 'activation', detail: '', outputDims: [[1, 8]], parameters: 1, macs: 2, activationBytes: 32, layer: id, group: null, ...part });
export const group = (id: number, part: Partial<Group> = {}): Group => ({ id, parent: null, kind: 'group', name: `g${id}`, type: 'Relu', nodes: 1, parameters: 1, macs: 2, activationBytes: 32, ...part });
export const edge = (from: number, to: number): Architecture['edges'][number] => ({ from, to, value: `v${from}`, dims: [1, 8] });

/** Six nodes in a row; 1…4 in two alike blocks of a repeat. */
export const blocks: Architecture = {
  nodes: [0, 1, 2, 3, 4, 5].map((id) => node(id, { group: id === 1 || id === 2 ? 1 : id === 3 || id === 4 ? 2 : null })),
  edges: [edge(0, 1), edge(1, 2), edge(2, 3), edge(3, 4), edge(4, 5), edge(0, 4)],
  groups: [group(0, { kind: 'repeat', name: 'block 1 … block 2', count: 2, nodes: 4, parameters: 4 }), group(1, { parent: 0, name: 'block 1', nodes: 2, parameters: 2 }), group(2, { parent: 0, name: 'block 2', nodes: 2, parameters: 2 })],
};

export class LaidOut {
  readonly items: Items;
  private readonly layout: CompoundLayout;

  constructor(view: Architecture) {
    this.items = new Items(view);
    this.layout = new CompoundLayout(compoundGraph(this.items, sizesOf(this.items, (text) => 7 * text.length, (text) => 6 * text.length)));
  }

  scene(open: Iterable<number>): Scene {
    const flags = new Uint8Array(this.items.list.length);
    for (const item of open) flags[item] = 1;
    return new Scene(this.items, this.layout.layout(flags).map((level) => ({ ...level, geometry: new IndexedGeometry(level.geometry) })));
  }

  get all(): number[] {
    return this.items.list.filter(canOpen).map(({ id }) => id);
  }
}

export const palette: Palette = {
  background: '#fff', box: '#eee', border: '#ccc', text: '#111', muted: '#555', edge: '#777', accent: '#00f', found: '#f80', font: '"Segoe UI", sans-serif', highContrast: false,
  families: Object.fromEntries(families.map(([family]) => [family, '#123456'])), kinds: { same: '#999', changed: '#cc0', added: '#0c0', removed: '#c00' },
  soft: (color) => color, frame: () => '#f4f4f4', heat: (share) => (share > 0.5 ? '#f00' : '#fee'),
};

export function look(scene: Scene, heat: Heat = 'none'): Look {
  return {
    palette, selected: undefined, litEdges: new Set(), hovered: undefined, hoveredLine: undefined, marks: new ItemMarks(scene.items, {}),
    heat: heat === 'none' ? undefined : new HeatScale(scene, heat), mix: new FamilyMix(scene.items), motion: undefined,
  };
}
