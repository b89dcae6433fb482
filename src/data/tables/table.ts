/** A table that was read, and how reading it is asked for. */
import type { TableColumn } from './columns';
import type { Dialect, DialectChoice } from './dialect';
import type { Encoding } from './textStream';

export interface ReadOptions extends DialectChoice {
  readonly encoding?: Encoding;
  /** Rows kept at most (default 20,000); fewer of very wide tables. */
  readonly maxRows?: number;
  /** Of the draw (default 0). */
  readonly seed?: number;
  /** Rows that are kept in any case, the first below the header being 0. */
  readonly wanted?: readonly number[];
  readonly signal?: AbortSignal;
  /** Told how many rows have gone by, now and then. */
  readonly progress?: (rows: number) => void;
}

export interface Table {
  /** Absolute path. */
  readonly file: string;
  readonly name: string;
  readonly format: 'text' | 'parquet' | 'arrow';
  /** Of a text; typed columns have one that a text with their cells would have. */
  readonly dialect: Dialect;
  readonly encoding: Encoding;
  readonly columns: readonly TableColumn[];
  /** Rows that were kept, and which they are in the file, in order. */
  readonly count: number;
  readonly rows: Float64Array;
  /** Rows of the file. */
  readonly total: number;
  readonly sampled: boolean;
  /** Names that a first line of counts gives to the classes of the last column. */
  readonly classNames?: readonly string[];
  /** What was found and what was assumed, one sentence each. */
  readonly notes: readonly string[];
}

export const mostColumns = 20_000;
const usualRows = 20_000, mostCells = 8_000_000;

/** Rows that are kept of a table as wide as this. */
export function rowsKept({ maxRows = usualRows }: ReadOptions, width: number): number {
  return Math.max(1, Math.min(maxRows, Math.floor(mostCells / Math.max(1, width))));
}

/** Every column has a name of its own. */
export function columnNames(header: readonly string[], width: number): string[] {
  const used = new Map<string, number>();
  return Array.from({ length: width }, (_, column) => {
    const plain = header[column]?.replace(/^#\s*/, '') || `column ${column + 1}`, times = (used.get(plain) ?? 0) + 1;
    used.set(plain, times);
    return times === 1 ? plain : `${plain} (${times})`;
  });
}
