/** The architecture graph on screen: a canvas that pans, zooms and selects, laid out by a worker. */
import workerSource from 'worker:./layoutWorker';
import type { Architecture } from '../types';
import { h, reducedMotion, replace } from '../../common/dom';
import { formatCount, formatDims } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import { onThemeChange } from '../../common/theme';
import type { GraphEvents, GraphMarks, GraphState, SelectOptions } from './api';
import { Camera, type CameraState } from './camera';
import { drawScene, readPalette, type Palette } from './draw';
import { attachGestures } from './gestures';
import type { LayoutResult } from './layout';
import { measureNodes, nodeTitle } from './measure';
import { Scene } from './scene';

export class GraphView {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { attributes: { tabindex: 0, role: 'application', 'aria-roledescription': t('graph') } });
  private readonly status = h('div', { class: 'graph-status' });
  private readonly tooltip = h('div', { class: 'tooltip', attributes: { hidden: true } });
  private readonly announcer = h('div', { class: 'sr-only', attributes: { 'aria-live': 'polite' } });
  private readonly camera = new Camera();
  private palette: Palette = readPalette();
  private scene: Scene | undefined;
  private worker: Worker | undefined;
  private request = 0;
  private frame = 0;
  private selected: number | undefined;
  private hoveredNode: number | undefined;
  private hoveredEdge: number | undefined;
  private wantedCamera: CameraState | undefined;
  private openGroups: readonly string[] = [];
  private marks: GraphMarks = {};
  private view: Architecture | undefined;
  private keys = new Map<string, number>();
  private saveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: GraphEvents) {
    const zoom = (factor: number) => () => { this.camera.zoom(factor, this.canvas.clientWidth / 2, this.canvas.clientHeight / 2); this.moved(); };
    const button = (name: Parameters<typeof icon>[0], label: string, run: () => void): HTMLElement =>
      h('button', { class: 'icon-button', title: label, attributes: { 'aria-label': label, type: 'button' }, on: { click: run } }, icon(name));
    this.element = h('section', { class: 'graph', attributes: { 'aria-label': t('Architecture graph') } },
      this.canvas, this.status, this.tooltip, this.announcer,
      h('div', { class: 'graph-tools', attributes: { role: 'toolbar', 'aria-label': t('Zoom') } },
        button('plus', t('Zoom in (Ctrl + wheel)'), zoom(1.35)),
        button('minus', t('Zoom out (Ctrl + wheel)'), zoom(1 / 1.35)),
        button('fit', t('Fit (0)'), () => this.fit())));
    attachGestures(this.canvas, {
      pan: (x, y) => { this.camera.pan(x, y); this.moved(); },
      zoom: (factor, x, y) => { this.camera.zoom(factor, x, y); this.moved(); },
      hover: (x, y) => this.hover(x, y),
      leave: () => this.hover(undefined, undefined),
      click: (x, y) => this.choose(this.nodeAt(x, y)),
      key: (key) => this.key(key),
    });
    new ResizeObserver(() => this.resized()).observe(this.canvas);
    onThemeChange(() => { this.palette = readPalette(); this.draw(); });
  }

  /** How the graph is looked at now. */
  get state(): GraphState {
    return { camera: this.camera.state, openGroups: this.openGroups, heat: 'none' };
  }

  /** Shows another graph. `state` restores an earlier look at the same one. */
  show(view: Architecture, state?: GraphState): void {
    this.view = view;
    this.keys = new Map(view.nodes.map((node, index) => [node.key, index]));
    this.openGroups = state?.openGroups ?? [];
    const camera = state?.camera;
    this.scene = undefined;
    this.selected = this.hoveredNode = this.hoveredEdge = undefined;
    this.wantedCamera = camera;
    this.worker?.terminate();
    this.canvas.setAttribute('aria-label', t('Architecture graph of {0} nodes. Arrow keys follow the edges. The layer table lists the same.', view.nodes.length));
    if (view.nodes.length === 0) {
      replace(this.status, t('The file holds no graph.'));
      return;
    }
    replace(this.status, t('Laying out {0} nodes…', view.nodes.length.toLocaleString()));
    const { widths, heights } = measureNodes(view.nodes, this.palette.font);
    const byId = new Map(view.nodes.map((node, index) => [node.id, index]));
    const edges = view.edges.filter((edge) => byId.has(edge.from) && byId.has(edge.to));
    const ends = Uint32Array.from(edges.flatMap((edge) => [byId.get(edge.from)!, byId.get(edge.to)!]));
    const address = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
    const worker = (this.worker = new Worker(address));
    URL.revokeObjectURL(address);
    const id = ++this.request;
    const end = (): void => { worker.terminate(); if (this.worker === worker) this.worker = undefined; };
    worker.onmessage = ({ data }: MessageEvent<LayoutResult>) => {
      end();
      if (data.id !== this.request) return;
      replace(this.status);
      this.scene = new Scene(view.nodes, edges, ends, widths, heights, data);
      this.firstLook();
    };
    worker.onerror = (event) => {
      end();
      if (id === this.request) replace(this.status, t('The graph could not be laid out: {0}', event.message));
    };
    worker.postMessage({ id, widths, heights, edges: ends });
    this.draw();
  }

  /** Marks a node chosen elsewhere (by its key); `reveal` opens the groups it lies in and moves it into view. */
  select(key: string | undefined, { reveal }: SelectOptions): void {
    const node = key === undefined ? undefined : this.keys.get(key);
    this.selected = node;
    if (node !== undefined && reveal) this.reveal(node);
    this.draw();
  }

  /** Marks what was found elsewhere; each call replaces all marks of the one before. */
  setMarks(marks: GraphMarks): void {
    this.marks = marks;
    this.draw();
  }

  /** The whole graph as it is opened now, as an SVG document in the current theme's colours. */
  exportSvg(): string {
    throw new Error('Exporting the graph is not built yet.');
  }

  /** The same as a PNG picture of bounded size. */
  exportPng(): Promise<Blob> {
    return Promise.reject(new Error('Exporting the graph is not built yet.'));
  }

  private choose(node: number | undefined): void {
    this.selected = node;
    this.draw();
    this.events.onSelect(node === undefined ? undefined : this.view?.nodes[node]?.key);
    this.announce(node);
  }

  private announce(node: number | undefined): void {
    const info = node === undefined ? undefined : this.scene?.nodes[node];
    this.announcer.textContent = info ? [nodeTitle(info), info.name, info.detail, ...info.outputDims.map((dims) => formatDims(dims))].filter(Boolean).join(', ') : '';
  }

  private reveal(node: number): void {
    const { scene, camera } = this;
    if (!scene) return;
    const x = scene.layout.x[node]!, y = scene.layout.y[node]!;
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight, margin = 40 / camera.scale;
    if (camera.scale < 0.4) camera.scale = 0.8;
    else if (x > camera.x + margin && x < camera.x + width / camera.scale - margin && y > camera.y + margin && y < camera.y + height / camera.scale - margin) return;
    const target = { x: x - width / camera.scale / 2, y: y - height / camera.scale / 2 };
    if (reducedMotion()) { camera.x = target.x; camera.y = target.y; return this.moved(); }
    const from = { x: camera.x, y: camera.y }, started = performance.now();
    const step = (now: number): void => {
      const along = Math.min(1, (now - started) / 180), eased = 1 - (1 - along) ** 3;
      camera.x = from.x + (target.x - from.x) * eased;
      camera.y = from.y + (target.y - from.y) * eased;
      this.moved();
      if (along < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  private fit(): void {
    if (!this.scene) return;
    this.camera.fit(this.scene.layout.width, this.scene.layout.height, this.canvas.clientWidth, this.canvas.clientHeight);
    this.moved();
  }

  private firstLook(): void {
    const { scene, canvas } = this;
    if (!scene || canvas.clientWidth === 0) return;
    if (this.wantedCamera) this.camera.restore(this.wantedCamera);
    else {
      const top = scene.layout.rank.indexOf(0);
      this.camera.open(scene.layout.width, scene.layout.height, scene.layout.x[Math.max(0, top)]!, canvas.clientWidth, canvas.clientHeight);
    }
    this.draw();
  }

  private nodeAt(x: number, y: number): number | undefined {
    const { camera } = this;
    return this.scene?.nodeAt(camera.x + x / camera.scale, camera.y + y / camera.scale);
  }

  private hover(x: number | undefined, y: number | undefined): void {
    const { scene, camera } = this;
    let node: number | undefined, edge: number | undefined;
    if (scene && x !== undefined && y !== undefined) {
      node = this.nodeAt(x, y);
      if (node === undefined) edge = scene.edgeAt(camera.x + x / camera.scale, camera.y + y / camera.scale, 6 / camera.scale);
    }
    if (node !== this.hoveredNode || edge !== this.hoveredEdge) {
      this.hoveredNode = node;
      this.hoveredEdge = edge;
      this.canvas.style.cursor = node !== undefined ? 'pointer' : '';
      this.draw();
      this.fillTooltip();
    }
    if (!this.tooltip.hidden && x !== undefined && y !== undefined) this.placeTooltip(x, y);
  }

  private fillTooltip(): void {
    const { scene, tooltip } = this;
    const info = this.hoveredNode === undefined ? undefined : scene?.nodes[this.hoveredNode];
    const edge = this.hoveredEdge === undefined ? undefined : scene?.edges[this.hoveredEdge];
    tooltip.hidden = !info && !edge;
    if (info) {
      replace(tooltip,
        h('strong', {}, nodeTitle(info)), info.name && info.kind === 'op' && h('div', { class: 'mono' }, info.name), info.detail && h('div', {}, info.detail),
        info.outputDims.length > 0 && h('div', { class: 'mono' }, `→ ${info.outputDims.map((dims) => formatDims(dims)).join(', ')}`),
        info.parameters > 0 && h('div', { class: 'muted' }, t('{0} parameters', formatCount(info.parameters))),
        info.macs !== null && info.macs > 0 && h('div', { class: 'muted' }, t('{0} multiply-accumulates', formatCount(info.macs))));
    } else if (edge) {
      replace(tooltip, h('div', { class: 'mono' }, edge.value), h('strong', { class: 'mono' }, formatDims(edge.dims)));
    }
  }

  private placeTooltip(x: number, y: number): void {
    const { tooltip } = this;
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    tooltip.style.left = `${Math.max(4, Math.min(x + 14, width - tooltip.offsetWidth - 4))}px`;
    tooltip.style.top = `${y + 18 + tooltip.offsetHeight > height ? Math.max(4, y - tooltip.offsetHeight - 10) : y + 18}px`;
  }

  /** Arrow keys walk along edges (up, down) and ranks (left, right). @returns whether the key was used. */
  private key(key: string): boolean {
    const { scene } = this;
    if (!scene) return false;
    const centre = [this.canvas.clientWidth / 2, this.canvas.clientHeight / 2] as const;
    if (key === '+' || key === '=') { this.camera.zoom(1.25, ...centre); this.moved(); return true; }
    if (key === '-') { this.camera.zoom(0.8, ...centre); this.moved(); return true; }
    if (key === '0') { this.fit(); return true; }
    if (key === 'Escape') { this.choose(undefined); return true; }
    if (!key.startsWith('Arrow')) return false;
    const next = this.selected === undefined ? 0 : this.neighbour(scene, this.selected, key);
    if (next !== undefined) {
      this.choose(next);
      this.reveal(next);
    }
    return true;
  }

  private neighbour(scene: Scene, node: number, key: string): number | undefined {
    const { ends, layout } = scene;
    if (key === 'ArrowDown') return scene.outgoing[node]!.map((edge) => ends[2 * edge + 1]!)[0];
    if (key === 'ArrowUp') return scene.incoming[node]!.map((edge) => ends[2 * edge]!)[0];
    const sign = key === 'ArrowRight' ? 1 : -1;
    let best: number | undefined;
    for (const other of scene.nodesBetween(layout.y[node]! - 40, layout.y[node]! + 40)) {
      const ahead = sign * (layout.x[other]! - layout.x[node]!);
      if (other !== node && layout.rank[other] === layout.rank[node] && ahead > 0 && (best === undefined || ahead < sign * (layout.x[best]! - layout.x[node]!))) best = other;
    }
    return best;
  }

  private resized(): void {
    const ratio = window.devicePixelRatio || 1;
    const first = this.canvas.width === 0 || this.canvas.dataset.sized === undefined;
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.canvas.clientWidth > 0) this.canvas.dataset.sized = 'true';
    if (first) this.firstLook();
    this.drawNow();
  }

  private moved(): void {
    this.draw();
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.events.onState(this.state), 250);
  }

  private draw(): void {
    this.frame ||= requestAnimationFrame(() => this.drawNow());
  }

  private drawNow(): void {
    this.frame = 0;
    const context = this.canvas.getContext('2d', { alpha: false });
    if (!context) return;
    const view = { width: this.canvas.clientWidth, height: this.canvas.clientHeight, ratio: window.devicePixelRatio || 1 };
    if (this.scene) {
      const drawn = drawScene(context, this.scene, this.camera, this.palette, { selected: this.selected, hoveredNode: this.hoveredNode, hoveredEdge: this.hoveredEdge }, view);
      this.canvas.dataset.found = String(this.marks.found?.size ?? 0);
      this.canvas.dataset.drawn = `${drawn.nodes} ${drawn.edges}`;
    } else {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.fillStyle = this.palette.background;
      context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    }
  }
}
