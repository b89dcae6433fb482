/**
 * Reads the structure of HDF5 files: groups, attributes, and where each dataset's bytes lie. Covers what h5py writes
 * (superblock 0 to 3, both kinds of groups); everything is bounded, links out of the file are not followed, and no
 * dataset is read. After the HDF5 file format specification, version 3.
 */
import * as path from 'node:path';
import { BadModelFile, shown } from '../../badModelFile';
import type { ByteSource } from '../../bytes';
import type { Datatype } from './datatype';
import { readDataspace, readDatatype } from './datatype';
import { readLayout, type Layout } from './layout';
import { GlobalHeap, btree2Records, fractalHeap, localHeap } from './heaps';
import { messageType, readMessages, type Message } from './messages';
import { Hdf5View, cString, type Cursor } from './view';

export type AttributeValue = string | number | readonly string[] | readonly number[];

/** Longer lists of attribute values are damage. */
const maxAttributeItems = 1_000_000;

/** A dataset: what it is and where it lies. */
export interface Hdf5Dataset {
  readonly dims: readonly number[];
  readonly datatype: Datatype;
  readonly layout: Layout;
}

export class Hdf5File {
  readonly view: Hdf5View;
  readonly root: Hdf5Group;
  readonly heap: GlobalHeap;

  /** @throws BadModelFile if the file is damaged, cut short or of an unknown version. */
  constructor(source: ByteSource) {
    this.view = new Hdf5View(source);
    this.heap = new GlobalHeap(this.view);
    this.root = new Hdf5Group(this, this.superblock(), '');
  }

  /** Address of the root group. */
  private superblock(): number {
    const { view } = this;
    const start = findSignature(view);
    const head = view.from(start, 128);
    head.skip(8);
    const version = head.uint(1);
    if (version > 3) view.fail(`its superblock has version ${version}, known are 0 to 3`);
    if (version <= 1) head.skip(4);
    const offsetSize = head.uint(1), lengthSize = head.uint(1);
    if (![2, 4, 8].includes(offsetSize) || ![2, 4, 8].includes(lengthSize)) view.fail('its superblock is damaged');
    view.offsetSize = offsetSize;
    view.lengthSize = lengthSize;
    head.skip(version <= 1 ? 1 + 8 + (version === 1 ? 4 : 0) : 1);
    const base = head.address() ?? 0;
    head.address();
    const end = head.address();
    if (version <= 1) head.address();
    // The root's symbol table entry begins with the offset of its (empty) name.
    if (version <= 1) head.length();
    const root = head.address();
    if (root === undefined) return view.fail('it has no root group');
    view.base = base;
    if (end === undefined || !Number.isFinite(base + end)) return view.fail('its superblock does not tell where it ends');
    if (base + end > view.size) {
      throw new BadModelFile(`${shown(path.basename(view.source.file))} is cut short: this HDF5 file should have ${base + end} bytes, but has ${view.size}`);
    }
    return root;
  }
}

function findSignature(view: Hdf5View): number {
  for (let at = 0; at + 8 <= view.size; at = at === 0 ? 512 : at * 2) {
    if (Buffer.from(view.source.read(at, 8)).toString('latin1') === '\x89HDF\r\n\x1a\n') return at;
  }
  return view.fail('its signature is missing');
}

/** One group. Links and attributes are read when they are first asked for. */
export class Hdf5Group {
  private messages?: Message[];
  private linkMap?: Map<string, number>;
  private attributeMap?: Map<string, AttributeValue>;

  constructor(private readonly file: Hdf5File, readonly address: number, readonly path: string) {}

  /** Names of what is in the group, in the file's order (old groups: sorted). */
  get names(): string[] {
    return [...this.links().keys()];
  }

  group(name: string): Hdf5Group | undefined {
    const address = this.links().get(name);
    if (address === undefined) return undefined;
    const group = new Hdf5Group(this.file, address, `${this.path}/${name}`);
    return group.isGroup ? group : undefined;
  }

  /** What a path of names leads to. */
  descend(names: readonly string[]): Hdf5Group | undefined {
    return names.reduce<Hdf5Group | undefined>((group, name) => group?.group(name), this);
  }

  dataset(name: string): Hdf5Dataset | undefined {
    const address = this.links().get(name);
    if (address === undefined) return undefined;
    const { view } = this.file;
    const messages = readMessages(view, address);
    const find = (type: number): Cursor | undefined => messages.find((message) => message.type === type && !message.shared)?.body;
    const space = find(messageType.dataspace), datatype = find(messageType.datatype), layout = find(messageType.layout);
    if (!space || !layout) return undefined;
    const dims = readDataspace(view, space);
    return {
      dims,
      datatype: datatype ? readDatatype(view, datatype) : { kind: 'other', size: 0 },
      layout: readLayout(view, layout, find(messageType.filters)),
    };
  }

  attribute(name: string): AttributeValue | undefined {
    return this.attributes().get(name);
  }

  private get isGroup(): boolean {
    return this.header().some(({ type }) => type === messageType.symbolTable || type === messageType.linkInfo || type === messageType.link)
      || !this.header().some(({ type }) => type === messageType.layout);
  }

  private header(): Message[] {
    return (this.messages ??= readMessages(this.file.view, this.address));
  }

  private links(): Map<string, number> {
    if (this.linkMap) return this.linkMap;
    const { view } = this.file;
    const links = (this.linkMap = new Map<string, number>());
    for (const { type, body } of this.header()) {
      body.at = 0;
      if (type === messageType.symbolTable) this.oldLinks(body, links);
      else if (type === messageType.link) readLink(body, links);
      else if (type === messageType.linkInfo) {
        body.skip(1);
        body.skip(body.uint(1) & 1 ? 8 : 0);
        const heap = body.address(), tree = body.address();
        if (heap === undefined || tree === undefined) continue;
        const object = fractalHeap(view, heap);
        for (const record of btree2Records(view, tree)) {
          record.skip(4);
          readLink(object(record), links);
        }
      }
    }
    return links;
  }

  private oldLinks(body: Cursor, links: Map<string, number>): void {
    const { view } = this.file;
    const tree = body.address(), heapAddress = body.address();
    if (tree === undefined || heapAddress === undefined) return;
    const nameAt = localHeap(view, heapAddress);
    const visit = (at: number, depth: number): void => {
      if (depth > 32) view.fail('a group is nested too deeply');
      const head = view.from(at, 8);
      if (head.bytes.toString('latin1', 0, 4) === 'SNOD') {
        head.skip(6);
        const count = head.uint(2), entrySize = view.lengthSize + view.offsetSize + 24;
        const entries = view.block(at + 8, count * entrySize);
        for (let i = 0; i < count; i++) {
          const entry = entries.sub(entrySize);
          const name = nameAt(entry.uint(view.offsetSize)), address = entry.address();
          // Cache type 2 is a soft link: its address means nothing.
          if (address !== undefined && entry.uint(4) !== 2) links.set(name, address);
        }
        return;
      }
      head.signature('TREE');
      head.skip(2);
      const count = head.uint(2);
      const entries = view.block(at + 8 + 2 * view.offsetSize, count * (view.lengthSize + view.offsetSize));
      for (let i = 0; i < count; i++) {
        entries.length();
        const child = entries.address();
        if (child !== undefined) visit(child, depth + 1);
      }
    };
    visit(tree, 0);
  }

  private attributes(): Map<string, AttributeValue> {
    if (this.attributeMap) return this.attributeMap;
    const { view } = this.file;
    const attributes = (this.attributeMap = new Map<string, AttributeValue>());
    for (const { type, body, shared } of this.header()) {
      body.at = 0;
      if (type === messageType.attribute && !shared) this.readAttribute(body, attributes);
      else if (type === messageType.attributeInfo) {
        body.skip(1);
        body.skip(body.uint(1) & 1 ? 2 : 0);
        const heap = body.address(), tree = body.address();
        if (heap === undefined || tree === undefined) continue;
        const object = fractalHeap(view, heap);
        for (const record of btree2Records(view, tree)) this.readAttribute(object(record), attributes);
      }
    }
    return attributes;
  }

  private readAttribute(body: Cursor, attributes: Map<string, AttributeValue>): void {
    const { view } = this.file;
    const version = body.uint(1), flags = body.uint(1);
    const nameSize = body.uint(2), typeSize = body.uint(2), spaceSize = body.uint(2);
    if (version === 3) body.skip(1);
    else if (version !== 1 && version !== 2) view.fail('an attribute has an unknown version');
    const part = (size: number): Cursor => {
      const cursor = body.sub(size);
      if (version === 1) body.skip(Math.min(body.left, (8 - (size % 8)) % 8));
      return cursor;
    };
    const name = cString(part(nameSize).bytes), type = part(typeSize), space = part(spaceSize);
    // A type or dataspace kept elsewhere is not followed: no Keras attribute has one.
    if (version > 1 && flags & 3) return;
    const value = this.attributeValue(readDatatype(view, type), readDataspace(view, space), body);
    if (value !== undefined) attributes.set(name, value);
  }

  private attributeValue(type: Datatype, dims: readonly number[], body: Cursor): AttributeValue | undefined {
    const { view, heap } = this.file;
    const count = dims.reduce((product, dim) => product * dim, 1);
    if (!(count <= maxAttributeItems)) view.fail(`an attribute has ${count} items`);
    const item = ((): (() => string | number) | undefined => {
      switch (type.kind) {
        case 'string': return () => body.text(type.size);
        case 'variableString': return () => {
          const length = body.uint(4), address = body.address(), index = body.uint(4);
          return length === 0 || address === undefined || address === 0 ? '' : cString(heap.get(address, index).subarray(0, length));
        };
        case 'number': return type.dtype && ((): number => number(body.take(type.size), type));
        default: return undefined;
      }
    })();
    if (!item) return undefined;
    if (dims.length === 0) return item();
    return Array.from({ length: count }, item) as string[] | number[];
  }
}

function readLink(body: Cursor, links: Map<string, number>): void {
  body.skip(1);
  const flags = body.uint(1);
  const kind = flags & 8 ? body.uint(1) : 0;
  if (flags & 4) body.skip(8);
  if (flags & 16) body.skip(1);
  const name = body.take(body.uint(1 << (flags & 3))).toString('utf8');
  // Kind 0 is an object of this file; soft and external links are left alone.
  if (kind !== 0) return;
  const address = body.address();
  if (address !== undefined) links.set(name, address);
}

function number(bytes: Buffer, { dtype, bigEndian }: Datatype): number {
  const little = bigEndian ? Buffer.from(bytes).reverse() : bytes;
  switch (dtype) {
    case 'float32': return little.readFloatLE();
    case 'float64': return little.readDoubleLE();
    case 'int64': return Number(little.readBigInt64LE());
    case 'uint64': return Number(little.readBigUInt64LE());
    case 'int8': case 'int16': case 'int32': return little.readIntLE(0, little.length);
    case 'bool': case 'uint8': case 'uint16': case 'uint32': return little.readUIntLE(0, little.length);
    default: return NaN;
  }
}
