/** A row of a CSV file (FILE.csv#ROW) → the numbers of a table input. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import type { FloatTensor } from '../tensor/tensor';
import { floatTensor } from '../tensor/tensor';
import { DataError, reasonOf } from './errors';
import type { TableSpec } from './spec';
import { categoryOf, numbersOf, scaled } from './tables/encode';

export interface TableRow {
  /** Names of the header; empty if the file has none. */
  readonly header: readonly string[];
  readonly cells: readonly string[];
  /** Number of the row, the first below the header is 0. */
  readonly row: number;
}

const maxColumns = 100_000;

/** Splits 'data.csv#12' into file and row; the row is 0 where none is given. Throws DataError if the row is no number. */
export function splitRowReference(reference: string): { file: string; row: number } {
  const match = /^(.*\.(?:csv|tsv|txt))#(.*)$/i.exec(reference);
  if (!match) return { file: reference, row: 0 };
  if (!/^\d+$/.test(match[2]!)) throw new DataError('badInput', `${path.basename(match[1]!)}: found row "${match[2]}", expected a number from 0`);
  return { file: match[1]!, row: Number(match[2]) };
}

/**
 * Reads one row of a CSV file; delimiter and quoting are found out, a first line without numbers is the header.
 * The file is streamed and no further than the row. Throws DataError: not found, no such row.
 */
export async function readRow(file: string, row: number): Promise<TableRow> {
  const name = path.basename(file);
  const wanted = row + 1; // one more, for the header
  const rows: string[][] = [];
  let seen = 0;
  let first: string[] | undefined;
  await new Promise<void>((resolve, reject) => {
    const stream = createReadStream(file, { encoding: 'utf8' });
    stream.on('error', (error) => reject(new DataError('notFound', `${name}: cannot be read: ${reasonOf(error)}`)));
    Papa.parse<string[]>(stream, {
      skipEmptyLines: true,
      step: ({ data }, parser) => {
        first ??= data;
        if (seen >= row && seen <= wanted) rows.push(data);
        if (++seen > wanted) parser.abort();
      },
      complete: () => {
        stream.destroy();
        resolve();
      },
      error: (error) => reject(new DataError('badFile', `${name}: not readable as CSV: ${reasonOf(error)}`)),
    });
  });
  if (!first) throw new DataError('badFile', `${name}: the file has no rows`);
  if (first.length > maxColumns) throw new DataError('badFile', `${name}: found ${first.length} columns, expected at most ${maxColumns}`);
  const hasHeader = isHeader(first);
  const cells = hasHeader ? rows[1] : rows[0];
  if (!cells) {
    const count = seen - (hasHeader ? 1 : 0);
    throw new DataError('badInput', `${name}: found ${count} rows, row ${row} does not exist (rows count from 0)`);
  }
  return { header: hasHeader ? first.map((cell) => cell.trim()) : [], cells, row };
}

/**
 * At most `most` rows of a CSV file, spread evenly over it; the file is streamed. Throws DataError if it cannot be read.
 */
export async function readRows(file: string, most: number): Promise<TableRow[]> {
  const name = path.basename(file);
  let first: string[] | undefined, kept: { row: number; cells: string[] }[] = [], seen = 0, stride = 1;
  await new Promise<void>((resolve, reject) => {
    const stream = createReadStream(file, { encoding: 'utf8' });
    stream.on('error', (error) => reject(new DataError('notFound', `${name}: cannot be read: ${reasonOf(error)}`)));
    Papa.parse<string[]>(stream, {
      skipEmptyLines: true,
      step: ({ data }) => {
        const header = first === undefined && isHeader(data);
        first ??= data;
        if (header) return;
        if (seen % stride === 0) kept.push({ row: seen, cells: data });
        seen++;
        // Twice as many as wanted: every other one goes, and from here on only every other one comes.
        if (kept.length >= 2 * most) {
          kept = kept.filter((_, index) => index % 2 === 0);
          stride *= 2;
        }
      },
      complete: () => resolve(),
      error: (error) => reject(new DataError('badFile', `${name}: not readable as CSV: ${reasonOf(error)}`)),
    });
  });
  const header = first && isHeader(first) ? first.map((cell) => cell.trim()) : [];
  const chosen = kept.length <= most ? kept : Array.from({ length: most }, (_, index) => kept[Math.floor((index * kept.length) / most)]!);
  return chosen.map(({ row, cells }) => ({ header, cells, row }));
}

/** A first line without a number names the columns. */
function isHeader(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === '' || !Number.isFinite(Number(cell)));
}

/**
 * The row as a tensor [1, width]. With columns in the spec, they are picked by name (or place, if the file has no
 * header) and categories become their index; else the first `width` cells are taken as they come, and a row with more
 * cells is accepted only if the rest is one label column.
 * Throws DataError naming the column, what was found and what was expected.
 */
export function rowToTensor(row: TableRow, spec: TableSpec, width: number | undefined, file: string): FloatTensor {
  const name = path.basename(file);
  if (spec.columns.length === 0) {
    const count = width ?? row.cells.length;
    if (row.cells.length < count || row.cells.length > count + 1) throw new DataError('badInput', `${name}: row ${row.row} has ${row.cells.length} cells, expected ${count}`);
    return floatTensor([1, count], Float32Array.from(row.cells.slice(0, count), (cell, i) => parseNumber(cell, row.header[i] ?? `column ${i}`, name, row.row)));
  }
  const total = spec.columns.reduce((count, column) => count + numbersOf(column), 0);
  if (width !== undefined && total !== width) throw new DataError('badInput', `the sidecar names ${total} columns, expected ${width}, as the model's input has`);
  const values = spec.columns.flatMap((column, i) => {
    const wanted = column.from ?? (row.header.length ? column.name : i), cell = row.cells[typeof wanted === 'number' ? wanted : row.header.indexOf(wanted)];
    if (cell === undefined) throw new DataError('badInput', `${name}: found no column ${wanted}, expected one of that name (found ${row.header.slice(0, 12).join(', ') || `${row.cells.length} columns without names`})`);
    if (!column.categories) return scaled(parseNumber(cell, column.name, name, row.row), column);
    const index = categoryOf(cell.trim(), column);
    if (index < 0) throw new DataError('badInput', `${name}: row ${row.row}, ${column.name}: found "${cell}", expected one of ${column.categories.slice(0, 12).join(', ')}`);
    return column.encoding === 'one-hot' ? column.categories.map((_, place) => Number(place === index)) : index;
  });
  return floatTensor([1, values.length], Float32Array.from(values));
}

function parseNumber(cell: string, column: string, name: string, row: number): number {
  const value = Number(cell);
  if (cell.trim() === '' || Number.isNaN(value)) throw new DataError('badInput', `${name}: row ${row}, ${column}: found "${cell}", expected a number`);
  return value;
}
