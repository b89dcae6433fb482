/** The table of many pictures: sorted, filtered, and drawn only where it is in view. */
import type { PictureRow } from '../../protocol/many';
import { h, replace } from '../common/dom';
import { formatNumber } from '../common/format';
import { icon } from '../common/icons';
import { openMenu } from '../common/menu';
import { t } from '../common/strings';
import { rowAfterKey, rowsInView, scrollToRow } from '../common/virtualRows';
import type { Thumbnails } from './pictureCell';
import { columns, measure, nameOf, shownRows, textOf, toCsv, type ColumnId, type Sort } from './rows';

const rowHeight = 64;

export interface PictureTableLook { readonly words: string; readonly sort?: Sort }

export interface PictureTableEvents {
  onOpen(file: string): void;
  onLook(look: PictureTableLook): void;
  onCopy(text: string): void;
  onSave(text: string): void;
}

export class PictureTable {
  readonly element: HTMLElement;
  private readonly search = h('input', { class: 'words', attributes: { type: 'search', placeholder: t('Filter by file or class'), 'aria-label': t('Filter pictures') } });
  private readonly count = h('span', { class: 'count muted', attributes: { 'aria-live': 'polite' } });
  private readonly head = h('div', { class: 'row head', attributes: { role: 'row', 'aria-rowindex': 1 } });
  private readonly body = h('div', { class: 'rows', attributes: { role: 'rowgroup' } });
  private readonly scroller = h('div', { class: 'scroller', attributes: { tabindex: 0, role: 'grid', 'aria-label': t('Pictures') } }, this.head, this.body);
  private rows: PictureRow[] = [];
  private shown: PictureRow[] = [];
  /** Rows by their place in the list, so that a row that comes twice counts once. */
  private readonly places = new Map<number, number>();
  private selected: number | undefined;
  private frame = 0;

  constructor(private readonly events: PictureTableEvents, private readonly thumbnails: Thumbnails, private look: PictureTableLook) {
    const copy = h('button', { class: 'icon-button', attributes: { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false' }, title: t('Copy or save the table') }, icon('copy'), t('Copy'));
    copy.addEventListener('click', () => openMenu([
      { label: t('Copy as CSV'), run: () => events.onCopy(toCsv(this.shown)) },
      { label: t('Save as CSV…'), run: () => events.onSave(toCsv(this.shown)) },
    ], copy));
    this.search.value = look.words;
    this.search.addEventListener('input', () => this.change({ words: this.search.value }));
    this.element = h('section', { class: 'layers pictures', attributes: { 'aria-label': t('Pictures') } }, h('div', { class: 'layers-tools' }, this.search, this.count, copy), this.scroller);
    this.scroller.addEventListener('scroll', () => this.draw());
    this.scroller.addEventListener('keydown', (event) => { if (event.target === this.scroller && this.key(event.key)) event.preventDefault(); });
    this.body.addEventListener('click', (event) => { const position = positionOf(event); if (position !== undefined) this.choose(position); });
    this.body.addEventListener('dblclick', (event) => { const position = positionOf(event); if (position !== undefined) this.open(position); });
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    this.refresh();
  }

  clear(): void {
    this.rows = [];
    this.places.clear();
    this.selected = undefined;
    this.refresh();
  }

  /** Rows that came. They find their place in the present order. */
  add(rows: readonly PictureRow[]): void {
    for (const row of rows) {
      const place = this.places.get(row.at);
      if (place === undefined) this.places.set(row.at, this.rows.push(row) - 1);
      else this.rows[place] = row;
    }
    this.refresh();
  }

  get all(): readonly PictureRow[] {
    return this.rows;
  }

  /** Shows the rows of one class. */
  filter(words: string): void {
    this.search.value = words;
    this.change({ words });
  }

  private change(part: Partial<PictureTableLook>): void {
    this.look = { ...this.look, ...part };
    this.scroller.scrollTop = 0;
    this.refresh();
    this.events.onLook(this.look);
  }

  private refresh(): void {
    this.shown = shownRows(this.rows, this.look.words, this.look.sort);
    this.count.textContent = this.shown.length === this.rows.length ? t('{0} pictures', formatNumber(this.rows.length)) : t('{0} of {1} pictures', formatNumber(this.shown.length), formatNumber(this.rows.length));
    this.scroller.setAttribute('aria-rowcount', String(this.shown.length + 1));
    this.body.style.height = `${Math.max(this.shown.length, 1) * rowHeight}px`;
    this.drawHead();
    this.draw();
  }

  private drawHead(): void {
    const { sort } = this.look, focused = this.head.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.column : undefined;
    replace(this.head, h('div', { class: 'cell thumb', attributes: { role: 'columnheader', 'aria-label': t('Picture and map') } }), ...columns().map(({ id, title, hint }) => {
      const direction = sort?.column === id ? (sort.descending ? 'descending' : 'ascending') : 'none';
      return h('div', { class: `cell ${id}`, attributes: { role: 'columnheader', 'aria-sort': direction } },
        h('button', { attributes: { type: 'button', 'data-column': id }, title: hint, on: { click: () => this.sortBy(id) } },
          h('span', {}, title), h('span', { class: 'arrow', attributes: { 'aria-hidden': true } }, direction === 'none' ? '' : sort!.descending ? '↓' : '↑')));
    }));
    if (focused) this.head.querySelector<HTMLElement>(`[data-column="${focused}"]`)?.focus();
  }

  /** What asks for a look comes first; a third click returns to the order of the list. */
  private sortBy(column: ColumnId): void {
    const descending = columns().find(({ id }) => id === column)!.first === 'most', { sort } = this.look;
    this.change({ sort: sort?.column !== column ? { column, descending } : sort.descending === descending ? { column, descending: !descending } : undefined });
  }

  private choose(position: number): void {
    const row = this.shown[position];
    if (!row) return;
    this.selected = row.at;
    scrollToRow(this.scroller, position, rowHeight, this.head.offsetHeight);
    this.draw();
  }

  private open(position: number): void {
    const row = this.shown[position];
    if (row) this.events.onOpen(row.file);
  }

  private key(key: string): boolean {
    const at = this.shown.findIndex((row) => row.at === this.selected);
    if (key === 'Enter' && at >= 0) {
      this.open(at);
      return true;
    }
    const to = rowAfterKey(key, at, this.shown.length, Math.max(1, Math.floor(this.scroller.clientHeight / rowHeight) - 1));
    if (to === undefined) return false;
    this.choose(to);
    return true;
  }

  private draw(): void {
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.drawRows(); });
  }

  private drawRows(): void {
    const { first, last } = rowsInView(this.scroller, this.shown.length, rowHeight);
    const old = new Map([...this.body.children].map((element) => [(element as HTMLElement).dataset.key, element as HTMLElement]));
    const drawn: HTMLElement[] = [];
    for (let position = first; position < last; position++) {
      const row = this.shown[position]!, key = `${row.at} ${row.number}`;
      // Rows that stay keep their element: their picture does not flicker while others come.
      const element = old.get(key) ?? this.rowElement(row, key);
      element.style.top = `${position * rowHeight}px`;
      element.dataset.position = String(position);
      element.setAttribute('aria-rowindex', String(position + 2));
      element.setAttribute('aria-selected', String(row.at === this.selected));
      drawn.push(element);
    }
    replace(this.body, ...drawn);
    if (this.selected === undefined) this.scroller.removeAttribute('aria-activedescendant');
    else this.scroller.setAttribute('aria-activedescendant', `picture-${this.selected}`);
    if (this.shown.length === 0 && this.rows.length > 0) replace(this.body, h('div', { class: 'nothing muted' }, t('No picture matches the filter.')));
  }

  private rowElement(row: PictureRow, key: string): HTMLElement {
    const thumb = h('div', { class: 'cell thumb', attributes: { role: 'gridcell', 'aria-hidden': true } });
    if (row.error === undefined) void this.thumbnails.get(row).then((canvas) => { if (canvas) replace(thumb, canvas); });
    const cell = (id: ColumnId): HTMLElement => h('div', { class: `cell ${id}`, title: id === 'name' ? row.file : textOf(row, id), attributes: { role: 'gridcell' } }, h('span', { class: 'text' }, textOf(row, id)), bar(row, id));
    const attributes = { role: 'row', id: `picture-${row.at}`, 'data-key': key };
    if (row.error !== undefined) {
      return h('div', { class: 'row failed', attributes }, thumb, h('div', { class: 'cell name', title: row.file, attributes: { role: 'gridcell' } }, h('span', { class: 'text' }, nameOf(row))),
        h('div', { class: 'cell error', title: row.error, attributes: { role: 'gridcell' } }, icon('error'), h('span', { class: 'text' }, row.error)));
    }
    return h('div', { class: 'row', attributes }, thumb, ...columns().map(({ id }) => cell(id)));
  }
}

function positionOf(event: MouseEvent): number | undefined {
  const row = (event.target as Element).closest<HTMLElement>('[data-position]');
  return row ? Number(row.dataset.position) : undefined;
}

/** Shares as bars; trust from the middle, so that maps that mislead point the other way. */
function bar(row: PictureRow, column: ColumnId): HTMLElement | undefined {
  const value = measure(row, column);
  if (typeof value !== 'number' || (column !== 'confidence' && column !== 'margin' && column !== 'trust')) return undefined;
  const track = h('span', { class: `track ${column}`, attributes: { 'aria-hidden': true } }, h('span', { class: value < 0 ? 'below' : '' }));
  const length = Math.min(1, Math.abs(value));
  const line = track.firstElementChild as HTMLElement;
  line.style.width = `${(column === 'trust' ? 50 : 100) * length}%`;
  if (column === 'trust') line.style[value < 0 ? 'right' : 'left'] = '50%';
  return track;
}
