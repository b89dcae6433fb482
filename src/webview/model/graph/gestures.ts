/** Mouse, touch and keys on a canvas: drag and scroll pan, Ctrl + wheel and pinch zoom, a still click chooses. */

export interface Gestures {
  pan(screenX: number, screenY: number): void;
  zoom(factor: number, screenX: number, screenY: number): void;
  hover(screenX: number, screenY: number): void;
  leave(): void;
  click(screenX: number, screenY: number): void;
  /** @returns whether the key was used. */
  key(key: string): boolean;
}

export function attachGestures(canvas: HTMLCanvasElement, gestures: Gestures): void {
  const pointers = new Map<number, { x: number; y: number }>();
  let travelled = 0;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 && event.button !== 1) return;
    pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (pointers.size === 1) travelled = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return gestures.hover(event.offsetX, event.offsetY);
    const now = { x: event.offsetX, y: event.offsetY };
    travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    pointers.set(event.pointerId, now);
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)![1];
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      gestures.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
      gestures.zoom(Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)), middle.x, middle.y);
    } else if (travelled > 3) {
      canvas.style.cursor = 'grabbing';
      gestures.pan(now.x - before.x, now.y - before.y);
    }
  });
  canvas.addEventListener('pointerup', (event) => {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
    canvas.style.cursor = '';
    if (travelled <= 3) gestures.click(event.offsetX, event.offsetY);
  });
  canvas.addEventListener('pointercancel', (event) => { pointers.delete(event.pointerId); });
  canvas.addEventListener('pointerleave', () => { if (pointers.size === 0) gestures.leave(); });
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    if (event.ctrlKey || event.metaKey) gestures.zoom(Math.exp(-event.deltaY * lines * 0.004), event.offsetX, event.offsetY);
    else if (event.shiftKey && event.deltaX === 0) gestures.pan(-event.deltaY * lines, 0);
    else gestures.pan(-event.deltaX * lines, -event.deltaY * lines);
  }, { passive: false });
  canvas.addEventListener('keydown', (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && gestures.key(event.key)) event.preventDefault();
  });
}
