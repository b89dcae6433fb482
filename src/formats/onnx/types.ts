/** TypeProto and ValueInfoProto → ValueType and ValueInfo. */
import type { DType } from '../../tensor/dtype';
import type { Dim, ValueInfo, ValueType } from '../../graph/graph';
import type { ScanContext } from './context';
import { elementTypes } from './schema';
import type { WireReader } from './wire';

/** Longest comment that is kept. */
const maxDoc = 1 << 16;

export function scanValueInfo(reader: WireReader, context: ScanContext): ValueInfo {
  context.spend('values', 32);
  let name = '', doc: string | undefined;
  let type: ValueType = { kind: 'unknown' };
  while (reader.next()) {
    if (reader.field === 1) name = context.intern(reader.text());
    else if (reader.field === 2) type = scanType(reader.message(), context);
    else if (reader.field === 3) doc = scanDoc(reader, context);
  }
  return doc ? { name, type, doc } : { name, type };
}

/** A doc_string, or undefined if it is empty, longer than anybody reads, or one of too many (stack traces of exporters). */
export function scanDoc(reader: WireReader, context: ScanContext): string | undefined {
  const span = reader.lengthDelimited();
  const length = span.end - span.start;
  if (length === 0 || length > maxDoc || !context.mayKeep('doc', length)) return undefined;
  return reader.source.text(span.start, length);
}

export function scanType(reader: WireReader, context: ScanContext): ValueType {
  let type: ValueType = { kind: 'unknown' };
  while (reader.next()) {
    switch (reader.field) {
      case 1: type = scanTensorType(reader.message(), 'tensor', context); break;
      case 8: type = scanTensorType(reader.message(), 'sparse', context); break;
      case 4: type = { kind: 'sequence', element: scanElement(reader.message(), context) }; break;
      case 9: type = { kind: 'optional', element: scanElement(reader.message(), context) }; break;
      case 5: type = scanMapType(reader.message(), context); break;
    }
  }
  return type;
}

function scanElement(reader: WireReader, context: ScanContext): ValueType {
  let element: ValueType = { kind: 'unknown' };
  while (reader.next()) if (reader.field === 1) element = scanType(reader.message(), context);
  return element;
}

function scanMapType(reader: WireReader, context: ScanContext): ValueType {
  let key: DType = 'undefined', value: ValueType = { kind: 'unknown' };
  while (reader.next()) {
    if (reader.field === 1) key = elementTypes[reader.int()] ?? 'undefined';
    else if (reader.field === 2) value = scanType(reader.message(), context);
  }
  return { kind: 'map', key, value };
}

function scanTensorType(reader: WireReader, kind: 'tensor' | 'sparse', context: ScanContext): ValueType {
  let dtype: DType = 'undefined', dims: Dim[] | undefined;
  while (reader.next()) {
    if (reader.field === 1) dtype = elementTypes[reader.int()] ?? 'undefined';
    else if (reader.field === 2) dims = scanShape(reader.message(), context);
  }
  return dims ? { kind, dtype, dims } : { kind, dtype };
}

/** TensorShapeProto: numbers, names, or null for a dim that says nothing (also -1, which some exporters write). */
function scanShape(reader: WireReader, context: ScanContext): Dim[] {
  const dims: Dim[] = [];
  while (reader.next()) {
    if (reader.field !== 1) continue;
    context.spend('values');
    let dim: Dim = null;
    const inner = reader.message();
    while (inner.next()) {
      if (inner.field === 1) {
        const value = inner.int();
        dim = value >= 0 && Number.isSafeInteger(value) ? value : null;
      } else if (inner.field === 2) {
        dim = context.intern(inner.text()) || null;
      }
    }
    dims.push(dim);
  }
  return dims;
}
