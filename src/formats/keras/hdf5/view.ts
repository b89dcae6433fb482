/** Numbers and addresses of an HDF5 file, with every read bounded by the file and by a budget of steps. */
import * as path from 'node:path';
import { BadModelFile, shown } from '../../badModelFile';
import type { ByteSource } from '../../bytes';

/** More structures than any model has; a damaged file that sends a reader in circles ends here. */
const maxSteps = 2_000_000;
/** Structures (headers, heaps, attributes) larger than this are damage. */
const maxBlock = 256 * 2 ** 20;

/** An HDF5 file's bytes and the sizes that its superblock sets. */
export class Hdf5View {
  offsetSize = 8;
  lengthSize = 8;
  /** Addresses in the file count from here. */
  base = 0;
  private steps = 0;

  constructor(readonly source: ByteSource) {}

  get size(): number {
    return this.source.size;
  }

  /** A cursor over `length` bytes at an address. */
  block(address: number, length: number): Cursor {
    this.step();
    const at = this.base + address;
    if (!Number.isSafeInteger(at) || at < 0 || length < 0 || length > maxBlock || at + length > this.size) {
      this.fail(`a structure of ${length} bytes at byte ${address} lies outside the file of ${this.size} bytes`);
    }
    return new Cursor(this, Buffer.from(this.source.read(at, length).buffer));
  }

  /** A cursor that begins at an address and may go on to the end of the file or `atMost` bytes. */
  from(address: number, atMost: number): Cursor {
    return this.block(address, Math.max(0, Math.min(atMost, this.size - this.base - address)));
  }

  step(): void {
    if (++this.steps > maxSteps) this.fail('its structure does not come to an end');
  }

  fail(what: string): never {
    throw new BadModelFile(`${shown(path.basename(this.source.file))} is a damaged HDF5 file: ${what}`);
  }
}

/** Reads little-endian numbers in sequence from a block. */
export class Cursor {
  at = 0;

  constructor(private readonly view: Hdf5View, readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** An unsigned number of up to 8 bytes; beyond 2^53 it is infinite, which no bound accepts. */
  uint(size: number): number {
    const start = this.need(size);
    let value = 0, scale = 1;
    for (let i = 0; i < size; i++, scale *= 256) value += this.bytes[start + i]! * scale;
    return value > Number.MAX_SAFE_INTEGER ? Infinity : value;
  }

  /** An address; undefined for HDF5's 'undefined address' (all ones). */
  address(): number | undefined {
    const start = this.need(this.view.offsetSize);
    if (this.bytes.subarray(start, this.at).every((byte) => byte === 0xff)) return undefined;
    this.at = start;
    return this.uint(this.view.offsetSize);
  }

  length(): number {
    return this.uint(this.view.lengthSize);
  }

  take(size: number): Buffer {
    const start = this.need(size);
    return this.bytes.subarray(start, this.at);
  }

  /** A cursor over the next `size` bytes. */
  sub(size: number): Cursor {
    return new Cursor(this.view, this.take(size));
  }

  /** Text up to a NUL or the end. */
  text(size: number): string {
    return cString(this.take(size));
  }

  skip(size: number): void {
    this.need(size);
  }

  /** Skips to the next multiple of `unit`. */
  align(unit: number): void {
    this.at = Math.min(this.bytes.length, Math.ceil(this.at / unit) * unit);
  }

  signature(expected: string): void {
    const found = this.take(expected.length).toString('latin1');
    if (found !== expected) this.view.fail(`'${expected}' was expected where ${JSON.stringify(found)} stands`);
  }

  private need(size: number): number {
    const start = this.at;
    if (!(size >= 0 && start + size <= this.bytes.length)) this.view.fail('a structure ends early');
    this.at += size;
    return start;
  }
}

export function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
