/** What pages and buffers are compressed with, undone into exactly as many bytes as the file says. */
import zlib from 'node:zlib';
import type { ColumnarLibrary } from './load';

/** Bytes of one page or buffer; a file that speaks of more is refused. */
const mostUncompressed = 2 ** 30;

export type Uncompress = (bytes: Uint8Array, length: number) => Uint8Array;

/** By the names Parquet has for them. @throws Error (also of the libraries) for what cannot be undone. */
export function codecsOf({ unzstd }: Pick<ColumnarLibrary, 'unzstd'>): Readonly<Record<string, Uncompress>> {
  const into = (work: (bytes: Uint8Array, output: Uint8Array) => void): Uncompress => (bytes, length) => {
    const output = new Uint8Array(length);
    work(bytes, output);
    return output;
  };
  const node = (work: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array): Uncompress => (bytes, length) => work(bytes, { maxOutputLength: Math.max(1, length) });
  // Node has it since 22.15.
  const own = (zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array }).zstdDecompressSync;
  const codecs: Record<string, Uncompress> = {
    UNCOMPRESSED: (bytes) => bytes, SNAPPY: into(unsnappy), GZIP: node(zlib.gunzipSync), BROTLI: node(zlib.brotliDecompressSync),
    ZSTD: own ? node(own) : (bytes, length) => unzstd(bytes, new Uint8Array(length)), 
    LZ4_RAW: into(lz4Raw), LZ4: into(hadoopLz4),
  };
  return Object.fromEntries(Object.entries(codecs).map(([name, work]) => [name, (bytes: Uint8Array, length: number): Uint8Array => {
    if (!(length >= 0 && length <= mostUncompressed)) throw new Error(`${length} uncompressed bytes are more than ${mostUncompressed}`);
    const output = work(bytes, length);
    if (output.length !== length) throw new Error(`${output.length} bytes were uncompressed, ${length} were announced`);
    return output;
  }]));
}

/** Snappy without frames. (Snappy format description, Google 2011) */
function unsnappy(bytes: Uint8Array, output: Uint8Array): void {
  let at = 0, out = 0;
  // How long the whole is, in groups of 7 bits: the file says it, too.
  while (at < bytes.length && bytes[at++]! >= 128);
  while (at < bytes.length) {
    const tag = bytes[at++]!, kind = tag & 3, size = kind === 0 ? Math.max(0, (tag >> 2) - 59) : kind === 3 ? 4 : kind;
    let value = 0;
    for (let part = 0; part < size; part++) value += (bytes[at++] ?? 0) * 2 ** (8 * part);
    if (kind === 0) {
      const length = (size === 0 ? tag >> 2 : value) + 1;
      if (at + length > bytes.length || out + length > output.length) throw new Error('Snappy data is longer than announced');
      output.set(bytes.subarray(at, at + length), out);
      at += length;
      out += length;
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    out = repeat(output, out, kind === 1 ? value + (tag >> 5) * 256 : value, length, 'Snappy');
  }
  if (out !== output.length) throw new Error('Snappy data ends too early');
}

/** Writes `length` bytes again that stand `back` before, some of them perhaps just written. @returns where they end. */
function repeat(output: Uint8Array, out: number, back: number, length: number, codec: string): number {
  if (back === 0 || back > out || out + length > output.length) throw new Error(`${codec} data refers to bytes that are not there`);
  if (back >= length) output.copyWithin(out, out - back, out - back + length);
  else for (let at = out; at < out + length; at++) output[at] = output[at - back]!;
  return out + length;
}

function lz4Raw(bytes: Uint8Array, output: Uint8Array): void {
  if (lz4Block(bytes, output, 0) !== output.length) throw new Error('LZ4 data ends too early');
}

/** One LZ4 block, written from `start`. @returns where it ends in `output`. (LZ4 block format) */
export function lz4Block(bytes: Uint8Array, output: Uint8Array, start: number): number {
  let at = 0, out = start;
  const more = (length: number): number => {
    if (length < 15) return length;
    for (let byte = 255; byte === 255;) {
      if (at >= bytes.length || length > output.length) throw new Error('LZ4 data has a length that is too long');
      length += byte = bytes[at++]!;
    }
    return length;
  };
  while (at < bytes.length) {
    const token = bytes[at++]!, literals = more(token >> 4);
    if (at + literals > bytes.length || out + literals > output.length) throw new Error('LZ4 data is longer than announced');
    output.set(bytes.subarray(at, at + literals), out);
    at += literals;
    out += literals;
    if (at >= bytes.length) break;
    const back = bytes[at]! | (bytes[at + 1] ?? 0) << 8;
    at += 2;
    out = repeat(output, out, back, more(token & 15) + 4, 'LZ4');
  }
  return out;
}

/** Hadoop's blocks, each with its lengths before it, or a single plain one. */
function hadoopLz4(bytes: Uint8Array, output: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0, out = 0;
  while (at + 8 <= bytes.length && out + view.getUint32(at) <= output.length && at + 8 + view.getUint32(at + 4) <= bytes.length) {
    const length = view.getUint32(at), packed = view.getUint32(at + 4);
    try {
      if (lz4Block(bytes.subarray(at + 8, at + 8 + packed), output.subarray(0, out + length), out) !== out + length) break;
    } catch {
      break;
    }
    out += length;
    at += 8 + packed;
  }
  if (at === bytes.length && out === output.length) return;
  lz4Raw(bytes, output);
}

/** LZ4 frames, as Arrow packs buffers. (LZ4 frame format 1.6) */
export function lz4Frame(bytes: Uint8Array, length: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), output = new Uint8Array(length);
  if (bytes.length < 7 || view.getUint32(0, true) !== 0x184d2204) throw new Error('no LZ4 frame');
  const flags = bytes[4]!, sums = (flags & 0x10) !== 0;
  let at = 7 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0), out = 0;
  for (;;) {
    const word = view.getUint32(at, true), size = word & 0x7fffffff;
    at += 4;
    if (word === 0) break;
    if (at + size > bytes.length) throw new Error('LZ4 frame is cut off');
    const block = bytes.subarray(at, at + size);
    if (word >>> 31) {
      if (out + size > length) throw new Error('LZ4 data is longer than announced');
      output.set(block, out);
      out += size;
    } else out = lz4Block(block, output, out);
    at += size + (sums ? 4 : 0);
  }
  if (out !== length) throw new Error(`${out} bytes were uncompressed, ${length} were announced`);
  return output;
}
