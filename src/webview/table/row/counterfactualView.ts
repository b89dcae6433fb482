/** The least that would have to be different about a row for another answer: wishes, limits, and what was found as cards. */
import type { Counterfactuals, TableFinding } from '../../../protocol/table';
import { csvLine } from '../../common/csv';
import { h, replace } from '../../common/dom';
import { actionButton } from '../../common/errorMessage';
import { formatValue } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import { labelled, select } from '../controls';
import { RunStatus } from '../runStatus';
import type { TablePage, TableSession } from '../tab';
import type { AttributedRow } from './attributionView';
import { desiredText, isReached, limitParameters, type Wanted } from './limits';
import { LimitsForm } from './limitsForm';
import type { FeatureRange } from './sliders';
import { best, changedFeatures, classText, editText, valueText, type RowValues } from './values';

interface Edit {
  readonly values: RowValues;
  /** Of the row it starts from. */
  readonly changed: readonly number[];
  readonly score: number;
  /** What the model says of it when it is run by itself, once it was. */
  readonly prediction?: readonly number[];
  /** Whether that is what was wanted. */
  readonly verified?: boolean;
}

const mostNumber = 10;

export class CounterfactualView {
  readonly element = h('section', { class: 'row-counterfactuals', attributes: { 'aria-label': t('What would have to be different') } });
  private readonly form = h('div', { class: 'row-form' });
  private readonly wish = h('div', { class: 'row-wish' });
  private readonly limits = new LimitsForm(() => undefined);
  private readonly status: RunStatus;
  private readonly cards = h('ul', { class: 'row-cards', attributes: { 'aria-label': t('Sets of edits') } });
  private session: TableSession | undefined;
  private row: AttributedRow | undefined;
  private wanted: Wanted = { kind: 'any' };
  private search = 'auto';
  private number = 4;
  private from: RowValues = [];
  private edits: readonly Edit[] = [];

  /** @param tryIt puts values into the sliders. */
  constructor(private readonly page: TablePage, private readonly tryIt: (values: RowValues) => void) {
    this.status = new RunStatus({ again: () => this.find(), showLog: () => page.showLog() });
    replace(this.element, h('div', { class: 'row-section-head' }, h('h2', {}, t('What would have to be different'))), this.form, this.limits.element, this.status.element, this.cards);
  }

  begin(session: TableSession | undefined, ranges: readonly FeatureRange[]): void {
    this.session = session;
    this.row = undefined;
    this.wanted = { kind: 'any' };
    if (this.search === 'gradient' && !session?.reading.differentiable) this.search = 'auto';
    if (session) this.limits.begin(session.features, ranges);
    this.forget();
  }

  /** Of this row; what was found of another is forgotten. */
  show(row: AttributedRow, own: readonly number[]): void {
    const other = this.row?.number !== row.number;
    this.row = row;
    if (!other) return;
    this.forget();
    this.drawForm(own);
  }

  get csv(): string | undefined {
    const { session, edits } = this;
    if (!session || edits.length === 0) return undefined;
    const { features, reading: { outputs } } = session, line = (name: string, values: RowValues, changed: string, prediction: readonly number[] | undefined, verified: string): string => csvLine([name, ...features.map((feature, at) => (values[at] === null ? '' : valueText(feature, values[at]!).replace('−', '-'))), changed, ...outputs.map((_, at) => String(prediction?.[at] ?? '')), verified]);
    return [csvLine(['', ...features.map(({ name }) => name), 'changed', ...outputs, 'verified']), line('row', this.from, '', undefined, ''), ...edits.map(({ values, changed, prediction, verified }, at) => line(`edit ${at + 1}`, values, changed.map((feature) => features[feature]!.name).join('; '), prediction, verified === undefined ? '' : String(verified)))].join('');
  }

  private forget(): void {
    this.status.drop();
    this.edits = [];
    replace(this.cards);
  }

  private drawForm(own: readonly number[]): void {
    const { session } = this;
    if (!session) return;
    const { task, outputs, differentiable } = session.reading, number = h('input', { class: 'seed', attributes: { type: 'number', min: 1, max: mostNumber, step: 1, value: this.number } });
    number.addEventListener('change', () => { this.number = Math.min(mostNumber, Math.max(1, Math.round(Number(number.value) || 1))); number.value = String(this.number); });
    if (task === 'classification') {
      const others = outputs.length === 1 ? [own[0]! > 0.5 ? `not ${outputs[0]!}` : outputs[0]!] : outputs.filter((_, at) => at !== best(own));
      if (this.wanted.kind === 'class' && !others.includes(this.wanted.name)) this.wanted = { kind: 'any' };
      replace(this.wish, labelled(t('Wanted'), select([['', t('any other class')], ...others.map((name) => [name, name] as const)], this.wanted.kind === 'class' ? this.wanted.name : '', (name) => { this.wanted = name === '' ? { kind: 'any' } : { kind: 'class', name }; })));
    } else this.drawRange(own[this.row?.target ?? session.target] ?? 0);
    replace(this.form, this.wish, labelled(t('How many'), number),
      labelled(t('Search'), select([['auto', t('best for this model')], ['genetic', t('genetic (DiCE)')], ['gradient', differentiable ? t('along the gradient (Wachter)') : t('along the gradient (the model has none)')]], this.search, (value) => { this.search = value; })),
      actionButton({ label: t('Find'), run: () => this.find() }));
  }

  private drawRange(own: number): void {
    const value = (start: number | undefined, label: string, set: (value: number) => void): HTMLElement => {
      const box = h('input', { class: 'numeric', attributes: { type: 'number', step: 'any', 'aria-label': label, value: start } });
      box.addEventListener('input', () => { if (box.value.trim() !== '' && Number.isFinite(Number(box.value))) set(Number(box.value)); });
      return box;
    };
    const { wanted } = this, near = Number(own.toPrecision(3));
    replace(this.wish, labelled(t('Wanted'), select([['any', t('the other side of the median')], ['above', t('above')], ['below', t('below')], ['between', t('between')]], wanted.kind, (kind) => {
      this.wanted = kind === 'above' || kind === 'below' ? { kind, value: near } : kind === 'between' ? { kind, low: near, high: near } : { kind: 'any' };
      this.drawRange(own);
    })),
    (wanted.kind === 'above' || wanted.kind === 'below') && value(wanted.value, t('Wanted value'), (next) => { this.wanted = { kind: wanted.kind, value: next }; }),
    wanted.kind === 'between' && value(wanted.low, t('From'), (low) => { this.wanted = { kind: 'between', low, high: this.wanted.kind === 'between' ? this.wanted.high : low }; }),
    wanted.kind === 'between' && value(wanted.high, t('To'), (high) => { this.wanted = { kind: 'between', low: this.wanted.kind === 'between' ? this.wanted.low : high, high }; }));
  }

  private find(): void {
    const { session, row, wanted } = this;
    if (!session || !row) return;
    const { features, ranges, monotone } = limitParameters(session.features, this.limits.value), moved = changedFeatures(row.own, row.values).length > 0;
    this.forget();
    this.from = row.values;
    if (features?.length === 0) return this.status.failed({ code: 'badInput', message: t('Every feature is locked.'), remedy: t('let some of them change') });
    const words = t('Looking for other rows');
    void this.status.run(words, session.signal, async (signal) => {
      const { finding, record } = await session.explain({
        method: 'counterfactual', row: row.number, target: row.target, ...(moved && { values: row.values }), ...(features && { features }),
        parameters: { nCounterfactuals: this.number, desired: desiredText(wanted), search: this.search, ranges, monotone },
      }, signal, (value) => {
        if (value.type !== 'partial') return;
        this.status.progress(words, value.done, value.total);
        if (value.finding) this.draw(editsOf(value.finding, row.values));
      });
      const edits = editsOf(finding, row.values), { predictions } = await session.ask('predictRows', { values: [row.values, ...edits.map(({ values }) => values)] }, signal), [own = [], ...said] = predictions;
      // Verified is what a run of its own says, not what the search believed.
      this.draw(edits.map((edit, at) => ({ ...edit, prediction: said[at]!, verified: isReached(wanted, said[at]!, { outputs: session.reading.outputs, task: session.reading.task, target: row.target, own }) ?? (finding.kind === 'counterfactuals' && finding.found[at]!.flipped) })));
      const missed = record.checks.filter(({ ok }) => !ok);
      if (missed.length > 0) replaceNote(this.cards, missed.map(({ message }) => message));
    });
  }

  private draw(edits: readonly Edit[]): void {
    const { session } = this;
    if (!session) return;
    this.edits = edits;
    replace(this.cards, ...edits.map((edit, at) => this.card(session, edit, at)));
  }

  private card({ features, reading }: TableSession, { values, changed, score, prediction, verified }: Edit, at: number): HTMLElement {
    const answer = prediction ? answerText(reading.outputs, prediction, reading.task) : formatValue(score), flag = verified === undefined ? undefined : verified ? t('verified by a run') : t('not reached');
    const edits = changed.map((feature) => editText(features[feature]!, this.from[feature] ?? null, values[feature] ?? null)), words = edits.length ? edits.join(', ') : t('no change');
    return h('li', { class: verified === false ? 'row-card missed' : 'row-card', attributes: { 'data-verified': verified === undefined ? undefined : String(verified), 'aria-label': t('{0}: {1}', words, answer) } },
      h('div', { class: 'row-card-head' }, h('strong', {}, changed.length === 1 ? t('1 edit') : t('{0} edits', changed.length)), h('span', { class: 'row-answer numeric' }, answer), flag !== undefined && h('span', { class: verified ? 'row-flag good' : 'row-flag' }, icon(verified ? 'check' : 'warning'), flag)),
      h('ul', { class: 'row-edits' }, ...edits.map((text) => h('li', {}, text))),
      prediction !== undefined && h('div', { class: 'row-card-actions' }, actionButton({ label: t('Try it'), secondary: true, run: () => this.tryIt(values) }),
        h('button', { class: 'icon-button', title: t('Copy as text'), attributes: { type: 'button', 'aria-label': t('Copy edit {0} as text', at + 1) }, on: { click: () => this.page.copy(`${words}: ${answer}`) } }, icon('copy'))));
  }
}

function editsOf(finding: TableFinding, from: RowValues): Edit[] {
  const found: Counterfactuals['found'] = finding.kind === 'counterfactuals' ? finding.found : [];
  return found.map(({ row, score }) => {
    const values = Array.from(row, (value) => (Number.isNaN(value) ? null : value));
    return { values, changed: changedFeatures(from, values), score };
  });
}

/** '>50K (62.0 %)', '21.4'. */
function answerText(outputs: readonly string[], prediction: readonly number[], task: 'classification' | 'regression'): string {
  return task === 'regression' ? prediction.map((value) => formatValue(value)).join(', ') : classText(outputs, prediction);
}

function replaceNote(list: HTMLElement, messages: readonly string[]): void {
  for (const message of messages) list.prepend(h('li', { class: 'warning' }, icon('warning'), h('span', {}, message)));
}
