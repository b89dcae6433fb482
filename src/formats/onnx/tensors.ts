/** TensorProto → Initializer. Values of any size stay in the file; only tensors the size of a shape are read. */
import * as path from 'node:path';
import { bitsPerElement, byteLength } from '../../tensor/dtype';
import type { DType } from '../../tensor/dtype';
import type { Initializer } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';
import { FileSource } from '../bytes';
import type { ByteSource } from '../bytes';
import type { ScanContext } from './context';
import { resolveExternal } from './external';
import { elementTypes, typedField } from './schema';
import { WireReader } from './wire';
import type { Span } from './wire';

/** Tensors up to this size are read at once: axes, shapes, scalars, which shape inference needs. */
const smallTensor = 1024;
/** Integers are shapes and indices up to a larger size. */
const smallIntegers = 64 * 1024;
const maxRank = 64;
const maxDense = 1 << 28;

/** Bytes up to which a tensor of this type is kept inline rather than as a reference. */
export function inlineLimit(dtype: DType): number {
  return dtype === 'int64' || dtype === 'int32' ? smallIntegers : smallTensor;
}

export interface NamedTensor { readonly name: string; readonly init: Initializer }

interface Fields {
  name: string;
  dims: number[];
  type: number;
  raw: Span | undefined;
  /** Encoded bytes, blocks and single elements of each typed data field. */
  typed: Map<number, { bytes: number; blocks: Span[]; singles: number }>;
  external: boolean;
  entries: Map<string, string>;
}

/** Reads one TensorProto without its weights. What is wrong with it becomes `missing` and a warning of the model. */
export function scanTensor(reader: WireReader, context: ScanContext, role = 'weight'): NamedTensor {
  context.spend('tensors');
  const fields = scanFields(reader, context);
  const init = contentOf(fields, reader.span, context);
  if (init.kind === 'missing') context.warn(`The values of ${role} "${shown(fields.name)}" cannot be read: ${init.reason}.`);
  return { name: fields.name, init };
}

function scanFields(reader: WireReader, context: ScanContext): Fields {
  const fields: Fields = { name: '', dims: [], type: 0, raw: undefined, typed: new Map(), external: false, entries: new Map() };
  while (reader.next()) {
    switch (reader.field) {
      case 1: reader.int64s((dim) => { if (fields.dims.length <= maxRank) fields.dims.push(Number(dim)); }); break;
      case 2: fields.type = reader.int(); break;
      case 8: fields.name = context.intern(reader.text()); break;
      case 9: fields.raw = reader.lengthDelimited(); break;
      case 13: scanEntry(reader.message(), fields.entries); break;
      case 14: fields.external = reader.int() === 1; break;
      case 4: case 5: case 6: case 7: case 10: case 11: {
        let typed = fields.typed.get(reader.field);
        if (!typed) fields.typed.set(reader.field, typed = { bytes: 0, blocks: [], singles: 0 });
        if (reader.wireType === 2 && reader.field !== 6) {
          const span = reader.lengthDelimited();
          typed.bytes += span.end - span.start;
          // A block is remembered only where it may turn out to be the only one.
          if (typed.blocks.length < 2) typed.blocks.push(span);
        } else {
          typed.singles++;
          typed.bytes += 8;
        }
      }
    }
  }
  return fields;
}

function scanEntry(reader: WireReader, entries: Map<string, string>): void {
  let key = '', value = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) value = reader.text();
  }
  entries.set(key, value);
}

function contentOf(fields: Fields, span: Span, context: ScanContext): Initializer {
  const { dims, source } = { dims: fields.dims, source: context.source };
  const dtype = elementTypes[fields.type];
  if (dtype === undefined || dtype === 'undefined') {
    return { kind: 'missing', dtype: 'undefined', dims: dims.filter(isDim), reason: `its element type ${fields.type} is unknown (1 to ${elementTypes.length - 1} are known)` };
  }
  const missing = (reason: string): Initializer => ({ kind: 'missing', dtype, dims: dims.filter(isDim), reason });
  if (dims.length > maxRank) return missing(`it has more than ${maxRank} dims`);
  if (!dims.every(isDim)) return missing(`its dims [${dims.join(', ')}] are not all whole numbers of at least 0`);
  let count = 1;
  for (const dim of dims) count *= dim;
  if (!Number.isSafeInteger(count * 16)) return missing(`its dims [${dims.join(', ')}] make more elements than any file holds`);
  if (dtype === 'string') return fields.external ? missing('strings cannot be external data') : scanStrings(source, span, dims, count, context);

  const needed = byteLength(dtype, count);
  if (needed === 0) return { kind: 'inline', dtype, dims, bytes: new Uint8Array(0) };
  if (fields.external) {
    const place = resolveExternal(context.folder, fields.entries, needed);
    return 'refused' in place ? missing(place.refused) : placed(place.file, place.offset, needed, dtype, dims, context);
  }
  if (fields.raw) {
    const length = fields.raw.end - fields.raw.start;
    if (length !== needed) return missing(`it holds ${length} bytes, but its type ${dtype} and dims [${dims.join(', ')}] take ${needed}`);
    return placed(source.file, fields.raw.start, needed, dtype, dims, context);
  }
  const field = typedField(dtype);
  const typed = field === undefined ? undefined : fields.typed.get(field);
  if (!typed) return missing('the file holds no values for it');
  // A single packed block of floats is already what raw bytes would be.
  const block = typed.blocks.length === 1 && typed.singles === 0 ? typed.blocks[0] : undefined;
  if (block && (field === 4 || field === 10) && block.end - block.start === needed) {
    return placed(source.file, block.start, needed, dtype, dims, context);
  }
  // Every encoded element takes at least a byte: dims that claim more than that are never allocated.
  if (encodedCount(dtype, count) > typed.bytes) return missing(`it holds fewer values than its dims [${dims.join(', ')}] take`);
  if (typed.bytes <= smallIntegers && context.mayKeep('inline', needed)) {
    try {
      return { kind: 'inline', dtype, dims, bytes: decodeTyped(source, span, dtype, count) };
    } catch (error) {
      if (error instanceof BadModelFile) return missing(error.message);
      throw error;
    }
  }
  return lazyInline(dtype, dims, () => withFile(source.file, (file) => decodeTyped(file, span, dtype, count)));
}

function isDim(dim: number): boolean {
  return Number.isSafeInteger(dim) && dim >= 0;
}

/** Raw bytes at a place: read if small, else left there. */
function placed(file: string, offset: number, length: number, dtype: DType, dims: readonly number[], context: ScanContext): Initializer {
  if (length > inlineLimit(dtype) || !context.mayKeep('inline', length)) return { kind: 'ref', ref: { file, offset, length, dtype, dims } };
  const bytes = file === context.source.file ? context.source.read(offset, length) : withFile(file, (source) => source.read(offset, length));
  return { kind: 'inline', dtype, dims, bytes };
}

/**
 * An inline initializer whose bytes are decoded from the file each time they are asked for and not held by anyone:
 * large tensors in protobuf's number encoding, and sparse ones, have no raw bytes to refer to.
 */
function lazyInline(dtype: DType, dims: readonly number[], decode: () => Uint8Array): Initializer {
  let kept: WeakRef<Uint8Array> | undefined;
  return {
    kind: 'inline', dtype, dims,
    get bytes() {
      let bytes = kept?.deref();
      if (!bytes) kept = new WeakRef(bytes = decode());
      return bytes;
    },
  };
}

function withFile<T>(file: string, use: (source: ByteSource) => T): T {
  const source = new FileSource(file);
  try {
    return use(source);
  } finally {
    source.close();
  }
}

/** How many numbers the typed fields hold for `count` elements: complex ones take two, sub-byte ones share one. */
function encodedCount(dtype: DType, count: number): number {
  if (dtype === 'complex64' || dtype === 'complex128') return count * 2;
  return bitsPerElement[dtype] < 8 ? byteLength(dtype, count) : count;
}

/** The little-endian bytes of a tensor whose values are numbers of the typed fields. */
function decodeTyped(source: ByteSource, span: Span, dtype: DType, count: number): Uint8Array {
  const bytes = new Uint8Array(byteLength(dtype, count));
  const view = new DataView(bytes.buffer);
  const field = typedField(dtype), expected = encodedCount(dtype, count);
  const width = bytes.length / expected;
  let index = 0;
  const at = (): number => {
    if (index >= expected) throw new BadModelFile(`it holds more than the ${expected} values its dims take`);
    return width * index++;
  };
  const reader = new WireReader(source, span);
  while (reader.next()) {
    if (reader.field !== field) continue;
    switch (field) {
      case 4: reader.floats((value) => view.setFloat32(at(), value, true)); break;
      case 10: reader.doubles((value) => view.setFloat64(at(), value, true)); break;
      default: reader.int64s((value) => {
        if (width === 8) view.setBigInt64(at(), value, true);
        else if (width === 4) view.setInt32(at(), Number(BigInt.asIntN(32, value)), true);
        else if (width === 2) view.setInt16(at(), Number(BigInt.asIntN(16, value)), true);
        else view.setInt8(at(), Number(BigInt.asIntN(8, value)));
      });
    }
  }
  if (index !== expected) throw new BadModelFile(`it holds ${index} values, but its dims take ${expected}`);
  return bytes;
}

function scanStrings(source: ByteSource, span: Span, dims: readonly number[], count: number, context: ScanContext): Initializer {
  const strings: string[] = [];
  const reader = new WireReader(source, span);
  while (reader.next()) {
    if (reader.field !== 6) continue;
    const text = reader.text();
    context.spend('text', text.length + 8);
    strings.push(text);
  }
  if (strings.length !== count) return { kind: 'missing', dtype: 'string', dims, reason: `it holds ${strings.length} strings, but its dims take ${count}` };
  return { kind: 'strings', dtype: 'string', dims, strings };
}

/**
 * SparseTensorProto (values 1, indices 2, dims 3) as a dense tensor that is filled in when somebody reads it.
 * Indices are [nnz] (into the flattened tensor) or [nnz, rank].
 */
export function scanSparseTensor(reader: WireReader, context: ScanContext): NamedTensor {
  let values: NamedTensor | undefined, indices: NamedTensor | undefined;
  const dims: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) values = scanTensor(reader.message(), context);
    else if (reader.field === 2) indices = scanTensor(reader.message(), context);
    else if (reader.field === 3) reader.int64s((dim) => { if (dims.length <= maxRank) dims.push(Number(dim)); });
  }
  const name = values?.name ?? '';
  const init = denseOf(values?.init, indices?.init, dims, path.basename(context.source.file));
  if (init.kind === 'missing') context.warn(`The values of sparse weight "${shown(name)}" cannot be read: ${init.reason}.`);
  return { name, init };
}

function denseOf(values: Initializer | undefined, indices: Initializer | undefined, dims: readonly number[], file: string): Initializer {
  const dtype = values ? (values.kind === 'ref' ? values.ref.dtype : values.dtype) : 'undefined';
  const missing = (reason: string): Initializer => ({ kind: 'missing', dtype, dims: dims.filter(isDim), reason });
  if (!values || !indices) return missing('its values or its indices are absent');
  if (values.kind === 'missing' || indices.kind === 'missing') return missing('its values or its indices cannot be read');
  const width = bitsPerElement[dtype] / 8;
  if (!Number.isInteger(width) || width === 0) return missing(`sparse tensors of type ${dtype} are not read`);
  let count = 1;
  for (const dim of dims) count *= dim;
  if (!dims.every(isDim) || !(count * width <= maxDense)) return missing(`its dims [${dims.slice(0, 8).join(', ')}] make a dense tensor of more than ${maxDense} bytes`);
  return lazyInline(dtype, dims, () => {
    const source = rawBytes(values), where = new BigInt64Array(rawBytes(indices).slice().buffer);
    const stored = source.length / width, rank = where.length === stored ? 1 : dims.length;
    if (where.length !== stored * rank) throw new BadModelFile(`${shown(file)} has a sparse weight of ${stored} values and ${where.length} index numbers, which do not fit together`);
    const dense = new Uint8Array(count * width);
    for (let i = 0; i < stored; i++) {
      let flat = 0;
      for (let axis = 0; axis < rank; axis++) flat = flat * (rank === 1 ? 1 : dims[axis]!) + Number(where[i * rank + axis]);
      if (!(flat >= 0 && flat < count)) throw new BadModelFile(`${shown(file)} has a sparse weight with an index outside its dims [${dims.join(', ')}]`);
      dense.set(source.subarray(i * width, (i + 1) * width), flat * width);
    }
    return dense;
  });
}

function rawBytes(init: Initializer): Uint8Array {
  if (init.kind === 'inline') return init.bytes;
  if (init.kind !== 'ref') throw new BadModelFile('a sparse weight has values that are not numbers');
  const { file, offset, length } = init.ref;
  return withFile(file, (source) => source.read(offset, length));
}
