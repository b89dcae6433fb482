/** The mean map of every class, over grey: where the model looks for what, over all pictures. */
import type { ClassAverage } from '../../protocol/many';
import { h, replace } from '../common/dom';
import { formatNumber } from '../common/format';
import { t } from '../common/strings';
import { drawMap } from './pictureCell';

const side = 112;
const most = 60;

export class Averages {
  readonly element = h('section', { class: 'averages', attributes: { 'aria-label': t('Average map of each class') } });

  /** @param onClass shows the pictures of a class. */
  constructor(private readonly onClass: (label: string) => void) {}

  show(averages: readonly ClassAverage[] | undefined): void {
    if (!averages) return replace(this.element, h('p', { class: 'muted hint' }, t('Average maps are there when all pictures are done.')));
    if (averages.length === 0) return replace(this.element, h('p', { class: 'muted hint' }, t('No picture has a map.')));
    replace(this.element,
      h('p', { class: 'muted hint' }, t('Each map is scaled to its own strongest place; then the mean of all pictures for which the class is the most likely one.')),
      h('ul', { class: 'average-list' }, ...averages.slice(0, most).map((average) => h('li', {}, this.tile(average)))),
      averages.length > most && h('p', { class: 'muted hint' }, t('{0} more classes have fewer pictures.', formatNumber(averages.length - most))));
  }

  private tile({ label, index, pictures, map }: ClassAverage): HTMLElement {
    const canvas = h('canvas', { attributes: { width: side, height: side, 'aria-hidden': true } });
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#808080';
    context.fillRect(0, 0, side, side);
    drawMap(context, map, side, side);
    const name = label || t('class {0}', index);
    return h('button', { class: 'average', title: t('Show the pictures of {0}', name), attributes: { type: 'button' }, on: { click: () => this.onClass(label) } }, canvas,
      h('span', { class: 'average-name' }, name), h('span', { class: 'muted numeric' }, t('{0} pictures', formatNumber(pictures))));
  }
}
