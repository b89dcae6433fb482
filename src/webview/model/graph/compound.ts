/**
 * The layout of boxes inside boxes. Every open box is a level of its own: its children and the edges among them, with
 * ports where edges cross its frame, one for each value. So a level depends only on what is inside it: opening a box
 * lays out that box and those around it, and equal blocks share one layout.
 */
import { levelLayout, type Effort } from './level';
import type { LevelLayout } from './layout';

/** Boxes are numbered; a parent may come before or after its children. */
export interface CompoundGraph {
  /** The box each box lies in; -1: none. */
  readonly parents: Int32Array;
  /** Sizes of closed boxes, in world units. */
  readonly widths: Float32Array;
  readonly heights: Float32Array;
  /** What a frame is at least as wide as: its header. */
  readonly headerWidths: Float32Array;
  /** Pairs of boxes: from, to. */
  readonly edges: Uint32Array;
  /** Which value each edge carries: edges of the same value share ports and trunks. */
  readonly values: Uint32Array;
}

/** A level laid out, in its frame's own coordinates (origin: the frame's corner). Shared by equal levels. */
export interface LevelGeometry {
  readonly id: number;
  /** Size of the frame around it; of the root: of the whole graph. */
  readonly width: number;
  readonly height: number;
  /** Of each child. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly widths: Float32Array;
  readonly heights: Float32Array;
  /** Of each line; see LevelLayout. */
  readonly points: Float32Array;
  readonly offsets: Uint32Array;
  readonly trunk: Int32Array;
}

/** What one open box shows. */
export interface Level {
  /** The open box; -1: the root. */
  readonly box: number;
  readonly geometry: LevelGeometry;
  readonly children: Int32Array;
  /** Child at each end of each line; -1 where it begins or ends at the frame. */
  readonly ends: Int32Array;
  /** Line l stands for the edges `edges[edgeStarts[l]…edgeStarts[l + 1])`. */
  readonly edgeStarts: Uint32Array;
  readonly edges: Uint32Array;
}

export const headerHeight = 30;
const paddingX = 18, paddingTop = 16, paddingBottom = 18, portStub = 12;

interface Line {
  readonly from: number;
  readonly fromPort: number;
  readonly to: number;
  readonly toPort: number;
  readonly edges: number[];
}

interface Placed { readonly geometry: LevelGeometry; readonly entryX: ReadonlyMap<number, number>; readonly exitX: ReadonlyMap<number, number> }

const none = -1;
/** Some forty levels of eighty boxes: about a second. What a file with a thousand unlike groups needs more is laid out in lanes. */
const effortOfOneLayout = 8000;

export class CompoundLayout {
  private readonly children: number[][];
  private readonly roots: number[] = [];
  private readonly depth: Int32Array;
  /** Boxes, those around before those inside. */
  private readonly downwards: number[] = [];
  private readonly bySignature = new Map<string, { geometry: LevelGeometry; entryX: readonly number[]; exitX: readonly number[] }>();

  constructor(private readonly graph: CompoundGraph) {
    const count = graph.parents.length;
    this.children = Array.from({ length: count }, () => []);
    this.depth = new Int32Array(count);
    graph.parents.forEach((parent, box) => (parent < 0 ? this.roots : this.children[parent]!).push(box));
    const waiting = [...this.roots].reverse();
    for (let box = waiting.pop(); box !== undefined; box = waiting.pop()) {
      this.downwards.push(box);
      const inner = this.children[box]!;
      for (let at = inner.length - 1; at >= 0; at--) {
        this.depth[inner[at]!] = this.depth[box]! + 1;
        waiting.push(inner[at]!);
      }
    }
  }

  /** @param open which boxes stand open (those inside closed ones do not count). @returns the root's level, then every open box's. */
  layout(open: Uint8Array): Level[] {
    const { parents } = this.graph;
    const visible = new Uint8Array(parents.length), opened = new Uint8Array(parents.length), shownAs = new Int32Array(parents.length);
    const levels: number[] = [];
    for (const box of this.downwards) {
      const parent = parents[box]!;
      visible[box] = parent < 0 || opened[parent] ? 1 : 0;
      shownAs[box] = visible[box] ? box : shownAs[parent]!;
      if (visible[box] && open[box] && this.children[box]!.length > 0) {
        opened[box] = 1;
        levels.push(box);
      }
    }
    const lines = this.lines(shownAs, opened);
    const placed = new Map<number, Placed>(), effort = { left: effortOfOneLayout };
    const found: Level[] = [];
    for (const box of levels.reverse()) found.push(this.level(box, this.children[box]!, lines.get(box) ?? [], placed, effort));
    found.push(this.level(none, this.roots, lines.get(none) ?? [], placed, effort));
    return found.reverse();
  }

  /** The lines of every level: an edge runs up from its source to the level both ends share, and down to its target. */
  private lines(shownAs: Int32Array, opened: Uint8Array): Map<number, Line[]> {
    const { parents, edges, values } = this.graph;
    const byLevel = new Map<number, Map<string, Line>>();
    const add = (level: number, from: number, fromPort: number, to: number, toPort: number, edge: number): void => {
      let lines = byLevel.get(level);
      if (!lines) byLevel.set(level, (lines = new Map()));
      const key = `${from} ${fromPort} ${to} ${toPort}`;
      const line = lines.get(key);
      if (line) line.edges.push(edge);
      else lines.set(key, { from, fromPort, to, toPort, edges: [edge] });
    };
    for (let edge = 0; edge < edges.length / 2; edge++) {
      const source = shownAs[edges[2 * edge]!]!, target = shownAs[edges[2 * edge + 1]!]!, value = values[edge]!;
      if (source === target) continue;
      let a = source, b = target;
      const port = (box: number, end: number): number => box !== end && opened[box] ? value : none;
      const up = (): void => { add(parents[a]!, a, port(a, source), none, value, edge); a = parents[a]!; };
      const down = (): void => { add(parents[b]!, none, value, b, port(b, target), edge); b = parents[b]!; };
      // A box and one inside it: the line would have no level of its own.
      if (this.holds(source, target) || this.holds(target, source)) continue;
      while (this.depth[a]! > this.depth[b]!) up();
      while (this.depth[b]! > this.depth[a]!) down();
      while (parents[a] !== parents[b]) { up(); down(); }
      add(parents[a]!, a, port(a, source), b, port(b, target), edge);
    }
    return new Map([...byLevel].map(([level, lines]) => [level, [...lines.values()]]));
  }

  private holds(outer: number, inner: number): boolean {
    let at = inner;
    while (this.depth[at]! > this.depth[outer]!) at = this.graph.parents[at]!;
    return at === outer && outer !== inner;
  }

  private level(box: number, children: readonly number[], lines: readonly Line[], placed: Map<number, Placed>, effort: Effort): Level {
    const { graph } = this;
    const position = new Map(children.map((child, index) => [child, index]));
    // Ports in the order in which edges meet them: the same for equal blocks, whatever their values are called.
    const entries = new Map<number, number>(), exits = new Map<number, number>();
    for (const line of lines) {
      if (line.from === none && !entries.has(line.fromPort)) entries.set(line.fromPort, entries.size);
      if (line.to === none && !exits.has(line.toPort)) exits.set(line.toPort, exits.size);
    }
    const widths = Float32Array.from(children, (child) => placed.get(child)?.geometry.width ?? graph.widths[child]!);
    const heights = Float32Array.from(children, (child) => placed.get(child)?.geometry.height ?? graph.heights[child]!);
    const edges = new Uint32Array(2 * lines.length);
    // Where a line leaves or meets an open child, from that child's centre.
    const shifts = new Float32Array(2 * lines.length);
    lines.forEach(({ from, fromPort, to, toPort }, index) => {
      edges[2 * index] = from === none ? children.length + entries.get(fromPort)! : position.get(from)!;
      edges[2 * index + 1] = to === none ? children.length + entries.size + exits.get(toPort)! : position.get(to)!;
      const left = from === none ? undefined : placed.get(from), right = to === none ? undefined : placed.get(to);
      if (left && fromPort !== none) shifts[2 * index] = (left.exitX.get(fromPort) ?? left.geometry.width / 2) - left.geometry.width / 2;
      if (right && toPort !== none) shifts[2 * index + 1] = (right.entryX.get(toPort) ?? right.geometry.width / 2) - right.geometry.width / 2;
    });
    const header = box === none ? 0 : graph.headerWidths[box]!;
    const signature = `${box === none} ${header.toFixed(0)} ${entries.size} ${exits.size}|${widths.join()}|${heights.join()}|${edges.join()}|${shifts.join()}`;
    let known = this.bySignature.get(signature);
    if (!known) {
      const laid = levelLayout({ widths, heights, edges, entries: entries.size, exits: exits.size }, effort);
      known = framed(laid, { id: this.bySignature.size, root: box === none, header, widths, heights, shifts, edges, entries: entries.size, exits: exits.size });
      this.bySignature.set(signature, known);
    }
    const { geometry, entryX, exitX } = known;
    placed.set(box, { geometry, entryX: new Map([...entries].map(([value, index]) => [value, entryX[index]!])), exitX: new Map([...exits].map(([value, index]) => [value, exitX[index]!])) });

    const edgeStarts = new Uint32Array(lines.length + 1), ends = new Int32Array(2 * lines.length);
    const all: number[] = [];
    lines.forEach(({ from, to, edges: own }, index) => {
      ends[2 * index] = from;
      ends[2 * index + 1] = to;
      for (const edge of own) all.push(edge);
      edgeStarts[index + 1] = all.length;
    });
    return { box, geometry, children: Int32Array.from(children), ends, edgeStarts, edges: Uint32Array.from(all) };
  }
}

interface Frame {
  readonly id: number;
  readonly root: boolean;
  readonly header: number;
  readonly widths: Float32Array;
  readonly heights: Float32Array;
  readonly shifts: Float32Array;
  readonly edges: Uint32Array;
  readonly entries: number;
  readonly exits: number;
}

/** Puts a frame around a level: room for the header, and stubs where lines cross the border. */
function framed(laid: LevelLayout, { id, root, header, widths, heights, shifts, edges, entries, exits }: Frame): { geometry: LevelGeometry; entryX: number[]; exitX: number[] } {
  const boxes = widths.length;
  const width = root ? laid.width : Math.max(header, laid.width + 2 * paddingX);
  const top = root ? 0 : headerHeight + (entries > 0 ? portStub : paddingTop);
  const bottom = root ? 0 : exits > 0 ? portStub : paddingBottom;
  const height = laid.height + top + bottom;
  const dx = (width - laid.width) / 2, dy = top;
  const x = laid.x.slice(0, boxes), y = laid.y.slice(0, boxes);
  for (let child = 0; child < boxes; child++) {
    x[child]! += dx;
    y[child]! += dy;
  }
  const points = laid.points.slice();
  for (let at = 0; at < points.length; at += 2) {
    points[at]! += dx;
    points[at + 1]! += dy;
  }
  for (let line = 0; line < edges.length / 2; line++) {
    const first = laid.offsets[line]!, last = laid.offsets[line + 1]! - 1;
    // A line that continues a trunk does not begin at its source.
    if (laid.trunk[line]! < 0) points[2 * first]! += shifts[2 * line]!;
    points[2 * last]! += shifts[2 * line + 1]!;
    if (edges[2 * line]! >= boxes && laid.trunk[line]! < 0) points[2 * first + 1] = 0;
    if (edges[2 * line + 1]! >= boxes) points[2 * last + 1] = height;
  }
  return {
    geometry: { id, width, height, x, y, widths, heights, points, offsets: laid.offsets, trunk: laid.trunk },
    entryX: Array.from({ length: entries }, (_, entry) => laid.x[boxes + entry]! + dx),
    exitX: Array.from({ length: exits }, (_, exit) => laid.x[boxes + entries + exit]! + dx),
  };
}
