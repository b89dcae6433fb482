/**
 * A layout in linear time, for graphs of any size: ranks by longest path; inside a rank nodes stand below the mean of
 * what feeds them. Long edges pass beside the ranks they cross.
 */
import { nodeGap, Polylines, rankGap, type LayoutRequest, type LayoutResult } from './layout';
import { ranksOf } from './ranks';

/** Ranks an edge may cross and still be led around what lies between; longer ones go straight. */
const longestDetour = 64;

export function laneLayout(request: LayoutRequest): LayoutResult {
  const { widths, heights, edges } = request;
  const count = widths.length;
  const rank = ranksOf(count, edges);
  const rows = groupByRank(rank);
  const { from, to } = neighbours(count, edges);
  const x = new Float32Array(count), y = new Float32Array(count);

  // Down: under what feeds it. Up: over what it feeds, where that straightens. Down again: the final word.
  for (const row of rows) place(row, x, widths, from);
  for (let r = rows.length - 1; r >= 0; r--) place(rows[r]!, x, widths, to);
  for (const row of rows) place(row, x, widths, from);

  let top = 0, left = Infinity, right = -Infinity;
  const rowLeft = new Float32Array(rows.length), rowRight = new Float32Array(rows.length);
  rows.forEach((row, r) => {
    let height = 0;
    rowLeft[r] = Infinity;
    rowRight[r] = -Infinity;
    for (const node of row) {
      height = Math.max(height, heights[node]!);
      rowLeft[r] = Math.min(rowLeft[r]!, x[node]! - widths[node]! / 2);
      rowRight[r] = Math.max(rowRight[r]!, x[node]! + widths[node]! / 2);
    }
    for (const node of row) y[node] = top + height / 2;
    left = Math.min(left, rowLeft[r]!);
    right = Math.max(right, rowRight[r]!);
    top += height + rankGap;
  });

  const lines = new Polylines();
  for (let e = 0; e < edges.length / 2; e++) {
    const a = edges[2 * e]!, b = edges[2 * e + 1]!;
    const start = { x: x[a]!, y: y[a]! + heights[a]! / 2 }, end = { x: x[b]!, y: y[b]! - heights[b]! / 2 };
    const span = rank[b]! - rank[a]!;
    if (span <= 1 || span > longestDetour) {
      lines.add([start, end]);
      continue;
    }
    let lowest = Infinity, highest = -Infinity;
    for (let r = rank[a]! + 1; r < rank[b]!; r++) {
      lowest = Math.min(lowest, rowLeft[r]!);
      highest = Math.max(highest, rowRight[r]!);
    }
    const middle = (start.x + end.x) / 2;
    const side = middle < lowest || middle > highest ? middle : middle - lowest < highest - middle ? lowest - 14 - 4 * (e % 5) : highest + 14 + 4 * (e % 5);
    left = Math.min(left, side);
    right = Math.max(right, side);
    lines.add([start, { x: side, y: start.y + rankGap }, { x: side, y: end.y - rankGap }, end]);
  }
  const flat = lines.finish();
  if (count > 0) shift(x, flat.points, -left);
  return { id: request.id, x, y, ...flat, width: count > 0 ? right - left : 0, height: Math.max(0, top - rankGap), rank };
}

function groupByRank(rank: Uint32Array): number[][] {
  const rows: number[][] = [];
  rank.forEach((r, node) => (rows[r] ??= []).push(node));
  return Array.from(rows, (row) => row ?? []);
}

function neighbours(count: number, edges: Uint32Array): { from: number[][]; to: number[][] } {
  const from: number[][] = Array.from({ length: count }, () => []), to: number[][] = Array.from({ length: count }, () => []);
  for (let e = 0; e < edges.length; e += 2) {
    from[edges[e + 1]!]!.push(edges[e]!);
    to[edges[e]!]!.push(edges[e + 1]!);
  }
  return { from, to };
}

/** Moves a row's nodes below (or above) the mean of their neighbours, side by side without overlap. */
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

function shift(x: Float32Array, points: Float32Array, by: number): void {
  for (let node = 0; node < x.length; node++) x[node]! += by;
  for (let at = 0; at < points.length; at += 2) points[at]! += by;
}
