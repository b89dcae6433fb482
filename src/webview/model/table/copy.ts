/** The layer table as text: CSV (RFC 4180) for programs, Markdown for people. Numbers are whole, unknown ones empty. */
import { csvLine } from '../../common/csv';
import { formatNumber } from '../../common/format';
import { t } from '../../common/strings';
import { columns, measure, totalsOf, type ColumnId, type Row } from './layerRows';

/** A line for each row under a line of titles. */
export function toCsv(rows: readonly Row[]): string {
  return [titles(), ...rows.map((row) => columns().map(({ id }) => String(value(row, id) ?? '')))]
    .map(csvLine).join('');
}

/** A table with a line of totals at its end. */
export function toMarkdown(rows: readonly Row[]): string {
  const list = columns();
  const totals = totalsOf(rows);
  const cell = (row: Row, id: ColumnId): string => {
    const found = value(row, id);
    return found === null ? '–' : typeof found === 'number' ? formatNumber(found) : markdownCell(found);
  };
  const last = ({ id }: { id: ColumnId }): string =>
    id === 'name' ? `**${t('Total')}**` : id === 'parameters' || id === 'macs' || id === 'activation' ? `**${formatNumber(totals[id].sum)}**` : '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [
    line(titles()),
    line(list.map(({ id, numeric }) => (numeric || id === 'index' ? '---:' : '---'))),
    ...rows.map((row) => line(list.map(({ id }) => cell(row, id)))),
    line(list.map(last)),
  ].join('');
}

/** Characters that would end the cell or begin markup stand for themselves. */
function markdownCell(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\|`*_~[\]<>&#]/g, '\\$&');
}

function titles(): string[] {
  return columns().map(({ id, title }) => (id === 'activation' ? t('Activation bytes') : title));
}

function value(row: Row, id: ColumnId): string | number | null {
  switch (id) {
    case 'index': return row.number;
    case 'name': return row.layer.name;
    case 'type': return row.layer.type;
    case 'input': return row.input;
    case 'output': return row.output;
    default: return measure(row, id);
  }
}
