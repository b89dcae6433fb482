/** What the model says of a row, of all classes, beside what it said of the row as the table has it. */
import type { TableReading } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { formatPercent, formatValue } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import { best, classText } from './values';

const mostClasses = 8, quietMs = 600;

export interface ShownPrediction {
  readonly own: readonly number[];
  readonly now: readonly number[];
  /** A class's place, or a value. */
  readonly label?: number;
  readonly changed: boolean;
  /** Which output is explained. */
  readonly target: number;
  /** From the move to this answer. */
  readonly took?: number;
}

export class PredictionView {
  readonly element = h('section', { class: 'row-prediction', attributes: { 'aria-label': t('Prediction') } });
  private readonly bars = h('div', { class: 'row-bars' });
  private readonly flags = h('span', { class: 'row-flags' });
  private readonly words = h('p', { class: 'row-verdict' });
  private readonly spoken = h('p', { class: 'sr-only', attributes: { role: 'status' } });
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly choose: (output: number) => void) {
    replace(this.element, h('div', { class: 'row-section-head' }, h('h2', {}, t('Prediction')), this.flags), this.words, this.bars, this.spoken);
  }

  clear(): void {
    clearTimeout(this.timer);
    for (const part of [this.flags, this.words, this.bars]) replace(part);
    delete this.element.dataset.took;
  }

  show(reading: TableReading, shown: ShownPrediction): void {
    const text = reading.task === 'classification' ? this.classes(reading, shown) : this.values(reading, shown);
    if (shown.took !== undefined) this.element.dataset.took = shown.took.toFixed(1);
    // Spoken when the sliders rest.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.spoken.textContent = text; }, quietMs);
  }

  private classes({ outputs }: TableReading, { own, now, label, changed, target }: ShownPrediction): string {
    const single = outputs.length === 1, before = best(own), after = best(now), flipped = single ? own[0]! > 0.5 !== now[0]! > 0.5 : before !== after, name = (place: number): string => outputs[place] ?? String(place);
    const sure = classText(outputs, now), truth = label === undefined || Number.isNaN(label) ? undefined : label === before ? t('the table says so too') : t('the table says {0}', name(label));
    const words = flipped ? t('Now {0}; as the table has it, {1}.', sure, classText(outputs, own)) : changed ? t('Still {0}; as the table has it, {1}.', sure, formatPercent(own[before]!)) : truth === undefined ? t('{0}.', sure) : t('{0}; {1}.', sure, truth);
    replace(this.flags, flipped && h('span', { class: 'row-flip' }, icon('swap'), t('Another class')), label !== undefined && !Number.isNaN(label) && label !== before && !changed && h('span', { class: 'row-wrong' }, icon('warning'), t('Not as labelled')));
    replace(this.words, words);
    const order = outputs.map((_, place) => place), shown = outputs.length <= mostClasses ? order : [...order].sort((a, b) => now[b]! - now[a]!).slice(0, mostClasses);
    replace(this.bars, ...shown.map((place) => this.bar(name(place), own[place]!, now[place]!, { changed, chosen: place === target, said: place === after, choose: () => this.choose(place) })),
      shown.length < outputs.length && h('p', { class: 'muted' }, t('{0} other classes together {1}', outputs.length - shown.length, formatPercent(Math.max(0, 1 - shown.reduce((sum, place) => sum + now[place]!, 0))))));
    return words;
  }

  private bar(name: string, own: number, now: number, { changed, chosen, said, choose }: { changed: boolean; chosen: boolean; said: boolean; choose: () => void }): HTMLElement {
    const fill = h('span', { class: 'fill' }), mark = h('span', { class: 'row-before', title: t('As the table has it: {0}', formatPercent(own)) });
    fill.style.width = `${100 * Math.min(1, Math.max(0, now))}%`;
    mark.style.left = `${100 * Math.min(1, Math.max(0, own))}%`;
    return h('button', { class: said ? 'row-bar said' : 'row-bar', title: t('Explain {0}', name), attributes: { type: 'button', 'aria-pressed': String(chosen), 'data-class': name }, on: { click: choose } },
      h('span', { class: 'row-bar-name' }, name), h('span', { class: 'row-bar-track', attributes: { 'aria-hidden': true } }, fill, changed && mark), h('span', { class: 'numeric row-bar-value', attributes: { 'data-value': now } }, formatPercent(now)));
  }

  private values({ outputs }: TableReading, { own, now, label, changed, target }: ShownPrediction): string {
    replace(this.bars, ...outputs.map((name, place) => h('button', { class: 'row-bar', attributes: { type: 'button', 'aria-pressed': String(place === target), 'data-class': name }, on: { click: () => this.choose(place) } },
      h('span', { class: 'row-bar-name' }, name), h('strong', { class: 'numeric row-bar-value', attributes: { 'data-value': now[place]! } }, formatValue(now[place]!)), changed && h('span', { class: 'muted numeric' }, signed(now[place]! - own[place]!)))));
    const words = [changed ? t('{0}; as the table has it, {1}.', formatValue(now[target]!), formatValue(own[target]!)) : t('{0}.', formatValue(now[target]!)), label !== undefined && !Number.isNaN(label) && outputs.length === 1 && t('The table says {0}.', formatValue(label))].filter(Boolean).join(' ');
    replace(this.words, words);
    return words;
  }
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${formatValue(Math.abs(value))}`;
}
