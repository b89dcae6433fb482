/** What the layout of one level is asked and answers: a graph of boxes, and ports where edges cross the frame around it. */

export interface LevelRequest {
  /** Size of each box in world units. */
  readonly widths: Float32Array;
  readonly heights: Float32Array;
  /** Pairs of positions: from, to. Boxes come first, then the entries, then the exits. */
  readonly edges: Uint32Array;
  /** Ports at the top (edges from outside begin there) and at the bottom (edges to the outside end there). */
  readonly entries: number;
  readonly exits: number;
}

export interface LevelLayout {
  /** Centre of each box, then of each entry and exit. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Edge e runs through the points (x, y) from `points[2 * offsets[e]]` to before `points[2 * offsets[e + 1]]`. */
  readonly points: Float32Array;
  readonly offsets: Uint32Array;
  /**
   * The edge whose line this one continues, or -1: lines of one source share their trunk, so that no stretch of it is
   * drawn twice.
   */
  readonly trunk: Int32Array;
  readonly width: number;
  readonly height: number;
}

export const rankGap = 38;
export const nodeGap = 26;

export interface Point { readonly x: number; readonly y: number }

/** Collects polylines into the flat form of a layout. */
export class Polylines {
  private readonly coordinates: number[] = [];
  private readonly starts: number[] = [0];

  add(points: readonly Point[]): void {
    for (const { x, y } of points) this.coordinates.push(x, y);
    this.starts.push(this.coordinates.length / 2);
  }

  finish(): Pick<LevelLayout, 'points' | 'offsets'> {
    return { points: Float32Array.from(this.coordinates), offsets: Uint32Array.from(this.starts) };
  }
}

/** Lines go straight down beside lower boxes of a rank before they turn, so that they do not cut through a taller one. */
export function pastRow(from: Point, rowBottom: number): readonly Point[] {
  return rowBottom - from.y > 6 ? [{ x: from.x, y: rowBottom }] : [];
}

export function intoRow(to: Point, rowTop: number): readonly Point[] {
  return to.y - rowTop > 6 ? [{ x: to.x, y: rowTop }] : [];
}
