/** What every reader of typed columns gives, and the table it becomes: the same as of a text with these cells. */
import { DataError } from '../../errors';
import { describeColumn, type TableColumn } from '../columns';
import { columnNames, type Table } from '../table';
import type { RowSample } from '../rowSample';

export interface ColumnarField {
  readonly name: string;
  /** Why its values are not read, as in "is nested (a list)"; absent where they are. */
  readonly unread?: string;
  /** Words in an order that the file states. */
  readonly order?: readonly string[];
}

export interface ColumnarRows {
  readonly fields: readonly ColumnarField[];
  /** Rows of the file. */
  readonly total: number;
  /** Rows that were kept, in order. */
  readonly rows: readonly number[];
  /** Their cells, by column; of columns that are not read an empty list. */
  readonly cells: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** How reading is asked for. */
export interface ColumnarOptions {
  readonly sample: <T>(width: number) => RowSample<T>;
  readonly signal?: AbortSignal;
  readonly progress?: (rows: number) => void;
}

/** Typed columns have no dialect; this is what a text with the same cells would be written in. */
const dialect = { delimiter: ',', quote: '"', decimalComma: false, header: 'names', skip: 0 } as const;

export function tableOfColumns(file: string, name: string, format: Table['format'], { fields, total, rows, cells, notes }: ColumnarRows): Table {
  if (fields.length === 0 || total === 0) throw new DataError('badFile', `${name}: has ${fields.length === 0 ? 'no columns' : `${fields.length} columns, but no rows`}, expected a table`);
  const names = columnNames(fields.map((field) => field.name), fields.length), rounded: string[] = [];
  const columns = fields.map(({ unread, order }, place): TableColumn => {
    const title = names[place]!;
    if (unread !== undefined) return unreadColumn(title, rows.length);
    const column = describeColumn(title, cells[place]!, place, false, order);
    if (column.numeric && column.type !== 'number' && Math.max(Math.abs(column.minimum ?? 0), Math.abs(column.maximum ?? 0)) > Number.MAX_SAFE_INTEGER) rounded.push(title);
    // pandas writes the numbers of rows as a column that is called so.
    return /^__index_level_\d+__$/.test(title) ? { ...column, type: 'identifier' } : column;
  });
  const sampled = rows.length < total;
  return {
    file, name, format, dialect, encoding: 'utf-8', columns, count: rows.length, rows: Float64Array.from(rows), total, sampled,
    notes: [
      ...(sampled ? [`${rows.length} of ${total} rows are used, drawn at random by the seed.`] : []), ...notes,
      ...fields.flatMap(({ unread }, place) => (unread === undefined ? [] : [`Column '${names[place]}' ${unread} and is not used.`])),
      ...rounded.map((title) => `Column '${title}' holds whole numbers beyond 2^53, which are rounded where they are counted with.`),
    ],
  };
}

function unreadColumn(name: string, count: number): TableColumn {
  return { name, type: 'text', cells: new Array<string>(count).fill(''), numbers: new Float64Array(count).fill(NaN), numeric: false, missing: 0, unreadable: 0, distinct: 0 };
}
