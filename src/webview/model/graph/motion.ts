/** The short way of boxes from where they were to where they are, after a box was opened or closed. */
import type { Rect, Scene } from './scene';

const duration = 170;
/** What was not there before appears when frames are nearly open. */
const appearsAt = 0.55;
/** Above this the jump is shown as a jump. */
export const mostMoving = 1500;

export class Motion {
  private readonly started = performance.now();
  /** 0 at the start, 1 at the end, slowing down. */
  along = 0;

  /** @param shift how far the world moved under the camera, so that what was clicked stays where it was. */
  constructor(private readonly before: Scene, private readonly shift: { readonly x: number; readonly y: number }) {}

  /** @returns whether boxes still move. */
  advance(now: number): boolean {
    const part = Math.min(1, Math.max(0, (now - this.started) / duration));
    this.along = 1 - (1 - part) ** 3;
    return part < 1;
  }

  /** Where a box that will be at `to` is now; undefined: not there yet. */
  place(item: number, to: Rect): Rect | undefined {
    if (!this.before.isVisible(item)) return this.along > appearsAt ? to : undefined;
    const from = this.before.rect(item), at = (a: number, b: number): number => a + (b - a) * this.along;
    return { x: at(from.x + this.shift.x, to.x), y: at(from.y + this.shift.y, to.y), width: at(from.width, to.width), height: at(from.height, to.height) };
  }
}
