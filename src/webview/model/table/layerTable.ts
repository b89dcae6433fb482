/** The layer table: sorted, filtered and drawn only where it is visible, so that 20,000 rows are as quick as 20. */
import type { Connections } from '../connections';
import type { Layer } from '../types';
import { h, replace } from '../../common/dom';
import { formatBytes, formatCount, formatNumber, formatPercent } from '../../common/format';
import { icon } from '../../common/icons';
import { openMenu, type MenuItem } from '../../common/menu';
import { t } from '../../common/strings';
import { rowAfterKey, rowsInView, scrollToRow } from '../../common/virtualRows';
import { toCsv, toMarkdown } from './copy';
import { columns, compareRows, measure, rowsOf, totalsOf, type ColumnId, type MeasureId, type Row, type Totals } from './layerRows';

const rowHeight = 24;

export interface Sort { readonly column: ColumnId; readonly descending: boolean }

export interface TableEvents {
  /** Somebody moved to a layer. */
  onSelect(key: string): void;
  /** Somebody wants to see it in the graph (Enter), or its details (double click, Space). */
  onReveal(key: string): void;
  onDetails(key: string): void;
  onPathFrom(key: string): void;
  onSort(sort: Sort | undefined): void;
  onCopy(text: string): void;
  onSave(name: string, text: string): void;
}

export class LayerTable {
  readonly element: HTMLElement;
  private readonly head = h('div', { class: 'row head', attributes: { role: 'row', 'aria-rowindex': 1 } });
  private readonly body = h('div', { class: 'rows', attributes: { role: 'rowgroup' } });
  private readonly foot = h('div', { class: 'row total', attributes: { role: 'row' } });
  private readonly scroller = h('div', { class: 'scroller', attributes: { tabindex: 0, role: 'grid', 'aria-label': t('Layers'), 'aria-colcount': columns().length } }, this.head, this.body, this.foot);
  private readonly count = h('div', { class: 'count muted', attributes: { 'aria-live': 'polite' } });
  private rows: Row[] = [];
  private keys: ReadonlySet<string> = new Set();
  private totals: Totals = totalsOf([]);
  private shown: Row[] = [];
  private sort: Sort | undefined;
  private filter: ReadonlySet<string> | undefined;
  private selected: string | undefined;
  private frame = 0;
  /** Largest value of a column: its bar fills the cell. */
  private largest: Readonly<Record<MeasureId, number>> = { parameters: 1, macs: 1, activation: 1 };

  constructor(private readonly events: TableEvents) {
    const copy = h('button', { class: 'icon-button', attributes: { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false' }, title: t('Copy or save the table') }, icon('copy'), t('Copy'));
    copy.addEventListener('click', () => openMenu(this.copyItems(), copy));
    this.element = h('section', { class: 'layers', attributes: { 'aria-label': t('Layer table') } },
      h('div', { class: 'layers-tools' }, this.count, copy), this.scroller);
    this.scroller.addEventListener('scroll', () => this.draw());
    this.scroller.addEventListener('keydown', (event) => { if (event.target === this.scroller && this.key(event)) event.preventDefault(); });
    this.body.addEventListener('click', (event) => this.at(event, (row, position) => this.choose(position)));
    this.body.addEventListener('dblclick', (event) => this.at(event, ({ key }) => this.events.onDetails(key)));
    this.body.addEventListener('contextmenu', (event) => this.at(event, (row, position) => {
      event.preventDefault();
      this.choose(position);
      openMenu(this.rowItems(row), { x: event.clientX, y: event.clientY });
    }));
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  /** Shows another model, scrolled to its beginning. */
  show(layers: readonly Layer[], connections: Connections, sort: Sort | undefined): void {
    this.rows = rowsOf(layers, connections);
    this.keys = new Set(this.rows.map(({ key }) => key));
    this.totals = totalsOf(this.rows);
    this.largest = { parameters: this.largestOf('parameters'), macs: this.largestOf('macs'), activation: this.largestOf('activation') };
    this.scroller.style.setProperty('--number', `${20 + 8 * String(layers.length).length}px`);
    this.sort = sort;
    this.filter = undefined;
    this.selected = undefined;
    this.scroller.scrollTop = 0;
    this.refresh();
  }

  /** Whether the layer or node with this key has a row. */
  has(key: string): boolean {
    return this.keys.has(key);
  }

  /** Leaves only the rows with these keys; undefined: all. */
  setFilter(filter: ReadonlySet<string> | undefined): void {
    if (filter === this.filter) return;
    this.filter = filter;
    this.scroller.scrollTop = 0;
    this.refresh();
    this.select(this.selected);
  }

  /** Marks a layer chosen elsewhere and scrolls to it. */
  select(key: string | undefined): void {
    this.selected = key;
    const position = key === undefined ? -1 : this.shown.findIndex((row) => row.key === key);
    if (position >= 0) this.reveal(position);
    this.draw();
  }

  focus(): void {
    this.scroller.focus();
  }

  private refresh(): void {
    this.shown = this.filter ? this.rows.filter(({ key }) => this.filter!.has(key)) : [...this.rows];
    if (this.sort) {
      const { column, descending } = this.sort;
      this.shown.sort((a, b) => (descending ? -1 : 1) * compareRows(a, b, column) || a.index - b.index);
    }
    const inner = this.rows.filter((row) => row.holders.length > 0).length, all = formatNumber(this.rows.length);
    this.count.textContent = this.filter ? t('{0} of {1} layers', formatNumber(this.shown.length), all)
      : inner > 0 ? t('{0} layers, {1} of them in branches', all, formatNumber(inner)) : this.rows.length === 1 ? t('1 layer') : t('{0} layers', all);
    this.scroller.setAttribute('aria-rowcount', String(this.shown.length + 2));
    this.body.style.height = `${Math.max(this.shown.length, 3) * rowHeight}px`;
    this.drawHead();
    this.drawFoot();
    this.draw(true);
  }

  private drawHead(): void {
    replace(this.head, ...columns().map((column, at) => {
      const sorted = this.sort?.column === column.id;
      const direction = sorted ? (this.sort!.descending ? 'descending' : 'ascending') : 'none';
      return h('div', { class: `cell ${column.id}`, attributes: { role: 'columnheader', 'aria-sort': direction, 'aria-colindex': at + 1 } },
        h('button', { attributes: { type: 'button' }, title: column.hint, on: { click: () => this.sortBy(column.id) } },
          h('span', {}, column.title), h('span', { class: 'arrow', attributes: { 'aria-hidden': true } }, sorted ? (this.sort!.descending ? '↓' : '↑') : '')));
    }));
  }

  /** Totals of what is shown; a sum that leaves unknown layers out is a lower bound. */
  private drawFoot(): void {
    const totals = this.filter ? totalsOf(this.shown) : this.totals;
    const text = (id: ColumnId): readonly [string, string?] => {
      if (id === 'name') return [t('Total')];
      if (id !== 'parameters' && id !== 'macs' && id !== 'activation') return [''];
      const { sum, unknown } = totals[id], whole = this.totals[id].sum;
      const parts = [exact(id, sum), this.filter && whole > 0 && formatPercent(sum / whole), unknown > 0 && t('unknown for {0} layers', formatNumber(unknown))];
      return [unknown > 0 && sum === 0 ? '–' : `${unknown > 0 ? '≥\u202f' : ''}${short(id, sum)}`, parts.filter(Boolean).join(' · ')];
    };
    replace(this.foot, ...numbered(columns().map(({ id }) => cell(id, ...text(id)))));
    this.foot.setAttribute('aria-rowindex', String(this.shown.length + 2));
  }

  /** Numbers start with the largest, texts with A; a third click returns to the model's order. */
  private sortBy(column: ColumnId): void {
    const first = columns().find(({ id }) => id === column)!.numeric;
    if (this.sort?.column !== column) this.sort = { column, descending: first };
    else this.sort = this.sort.descending === first ? { column, descending: !first } : undefined;
    this.scroller.scrollTop = 0;
    this.refresh();
    this.events.onSort(this.sort);
    this.head.querySelector<HTMLElement>(`.${column} button`)?.focus();
  }

  private at(event: Event, then: (row: Row, position: number) => void): void {
    const position = Number((event.target as Element).closest<HTMLElement>('[data-position]')?.dataset.position ?? NaN);
    const row = this.shown[position];
    if (row) then(row, position);
  }

  private choose(position: number): void {
    const row = this.shown[position];
    if (!row) return;
    this.selected = row.key;
    this.reveal(position);
    this.draw();
    this.events.onSelect(row.key);
  }

  private reveal(position: number): void {
    scrollToRow(this.scroller, position, rowHeight, this.head.offsetHeight + this.foot.offsetHeight);
  }

  private key({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    const at = this.shown.findIndex((row) => row.key === this.selected);
    if (at >= 0 && key === 'Enter') { this.events.onReveal(this.selected!); return true; }
    if (at >= 0 && key === ' ') { this.events.onDetails(this.selected!); return true; }
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / rowHeight) - 3);
    const to = rowAfterKey(key, at, this.shown.length, page);
    if (to === undefined) return false;
    this.choose(to);
    return true;
  }

  private rowItems({ key, layer }: Row): MenuItem[] {
    return [
      { label: t('Show in the graph'), run: () => this.events.onReveal(key) },
      { label: t('Show details'), run: () => this.events.onDetails(key) },
      { label: t('Path from here'), run: () => this.events.onPathFrom(key) },
      'separator',
      { label: t('Copy the name'), run: () => this.events.onCopy(layer.name) },
      ...this.copyItems(),
    ];
  }

  private copyItems(): MenuItem[] {
    const { onCopy, onSave } = this.events;
    const all = [...this.rows];
    return [
      ...(this.filter ? [
        { label: t('Copy {0} found layers as CSV', formatNumber(this.shown.length)), run: () => onCopy(toCsv(this.shown)) },
        { label: t('Copy {0} found layers as Markdown', formatNumber(this.shown.length)), run: () => onCopy(toMarkdown(this.shown)) },
        'separator' as const,
      ] : []),
      { label: t('Copy all layers as CSV'), run: () => onCopy(toCsv(this.filter ? all : this.shown)) },
      { label: t('Copy all layers as Markdown'), run: () => onCopy(toMarkdown(this.filter ? all : this.shown)) },
      'separator',
      { label: t('Save as CSV…'), run: () => onSave('layers.csv', toCsv(this.shown)) },
    ];
  }

  private largestOf(id: MeasureId): number {
    return this.rows.reduce((largest, row) => Math.max(largest, row.container || row.holders.length > 0 ? 0 : measure(row, id) ?? 0), 1);
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
    const rows: HTMLElement[] = [];
    for (let position = first; position < last; position++) rows.push(this.rowElement(this.shown[position]!, position));
    replace(this.body, ...rows);
    const active = rows.find((row) => row.getAttribute('aria-selected') === 'true');
    if (active) this.scroller.setAttribute('aria-activedescendant', active.id);
    else this.scroller.removeAttribute('aria-activedescendant');
    if (this.shown.length === 0) replace(this.body, h('div', { class: 'nothing muted' }, this.rows.length ? t('No layer matches the search.') : t('The model has no layers.')));
  }

  private rowElement(row: Row, position: number): HTMLElement {
    const number = (id: MeasureId): HTMLElement => {
      const value = measure(row, id);
      if (value === null) return cell(id, '–', t('unknown'));
      const whole = this.totals[id].sum;
      return cell(id, value > 0 ? short(id, value) : '', `${exact(id, value)}${whole > 0 ? ` · ${formatPercent(value / whole)}` : ''}`, bar(Math.min(1, value / this.largest[id])));
    };
    const element = h('div', {
      class: `row${position % 2 ? ' odd' : ''}${row.holders.length > 0 ? ' inner' : ''}`,
      attributes: { role: 'row', id: `layer-${row.index}`, 'aria-rowindex': position + 2, 'aria-selected': String(row.key === this.selected), 'data-position': position },
    }, ...numbered([
      cell('index', row.number), nameCell(row), cell('type', row.layer.type), cell('input', row.input), cell('output', row.output),
      number('parameters'), number('macs'), number('activation'),
    ]));
    element.style.top = `${position * rowHeight}px`;
    return element;
  }
}

function cell(id: ColumnId, text: string, title = text, extra?: Node): HTMLElement {
  return h('div', { class: `cell ${id}`, title, attributes: { role: 'gridcell' } }, extra, h('span', { class: 'text' }, text));
}

/** A long name gives way at its front: 'backbone.layer3.0.conv1' is told from its neighbours by its end. */
function nameCell({ layer: { name }, place }: Row): HTMLElement {
  const end = Math.max(name.lastIndexOf('/'), name.lastIndexOf('.')) + 1, cut = end < name.length ? end : 0;
  return h('div', { class: 'cell name', title: [place, name].filter(Boolean).join(' › '), attributes: { role: 'gridcell' } },
    cut > 0 && h('span', { class: 'front' }, name.slice(0, cut)), h('span', { class: 'text' }, name.slice(cut)));
}

/** Tells assistive technology which column each cell is in: narrow tables hide some. */
function numbered(cells: readonly HTMLElement[]): readonly HTMLElement[] {
  cells.forEach((element, at) => element.setAttribute('aria-colindex', String(at + 1)));
  return cells;
}

const short = (id: MeasureId, value: number): string => (id === 'activation' ? formatBytes(value) : formatCount(value));
const exact = (id: MeasureId, value: number): string => (id === 'activation' ? t('{0} bytes', formatNumber(value)) : formatNumber(value));

/** A line under the number, as long as its part of the column's largest. */
function bar(fraction: number): HTMLElement {
  const line = h('span', { class: 'share' });
  line.style.width = `calc(${fraction > 0 ? Math.max(1.5, fraction * 100) : 0}% - ${fraction * 14}px)`;
  return line;
}
