/** Two panes side by side with a bar to drag between them; in a narrow window, two tabs. */
import { h } from '../common/dom';

const narrowBelow = 720;
const step = 0.03, least = 0.15, most = 0.85;

export interface SplitOptions {
  readonly first: { readonly title: string; readonly element: HTMLElement };
  readonly second: { readonly title: string; readonly element: HTMLElement };
  readonly label: string;
  /** Share of the first pane, 0…1. */
  readonly ratio: number;
  readonly tab: 'first' | 'second';
  onChange(ratio: number, tab: 'first' | 'second'): void;
}

export function splitPanes(options: SplitOptions): HTMLElement {
  let { ratio, tab } = options;
  const bar = h('div', { class: 'splitter', attributes: { role: 'separator', tabindex: 0, 'aria-orientation': 'vertical', 'aria-label': options.label, 'aria-valuemin': least * 100, 'aria-valuemax': most * 100 } });
  const tabButton = (which: 'first' | 'second'): HTMLElement =>
    h('button', { class: 'tab', attributes: { type: 'button', role: 'tab' }, on: { click: () => { tab = which; apply(); options.onChange(ratio, tab); } } }, options[which].title);
  const tabs = { first: tabButton('first'), second: tabButton('second') };
  const container = h('div', { class: 'panes' }, h('div', { class: 'tabs', attributes: { role: 'tablist' } }, tabs.first, tabs.second), options.first.element, bar, options.second.element);

  const apply = (): void => {
    container.style.setProperty('--first', `${ratio}fr`);
    container.style.setProperty('--second', `${1 - ratio}fr`);
    container.dataset.tab = tab;
    bar.setAttribute('aria-valuenow', String(Math.round(ratio * 100)));
    for (const which of ['first', 'second'] as const) tabs[which].setAttribute('aria-selected', String(which === tab));
  };
  const move = (to: number): void => {
    ratio = Math.min(most, Math.max(least, to));
    apply();
  };
  bar.addEventListener('pointerdown', (event) => { bar.setPointerCapture(event.pointerId); event.preventDefault(); });
  bar.addEventListener('pointermove', (event) => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const { left, width } = container.getBoundingClientRect();
    move((event.clientX - left) / width);
  });
  bar.addEventListener('pointerup', () => options.onChange(ratio, tab));
  bar.addEventListener('dblclick', () => { move(0.5); options.onChange(ratio, tab); });
  bar.addEventListener('keydown', (event) => {
    const by = event.key === 'ArrowLeft' ? -step : event.key === 'ArrowRight' ? step : 0;
    if (!by) return;
    event.preventDefault();
    move(ratio + by);
    options.onChange(ratio, tab);
  });
  new ResizeObserver(() => container.classList.toggle('narrow', container.clientWidth < narrowBelow)).observe(container);
  apply();
  return container;
}
