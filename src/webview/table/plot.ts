/**
 * Charts of the table's page: Observable Plot in the theme's colours, as wide as there is room, with one sentence for
 * screen readers, the numbers behind the drawing as a table, a menu to keep either, and clicks that choose.
 */
import './plot.css';
import * as Plot from '@observablehq/plot';
import { h, replace } from '../common/dom';
import { icon } from '../common/icons';
import { openMenu, type MenuItem } from '../common/menu';
import { t } from '../common/strings';
import { onThemeChange } from '../common/theme';
import { fillTable, tableCsv, type ChartTable } from './plotTable';
import { asPng, selfContained } from './plotExport';

/** Plot's options, or what they are at a width in pixels. The width itself is the chart's business. */
export type ChartOptions = Plot.PlotOptions | ((width: number) => Plot.PlotOptions);

/** Where copies and files go: the page of a table (`TablePage`) is one. */
export interface Keeping {
  copy(text: string): void;
  save(name: string, bytes: Uint8Array): void;
}

/** @property color CSS; the legend is asked for again when the theme changes. */
export interface Series {
  readonly color: string;
  readonly text: string;
}

export interface ChartAbout {
  /** Stands above the chart, and names its files. */
  readonly title: string;
  /** What there is to see, in one sentence for those who do not; default: the title. */
  readonly description?: string;
  /** The numbers that are drawn. */
  readonly table: ChartTable;
  readonly keep?: Keeping;
  /** Series by their colours, above the drawing. */
  readonly legend?: readonly Series[] | (() => readonly Series[]);
  /** Called with the place in a mark's data when one of its elements is clicked; by the `className` of the mark. */
  readonly choose?: Readonly<Record<string, (index: number) => void>>;
  /** Called on a click anywhere with the datum that is pointed at (marks made with Plot.pointer, Plot.tip or `tip: true`). */
  readonly chooseDatum?: (datum: unknown) => void;
}

const charts = new WeakMap<Element, Chart>();
let followsTheme = false;

/** A new chart. Where its data change, keep a `Chart` and `show` them: what is open stays open. */
export function chart(options: ChartOptions, about: ChartAbout): HTMLElement {
  const made = new Chart();
  made.show(options, about);
  return made.element;
}

export class Chart {
  private readonly title = h('h3', { class: 'chart-title' });
  private readonly legend = h('ul', { class: 'chart-series' });
  private readonly canvas = h('div', { class: 'chart-canvas' });
  private readonly numbers = h('div', { class: 'chart-numbers-scroll', attributes: { tabindex: 0, role: 'region' } });
  private readonly details = h('details', { class: 'chart-numbers' }, h('summary', {}, t('Numbers')), this.numbers);
  private readonly menu = h('button', { class: 'icon-button chart-menu', title: t('Copy or save this chart'), attributes: { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': t('Copy or save this chart') } }, icon('save'));
  readonly element = h('section', { class: 'chart' }, h('div', { class: 'chart-head' }, this.title, this.menu), this.legend, this.canvas, this.details);
  private shown: { readonly options: ChartOptions; readonly about: ChartAbout } | undefined;
  private drawing: (SVGSVGElement | HTMLElement) & { value?: unknown } | undefined;
  private width = 0;
  private frame = 0;

  constructor() {
    charts.set(this.element, this);
    if (!followsTheme) onThemeChange(() => { for (const element of document.querySelectorAll('.chart')) charts.get(element)?.draw(); });
    followsTheme = true;
    new ResizeObserver(() => {
      const width = Math.floor(this.canvas.clientWidth);
      if (width !== this.width) this.draw();
    }).observe(this.canvas);
    this.details.addEventListener('toggle', () => this.fill());
    this.menu.addEventListener('click', () => openMenu(this.exports(), this.menu));
    // A press of Plot's own would pin the tip until the next one; here a click chooses.
    this.canvas.addEventListener('pointerdown', (event) => event.stopPropagation(), true);
    this.canvas.addEventListener('click', (event) => this.clicked(event.target as Element));
    this.canvas.addEventListener('input', () => this.canvas.classList.toggle('pointing', !!this.shown?.about.chooseDatum && this.drawing?.value != null));
  }

  /** Draws anew. What the reader opened stays open. */
  show(options: ChartOptions, about: ChartAbout): void {
    this.shown = { options, about };
    this.title.textContent = about.title;
    this.element.setAttribute('aria-label', about.title);
    this.numbers.setAttribute('aria-label', about.title);
    this.menu.hidden = !about.keep;
    this.fill();
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  /** What can be kept of it, for menus. */
  exports(): readonly MenuItem[] {
    const { about } = this.shown ?? {}, keep = about?.keep;
    if (!about || !keep) return [];
    const name = about.title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').slice(0, 60) || 'chart', encode = (text: string): Uint8Array => new TextEncoder().encode(text);
    return [
      { label: t('Save as SVG…'), run: () => keep.save(`${name}.svg`, encode(this.svgText())) },
      { label: t('Save as PNG…'), run: () => void asPng(this.svgText(), 2).then((bytes) => keep.save(`${name}.png`, bytes)) },
      { label: t('Save as CSV…'), run: () => keep.save(`${name}.csv`, encode(tableCsv(about.table))) },
      'separator',
      { label: t('Copy as CSV'), run: () => keep.copy(tableCsv(about.table)) },
    ];
  }

  /** The drawing as a file of its own, with the colours it has now. */
  svgText(): string {
    const svg = this.canvas.querySelector<SVGSVGElement>('svg.plot');
    if (!svg || !this.shown) throw new Error('nothing is drawn yet');
    return selfContained(svg, { ...this.shown.about, legend: this.series });
  }

  private get series(): readonly Series[] {
    const legend = this.shown?.about.legend ?? [];
    return typeof legend === 'function' ? legend() : legend;
  }

  private fill(): void {
    // Only what is looked at: a chart of thousands of points has thousands of rows.
    if (this.details.open && this.shown) fillTable(this.numbers, this.shown.about.table);
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.width = Math.floor(this.canvas.clientWidth);
    if (!this.shown || this.width === 0) return;
    const { options, about } = this.shown;
    const made = Plot.plot({ className: 'plot', ...(typeof options === 'function' ? options(this.width) : options), width: this.width });
    // Plot's own style sheet is not allowed by the page's policy; plot.css says the same.
    for (const style of made.querySelectorAll('style')) style.remove();
    const svg = made instanceof SVGSVGElement ? made : made.querySelector<SVGSVGElement>('svg.plot')!;
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', about.description ?? about.title);
    this.drawing = made;
    replace(this.legend, ...this.series.map(({ color, text }) => {
      const swatch = h('span', { class: 'chart-swatch', attributes: { 'aria-hidden': true } });
      swatch.style.background = color;
      return h('li', {}, swatch, text);
    }));
    this.canvas.classList.remove('pointing');
    for (const name of Object.keys(about.choose ?? {})) {
      for (const element of svg.querySelectorAll<SVGElement>(`.${CSS.escape(name)}, [aria-label="${CSS.escape(name)}"]`)) element.dataset.choose = name;
    }
    replace(this.canvas, made);
  }

  private clicked(target: Element): void {
    const { choose, chooseDatum } = this.shown?.about ?? {};
    // Plot leaves in each element its place in the mark's data.
    const name = target.closest<SVGElement>('[data-choose]')?.dataset.choose, index: unknown = (target as Element & { __data__?: unknown }).__data__ ?? (target.parentElement as (Element & { __data__?: unknown }) | null)?.__data__;
    if (name !== undefined && typeof index === 'number') return choose?.[name]?.(index);
    if (this.drawing?.value != null) chooseDatum?.(this.drawing.value);
  }
}
