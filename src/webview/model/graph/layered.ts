/** Layered layout (Sugiyama's method, by dagre): crossings are minimised, long edges go around nodes. For small levels. */
import { Graph, layout } from '@dagrejs/dagre';
import { intoRow, nodeGap, pastRow, Polylines, rankGap, type LevelLayout, type LevelRequest, type Point } from './layout';
import { ranksOf, withoutCycles } from './ranks';

/** What dagre is asked at most: boxes, edges, and the ranks that all its edges cross together. */
const mostNodes = 260, mostEdges = 600, mostCrossed = 2500;

/** How much work a level is for dagre (a thousand is about a sixth of a second); Infinity where it is too much. */
export function layeredEffort({ widths, edges, entries, exits }: LevelRequest): number {
  const count = widths.length + entries + exits;
  if (count > mostNodes || edges.length / 2 > mostEdges) return Infinity;
  const acyclic = withoutCycles(count, edges).edges, rank = ranksOf(count, acyclic);
  let crossed = 0;
  for (let e = 0; e < acyclic.length; e += 2) crossed += rank[acyclic[e + 1]!]! - rank[acyclic[e]!]! - 1;
  return crossed <= mostCrossed ? count + crossed : Infinity;
}

/** Pulls ports to the first and the last rank, whatever their edges want. */
const portWeight = 1000;

export function layeredLayout({ widths, heights, edges: asked, entries, exits }: LevelRequest): LevelLayout {
  const boxes = widths.length, count = boxes + entries + exits;
  const { edges, turned } = withoutCycles(count, asked);
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: nodeGap, ranksep: rankGap, edgesep: 14, ranker: 'network-simplex' });
  for (let node = 0; node < count; node++) graph.setNode(String(node), node < boxes ? { width: widths[node]!, height: heights[node]! } : { width: 2, height: 0 });
  for (let edge = 0; edge < edges.length / 2; edge++) graph.setEdge(String(edges[2 * edge]), String(edges[2 * edge + 1]), { weight: 1 }, String(edge));
  if (entries > 0) graph.setNode('top', { width: 1, height: 0 });
  if (exits > 0) graph.setNode('bottom', { width: 1, height: 0 });
  for (let entry = boxes; entry < boxes + entries; entry++) graph.setEdge('top', String(entry), { weight: portWeight });
  for (let exit = boxes + entries; exit < count; exit++) graph.setEdge(String(exit), 'bottom', { weight: portWeight });
  // Boxes that nothing leads to still lie below the entries, and above the exits.
  if (entries > 0 || exits > 0) {
    for (let node = 0; node < boxes; node++) {
      if (entries > 0 && (graph.inEdges(String(node)) ?? []).length === 0) graph.setEdge('top', String(node), { weight: 0, minlen: 2 });
      if (exits > 0 && (graph.outEdges(String(node)) ?? []).length === 0) graph.setEdge(String(node), 'bottom', { weight: 0, minlen: 2 });
    }
  }
  layout(graph);

  const x = new Float32Array(count), y = new Float32Array(count);
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  const reach = (x: number, y: number, halfWidth: number, halfHeight: number): void => {
    left = Math.min(left, x - halfWidth);
    right = Math.max(right, x + halfWidth);
    top = Math.min(top, y - halfHeight);
    bottom = Math.max(bottom, y + halfHeight);
  };
  for (let node = 0; node < count; node++) {
    const placed = graph.node(String(node)) as { x: number; y: number };
    x[node] = placed.x;
    y[node] = placed.y;
    if (node < boxes) reach(placed.x, placed.y, widths[node]! / 2, heights[node]! / 2);
    else reach(placed.x, placed.y, 0, 0);
  }
  const height = (node: number): number => node < boxes ? heights[node]! : 0;
  // Boxes of a rank stand centred on one height.
  const rows = new Map<number, number>();
  const row = (node: number): number => Math.round(y[node]!);
  for (let node = 0; node < boxes; node++) rows.set(row(node), Math.max(rows.get(row(node)) ?? 0, heights[node]! / 2));
  const paths: Point[][] = [];
  for (let edge = 0; edge < edges.length / 2; edge++) {
    const from = edges[2 * edge]!, to = edges[2 * edge + 1]!;
    const placed = graph.edge(String(from), String(to), String(edge)) as { points?: Point[] };
    const inner = (placed.points ?? []).slice(1, -1);
    for (const point of inner) reach(point.x, point.y, 0, 0);
    // Edges leave at the bottom and arrive at the top, wherever dagre cut them at the node's outline.
    const start = { x: x[from]!, y: y[from]! + height(from) / 2 }, end = { x: x[to]!, y: y[to]! - height(to) / 2 };
    const path = [start, ...pastRow(start, y[from]! + (rows.get(row(from)) ?? 0)), ...inner, ...intoRow(end, y[to]! - (rows.get(row(to)) ?? 0)), end];
    paths.push(turned[edge] ? path.reverse() : path);
  }
  if (count === 0) left = right = top = bottom = 0;
  // Crossings do not care which side is left: what comes first in the file stands there.
  const mirrored = isMirrored(boxes, x, row), placeX = (at: number): number => mirrored ? right - at : at - left;
  const lines = new Polylines();
  for (const path of paths) lines.add(path.map((point) => ({ x: placeX(point.x), y: point.y - top })));
  for (let node = 0; node < count; node++) {
    x[node] = placeX(x[node]!);
    y[node]! -= top;
  }
  return { x, y, ...lines.finish(), trunk: new Int32Array(edges.length / 2).fill(-1), width: right - left, height: bottom - top };
}

/** Whether more neighbours in the same row stand against the order of their numbers than with it. */
function isMirrored(boxes: number, x: Float32Array, row: (node: number) => number): boolean {
  const last = new Map<number, number>();
  let against = 0;
  for (let box = 0; box < boxes; box++) {
    const before = last.get(row(box));
    if (before !== undefined) against += x[box]! < x[before]! ? 1 : -1;
    last.set(row(box), box);
  }
  return against > 0;
}
