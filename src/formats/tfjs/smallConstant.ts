/** A few numbers that decide what an op becomes (a threshold, a default) are read when they are asked for. */
import * as fs from 'node:fs';
import { tensorFromBytes, toFloat64 } from '../../tensor/convert';
import type { Initializer } from '../../graph/graph';

const maxBytes = 64;

/** The numbers of a constant of at most 64 bytes; undefined for larger ones and for what cannot be read. */
export function smallConstant(init: Initializer | undefined): readonly number[] | undefined {
  if (init?.kind === 'inline' && init.bytes.length <= maxBytes) return Array.from(toFloat64(tensorFromBytes(init.dtype, init.dims, init.bytes)));
  if (init?.kind !== 'ref' || init.ref.length > maxBytes) return undefined;
  const { file, offset, length, dtype, dims } = init.ref;
  const bytes = new Uint8Array(length);
  try {
    const handle = fs.openSync(file, 'r');
    try {
      if (fs.readSync(handle, bytes, 0, length, offset) !== length) return undefined;
    } finally {
      fs.closeSync(handle);
    }
  } catch {
    return undefined;
  }
  return Array.from(toFloat64(tensorFromBytes(dtype, dims, bytes)));
}
