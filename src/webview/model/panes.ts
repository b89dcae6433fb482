/**
 * The graph beside a pane of tabs, with a bar to drag between them. In a narrow window the graph is one of the tabs.
 */
import { h } from '../common/dom';

const narrowBelow = 720;
const step = 0.03, least = 0.15, most = 0.85;

export type TabId = 'graph' | 'layers' | 'details' | 'path';

export interface PaneOptions {
  readonly panes: Readonly<Record<TabId, { readonly title: string; readonly element: HTMLElement }>>;
  /** Name of the bar. */
  readonly label: string;
  onChange(ratio: number, tab: TabId): void;
}

const order: readonly TabId[] = ['graph', 'layers', 'details', 'path'];

export class Panes {
  readonly element: HTMLElement;
  private readonly tabs: Readonly<Record<TabId, HTMLButtonElement>>;
  private readonly bar: HTMLElement;
  private ratio = 0.5;
  /** What is in front in a narrow window; beside the graph the last tab that is not the graph. */
  private front: TabId = 'layers';
  private side: TabId = 'layers';

  constructor(private readonly options: PaneOptions) {
    const tab = (id: TabId): HTMLButtonElement => h('button', { class: `tab tab-${id}`, attributes: { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `pane-${id}` }, on: { click: () => { this.show(id); this.changed(); } } }, options.panes[id].title);
    this.tabs = { graph: tab('graph'), layers: tab('layers'), details: tab('details'), path: tab('path') };
    this.tabs.path.hidden = true;
    const list = h('div', { class: 'tabs', attributes: { role: 'tablist' } }, ...order.map((id) => this.tabs[id]));
    list.addEventListener('keydown', (event) => this.tabKey(event));
    this.bar = h('div', { class: 'splitter', attributes: { role: 'separator', tabindex: 0, 'aria-orientation': 'vertical', 'aria-label': options.label, 'aria-valuemin': least * 100, 'aria-valuemax': most * 100 } });
    this.element = h('div', { class: 'panes' }, list, this.bar,
      ...order.map((id) => h('div', { class: `pane pane-${id}`, attributes: { id: `pane-${id}`, role: id === 'graph' ? undefined : 'tabpanel', 'aria-labelledby': id === 'graph' ? undefined : `tab-${id}` } }, options.panes[id].element)));
    this.listen();
    new ResizeObserver(() => {
      this.element.classList.toggle('narrow', this.element.clientWidth < narrowBelow);
      this.apply();
    }).observe(this.element);
    this.apply();
  }

  get narrow(): boolean {
    return this.element.classList.contains('narrow');
  }

  get tab(): TabId {
    return this.narrow ? this.front : this.side;
  }

  restore(ratio: number, tab: TabId): void {
    this.ratio = Math.min(most, Math.max(least, ratio));
    this.show(tab);
  }

  show(tab: TabId): void {
    this.front = this.tabs[tab].hidden ? 'layers' : tab;
    if (this.front !== 'graph') this.side = this.front;
    this.apply();
  }

  /** Takes a tab away or puts it back; what was in front of it gives way to the layers. */
  offer(tab: TabId, offered: boolean): void {
    if (this.tabs[tab].hidden === !offered) return;
    this.tabs[tab].hidden = !offered;
    if (!offered && this.side === tab) this.side = 'layers';
    if (!offered && this.front === tab) this.front = 'layers';
    this.apply();
  }

  private apply(): void {
    const { style } = this.element;
    style.setProperty('--first', `${this.ratio}fr`);
    style.setProperty('--second', `${1 - this.ratio}fr`);
    this.element.dataset.tab = this.tab;
    this.bar.setAttribute('aria-valuenow', String(Math.round(this.ratio * 100)));
    for (const id of order) {
      const chosen = id === this.tab;
      this.tabs[id].setAttribute('aria-selected', String(chosen));
      this.tabs[id].tabIndex = chosen ? 0 : -1;
    }
  }

  private changed(): void {
    this.options.onChange(this.ratio, this.front);
  }

  private tabKey(event: KeyboardEvent): void {
    const offered = order.filter((id) => this.tabs[id].offsetParent !== null);
    const here = offered.indexOf(this.tab);
    const to = event.key === 'ArrowRight' ? (here + 1) % offered.length : event.key === 'ArrowLeft' ? (here - 1 + offered.length) % offered.length
      : event.key === 'Home' ? 0 : event.key === 'End' ? offered.length - 1 : undefined;
    if (to === undefined) return;
    event.preventDefault();
    this.show(offered[to]!);
    this.tabs[offered[to]!].focus();
    this.changed();
  }

  private listen(): void {
    const { bar } = this;
    const move = (to: number): void => {
      this.ratio = Math.min(most, Math.max(least, to));
      this.apply();
    };
    bar.addEventListener('pointerdown', (event) => { bar.setPointerCapture(event.pointerId); event.preventDefault(); });
    bar.addEventListener('pointermove', (event) => {
      if (!bar.hasPointerCapture(event.pointerId)) return;
      const { left, width } = this.element.getBoundingClientRect();
      move((event.clientX - left) / width);
    });
    bar.addEventListener('pointerup', () => this.changed());
    bar.addEventListener('dblclick', () => { move(0.5); this.changed(); });
    bar.addEventListener('keydown', (event) => {
      const by = event.key === 'ArrowLeft' ? -step : event.key === 'ArrowRight' ? step : 0;
      if (!by) return;
      event.preventDefault();
      move(this.ratio + by);
      this.changed();
    });
  }
}
