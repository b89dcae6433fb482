/** The architecture graph on screen: boxes in boxes that open and close, laid out by a worker, drawn on a canvas. */
import './graph.css';
import type { Architecture } from '../types';
import { h, reducedMotion, replace } from '../../common/dom';
import { t } from '../../common/strings';
import { onThemeChange } from '../../common/theme';
import type { GraphEvents, GraphMarks, GraphState, Heat, SelectOptions } from './api';
import { Camera, fittingScale, type CameraState } from './camera';
import { Crumbs } from './crumbs';
import { spoken } from './describe';
import { drawScene } from './draw';
import { pngOf, svgOf } from './exportPicture';
import { firstOpen } from './firstView';
import { attachGestures } from './gestures';
import { HeatScale } from './heat';
import { Items } from './items';
import { LayoutClient } from './layoutClient';
import { Legend } from './legend';
import { FamilyMix, type Look } from './look';
import { ItemMarks } from './marks';
import { canOpen, measureItems, textLeft } from './measure';
import { Minimap } from './minimap';
import { Motion, mostMoving } from './motion';
import { edgesAround, follow } from './navigation';
import { readPalette } from './palette';
import type { Hit, LineRef, Scene } from './scene';
import { GraphTools } from './tools';
import { Tooltip } from './tooltip';

/** What to do when the next scene comes. */
interface Arrival {
  /** An item and where its corner stood on the canvas: there it stays. */
  readonly anchor?: { readonly item: number; readonly x: number; readonly y: number };
  readonly reveal?: number;
  readonly first?: boolean;
}

/** A second click of a double-click does not close again what the first one opened. */
const doubleClick = 350;

export class GraphView {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { class: 'graph-canvas', attributes: { tabindex: 0, role: 'application', 'aria-roledescription': t('graph') } });
  private readonly status = h('div', { class: 'graph-status' });
  private readonly tooltip = new Tooltip();
  private readonly announcer = h('div', { class: 'sr-only', attributes: { 'aria-live': 'polite' } });
  private readonly camera = new Camera();
  private readonly minimap = new Minimap((x, y) => { this.camera.centre(x, y, this.canvas.clientWidth, this.canvas.clientHeight); this.moved(); });
  private readonly legend = new Legend();
  private readonly crumbs = new Crumbs((item) => { this.choose(item); this.bringIntoView(item); });
  private readonly tools: GraphTools;
  private palette = readPalette();
  private items: Items | undefined;
  private scene: Scene | undefined;
  private layout: LayoutClient | undefined;
  private arrival: Arrival = {};
  private open = new Set<number>();
  private heat: Heat = 'none';
  private showsLegend = false;
  private given: GraphMarks = {};
  private marks = new ItemMarks(noItems, {});
  private mix = new FamilyMix(noItems);
  private heatScale: HeatScale | undefined;
  private motion: Motion | undefined;
  private selected: number | undefined;
  private litEdges: ReadonlySet<number> = new Set();
  private hovered: Hit | undefined;
  private hoveredLine: LineRef | undefined;
  private lastToggle = { item: -1, time: 0 };
  private wantedCamera: CameraState | undefined;
  private sized = false;
  private frame = 0;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: GraphEvents) {
    this.tools = new GraphTools({
      heat: (heat) => { this.heat = heat; if (heat !== 'none') this.showsLegend = true; this.refresh(); this.changed(); },
      legend: () => { this.showsLegend = !this.showsLegend; this.refresh(); this.changed(); },
      expandAll: () => this.openAll(true), collapseAll: () => this.openAll(false),
      zoom: (factor) => this.zoom(factor, this.canvas.clientWidth / 2, this.canvas.clientHeight / 2),
      fit: () => this.fit(),
    });
    this.element = h('section', { class: 'graph', attributes: { 'aria-label': t('Architecture graph') } },
      this.canvas, this.status, this.crumbs.element, this.legend.element, this.minimap.element, this.tools.top, this.tools.bottom, this.tooltip.element, this.announcer);
    attachGestures(this.canvas, {
      pan: (x, y) => { this.camera.pan(x, y); this.moved(); },
      zoom: (factor, x, y) => this.zoom(factor, x, y),
      hover: (x, y) => this.hover(x, y),
      leave: () => this.hover(undefined, undefined),
      click: (x, y) => this.click(x, y),
      key: (key) => this.key(key),
    });
    new ResizeObserver(() => this.resized()).observe(this.canvas);
    onThemeChange(() => { this.palette = readPalette(); this.refresh(); });
  }

  /** How the graph is looked at now. */
  get state(): GraphState {
    return { camera: this.wantedCamera ?? this.camera.state, openGroups: [...this.open].map((item) => this.items!.get(item).key), heat: this.heat, legend: this.showsLegend };
  }

  /** Shows another graph. `state` restores an earlier look at the same one. */
  show(view: Architecture, state?: GraphState): void {
    this.layout?.dispose();
    this.layout = this.scene = this.motion = this.selected = this.hovered = this.hoveredLine = undefined;
    this.litEdges = new Set();
    delete this.canvas.dataset.drawn;
    delete this.canvas.dataset.boxes;
    const items = (this.items = new Items(view));
    this.mix = new FamilyMix(items);
    this.marks = new ItemMarks(items, this.given);
    this.wantedCamera = state?.camera;
    this.heat = state?.heat ?? 'none';
    this.showsLegend = state?.legend ?? false;
    this.open = state ? new Set(state.openGroups.flatMap((key) => items.byKey.get(key) ?? []).filter((item) => canOpen(items.get(item)))) : firstOpen(items);
    this.canvas.setAttribute('aria-label', t('Architecture graph of {0} nodes. Arrow keys follow the edges. The layer table lists the same.', view.nodes.length));
    if (view.nodes.length === 0) {
      replace(this.status, t('The file holds no graph.'));
      return this.refresh();
    }
    replace(this.status, t('Laying out {0} nodes…', view.nodes.length.toLocaleString()));
    this.layout = new LayoutClient(items, measureItems(items, this.palette.font), {
      onScene: (scene) => this.arrived(scene),
      onError: (message) => replace(this.status, t('The graph could not be laid out: {0}', message)),
    });
    this.arrival = { first: true };
    this.layout.ask(this.open);
    this.draw();
  }

  /** Marks a node chosen elsewhere (by its key); `reveal` opens the groups it lies in and moves it into view. */
  select(key: string | undefined, { reveal }: SelectOptions): void {
    const item = key === undefined ? undefined : this.items?.byKey.get(key);
    this.mark(item);
    if (item === undefined || !reveal) return;
    const closed = [...this.items!.around(item)].filter(({ id }) => !this.open.has(id));
    if (closed.length === 0 && this.scene) return this.bringIntoView(item);
    for (const { id } of closed) this.open.add(id);
    this.arrival = { ...this.arrival, reveal: item };
    this.layout?.ask(this.open);
    this.changed();
  }

  /** Marks what was found elsewhere; each call replaces all marks of the one before. */
  setMarks(marks: GraphMarks): void {
    this.given = marks;
    if (this.items) this.marks = new ItemMarks(this.items, marks);
    this.refresh();
  }

  /** The whole graph as it is opened now, as an SVG document in the current theme's colours. @throws when too much stands open. */
  exportSvg(): string {
    return svgOf(this.laidOut(), this.plainLook());
  }

  /** The same as a PNG picture of bounded size. */
  async exportPng(): Promise<Blob> {
    return pngOf(this.laidOut(), this.plainLook());
  }

  private laidOut(): Scene {
    if (!this.scene) throw new Error(t('The graph is not laid out yet.'));
    return this.scene;
  }

  // --- open and closed --------------------------------------------------------------------------------------------

  private toggle(item: number): void {
    this.setOpen(item, !this.open.has(item));
  }

  private setOpen(item: number, open: boolean): void {
    if (!this.scene || !canOpen(this.items!.get(item))) return;
    if (open) this.open.add(item);
    else this.open.delete(item);
    this.relayout(item);
    this.announcer.textContent = `${this.items!.get(item).title}, ${open ? t('open') : t('closed')}`;
  }

  private openAll(open: boolean): void {
    if (!this.items || !this.scene) return;
    const { camera, canvas } = this;
    const middle = this.scene.hit(camera.x + canvas.clientWidth / 2 / camera.scale, camera.y + canvas.clientHeight / 3 / camera.scale);
    this.open = open ? new Set(this.items.list.filter(canOpen).map(({ id }) => id)) : new Set();
    this.relayout(this.selected ?? middle?.item);
  }

  /** Asks for a new scene in which `anchor` stays where it is on the screen. */
  private relayout(anchor: number | undefined): void {
    const { scene, camera } = this;
    if (scene && anchor !== undefined) {
      const corner = scene.rect(scene.shownAs(anchor));
      this.arrival = { anchor: { item: anchor, x: (corner.x - camera.x) * camera.scale, y: (corner.y - camera.y) * camera.scale } };
    } else this.arrival = { first: true };
    this.layout?.ask(this.open);
    this.changed();
  }

  private arrived(scene: Scene): void {
    const { arrival, camera } = this, before = this.scene;
    this.scene = scene;
    this.arrival = {};
    this.motion = this.hovered = this.hoveredLine = undefined;
    replace(this.status);
    this.canvas.dataset.boxes = String(scene.boxes);
    if (arrival.first) this.firstLook();
    if (arrival.anchor) {
      const { item, x, y } = arrival.anchor, corner = scene.rect(scene.shownAs(item));
      const old = { x: camera.x, y: camera.y };
      camera.x = corner.x - x / camera.scale;
      camera.y = corner.y - y / camera.scale;
      if (before && !reducedMotion() && scene.items.list.length < mostMoving) this.motion = new Motion(before, { x: camera.x - old.x, y: camera.y - old.y });
    }
    if (arrival.reveal !== undefined) this.bringIntoView(arrival.reveal, true);
    this.tooltip.show(this.scene, this.hovered, this.hoveredLine);
    this.refresh();
  }

  // --- selection --------------------------------------------------------------------------------------------------

  private mark(item: number | undefined): void {
    this.selected = item;
    this.litEdges = item === undefined ? new Set() : edgesAround(this.items!, item);
    this.draw();
  }

  private choose(item: number | undefined): void {
    this.mark(item);
    const chosen = item === undefined ? undefined : this.items!.get(item);
    this.events.onSelect(chosen?.node ? chosen.key : undefined);
    this.announcer.textContent = chosen && this.scene ? spoken(this.scene, chosen) : '';
  }

  private click(x: number, y: number): void {
    const hit = this.hitAt(x, y);
    if (!hit) return this.choose(undefined);
    const item = this.items!.get(hit.item), now = performance.now();
    const again = this.lastToggle.item === hit.item && now - this.lastToggle.time < doubleClick;
    // Groups open wherever they are clicked; nodes that hold a graph by their arrow or a second click, the first one selects.
    const { x: left, y: top } = this.scene!.rect(hit.item), world = { x: this.camera.x + x / this.camera.scale, y: this.camera.y + y / this.camera.scale };
    const onArrow = world.x < left + textLeft + 16 && world.y < top + 28;
    this.choose(hit.item);
    this.lastToggle = { item: hit.item, time: now };
    const opens = item.node ? again || onArrow || hit.part === 'header' : !again;
    if (canOpen(item) && hit.part !== 'frame' && opens) this.toggle(hit.item);
  }

  /** Moves a visible item into view, if it is not: boxes to the middle, frames by their headers. */
  private bringIntoView(item: number, jump = false): void {
    const { scene, camera } = this;
    if (!scene?.isVisible(item)) return;
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (camera.scale < 0.4) camera.zoom(0.8 / camera.scale, width / 2, height / 2);
    const rect = scene.rect(item), margin = 40 / camera.scale, frame = scene.level(item) !== undefined;
    const middle = { x: rect.x + rect.width / 2, y: frame ? rect.y + 14 : rect.y + rect.height / 2 };
    const inside = middle.x > camera.x + margin && middle.x < camera.x + width / camera.scale - margin && middle.y > camera.y + margin && middle.y < camera.y + height / camera.scale - margin;
    if (inside) return this.moved();
    const target = { x: middle.x - width / camera.scale / 2, y: camera.keepIn(scene.height, height, middle.y - (frame ? 60 : height / 2) / camera.scale) };
    if (jump || reducedMotion()) {
      camera.x = target.x;
      camera.y = target.y;
      return this.moved();
    }
    const from = { x: camera.x, y: camera.y }, started = performance.now();
    const step = (now: number): void => {
      const along = Math.min(1, Math.max(0, (now - started) / 180)), eased = 1 - (1 - along) ** 3;
      camera.x = from.x + (target.x - from.x) * eased;
      camera.y = from.y + (target.y - from.y) * eased;
      this.moved();
      if (along < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  // --- pointer and keys -------------------------------------------------------------------------------------------

  private hitAt(x: number, y: number): Hit | undefined {
    return this.scene?.hit(this.camera.x + x / this.camera.scale, this.camera.y + y / this.camera.scale);
  }

  private hover(x: number | undefined, y: number | undefined): void {
    const { scene, camera } = this;
    let hit: Hit | undefined, line: LineRef | undefined;
    if (scene && x !== undefined && y !== undefined) {
      hit = this.hitAt(x, y);
      if (!hit || hit.part === 'frame') line = scene.lineAt(camera.x + x / camera.scale, camera.y + y / camera.scale, 6 / camera.scale);
      if (hit?.part === 'frame') hit = undefined;
    }
    if (hit?.item !== this.hovered?.item || line?.line !== this.hoveredLine?.line || line?.level !== this.hoveredLine?.level) {
      this.hovered = hit;
      this.hoveredLine = line;
      this.canvas.style.cursor = hit ? 'pointer' : '';
      this.draw();
      this.tooltip.show(this.scene, this.hovered, this.hoveredLine);
    }
    if (x !== undefined && y !== undefined) this.tooltip.place(x, y, this.canvas.clientWidth, this.canvas.clientHeight);
  }

  /** Arrows follow edges; Enter opens and closes; Escape goes out of a group; + − 0 zoom. @returns whether the key was used. */
  private key(key: string): boolean {
    const { scene, selected } = this;
    if (!scene) return false;
    const centre = [this.canvas.clientWidth / 2, this.canvas.clientHeight / 2] as const;
    if (key === '+' || key === '=') { this.zoom(1.25, ...centre); return true; }
    if (key === '-') { this.zoom(0.8, ...centre); return true; }
    if (key === '0') { this.fit(); return true; }
    if (key === 'Enter' || key === ' ') {
      if (selected === undefined) return false;
      this.toggle(selected);
      return true;
    }
    if (key === 'Escape') {
      const outer = selected === undefined ? -1 : scene.items.get(selected).parent;
      this.choose(outer < 0 ? undefined : outer);
      if (outer >= 0) this.bringIntoView(outer);
      return true;
    }
    if (!key.startsWith('Arrow') && key !== 'Home' && key !== 'End') return false;
    const next = follow(scene, selected, key);
    if (next !== undefined) {
      this.choose(next);
      this.bringIntoView(next);
    }
    return true;
  }

  // --- drawing ----------------------------------------------------------------------------------------------------

  /** Zooms, but not so far out that the graph is lost from sight. */
  private zoom(factor: number, x: number, y: number): void {
    const { scene, canvas } = this;
    if (!scene) return;
    this.camera.zoom(factor, x, y, fittingScale(scene.width, scene.height, canvas.clientWidth, canvas.clientHeight) / 2);
    this.moved();
  }

  private fit(): void {
    if (!this.scene) return;
    this.camera.fit(this.scene.width, this.scene.height, this.canvas.clientWidth, this.canvas.clientHeight);
    this.moved();
  }

  private firstLook(): void {
    const { scene, canvas } = this;
    if (!scene || canvas.clientWidth === 0) return;
    if (this.wantedCamera) this.camera.restore(this.wantedCamera);
    else {
      const first = follow(scene, undefined, 'Home'), top = first === undefined ? { x: 0, width: 0 } : scene.rect(first);
      this.camera.open(scene.width, scene.height, top.x + top.width / 2, canvas.clientWidth, canvas.clientHeight);
    }
    this.wantedCamera = undefined;
  }

  private resized(): void {
    const ratio = window.devicePixelRatio || 1, first = !this.sized;
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.canvas.clientWidth > 0) this.sized = true;
    if (first) this.firstLook();
    this.drawNow();
  }

  private moved(): void {
    this.draw();
    this.changed();
  }

  private changed(): void {
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => { if (this.items) this.events.onState(this.state); }, 250);
  }

  /** After new marks, colours or boxes: everything that shows them. */
  private refresh(): void {
    this.heatScale = this.scene && this.heat !== 'none' ? new HeatScale(this.scene, this.heat) : undefined;
    const look = this.look();
    this.tools.show(this.heat, this.showsLegend);
    this.legend.element.hidden = !this.showsLegend || !this.items;
    if (this.items && this.showsLegend) this.legend.show(this.items, look);
    this.minimap.show(this.scene, look);
    this.draw();
  }

  private look(): Look {
    return {
      palette: this.palette, selected: this.selected, litEdges: this.litEdges, hovered: this.hovered?.item, hoveredLine: this.hoveredLine,
      marks: this.marks, heat: this.heatScale, mix: this.mix, motion: this.motion,
    };
  }

  /** For pictures: without the pointer and the selection. */
  private plainLook(): Look {
    return { ...this.look(), selected: undefined, litEdges: new Set(), hovered: undefined, hoveredLine: undefined, motion: undefined };
  }

  /** Left, top, width and height of the selected item on the canvas. */
  private onScreen(): string {
    const { scene, camera, selected } = this;
    if (!scene || selected === undefined || !scene.isVisible(selected)) return '';
    const { x, y, width, height } = scene.rect(selected);
    return [(x - camera.x) * camera.scale, (y - camera.y) * camera.scale, width * camera.scale, height * camera.scale].map((value) => value.toFixed(1)).join(' ');
  }

  private draw(): void {
    this.frame ||= requestAnimationFrame(() => this.drawNow());
  }

  private drawNow(): void {
    this.frame = 0;
    const { scene, canvas, camera } = this, context = canvas.getContext('2d', { alpha: false });
    if (!context) return;
    const view = { width: canvas.clientWidth, height: canvas.clientHeight, ratio: window.devicePixelRatio || 1 };
    if (!scene) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.fillStyle = this.palette.background;
      context.fillRect(0, 0, canvas.width, canvas.height);
      return;
    }
    if (this.motion && !this.motion.advance(performance.now())) this.motion = undefined;
    const started = performance.now();
    const drawn = drawScene(context, scene, camera, this.look(), view);
    this.minimap.follow(camera, view.width, view.height, this.palette.accent);
    this.crumbs.show(scene, camera, view.width, view.height);
    // What tests and measurements read: nodes, edges and calls of this frame, and its time on this thread.
    canvas.dataset.drawn = `${drawn.nodes} ${drawn.edges} ${drawn.calls} ${(performance.now() - started).toFixed(2)}`;
    canvas.dataset.open = String(this.open.size);
    canvas.dataset.selected = this.selected === undefined ? '' : scene.items.get(this.selected).key;
    canvas.dataset.at = this.onScreen();
    canvas.dataset.camera = `${camera.x.toFixed(2)} ${camera.y.toFixed(2)} ${camera.scale.toFixed(4)}`;
    if (this.motion) this.draw();
  }
}

const noItems = new Items({ nodes: [], edges: [], groups: [] });
