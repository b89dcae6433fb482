/** What the map's colours or lines mean, in numbers. */
import { colorMaps, colorTable } from '../../tensor/colormap';
import { h, replace } from '../common/dom';
import { formatPercent, formatValue } from '../common/format';
import { t } from '../common/strings';
import type { Legend } from './pictureView';

export class LegendView {
  readonly element = h('div', { class: 'legend', attributes: { hidden: true } });
  private readonly bar = h('canvas', { class: 'legend-bar', attributes: { width: 256, height: 1, 'aria-hidden': true } });

  show(legend: Legend | undefined): void {
    this.element.hidden = !legend;
    if (legend) replace(this.element, ...(legend.contours ? lines(legend) : this.colors(legend)));
  }

  private colors({ colorMap, signed, largest, scale: { low, high } }: Legend): HTMLElement[] {
    const table = colorTable(colorMap), image = new ImageData(256, 1), diverging = colorMaps[colorMap] === 'diverging';
    for (let i = 0; i < 256; i++) {
      // What heatmapToRgba does: a diverging map keeps its lower half for what is against, a sequential one folds the sign.
      const row = diverging ? (signed ? i : 127 + (i >> 1)) : signed ? Math.min(255, Math.abs(2 * i - 255)) : i;
      image.data.set([table[3 * row]!, table[3 * row + 1]!, table[3 * row + 2]!, 255], 4 * i);
    }
    this.bar.getContext('2d')!.putImageData(image, 0, 0);
    const ticks = high > low ? [signed ? -high : low, signed ? 0 : (low + high) / 2, high] : [low];
    const clipped = high < largest * 0.999;
    this.element.title = clipped ? t('The colours end at the 99th percentile; the strongest 1 % (up to {0}) look the same.', formatValue(largest)) : t('The colours end at the largest value, {0}.', formatValue(largest));
    const words = ticks.map((value, at) => `${at === ticks.length - 1 && clipped ? '≥ ' : ''}${formatValue(value)}`);
    if (signed && high > low) {
      words[0] = `${t('against')} ${words[0]}`;
      words[2] = `${words[2]} ${t('for')}`;
    }
    return [h('div', { class: 'legend-scale' }, this.bar, h('div', { class: 'legend-ticks numeric' }, ...words.map((word) => h('span', {}, word))))];
  }
}

function lines({ contours = [] }: Legend): HTMLElement[] {
  return [
    h('span', { class: 'legend-words muted' }, contours.length ? t('Lines hold') : t('Nothing speaks for it')),
    ...contours.map(({ share, color }) => {
      const swatch = h('span', { class: 'legend-line', attributes: { 'aria-hidden': true } });
      swatch.style.background = color;
      return h('span', { class: 'legend-contour numeric' }, swatch, formatPercent(share).replace(/[.,]0/, ''));
    }),
    ...(contours.length ? [h('span', { class: 'legend-words muted' }, t('of the evidence'))] : []),
  ];
}
