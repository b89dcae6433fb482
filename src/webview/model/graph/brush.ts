/** A canvas context that counts what it is asked, and draws many alike shapes in one call. */

export interface Counts { nodes: number; edges: number; calls: number }

export class Brush {
  readonly counts: Counts = { nodes: 0, edges: 0, calls: 0 };

  constructor(readonly context: CanvasRenderingContext2D) {}

  /** One fill of everything that `path` adds. */
  fill(color: string, alpha: number, path: (context: CanvasRenderingContext2D) => void): void {
    const { context } = this;
    context.globalAlpha = alpha;
    context.fillStyle = color;
    context.beginPath();
    path(context);
    context.fill();
    context.globalAlpha = 1;
    this.counts.calls++;
  }

  stroke(color: string, width: number, alpha: number, path: (context: CanvasRenderingContext2D) => void): void {
    const { context } = this;
    context.globalAlpha = alpha;
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    path(context);
    context.stroke();
    context.globalAlpha = 1;
    this.counts.calls++;
  }

  text(text: string, x: number, y: number): void {
    if (text === '') return;
    this.context.fillText(text, x, y);
    this.counts.calls++;
  }
}

/** Shapes by colour and strength: each colour is one fill. */
export class Buckets<T> {
  private readonly byColor = new Map<string, { color: string; alpha: number; items: T[] }>();

  add(color: string, alpha: number, item: T): void {
    const key = `${color} ${alpha}`;
    const bucket = this.byColor.get(key);
    if (bucket) bucket.items.push(item);
    else this.byColor.set(key, { color, alpha, items: [item] });
  }

  fill(brush: Brush, path: (context: CanvasRenderingContext2D, item: T) => void): void {
    for (const { color, alpha, items } of this.byColor.values()) brush.fill(color, alpha, (context) => { for (const item of items) path(context, item); });
  }
}
