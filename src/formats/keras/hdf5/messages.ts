/** Object headers and their messages (HDF5 file format specification, IV.A). */
import type { Cursor, Hdf5View } from './view';

export interface Message {
  readonly type: number;
  /** Stored elsewhere; such messages are not followed. */
  readonly shared: boolean;
  readonly body: Cursor;
}

export const messageType = {
  dataspace: 0x01, linkInfo: 0x02, datatype: 0x03, link: 0x06, layout: 0x08, filters: 0x0b, attribute: 0x0c,
  continuation: 0x10, symbolTable: 0x11, attributeInfo: 0x15,
} as const;

/** All messages of the object at an address. */
export function readMessages(view: Hdf5View, address: number): Message[] {
  const head = view.from(address, 64);
  const isNew = head.bytes.toString('latin1', 0, 4) === 'OHDR';
  const messages: Message[] = [];
  const chunks: Chunk[] = [isNew ? newHeader(view, address, head) : oldHeader(view, address, head)];
  for (let index = 0; index < chunks.length; index++) {
    const { block, tracked } = chunks[index]!;
    const headSize = isNew ? 4 + (tracked ? 2 : 0) : 8;
    while (block.left >= headSize) {
      view.step();
      const type = block.uint(isNew ? 1 : 2), size = block.uint(2), flags = block.uint(1);
      block.skip(isNew ? (tracked ? 2 : 0) : 3);
      if (size > block.left) break;
      const body = block.sub(size);
      if (type !== messageType.continuation) {
        messages.push({ type, shared: (flags & 2) !== 0, body });
        continue;
      }
      const next = body.address(), length = body.length();
      if (next === undefined) view.fail('an object header goes on nowhere');
      const chunk = view.block(next, length);
      if (isNew) chunk.signature('OCHK');
      chunks.push({ block: isNew ? chunk.sub(Math.max(0, chunk.left - 4)) : chunk, tracked });
    }
  }
  return messages;
}

interface Chunk {
  readonly block: Cursor;
  /** Whether messages carry their creation order. */
  readonly tracked: boolean;
}

function oldHeader(view: Hdf5View, address: number, head: Cursor): Chunk {
  if (head.uint(1) !== 1) view.fail(`no object header stands at byte ${address}`);
  head.skip(7);
  return { block: view.block(address + 16, head.uint(4)), tracked: false };
}

function newHeader(view: Hdf5View, address: number, head: Cursor): Chunk {
  head.signature('OHDR');
  if (head.uint(1) !== 2) view.fail('an object header has an unknown version');
  const flags = head.uint(1);
  if (flags & 0x20) head.skip(16);
  if (flags & 0x10) head.skip(4);
  const size = head.uint(1 << (flags & 3));
  return { block: view.block(address + head.at, size), tracked: (flags & 4) !== 0 };
}
