/** Below the picture: how the map is shown, what its colours mean, and the value under the cursor. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { colorMaps, colorTable, type ColorMapName } from '../../tensor/colormap';
import { h, replace } from '../common/dom';
import { formatPercent, formatValue } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';
import type { Reading, ViewOptions } from './pictureView';

export interface ViewEvents {
  onChange(options: ViewOptions): void;
  /** The picture alone, while the button is held. */
  onBare(bare: boolean): void;
}

export interface Legend { readonly colorMap: ColorMapName; readonly signed: boolean; readonly largest: number }

export class ViewControls {
  readonly element: HTMLElement;
  private readonly slider = h('input', { attributes: { type: 'range', min: 0, max: 100, step: 1, 'aria-label': t('Opacity of the map') } });
  private readonly select = h('vscode-single-select', { attributes: { label: t('Colours'), position: 'above' } });
  private readonly sign = h('button', { class: 'icon-button', attributes: { type: 'button', 'aria-pressed': 'true' } }, t('± sign'));
  private readonly bar = h('canvas', { class: 'legend-bar', attributes: { width: 256, height: 1, 'aria-hidden': true } });
  private readonly low = h('span', { class: 'numeric' });
  private readonly high = h('span', { class: 'numeric' });
  private readonly legend = h('div', { class: 'legend', attributes: { hidden: true } }, this.low, this.bar, this.high);
  private readonly reading = h('output', { class: 'reading numeric muted' });
  private options: ViewOptions = { opacity: 0.7, colorMap: 'auto', signed: true };

  constructor(private readonly events: ViewEvents) {
    for (const [value, label] of [['auto', t('Automatic')], ...Object.keys(colorMaps).map((name) => [name, name])] as const) {
      this.select.append(h('vscode-option', { attributes: { value } }, label));
    }
    const peek = h('button', { class: 'icon-button', title: t('Hold to see the picture without the map'), attributes: { type: 'button', 'aria-label': t('Picture without the map') } }, icon('eye'));
    const bare = (on: boolean) => () => events.onBare(on);
    for (const name of ['pointerdown'] as const) peek.addEventListener(name, bare(true));
    for (const name of ['pointerup', 'pointerleave', 'blur'] as const) peek.addEventListener(name, bare(false));
    peek.addEventListener('keydown', (event) => { if (event.key === ' ' || event.key === 'Enter') events.onBare(true); });
    peek.addEventListener('keyup', bare(false));
    this.slider.addEventListener('input', () => this.change({ opacity: Number(this.slider.value) / 100 }));
    this.select.addEventListener('change', () => this.change({ colorMap: this.select.value }));
    this.sign.title = t('Show evidence for and against in different colours');
    this.sign.addEventListener('click', () => this.change({ signed: !this.options.signed }));
    this.element = h('div', { class: 'view-controls' },
      h('label', { class: 'opacity' }, h('span', { class: 'muted' }, t('Opacity')), this.slider),
      h('div', { class: 'colors' }, this.select), this.sign, peek, this.legend, this.reading);
  }

  show(options: ViewOptions): void {
    this.options = options;
    this.slider.value = String(Math.round(options.opacity * 100));
    this.slider.style.setProperty('--filled', `${options.opacity * 100}%`);
    this.select.value = Object.hasOwn(colorMaps, options.colorMap) ? options.colorMap : 'auto';
    this.sign.setAttribute('aria-pressed', String(options.signed));
  }

  /** What the colours mean; `hasSign`: whether the map itself tells for from against. */
  showLegend(legend: Legend | undefined, hasSign: boolean): void {
    this.legend.hidden = !legend;
    this.sign.disabled = !hasSign;
    if (!legend) return;
    const table = colorTable(legend.colorMap), image = new ImageData(256, 1);
    const diverging = colorMaps[legend.colorMap] === 'diverging';
    for (let i = 0; i < 256; i++) {
      // What heatmapToRgba does: a diverging map keeps its lower half for what is against, a sequential one folds the sign.
      const row = diverging ? (legend.signed ? i : 127 + (i >> 1)) : legend.signed ? Math.min(255, Math.abs(2 * i - 255)) : i;
      image.data.set([table[3 * row]!, table[3 * row + 1]!, table[3 * row + 2]!, 255], 4 * i);
    }
    this.bar.getContext('2d')!.putImageData(image, 0, 0);
    this.low.textContent = legend.signed ? t('against') : '0';
    this.high.textContent = legend.signed ? t('for') : t('strong');
    this.legend.title = t('Largest absolute value: {0}', formatValue(legend.largest));
  }

  showReading(reading: Reading | undefined): void {
    if (!reading) return replace(this.reading);
    const where = `${reading.x}, ${reading.y}`;
    if (reading.value === undefined) return replace(this.reading, where);
    const share = reading.share === undefined ? '' : ` · ${formatPercent(Math.abs(reading.share))} ${t('of the largest')}`;
    replace(this.reading, `${where} · `, h('strong', {}, `${reading.value > 0 ? '+' : ''}${formatValue(reading.value)}`), share);
  }

  private change(part: Partial<ViewOptions>): void {
    this.show({ ...this.options, ...part });
    this.events.onChange(this.options);
  }
}
