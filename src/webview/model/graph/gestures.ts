/** Mouse, touchpad and keys on a canvas: drag and scroll pan, Ctrl + wheel and pinch zoom, a still click chooses. */

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
  let dragging = false, travelled = 0, lastX = 0, lastY = 0;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 && event.button !== 1) return;
    dragging = true;
    travelled = 0;
    lastX = event.clientX;
    lastY = event.clientY;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!dragging) return gestures.hover(event.offsetX, event.offsetY);
    const dx = event.clientX - lastX, dy = event.clientY - lastY;
    travelled += Math.abs(dx) + Math.abs(dy);
    lastX = event.clientX;
    lastY = event.clientY;
    if (travelled > 3) {
      canvas.style.cursor = 'grabbing';
      gestures.pan(dx, dy);
    }
  });
  canvas.addEventListener('pointerup', (event) => {
    if (!dragging) return;
    dragging = false;
    canvas.style.cursor = '';
    if (travelled <= 3) gestures.click(event.offsetX, event.offsetY);
  });
  canvas.addEventListener('pointercancel', () => { dragging = false; });
  canvas.addEventListener('pointerleave', () => { if (!dragging) gestures.leave(); });
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
