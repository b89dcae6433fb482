/** Which of many overlapping boxes are shown. */
import type { Box } from './head';

/** Boxes that are looked at: the best ones; a malformed output may offer all of its anchors. */
export const mostCandidates = 2000;
/** Boxes that are kept. */
export const mostBoxes = 300;

/** Overlap of two boxes: area of the intersection over area of the union; 0 for boxes without an area. */
export function overlap(a: Pick<Box, 'x0' | 'y0' | 'x1' | 'y1'>, b: Pick<Box, 'x0' | 'y0' | 'x1' | 'y1'>): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0), height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  if (!(width > 0 && height > 0)) return 0;
  const both = width * height, area = (box: typeof a): number => (box.x1 - box.x0) * (box.y1 - box.y0);
  return both / (area(a) + area(b) - both);
}

/**
 * Non-maximum suppression, class by class: from the best box downwards, boxes that overlap a kept one of their class by
 * more than `most` are dropped. Dropping low scores afterwards gives what dropping them before would have given.
 */
export function suppress(boxes: readonly Box[], most: number): Box[] {
  const kept: Box[] = [], byClass = new Map<number, Box[]>();
  for (const box of strongest(boxes)) {
    const same = byClass.get(box.classIndex) ?? [];
    if (same.some((other) => overlap(other, box) > most)) continue;
    same.push(box);
    byClass.set(box.classIndex, same);
    kept.push(box);
    if (kept.length === mostBoxes) break;
  }
  return kept;
}

/** By falling score, the best ones only. */
export function strongest(boxes: readonly Box[], most = mostCandidates): Box[] {
  return [...boxes].sort((a, b) => b.score - a.score).slice(0, most);
}

/** Takes boxes in, and keeps the best without ever holding many more; drops those that are no numbers. */
export class Collector {
  private boxes: Box[] = [];
  private least = -Infinity;
  /** Boxes whose corners are no numbers, or have no area. */
  broken = 0;

  /** Whether a box of this score would be kept: asked first, since most anchors have none. */
  wants(score: number): boolean {
    return score > this.least;
  }

  add(box: Box & { readonly line?: true }): void {
    const { x0, y0, x1, y1, score } = box;
    if (!Number.isFinite(x0 + y0 + x1 + y1 + score) || (!box.line && !(x1 > x0 && y1 > y0))) {
      this.broken++;
      return;
    }
    this.boxes.push(box);
    if (this.boxes.length < 2 * mostCandidates) return;
    this.boxes = strongest(this.boxes);
    this.least = this.boxes.at(-1)!.score;
  }

  list(): Box[] {
    return strongest(this.boxes);
  }

  notes(): string[] {
    return this.broken ? [`${this.broken} of the boxes are no boxes: a corner is no number, or there is no area`] : [];
  }
}
