/** The prediction under the common preprocessings, to be tried with a click, and what they say together. */
import type { PreprocessingTrial, PreprocessingTrials } from '../../../protocol/preprocessing';
import { h, replace } from '../../common/dom';
import { formatPercent, formatValue } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';

export class Trials {
  readonly element = h('div', { class: 'trials' });
  /** What they say together, to stand where it is seen first. */
  readonly verdict = h('div', { class: 'verdict-place' });

  constructor(private readonly onTry: (trial: PreprocessingTrial) => void) {}

  wait(): void {
    delete this.element.dataset.verdict;
    replace(this.element);
    replace(this.verdict, h('p', { class: 'muted' }, t('Trying the common preprocessings…')));
  }

  fail(message: string): void {
    replace(this.element);
    replace(this.verdict, h('p', { class: 'muted' }, message));
  }

  /** @returns the verdict in words. */
  show(trials: PreprocessingTrials): string {
    const { kind, trial } = trials.verdict, words = verdictWords(trials), better = kind === 'other' || kind === 'hint' ? trials.trials.find(({ id }) => id === trial) : undefined;
    this.element.dataset.verdict = kind;
    replace(this.verdict,
      h('div', { class: `verdict ${kind}` }, icon(kind === 'other' ? 'warning' : kind === 'currentFits' ? 'check' : 'info'),
        h('p', {}, words, better && ' ', better && h('button', { class: 'link', attributes: { type: 'button' }, on: { click: () => this.onTry(better) } }, t('Try it')))));
    replace(this.element, h('ul', {}, ...trials.trials.map((each) => h('li', {}, this.row(each, trials)))));
    return words;
  }

  private row(trial: PreprocessingTrial, { verdict }: PreprocessingTrials): HTMLElement {
    const { top, entropy, evidence } = trial, bar = h('span', { class: 'trial-fill' });
    bar.style.width = `${Math.min(1, Math.max(0, top.probability ?? 0)) * 100}%`;
    const says = top.label || t('class {0}', top.index), figure = top.probability === null ? formatValue(top.value) : formatPercent(top.probability);
    const facts = [
      entropy === null ? '' : t('entropy {0} bits', entropy.toFixed(2)),
      evidence && verdict.pictures > 1 ? t('tells {0} pictures apart by {1} of {2} bits', verdict.pictures, evidence.information.toFixed(2), Math.log2(verdict.pictures).toFixed(2)) : '',
    ].filter(Boolean).join(' · ');
    return h('button', {
      class: `trial${trial.id === verdict.trial && verdict.kind !== 'currentFits' ? ' best' : ''}`, title: `${trial.words}\n${facts}`,
      attributes: { type: 'button', 'aria-pressed': String(trial.current), 'data-trial': trial.id }, on: { click: () => this.onTry(trial) },
    },
    h('span', { class: 'trial-words' }, trial.words, trial.current && h('span', { class: 'muted' }, ` · ${t('now')}`)),
    h('span', { class: 'label' }, says), h('span', { class: 'numeric' }, figure),
    h('span', { class: 'trial-bar', attributes: { 'aria-hidden': true } }, bar));
  }
}

/** A sentence or two; what it rests on is said too. */
function verdictWords({ trials, verdict }: PreprocessingTrials): string {
  const words = (id: string): string => trials.find((trial) => trial.id === id)?.words ?? id, { pictures } = verdict;
  const others = verdict.alike.length ? ` ${t('These do about as well: {0}.', verdict.alike.map(words).join('; '))}` : '';
  switch (verdict.kind) {
    case 'other': return t('This model was probably trained with {0}. Over {1} pictures it tells them apart far better than the present preprocessing does.', words(verdict.trial!), pictures) + others;
    case 'hint': return (pictures === 1 ? t('Perhaps this model was trained with {0}: the model is much surer of this picture then. One picture is only a hint.', words(verdict.trial!)) : t('Perhaps this model was trained with {0}: over {1} pictures it tells them apart somewhat better.', words(verdict.trial!), pictures)) + others;
    case 'currentFits': return t('The present preprocessing fits: over {0} pictures no common one tells them apart clearly better.', pictures) + others;
    case 'unclear': return pictures === 1 ? t('One picture does not tell which preprocessing is right. More pictures in its folder would.') : t('These {0} pictures do not tell which preprocessing is right.', pictures);
  }
}
