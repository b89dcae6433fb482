/**
 * Text → records: lines, unless a quoted cell holds a line break (RFC 4180, and what spreadsheets make of it). Records
 * are cut into cells only when somebody wants them, so that rows which are passed over cost little.
 */

export interface Separation {
  readonly delimiter: string;
  readonly quote: '"' | "'";
}

/** Characters of one record; more is no table, or a quote that is never closed. */
export const mostRecordCharacters = 4 << 20;

/** A record that cannot be read: where it begins, and why. */
export class RecordError extends Error {
  constructor(readonly line: number, message: string) {
    super(message);
  }
}

/** Takes text in pieces and gives whole records. Blank lines are none. */
export class RecordSplitter {
  private rest = '';
  private line = 1;

  /** @param onRecord told the lines of each record: its first, from 1, and its last. */
  constructor(private readonly separation: Separation, private readonly onRecord?: (first: number, last: number) => void) {}

  /** Records that are complete with this piece; of the last piece also what is left. @throws RecordError */
  push(piece: string, last = false): string[] {
    const text = this.rest + piece, records: string[] = [], { quote } = this.separation;
    let start = 0;
    // Without a quote in sight every line is a record.
    const quoted = text.includes(quote);
    while (start < text.length) {
      const end = quoted ? this.endOf(text, start) : text.indexOf('\n', start);
      if (end < 0) break;
      this.take(text.slice(start, end), records);
      start = end + 1;
    }
    this.rest = text.slice(start);
    if (this.rest.length > mostRecordCharacters) throw new RecordError(this.line, this.tooLong());
    if (last && this.rest) {
      if (quoted && openQuote(this.rest, this.separation)) throw new RecordError(this.line, `a quote (${quote}) that begins in line ${this.line} is never closed`);
      this.take(this.rest, records);
      this.rest = '';
    }
    return records;
  }

  private take(record: string, records: string[]): void {
    const text = record.endsWith('\r') ? record.slice(0, -1) : record, last = this.line + (text.includes('\n') ? text.split('\n').length - 1 : 0);
    if (text.trim() !== '' || (text !== '' && this.separation.delimiter === '\t')) {
      records.push(text);
      this.onRecord?.(this.line, last);
    }
    this.line = last + 1;
  }

  /** Where the record ends: the next line break outside of quotes; -1 if it is not here yet. One pass over the text. */
  private endOf(text: string, start: number): number {
    const { delimiter, quote } = this.separation;
    let at = start, comma = -2, line = -2;
    for (;;) {
      const begin = cellStart(text, at);
      if (text[begin] === quote) {
        at = closingQuote(text, begin + 1, quote);
        if (at < 0) return -1;
      }
      // Where the last search led to is still right until it is passed.
      if (line !== -1 && line < at) line = text.indexOf('\n', at);
      if (line < 0) return -1;
      if (comma !== -1 && comma < at) {
        const found = text.slice(at, line).indexOf(delimiter);
        comma = found < 0 ? line + 1 : at + found;
      }
      if (comma > line) return line;
      at = comma + delimiter.length;
    }
  }

  private tooLong(): string {
    return `the record that begins in line ${this.line} has more than ${mostRecordCharacters} characters (a quote that is never closed?)`;
  }
}

/** Whether a quoted cell is still open at the end of `text`. */
function openQuote(text: string, { delimiter, quote }: Separation): boolean {
  let at = 0;
  for (;;) {
    // A quote counts where a cell begins.
    const begin = cellStart(text, at);
    if (text[begin] === quote) {
      const close = closingQuote(text, begin + 1, quote);
      if (close < 0) return true;
      at = close;
    }
    const next = text.indexOf(delimiter, at);
    if (next < 0) return false;
    at = next + delimiter.length;
  }
}

function cellStart(text: string, at: number): number {
  let start = at;
  while (text[start] === ' ') start++;
  return start;
}

/** The place after the closing quote; -1 if there is none. A doubled quote is a quote. */
function closingQuote(text: string, from: number, quote: string): number {
  for (let at = from; ;) {
    const found = text.indexOf(quote, at);
    if (found < 0) return -1;
    if (text[found + 1] !== quote) return found + 1;
    at = found + 2;
  }
}

/** A record's cells: without quotes, and without blanks around those that had none. */
export function cellsOf(record: string, { delimiter, quote }: Separation): string[] {
  if (!record.includes(quote)) {
    const cells = (delimiter === ' ' ? record.trim().split(/ +/) : record.split(delimiter));
    for (let i = 0; i < cells.length; i++) cells[i] = cells[i]!.trim();
    return cells;
  }
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const begin = cellStart(record, at);
    if (record[begin] === quote) {
      const close = closingQuote(record, begin + 1, quote), end = close < 0 ? record.length : close;
      const next = record.indexOf(delimiter, end), stop = next < 0 ? record.length : next;
      cells.push(record.slice(begin + 1, close < 0 ? end : end - 1).replaceAll(quote + quote, quote) + record.slice(end, stop).trim());
      at = stop;
    } else {
      const next = record.indexOf(delimiter, at), stop = next < 0 ? record.length : next;
      cells.push(record.slice(at, stop).trim());
      at = stop;
    }
    if (at >= record.length) return cells;
    at += delimiter.length;
  }
}
