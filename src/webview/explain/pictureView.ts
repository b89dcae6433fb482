/**
 * The picture with the map over it, in one of several ways. The picture is drawn as large as the pane allows; the map
 * covers the part of it that the model saw (the frame), whatever the model's own resolution.
 */
import type { HeatMap, PictureFrame } from '../../protocol/engine';
import type { ColorMapName } from '../../tensor/colormap';
import type { MapScale } from '../../tensor/heatmap';
import { h } from '../common/dom';
import { onThemeChange } from '../common/theme';
import { MapPainter, type ContourLine, type ViewOptions } from './mapPainter';
import { placeAt, placePicture, type Placement } from './panes';
import { drawCursor, drawScene, type Content, type Picture } from './pictureDrawing';
import { WipeHandle } from './wipeHandle';

export type { ViewOptions } from './mapPainter';

/** What is under the cursor. */
export interface Reading {
  /** Pixel of the original picture. */
  readonly x: number;
  readonly y: number;
  /** The map's value there; undefined outside the frame or without a map. */
  readonly value?: number;
  /** Relative to the map's largest absolute value. */
  readonly share?: number;
  /** Share of the map that is as strong or stronger: 0.03 is among the strongest 3 %. */
  readonly rank?: number;
}

/** What the colours mean. */
export interface Legend {
  readonly colorMap: ColorMapName;
  readonly signed: boolean;
  readonly largest: number;
  readonly scale: MapScale;
  /** In the contour view: the lines instead of the colours. */
  readonly contours?: readonly ContourLine[];
}

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

export class PictureView {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { attributes: { role: 'img', tabindex: 0 } });
  private readonly wipe = new WipeHandle((split) => this.onSplit(split));
  private readonly map = new MapPainter();
  private picture: Picture | undefined;
  private frame: PictureFrame | undefined;
  private options: ViewOptions = { opacity: 0.7, colorMap: 'auto', signed: true };
  private bare = false;
  private pending = 0;
  private cursor: { x: number; y: number } | undefined;
  private readonly layers = new Set<PictureLayer>();
  private tool: PictureTool | undefined;
  /** Has the pointer while no other tool does. */
  private standing: PictureTool | undefined;
  /** The place a drag began in: in a side-by-side view it stays there. */
  private dragging: Placement | undefined;

  constructor(private readonly onRead: (reading: Reading | undefined) => void, private readonly onSplit: (split: number) => void) {
    this.element = h('div', { class: 'stage' }, this.canvas, this.wipe.element);
    new ResizeObserver(() => { this.resize(); this.drawNow(); }).observe(this.element);
    onThemeChange(() => this.draw());
    this.listen();
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
    this.pointer?.leave?.();
    this.tool = tool;
    this.dragging = undefined;
    this.canvas.style.cursor = tool?.cursor ?? '';
    this.draw();
  }

  /** Gives the pointer to a tool whenever no other one has it; undefined takes it away. */
  setStandingTool(tool: PictureTool | undefined): void {
    if (tool === this.standing) return;
    this.standing?.leave?.();
    this.standing = tool;
  }

  /** Whether a tool has the pointer that was chosen by hand. */
  get inUse(): boolean {
    return this.tool !== undefined;
  }

  /** Pixels of the screen for each of the picture's. */
  get scale(): number {
    return this.places()[0]?.scale ?? 1;
  }

  private get pointer(): PictureTool | undefined {
    return this.tool ?? this.standing;
  }

  /** The part of the picture that the model saw; undefined until that is known. */
  get seen(): PictureFrame | undefined {
    return this.frame;
  }

  /** Width and height of the original picture, in its pixels. */
  get size(): { readonly width: number; readonly height: number } | undefined {
    return this.picture && { width: this.picture.sourceWidth, height: this.picture.sourceHeight };
  }

  /** The picture itself, for small copies of it. */
  get bitmap(): ImageBitmap | undefined {
    return this.picture?.bitmap;
  }

  setFrame(frame: PictureFrame | undefined): void {
    this.frame = frame;
    this.draw();
  }

  setMap(map: HeatMap | undefined): void {
    this.map.setMap(map);
    this.draw();
    this.read();
  }

  setOptions(options: ViewOptions): void {
    this.options = options;
    this.map.setOptions(options);
    this.draw();
  }

  /** Shows the picture without the map for as long as it is true. */
  setBare(bare: boolean): void {
    this.bare = bare;
    this.draw();
  }

  /** What the map's colours or lines mean; undefined without a map. */
  legend(): Legend | undefined {
    if (!this.map.map) return undefined;
    const contours = this.options.mode === 'contour' ? this.map.contours() : undefined;
    return { ...this.map.colors(), largest: this.map.largest(), scale: this.map.scale(), ...(contours && { contours }) };
  }

  /** Picture and map in the picture's own resolution, as they are looked at, as PNG bytes. */
  async toPng(): Promise<Uint8Array | undefined> {
    const { picture } = this;
    if (!picture) return undefined;
    const { bitmap, sourceWidth } = picture, scale = bitmap.width / sourceWidth, contents = this.contents();
    const canvas = new OffscreenCanvas(bitmap.width * contents.length, bitmap.height), context = canvas.getContext('2d')!;
    for (const [at, content] of contents.entries()) {
      context.setTransform(1, 0, 0, 1, at * bitmap.width, 0);
      this.drawPlace(context, content, scale);
    }
    return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
  }

  /** What is drawn, place by place. */
  private contents(): readonly Content[] {
    const { mode = 'overlay' } = this.options;
    if (this.bare || !this.map.map) return ['picture'];
    return mode === 'sideBySide' ? ['picture', 'map'] : [mode === 'slider' ? 'overlay' : mode];
  }

  private places(): readonly Placement[] {
    const { size } = this;
    return size ? placePicture({ width: this.element.clientWidth, height: this.element.clientHeight }, size, this.options.mode === 'sideBySide' && this.map.map ? 2 : 1) : [];
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
    const context = this.canvas.getContext('2d'), { picture } = this;
    if (!context) return;
    const ratio = window.devicePixelRatio || 1, places = this.places(), contents = this.contents();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!picture) return;
    for (const [index, at] of places.entries()) {
      context.setTransform(ratio, 0, 0, ratio, at.left * ratio, at.top * ratio);
      this.drawPlace(context, contents[index] ?? contents[0]!, at.scale);
      for (const layer of this.layers) {
        context.save();
        layer.draw(context, at.scale);
        context.restore();
      }
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.cursor && document.activeElement === this.canvas) drawCursor(context, this.cursor.x, this.cursor.y);
    const [at] = places, wiped = this.options.mode === 'slider' && this.map.map && !this.bare;
    if (wiped && at) this.wipe.place(at.left, at.top, picture.sourceWidth * at.scale, picture.sourceHeight * at.scale, this.split);
    else this.wipe.hide();
  }

  private get split(): number {
    return this.options.split ?? 0.5;
  }

  private drawPlace(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, content: Content, scale: number): void {
    const picture = this.picture!, scene = { picture, frame: this.frame, map: this.map, opacity: this.options.opacity };
    drawScene(context, scene, content, scale);
    if (this.options.mode !== 'slider' || content !== 'overlay') return;
    context.save();
    context.beginPath();
    context.rect(0, 0, picture.sourceWidth * scale * this.split, picture.sourceHeight * scale);
    context.clip();
    drawScene(context, scene, 'picture', scale);
    context.restore();
  }

  // --- pointer, keys and reading -----------------------------------------------------------------------------------

  private listen(): void {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => {
      const place = this.placeAt(event.offsetX, event.offsetY);
      if (!place || event.button !== 0 || !this.pointer?.down?.(pointIn(place, event.offsetX, event.offsetY), event)) return;
      this.dragging = place;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      this.cursor = { x: event.offsetX, y: event.offsetY };
      this.read();
      const at = this.pointAt(event.offsetX, event.offsetY);
      if (at) this.pointer?.move?.(at, this.dragging !== undefined);
    });
    const release = (event: PointerEvent): void => {
      const at = this.pointAt(event.offsetX, event.offsetY);
      if (this.dragging && at) this.pointer?.up?.(at);
      this.dragging = undefined;
    };
    canvas.addEventListener('pointerup', release);
    canvas.addEventListener('pointercancel', release);
    canvas.addEventListener('pointerleave', () => { this.cursor = undefined; this.onRead(undefined); this.pointer?.leave?.(); });
    canvas.addEventListener('keydown', (event) => {
      const used = this.pointer?.key?.(event, this.cursor && this.pointAt(this.cursor.x, this.cursor.y)) || this.moveCursor(event.key);
      if (used) event.preventDefault();
    });
    canvas.addEventListener('blur', () => { this.cursor = undefined; this.draw(); this.onRead(undefined); });
  }

  private placeAt(x: number, y: number): Placement | undefined {
    const { size } = this;
    return size && placeAt(this.places(), size, x, y);
  }

  /** The source pixel (with fractions) under a point of the canvas. */
  private pointAt(x: number, y: number): PicturePoint | undefined {
    const place = this.dragging ?? this.placeAt(x, y);
    return place && pointIn(place, x, y);
  }

  /** The arrow keys move a cursor over the picture, so that values can be read without a mouse. */
  private moveCursor(key: string): boolean {
    const { size, cursor } = this, at = cursor ? this.placeAt(cursor.x, cursor.y) : this.places()[0];
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (!at || !step || !size) return false;
    const width = size.width * at.scale, height = size.height * at.scale;
    const from = cursor ?? { x: at.left + width / 2, y: at.top + height / 2 };
    this.cursor = {
      x: Math.min(at.left + width - 1, Math.max(at.left, from.x + step[0]! * width / 32)),
      y: Math.min(at.top + height - 1, Math.max(at.top, from.y + step[1]! * height / 32)),
    };
    this.draw();
    this.read();
    return true;
  }

  private read(): void {
    const { size, cursor } = this, point = cursor && this.pointAt(cursor.x, cursor.y);
    if (!point || !size) return;
    const x = Math.floor(point.x), y = Math.floor(point.y);
    if (x < 0 || y < 0 || x >= size.width || y >= size.height) return this.onRead(undefined);
    const { map } = this.map, frame = this.frame ?? { left: 0, top: 0, ...size };
    const u = (x + 0.5 - frame.left) / frame.width, v = (y + 0.5 - frame.top) / frame.height;
    if (!map || u < 0 || v < 0 || u >= 1 || v >= 1) return this.onRead({ x, y });
    const value = map.values[Math.floor(v * map.height) * map.width + Math.floor(u * map.width)]!, largest = this.map.largest();
    this.onRead({ x, y, value, ...(largest > 0 && { share: value / largest, rank: this.map.rank(value) }) });
  }
}

function pointIn({ left, top, scale }: Placement, x: number, y: number): PicturePoint {
  return { x: (x - left) / scale, y: (y - top) / scale };
}
