/** What lies under a point of the picture. */
import { noClass, type DetectedBox, type DetectedMask } from '../../../protocol/detections';
import type { PictureFrame } from '../../../protocol/engine';
import type { PicturePoint } from '../pictureView';

/** Pixels of the screen around a line in which it is hit. */
const reach = 7;

/**
 * Boxes under a point, the smallest first: what lies in front of something larger is meant. Of lines the nearest.
 * @param scale screen pixels for each of the picture's.
 */
export function boxesAt(boxes: readonly DetectedBox[], { x, y }: PicturePoint, scale: number): DetectedBox[] {
  const near = boxes.flatMap((box) => {
    const size = box.line ? distance(box.line, x, y) * scale : box.width * box.height;
    const inside = box.line ? size <= reach : x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;
    return inside ? [{ box, size }] : [];
  });
  return near.sort((a, b) => a.size - b.size).map(({ box }) => box);
}

function distance([x0, y0, x1, y1]: readonly [number, number, number, number], x: number, y: number): number {
  const dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
  const along = length > 0 ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length)) : 0;
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

export interface MaskCell {
  readonly x: number;
  readonly y: number;
  readonly classIndex: number;
}

/** The mask's cell under a point, if some class wins there. */
export function cellAt({ cells, width, height }: DetectedMask, frame: PictureFrame, { x, y }: PicturePoint): MaskCell | undefined {
  const column = Math.floor((x - frame.left) / frame.width * width), row = Math.floor((y - frame.top) / frame.height * height);
  if (column < 0 || row < 0 || column >= width || row >= height) return undefined;
  const classIndex = cells[row * width + column]!;
  return classIndex === noClass ? undefined : { x: column, y: row, classIndex };
}
