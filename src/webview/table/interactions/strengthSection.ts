/** Which pairs of features do together what neither does alone: a matrix and a ranked list. A click chooses a pair. */
import type { ExplainTableResult, Interactions } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { t } from '../../common/strings';
import { labelled, select } from '../controls';
import { Chart } from '../plot';
import { RunStatus } from '../runStatus';
import { scoreName } from '../session';
import type { TablePage, TableSession } from '../tab';
import { checkWords } from '../checkWords';
import { pairMatrix, rankedPairs } from './strengthCharts';

const statistics = ['unnormalised', 'h', 'h2'] as const;
type Statistic = (typeof statistics)[number];

export class StrengthSection {
  private readonly status: RunStatus;
  private readonly matrix = new Chart();
  private readonly ranked = new Chart();
  private readonly controls = h('div', { class: 'tab-controls' });
  private readonly words = h('div', {});
  private readonly charts = h('div', { class: 'strength-pair', attributes: { hidden: true } }, this.ranked.element, this.matrix.element);
  readonly element: HTMLElement;
  private session: TableSession | undefined;
  private finding: Interactions | undefined;
  private record: ExplainTableResult['record'] | undefined;
  private pair: readonly [number, number] | undefined;
  private statistic: Statistic = 'unnormalised';
  private maxFeatures = 8;

  /** @param choosePair told when a pair is clicked, and the strongest one when all are known. */
  constructor(private readonly page: TablePage, private readonly choosePair: (pair: readonly [number, number], byReader: boolean) => void) {
    this.status = new RunStatus({ again: () => void this.run(), showLog: () => page.showLog() });
    this.element = h('section', { class: 'tab-section', attributes: { 'aria-label': t('Interactions') } }, h('h2', {}, t('What pairs of features do together')), this.controls, this.status.element, this.words, this.charts);
  }

  begin(session: TableSession | undefined): void {
    this.session = session;
    this.finding = this.record = this.pair = undefined;
    this.status.drop();
    this.draw();
  }

  /** Finds out; resolves when it has ended in whatever way. */
  async run(): Promise<void> {
    const mine = this.session;
    if (!mine) return;
    this.finding = this.record = undefined;
    this.drawControls();
    this.draw();
    const without = mine.without('interaction'), says = t('Looking at features alone and in pairs');
    if (without !== undefined) return replace(this.words, h('p', { class: 'muted' }, without));
    await this.status.run(says, mine.signal, async (signal) => {
      const found = await mine.explain({ method: 'interaction', parameters: { statistic: this.statistic, maxFeatures: this.maxFeatures } }, signal, (value) => {
        if (value.type !== 'partial' || this.session !== mine) return;
        this.status.progress(says, value.done, value.total);
        if (value.finding?.kind !== 'interactions') return;
        this.finding = value.finding;
        this.draw();
      });
      if (this.session !== mine || found.finding.kind !== 'interactions') return;
      this.finding = found.finding;
      this.record = found.record;
      const strongest = found.finding.pairs[0]?.features;
      if (strongest && !this.pair) this.choosePair(strongest, false);
    });
    if (this.session === mine) this.draw();
  }

  /** The pair that is looked at elsewhere. */
  show(pair: readonly [number, number]): void {
    this.pair = pair;
    this.draw();
  }

  private draw(): void {
    const { finding, session } = this;
    this.charts.hidden = !finding || finding.pairs.length === 0;
    replace(this.words, ...(this.record ? checkWords([this.record]) : []));
    if (!finding || !session || finding.pairs.length === 0) return;
    const view = {
      finding, features: session.features, unit: this.statistic === 'unnormalised' ? t('change of the {0} that is not additive', scoreName(session)) : this.statistic === 'h' ? 'H' : 'H²', keep: this.page,
      ...(this.pair && { chosen: this.pair }), choosePair: (a: number, b: number) => this.choosePair([a, b], true),
    };
    for (const [chart, { options, about }] of [[this.ranked, rankedPairs(view)], [this.matrix, pairMatrix(view)]] as const) chart.show(options, about);
  }

  private drawControls(): void {
    const texts: Record<Statistic, string> = { unnormalised: t('in the unit of the score'), h: t('H: as a share of what the pair does'), h2: t('H²: as a share of its variance') };
    const count = h('input', { class: 'seed', attributes: { type: 'number', min: 2, max: 40, step: 1, value: this.maxFeatures, name: 'maxFeatures' } });
    count.addEventListener('change', () => { this.maxFeatures = Math.min(40, Math.max(2, Math.round(Number(count.value) || 8))); void this.run(); });
    replace(this.controls, labelled(t('Strength'), select(statistics.map((id) => [id, texts[id]]), this.statistic, (value) => { this.statistic = value as Statistic; void this.run(); })), labelled(t('Features that move the score most'), count));
  }
}
