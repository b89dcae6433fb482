/**
 * The picture with the map over it. The picture is drawn as large as the pane allows; the map covers the part of it
 * that the model saw (the frame), whatever the model's own resolution.
 */
import type { HeatMap, PictureFrame } from '../../protocol/engine';
import { colorMaps, type ColorMapName } from '../../tensor/colormap';
import { heatmapToRgba } from '../../tensor/heatmap';
import { h } from '../common/dom';
import { onThemeChange, themeColor } from '../common/theme';

export interface ViewOptions {
  readonly opacity: number;
  /** A colour map's name; anything else: chosen by whether the map has a sign. */
  readonly colorMap: string;
  readonly signed: boolean;
}

/** What is under the cursor. */
export interface Reading {
  /** Pixel of the original picture. */
  readonly x: number;
  readonly y: number;
  /** The map's value there; undefined outside the frame or without a map. */
  readonly value?: number;
  /** Relative to the map's largest absolute value. */
  readonly share?: number;
}

interface Picture {
  readonly bitmap: ImageBitmap;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

/** Where the picture lies on the canvas, in CSS pixels. */
interface Placement { readonly left: number; readonly top: number; readonly scale: number }

/** Something drawn over picture and map (boxes, regions). One unit of the context is one CSS pixel; times `scale` of a source pixel. */
export interface PictureLayer {
  draw(context: CanvasRenderingContext2D, scale: number): void;
}

/** A point of the original picture, in its pixels. */
export interface PicturePoint { readonly x: number; readonly y: number }

/**
 * Takes the pointer over the picture: all of it until it is taken away. `down` returns whether a drag begins, which
 * gets every `move` until `up`. Points may lie outside the picture during a drag.
 */
export interface PictureTool {
  readonly cursor: string;
  down?(at: PicturePoint, event: PointerEvent): boolean;
  /** Also without a drag: what is under the pointer. */
  move?(at: PicturePoint, dragging: boolean): void;
  up?(at: PicturePoint): void;
  leave?(): void;
  /** Keys while the picture has the focus, with the reading cursor's place if it is there; returns whether it was used. */
  key?(event: KeyboardEvent, at: PicturePoint | undefined): boolean;
}

const margin = 16;

export class PictureView {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { attributes: { role: 'img', tabindex: 0 } });
  private readonly overlay = document.createElement('canvas');
  private picture: Picture | undefined;
  private frame: PictureFrame | undefined;
  private map: HeatMap | undefined;
  private largest = 0;
  private options: ViewOptions = { opacity: 0.7, colorMap: 'auto', signed: true };
  private bare = false;
  private pending = 0;
  private cursor: { x: number; y: number } | undefined;
  private readonly layers = new Set<PictureLayer>();
  private tool: PictureTool | undefined;
  private dragging = false;

  constructor(private readonly onRead: (reading: Reading | undefined) => void) {
    this.element = h('div', { class: 'stage' }, this.canvas);
    new ResizeObserver(() => { this.resize(); this.drawNow(); }).observe(this.element);
    onThemeChange(() => this.draw());
    this.canvas.addEventListener('pointerdown', (event) => this.press(event));
    this.canvas.addEventListener('pointermove', (event) => {
      this.cursor = { x: event.offsetX, y: event.offsetY };
      this.read();
      const at = this.pointAt(event.offsetX, event.offsetY);
      if (at) this.tool?.move?.(at, this.dragging);
    });
    this.canvas.addEventListener('pointerup', (event) => this.release(event));
    this.canvas.addEventListener('pointercancel', (event) => this.release(event));
    this.canvas.addEventListener('pointerleave', () => { this.cursor = undefined; this.onRead(undefined); this.tool?.leave?.(); });
    this.canvas.addEventListener('keydown', (event) => {
      const used = this.tool?.key?.(event, this.cursor && this.pointAt(this.cursor.x, this.cursor.y)) || this.moveCursor(event.key);
      if (used) event.preventDefault();
    });
    this.canvas.addEventListener('blur', () => { this.cursor = undefined; this.draw(); this.onRead(undefined); });
  }

  /** Says to screen readers what the picture shows. */
  describe(text: string): void {
    this.canvas.setAttribute('aria-label', text);
  }

  async showPicture(bytes: Uint8Array, mime: string, sourceWidth: number, sourceHeight: number): Promise<void> {
    const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: mime }));
    this.picture?.bitmap.close();
    this.picture = { bitmap, sourceWidth, sourceHeight };
    this.draw();
  }

  /** Draws `layer` over the map from now on; call `redraw` when it has changed. */
  addLayer(layer: PictureLayer): void {
    this.layers.add(layer);
    this.draw();
  }

  removeLayer(layer: PictureLayer): void {
    this.layers.delete(layer);
    this.draw();
  }

  redraw(): void {
    this.draw();
  }

  /** Gives the pointer to a tool; undefined takes it away. */
  setTool(tool: PictureTool | undefined): void {
    this.tool?.leave?.();
    this.tool = tool;
    this.dragging = false;
    this.canvas.style.cursor = tool?.cursor ?? '';
  }

  /** The part of the picture that the model saw; undefined until that is known. */
  get seen(): PictureFrame | undefined {
    return this.frame;
  }

  /** Width and height of the original picture, in its pixels. */
  get size(): { readonly width: number; readonly height: number } | undefined {
    return this.picture && { width: this.picture.sourceWidth, height: this.picture.sourceHeight };
  }

  setFrame(frame: PictureFrame | undefined): void {
    this.frame = frame;
    this.draw();
  }

  setMap(map: HeatMap | undefined): void {
    this.map = map;
    this.largest = 0;
    if (map) for (const value of map.values) this.largest = Math.max(this.largest, Math.abs(value));
    this.paint();
  }

  setOptions(options: ViewOptions): void {
    this.options = options;
    this.paint();
  }

  /** Shows the picture without the map for as long as it is true. */
  setBare(bare: boolean): void {
    this.bare = bare;
    this.draw();
  }

  /** Whether the map in view has a sign that is shown, its colours, and its scale. */
  legend(): { colorMap: ColorMapName; signed: boolean; largest: number } | undefined {
    return this.map && { ...this.colors(this.map), largest: this.largest };
  }

  /** Picture and map in the picture's own resolution, as PNG bytes. */
  async toPng(): Promise<Uint8Array | undefined> {
    if (!this.picture) return undefined;
    const { bitmap, sourceWidth } = this.picture;
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d')!;
    this.drawPicture(context, bitmap.width, bitmap.height, false);
    this.drawMap(context, bitmap.width / sourceWidth);
    return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
  }

  private colors(map: HeatMap): { colorMap: ColorMapName; signed: boolean } {
    const signed = map.signed && this.options.signed;
    const named = Object.hasOwn(colorMaps, this.options.colorMap) ? (this.options.colorMap as ColorMapName) : undefined;
    return { signed, colorMap: named ?? (signed ? 'blue-white-red' : 'inferno') };
  }

  /** Colours the map at its own resolution; drawing scales it. */
  private paint(): void {
    const { map } = this;
    if (map && map.values.length === map.width * map.height && map.width > 0 && map.height > 0) {
      const { signed, colorMap } = this.colors(map);
      this.overlay.width = map.width;
      this.overlay.height = map.height;
      this.overlay.getContext('2d')!.putImageData(new ImageData(heatmapToRgba(map, { colorMap, signed, opacity: 1 }), map.width, map.height), 0, 0);
    }
    this.draw();
    this.read();
  }

  private placement(): Placement | undefined {
    if (!this.picture) return undefined;
    const { sourceWidth, sourceHeight } = this.picture;
    const width = this.element.clientWidth, height = this.element.clientHeight;
    const scale = Math.max(0.01, Math.min((width - 2 * margin) / sourceWidth, (height - 2 * margin) / sourceHeight, 6));
    return { left: (width - sourceWidth * scale) / 2, top: (height - sourceHeight * scale) / 2, scale };
  }

  private resize(): void {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(this.element.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.element.clientHeight * ratio));
  }

  private draw(): void {
    this.pending ||= requestAnimationFrame(() => this.drawNow());
  }

  private drawNow(): void {
    this.pending = 0;
    const context = this.canvas.getContext('2d');
    const at = this.placement();
    if (!context) return;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.picture || !at) return;
    const { sourceWidth, sourceHeight } = this.picture;
    context.setTransform(ratio, 0, 0, ratio, at.left * ratio, at.top * ratio);
    context.imageSmoothingQuality = 'high';
    // Small pictures keep their pixels when enlarged.
    context.imageSmoothingEnabled = at.scale < 3;
    this.drawPicture(context, sourceWidth * at.scale, sourceHeight * at.scale, this.bare);
    this.dimUnseen(context, at.scale);
    if (!this.bare) this.drawMap(context, at.scale);
    for (const layer of this.layers) {
      context.save();
      layer.draw(context, at.scale);
      context.restore();
    }
    if (this.cursor && document.activeElement === this.canvas) this.drawCursor(context, at);
  }

  private press(event: PointerEvent): void {
    const at = this.pointAt(event.offsetX, event.offsetY);
    if (!at || event.button !== 0 || !this.tool?.down?.(at, event)) return;
    this.dragging = true;
    this.canvas.setPointerCapture(event.pointerId);
  }

  private release(event: PointerEvent): void {
    const at = this.pointAt(event.offsetX, event.offsetY);
    if (this.dragging && at) this.tool?.up?.(at);
    this.dragging = false;
  }

  /** The source pixel (with fractions) under a place of the canvas. */
  private pointAt(x: number, y: number): PicturePoint | undefined {
    const at = this.placement();
    return at && { x: (x - at.left) / at.scale, y: (y - at.top) / at.scale };
  }

  /** The picture, the paler the more the map counts, so that the only strong colours are the map's. */
  private drawPicture(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, width: number, height: number, bare: boolean): void {
    const pale = this.map && !bare ? Math.min(1, this.options.opacity * 1.15) : 0;
    context.filter = pale > 0 ? `grayscale(${pale})` : 'none';
    context.drawImage(this.picture!.bitmap, 0, 0, width, height);
    context.filter = 'none';
  }

  /** Darkens what lies outside the frame: the model never saw it. */
  private dimUnseen(context: CanvasRenderingContext2D, scale: number): void {
    const { picture, frame } = this;
    if (!picture || !frame) return;
    const all = frame.left <= 0.5 && frame.top <= 0.5 && frame.width >= picture.sourceWidth - 1 && frame.height >= picture.sourceHeight - 1;
    if (all) return;
    context.save();
    context.beginPath();
    context.rect(0, 0, picture.sourceWidth * scale, picture.sourceHeight * scale);
    context.rect(frame.left * scale, frame.top * scale, frame.width * scale, frame.height * scale);
    context.fillStyle = 'rgba(0, 0, 0, 0.5)';
    context.fill('evenodd');
    context.restore();
  }

  private drawMap(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, scale: number): void {
    const { map, frame, picture } = this;
    if (!map || !picture || this.overlay.width === 0) return;
    const area = frame ?? { left: 0, top: 0, width: picture.sourceWidth, height: picture.sourceHeight };
    context.save();
    context.globalAlpha = this.options.opacity;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.overlay, area.left * scale, area.top * scale, area.width * scale, area.height * scale);
    context.restore();
  }

  private drawCursor(context: CanvasRenderingContext2D, at: Placement): void {
    const x = this.cursor!.x - at.left, y = this.cursor!.y - at.top;
    for (const [color, width] of [['#000', 3], [themeColor('--vscode-focusBorder', '#fff'), 1.5]] as const) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.strokeRect(x - 6, y - 6, 12, 12);
    }
  }

  /** The arrow keys move a cursor over the picture, so that values can be read without a mouse. */
  private moveCursor(key: string): boolean {
    const at = this.placement();
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (!at || !step || !this.picture) return false;
    const width = this.picture.sourceWidth * at.scale, height = this.picture.sourceHeight * at.scale;
    const from = this.cursor ?? { x: at.left + width / 2, y: at.top + height / 2 };
    this.cursor = {
      x: Math.min(at.left + width - 1, Math.max(at.left, from.x + step[0]! * width / 32)),
      y: Math.min(at.top + height - 1, Math.max(at.top, from.y + step[1]! * height / 32)),
    };
    this.draw();
    this.read();
    return true;
  }

  private read(): void {
    const at = this.placement();
    if (!this.cursor || !at || !this.picture) return;
    const { sourceWidth, sourceHeight } = this.picture;
    const x = Math.floor((this.cursor.x - at.left) / at.scale), y = Math.floor((this.cursor.y - at.top) / at.scale);
    if (x < 0 || y < 0 || x >= sourceWidth || y >= sourceHeight) return this.onRead(undefined);
    const { map } = this;
    const frame = this.frame ?? { left: 0, top: 0, width: sourceWidth, height: sourceHeight };
    const u = (x + 0.5 - frame.left) / frame.width, v = (y + 0.5 - frame.top) / frame.height;
    if (!map || u < 0 || v < 0 || u >= 1 || v >= 1) return this.onRead({ x, y });
    const value = map.values[Math.floor(v * map.height) * map.width + Math.floor(u * map.width)];
    this.onRead({ x, y, value, share: value !== undefined && this.largest > 0 ? value / this.largest : undefined });
  }
}
