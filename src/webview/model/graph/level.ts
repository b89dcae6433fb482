/** One level laid out: by dagre while that is quick, in lanes beyond; boxes without any edge stand in a grid below. */
import { layeredEffort, layeredLayout } from './layered';
import { laneLayout } from './lanes';
import { nodeGap, rankGap, type LevelLayout, type LevelRequest } from './layout';

/** Up to so many boxes without edges stand in the row that the layout gives them. */
const mostInRow = 4;

/** What may still be spent on dagre in one layout of a graph; levels beyond it are laid out in lanes. */
export interface Effort { left: number }

export function levelLayout(request: LevelRequest, effort: Effort = { left: Infinity }): LevelLayout {
  const { widths, heights, edges, entries, exits } = request;
  const boxes = widths.length;
  const connected = new Uint8Array(boxes + entries + exits);
  for (const node of edges) connected[node] = 1;
  const alone: number[] = [], kept: number[] = [];
  for (let box = 0; box < boxes; box++) (connected[box] ? kept : alone).push(box);
  if (alone.length <= mostInRow) return ranked(request, effort);

  const place = new Map(kept.map((box, index) => [box, index]));
  const inner = ranked({
    widths: Float32Array.from(kept, (box) => widths[box]!), heights: Float32Array.from(kept, (box) => heights[box]!),
    edges: edges.map((node) => node < boxes ? place.get(node)! : node - boxes + kept.length), entries, exits,
  }, effort);
  const x = new Float32Array(boxes + entries + exits), y = new Float32Array(boxes + entries + exits);
  kept.forEach((box, index) => { x[box] = inner.x[index]!; y[box] = inner.y[index]!; });
  for (let port = 0; port < entries + exits; port++) {
    x[boxes + port] = inner.x[kept.length + port]!;
    y[boxes + port] = inner.y[kept.length + port]!;
  }
  const columns = Math.ceil(Math.sqrt(alone.length / 2)), cell = alone.reduce((most, box) => Math.max(most, widths[box]!), 0);
  let top = kept.length > 0 ? inner.height + rankGap : 0, width = inner.width;
  for (let at = 0; at < alone.length; at += columns) {
    const row = alone.slice(at, at + columns), height = row.reduce((most, box) => Math.max(most, heights[box]!), 0);
    row.forEach((box, column) => {
      x[box] = column * (cell + nodeGap) + cell / 2;
      y[box] = top + height / 2;
    });
    width = Math.max(width, row.length * (cell + nodeGap) - nodeGap);
    top += height + nodeGap;
  }
  return { ...inner, x, y, width, height: Math.max(inner.height, top - nodeGap) };
}

function ranked(request: LevelRequest, effort: Effort): LevelLayout {
  const needed = layeredEffort(request), fits = needed <= effort.left && needed < Infinity;
  if (fits) effort.left -= needed;
  return tightened(request, fits ? layeredLayout(request) : laneLayout(request));
}

/** Ports keep less distance from the boxes than boxes from each other. */
const portGap = 18;

function tightened({ widths, heights, entries, exits }: LevelRequest, laid: LevelLayout): LevelLayout {
  const boxes = widths.length;
  if (boxes === 0 || entries + exits === 0) return laid;
  let first = Infinity, last = -Infinity;
  for (let box = 0; box < boxes; box++) {
    first = Math.min(first, laid.y[box]! - heights[box]! / 2);
    last = Math.max(last, laid.y[box]! + heights[box]! / 2);
  }
  const top = entries > 0 ? Math.max(0, first - portGap) : 0, bottom = exits > 0 ? Math.min(laid.height, last + portGap) : laid.height;
  const moved = (y: number): number => Math.min(bottom, Math.max(top, y)) - top;
  return { ...laid, y: laid.y.map(moved), points: laid.points.map((value, at) => at % 2 === 1 ? moved(value) : value), height: bottom - top };
}
