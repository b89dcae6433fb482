/** What the model says: its top classes as bars. A click explains that class, or why it is not that class. */
import type { Prediction } from '../../protocol/engine';
import { h, replace } from '../common/dom';
import { formatPercent, formatValue } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';

const shown = 5;

export class Predictions {
  readonly element: HTMLElement;
  private readonly list = h('ul', { class: 'predictions' });
  private readonly note = h('p', { class: 'muted note' });
  private buttons = new Map<number, HTMLElement>();
  private rathers = new Map<number, HTMLElement>();

  constructor(private readonly events: { onChoose(classIndex: number): void; /** Why the explained class rather than this one. */ onRather(classIndex: number): void }) {
    this.element = h('section', { class: 'block' }, h('h2', {}, t('Prediction')), this.list, this.note);
    this.clear();
  }

  clear(): void {
    this.buttons.clear();
    replace(this.list, ...Array.from({ length: 3 }, () => h('li', { class: 'placeholder', attributes: { 'aria-hidden': true } })));
    replace(this.note);
  }

  /** @param contrast whether the target is already a class rather than another. */
  show(prediction: Prediction, target: number, contrast: boolean): void {
    const top = prediction.top.slice(0, shown);
    const largest = Math.max(...top.map(({ value }) => Math.abs(value)), 1e-30);
    this.buttons.clear();
    this.rathers.clear();
    replace(this.list, ...top.map((score) => {
      const { probability } = score;
      const fraction = probability ?? Math.abs(score.value) / largest;
      const bar = h('span', { class: 'track' }, h('span', { class: 'fill' }));
      (bar.firstElementChild as HTMLElement).style.width = `${Math.min(1, Math.max(0, fraction)) * 100}%`;
      const figure = probability === null ? formatValue(score.value) : formatPercent(probability);
      const hint = [t('class {0}', score.index), score.logit === null ? '' : `${t('logit')} ${formatValue(score.logit)}`, `${t('output')} ${formatValue(score.value)}`].filter(Boolean).join(' · ');
      const button = h('button', { class: 'prediction', title: `${score.label}\n${hint}`, attributes: { type: 'button', 'aria-pressed': String(score.index === target) }, on: { click: () => this.events.onChoose(score.index) } },
        h('span', { class: 'label' }, score.label || t('class {0}', score.index)), h('span', { class: 'figure numeric' }, figure), bar);
      this.buttons.set(score.index, button);
      const name = score.label || t('class {0}', score.index), why = t('Why not “{0}”?', name);
      const rather = h('button', { class: 'icon-button rather', title: `${why}\n${t('Explains the difference of the two scores')}`, attributes: { type: 'button', 'aria-label': why, hidden: score.index === target && !contrast }, on: { click: () => this.events.onRather(score.index) } }, icon('contrast'));
      this.rathers.set(score.index, rather);
      return h('li', {}, button, rather);
    }));
    const facts = [
      prediction.kind === 'scores' ? t('scores, not probabilities') : '',
      prediction.labelSource === null ? t('no labels found') : t('labels: {0}', prediction.labelSource),
      prediction.margin === null ? '' : t('margin {0}', formatPercent(prediction.margin)),
      prediction.entropy === null ? '' : t('entropy {0} bits', prediction.entropy.toFixed(2)),
    ];
    replace(this.note, facts.filter(Boolean).join(' · '));
  }

  /** Marks the class that is explained. */
  mark(target: number): void {
    for (const [index, button] of this.buttons) button.setAttribute('aria-pressed', String(index === target));
    for (const [index, rather] of this.rathers) rather.hidden = index === target;
  }
}
