/** Rows of a table with what is said of each: sorted by a click on a column, of any length, chosen by pointer or keys. */
import './quality/rowList.css';
import type { TableRowInfo } from '../../protocol/table';
import { csvLine } from '../common/csv';
import { Refused } from '../common/ask';
import { h, replace } from '../common/dom';
import { actionButton } from '../common/errorMessage';
import { formatNumber, formatPercent, formatValue } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';
import { rowAfterKey, rowsInView, scrollToRow } from '../common/virtualRows';
import { RowPages, type RowQuery } from './quality/rowPages';
import type { TableSession } from './tab';

/** Which rows are listed, and how that is called. */
export interface RowFilter extends Pick<RowQuery, 'numbers' | 'actual' | 'said'> {
  readonly words: string;
  /** How many there are of which `numbers` are the worst. */
  readonly of?: number;
}

export interface RowListActions {
  /** A row was chosen. */
  choose(number: number): void;
  /** Its explanation is asked for. */
  explain(number: number): void;
}

type Sort = NonNullable<RowQuery['sort']>;
interface Column {
  readonly title: string;
  readonly width: number;
  readonly kind: 'number' | 'text';
  readonly sort?: Sort['by'];
  text(row: TableRowInfo): string;
}

const rowHeight = 26, mostCellColumns = 60;

export class RowList {
  private readonly head = h('div', { class: 'listed-row head', attributes: { role: 'row', 'aria-rowindex': 1 } });
  private readonly body = h('div', { class: 'listed-rows', attributes: { role: 'rowgroup' } });
  private readonly scroller = h('div', { class: 'row-list-scroller', attributes: { tabindex: 0, role: 'grid', 'aria-label': t('Rows') } }, this.head, this.body);
  private readonly words = h('div', { class: 'row-list-words', attributes: { role: 'status' } });
  private readonly foot = h('div', { class: 'row-list-foot' });
  readonly element = h('section', { class: 'row-list', attributes: { 'aria-label': t('Rows') } }, this.words, this.scroller, this.foot);
  private session: TableSession | undefined;
  private filter: RowFilter | undefined;
  private sort: Sort = { by: 'number' };
  private pages: RowPages | undefined;
  private columns: readonly Column[] = [];
  private selected: number | undefined;
  private place = -1;
  private frame = 0;
  private problem: string | undefined;

  constructor(private readonly actions: RowListActions) {
    this.scroller.addEventListener('scroll', () => this.draw());
    this.scroller.addEventListener('keydown', (event) => this.key(event));
    this.body.addEventListener('click', (event) => {
      const place = (event.target as Element).closest<HTMLElement>('[data-place]')?.dataset.place;
      if (place !== undefined) this.choose(Number(place));
    });
    this.body.addEventListener('dblclick', () => { if (this.selected !== undefined) this.actions.explain(this.selected); });
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  /** Rows of another session, or none; all of them are listed, the worst first where there are labels. */
  begin(session: TableSession | undefined): void {
    this.session = session;
    this.selected = session?.selection.row;
    this.sort = session?.reading.mapping.label === undefined ? { by: 'number' } : { by: 'error', descending: true };
    this.columns = session ? columnsOf(session) : [];
    this.show(undefined);
  }

  /** Lists some rows; undefined for all. */
  show(filter: RowFilter | undefined): void {
    this.filter = filter;
    this.reload();
  }

  /** A row was chosen elsewhere. */
  chosen(number: number | undefined): void {
    if (number === this.selected) return;
    this.selected = number;
    this.place = -1;
    this.draw();
    this.drawFoot();
  }

  /** The listed rows, all columns, every digit. */
  async csv(): Promise<string> {
    if (!this.session || !this.pages) return '';
    const { reading: { outputs, task }, opened: { columns } } = this.session, rows = await this.pages.all();
    const said = task === 'classification' ? outputs.map((name) => `probability of ${name}`) : outputs.map((name) => `said ${name}`);
    const name = (label: number | undefined): string => (label === undefined ? '' : task === 'classification' ? outputs[label] ?? '' : String(label));
    return [['row', ...columns.map((column) => column.name), 'label', ...said, 'error'], ...rows.map((row) => [String(row.number), ...row.cells, name(row.label), ...row.prediction.map(String), row.error === undefined ? '' : String(row.error)])].map(csvLine).join('');
  }

  private reload(): void {
    const mine = this.session, target = mine?.target;
    this.place = -1;
    this.problem = undefined;
    this.scroller.scrollTop = 0;
    const { numbers, actual, said } = this.filter ?? {};
    this.pages = mine && new RowPages(
      { sort: this.sort, ...(target !== undefined && { target }), ...(numbers && { numbers }), ...(actual !== undefined && { actual }), ...(said !== undefined && { said }) }, (params) => mine.ask('tableRows', params),
      (error) => {
        if (this.session !== mine) return;
        this.problem = error === undefined ? undefined : error instanceof Refused ? (error.error.code === 'cancelled' ? undefined : error.message) : String(error);
        this.drawWords();
        this.draw();
      });
    this.pages?.want(0, 1);
    this.drawHead();
    this.drawWords();
    this.drawFoot();
    this.draw();
  }

  private choose(place: number): void {
    const row = this.pages?.at(place);
    if (!row) return;
    this.place = place;
    this.selected = row.number;
    scrollToRow(this.scroller, place, rowHeight, this.head.offsetHeight);
    this.draw();
    this.drawFoot();
    this.actions.choose(row.number);
  }

  private key(event: KeyboardEvent): void {
    // Buttons of the head have keys of their own.
    if (event.target !== this.scroller) return;
    if (event.key === 'Enter' && this.selected !== undefined) {
      event.preventDefault();
      return this.actions.explain(this.selected);
    }
    const to = rowAfterKey(event.key, this.place, this.pages?.total ?? 0, Math.max(1, Math.floor(this.scroller.clientHeight / rowHeight) - 2));
    if (to === undefined || !this.pages?.total) return;
    event.preventDefault();
    if (this.pages.at(to)) return this.choose(to);
    this.place = to;
    scrollToRow(this.scroller, to, rowHeight, this.head.offsetHeight);
    this.draw();
  }

  private drawWords(): void {
    const { words, numbers, of } = this.filter ?? {}, total = this.pages?.total;
    const count = total === undefined ? t('Asking for rows…') : numbers && of !== undefined && of > numbers.length ? t('the worst {0} of {1} rows', formatNumber(total), formatNumber(of)) : t('{0} rows', formatNumber(total));
    const focused = this.words.contains(document.activeElement);
    replace(this.words, h('h2', {}, words ?? t('All rows')), this.problem === undefined ? h('span', { class: 'muted' }, this.session ? count : '') : h('span', { class: 'error-text' }, this.problem),
      words !== undefined && h('button', { class: 'icon-button', attributes: { type: 'button' }, on: { click: () => { this.show(undefined); this.scroller.focus(); } } }, icon('close'), t('Show all rows')));
    if (focused) this.scroller.focus();
  }

  private drawFoot(): void {
    replace(this.foot, ...(this.selected === undefined ? [h('span', { class: 'muted' }, this.session ? t('Choose a row to explain it.') : '')]
      : [h('span', {}, t('Row {0}', this.selected)), actionButton({ label: t('Explain this row'), run: () => { if (this.selected !== undefined) this.actions.explain(this.selected); } })]));
  }

  private drawHead(): void {
    this.scroller.style.setProperty('--row-columns', this.columns.map(({ width }) => `${width}px`).join(' '));
    const focused = this.head.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.column : undefined;
    replace(this.head, ...this.columns.map(({ title, kind, sort }, place) => {
      const here = sort !== undefined && JSON.stringify(sort) === JSON.stringify(this.sort.by), down = this.sort.descending ?? false;
      const cell = h('div', { class: `cell ${kind}`, attributes: { role: 'columnheader', 'aria-sort': here ? (down ? 'descending' : 'ascending') : 'none' } },
        sort === undefined ? title : h('button', { title: t('Sort by {0}', title), attributes: { type: 'button', 'data-column': place }, on: { click: () => this.sortBy(sort) } }, h('span', {}, title), here && icon(down ? 'down' : 'up')));
      return cell;
    }));
    if (focused !== undefined) this.head.querySelector<HTMLElement>(`[data-column="${focused}"]`)?.focus();
  }

  private sortBy(by: Sort['by']): void {
    const here = JSON.stringify(by) === JSON.stringify(this.sort.by);
    // Of errors and scores the largest are what people look for.
    const descending = here ? !(this.sort.descending ?? false) : by === 'error' || by === 'score';
    this.sort = { by, descending };
    this.reload();
  }

  private draw(): void {
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.drawRows(); });
  }

  private drawRows(): void {
    const total = this.pages?.total ?? 0;
    this.body.style.height = `${total * rowHeight}px`;
    this.scroller.setAttribute('aria-rowcount', String(total + 1));
    const { first, last } = rowsInView(this.scroller, total, rowHeight);
    if (total > 0) this.pages?.want(first, last);
    replace(this.body, ...Array.from({ length: Math.max(0, last - first) }, (_, i) => this.row(first + i)));
    const shown = this.body.querySelector('[aria-selected="true"]');
    if (shown) this.scroller.setAttribute('aria-activedescendant', shown.id);
    else this.scroller.removeAttribute('aria-activedescendant');
  }

  private row(place: number): HTMLElement {
    const row = this.pages?.at(place), chosen = row !== undefined && row.number === this.selected;
    const element = h('div', { class: 'listed-row', attributes: { role: 'row', id: `listed-${place}`, 'data-place': place, 'aria-rowindex': place + 2, 'aria-selected': String(chosen), 'data-number': row?.number } },
      ...this.columns.map((column) => {
        const text = row ? column.text(row) : '';
        return h('div', { class: `cell ${column.kind}`, title: text, attributes: { role: 'gridcell' } }, text);
      }));
    if (chosen) this.place = place;
    element.style.top = `${place * rowHeight}px`;
    return element;
  }
}

/** What is said of a row stands before what the row holds. */
function columnsOf({ reading: { outputs, task, mapping }, opened: { columns }, target, targetName }: TableSession): readonly Column[] {
  const classes = task === 'classification', labelled = mapping.label !== undefined;
  const best = ({ prediction }: TableRowInfo): number => prediction.reduce((most, value, k) => (value > prediction[most]! ? k : most), 0);
  const used = new Set(mapping.features.flatMap((feature) => feature.columns)), order = [...columns.keys()].sort((a, b) => Number(used.has(b)) - Number(used.has(a)) || a - b).filter((place) => place !== mapping.label);
  return [
    { title: t('Row'), width: 64, kind: 'number', sort: 'number', text: (row) => String(row.number) },
    ...(labelled ? [{ title: t('Is'), width: 96, kind: classes ? 'text' : 'number', sort: { column: mapping.label! }, text: ({ label }: TableRowInfo) => (label === undefined ? '–' : classes ? outputs[label] ?? '' : formatValue(label)) } satisfies Column] : []),
    ...(classes ? [{ title: t('Said'), width: 96, kind: 'text', text: (row: TableRowInfo) => outputs[best(row)] ?? '' } satisfies Column] : []),
    { title: classes ? t('Probability of {0}', targetName) : t('Said'), width: classes ? 132 : 92, kind: 'number', sort: 'score', text: ({ prediction }) => (classes ? formatPercent(prediction[target]!) : formatValue(prediction[target]!)) },
    ...(labelled ? [{ title: t('Error'), width: 78, kind: 'number', sort: 'error', text: ({ error }: TableRowInfo) => (error === undefined ? '–' : formatValue(error)) } satisfies Column] : []),
    ...order.slice(0, mostCellColumns).map((place): Column => ({ title: columns[place]!.name, width: 112, kind: columns[place]!.minimum === undefined ? 'text' : 'number', sort: { column: place }, text: ({ cells }) => cells[place] ?? '' })),
  ];
}
