/** A strip of small maps, one of every layer with a grid over the picture, in the order the picture passes them: a click takes the map there. */
import type { TargetChoice } from '../../protocol/engine';
import type { LayerMap } from '../../protocol/layerMaps';
import { heatmapToRgba } from '../../tensor/heatmap';
import { h, replace } from '../common/dom';
import { t } from '../common/strings';
import type { Part, Prepared, Workbench } from './workbench';

/** Side of a small map in CSS pixels, times two for sharp screens. */
const side = 104;
/** Small maps painted before the page may do something else. */
const paintedAtOnce = 3;
/** Milliseconds after a run before the small maps are made: whoever goes on to something else need not wait for them. */
const quiet = 300;

export class LayerStrip implements Part {
  readonly place = 'below';
  readonly element: HTMLElement;
  private readonly list = h('div', { class: 'strip-list', attributes: { role: 'listbox', 'aria-label': t('Layers'), 'aria-orientation': 'horizontal' } });
  private readonly about = h('span', { class: 'muted strip-about' });
  private layers: readonly { readonly value: string; readonly node: string; readonly opType: string; readonly height: number; readonly width: number }[] = [];
  private chosen: string | undefined;
  private readonly maps = new Map<string, LayerMap>();
  /** What the maps are of; another target or preparation makes them anew. */
  private madeFor = '';
  private question: AbortController | undefined;
  private waiting = 0;
  private queue: string[] = [];

  constructor(private readonly workbench: Workbench) {
    this.element = h('section', { class: 'strip', attributes: { 'aria-label': t('Layers'), hidden: true } }, h('div', { class: 'strip-head' }, h('h2', {}, t('Layers')), this.about), this.list);
    this.list.addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(() => this.mark()).observe(this.list);
    // A wheel turns the strip, which has no other direction to go.
    this.list.addEventListener('wheel', (event) => {
      const before = this.list.scrollLeft;
      if (event.deltaX !== 0 || event.shiftKey) return;
      this.list.scrollLeft += event.deltaY;
      // At either end the page moves on.
      if (this.list.scrollLeft !== before) event.preventDefault();
    }, { passive: false });
  }

  onSubject(): void {
    this.stop();
    this.maps.clear();
    this.madeFor = '';
    this.element.hidden = true;
  }

  onStarted(): void {
    this.stop();
  }

  onPrepared({ layers, layer }: Prepared): void {
    const grids = layers.flatMap((each) => ('height' in each && each.height * each.width > 1 ? [each] : []));
    this.element.hidden = grids.length < 2;
    const same = grids.length === this.layers.length && grids.every(({ value }, at) => value === this.layers[at]!.value);
    this.layers = grids;
    this.chosen = layer;
    if (!same) this.build();
    this.mark();
  }

  /** Only when the map itself is there: small maps must not delay it. */
  onFinished(): void {
    const { state, prepared } = this.workbench;
    if (!state || !prepared || this.element.hidden) return;
    const target: TargetChoice = state.target ?? { class: prepared.target.index };
    const made = JSON.stringify([target, state.preprocessing]);
    if (made === this.madeFor && this.maps.size === this.layers.length) return;
    this.maps.clear();
    this.madeFor = made;
    this.waiting = window.setTimeout(() => this.ask(target), quiet);
  }

  private ask(target: TargetChoice): void {
    const question = (this.question = new AbortController());
    this.about.textContent = t('looking…');
    this.workbench.questions.ask('layerMaps', { target }, question.signal, ({ maps }) => {
      for (const map of maps) this.maps.set(map.value, map);
      this.paint(maps.map(({ value }) => value));
    }).then(() => this.say(), () => { if (!question.signal.aborted) this.about.textContent = ''; });
  }

  private stop(): void {
    window.clearTimeout(this.waiting);
    this.question?.abort();
    this.question = undefined;
    // What was not finished is asked for again.
    if (this.maps.size < this.layers.length) this.madeFor = '';
  }

  private build(): void {
    replace(this.list, ...this.layers.map(({ value, node, opType, width, height }) => {
      const name = node || value;
      return h('button', { class: 'strip-layer', title: `${name}\n${opType} · ${width}×${height}`, attributes: { type: 'button', role: 'option', 'data-layer': value, 'aria-label': `${name}, ${opType}, ${width}×${height}`, tabindex: -1 }, on: { click: () => this.take(value) } },
        h('canvas', { attributes: { width: side, height: side, 'aria-hidden': true } }), h('span', { class: 'strip-name' }, shortName(name)), h('span', { class: 'strip-size muted numeric' }, `${width}×${height}`));
    }));
    this.paint([...this.maps.keys()]);
  }

  private mark(): void {
    for (const button of this.list.querySelectorAll<HTMLElement>('.strip-layer')) {
      const chosen = button.dataset.layer === this.chosen;
      button.setAttribute('aria-selected', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
      if (chosen) reveal(this.list, button);
    }
  }

  private say(): void {
    const kinds = new Set([...this.maps.values()].map(({ kind }) => kind));
    this.about.textContent = kinds.has('activation') ? t('mean activation: there is no gradient') : t('Grad-CAM at each, from the picture to the answer');
  }

  /** Paints small maps, a few at a time. */
  private paint(values: readonly string[]): void {
    const idle = this.queue.length === 0;
    this.queue.push(...values);
    if (idle && this.queue.length) requestAnimationFrame(() => this.paintSome());
  }

  private paintSome(): void {
    for (const value of this.queue.splice(0, paintedAtOnce)) {
      const canvas = this.list.querySelector<HTMLCanvasElement>(`[data-layer="${CSS.escape(value)}"] canvas`), map = this.maps.get(value);
      if (canvas && map) this.paintOne(canvas, map);
    }
    if (this.queue.length) requestAnimationFrame(() => this.paintSome());
  }

  private paintOne(canvas: HTMLCanvasElement, { width, height, map: values }: LayerMap): void {
    const context = canvas.getContext('2d')!, { bitmap, size, seen } = this.workbench.picture;
    const colors = new OffscreenCanvas(width, height);
    colors.getContext('2d')!.putImageData(new ImageData(heatmapToRgba({ width, height, values, signed: values.some((value) => value < 0) }, { opacity: 0.9 }), width, height), 0, 0);
    context.clearRect(0, 0, side, side);
    if (bitmap && size) {
      const scale = bitmap.width / size.width, { left, top, width: across, height: down } = seen ?? { left: 0, top: 0, ...size };
      context.filter = 'grayscale(1)';
      context.drawImage(bitmap, left * scale, top * scale, across * scale, down * scale, 0, 0, side, side);
      context.filter = 'none';
    }
    context.imageSmoothingQuality = 'high';
    context.drawImage(colors, 0, 0, side, side);
  }

  private take(value: string): void {
    if (value !== this.chosen) this.workbench.explain({ layer: value });
  }

  private key(event: KeyboardEvent): void {
    const all = [...this.list.querySelectorAll<HTMLElement>('.strip-layer')], at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all[Math.max(0, Math.min(all.length - 1, to))];
    next?.focus();
    if (next) reveal(this.list, next);
  }
}

/** Scrolls the strip alone: the page around it stays where it is. */
function reveal(list: HTMLElement, item: HTMLElement): void {
  const left = item.offsetLeft - list.offsetLeft;
  if (left < list.scrollLeft || left + item.offsetWidth > list.scrollLeft + list.clientWidth) list.scrollLeft = left - (list.clientWidth - item.offsetWidth) / 2;
}

/** The last parts of a path, which tell layers apart. */
function shortName(name: string): string {
  const parts = name.split('/').filter(Boolean);
  return parts.slice(-2).join('/') || name;
}
