/** A dataset as an initializer: its bytes in place where they lie in one piece, else decoded when they are wanted. */
import * as zlib from 'node:zlib';
import { bitsPerElement } from '../../../tensor/dtype';
import { elementCount } from '../../../tensor/tensor';
import type { Initializer } from '../../../graph/graph';
import { BadModelFile } from '../../badModelFile';
import type { ByteSource } from '../../bytes';
import type { Hdf5Dataset } from './file';
import type { Filter, Layout } from './layout';
import { Hdf5View, type Cursor } from './view';

/** Where an HDF5 file's bytes are: in a file from `offset` on (0, or inside a zip), or only in memory. */
export interface Origin {
  /** File and offset for weights in place; undefined when the bytes are in memory only. */
  readonly place?: { readonly file: string; readonly offset: number };
  /** Opens the bytes again for decoding. */
  open(): ByteSource;
}

/** Decoded weights beyond this are refused. */
const maxBytes = 2 ** 32;

/** The dataset's content; `missing` with a reason where it cannot be read. */
export function datasetInitializer(view: Hdf5View, dataset: Hdf5Dataset, origin: Origin): Initializer {
  const { dims, datatype, layout } = dataset, dtype = datatype.dtype ?? 'undefined';
  const missing = (reason: string): Initializer => ({ kind: 'missing', dtype, dims, reason });
  if (datatype.kind !== 'number' || !datatype.dtype) return missing('its elements are of a type that is not read');
  const length = (elementCount(dims) * bitsPerElement[dtype]) / 8;
  if (!(length <= maxBytes)) return missing(`it claims ${length} bytes`);
  if (layout.kind === 'unknown') return missing(`it is stored with ${layout.what}`);
  if (layout.kind === 'contiguous' && layout.offset !== undefined) {
    if (layout.offset + length > view.size || length > layout.size) return missing('its bytes lie outside the file');
    if (!datatype.bigEndian && origin.place) {
      return { kind: 'ref', ref: { file: origin.place.file, offset: origin.place.offset + layout.offset, length, dtype, dims } };
    }
  }
  const load = async (): Promise<Uint8Array> => {
    const source = origin.open();
    try {
      const again = new Hdf5View(source);
      Object.assign(again, { base: view.base, offsetSize: view.offsetSize, lengthSize: view.lengthSize });
      const bytes = decode(again, dataset, layout, length);
      return datatype.bigEndian ? swapped(bytes, datatype.size) : bytes;
    } finally {
      source.close();
    }
  };
  return { kind: 'deferred', dtype, dims, load };
}

function decode(view: Hdf5View, { dims, datatype }: Hdf5Dataset, layout: Layout, length: number): Uint8Array {
  switch (layout.kind) {
    case 'compact': return fitted(layout.bytes, length);
    case 'contiguous': return layout.offset === undefined ? new Uint8Array(length) : view.source.read(layout.offset, length);
    case 'singleChunk': {
      const result = new Uint8Array(length);
      if (layout.address === undefined) return result;
      const whole = elementCount(layout.chunk) * datatype.size;
      place(result, dims, datatype.size, unfiltered(view, view.block(layout.address, layout.size ?? whole), layout.filters, layout.skipped, whole), layout.chunk, layout.chunk.map(() => 0));
      return result;
    }
    case 'chunked': {
      const result = new Uint8Array(length);
      const whole = elementCount(layout.chunk) * datatype.size;
      if (layout.chunk.length !== dims.length || !(whole > 0 && whole <= maxBytes)) view.fail('its chunks do not fit its dimensions');
      if (layout.tree !== undefined) {
        for (const chunk of chunksOf(view, layout.tree, dims.length, 0)) {
          place(result, dims, datatype.size, unfiltered(view, view.block(chunk.address, chunk.size), layout.filters, chunk.skipped, whole), layout.chunk, chunk.at);
        }
      }
      return result;
    }
    case 'unknown': return view.fail(`a weight is stored with ${layout.what}`);
  }
}

interface Chunk {
  readonly address: number;
  readonly size: number;
  /** Bit n: filter n was not applied. */
  readonly skipped: number;
  readonly at: readonly number[];
}

/** Chunks of a version-1 B-tree (III.A.1, node type 1). */
function* chunksOf(view: Hdf5View, address: number, rank: number, depth: number): Generator<Chunk> {
  if (depth > 32) view.fail('a tree of chunks is nested too deeply');
  const head = view.from(address, 8);
  head.signature('TREE');
  head.skip(1);
  const level = head.uint(1), count = head.uint(2);
  const entries = view.block(address + 8 + 2 * view.offsetSize, count * (8 + 8 * (rank + 1) + view.offsetSize));
  for (let i = 0; i < count; i++) {
    const size = entries.uint(4), skipped = entries.uint(4);
    const at = Array.from({ length: rank }, () => entries.uint(8));
    entries.skip(8);
    const child = entries.address();
    if (child === undefined) continue;
    if (level > 0) yield* chunksOf(view, child, rank, depth + 1);
    else yield { address: child, size, skipped, at };
  }
}

/** Undoes the filters, last first. */
function unfiltered(view: Hdf5View, chunk: Cursor, filters: readonly Filter[], skipped: number, whole: number): Uint8Array {
  let bytes: Uint8Array = chunk.bytes;
  for (let index = filters.length - 1; index >= 0; index--) {
    if (skipped & (1 << index)) continue;
    const { id, values } = filters[index]!;
    switch (id) {
      case 1: bytes = inflated(view, bytes, whole); break;
      case 2: bytes = unshuffled(bytes, values[0] ?? 1); break;
      // Fletcher32 adds a checksum of four bytes.
      case 3: bytes = bytes.subarray(0, Math.max(0, bytes.length - 4)); break;
      case 32000: bytes = unLzf(view, bytes, whole); break;
      default: throw new BadModelFile(`a weight is compressed by HDF5 filter ${id}, known are gzip, shuffle, fletcher32 and lzf`, 'unsupported');
    }
  }
  return bytes;
}

function inflated(view: Hdf5View, bytes: Uint8Array, whole: number): Uint8Array {
  try {
    // Room for checksums that other filters added before.
    return zlib.inflateSync(bytes, { maxOutputLength: whole + 1024 });
  } catch {
    return view.fail('a compressed weight cannot be unpacked');
  }
}

/** Bytes were grouped by their place in the element. */
function unshuffled(bytes: Uint8Array, size: number): Uint8Array {
  if (size <= 1) return bytes;
  const count = Math.floor(bytes.length / size), result = new Uint8Array(bytes);
  for (let byte = 0; byte < size; byte++) for (let i = 0; i < count; i++) result[i * size + byte] = bytes[byte * count + i]!;
  return result;
}

/** LZF: literal runs, and copies of up to 264 bytes from at most 8 KB back. */
function unLzf(view: Hdf5View, bytes: Uint8Array, whole: number): Uint8Array {
  const result = new Uint8Array(whole);
  let at = 0, out = 0;
  while (at < bytes.length) {
    const control = bytes[at++]!;
    if (control < 32) {
      result.set(bytes.subarray(at, at + control + 1).subarray(0, whole - out), out);
      at += control + 1;
      out += control + 1;
    } else {
      const length = (control >> 5 === 7 ? 7 + (bytes[at++] ?? 0) : control >> 5) + 2;
      const from = out - ((control & 31) << 8) - (bytes[at++] ?? 0) - 1;
      if (from < 0 || out + length > whole) view.fail('a compressed weight cannot be unpacked');
      for (let i = 0; i < length; i++) result[out + i] = result[from + i]!;
      out += length;
    }
  }
  return result;
}

/** Copies a chunk to its place; what hangs over the edge is left out. */
function place(result: Uint8Array, dims: readonly number[], size: number, bytes: Uint8Array, chunk: readonly number[], at: readonly number[]): void {
  const rank = dims.length;
  if (rank === 0) {
    result.set(bytes.subarray(0, size));
    return;
  }
  const row = Math.min(chunk[rank - 1]!, dims[rank - 1]! - at[rank - 1]!) * size;
  if (row <= 0) return;
  const visit = (axis: number, from: number, to: number): void => {
    if (axis === rank - 1) {
      const target = (to + at[axis]!) * size, source = from * size;
      result.set(bytes.subarray(source, source + row), target);
      return;
    }
    const count = Math.min(chunk[axis]!, dims[axis]! - at[axis]!);
    for (let i = 0; i < count; i++) visit(axis + 1, (from + i) * chunk[axis + 1]!, (to + at[axis]! + i) * dims[axis + 1]!);
  };
  visit(0, 0, 0);
}

function fitted(bytes: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  return result;
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(bytes);
  for (let at = 0; at + size <= result.length; at += size) result.subarray(at, at + size).reverse();
  return result;
}
