/** A file that is read by places, in bounded pieces; and which kind of table its first bytes say it is. */
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { DataError, openingError } from '../../errors';

export type ColumnarFormat = 'parquet' | 'arrow-file' | 'arrow-stream';

/** What is read of a file at once; more is refused. */
const mostBytes = 2 ** 30;

export class Source {
  private constructor(readonly file: string, readonly name: string, private readonly handle: FileHandle, readonly size: number) {}

  /** @throws DataError for what cannot be opened or is no regular file. */
  static async open(file: string): Promise<Source> {
    const name = path.basename(file);
    try {
      const handle = await open(file), found = await handle.stat();
      if (found.isFile()) return new Source(file, name, handle, found.size);
      await handle.close();
      throw new DataError('badFile', `${name}: is ${found.isDirectory() ? 'a folder' : 'no regular file'}, expected a table`);
    } catch (error) {
      throw error instanceof DataError ? error : new DataError('notFound', `${name}: ${openingError(error)}`);
    }
  }

  /** @throws DataError where the file ends before, or too much is asked for. */
  async bytes(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!(start >= 0 && start <= end && end <= this.size)) throw new DataError('badFile', `${this.name}: speaks of bytes ${start} to ${end}, but has ${this.size} (damaged or cut off?)`);
    if (end - start > mostBytes) throw new DataError('badFile', `${this.name}: has a piece of ${((end - start) / 2 ** 30).toFixed(1)} GiB that can only be read as a whole, expected at most ${mostBytes / 2 ** 30} GiB`, 'write the table in smaller row groups or record batches');
    const bytes = new Uint8Array(end - start);
    await this.read(bytes, 0, bytes.length, start);
    return bytes;
  }

  /** Fills `into`. @throws DataError where the file ends before. */
  async read(into: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    if (length > mostBytes) return (await this.bytes(position, position + length)).length;
    if (!(position >= 0)) throw new DataError('badFile', `${this.name}: speaks of byte ${position}`);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.handle.read(into, offset + done, length - done, position + done);
      if (bytesRead === 0) throw new DataError('badFile', `${this.name}: ended at byte ${position + done} while it was read`);
      done += bytesRead;
    }
    return length;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

const magics: readonly (readonly [string, ColumnarFormat])[] = [['PAR1', 'parquet'], ['ARROW1', 'arrow-file'], ['\xff\xff\xff\xff', 'arrow-stream']];
const expected: Readonly<Record<string, string>> = { '.parquet': 'PAR1', '.pq': 'PAR1', '.arrow': 'ARROW1', '.feather': 'ARROW1', '.ipc': 'ARROW1' };

/**
 * What the first bytes say; undefined for anything else, which may be text.
 * @throws DataError for files of this kind that cannot be read, and for those that are only called so.
 */
export async function columnarFormat(source: Source): Promise<ColumnarFormat | undefined> {
  const start = Buffer.from(await source.bytes(0, Math.min(8, source.size))).toString('latin1'), { name } = source;
  if (start.startsWith('PARE')) throw new DataError('badFile', `${name}: is encrypted Parquet, expected one that is not`, 'write it again without encryption');
  if (start.startsWith('FEA1')) throw new DataError('badFile', `${name}: is Feather of version 1, expected version 2 (Arrow)`, 'write it again with a library of Arrow since 0.17');
  const found = magics.find(([magic]) => start.startsWith(magic))?.[1], wanted = expected[path.extname(name).toLowerCase()];
  if (!found && wanted) throw new DataError('badFile', `${name}: begins with '${start.slice(0, 6).replace(/[^\x20-\x7e]/g, '·')}', expected ${wanted}, as its name says`, 'give the file its own name if it is something else');
  return found;
}
