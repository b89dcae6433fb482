/** How a table is written: found out from its beginning, or as somebody says. */
import { isMissing, numberOf } from './cells';
import { cellsOf, RecordSplitter, type Separation } from './records';

export interface Dialect extends Separation {
  readonly decimalComma: boolean;
  /** 'names': the first record names the columns. 'counts': it holds scikit-learn's rows, columns and class names. */
  readonly header: 'names' | 'counts' | 'none';
  /** Records before the first row of the table, the header included. */
  readonly skip: number;
}

/** What people may say instead of having it found out. */
export interface DialectChoice {
  readonly delimiter?: string;
  readonly decimalComma?: boolean;
  readonly header?: boolean;
}

export interface FoundDialect {
  readonly dialect: Dialect;
  readonly columns: number;
  readonly header: readonly string[];
}

const delimiters = ['\t', ';', '|', ',', ' '] as const;
const mostRecords = 200;

/** @param head the file's first text. @param whole whether that is all of it. */
export function findDialect(head: string, whole: boolean, choice: DialectChoice = {}): FoundDialect {
  const text = head.replace(/^\ufeff/, ''), stated = /^sep=(.)\r?\n/i.exec(text)?.[1];
  const quote = text.includes('"') || !/(^|[,;\t|\n])'[^'\n]*'([,;\t|]|\r?\n)/.test(text) ? '"' : "'";
  const delimiter = choice.delimiter ?? stated ?? bestDelimiter(text, whole, quote);
  const separation = { delimiter, quote } as const;
  const all = recordsOf(text, whole, separation);
  let skip = stated ? 1 : 0;
  while (skip < all.length - 1 && all[skip]!.startsWith('#')) skip++;
  const records = all.slice(skip).map((record) => cellsOf(record, separation));
  const columns = commonCount(records.length > 1 ? records.slice(1) : records);
  const body = records.slice(1).filter((cells) => cells.length === columns);
  const decimalComma = choice.decimalComma ?? (delimiter !== ',' && usesCommas(body));
  const [first = []] = records;
  const header = choice.header === undefined ? headerOf(first, body, columns, decimalComma) : choice.header ? 'names' : 'none';
  return { dialect: { ...separation, decimalComma, header, skip: skip + (header === 'none' ? 0 : 1) }, columns: header === 'names' && body.length === 0 ? first.length : columns, header: header === 'none' ? [] : first };
}

function recordsOf(text: string, whole: boolean, separation: Separation): string[] {
  const splitter = new RecordSplitter(separation), records: string[] = [];
  try {
    records.push(...splitter.push(text).slice(0, mostRecords));
    if (whole) records.push(...splitter.push('', true));
  } catch {
    // What is wrong is said when the file is read as a whole; until then the records before it tell enough.
  }
  return records;
}

/** The first in order that cuts nearly every record into the same number of cells; else the one that does so most. */
function bestDelimiter(text: string, whole: boolean, quote: '"' | "'"): string {
  let best: { delimiter: string; share: number } = { delimiter: ',', share: 0 };
  for (const delimiter of delimiters) {
    const records = recordsOf(text, whole, { delimiter, quote }).map((record) => cellsOf(record, { delimiter, quote }));
    const body = records.length > 2 ? records.slice(1) : records, count = commonCount(body);
    if (count < 2) continue;
    const share = body.filter((cells) => cells.length === count).length / body.length;
    // Blanks are inside of words, too: they separate only where everything is a number or one word, without other signs.
    if (delimiter === ' ' && (best.share > 0.5 || share < 0.99)) continue;
    if (share > best.share + 0.05) best = { delimiter, share };
  }
  return best.delimiter;
}

/** How many cells most records have. */
function commonCount(records: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

function usesCommas(records: readonly (readonly string[])[]): boolean {
  let commas = 0, points = 0;
  for (const cells of records) {
    for (const cell of cells) {
      if (/^[+-]?\d+,\d+(?:[eE][+-]?\d+)?$/.test(cell)) commas++;
      else if (/^[+-]?\d*\.\d+(?:[eE][+-]?\d+)?$/.test(cell)) points++;
    }
  }
  return commas > points;
}

function headerOf(first: readonly string[], body: readonly (readonly string[])[], columns: number, decimalComma: boolean): Dialect['header'] {
  const isNumber = (cell: string): boolean => !Number.isNaN(numberOf(cell, decimalComma));
  const [rows, features, ...classes] = first;
  // scikit-learn's own files: rows, features, then the names of the classes that the last column counts.
  if (/^\d+$/.test(rows ?? '') && Number(features) === columns - 1 && classes.length > 1 && classes.every((cell) => cell !== '' && !isNumber(cell))
    && body.every((cells) => Number(cells[columns - 1]) >= 0 && Number(cells[columns - 1]) < classes.length)) return 'counts';
  if (first.length === 0 || first.length !== columns && body.length > 0) return first.length > 0 && first.every((cell) => !isNumber(cell)) ? 'names' : 'none';
  if (body.length === 0) return first.every((cell) => !isNumber(cell)) ? 'names' : 'none';
  const filled = first.filter((cell) => cell !== '');
  if (new Set(filled).size < filled.length && filled.every(isNumber)) return 'none';
  let names = 0, values = 0;
  first.forEach((cell, column) => {
    const cells = body.map((record) => record[column]!).filter((value) => !isMissing(value, true)), numbers = cells.filter(isNumber).length;
    if (numbers > 0.8 * cells.length && cells.length > 0) {
      if (isNumber(cell) || isMissing(cell, true) && cell !== '') values++;
      else if (cell !== '') names++;
    } else if (cells.includes(cell)) values += 0.5;
  });
  if (names + values > 0) return names > values ? 'names' : 'none';
  // Only words: a header's words are all different and stand nowhere below.
  return new Set(first).size === first.length && body.length > 1 && first.every((cell) => cell.length < 60) ? 'names' : 'none';
}
