/** Where the canvas looks: world = screen / scale + (x, y). */

export interface CameraState {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

const smallest = 0.0005, largest = 3;
/** Room around the graph; above it are the controls. */
const margin = 24, topMargin = 54;

/** At which the whole of a world of `width`×`height` can be seen; 1 if it is small. */
export function fittingScale(width: number, height: number, viewWidth: number, viewHeight: number): number {
  return Math.max(smallest, Math.min(1, (viewWidth - 2 * margin) / Math.max(1, width), (viewHeight - margin - topMargin) / Math.max(1, height)));
}

export class Camera {
  x = 0;
  y = 0;
  scale = 1;

  get state(): CameraState {
    return { x: this.x, y: this.y, scale: this.scale };
  }

  restore({ x, y, scale }: CameraState): void {
    if (![x, y, scale].every(Number.isFinite)) return;
    this.x = x;
    this.y = y;
    this.scale = Math.min(largest, Math.max(smallest, scale));
  }

  pan(screenX: number, screenY: number): void {
    this.x -= screenX / this.scale;
    this.y -= screenY / this.scale;
  }

  /** Zooms by `factor`, at most out to `least`, and keeps the point under (screenX, screenY) where it is. */
  zoom(factor: number, screenX: number, screenY: number, least = smallest): void {
    const scale = Math.min(largest, Math.max(smallest, Math.min(least, this.scale), this.scale * factor));
    this.x += screenX / this.scale - screenX / scale;
    this.y += screenY / this.scale - screenY / scale;
    this.scale = scale;
  }

  /** Shows the whole of a world of `width`×`height`. */
  fit(width: number, height: number, viewWidth: number, viewHeight: number): void {
    this.scale = fittingScale(width, height, viewWidth, viewHeight);
    this.x = width / 2 - viewWidth / this.scale / 2;
    this.y = height / 2 - (viewHeight + topMargin - margin) / this.scale / 2;
  }

  /** The first look: all of it if that can be read, else its top at a readable size. */
  open(width: number, height: number, topX: number, viewWidth: number, viewHeight: number): void {
    this.fit(width, height, viewWidth, viewHeight);
    if (this.scale >= 0.55) return;
    this.scale = Math.min(1, Math.max(0.45, (viewWidth - 48) / Math.max(1, width)));
    const shown = viewWidth / this.scale;
    this.x = width <= shown ? width / 2 - shown / 2 : topX - shown / 2;
    this.y = -topMargin / this.scale;
  }

  /** Keeps the world in view: no empty half of a window above its first or below its last box. */
  keepIn(height: number, viewHeight: number, y: number): number {
    return Math.max(-topMargin / this.scale, Math.min(y, height - (viewHeight - margin) / this.scale));
  }

  centre(worldX: number, worldY: number, viewWidth: number, viewHeight: number): void {
    this.x = worldX - viewWidth / this.scale / 2;
    this.y = worldY - viewHeight / this.scale / 2;
  }
}
