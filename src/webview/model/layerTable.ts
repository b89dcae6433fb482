/** The layer table: sorted, filtered and drawn only where it is visible, so that 20,000 rows are as quick as 20. */
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { Layer } from './types';
import { h, replace } from '../common/dom';
import { compactDims, formatCount, formatNumber, formatPercent } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';
import { columns, compareRows, matches, type ColumnId, type Row } from './layerRows';

const rowHeight = 24;
const spare = 10;

export interface Sort { readonly column: ColumnId; readonly descending: boolean }

export interface TableEvents {
  onSelect(layer: number): void;
  onSort(sort: Sort | undefined): void;
  onFilter(filter: string): void;
}

export class LayerTable {
  readonly element: HTMLElement;
  private readonly filterBox = h('vscode-textfield', { class: 'filter', attributes: { type: 'text', placeholder: t('Filter by name, type or dims'), label: t('Filter layers') } });
  private readonly head = h('div', { class: 'row head', attributes: { role: 'row' } });
  private readonly body = h('div', { class: 'rows', attributes: { role: 'rowgroup' } });
  private readonly scroller = h('div', { class: 'scroller', attributes: { tabindex: 0, role: 'grid', 'aria-label': t('Layers') } }, this.head, this.body);
  private readonly count = h('div', { class: 'count muted', attributes: { 'aria-live': 'polite' } });
  private rows: Row[] = [];
  private shown: Row[] = [];
  private sort: Sort | undefined;
  private filter = '';
  private selected: number | undefined;
  private frame = 0;
  /** Largest value of a column: its bar fills the cell. */
  private largest = { parameters: 1, macs: 1 };

  constructor(private readonly events: TableEvents) {
    this.filterBox.append(h('span', { class: 'filter-icon', attributes: { slot: 'content-before' } }, icon('search')));
    this.filterBox.addEventListener('input', () => { this.filter = this.filterBox.value; this.refresh(); this.events.onFilter(this.filter); });
    this.element = h('section', { class: 'layers', attributes: { 'aria-label': t('Layer table') } },
      h('div', { class: 'layers-tools' }, this.filterBox, this.count), this.scroller);
    this.scroller.addEventListener('scroll', () => this.draw());
    this.scroller.addEventListener('keydown', (event) => { if (event.target === this.scroller && this.key(event)) event.preventDefault(); });
    this.body.addEventListener('click', (event) => {
      const row = (event.target as Element).closest<HTMLElement>('[data-position]');
      if (row) this.choose(Number(row.dataset.position));
    });
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  show(layers: readonly Layer[], sort: Sort | undefined, filter: string): void {
    const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
    this.largest = { parameters: largestOf(layers.map((layer) => layer.parameters)), macs: largestOf(layers.map((layer) => layer.macs ?? 0)) };
    const macs = layers.reduce((sum, layer) => sum + (layer.macs ?? 0), 0);
    this.rows = layers.map((layer, index) => ({
      index, layer,
      input: layer.inputDims.map(compactDims).join(', '),
      output: layer.outputDims.map(compactDims).join(', '),
      parameterShare: parameters > 0 ? layer.parameters / parameters : 0,
      macShare: macs > 0 ? (layer.macs ?? 0) / macs : 0,
    }));
    this.sort = sort;
    this.filter = this.filterBox.value = filter;
    this.selected = undefined;
    this.scroller.scrollTop = 0;
    this.refresh();
  }

  /** Marks a layer chosen elsewhere and scrolls to it. */
  select(layer: number | undefined): void {
    this.selected = layer;
    const position = layer === undefined ? -1 : this.shown.findIndex((row) => row.index === layer);
    if (position >= 0) this.reveal(position);
    this.draw();
  }

  private refresh(): void {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = words.length ? this.rows.filter((row) => matches(row, words)) : [...this.rows];
    if (this.sort) {
      const { column, descending } = this.sort;
      this.shown.sort((a, b) => (descending ? -1 : 1) * compareRows(a, b, column) || a.index - b.index);
    }
    this.count.textContent = this.shown.length === this.rows.length
      ? t('{0} layers', formatNumber(this.rows.length))
      : t('{0} of {1} layers', formatNumber(this.shown.length), formatNumber(this.rows.length));
    this.scroller.setAttribute('aria-rowcount', String(this.shown.length + 1));
    this.body.style.height = `${this.shown.length * rowHeight}px`;
    this.drawHead();
    this.draw(true);
  }

  private drawHead(): void {
    replace(this.head, ...columns().map((column) => {
      const sorted = this.sort?.column === column.id;
      const direction = sorted ? (this.sort!.descending ? 'descending' : 'ascending') : 'none';
      return h('div', { class: `cell ${column.id}`, attributes: { role: 'columnheader', 'aria-sort': direction } },
        h('button', { attributes: { type: 'button' }, title: column.hint, on: { click: () => this.sortBy(column.id) } },
          h('span', {}, column.title), h('span', { class: 'arrow', attributes: { 'aria-hidden': true } }, sorted ? (this.sort!.descending ? '↓' : '↑') : '')));
    }));
  }

  /** Numbers start with the largest, texts with A; a third click returns to the model's order. */
  private sortBy(column: ColumnId): void {
    const first = columns().find(({ id }) => id === column)!.numeric;
    if (this.sort?.column !== column) this.sort = { column, descending: first };
    else this.sort = this.sort.descending === first ? { column, descending: !first } : undefined;
    this.refresh();
    this.events.onSort(this.sort);
    this.head.querySelector<HTMLElement>(`.${column} button`)?.focus();
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
    const top = position * rowHeight, { scroller } = this;
    const room = scroller.clientHeight - this.head.offsetHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + rowHeight > scroller.scrollTop + room) scroller.scrollTop = top + rowHeight - room;
  }

  private key({ key }: KeyboardEvent): boolean {
    const at = this.shown.findIndex((row) => row.index === this.selected), last = this.shown.length - 1;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / rowHeight) - 2);
    const to = key === 'ArrowDown' ? at + 1 : key === 'ArrowUp' ? at - 1 : key === 'PageDown' ? at + page : key === 'PageUp' ? at - page
      : key === 'Home' ? 0 : key === 'End' ? last : undefined;
    if (to === undefined) return false;
    this.choose(Math.max(0, Math.min(last, to)));
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
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / rowHeight) - spare);
    const last = Math.min(this.shown.length, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / rowHeight) + spare);
    const rows: HTMLElement[] = [];
    for (let position = first; position < last; position++) rows.push(this.rowElement(this.shown[position]!, position));
    replace(this.body, ...rows);
    const active = this.shown.findIndex((row) => row.index === this.selected);
    if (active >= first && active < last) this.scroller.setAttribute('aria-activedescendant', `layer-${this.shown[active]!.index}`);
    else this.scroller.removeAttribute('aria-activedescendant');
    if (this.shown.length === 0) replace(this.body, h('div', { class: 'nothing muted' }, this.rows.length ? t('No layer matches the filter.') : t('The model has no layers.')));
  }

  private rowElement(row: Row, position: number): HTMLElement {
    const { layer } = row;
    const cell = (id: ColumnId, text: string, title = text, extra?: Node): HTMLElement =>
      h('div', { class: `cell ${id}`, title, attributes: { role: 'gridcell' } }, extra, h('span', { class: 'text' }, text));
    const element = h('div', {
      class: `row${position % 2 ? ' odd' : ''}`,
      attributes: { role: 'row', id: `layer-${row.index}`, 'aria-rowindex': position + 2, 'aria-selected': String(row.index === this.selected), 'data-position': position },
    },
      cell('index', String(row.index + 1)),
      cell('name', layer.name),
      cell('type', layer.type),
      cell('input', row.input),
      cell('output', row.output),
      cell('parameters', layer.parameters > 0 ? formatCount(layer.parameters) : '', `${formatNumber(layer.parameters)} · ${formatPercent(row.parameterShare)}`, bar(layer.parameters / this.largest.parameters)),
      cell('macs', layer.macs === null ? '–' : layer.macs > 0 ? formatCount(layer.macs) : '', layer.macs === null ? t('unknown') : `${formatNumber(layer.macs)} · ${formatPercent(row.macShare)}`, bar((layer.macs ?? 0) / this.largest.macs)),
    );
    element.style.top = `${position * rowHeight}px`;
    return element;
  }
}

/** A line under the number, as long as its part of the column's largest. */
function bar(fraction: number): HTMLElement {
  const line = h('span', { class: 'share' });
  line.style.width = `calc(${fraction > 0 ? Math.max(1.5, fraction * 100) : 0}% - ${fraction * 14}px)`;
  return line;
}

function largestOf(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, value), 1);
}
