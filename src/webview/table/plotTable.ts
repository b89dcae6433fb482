/** The numbers behind a chart: a table for eyes and screen readers, and CSV with every digit. */
import { csvLine } from '../common/csv';
import { h, replace } from '../common/dom';
import { formatNumber, formatValue } from '../common/format';
import { t } from '../common/strings';

export interface ChartTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** Makes the first cell of each row a button: the way of the keyboard to what a click in the chart does. */
  readonly choose?: (row: number) => void;
}

/** Rows a page holds at once; a file holds them all. */
export const mostRows = 1000;

export function fillTable(parent: HTMLElement, { head, rows, choose }: ChartTable): void {
  const first = (cell: string | number, row: number): HTMLElement | string => (choose ? h('button', { class: 'link', attributes: { type: 'button' }, on: { click: () => choose(row) } }, cellText(cell)) : cellText(cell));
  replace(parent,
    h('table', { class: 'numbers' },
      h('thead', {}, h('tr', {}, ...head.map((text) => h('th', { attributes: { scope: 'col' } }, text)))),
      h('tbody', {}, ...rows.slice(0, mostRows).map((cells, row) => h('tr', {}, ...cells.map((cell, column) => column === 0
        ? h('th', { attributes: { scope: 'row' } }, first(cell, row))
        : h('td', { class: typeof cell === 'number' ? 'number' : undefined }, typeof cell === 'number' ? h('data', { attributes: { value: cell } }, cellText(cell)) : cell)))))),
    rows.length > mostRows && h('p', { class: 'muted' }, t('The first {0} of {1} rows; a CSV file holds them all.', formatNumber(mostRows), formatNumber(rows.length))));
}

/** Short for reading; what is no number is a dash. */
export function cellText(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  if (Number.isNaN(cell)) return '–';
  return (Number.isInteger(cell) && Math.abs(cell) < 1e9 ? formatNumber(cell) : formatValue(cell)).replace(/^-/, '−');
}

export function tableCsv({ head, rows }: ChartTable): string {
  return [head, ...rows.map((cells) => cells.map((cell) => (typeof cell === 'number' && Number.isNaN(cell) ? '' : String(cell))))].map(csvLine).join('');
}
