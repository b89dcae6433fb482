/** The layers of both models in one table: filtered by kind, sorted, and drawn only where it is visible. */
import { h, replace } from '../common/dom';
import { formatNumber } from '../common/format';
import { icon } from '../common/icons';
import { openMenu } from '../common/menu';
import { t } from '../common/strings';
import { rowAfterKey, rowsInView, scrollToRow } from '../common/virtualRows';
import type { ChangeKind } from '../../protocol/compare';
import { columns, errorLength, errorText, kindName, kinds, kindSigns, shownRows, toCsv, toMarkdown, type ColumnId, type Row } from './rows';

const rowHeight = 24;

export interface TableLook {
  readonly kinds: readonly ChangeKind[];
  readonly words: string;
  readonly sort?: { readonly column: ColumnId; readonly descending: boolean };
}

export interface TableEvents {
  onSelect(row: number): void;
  onDetails(row: number): void;
  onLook(look: TableLook): void;
  onCopy(text: string): void;
  onSave(extension: string, text: string): void;
}

export class CompareTable {
  readonly element: HTMLElement;
  private readonly chips = h('div', { class: 'chips', attributes: { role: 'group', 'aria-label': t('Which layers are shown') } });
  private readonly onlyChanges = h('button', { class: 'chip only', attributes: { type: 'button' }, on: { click: () => this.toggleSame() } }, t('Only changes'));
  private readonly search = h('input', { class: 'words', attributes: { type: 'search', placeholder: t('Filter by name, type or change'), 'aria-label': t('Filter layers') } });
  private readonly head = h('div', { class: 'row head', attributes: { role: 'row', 'aria-rowindex': 1 } });
  private readonly body = h('div', { class: 'rows', attributes: { role: 'rowgroup' } });
  private readonly scroller = h('div', { class: 'scroller', attributes: { tabindex: 0, role: 'grid', 'aria-label': t('Layers of both models'), 'aria-colcount': columns().length } }, this.head, this.body);
  private readonly count = h('span', { class: 'count muted', attributes: { 'aria-live': 'polite' } });
  private rows: readonly Row[] = [];
  private shown: Row[] = [];
  private selected: number | undefined;
  private frame = 0;

  constructor(private readonly events: TableEvents, private look: TableLook) {
    const copy = h('button', { class: 'icon-button', attributes: { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false' }, title: t('Copy or save the table') }, icon('copy'), t('Copy'));
    copy.addEventListener('click', () => openMenu([
      { label: t('Copy as Markdown'), run: () => events.onCopy(toMarkdown(this.shown)) },
      { label: t('Copy as CSV'), run: () => events.onCopy(toCsv(this.shown)) },
      'separator',
      { label: t('Save as CSV…'), run: () => events.onSave('csv', toCsv(this.shown)) },
      { label: t('Save as Markdown…'), run: () => events.onSave('md', toMarkdown(this.shown)) },
    ], copy));
    this.search.value = look.words;
    this.search.addEventListener('input', () => this.change({ words: this.search.value }));
    this.element = h('section', { class: 'layers compared', attributes: { 'aria-label': t('Layers of both models') } },
      h('div', { class: 'layers-tools' }, this.chips, this.onlyChanges, this.search, this.count, copy), this.scroller);
    this.scroller.addEventListener('scroll', () => this.draw());
    this.scroller.addEventListener('keydown', (event) => { if (event.target === this.scroller && this.key(event.key)) event.preventDefault(); });
    this.body.addEventListener('click', (event) => this.at(event, (position) => this.choose(position)));
    this.body.addEventListener('dblclick', (event) => this.at(event, (position) => this.events.onDetails(this.shown[position]!.index)));
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  show(rows: readonly Row[]): void {
    this.rows = rows;
    this.refresh();
  }

  /** Marks a row chosen elsewhere and scrolls to it; a kind that is filtered away comes back. */
  select(row: number | undefined): void {
    this.selected = row;
    const kind = row === undefined ? undefined : this.rows[row]?.layer.kind;
    if (kind && !this.look.kinds.includes(kind)) this.change({ kinds: kinds.filter((each) => each === kind || this.look.kinds.includes(each)) });
    const position = row === undefined ? -1 : this.shown.findIndex(({ index }) => index === row);
    if (position >= 0) this.reveal(position);
    this.draw();
  }

  private toggleSame(): void {
    const only = !this.look.kinds.includes('same');
    this.change({ kinds: only ? kinds : kinds.filter((kind) => kind !== 'same') });
  }

  private change(part: Partial<TableLook>): void {
    this.look = { ...this.look, ...part };
    this.scroller.scrollTop = 0;
    this.refresh();
    this.events.onLook(this.look);
  }

  private refresh(): void {
    const { look } = this;
    this.shown = shownRows(this.rows, { kinds: new Set(look.kinds), words: look.words }, look.sort);
    this.count.textContent = this.shown.length === this.rows.length ? t('{0} layers', formatNumber(this.rows.length)) : t('{0} of {1} layers', formatNumber(this.shown.length), formatNumber(this.rows.length));
    this.scroller.setAttribute('aria-rowcount', String(this.shown.length + 1));
    this.body.style.height = `${Math.max(this.shown.length, 3) * rowHeight}px`;
    this.drawChips();
    this.drawHead();
    this.draw(true);
  }

  private drawChips(): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset.kind;
    replace(this.chips, ...kinds.map((kind) => {
      const count = this.rows.reduce((sum, row) => sum + (row.layer.kind === kind ? 1 : 0), 0), on = this.look.kinds.includes(kind);
      return h('button', {
        class: `chip kind-${kind}`, attributes: { type: 'button', 'aria-pressed': String(on), 'data-kind': kind },
        on: { click: () => this.change({ kinds: kinds.filter((each) => each === kind ? !on : this.look.kinds.includes(each)) }) },
      }, sign(kind), h('span', {}, kindName(kind)), h('span', { class: 'numeric chip-count' }, formatNumber(count)));
    }));
    if (focused) this.chips.querySelector<HTMLElement>(`[data-kind="${focused}"]`)?.focus();
    this.onlyChanges.setAttribute('aria-pressed', String(!this.look.kinds.includes('same')));
  }

  private drawHead(): void {
    const { sort } = this.look;
    replace(this.head, ...columns().map(({ id, title, hint }, at) => {
      const direction = sort?.column === id ? (sort.descending ? 'descending' : 'ascending') : 'none';
      return h('div', { class: `cell ${id}`, attributes: { role: 'columnheader', 'aria-sort': direction, 'aria-colindex': at + 1 } },
        h('button', { attributes: { type: 'button', 'aria-label': title || t('Kind') }, title: hint, on: { click: () => this.sortBy(id) } },
          h('span', {}, title), h('span', { class: 'arrow', attributes: { 'aria-hidden': true } }, direction === 'none' ? '' : sort!.descending ? '↓' : '↑')));
    }));
  }

  /** Errors start with the largest, texts with A; a third click returns to the models' order. */
  private sortBy(column: ColumnId): void {
    const first = column === 'weights', { sort } = this.look;
    this.change({ sort: sort?.column !== column ? { column, descending: first } : sort.descending === first ? { column, descending: !first } : undefined });
    this.head.querySelector<HTMLElement>(`.${column} button`)?.focus();
  }

  private at(event: MouseEvent, then: (position: number) => void): void {
    const row = (event.target as Element).closest<HTMLElement>('[data-position]');
    if (row) then(Number(row.dataset.position));
  }

  private choose(position: number): void {
    const row = this.shown[position];
    if (!row) return;
    this.selected = row.index;
    this.reveal(position);
    this.draw();
    this.events.onSelect(row.index);
  }

  private reveal(position: number): void {
    scrollToRow(this.scroller, position, rowHeight, this.head.offsetHeight);
  }

  private key(key: string): boolean {
    const at = this.shown.findIndex(({ index }) => index === this.selected);
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / rowHeight) - 2);
    if ((key === 'Enter' || key === ' ') && at >= 0) {
      this.events.onDetails(this.shown[at]!.index);
      return true;
    }
    const to = rowAfterKey(key, at, this.shown.length, page);
    if (to === undefined) return false;
    this.choose(to);
    return true;
  }

  private draw(now = false): void {
    if (now) {
      cancelAnimationFrame(this.frame);
      this.frame = 0;
      this.drawRows();
    } else this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.drawRows(); });
  }

  private drawRows(): void {
    const { first, last } = rowsInView(this.scroller, this.shown.length, rowHeight);
    const drawn: HTMLElement[] = [];
    for (let position = first; position < last; position++) drawn.push(this.rowElement(this.shown[position]!, position));
    replace(this.body, ...drawn);
    const active = this.shown.findIndex(({ index }) => index === this.selected);
    if (active >= first && active < last) this.scroller.setAttribute('aria-activedescendant', `row-${this.shown[active]!.index}`);
    else this.scroller.removeAttribute('aria-activedescendant');
    if (this.shown.length === 0) replace(this.body, h('div', { class: 'nothing muted' }, this.nothing()));
  }

  /** Why the table is empty. */
  private nothing(): string {
    if (this.rows.length === 0) return t('The models have no layers.');
    if (this.rows.every((row) => row.layer.kind === 'same') && !this.look.kinds.includes('same')) return t('All layers are the same.');
    return t('No layer matches the filter.');
  }

  private rowElement(row: Row, position: number): HTMLElement {
    const { kind } = row.layer;
    const cell = (id: ColumnId, text: string, title = text, extra?: Node): HTMLElement => h('div', { class: `cell ${id}`, title, attributes: { role: 'gridcell' } }, extra, h('span', { class: 'text' }, text));
    const element = h('div', {
      class: `row kind-${kind}${position % 2 ? ' odd' : ''}`,
      attributes: { role: 'row', id: `row-${row.index}`, 'aria-rowindex': position + 2, 'aria-selected': String(row.index === this.selected), 'data-position': position, 'data-kind': kind },
    },
      h('div', { class: 'cell kind', title: kindName(kind), attributes: { role: 'gridcell', 'aria-label': kindName(kind) } }, sign(kind)),
      cell('index', String(row.index + 1)), cell('name', row.name), cell('type', row.type), cell('output', row.output),
      cell('weights', errorText(row.error), row.error === null ? '' : `‖b − a‖ / ‖a‖ = ${row.error}`, bar(row.error)),
      cell('changes', row.changes));
    element.style.top = `${position * rowHeight}px`;
    return element;
  }
}

/** The kind as a sign, so that colour does not say it alone. */
export function sign(kind: ChangeKind): HTMLElement {
  return h('span', { class: `sign kind-${kind}`, attributes: { 'aria-hidden': true } }, kindSigns[kind]);
}

function bar(error: number | null): HTMLElement {
  const line = h('span', { class: 'share' });
  line.style.width = `${errorLength(error) * 62}px`;
  return line;
}
