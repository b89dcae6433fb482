/** Rows like this one: what the model and the table say of them, and where they differ. */
import type { Feature, Neighbours } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { formatValue } from '../../common/format';
import { t } from '../../common/strings';
import { labelled, select } from '../controls';
import { RunStatus } from '../runStatus';
import type { TablePage, TableSession } from '../tab';
import type { AttributedRow } from './attributionView';
import { changedFeatures, classText, editText, type RowValues } from './values';

const rows = 8, differencesNamed = 3;

export class NeighboursView {
  readonly element = h('section', { class: 'row-neighbours', attributes: { 'aria-label': t('Nearest rows') } });
  private readonly head = h('div', { class: 'row-section-head' });
  private readonly body = h('div', { class: 'row-neighbours-scroll', attributes: { tabindex: 0, role: 'region', 'aria-label': t('Nearest rows') } });
  private readonly words = h('p', { class: 'sentence' });
  private readonly status: RunStatus;
  private answer = 'any';
  private session: TableSession | undefined;
  private row: AttributedRow | undefined;

  constructor(page: TablePage, private readonly labelsOf: (session: TableSession, numbers: readonly number[], signal: AbortSignal) => Promise<ReadonlyMap<number, string>>) {
    this.status = new RunStatus({ again: () => this.run(), showLog: () => page.showLog() });
    replace(this.element, this.head, this.status.element, this.words, this.body);
    replace(this.head, h('h2', {}, t('Nearest rows')), labelled(t('Answer'), select([['any', t('any')], ['same', t('the same')], ['other', t('another')]], this.answer, (value) => { this.answer = value; this.run(); })));
  }

  begin(session: TableSession | undefined): void {
    this.session = session;
    this.row = undefined;
    this.status.drop();
    replace(this.body);
    replace(this.words);
  }

  show(row: AttributedRow): void {
    if (this.row?.number === row.number) return;
    this.row = row;
    this.run();
  }

  private run(): void {
    const { session, row } = this;
    if (!session || !row) return;
    const without = session.without('nearest-rows');
    replace(this.body);
    this.words.textContent = without ?? '';
    if (without !== undefined) return this.status.drop();
    void this.status.run(t('Comparing the rows'), session.signal, async (signal) => {
      const { finding, numbers = [], record } = await session.explain({ method: 'nearest-rows', row: row.number, target: row.target, parameters: { nRows: rows, answer: this.answer } }, signal);
      if (finding.kind !== 'neighbours') return;
      const labels = await this.labelsOf(session, numbers, signal);
      this.words.textContent = record.checks.map(({ message }) => message).join(' ');
      this.draw(session, finding, numbers, labels, row);
    }).then((ended) => { if (ended) this.status.drop(); });
  }

  private draw(session: TableSession, { distances, rows: values, predictions }: Neighbours, numbers: readonly number[], labels: ReadonlyMap<number, string>, { own }: AttributedRow): void {
    const { features, reading } = session, width = features.length, outputs = reading.outputs.length, labelled = labels.size > 0;
    replace(this.body, h('table', { class: 'numbers' }, h('thead', {}, h('tr', {}, ...[t('Row'), t('Prediction'), ...(labelled ? [t('Label')] : []), t('Distance'), t('Differs in')].map((text) => h('th', { attributes: { scope: 'col' } }, text)))),
      h('tbody', {}, ...numbers.map((number, at) => {
        const prediction = Array.from(predictions.subarray(at * outputs, (at + 1) * outputs)), row = Array.from(values.subarray(at * width, (at + 1) * width), (value) => (Number.isNaN(value) ? null : value));
        return h('tr', {}, h('th', { attributes: { scope: 'row' } }, h('button', { class: 'row-link', attributes: { type: 'button', 'data-row': number }, on: { click: () => session.chooseRow(number) } }, t('Row {0}', number))),
          h('td', { class: 'numeric' }, reading.task === 'classification' ? classText(reading.outputs, prediction) : formatValue(prediction[0]!)),
          labelled && h('td', {}, labels.get(number) ?? '–'), h('td', { class: 'numeric' }, formatValue(distances[at]!)), h('td', { class: 'row-differs' }, differences(features, own, row)));
      }))));
  }
}

/** 'petal width 0.2 → 0.3 and 2 more'. */
function differences(features: readonly Feature[], own: RowValues, row: RowValues): string {
  const changed = changedFeatures(own, row), named = changed.slice(0, differencesNamed).map((feature) => editText(features[feature]!, own[feature] ?? null, row[feature] ?? null)).join(', ');
  return changed.length === 0 ? t('nothing') : changed.length > differencesNamed ? t('{0} and {1} more', named, changed.length - differencesNamed) : named;
}
