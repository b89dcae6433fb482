/** The whole graph in a corner, with the window on it. Dragging moves the window. */
import { h } from '../../common/dom';
import { t } from '../../common/strings';
import type { Camera } from './camera';
import { speckOf, type Look } from './look';
import type { Scene } from './scene';

const mostWidth = 150, mostHeight = 190, leastSide = 34, margin = 5;

export class Minimap {
  readonly element = h('canvas', { class: 'minimap', attributes: { hidden: true, 'aria-hidden': 'true', title: t('Overview: drag to move') } });
  private readonly picture = document.createElement('canvas');
  private scene: Scene | undefined;
  private scaleX = 1;
  private scaleY = 1;
  private shown = '';

  /** @param moved called with the world point that should come to the middle. */
  constructor(moved: (x: number, y: number) => void) {
    const point = (event: PointerEvent): void => {
      if (this.element.hasPointerCapture(event.pointerId)) moved((event.offsetX - margin) / this.scaleX, (event.offsetY - margin) / this.scaleY);
    };
    this.element.addEventListener('pointerdown', (event) => { this.element.setPointerCapture(event.pointerId); point(event); });
    this.element.addEventListener('pointermove', point);
  }

  /** Draws the picture anew: another scene, or other colours. */
  show(scene: Scene | undefined, look: Look): void {
    this.scene = scene;
    this.shown = '';
    if (!scene || scene.width === 0) return void (this.element.hidden = true);
    const scale = Math.min(mostWidth / scene.width, mostHeight / scene.height);
    const width = Math.max(leastSide, scene.width * scale), height = Math.max(leastSide, scene.height * scale);
    // A graph a thousand times as high as wide is shown wider than it is.
    this.scaleX = width / scene.width;
    this.scaleY = height / scene.height;
    const ratio = window.devicePixelRatio || 1, full = { width: width + 2 * margin, height: height + 2 * margin };
    for (const canvas of [this.picture, this.element]) {
      canvas.width = Math.round(full.width * ratio);
      canvas.height = Math.round(full.height * ratio);
    }
    this.element.style.width = `${full.width}px`;
    this.element.style.height = `${full.height}px`;
    const context = this.picture.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, margin * ratio, margin * ratio);
    context.clearRect(-margin, -margin, full.width, full.height);
    this.drawLevel(context, scene, -1, 0, 0, look);
  }

  private drawLevel(context: CanvasRenderingContext2D, scene: Scene, box: number, left: number, top: number, look: Look): void {
    const { children, geometry } = scene.level(box)!;
    const { x, y, widths, heights } = geometry.shape;
    children.forEach((item, index) => {
      const cornerX = left + x[index]! - widths[index]! / 2, cornerY = top + y[index]! - heights[index]! / 2;
      const width = widths[index]! * this.scaleX, height = heights[index]! * this.scaleY;
      if (scene.level(item) && height > 3) {
        context.fillStyle = look.palette.border;
        context.globalAlpha = 0.25;
        context.fillRect(cornerX * this.scaleX, cornerY * this.scaleY, width, height);
        return this.drawLevel(context, scene, item, cornerX, cornerY, look);
      }
      context.fillStyle = speckOf(scene.items.get(item), look);
      context.globalAlpha = look.marks.path.size > 0 && !look.marks.path.has(item) ? 0.25 : 0.85;
      context.fillRect(cornerX * this.scaleX, cornerY * this.scaleY, Math.max(1, width), Math.max(0.8, height));
      if (look.marks.found.has(item)) {
        context.fillStyle = look.palette.found;
        context.globalAlpha = 1;
        context.fillRect(cornerX * this.scaleX - 2, cornerY * this.scaleY, width + 4, Math.max(2, height));
      }
    });
  }

  /** Marks the window. Hidden while all of the graph is in view. */
  follow(camera: Camera, viewWidth: number, viewHeight: number, accent: string): void {
    const { scene } = this;
    if (!scene) return;
    const left = camera.x, top = camera.y, right = left + viewWidth / camera.scale, bottom = top + viewHeight / camera.scale;
    this.element.hidden = viewWidth < 260 || viewHeight < 240 || (left <= 0 && top <= 0 && right >= scene.width && bottom >= scene.height);
    const now = `${left} ${top} ${right} ${bottom}`;
    if (this.element.hidden || now === this.shown) return;
    this.shown = now;
    const context = this.element.getContext('2d')!, ratio = window.devicePixelRatio || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.element.width, this.element.height);
    context.drawImage(this.picture, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, margin * ratio, margin * ratio);
    const x = Math.max(-margin + 1, left * this.scaleX), y = Math.max(-margin + 1, top * this.scaleY);
    const width = Math.max(4, Math.min(scene.width * this.scaleX + margin - 1, right * this.scaleX) - x), height = Math.max(4, Math.min(scene.height * this.scaleY + margin - 1, bottom * this.scaleY) - y);
    context.fillStyle = accent;
    context.globalAlpha = 0.15;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
    context.strokeStyle = accent;
    context.lineWidth = 1.5;
    context.strokeRect(x, y, width, height);
  }
}
