/**
 * A file as bytes at offsets. Parsers ask for what they need; the rest of the file, which is nearly all weights, is
 * never read. Reads are synchronous: a structure is thousands of tiny reads from a window that is already in memory,
 * and the engine process that parses can be killed.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BadModelFile, shown } from './badModelFile';

/** Bytes at offsets; offsets are numbers, so files up to 2^53 bytes. */
export interface ByteSource {
  readonly file: string;
  readonly size: number;
  /** Bytes taken from the disk so far: proof that weights were left alone. */
  readonly bytesRead: number;
  /** The byte at `offset`, which must be inside the file. */
  byteAt(offset: number): number;
  /** A copy of `length` bytes from `offset`. Throws a BadModelFile if they go past the end. */
  read(offset: number, length: number): Uint8Array;
  /** The UTF-8 text of `length` bytes from `offset`, under the same condition. */
  text(offset: number, length: number): string;
  close(): void;
}

const smallWindow = 4 * 1024, largeWindow = 256 * 1024;

/** A ByteSource over a file. After a jump little is read ahead; reading on in sequence doubles the window. */
export class FileSource implements ByteSource {
  readonly size: number;
  bytesRead = 0;
  private readonly handle: number;
  private window: Buffer = Buffer.alloc(0);
  private windowStart = 0;
  private windowSize = smallWindow;

  /** Opens a regular file. Throws a BadModelFile that says why it cannot be read. */
  constructor(readonly file: string) {
    this.handle = openFile(file);
    try {
      const stat = fs.fstatSync(this.handle);
      if (!stat.isFile()) throw new BadModelFile(`${shown(file)} is not a regular file`);
      this.size = stat.size;
    } catch (error) {
      fs.closeSync(this.handle);
      throw error;
    }
  }

  byteAt(offset: number): number {
    const at = offset - this.windowStart;
    if (at >= 0 && at < this.window.length) return this.window[at]!;
    this.moveWindow(offset);
    return this.window[0]!;
  }

  read(offset: number, length: number): Uint8Array {
    if (length < 0 || offset < 0 || offset + length > this.size) {
      throw new BadModelFile(`${shown(path.basename(this.file))} is cut short: ${length} bytes were expected at byte ${offset}, but the file has ${this.size}`);
    }
    const at = offset - this.windowStart;
    if (at >= 0 && at + length <= this.window.length) return new Uint8Array(this.window.subarray(at, at + length));
    if (length <= smallWindow) {
      this.moveWindow(offset);
      if (length <= this.window.length) return new Uint8Array(this.window.subarray(0, length));
    }
    return this.pread(offset, length);
  }

  text(offset: number, length: number): string {
    // Names are short and many: decoded straight from the window, and without the set-up of a TextDecoder.
    if (length > 0 && length <= smallWindow && offset + length <= this.size) {
      let at = offset - this.windowStart;
      if (at < 0 || at + length > this.window.length) {
        this.moveWindow(offset);
        at = 0;
      }
      return this.window.toString('utf8', at, at + length);
    }
    return Buffer.from(this.read(offset, length).buffer).toString('utf8');
  }

  close(): void {
    fs.closeSync(this.handle);
  }

  private moveWindow(offset: number): void {
    if (offset < 0 || offset >= this.size) {
      throw new BadModelFile(`${shown(path.basename(this.file))} is cut short: more was expected after byte ${this.size}`);
    }
    const inSequence = offset > this.windowStart && offset <= this.windowStart + this.window.length;
    this.windowSize = inSequence ? Math.min(this.windowSize * 2, largeWindow) : smallWindow;
    this.window = Buffer.from(this.pread(offset, Math.min(this.windowSize, this.size - offset)).buffer);
    this.windowStart = offset;
  }

  private pread(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const got = fs.readSync(this.handle, bytes, done, Math.min(length - done, 2 ** 30), offset + done);
      if (got === 0) throw new BadModelFile(`${shown(path.basename(this.file))} became shorter while it was read`);
      done += got;
    }
    this.bytesRead += length;
    return bytes;
  }
}

function openFile(file: string): number {
  try {
    return fs.openSync(file, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const why = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read by this user' : `cannot be opened (${code})`;
    throw new BadModelFile(`${shown(file)} ${why}`);
  }
}
