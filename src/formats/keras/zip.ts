/**
 * Reads zip archives: the central directory, and entries that are stored or deflated. Names of entries are compared,
 * never used as paths. After PKWARE's APPNOTE 6.3.
 */
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import { BadModelFile, shown } from '../badModelFile';
import type { ByteSource } from '../bytes';

export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated' | 'other';
  readonly encrypted: boolean;
  readonly compressedSize: number;
  readonly size: number;
  /** Where its local header stands. */
  readonly header: number;
}

const maxEntries = 65_535;
const maxDirectory = 64 * 2 ** 20;
/** The end record is the last thing but a comment of at most 64 KB. */
const endLength = 22, maxComment = 65_535;

/** Entries of an archive by name. Throws a BadModelFile if the directory is damaged. */
export function readZip(source: ByteSource): Map<string, ZipEntry> {
  const fail = (what: string): never => {
    throw new BadModelFile(`${shown(path.basename(source.file))} is a damaged zip archive: ${what}`);
  };
  const tailLength = Math.min(source.size, endLength + maxComment);
  const tail = Buffer.from(source.read(source.size - tailLength, tailLength).buffer);
  const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + endLength > tail.length) return fail('its directory is missing, so it is probably cut short');
  let count = tail.readUInt16LE(end + 10), length = tail.readUInt32LE(end + 12), start = tail.readUInt32LE(end + 16);
  const locator = end - 20;
  if ((count === 0xffff || length === 0xffffffff || start === 0xffffffff) && locator >= 0 && tail.toString('latin1', locator, locator + 4) === 'PK\x06\x07') {
    const record = Buffer.from(source.read(Number(tail.readBigUInt64LE(locator + 8)), 56).buffer);
    if (record.toString('latin1', 0, 4) !== 'PK\x06\x06') return fail('its 64-bit directory is missing');
    [count, length, start] = [Number(record.readBigUInt64LE(32)), Number(record.readBigUInt64LE(40)), Number(record.readBigUInt64LE(48))];
  }
  if (count > maxEntries || length > maxDirectory || start + length > source.size) return fail(`its directory claims ${count} entries in ${length} bytes`);
  const directory = Buffer.from(source.read(start, length).buffer);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0, index = 0; index < count; index++) {
    if (at + 46 > length || directory.toString('latin1', at, at + 4) !== 'PK\x01\x02') return fail('its directory ends early');
    const nameLength = directory.readUInt16LE(at + 28), extraLength = directory.readUInt16LE(at + 30), commentLength = directory.readUInt16LE(at + 32);
    const method = directory.readUInt16LE(at + 10);
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
    const large = extended(directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength));
    const field = (value: number): number => (value === 0xffffffff ? large() : value);
    const size = field(directory.readUInt32LE(at + 24)), compressedSize = field(directory.readUInt32LE(at + 20)), header = field(directory.readUInt32LE(at + 42));
    entries.set(name, { name, size, compressedSize, header, encrypted: (directory.readUInt16LE(at + 8) & 1) !== 0, method: method === 0 ? 'stored' : method === 8 ? 'deflated' : 'other' });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** 64-bit sizes of an entry's extra field, in the order of those that did not fit. */
function extended(extra: Buffer): () => number {
  for (let at = 0; at + 4 <= extra.length;) {
    const id = extra.readUInt16LE(at), size = extra.readUInt16LE(at + 2);
    if (id === 1) {
      let next = at + 4;
      return () => (next + 8 <= Math.min(extra.length, at + 4 + size) ? Number(extra.readBigUInt64LE((next += 8) - 8)) : NaN);
    }
    at += 4 + size;
  }
  return () => NaN;
}

/** Where an entry's bytes begin. */
export function dataOffset(source: ByteSource, entry: ZipEntry): number {
  const local = Buffer.from(source.read(entry.header, 30).buffer);
  const offset = entry.header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (local.toString('latin1', 0, 4) !== 'PK\x03\x04' || !(offset + entry.compressedSize <= source.size)) {
    throw new BadModelFile(`${shown(path.basename(source.file))} is a damaged zip archive: '${shown(entry.name)}' lies outside of it`);
  }
  return offset;
}

/** An entry's content, at most `limit` bytes. Throws a BadModelFile if it is larger, encrypted or damaged. */
export function readEntry(source: ByteSource, entry: ZipEntry, limit: number): Uint8Array {
  const file = shown(path.basename(source.file)), name = shown(entry.name);
  if (entry.encrypted || entry.method === 'other') throw new BadModelFile(`'${name}' in ${file} is ${entry.encrypted ? 'encrypted' : 'compressed in a way that is not read'}`, 'unsupported');
  if (!(entry.size <= limit && entry.compressedSize <= limit)) throw new BadModelFile(`'${name}' in ${file} claims ${entry.size} bytes, at most ${limit} are read`);
  const bytes = source.read(dataOffset(source, entry), entry.compressedSize);
  if (entry.method === 'stored') return bytes;
  try {
    return zlib.inflateRawSync(bytes, { maxOutputLength: Math.max(1, entry.size) });
  } catch {
    throw new BadModelFile(`'${name}' in ${file} cannot be unpacked: it is damaged or larger than it claims`);
  }
}
