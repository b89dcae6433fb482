/** Rows of many pictures as data: what columns say, their order, and the table as text. Pure. */
import type { PictureRow } from '../../protocol/many';
import { formatPercent, formatValue } from '../common/format';
import { t } from '../common/strings';
import { csvLine } from '../common/csv';

export type ColumnId = 'name' | 'label' | 'confidence' | 'entropy' | 'margin' | 'trust' | 'time';

export interface Column {
  readonly id: ColumnId;
  readonly title: string;
  readonly hint: string;
  /** What the first click on its head brings up first. */
  readonly first: 'least' | 'most';
}

let list: readonly Column[] | undefined;

export function columns(): readonly Column[] {
  return (list ??= [
    { id: 'name', title: t('Picture'), hint: t('The file'), first: 'least' },
    { id: 'label', title: t('Prediction'), hint: t('The most likely class'), first: 'least' },
    { id: 'confidence', title: t('Confidence'), hint: t('Probability of the most likely class; the least sure first'), first: 'least' },
    { id: 'entropy', title: t('Entropy'), hint: t('How undecided the model is, in bits; the most undecided first'), first: 'most' },
    { id: 'margin', title: t('Margin'), hint: t('Distance of the two most likely classes; the closest first'), first: 'least' },
    { id: 'trust', title: t('Trust'), hint: t('By how much more the score falls when the fifth that the map marks is blurred than when a random fifth is; the least trustworthy map first'), first: 'least' },
    { id: 'time', title: t('Time'), hint: t('How long it took'), first: 'most' },
  ]);
}

export interface Sort { readonly column: ColumnId; readonly descending: boolean }

export function nameOf({ file }: PictureRow): string {
  return file.split(/[/\\]/).at(-1) ?? file;
}

/** What rows are ordered by; undefined for what a row does not have. */
export function measure(row: PictureRow, column: ColumnId): number | string | undefined {
  switch (column) {
    case 'name': return nameOf(row);
    case 'label': return row.top?.[0]?.label;
    case 'time': return row.milliseconds;
    default: return row[column] ?? undefined;
  }
}

/** Rows that hold the words (in file or class), in order; those without a figure last whichever way the order goes. */
export function shownRows(rows: readonly PictureRow[], words: string, sort: Sort | undefined): PictureRow[] {
  const wanted = words.trim().toLocaleLowerCase();
  const shown = rows.filter((row) => wanted === '' || `${row.file}\n${row.top?.[0]?.label ?? ''}\n${row.error ?? ''}`.toLocaleLowerCase().includes(wanted));
  if (!sort) return shown;
  const sign = sort.descending ? -1 : 1;
  return shown.sort((one, other) => {
    const a = measure(one, sort.column), b = measure(other, sort.column);
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined) || one.at - other.at;
    return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true })) || one.at - other.at;
  });
}

export function textOf(row: PictureRow, column: ColumnId): string {
  const value = measure(row, column);
  if (value === undefined) return '–';
  if (typeof value === 'string') return value;
  switch (column) {
    case 'confidence': case 'margin': return formatPercent(value);
    case 'entropy': return `${value.toFixed(2)} bit`;
    case 'trust': return `${value >= 0 ? '+' : '−'}${formatValue(Math.abs(value))}`;
    default: return `${Math.round(value)} ms`;
  }
}

/** One line a picture, numbers whole: for programs. */
export function toCsv(rows: readonly PictureRow[]): string {
  const head = ['file', 'class', 'index', 'probability', 'entropy', 'margin', 'explained', 'score', 'trust', 'error'];
  return [head, ...rows.map(({ file, top, confidence, entropy, margin, target, score, trust, error }) =>
    [file, top?.[0]?.label, top?.[0]?.index, confidence, entropy, margin, target, score, trust, error].map((value) => String(value ?? '')))].map(csvLine).join('');
}
