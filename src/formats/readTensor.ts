/** Initializer → Tensor: the only place where weights leave the file. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { bitsPerElement } from '../tensor/dtype';
import { tensorFromBytes, unpack } from '../tensor/convert';
import { elementCount } from '../tensor/tensor';
import type { Tensor } from '../tensor/tensor';
import { initializerType } from '../graph/graph';
import type { Initializer } from '../graph/graph';
import { BadModelFile, shown } from './badModelFile';

/** A run of elements in C order. */
export interface ElementRange {
  readonly start: number;
  readonly count: number;
}

/**
 * The values of an initializer, or of a run of its elements (a 1-D tensor then). Only the bytes asked for are read.
 * @throws BadModelFile if the values are missing or the file changed; RangeError if the range is outside the tensor.
 */
export async function readInitializer(init: Initializer, range?: ElementRange): Promise<Tensor> {
  const { dtype, dims } = initializerType(init);
  const total = elementCount(dims);
  const { start, count } = range ?? { start: 0, count: total };
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(count) || start < 0 || count < 0 || start + count > total) {
    throw new RangeError(`elements ${start} to ${start + count} were asked for, but the tensor has ${total}`);
  }
  const shape = range ? [count] : dims;
  if (init.kind === 'strings') return { dtype, dims: shape, data: init.strings.slice(start, start + count) };
  const bits = bitsPerElement[dtype];
  const firstByte = Math.floor((start * bits) / 8), endByte = Math.ceil(((start + count) * bits) / 8);
  const bytes = await readBytes(init, { start: firstByte, end: endByte });
  // A run of sub-byte elements may begin inside a byte.
  if (bits < 8 && range) return { dtype, dims: shape, data: unpack(dtype, bytes, start - (firstByte * 8) / bits, count) };
  return tensorFromBytes(dtype, shape, bytes);
}

/**
 * The stored little-endian bytes of an initializer, or a part of them. Throws a BadModelFile for strings, for missing
 * values, and if the file became shorter since it was scanned.
 */
export async function readBytes(init: Initializer, part?: { readonly start: number; readonly end: number }): Promise<Uint8Array> {
  switch (init.kind) {
    case 'missing': throw new BadModelFile(`the values of a weight cannot be read: ${init.reason}`);
    case 'strings': throw new BadModelFile('the values of a weight are strings, where numbers were expected');
    case 'deferred': {
      const bytes = await init.load();
      return part ? bytes.subarray(part.start, part.end) : bytes;
    }
    case 'inline': return part ? init.bytes.subarray(part.start, part.end) : init.bytes;
    case 'ref': {
      const { file, offset, length } = init.ref;
      const start = part?.start ?? 0, end = part?.end ?? length;
      if (!(start >= 0 && start <= end && end <= length)) throw new RangeError(`bytes ${start} to ${end} were asked for, but the tensor has ${length}`);
      return readAt(file, offset + start, end - start);
    }
  }
}

/** One read call takes at most this much (Node's own limit is 2^31 - 1). */
const maxRead = 2 ** 30;

async function readAt(file: string, offset: number, length: number): Promise<Uint8Array> {
  const handle = await fs.open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new BadModelFile(`${shown(path.basename(file))} with the model's weights cannot be opened (${error.code ?? 'unknown error'})`);
  });
  try {
    // The size first: a length must not be allocated that the file cannot fill.
    const { size } = await handle.stat();
    if (offset + length > size) throw new BadModelFile(`${shown(path.basename(file))} is cut short: weights were expected up to byte ${offset + length}, but the file has ${size}`);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, maxRead), offset + done);
      if (bytesRead === 0) throw new BadModelFile(`${shown(path.basename(file))} became shorter while it was read`);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
