/** A table file as pieces of text: unzipped if need be, decoded by its own encoding, in bounded memory. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip, gunzipSync, constants } from 'node:zlib';
import { DataError, openingError, reasonOf } from '../errors';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** What the first bytes of a file tell. */
export interface TextFormat {
  readonly gzip: boolean;
  readonly encoding: Encoding;
  /** The text of the first bytes, up to a whole character. */
  readonly head: string;
  /** Whether `head` is all there is. */
  readonly whole: boolean;
}

const headBytes = 1 << 20, chunkBytes = 1 << 18;
/** Text that a zipped file may hold: more is refused, whatever the file's own size. */
const mostInflated = 8 * 2 ** 30;

const foreign: readonly (readonly [string, string])[] = [['PK\u0003\u0004', 'a zip archive (an Excel workbook?)'], ['PAR1', 'Parquet'], ['ARROW1', 'Arrow'], ['\u00d0\u00cf\u0011\u00e0', 'an old Excel workbook'], ['\u0089HDF', 'HDF5'], ['\u0093NUMPY', 'a NumPy array']];

/** @throws DataError for files that cannot be opened or are no text, saying what they are. */
export async function textFormat(file: string, encoding?: Encoding): Promise<TextFormat> {
  const name = path.basename(file);
  let bytes: Buffer, whole: boolean;
  try {
    // A pipe or a device would be waited for without end.
    const found = await stat(file);
    if (!found.isFile()) throw new DataError('badFile', `${name}: is ${found.isDirectory() ? 'a folder' : 'no regular file'}, expected a table`);
    const handle = await open(file);
    try {
      const buffer = Buffer.alloc(Math.min(headBytes, Math.max(1, found.size)));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      bytes = buffer.subarray(0, bytesRead);
      whole = bytesRead === found.size;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof DataError ? error : new DataError('notFound', `${name}: ${openingError(error)}`);
  }
  const gzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (gzip) ({ bytes, whole } = inflated(bytes, whole, name));
  const start = bytes.subarray(0, 8).toString('latin1');
  const other = foreign.find(([magic]) => start.startsWith(magic));
  if (other) throw new DataError('badFile', `${name}: found ${other[1]}${gzip ? ' that was zipped' : ''}, expected text (CSV or TSV), Parquet or Arrow`, gzip ? 'unzip it' : 'export the table as CSV');
  const found = encoding ?? encodingOf(bytes, whole);
  if (!found.startsWith('utf-16') && bytes.includes(0)) throw new DataError('badFile', `${name}: found zero bytes, which no text has, expected a table as text (CSV or TSV)`);
  const head = new TextDecoder(found).decode(bytes, { stream: true });
  return { gzip, encoding: found, head, whole };
}

/** The beginning of a zipped file. */
function inflated(bytes: Buffer, whole: boolean, name: string): { bytes: Buffer; whole: boolean } {
  try {
    const text = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 * 2 ** 20 });
    return { bytes: text.subarray(0, headBytes), whole: whole && text.length <= headBytes };
  } catch (error) {
    throw new DataError('badFile', `${name}: cannot be unzipped: ${reasonOf(error)}`);
  }
}

function encodingOf(bytes: Buffer, whole: boolean): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  // Without a mark: plain letters of UTF-16 have every other byte zero.
  const zeros = [0, 0], length = Math.min(bytes.length, 4096);
  for (let at = 0; at < length; at++) if (bytes[at] === 0) zeros[at % 2]!++;
  if (zeros[1]! > length / 5 && zeros[0]! < length / 50) return 'utf-16le';
  if (zeros[0]! > length / 5 && zeros[1]! < length / 50) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** Thrown where text that began as UTF-8 turns out to be none. */
export class NotUtf8 extends Error {}

/**
 * The whole file's text in pieces.
 * @throws DataError if it cannot be read or holds too much; NotUtf8 where the encoding was a guess by the beginning.
 */
export async function* textOf(file: string, { gzip, encoding }: Pick<TextFormat, 'gzip' | 'encoding'>): AsyncGenerator<string, void, void> {
  const name = path.basename(file), decoder = new TextDecoder(encoding, { fatal: encoding === 'utf-8' });
  const source = createReadStream(file, { highWaterMark: chunkBytes }), unzip = gzip ? createGunzip({ chunkSize: chunkBytes }) : undefined;
  if (unzip) source.once('error', (error) => unzip.destroy(error)).pipe(unzip);
  let bytes = 0;
  try {
    for await (const chunk of (unzip ?? source) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (gzip && bytes > mostInflated) throw new DataError('badFile', `${name}: unzips to more than ${mostInflated / 2 ** 30} GiB, which is refused`, 'unzip it yourself if you trust it');
      const text = decode(() => decoder.decode(chunk, { stream: true }));
      if (text) yield text;
    }
    const rest = decode(() => decoder.decode());
    if (rest) yield rest;
  } catch (error) {
    if (error instanceof DataError || error instanceof NotUtf8) throw error;
    throw new DataError('badFile', `${name}: cannot be ${gzip ? 'unzipped' : 'read'}: ${reasonOf(error)}`);
  } finally {
    source.destroy();
    unzip?.destroy();
  }
}

function decode(work: () => string): string {
  try {
    return work();
  } catch {
    throw new NotUtf8();
  }
}
