/** Which row of a table stands in a line of its file: what an editor's cursor points at. */
import path from 'node:path';
import { DataError } from '../errors';
import { findDialect, type DialectChoice } from './dialect';
import { RecordError, RecordSplitter } from './records';
import { NotUtf8, textFormat, textOf, type Encoding } from './textStream';

/** A row's number (the first below the header is 0) and its lines, or what stands there instead. */
export type RowAtLine =
  | { readonly kind: 'row'; readonly row: number; readonly firstLine: number; readonly lastLine: number }
  | { readonly kind: 'header' | 'blank' };

export type RowAtLineOptions = DialectChoice & { readonly encoding?: Encoding; readonly signal?: AbortSignal };

/**
 * Follows the file as readTable does, so that quoted line breaks, blank lines, comments and lines of counts are the same
 * to both, and stops at the line.
 * @param line from 1.
 * @throws DataError naming the file, where it is no table.
 */
export async function rowAtLine(file: string, line: number, options: RowAtLineOptions = {}): Promise<RowAtLine> {
  const name = path.basename(file);
  try {
    return await find(file, line, options);
  } catch (error) {
    if (error instanceof NotUtf8 && options.encoding === undefined) return find(file, line, { ...options, encoding: 'windows-1252' });
    if (error instanceof NotUtf8) throw new DataError('badFile', `${name}: is no UTF-8 text, as was stated`);
    if (error instanceof RecordError) throw new DataError('badFile', `${name}: line ${error.line}: ${error.message}`);
    throw error;
  }
}

async function find(file: string, line: number, options: RowAtLineOptions): Promise<RowAtLine> {
  const format = await textFormat(file, options.encoding), { dialect, columns } = findDialect(format.head, format.whole, options);
  if (columns === 0) throw new DataError('badFile', `${path.basename(file)}: found no rows, expected a table`);
  let records = -1, found: RowAtLine | undefined;
  const splitter = new RecordSplitter(dialect, (firstLine, lastLine) => {
    records++;
    if (found || line > lastLine) return;
    found = line < firstLine ? { kind: 'blank' } : records < dialect.skip ? { kind: 'header' } : { kind: 'row', row: records - dialect.skip, firstLine, lastLine };
  });
  for await (const piece of textOf(file, format)) {
    options.signal?.throwIfAborted();
    splitter.push(piece);
    if (found) return found;
  }
  splitter.push('', true);
  return found ?? { kind: 'blank' };
}
