/** What the edit changed: the explained class before and after, and the classes that rose and fell. */
import type { WhatIfResult } from '../../../protocol/whatIf';
import { h, replace } from '../../common/dom';
import { formatPercent, formatValue } from '../../common/format';
import { t } from '../../common/strings';

const shownClasses = 4;

export class Answer {
  readonly element: HTMLElement;

  constructor() {
    this.element = h('div', { class: 'what-if-answer', attributes: { role: 'group', 'aria-label': t('What the change does') } });
    this.clear();
  }

  clear(hint = ''): void {
    delete this.element.dataset.state;
    replace(this.element, h('p', { class: 'muted what-if-hint' }, hint));
  }

  fail(message: string, remedy?: string): void {
    this.element.dataset.state = 'failed';
    replace(this.element, h('p', { class: 'what-if-error', attributes: { role: 'alert' } }, message, remedy && h('span', { class: 'muted' }, ` ${remedy}`)));
  }

  show(result: WhatIfResult): void {
    const { before, after, scale, changed, milliseconds } = result;
    this.element.dataset.state = 'answered';
    const figure = scale === 'probability' ? formatPercent : formatValue;
    const classes = strongest(result.classes), shares = before.prediction.kind === 'probabilities', classFigure = shares ? formatPercent : formatValue, largest = shares ? 1 : Math.max(...classes.flatMap((one) => [Math.abs(one.before), Math.abs(one.after)]), 1e-30);
    const top = before.prediction.top[0]?.index, now = after.prediction.top[0];
    replace(this.element,
      h('div', { class: 'what-if-main' },
        h('span', { class: 'what-if-label', title: result.targetWords }, result.targetWords),
        h('span', { class: 'what-if-figures numeric' }, h('span', {}, figure(before.score)), h('span', { class: 'muted', attributes: { 'aria-hidden': true } }, ' → '), h('strong', {}, figure(after.score)), arrow(after.score - before.score, scale)),
        bar(before.score, after.score, scale === 'probability' ? 1 : Math.max(Math.abs(before.score), Math.abs(after.score), 1e-30)),
        h('span', { class: 'muted what-if-note' }, [
          t('{0} of the view changed', formatPercent(changed)), now && now.index !== top ? t('now first: {0}', now.label) : t('still first: {0}', now?.label ?? ''), `${Math.round(milliseconds)}\u202fms`,
        ].join(' · '))),
      h('ul', { class: 'what-if-classes' }, ...classes.map((one) => h('li', { class: one.index === now?.index ? 'first' : '' },
        h('span', { class: 'what-if-label', title: one.label }, one.label || t('class {0}', one.index)),
        h('span', { class: 'what-if-figures numeric' }, h('span', { class: 'muted' }, classFigure(one.before)), h('span', { class: 'muted', attributes: { 'aria-hidden': true } }, ' → '), classFigure(one.after), arrow(one.after - one.before, shares ? 'probability' : 'score')),
        bar(one.before, one.after, largest)))));
  }
}

/** The change in a sentence. */
export function answerInWords({ targetWords, before, after, scale }: WhatIfResult): string {
  const figure = scale === 'probability' ? formatPercent : formatValue, now = after.prediction.top[0]?.label ?? '';
  const [from, to] = [figure(before.score), figure(after.score)];
  const first = from === to ? t('{0} stays at {1}.', targetWords, to) : after.score < before.score ? t('{0} falls from {1} to {2}.', targetWords, from, to) : t('{0} rises from {1} to {2}.', targetWords, from, to);
  return `${first} ${after.prediction.top[0]?.index === before.prediction.top[0]?.index ? t('The first class stays {0}.', now) : t('The first class is now {0}.', now)}`;
}

/** The classes with the highest values before or after, in the order they have now. */
function strongest(classes: WhatIfResult['classes']): WhatIfResult['classes'] {
  return [...classes].sort((a, b) => Math.max(b.before, b.after) - Math.max(a.before, a.after)).slice(0, shownClasses).sort((a, b) => b.after - a.after);
}

function arrow(difference: number, scale: WhatIfResult['scale']): HTMLElement {
  const still = scale === 'probability' ? Math.abs(difference) < 0.0005 : difference === 0;
  return h('span', { class: `what-if-arrow ${still ? 'same' : difference > 0 ? 'up' : 'down'}`, attributes: { 'aria-hidden': true } }, still ? '=' : difference > 0 ? '▲' : '▼');
}

/** What it was as an outline, what it is now as a bar. */
function bar(before: number, after: number, largest: number): HTMLElement {
  const share = (value: number): string => `${Math.max(0, Math.min(1, Math.abs(value) / largest)) * 100}%`;
  const was = h('span', { class: 'was' }), is = h('span', { class: 'is' });
  was.style.width = share(before);
  is.style.width = share(after);
  return h('span', { class: 'what-if-bar', attributes: { 'aria-hidden': true } }, is, was);
}
