/**
 * Arrow describes itself in flatbuffers, whose library believes every length it reads: a damaged byte makes it list
 * billions of fields. Here lists that do not fit into their message, and too many of them, are refused.
 */
import type { ColumnarLibrary } from './load';

/** Entries that one message may list in all. */
const mostEntries = 10_000_000;

export interface FlatBounds {
  /** The next message begins. */
  reset(): void;
}

let entries = 0, bounded = false;

export function boundFlatBuffers({ FlatBuffer }: ColumnarLibrary): FlatBounds {
  if (!bounded) {
    const plain = Object.getOwnPropertyDescriptor(FlatBuffer.prototype, '__vector_len')!.value as (this: InstanceType<typeof FlatBuffer>, offset: number) => number;
    FlatBuffer.prototype.__vector_len = function (this: InstanceType<typeof FlatBuffer>, offset: number): number {
      const length = plain.call(this, offset);
      entries += 1 + Math.max(0, length);
      if (length < 0 || length > this.capacity() || entries > mostEntries) throw new Error(`its description lists ${length} entries in ${this.capacity()} bytes`);
      return length;
    };
    bounded = true;
  }
  return { reset: () => { entries = 0; } };
}
