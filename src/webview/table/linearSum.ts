/** A sum of few features that answers as the model does: how many it takes, and what each adds. */
import * as Plot from '@observablehq/plot';
import type { Surrogate } from '../../protocol/table';
import { h, replace } from '../common/dom';
import { formatPercent, formatValue } from '../common/format';
import { t } from '../common/strings';
import { showFidelity } from './fidelityChart';
import { Chart, type Keeping } from './plot';
import { ink } from './plotColors';
import type { TableSession } from './tab';

/** Features a person still takes in at once. */
const usualSize = 5;

export class LinearSum {
  private readonly fidelity = new Chart();
  private readonly bars = new Chart();
  private readonly words = h('p', { class: 'sentence' });
  private readonly charts = h('div', { class: 'surrogate-charts' }, this.fidelity.element, this.bars.element);
  readonly element = h('section', { class: 'linear-sum', attributes: { 'aria-label': t('Sum of few features') } });
  private size: number | undefined;

  constructor(private readonly keep: Keeping) {}

  clear(words: string): void {
    replace(this.element, words !== '' && h('h2', {}, t('Sum of few features')), words !== '' && h('p', { class: 'muted' }, words));
  }

  show(found: Surrogate, session: TableSession): void {
    if (!found.linear || found.fidelity.length === 0) return this.clear(t('No sum of features answers as the model does: only numbers can be added up, and none of them helps.'));
    replace(this.element, h('h2', {}, t('Sum of few features')), this.words, this.charts);
    this.draw(found, session, Math.min(this.size ?? usualSize, found.fidelity.length));
  }

  /** What can be kept of it, for menus. */
  exports(): ReturnType<Chart['exports']> {
    return this.charts.isConnected ? this.bars.exports() : [];
  }

  private draw(found: Surrogate, session: TableSession, size: number): void {
    const { reading, features, target, targetName } = session, { linear } = found, sum = linear?.steps?.[size - 1] ?? linear, deviations = linear?.deviations;
    if (!sum) return;
    const output = sum.coefficients.length === 1 ? 0 : Math.min(target, sum.coefficients.length - 1), classes = reading.task === 'classification', held = found.fidelity[size - 1]?.heldOut ?? NaN;
    const parts = (sum.coefficients[output] ?? []).flatMap((coefficient, feature) => (coefficient === 0 ? [] : [{ feature, name: features[feature]?.name ?? String(feature), coefficient, effect: coefficient * (deviations?.[feature] ?? 1) }])).sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
    this.words.textContent = `${classes
      ? t('{0} + what each of {1} features adds: the class with the largest sum is the model’s for {2} of held-out rows.', formatValue(sum.intercept[output] ?? NaN), size, formatPercent(held))
      : t('{0} + what each of {1} features adds explains {2} of the variance of the model’s answers on held-out rows.', formatValue(sum.intercept[output] ?? NaN), size, formatPercent(held))} ${t('Categories have no place in a sum and are left out.')}`;
    showFidelity(this.fidelity, found.fidelity, {
      title: t('Agreement by number of features'), axis: t('Features'), measure: classes ? t('How often the sum gives the class that the model gives.') : t('How much of the variance of the model’s answers the sum explains (R²).'),
      chosen: size, keep: this.keep, choose: (next) => { this.size = next; this.draw(found, session, next); },
    });
    const low = Math.min(0, ...parts.map(({ effect }) => effect)), high = Math.max(0, ...parts.map(({ effect }) => effect));
    const unit = classes ? t('change of the probability of {0} for one standard deviation more', targetName) : t('change of {0} for one standard deviation more', targetName);
    this.bars.show((width) => ({
      height: 46 + 24 * parts.length + 20, marginLeft: Math.min(180, Math.max(90, width * 0.28)), marginTop: 8, marginBottom: 44, marginRight: 14,
      x: { label: t('For one standard deviation'), labelAnchor: 'center', labelArrow: 'none', grid: true, domain: [low - 0.3 * (high - low) * Number(low < 0), high + 0.22 * (high - low) * Number(high > 0)], ticks: Math.max(3, Math.floor(width / 110)) }, y: { label: null, domain: parts.map(({ name }) => name), tickFormat: (name: string) => (name.length > 24 ? `${name.slice(0, 23)}…` : name) },
      marks: [
        Plot.barX(parts, { x: 'effect', y: 'name', fill: (part: { effect: number }) => (part.effect > 0 ? ink.for : ink.against), insetTop: 3, insetBottom: 3, ariaLabel: () => 'coefficients' }),
        Plot.text(parts, { x: 'effect', y: 'name', text: (part: { effect: number }) => formatValue(part.effect).replace(/^-/, '−'), textAnchor: 'start', dx: 4, filter: (part: { effect: number }) => part.effect >= 0 }),
        Plot.text(parts, { x: 'effect', y: 'name', text: (part: { effect: number }) => formatValue(part.effect).replace(/^-/, '−'), textAnchor: 'end', dx: -4, filter: (part: { effect: number }) => part.effect < 0 }),
        Plot.ruleX([0], { stroke: ink.muted }),
      ],
    }), {
      title: t('What each feature adds to {0}', targetName), description: unit, keep: this.keep, choose: { coefficients: (place) => { const part = parts[place]; if (part) session.chooseFeature(part.feature, 'features'); } },
      table: { head: [t('Feature'), t('Coefficient'), t('Standard deviation'), t('For one standard deviation')], rows: parts.map(({ name, feature, coefficient, effect }) => [name, coefficient, deviations?.[feature] ?? NaN, effect]), choose: (place) => { const part = parts[place]; if (part) session.chooseFeature(part.feature, 'features'); } },
    });
  }
}
