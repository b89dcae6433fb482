/**
 * A table file as people have it → columns: Parquet, Arrow, or text. What a text does not state is found out and said:
 * separators, encoding, decimal commas, the header, missing values. The file is streamed; of a long one a sample of rows
 * is kept, drawn by a seed.
 */
import path from 'node:path';
import { DataError } from '../errors';
import { readColumnar } from './columnar/readColumnar';
import { describeColumn } from './columns';
import { findDialect, type Dialect } from './dialect';
import { cellsOf, RecordError, RecordSplitter } from './records';
import { RowSample } from './rowSample';
import { columnNames, mostColumns, rowsKept, type ReadOptions, type Table } from './table';
import { NotUtf8, textFormat, textOf, type TextFormat } from './textStream';

export type { ReadOptions, Table };

const reportEvery = 50_000;

/** @throws DataError naming the file, what was found and what was expected. */
export async function readTable(file: string, options: ReadOptions = {}): Promise<Table> {
  const absolute = path.resolve(file), columnar = await readColumnar(absolute, options);
  if (columnar) return columnar;
  const format = await textFormat(absolute, options.encoding);
  try {
    return await read(absolute, format, options);
  } catch (error) {
    // The first letter that is no UTF-8 came late.
    if (error instanceof NotUtf8 && options.encoding === undefined) return read(absolute, await textFormat(absolute, 'windows-1252'), options);
    if (error instanceof NotUtf8) throw new DataError('badFile', `${path.basename(file)}: is no UTF-8 text, as was stated`);
    if (error instanceof RecordError) throw new DataError('badFile', `${path.basename(file)}: line ${error.line}: ${error.message}`);
    throw error;
  }
}

async function read(file: string, format: TextFormat, options: ReadOptions): Promise<Table> {
  const name = path.basename(file), { dialect, columns: width, header } = findDialect(format.head, format.whole, options);
  if (width === 0) throw new DataError('badFile', `${name}: ${format.head.trim() === '' ? 'the file holds no rows' : `found no end of the first line in ${format.head.length} characters`}, expected a table`);
  if (width > mostColumns) throw new DataError('badFile', `${name}: found ${width} columns, expected at most ${mostColumns}`);
  const sample = new RowSample<string>(rowsKept(options, width), options.seed ?? 0, options.wanted ?? []);
  const splitter = new RecordSplitter(dialect);
  let skip = dialect.skip, reported = 0;
  const take = (records: readonly string[]): void => {
    for (const record of records) {
      if (skip > 0) skip--;
      else sample.offer(() => own(record));
    }
  };
  for await (const piece of textOf(file, format)) {
    options.signal?.throwIfAborted();
    take(splitter.push(piece));
    if (sample.total - reported >= reportEvery) options.progress?.(reported = sample.total);
  }
  take(splitter.push('', true));
  if (sample.total === 0) throw new DataError('badFile', `${name}: has ${header.length ? 'a header, but no rows' : 'no rows'}, expected a table`);
  return tableOf({ file, name, format, dialect, width, header, sample });
}

interface Raw {
  readonly file: string;
  readonly name: string;
  readonly format: TextFormat;
  readonly dialect: Dialect;
  readonly width: number;
  readonly header: readonly string[];
  readonly sample: RowSample<string>;
}

function tableOf({ file, name, format, dialect, width, header, sample }: Raw): Table {
  const kept = sample.kept(), cells = Array.from({ length: width }, (): string[] => []), rows: number[] = [];
  let uneven = 0, firstUneven = -1, otherWidth = 0;
  for (const { row, value: record } of kept) {
    const found = cellsOf(record, dialect);
    // Spreadsheets end some lines with separators.
    while (found.length > width && found.at(-1) === '') found.pop();
    if (found.length !== width) {
      if (uneven++ === 0) [firstUneven, otherWidth] = [row, found.length];
      continue;
    }
    rows.push(row);
    found.forEach((cell, column) => cells[column]!.push(cell));
  }
  if (rows.length === 0 || uneven > 0.5 * kept.length) throw new DataError('badFile', `${name}: ${uneven} of ${kept.length} rows do not have ${width} columns (row ${firstUneven} has ${otherWidth}), expected the same number in every row`, 'state the separator if it is another one');
  const { header: kind, delimiter, decimalComma } = dialect;
  const names = columnNames(kind === 'names' ? header : [], width);
  const columns = names.map((title, column) => describeColumn(title, cells[column]!, column, decimalComma));
  const sampled = kept.length < sample.total, classNames = kind === 'counts' ? header.slice(2) : undefined;
  const notes = [
    ...(sampled ? [`${rows.length} of ${sample.total} rows are used, drawn at random by the seed.`] : []),
    ...(uneven ? [`${uneven} rows were left out because they do not have ${width} columns; the first is row ${firstUneven} with ${otherWidth}.`] : []),
    kind === 'names' ? 'The first line names the columns.' : kind === 'counts' ? `The first line counts rows and columns and names the classes: ${classNames!.join(', ')}.` : 'No line names the columns; they are called column 1, column 2, ….',
    ...(delimiter === ',' ? [] : [`Cells are separated by ${delimiterWords(delimiter)}${decimalComma ? ', and numbers have a decimal comma' : ''}.`]),
    ...(format.encoding === 'utf-8' ? [] : [`The text is ${format.encoding === 'windows-1252' ? 'no UTF-8 and was read as Latin-1 (windows-1252)' : format.encoding.toUpperCase()}.`]),
    ...columns.filter(({ unreadable }) => unreadable > 0).map(({ name: title, unreadable, cells: all, numbers }) => `Column '${title}' holds numbers, but ${unreadable} of its cells are none (the first: '${firstUnreadable(all, numbers)}'); they count as missing.`),
  ];
  return { file, name, format: 'text', dialect, encoding: format.encoding, columns, count: rows.length, rows: Float64Array.from(rows), total: sample.total, sampled, ...(classNames && { classNames }), notes };
}

function firstUnreadable(cells: readonly string[], numbers: Float64Array): string {
  return (cells.find((cell, row) => Number.isNaN(numbers[row]!) && cell.length > 1 && !/^(na|nan|null|none|n\/a)$/i.test(cell)) ?? '').slice(0, 40);
}

export function delimiterWords(delimiter: string): string {
  return { '\t': 'tabs', ';': 'semicolons', '|': 'bars', ',': 'commas', ' ': 'blanks' }[delimiter] ?? `'${delimiter}'`;
}

/** A text that does not keep the large piece alive it was cut from. */
function own(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
