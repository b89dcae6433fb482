/** The laid-out graph with an index by height, so that drawing and pointing cost what is visible, not what there is. */
import type { GraphEdge, GraphNode } from '../types';
import type { LayoutResult } from './layout';


const bandHeight = 256;

export class Scene {
  readonly incoming: readonly (readonly number[])[];
  readonly outgoing: readonly (readonly number[])[];
  private readonly nodeBands: number[][] = [];
  private readonly edgeBands: number[][] = [];

  constructor(
    readonly nodes: readonly GraphNode[],
    readonly edges: readonly GraphEdge[],
    readonly ends: Uint32Array,
    readonly widths: Float32Array,
    readonly heights: Float32Array,
    readonly layout: LayoutResult,
  ) {
    const incoming: number[][] = nodes.map(() => []), outgoing: number[][] = nodes.map(() => []);
    for (let e = 0; e < edges.length; e++) {
      outgoing[ends[2 * e]!]!.push(e);
      incoming[ends[2 * e + 1]!]!.push(e);
    }
    this.incoming = incoming;
    this.outgoing = outgoing;
    for (let node = 0; node < nodes.length; node++) file(this.nodeBands, node, layout.y[node]! - heights[node]! / 2, layout.y[node]! + heights[node]! / 2);
    for (let e = 0; e < edges.length; e++) {
      let low = Infinity, high = -Infinity;
      for (let p = layout.offsets[e]!; p < layout.offsets[e + 1]!; p++) {
        low = Math.min(low, layout.points[2 * p + 1]!);
        high = Math.max(high, layout.points[2 * p + 1]!);
      }
      file(this.edgeBands, e, low, high);
    }
  }

  /** Nodes whose box may touch the heights `top`…`bottom`. */
  nodesBetween(top: number, bottom: number): Iterable<number> {
    return between(this.nodeBands, top, bottom);
  }

  edgesBetween(top: number, bottom: number): Iterable<number> {
    return between(this.edgeBands, top, bottom);
  }

  nodeAt(x: number, y: number): number | undefined {
    const { layout, widths, heights } = this;
    for (const node of this.nodesBetween(y, y)) {
      if (Math.abs(x - layout.x[node]!) <= widths[node]! / 2 && Math.abs(y - layout.y[node]!) <= heights[node]! / 2) return node;
    }
    return undefined;
  }

  /** The edge nearest to a point, if one is within `reach`. */
  edgeAt(x: number, y: number, reach: number): number | undefined {
    const { points, offsets } = this.layout;
    let nearest: number | undefined, best = reach * reach;
    for (const edge of this.edgesBetween(y - reach, y + reach)) {
      for (let p = offsets[edge]!; p + 1 < offsets[edge + 1]!; p++) {
        const distance = toSegment(x, y, points[2 * p]!, points[2 * p + 1]!, points[2 * p + 2]!, points[2 * p + 3]!);
        if (distance < best) { best = distance; nearest = edge; }
      }
    }
    return nearest;
  }
}

function file(bands: number[][], item: number, low: number, high: number): void {
  for (let band = Math.max(0, Math.floor(low / bandHeight)); band <= Math.floor(high / bandHeight); band++) (bands[band] ??= []).push(item);
}

function between(bands: readonly (number[] | undefined)[], top: number, bottom: number): Iterable<number> {
  const first = Math.max(0, Math.floor(top / bandHeight)), last = Math.min(bands.length - 1, Math.floor(bottom / bandHeight));
  if (first === last) return bands[first] ?? [];
  const found = new Set<number>();
  for (let band = first; band <= last; band++) for (const item of bands[band] ?? []) found.add(item);
  return found;
}

/** Squared distance of (x, y) to the segment a–b. */
function toSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
  const along = length > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2;
}
