/** Which of many rectangles touch a window: a static R-tree, packed by sorting into tiles. */

const fanOut = 16;

export class BoxIndex {
  /** Four numbers a rectangle: left, top, right, bottom; first the items in tree order, then the levels above. */
  private readonly bounds: Float32Array;
  private readonly order: Uint32Array;
  private readonly levels: { readonly start: number; readonly count: number }[] = [];

  /** @param rectangles left, top, right, bottom of each. */
  constructor(rectangles: Float32Array) {
    const count = rectangles.length / 4;
    this.order = tiles(rectangles, count);
    let total = 0;
    for (let at = count; ; at = Math.ceil(at / fanOut)) {
      this.levels.push({ start: total, count: at });
      total += at;
      if (at <= fanOut) break;
    }
    this.bounds = new Float32Array(4 * total);
    this.order.forEach((item, at) => this.bounds.set(rectangles.subarray(4 * item, 4 * item + 4), 4 * at));
    for (let level = 1; level < this.levels.length; level++) {
      const below = this.levels[level - 1]!, { start, count } = this.levels[level]!;
      for (let at = 0; at < count; at++) {
        let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
        for (let child = at * fanOut; child < Math.min(below.count, (at + 1) * fanOut); child++) {
          const from = 4 * (below.start + child);
          left = Math.min(left, this.bounds[from]!);
          top = Math.min(top, this.bounds[from + 1]!);
          right = Math.max(right, this.bounds[from + 2]!);
          bottom = Math.max(bottom, this.bounds[from + 3]!);
        }
        this.bounds.set([left, top, right, bottom], 4 * (start + at));
      }
    }
  }

  /** Calls `visit` with every rectangle that touches the window. */
  search(left: number, top: number, right: number, bottom: number, visit: (item: number) => void): void {
    const { bounds, levels, order } = this;
    const touches = (at: number): boolean => bounds[4 * at]! <= right && bounds[4 * at + 1]! <= bottom && bounds[4 * at + 2]! >= left && bounds[4 * at + 3]! >= top;
    const descend = (level: number, at: number): void => {
      if (!touches(levels[level]!.start + at)) return;
      if (level === 0) return visit(order[at]!);
      const end = Math.min(levels[level - 1]!.count, (at + 1) * fanOut);
      for (let child = at * fanOut; child < end; child++) descend(level - 1, child);
    };
    const top_ = levels.length - 1;
    for (let at = 0; at < levels[top_]!.count; at++) descend(top_, at);
  }
}

/** Items in columns by x, in each column by y (sort-tile-recursive packing). */
function tiles(rectangles: Float32Array, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, item) => item);
  if (count <= fanOut) return order;
  const middleX = (item: number): number => rectangles[4 * item]! + rectangles[4 * item + 2]!;
  const middleY = (item: number): number => rectangles[4 * item + 1]! + rectangles[4 * item + 3]!;
  order.sort((a, b) => middleX(a) - middleX(b));
  const column = Math.ceil(Math.sqrt(count / fanOut)) * fanOut;
  for (let at = 0; at < count; at += column) order.subarray(at, at + column).sort((a, b) => middleY(a) - middleY(b));
  return order;
}
