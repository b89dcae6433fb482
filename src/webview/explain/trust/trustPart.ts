/** "How far to trust this map": a verdict with its reasons, the figures behind it, and how methods agree. */
import './trust.css';
import type { ReportSection } from '../../../protocol/keep';
import type { Verdict, Words } from '../../../protocol/trust';
import { h, replace } from '../../common/dom';
import { formatDuration, formatValue } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import type { Part, Workbench } from '../workbench';
import { agreementMatrix, missingMethods, type AgreementBy } from './agreementMatrix';
import { figureRow, pendingRow, skippedList } from './figureRow';
import { Measuring } from './measuring';

export function trustPart(workbench: Workbench): Part {
  const element = h('section', { class: 'block trust-figures', attributes: { hidden: true, 'aria-label': t('How far to trust this map') } });
  const view = new TrustView(workbench, element);
  return {
    place: 'aside', element,
    onStarted: () => view.measuring.stop(),
    onSubject: () => view.measuring.stop(),
    onFinished: ({ map, record }) => { if (map) view.measuring.begin(record); },
    reportSections: () => view.reportSections(),
  };
}

class TrustView {
  readonly measuring: Measuring;
  private readonly head = h('div');
  private readonly key = figureKey();
  private readonly measured = h('div', { class: 'figures' });
  private readonly coming = h('div', { class: 'figures' });
  private readonly agreement = h('div', { class: 'agreement-block' });
  /** What each part of the section was last drawn from: it is left alone, with its focus, while that is the same. */
  private readonly drawnFrom = new Map<HTMLElement, readonly unknown[]>();
  private readonly opened = new Set<string>();
  private by: AgreementBy = 'rank';
  private drawn = false;

  constructor(private readonly workbench: Workbench, private readonly element: HTMLElement) {
    this.measuring = new Measuring(workbench, () => this.schedule());
    replace(element, h('h2', {}, t('How far to trust this map')), this.head, this.key, this.measured, this.coming, this.agreement);
  }

  reportSections(): readonly ReportSection[] {
    const { figures, verdict } = this.measuring;
    if (!verdict || figures.length === 0) return [];
    const optional = (value: number | undefined): string => (value === undefined ? '–' : formatValue(value));
    return [{
      title: t('How far to trust this map'), words: [verdict.headline, ...verdict.reasons].map(say).join(' '),
      head: [t('Figure'), t('This map'), t('Random map'), t('Edges'), t('Better')],
      rows: figures.map((figure) => [t(figure.title), formatValue(figure.value), optional(figure.random), optional(figure.edges), figure.better === 'higher' ? t('higher') : t('lower')]),
    }];
  }

  /** Many answers may come between two frames: they are drawn once. */
  private schedule(): void {
    if (this.drawn) return;
    this.drawn = true;
    requestAnimationFrame(() => {
      this.drawn = false;
      this.draw();
    });
  }

  private draw(): void {
    const { stage, verdict, failure } = this.measuring, before = document.body.dataset.trust;
    document.body.dataset.trust = stage;
    this.element.hidden = stage === 'none';
    if (stage === 'none') return;
    if (this.changed(this.head, [stage, verdict, failure])) {
      replace(this.head, this.verdictBlock(verdict), failure !== undefined && h('p', { class: 'trust-failure' }, icon('error'), ` ${failure}`), this.controls());
    }
    this.drawFigures();
    this.drawAgreement();
    if (stage === 'done' && before !== 'done' && verdict) this.workbench.announce(`${say(verdict.headline)} ${verdict.reasons.map(say).join(' ')}`);
  }

  private verdictBlock(verdict: Verdict | undefined): HTMLElement {
    if (!verdict) return h('p', { class: 'trust-verdict muted' }, t('Measuring…'));
    return h('div', { class: `trust-verdict ${verdict.level}`, attributes: { 'data-level': verdict.level } },
      h('p', { class: 'headline' }, icon(verdict.level === 'good' ? 'check' : verdict.level === 'unknown' ? 'info' : 'warning'), h('strong', {}, say(verdict.headline))),
      h('ul', { class: 'reasons' }, ...verdict.reasons.map((reason) => h('li', { class: reason.speaks },
        icon(reason.speaks === 'for' ? 'plus' : 'minus'), h('span', { class: 'sr-only' }, reason.speaks === 'for' ? t('in favour:') : t('against it:')), h('span', {}, say(reason))))));
  }

  /** What runs, and what can be started or stopped. */
  private controls(): HTMLElement | false {
    const { measuring } = this, { stage } = measuring;
    const button = (label: string, run: () => void): HTMLElement => h('button', { class: 'link', attributes: { type: 'button' }, on: { click: run } }, label);
    if (stage === 'quick' || stage === 'slow') return h('p', { class: 'trust-controls muted' }, h('span', {}, t('Measured in the background')), button(t('Stop'), () => measuring.cancel()));
    if (stage === 'waiting') {
      return h('p', { class: 'trust-controls' }, h('span', { class: 'muted' }, t('Two figures make the map again many times.')),
        button(t('Measure them (about {0})', formatDuration(measuring.slowMs)), () => void measuring.measureSlow()));
    }
    return (stage === 'cancelled' || stage === 'failed') && h('p', { class: 'trust-controls' }, h('span', { class: 'muted' }, stage === 'cancelled' ? t('Stopped before all was measured.') : ''), button(t('Measure again'), () => this.again()));
  }

  private again(): void {
    const { result } = this.workbench;
    if (result) this.measuring.begin(result.record);
  }

  private changed(part: HTMLElement, from: readonly unknown[]): boolean {
    const before = this.drawnFrom.get(part);
    this.drawnFrom.set(part, from);
    return !before || before.length !== from.length || from.some((item, index) => item !== before[index]);
  }

  private drawFigures(): void {
    const { figures, planned, skipped, running, stage } = this.measuring, before = this.drawnFrom.get(this.measured) ?? [];
    if (this.changed(this.measured, figures)) {
      // Figures are only added, until another map has its own.
      const kept = before.every((figure, index) => figure === figures[index]) ? before.length : 0;
      if (kept === 0) replace(this.measured);
      this.measured.append(...figures.slice(kept).map((figure) => figureRow(figure, this.opened.has(figure.id), (open) => { if (open) this.opened.add(figure.id); else this.opened.delete(figure.id); })));
    }
    this.key.hidden = figures.length === 0;
    const missing = stage === 'quick' || stage === 'slow' ? planned.filter(({ id }) => !figures.some((figure) => figure.id === id) && !skipped.some((item) => item.id === id)) : [];
    if (this.changed(this.coming, [running, skipped, ...missing])) {
      replace(this.coming, ...missing.map((metric) => pendingRow(metric, running?.metric === metric.id ? running.done : undefined)), skippedList(skipped));
    }
  }

  private drawAgreement(): void {
    const { agreement, comparing } = this.measuring, { workbench } = this;
    if (!this.changed(this.agreement, [agreement, comparing, this.by, workbench.state?.method])) return;
    const focused = this.agreement.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.by : undefined;
    const choice = (by: AgreementBy, label: string): HTMLElement => h('button', { class: 'icon-button', attributes: { type: 'button', 'aria-pressed': String(this.by === by), 'data-by': by }, on: { click: () => { this.by = by; this.schedule(); } } }, label);
    replace(this.agreement,
      h('h3', { class: 'muted' }, t('Agreement of methods')),
      agreement.length > 1 && h('div', { class: 'agreement-by', attributes: { role: 'group' } }, choice('rank', t('Rank correlation')), choice('overlap', t('Top tenth'))),
      agreement.length > 0 && agreementMatrix(agreement, this.by, workbench.state?.method, (method) => { if (method !== workbench.state?.method) workbench.explain({ method }); }),
      missingMethods(agreement),
      h('p', { class: 'trust-controls' }, comparing
        ? h('button', { class: 'link', attributes: { type: 'button' }, on: { click: () => this.measuring.cancelCompare() } }, t('Stop comparing'))
        : h('button', { class: 'link compare-methods', attributes: { type: 'button' }, on: { click: () => void this.measuring.compare() } }, agreement.length ? t('Compare again') : t('Compare with other methods')),
      comparing && h('span', { class: 'muted' }, t('{0} maps so far', agreement.length))));
    if (focused !== undefined) this.agreement.querySelector<HTMLElement>(`[data-by="${CSS.escape(focused)}"]`)?.focus();
  }
}

/** What the marks in the bars stand for. */
function figureKey(): HTMLElement {
  return h('p', { class: 'key muted', attributes: { 'aria-hidden': true, hidden: true } },
    h('span', { class: 'key-bar' }), t('This map'), h('span', { class: 'mark random' }), t('Random map'), h('span', { class: 'mark edges' }), t('Edges'));
}

function say({ text, values }: Words): string {
  return t(text, ...values);
}

