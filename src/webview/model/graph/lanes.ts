/**
 * A layout in linear time, for levels of any size: ranks by longest path; inside a rank boxes stand below the mean of
 * what feeds them. Long edges run down lanes beside the ranks, one lane for all long edges of a source.
 */
import { intoRow, nodeGap, pastRow, Polylines, rankGap, type LevelLayout, type LevelRequest, type Point } from './layout';
import { ranksOf, withoutCycles } from './ranks';

const laneGap = 9;
/** Lanes on each side; more sources than this share them. */
const mostLanes = 40;

export function laneLayout({ widths: boxWidths, heights: boxHeights, edges: asked, entries, exits }: LevelRequest): LevelLayout {
  const boxes = boxWidths.length, count = boxes + entries + exits;
  const widths = padded(boxWidths, count, 2), heights = padded(boxHeights, count, 0);
  const { edges, turned } = withoutCycles(count, asked);
  const rank = withPorts(ranksOf(count, edges), boxes, entries);
  const rows = groupByRank(rank);
  const { from, to } = neighbours(count, edges, rank);
  const x = new Float32Array(count), y = new Float32Array(count);

  // Down: under what feeds it. Up: over what it feeds, where that straightens. Down again: the final word.
  for (const row of rows) place(row, x, widths, from);
  for (let r = rows.length - 1; r >= 0; r--) place(rows[r]!, x, widths, to);
  for (const row of rows) place(row, x, widths, from);

  let top = 0, left = Infinity, right = -Infinity;
  const rowTop = new Float32Array(rows.length), rowBottom = new Float32Array(rows.length);
  rows.forEach((row, r) => {
    let height = 0;
    for (const node of row) {
      height = Math.max(height, heights[node]!);
      left = Math.min(left, x[node]! - widths[node]! / 2);
      right = Math.max(right, x[node]! + widths[node]! / 2);
    }
    for (const node of row) y[node] = top + height / 2;
    rowTop[r] = top;
    rowBottom[r] = top + height;
    top += height + rankGap;
  });
  if (count === 0) left = right = 0;

  const paths: Point[][] = Array.from({ length: edges.length / 2 }, () => []);
  const trunk = new Int32Array(edges.length / 2).fill(-1), turns = new Float32Array(edges.length / 2);
  const start = (node: number): Point => ({ x: x[node]!, y: y[node]! + heights[node]! / 2 });
  const end = (node: number): Point => ({ x: x[node]!, y: y[node]! - heights[node]! / 2 });
  const leave = (node: number): readonly Point[] => pastRow(start(node), rowBottom[rank[node]!]!), arrive = (node: number): readonly Point[] => intoRow(end(node), rowTop[rank[node]!]!);
  const long: number[][] = [];
  const firstOfLong = new Map<number, number[]>();
  for (let e = 0; e < edges.length / 2; e++) {
    const a = edges[2 * e]!, b = edges[2 * e + 1]!;
    if (rank[b]! - rank[a]! <= 1) paths[e] = [start(a), ...leave(a), ...arrive(b), end(b)];
    else {
      let group = turned[e] ? undefined : firstOfLong.get(a);
      if (!group) {
        group = [];
        if (!turned[e]) firstOfLong.set(a, group);
        long.push(group);
      }
      group.push(e);
    }
  }
  const middle = (left + right) / 2;
  const lanes = new Lanes();
  let leftmost = left, rightmost = right;
  for (const group of long) {
    group.sort((a, b) => rank[edges[2 * a + 1]!]! - rank[edges[2 * b + 1]!]! || a - b);
    const source = edges[2 * group[0]!]!, last = edges[2 * group.at(-1)! + 1]!;
    const side = (x[source]! + x[last]!) / 2 < middle ? -1 : 1;
    const lane = lanes.take(side, rank[source]!, rank[last]!);
    const at = side < 0 ? left - 16 - lane * laneGap : right + 16 + lane * laneGap;
    leftmost = Math.min(leftmost, at - 8);
    rightmost = Math.max(rightmost, at + 8);
    let before = -1;
    for (const e of group) {
      const b = edges[2 * e + 1]!, turn = rowTop[rank[b]!]! - rankGap;
      const begin: Point[] = before < 0 ? [start(source), ...leave(source), { x: at, y: rowBottom[rank[source]!]! + rankGap }] : [{ x: at, y: turns[before]! }];
      turns[e] = Math.max(turn, begin.at(-1)!.y);
      paths[e] = [...begin, { x: at, y: turns[e]! }, ...arrive(b), end(b)];
      trunk[e] = before;
      before = e;
    }
  }
  const lines = new Polylines();
  paths.forEach((path, e) => lines.add((turned[e] ? path.reverse() : path).map((point) => ({ x: point.x - leftmost, y: point.y }))));
  for (let node = 0; node < count; node++) x[node]! -= leftmost;
  return { x, y, ...lines.finish(), trunk, width: rightmost - leftmost, height: Math.max(0, top - rankGap) };
}

/** Lanes beside the ranks: an edge takes the innermost one that is free along its way. */
class Lanes {
  private readonly ends: Record<-1 | 1, number[]> = { [-1]: [], 1: [] };
  private last = -1;

  take(side: -1 | 1, from: number, to: number): number {
    const ends = this.ends[side];
    let lane = ends.findIndex((end) => end < from);
    if (lane < 0) lane = ends.length < mostLanes ? ends.length : (this.last = (this.last + 1) % mostLanes);
    ends[lane] = Math.max(ends[lane] ?? 0, to);
    return lane;
  }
}

function padded(values: Float32Array, count: number, fill: number): Float32Array {
  const all = new Float32Array(count).fill(fill);
  all.set(values);
  return all;
}

/** Entries stand above all ranks, exits below. */
function withPorts(rank: Uint32Array, boxes: number, entries: number): Uint32Array {
  const boxRanks = rank.subarray(0, boxes), exitsFrom = boxes + entries;
  if (boxes === rank.length) return rank;
  let first = Infinity, last = 0;
  for (const r of boxRanks) { first = Math.min(first, r); last = Math.max(last, r); }
  if (first === Infinity) first = 0;
  const shift = entries > 0 && first === 0 ? 1 : 0;
  return rank.map((r, node) => node < boxes ? r + shift : node < exitsFrom ? 0 : last + shift + 1);
}

function groupByRank(rank: Uint32Array): number[][] {
  const rows: number[][] = [];
  rank.forEach((r, node) => (rows[r] ??= []).push(node));
  return Array.from(rows, (row) => row ?? []);
}

/** What stands in the next ranks counts for the place; what is reached by a lane does not. */
function neighbours(count: number, edges: Uint32Array, rank: Uint32Array): { from: number[][]; to: number[][] } {
  const from: number[][] = Array.from({ length: count }, () => []), to: number[][] = Array.from({ length: count }, () => []);
  for (let e = 0; e < edges.length; e += 2) {
    if (rank[edges[e + 1]!]! - rank[edges[e]!]! > 3) continue;
    from[edges[e + 1]!]!.push(edges[e]!);
    to[edges[e]!]!.push(edges[e + 1]!);
  }
  return { from, to };
}

/** Moves a row's boxes below (or above) the mean of their neighbours, side by side without overlap. */
function place(row: number[], x: Float32Array, widths: Float32Array, neighbours: number[][]): void {
  if (row.length === 0) return;
  const wanted = new Map<number, number>();
  for (const node of row) {
    const around = neighbours[node]!;
    let sum = 0;
    for (const other of around) sum += x[other]!;
    wanted.set(node, around.length ? sum / around.length : x[node]!);
  }
  row.sort((a, b) => wanted.get(a)! - wanted.get(b)! || a - b);
  let edge = -Infinity, drift = 0;
  for (const node of row) {
    const half = widths[node]! / 2;
    x[node] = Math.max(wanted.get(node)!, edge + half);
    edge = x[node]! + half + nodeGap;
    drift += x[node]! - wanted.get(node)!;
  }
  // Pushed apart to the right only: move all back by the mean.
  drift /= row.length;
  if (drift > 0) for (const node of row) x[node]! -= drift;
}
