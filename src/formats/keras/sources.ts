/** Bytes of a part of a file, or of memory, as a ByteSource. */
import * as path from 'node:path';
import { BadModelFile, shown } from '../badModelFile';
import type { ByteSource } from '../bytes';

/** `size` bytes of another source from `start` on. */
export class PartSource implements ByteSource {
  constructor(private readonly whole: ByteSource, private readonly start: number, readonly size: number) {}

  get file(): string {
    return this.whole.file;
  }

  get bytesRead(): number {
    return this.whole.bytesRead;
  }

  byteAt(offset: number): number {
    return this.read(offset, 1)[0]!;
  }

  read(offset: number, length: number): Uint8Array {
    this.check(offset, length);
    return this.whole.read(this.start + offset, length);
  }

  text(offset: number, length: number): string {
    this.check(offset, length);
    return this.whole.text(this.start + offset, length);
  }

  close(): void {
    this.whole.close();
  }

  private check(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.size) throw cutShort(this.file, offset, length, this.size);
  }
}

/** Bytes that are in memory already; `file` is where they came from, for messages. */
export class MemorySource implements ByteSource {
  readonly bytesRead = 0;

  constructor(readonly file: string, private readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.length;
  }

  byteAt(offset: number): number {
    return this.read(offset, 1)[0]!;
  }

  read(offset: number, length: number): Uint8Array {
    if (offset < 0 || length < 0 || offset + length > this.size) throw cutShort(this.file, offset, length, this.size);
    // A copy with a buffer of its own, which slice() of a Node Buffer is not.
    return new Uint8Array(this.bytes.subarray(offset, offset + length));
  }

  text(offset: number, length: number): string {
    return Buffer.from(this.read(offset, length).buffer).toString('utf8');
  }

  close(): void {}
}

function cutShort(file: string, offset: number, length: number, size: number): BadModelFile {
  return new BadModelFile(`${shown(path.basename(file))} is cut short: ${length} bytes were expected at byte ${offset} of ${size}`);
}
