/** Below the picture: the one figure that the view has, the colours and what they mean; over its corner the value under the cursor. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { colorMaps } from '../../tensor/colormap';
import { h, replace } from '../common/dom';
import { formatPercent, formatValue } from '../common/format';
import { t } from '../common/strings';
import { LegendView } from './legend';
import type { Legend, Reading, ViewOptions } from './pictureView';

export class ViewControls {
  readonly element: HTMLElement;
  /** The value under the cursor: stands in a corner of the picture. */
  readonly reading = h('output', { class: 'reading numeric', attributes: { hidden: true } });
  /** Said in the other corner where what is seen is not what was computed. */
  readonly note = h('span', { class: 'reading stage-note', attributes: { hidden: true } }, t('smoothed for display'));
  private readonly label = h('span', { class: 'muted' });
  private readonly figure = h('span', { class: 'numeric muted figure' });
  private readonly slider = h('input', { attributes: { type: 'range', min: 0, max: 100, step: 1 } });
  private readonly amount = h('label', { class: 'amount' }, this.label, this.slider, this.figure);
  private readonly select = h('vscode-single-select', { attributes: { label: t('Colours'), position: 'above' } });
  private readonly colors = h('div', { class: 'colors' }, this.select);
  private readonly legend = new LegendView();
  private options: ViewOptions = { opacity: 0.7, colorMap: 'auto', signed: true };

  constructor(private readonly onChange: (change: Partial<ViewOptions>) => void) {
    for (const [value, label] of [['auto', t('Automatic')], ...Object.keys(colorMaps).map((name) => [name, name])] as const) {
      this.select.append(h('vscode-option', { attributes: { value } }, label));
    }
    this.slider.addEventListener('input', () => {
      const value = Number(this.slider.value) / 100;
      this.onChange(this.options.mode === 'masked' ? { strongest: Math.max(0.01, value) } : { opacity: value });
    });
    this.select.addEventListener('change', () => this.onChange({ colorMap: this.select.value }));
    this.element = h('div', { class: 'view-controls' }, this.amount, this.colors, this.legend.element);
  }

  show(options: ViewOptions): void {
    this.options = options;
    const { mode } = options, masked = mode === 'masked';
    const value = Math.round(100 * (masked ? options.strongest ?? 0.1 : options.opacity));
    this.label.textContent = masked ? t('Strongest') : t('Opacity');
    this.slider.setAttribute('aria-label', masked ? t('Share of the map that stays visible') : t('Opacity of the map'));
    this.slider.value = String(value);
    this.slider.style.setProperty('--filled', `${value}%`);
    this.figure.textContent = `${value}\u202f%`;
    this.amount.hidden = mode === 'contour' || mode === 'sideBySide';
    this.colors.hidden = masked;
    this.select.value = Object.hasOwn(colorMaps, options.colorMap) ? options.colorMap : 'auto';
  }

  showLegend(legend: Legend | undefined): void {
    const { mode, smooth } = this.options;
    this.note.hidden = !legend || !(smooth || mode === 'contour' || mode === 'masked');
    this.legend.show(mode === 'masked' ? undefined : legend);
  }

  showReading(reading: Reading | undefined): void {
    this.reading.hidden = !reading;
    if (!reading) return;
    const { x, y, value, share, rank } = reading, parts = [`${x}, ${y}`];
    if (value === undefined) return replace(this.reading, ...parts);
    const facts = [
      share === undefined ? '' : t('{0} of the largest', formatPercent(Math.abs(share))),
      rank === undefined || rank > 0.5 ? '' : t('top {0}', rank < 0.001 ? formatPercent(rank) : percent(rank)),
    ].filter(Boolean).map((fact) => ` · ${fact}`);
    replace(this.reading, `${parts[0]} · `, h('strong', {}, `${value > 0 ? '+' : ''}${formatValue(value)}`), ...facts);
  }
}

/** '3 %', below one percent with a digit. */
function percent(fraction: number): string {
  return `${fraction < 0.01 ? (100 * fraction).toFixed(1) : Math.round(100 * fraction)}\u202f%`;
}
