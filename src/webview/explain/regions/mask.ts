/** Which cells of the model's view are chosen: drawn by box and brush or taken region by region, with a way back. */

const mostSteps = 40;

/** A place on the mask's grid, with fractions. */
export interface Cell { readonly x: number; readonly y: number }

export class Mask {
  bytes: Uint8Array;
  private readonly past: Uint8Array[] = [];
  /** As it was when a drawing began. */
  private begun: Uint8Array | undefined;

  constructor(readonly width: number, readonly height: number) {
    this.bytes = new Uint8Array(width * height);
  }

  get isEmpty(): boolean {
    return !this.bytes.includes(1);
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  /** Share of all cells. */
  get share(): number {
    let count = 0;
    for (const byte of this.bytes) count += byte;
    return count / this.bytes.length;
  }

  /** What follows until `end` is one step. */
  begin(): void {
    this.begun = this.bytes.slice();
  }

  /** Ends a step; one that changed nothing is none. */
  end(): void {
    const { begun } = this;
    this.begun = undefined;
    if (!begun || begun.every((byte, i) => byte === this.bytes[i])) return;
    this.past.push(begun);
    if (this.past.length > mostSteps) this.past.shift();
  }

  /** Forgets what was drawn since `begin`, which still counts as begun. */
  restart(): void {
    if (this.begun) this.bytes = this.begun.slice();
  }

  undo(): void {
    const before = this.past.pop();
    if (before) this.bytes = before;
  }

  clear(): void {
    this.begin();
    this.bytes.fill(0);
    this.end();
  }

  /** All cells between two corners. */
  box(a: Cell, b: Cell, value: 0 | 1): void {
    const left = Math.max(0, Math.floor(Math.min(a.x, b.x))), right = Math.min(this.width, Math.ceil(Math.max(a.x, b.x)));
    const top = Math.max(0, Math.floor(Math.min(a.y, b.y))), bottom = Math.min(this.height, Math.ceil(Math.max(a.y, b.y)));
    for (let y = top; y < bottom; y++) if (right > left) this.bytes.fill(value, y * this.width + left, y * this.width + right);
  }

  /** All cells within `radius` of the line between two places. */
  stroke(from: Cell, to: Cell, radius: number, value: 0 | 1): void {
    const dx = to.x - from.x, dy = to.y - from.y, length = dx * dx + dy * dy;
    const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius)), right = Math.min(this.width, Math.ceil(Math.max(from.x, to.x) + radius));
    const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius)), bottom = Math.min(this.height, Math.ceil(Math.max(from.y, to.y) + radius));
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const px = x + 0.5 - from.x, py = y + 0.5 - from.y;
        const along = length > 0 ? Math.max(0, Math.min(1, (px * dx + py * dy) / length)) : 0;
        if ((px - along * dx) ** 2 + (py - along * dy) ** 2 <= radius * radius) this.bytes[y * this.width + x] = value;
      }
    }
  }

  /** All cells of one region. */
  region(labels: ArrayLike<number>, label: number, value: 0 | 1): void {
    for (let i = 0; i < this.bytes.length; i++) if (labels[i] === label) this.bytes[i] = value;
  }
}

/**
 * The lines around cells that are `inside`, as [x0, y0, x1, y1, …] in cells; lines that go on are one.
 */
export function outline(inside: (cell: number) => boolean, width: number, height: number): number[] {
  const lines: number[] = [];
  const at = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < width && y < height && inside(y * width + x);
  for (let y = 0; y <= height; y++) {
    for (let x = 0, start = -1; x <= width; x++) {
      const edge = x < width && at(x, y) !== at(x, y - 1);
      if (edge && start < 0) start = x;
      if (!edge && start >= 0) { lines.push(start, y, x, y); start = -1; }
    }
  }
  for (let x = 0; x <= width; x++) {
    for (let y = 0, start = -1; y <= height; y++) {
      const edge = y < height && at(x, y) !== at(x - 1, y);
      if (edge && start < 0) start = y;
      if (!edge && start >= 0) { lines.push(x, start, x, y); start = -1; }
    }
  }
  return lines;
}

/** Mean place and number of cells of every region. */
export function regionCentres(labels: ArrayLike<number>, count: number, width: number): { x: number; y: number; cells: number }[] {
  const sums = Array.from({ length: count }, () => ({ x: 0, y: 0, cells: 0 }));
  for (let i = 0; i < labels.length; i++) {
    const sum = sums[labels[i]!]!;
    sum.x += (i % width) + 0.5;
    sum.y += Math.floor(i / width) + 0.5;
    sum.cells++;
  }
  return sums.map(({ x, y, cells }) => ({ x: x / cells, y: y / cells, cells }));
}

/** The region that lies next in a direction: near, and more along it than beside it. Undefined at the end. */
export function nextRegion(centres: readonly { readonly x: number; readonly y: number }[], from: number, dx: number, dy: number): number | undefined {
  const own = centres[from]!;
  let best: number | undefined, least = Infinity;
  centres.forEach(({ x, y }, label) => {
    const along = (x - own.x) * dx + (y - own.y) * dy, beside = Math.abs((x - own.x) * dy) + Math.abs((y - own.y) * dx);
    if (label === from || along <= 0 || beside > 2 * along) return;
    const cost = along + 2 * beside;
    if (cost < least) { least = cost; best = label; }
  });
  return best;
}
