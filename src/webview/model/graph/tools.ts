/** The graph's own controls: what colours stand for, open and close, and the zoom. */
import { h } from '../../common/dom';
import { icon, type IconName } from '../../common/icons';
import { t } from '../../common/strings';
import type { Heat } from './api';
import { heatName } from './heat';

export interface ToolEvents {
  heat(heat: Heat): void;
  legend(): void;
  expandAll(): void;
  collapseAll(): void;
  zoom(factor: number): void;
  fit(): void;
}

const heats: readonly Heat[] = ['none', 'parameters', 'macs', 'activationBytes'];

export class GraphTools {
  private readonly select = h('select', { class: 'graph-heat', title: t('What colours and bars stand for'), attributes: { 'aria-label': t('Colour by') } },
    ...heats.map((heat) => h('option', { attributes: { value: heat } }, heatName(heat))));
  private readonly legend: HTMLElement;
  /** At the top: colours and groups. */
  readonly top: HTMLElement;
  /** At the bottom: the zoom. */
  readonly bottom: HTMLElement;

  constructor(events: ToolEvents) {
    this.select.addEventListener('change', () => events.heat(heats.find((heat) => heat === this.select.value) ?? 'none'));
    this.legend = button('legend', t('Legend'), () => events.legend());
    this.top = h('div', { class: 'graph-tools graph-tools-top', attributes: { role: 'toolbar', 'aria-label': t('Graph') } },
      this.select, this.legend,
      button('expandAll', t('Expand all'), () => events.expandAll()), button('collapseAll', t('Collapse all'), () => events.collapseAll()));
    this.bottom = h('div', { class: 'graph-tools graph-tools-bottom', attributes: { role: 'toolbar', 'aria-label': t('Zoom') } },
      button('plus', t('Zoom in (Ctrl + wheel)'), () => events.zoom(1.35)), button('minus', t('Zoom out (Ctrl + wheel)'), () => events.zoom(1 / 1.35)), button('fit', t('Fit (0)'), () => events.fit()));
  }

  show(heat: Heat, legend: boolean): void {
    this.select.value = heat;
    this.legend.setAttribute('aria-pressed', String(legend));
  }
}

function button(name: IconName, label: string, run: () => void): HTMLElement {
  return h('button', { class: 'icon-button', title: label, attributes: { 'aria-label': label, type: 'button' }, on: { click: run } }, icon(name));
}
