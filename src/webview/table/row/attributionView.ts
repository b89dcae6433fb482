/** Why a row gets its score: a method is chosen, runs, streams, and says how far it adds up. */
import type { ExplainTableParams, ExplainTableResult, TableFinding } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import { labelled, select } from '../controls';
import { RunStatus } from '../runStatus';
import type { TablePage, TableSession } from '../tab';
import { AttributionCharts } from './attributionCharts';
import { changedFeatures, type RowValues } from './values';

type Space = NonNullable<ExplainTableParams['space']>;

/** The methods that say what each feature adds to a row's score, in the order they are offered. */
const methods = ['exact-shap', 'kernel-shap', 'permutation-shap', 'lime', 'integrated-gradients', 'deeplift'];
/** Of more features, all combinations take long; of many more, even a part of them. */
const mostExact = 12, mostKernel = 200;

export interface AttributedRow {
  readonly number: number;
  readonly own: RowValues;
  readonly values: RowValues;
  /** Place of the explained output. */
  readonly target: number;
}

export class AttributionView {
  readonly element = h('section', { class: 'row-attribution', attributes: { 'aria-label': t('What adds up to the score') } });
  private readonly controls = h('div', { class: 'row-section-head' });
  private readonly question = h('p', { class: 'sentence' });
  private readonly stale = h('p', { class: 'row-stale', attributes: { role: 'status' } });
  private readonly status: RunStatus;
  private readonly charts: AttributionCharts;
  private readonly drawn: HTMLElement;
  private readonly checks = h('ul', { class: 'row-checks' });
  private session: TableSession | undefined;
  private row: AttributedRow | undefined;
  private explained: AttributedRow | undefined;
  private method: string | undefined;
  private space: Space = 'probability';

  constructor(page: TablePage, choose: (feature: number) => void) {
    this.status = new RunStatus({ again: () => this.run(), showLog: () => page.showLog() });
    this.charts = new AttributionCharts(page, choose);
    this.drawn = h('div', { class: 'row-charts' }, ...this.charts.elements);
    replace(this.element, this.controls, this.question, this.stale, this.status.element, this.drawn, this.checks);
  }

  /** Another session: what was found is forgotten, the choice of the method stays where it can. */
  begin(session: TableSession | undefined): void {
    this.session = session;
    this.row = this.explained = undefined;
    this.status.drop();
    this.clear();
    const offered = this.offered();
    if (!session || offered.some(({ id }) => id === this.method)) return this.drawControls();
    const usual = offered.find(({ id, applies }) => applies && session.features.length <= (id === 'exact-shap' ? mostExact : id === 'kernel-shap' ? mostKernel : Infinity));
    this.method = (usual ?? offered[0])?.id;
    this.drawControls();
  }

  /** Explains this row: at once where it is another one, on request where its values were moved. */
  show(row: AttributedRow): void {
    const before = this.explained;
    this.row = row;
    if (before && before.number === row.number && before.target === row.target) return this.drawStale();
    this.run();
  }

  private offered(): { readonly id: string; readonly title: string; readonly applies: boolean; readonly reason?: string; readonly question: string }[] {
    return methods.flatMap((id) => this.session?.opened.methods.find((method) => method.id === id) ?? []);
  }

  private drawControls(): void {
    const offered = this.offered();
    replace(this.controls, h('h2', {}, t('What adds up to the score')),
      offered.length > 0 && labelled(t('Method'), select(offered.map(({ id, title, applies }) => [id, applies ? t(title) : t('{0} (does not apply)', t(title))]), this.method ?? '', (id) => { this.method = id; this.run(); })),
      this.session?.reading.task === 'classification' && labelled(t('Score'), select([['probability', t('probability')], ['logit', t('before the softmax')]], this.space, (space) => { this.space = space as Space; this.run(); })));
    this.question.textContent = t(offered.find(({ id }) => id === this.method)?.question ?? '');
  }

  private clear(): void {
    this.drawn.hidden = true;
    replace(this.checks);
    replace(this.stale);
  }

  private drawStale(): void {
    const { row, explained } = this, moved = row && explained ? changedFeatures(explained.values, row.values).length : 0;
    if (moved === 0) return replace(this.stale);
    if (this.stale.childElementCount === 0) {
      replace(this.stale, icon('info'), h('span', {}, t('This is of the row before its values were moved.')), h('button', { class: 'row-link', attributes: { type: 'button' }, on: { click: () => this.run() } }, t('Explain it as it is now')));
    }
  }

  private run(): void {
    const { session, row, method, space } = this;
    if (!session || !row || method === undefined) return;
    this.explained = row;
    this.clear();
    this.drawControls();
    const about = this.offered().find(({ id }) => id === method), without = session.without(method);
    if (without !== undefined) {
      this.status.drop();
      return replace(this.checks, h('li', { class: 'warning' }, icon('info'), h('span', {}, without)));
    }
    const moved = changedFeatures(row.own, row.values).length > 0, scoreName = this.scoreName(session, row.target), title = t(about?.title ?? method);
    const draw = (finding: TableFinding): void => {
      if (finding.kind !== 'attributions' || this.explained !== row) return;
      this.drawn.hidden = false;
      this.charts.show({ base: finding.base, score: finding.scores[0]!, values: finding.values, ...(finding.standardErrors && { standardErrors: finding.standardErrors }), features: session.features, row: row.values, scoreName, baseName: baseName(method), method: title });
    };
    void this.status.run(t('{0} runs', title), session.signal, async (signal) => {
      const result = await session.explain({ method, row: row.number, ...(moved && { values: row.values }), target: row.target, ...(space !== 'probability' && { space }) }, signal, (value) => {
        if (value.type !== 'partial') return;
        this.status.progress(t('{0} runs', title), value.done, value.total);
        if (value.finding) draw(value.finding);
      });
      draw(result.finding);
      this.tell(result);
    });
  }

  private scoreName({ reading }: TableSession, target: number): string {
    const name = reading.outputs[target] ?? reading.output;
    if (reading.task === 'regression') return t('value of {0}', name);
    return this.space === 'probability' ? t('probability of {0}', name) : t('score of {0} before the softmax', name);
  }

  /** Self-checks in words, and how it was made. */
  private tell({ record }: ExplainTableResult): void {
    const seen = new Set<string>();
    replace(this.checks, ...record.checks.filter(({ message }) => !seen.has(message) && seen.add(message)).map(({ id, ok, message }) => h('li', { class: ok ? 'good' : 'warning', attributes: { 'data-check': id } }, icon(ok ? 'check' : 'warning'), h('span', {}, message))),
      h('li', { class: 'muted' }, icon('info'), h('span', {}, t('{0} rows were run in {1} ms, seed {2}.', record.timings.rowsRun ?? 0, record.timings.methodMs ?? 0, record.seed))));
  }
}

function baseName(method: string): string {
  return method === 'lime' ? t('LIME’s intercept') : method === 'integrated-gradients' || method === 'deeplift' ? t('the baseline') : t('mean of the background');
}
