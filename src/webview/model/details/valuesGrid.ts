/** The values of a slice in a grid; only the cells in view are elements. */
import type { TensorDetails } from '../../../protocol/details';
import { h, replace } from '../../common/dom';
import { t } from '../../common/strings';
import { cellAfterKey, cellWithin } from './cellCursor';

type Slice = TensorDetails['slice'];

const rowHeight = 22, headWidth = 52;

export class ValuesGrid {
  readonly element = h('div', { class: 'values', attributes: { tabindex: 0, role: 'grid', 'aria-label': t('Values') } });
  private readonly space = h('div', { class: 'values-space', attributes: { role: 'rowgroup' } });
  private slice: Slice | undefined;
  private dtype = '';
  private columnWidth = 76;
  private cursor = { row: 0, column: 0 };
  private frame = 0;

  constructor(private readonly onCursor: (row: number, column: number) => void) {
    this.element.append(this.space);
    this.element.addEventListener('scroll', () => this.later());
    this.element.addEventListener('keydown', (event) => { if (this.key(event)) event.preventDefault(); });
    this.element.addEventListener('click', (event) => {
      const cell = (event.target as Element).closest<HTMLElement>('[data-cell]');
      if (!cell) return;
      const [row = 0, column = 0] = cell.dataset.cell!.split(' ').map(Number);
      this.moveTo(row, column);
    });
    new ResizeObserver(() => this.later()).observe(this.element);
  }

  show(slice: Slice, dtype: string): void {
    this.slice = slice;
    this.dtype = dtype;
    this.columnWidth = slice.strings ? 150 : /^u?int(?:8|4|2)|^bool/.test(dtype) ? 60 : 92;
    this.cursor = { row: 0, column: 0 };
    this.element.scrollTo(0, 0);
    this.element.setAttribute('aria-rowcount', String(slice.rows + 1));
    this.element.setAttribute('aria-colcount', String(slice.columns + 1));
    this.element.style.height = `${Math.min(11, slice.rows + 1) * rowHeight + 14}px`;
    this.space.style.width = `${headWidth + slice.columns * this.columnWidth}px`;
    this.space.style.height = `${(slice.rows + 1) * rowHeight}px`;
    this.draw();
  }

  /** Marks a cell chosen elsewhere and scrolls to it. */
  mark(row: number, column: number): void {
    this.cursor = { row, column };
    const { element } = this, top = row * rowHeight, left = column * this.columnWidth;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = top + 2 * rowHeight - element.clientHeight;
    if (left < element.scrollLeft) element.scrollLeft = left;
    else if (headWidth + left + this.columnWidth > element.scrollLeft + element.clientWidth) element.scrollLeft = headWidth + left + this.columnWidth - element.clientWidth;
    this.draw();
  }

  private key(event: KeyboardEvent): boolean {
    const to = this.slice && cellAfterKey(event, this.cursor, this.slice);
    if (to) this.moveTo(to.row, to.column);
    return to !== undefined;
  }

  private moveTo(row: number, column: number): void {
    const to = cellWithin({ row, column }, this.slice!);
    this.mark(to.row, to.column);
    this.onCursor(to.row, to.column);
  }

  private later(): void {
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  private draw(): void {
    const { slice, element, columnWidth } = this;
    if (!slice) return;
    const firstRow = Math.max(0, Math.floor(element.scrollTop / rowHeight) - 2), lastRow = Math.min(slice.rows, Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + 1);
    const firstColumn = Math.max(0, Math.floor(element.scrollLeft / columnWidth) - 1), lastColumn = Math.min(slice.columns, Math.ceil((element.scrollLeft + element.clientWidth) / columnWidth) + 1);
    const head = h('div', { class: 'values-row values-head', attributes: { role: 'row', 'aria-rowindex': 1 } });
    for (let column = firstColumn; column < lastColumn; column++) head.append(this.cell('columnheader', column, String(slice.columnStart + column)));
    const rows: HTMLElement[] = [head];
    for (let row = firstRow; row < lastRow; row++) {
      const line = h('div', { class: 'values-row', attributes: { role: 'row', 'aria-rowindex': row + 2 } }, h('div', { class: 'values-number', attributes: { role: 'rowheader' } }, String(slice.rowStart + row)));
      line.style.top = `${(row + 1) * rowHeight}px`;
      for (let column = firstColumn; column < lastColumn; column++) {
        const cell = this.cell('gridcell', column, cellText(slice, row, column, this.dtype));
        cell.dataset.cell = `${row} ${column}`;
        if (row === this.cursor.row && column === this.cursor.column) {
          cell.classList.add('current');
          cell.id = 'current-value';
        }
        line.append(cell);
      }
      rows.push(line);
    }
    replace(this.space, ...rows);
    element.setAttribute('aria-activedescendant', 'current-value');
  }

  private cell(role: string, column: number, text: string): HTMLElement {
    const cell = h('div', { class: 'values-cell', title: role === 'gridcell' ? text : '', attributes: { role, 'aria-colindex': column + 2 } }, text);
    cell.style.left = `${headWidth + column * this.columnWidth}px`;
    cell.style.width = `${this.columnWidth}px`;
    return cell;
  }
}

/** A value in its cell: whole numbers in full, others by six digits. */
export function cellText(slice: Slice, row: number, column: number, dtype: string): string {
  const at = row * slice.columns + column;
  if (slice.strings) return slice.strings[at] ?? '';
  const value = slice.values[at]!;
  if (dtype === 'bool') return value ? 'true' : 'false';
  if (/^u?int/.test(dtype)) return String(value);
  return Math.abs(value) >= 1e6 && Number.isFinite(value) ? value.toExponential(5) : String(Number(value.toPrecision(6)));
}

/** The slice as tab-separated text, values in full. */
export function asText(slice: Slice): string {
  return Array.from({ length: slice.rows }, (_, row) => Array.from({ length: slice.columns }, (_, column) => {
    const at = row * slice.columns + column;
    if (slice.strings) return slice.strings[at] ?? '';
    // Nine digits tell every float32 from its neighbours.
    return String(slice.values instanceof Float32Array ? Number(slice.values[at]!.toPrecision(9)) : slice.values[at]);
  }).join('\t')).join('\n');
}
