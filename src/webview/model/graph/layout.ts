/** What a layout is asked and answers. Everything is flat arrays, so that it crosses to the worker and back by transfer. */

export interface LayoutRequest {
  readonly id: number;
  /** Size of each node in world units. */
  readonly widths: Float32Array;
  readonly heights: Float32Array;
  /** Pairs of node indices: from, to. */
  readonly edges: Uint32Array;
}

export interface LayoutResult {
  readonly id: number;
  /** Centre of each node. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Edge e runs through the points (x, y) from `points[2 * offsets[e]]` to before `points[2 * offsets[e + 1]]`. */
  readonly points: Float32Array;
  readonly offsets: Uint32Array;
  readonly width: number;
  readonly height: number;
  /** Rank (row from the top) of each node, for keyboard navigation. */
  readonly rank: Uint32Array;
}

export const rankGap = 34;
export const nodeGap = 22;

/** Collects polylines into the flat form of a result. */
export class Polylines {
  private readonly coordinates: number[] = [];
  private readonly starts: number[] = [0];

  add(points: readonly { readonly x: number; readonly y: number }[]): void {
    for (const { x, y } of points) this.coordinates.push(x, y);
    this.starts.push(this.coordinates.length / 2);
  }

  finish(): Pick<LayoutResult, 'points' | 'offsets'> {
    return { points: Float32Array.from(this.coordinates), offsets: Uint32Array.from(this.starts) };
  }
}
