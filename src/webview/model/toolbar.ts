/** The bar under the head: search, path, export, and what else can be done with the model. */
import { h } from '../common/dom';
import { icon, type IconName } from '../common/icons';
import { openMenu } from '../common/menu';
import { t } from '../common/strings';

export interface ToolbarEvents {
  path(): void;
  exportSvg(): void;
  exportPng(): void;
  compare(): void;
  explainPicture(): void;
}

export class Toolbar {
  readonly element: HTMLElement;
  private readonly path: HTMLButtonElement;
  private readonly explain: HTMLButtonElement;

  /** @param search the search box, which stands first. */
  constructor(search: HTMLElement, events: ToolbarEvents) {
    const button = (name: IconName, label: string, hint: string, run: () => void): HTMLButtonElement =>
      h('button', { class: 'icon-button tool', title: hint, attributes: { type: 'button', 'aria-label': label }, on: { click: run } }, icon(name), h('span', { class: 'tool-label' }, label));
    this.path = button('path', t('Path from here'), t('The way from the selected layer to another'), events.path);
    const save = button('save', t('Export graph'), t('Export the graph as a picture'), () => openMenu([
      { label: t('As SVG…'), run: events.exportSvg },
      { label: t('As PNG…'), run: events.exportPng },
    ], save));
    save.setAttribute('aria-haspopup', 'menu');
    this.explain = button('picture', t('Explain a picture…'), t('Explain what the model sees in a picture'), events.explainPicture);
    this.element = h('div', { class: 'toolbar', attributes: { role: 'toolbar', 'aria-label': t('Model') } },
      search, this.path, save, button('compare', t('Compare with…'), t('Compare with another model'), events.compare), this.explain);
  }

  /** What can be done with this model, and whether a path is open. */
  update(can: { readonly explain: boolean; readonly path: boolean; readonly pathOpen: boolean }): void {
    this.explain.hidden = !can.explain;
    this.path.disabled = !can.path;
    this.path.setAttribute('aria-pressed', String(can.pathOpen));
  }
}
