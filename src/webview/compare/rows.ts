/** The rows of a comparison: their columns, order, filters, and as text. */
import { csvLine } from '../common/csv';
import type { ChangeKind, ComparedLayer } from '../../protocol/compare';
import { compactDims } from '../common/format';
import { t } from '../common/strings';

export type ColumnId = 'kind' | 'index' | 'name' | 'type' | 'output' | 'weights' | 'changes';

export interface Column {
  readonly id: ColumnId;
  readonly title: string;
  readonly hint?: string;
}

export interface Row {
  /** Order in both models together. */
  readonly index: number;
  readonly layer: ComparedLayer;
  readonly name: string;
  readonly type: string;
  readonly output: string;
  /** The largest relative error of its weights; null: none, or not comparable. */
  readonly error: number | null;
  readonly changes: string;
}

/** Changes first: the order of chips and of sorting. */
export const kinds: readonly ChangeKind[] = ['changed', 'added', 'removed', 'same'];

export function kindName(kind: ChangeKind): string {
  return { same: t('Same'), changed: t('Changed'), added: t('Added'), removed: t('Removed') }[kind];
}

export const kindSigns: Readonly<Record<ChangeKind, string>> = { same: '=', changed: '~', added: '+', removed: '−' };

export function columns(): readonly Column[] {
  return [
    { id: 'kind', title: '', hint: t('What became of the layer') },
    { id: 'index', title: '#', hint: t('Order in both models together') },
    { id: 'name', title: t('Name') },
    { id: 'type', title: t('Type') },
    { id: 'output', title: t('Output') },
    { id: 'weights', title: t('Weights'), hint: t('How far the weights are apart: ‖b − a‖ / ‖a‖, the largest of the layer') },
    { id: 'changes', title: t('What changed') },
  ];
}

export function rowsOf(layers: readonly ComparedLayer[]): Row[] {
  return layers.map((layer, index): Row => {
    const { a, b, changes, weights } = layer;
    const errors = weights.map(({ relativeError }) => relativeError).filter((error) => error !== null);
    return {
      index, layer, name: pair(a?.name, b?.name), type: pair(a?.type, b?.type), changes: changes.join('; '),
      output: ((b ?? a)?.outputDims ?? []).slice(0, 2).map(compactDims).join(', '), error: errors.length ? Math.max(...errors) : null,
    };
  });
}

/** One name where both agree, else the first and the second. */
function pair(a: string | undefined, b: string | undefined): string {
  return a === undefined || a === b ? b ?? '' : b === undefined ? a : `${a} → ${b}`;
}

export interface Filter {
  readonly kinds: ReadonlySet<ChangeKind>;
  readonly words: string;
}

export function shownRows(rows: readonly Row[], { kinds: wanted, words }: Filter, sort: { readonly column: ColumnId; readonly descending: boolean } | undefined): Row[] {
  const asked = words.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = rows.filter((row) => wanted.has(row.layer.kind) && asked.every((word) => `${row.name}\n${row.type}\n${row.changes}\n${row.output}`.toLowerCase().includes(word)));
  return sort ? shown.sort((x, y) => (sort.descending ? -1 : 1) * order(x, y, sort.column) || x.index - y.index) : shown;
}

const collator = new Intl.Collator(undefined, { numeric: true });

function order(x: Row, y: Row, column: ColumnId): number {
  switch (column) {
    case 'kind': return kinds.indexOf(x.layer.kind) - kinds.indexOf(y.layer.kind);
    case 'index': return x.index - y.index;
    case 'weights': return (x.error ?? -1) - (y.error ?? -1);
    default: return collator.compare(x[column], y[column]);
  }
}

/** A relative error as people read it: '0', '3.4e-8', '1.2 %'. */
export function errorText(error: number | null): string {
  if (error === null) return '';
  if (error === 0) return '0';
  if (!Number.isFinite(error)) return '∞';
  return error < 1e-4 ? error.toExponential(1) : `${Number((100 * error).toPrecision(2))}\u202f%`;
}

/** How long an error's bar is, 0…1: a tenth for every power of ten from 1e-8 to 1, so that rounding and change both show. */
export function errorLength(error: number | null): number {
  return error === null || !(error > 0) ? 0 : Math.min(1, Math.max(0.04, (Math.log10(error) + 8) / 8));
}

/** The rows as Markdown for people. */
export function toMarkdown(rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const plain = (text: string): string => text.replace(/[\r\n]+/g, ' ').replace(/[\\|`*_~[\]<>&#]/g, '\\$&');
  const list = columns().map(({ id, title }) => id === 'kind' ? t('Kind') : title);
  return line(list) + line(list.map(() => '---')) + rows.map((row) => line([kindName(row.layer.kind), String(row.index + 1), plain(row.name), plain(row.type), plain(row.output), errorText(row.error), plain(row.changes)])).join('');
}

/** The rows as CSV (RFC 4180) for programs: names of either side apart, numbers in full. */
export function toCsv(rows: readonly Row[]): string {
  const line = (cells: readonly (string | number | null | undefined)[]): string => csvLine(cells.map((value) => String(value ?? '')));
  return line(['kind', 'a', 'a type', 'a output', 'b', 'b type', 'b output', 'relative error', 'changes'])
    + rows.map(({ layer: { kind, a, b }, error, changes }) => line([kind, a?.name, a?.type, a?.outputDims.map(compactDims).join(' '), b?.name, b?.type, b?.outputDims.map(compactDims).join(' '), error, changes])).join('');
}
