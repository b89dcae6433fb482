/** Where HDF5 keeps names, long values and, in newer files, links and attributes: its heaps and B-trees. */
import type { Cursor, Hdf5View } from './view';

/** Names of old-style groups (III.D: local heap). */
export function localHeap(view: Hdf5View, address: number): (offset: number) => string {
  const head = view.from(address, 8 + 3 * 8);
  head.signature('HEAP');
  head.skip(4);
  const size = head.length();
  head.length();
  const data = head.address();
  if (data === undefined) view.fail('a group has no names');
  const block = view.block(data, size);
  return (offset) => {
    if (!(offset >= 0 && offset < size)) view.fail('a name lies outside its heap');
    const end = block.bytes.indexOf(0, offset);
    return block.bytes.toString('utf8', offset, end < 0 ? size : end);
  };
}

/** Variable-length values (III.E: global heap). Collections are kept, as many values share one. */
export class GlobalHeap {
  private readonly collections = new Map<number, Map<number, Buffer>>();

  constructor(private readonly view: Hdf5View) {}

  get(address: number, index: number): Buffer {
    let objects = this.collections.get(address);
    if (!objects) this.collections.set(address, (objects = this.read(address)));
    return objects.get(index) ?? this.view.fail('a text lies outside its heap');
  }

  private read(address: number): Map<number, Buffer> {
    const head = this.view.from(address, 16);
    head.signature('GCOL');
    head.skip(4);
    const block = this.view.block(address, head.length());
    block.skip(8 + this.view.lengthSize);
    const objects = new Map<number, Buffer>();
    while (block.left >= 8 + this.view.lengthSize) {
      this.view.step();
      const index = block.uint(2);
      block.skip(6);
      const size = block.length();
      if (index === 0 || size > block.left) break;
      objects.set(index, block.take(size));
      block.align(8);
    }
    return objects;
  }
}

/** The objects of a fractal heap (III.G) by heap ID; huge and filtered objects are refused. */
export function fractalHeap(view: Hdf5View, address: number): (id: Cursor) => Cursor {
  const head = view.from(address, 256);
  head.signature('FRHP');
  head.skip(1 + 2);
  const filtered = head.uint(2) > 0;
  head.skip(1);
  const maxManaged = head.uint(4);
  head.skip(10 * view.lengthSize + 2 * view.offsetSize);
  const width = head.uint(2), startSize = head.length(), maxDirect = head.length(), maxBits = head.uint(2);
  head.skip(2);
  const root = head.address(), rootRows = head.uint(2);
  if (filtered) view.fail('its names are compressed');
  if (root === undefined || width === 0 || startSize <= 0 || maxBits > 64) view.fail('a heap of names is empty');
  const offsetBytes = Math.ceil(maxBits / 8);
  const lengthBytes = bytesFor(Math.min(maxDirect, maxManaged));

  const rowSize = (row: number): number => startSize * 2 ** Math.max(0, row - 1);
  const locate = (block: number, rows: number, offset: number, depth: number): { block: number; offset: number; size: number } => {
    if (depth > 16) view.fail('a heap is nested too deeply');
    // Row r holds `width` blocks of rowSize(r) bytes each.
    let row = 0, start = 0;
    while (row < rows && offset >= start + width * rowSize(row)) start += width * rowSize(row++);
    if (row >= rows) view.fail('an object lies outside its heap');
    const size = rowSize(row), column = Math.floor((offset - start) / size);
    const table = view.from(block + 5 + view.offsetSize + offsetBytes + (row * width + column) * view.offsetSize, view.offsetSize);
    const child = table.address();
    if (child === undefined) view.fail('an object of a heap is missing');
    const inner = offset - start - column * size;
    if (size <= maxDirect) return { block: child, offset: inner, size };
    return locate(child, Math.log2(size / (startSize * width)) + 1, inner, depth + 1);
  };

  return (id) => {
    const kind = (id.uint(1) >> 4) & 3;
    if (kind !== 0) view.fail('a name or attribute is stored in a way that is not read');
    const offset = id.uint(offsetBytes), length = id.uint(lengthBytes);
    const place = rootRows === 0 ? { block: root, offset, size: startSize } : locate(root, rootRows, offset, 0);
    if (place.offset + length > place.size) view.fail('an object goes past its heap block');
    return view.block(place.block + place.offset, length);
  };
}

/** The records of a version-2 B-tree (III.A.2), in order. */
export function btree2Records(view: Hdf5View, address: number): Cursor[] {
  const head = view.from(address, 64);
  head.signature('BTHD');
  head.skip(2);
  const nodeSize = head.uint(4), recordSize = head.uint(2), depth = head.uint(2);
  head.skip(2);
  const root = head.address(), count = head.uint(2);
  if (root === undefined) return [];
  if (recordSize === 0 || depth > 16) view.fail('a tree of names is damaged');
  // How many records a node of each level can hold decides how wide its counters are.
  const maxRecords = [Math.floor((nodeSize - 10) / recordSize)], totals = [maxRecords[0]!];
  const countBytes = bytesFor(maxRecords[0]!);
  for (let level = 1; level <= depth; level++) {
    const pointer = view.offsetSize + countBytes + (level > 1 ? bytesFor(totals[level - 1]!) : 0);
    maxRecords.push(Math.floor((nodeSize - 10 - pointer) / (recordSize + pointer)));
    totals.push((maxRecords[level]! + 1) * totals[level - 1]! + maxRecords[level]!);
  }
  const records: Cursor[] = [];
  const visit = (at: number, level: number, nRecords: number): void => {
    const node = view.from(at, nodeSize);
    node.signature(level === 0 ? 'BTLF' : 'BTIN');
    node.skip(2);
    for (let i = 0; i < nRecords; i++) {
      view.step();
      records.push(node.sub(recordSize));
    }
    for (let i = 0; level > 0 && i <= nRecords; i++) {
      const child = node.address(), childRecords = node.uint(countBytes);
      if (level > 1) node.skip(bytesFor(totals[level - 1]!));
      if (child !== undefined) visit(child, level - 1, childRecords);
    }
  };
  visit(root, depth, count);
  return records;
}

function bytesFor(value: number): number {
  return Math.max(1, Math.ceil(Math.log2(value + 1) / 8));
}
