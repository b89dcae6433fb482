/**
 * The TensorFlow node inside a TensorFlowOpLayer (tensorflow/core/framework/node_def.proto): an object in protobuf's
 * JSON form, or, from TensorFlow 1.14 and 1.15, the message's bytes as text.
 */
import { NotTranslatable } from '../layer';
import { field, isObject, type Json } from '../config';

export interface NodeDef {
  readonly op: string;
  readonly attributes: Json;
}

export function readNodeDef(value: unknown): NodeDef {
  const json = typeof value === 'string' ? parsed(value) : value;
  const op = field(json, 'op');
  if (typeof op !== 'string') throw new NotTranslatable('holds a TensorFlow node that cannot be read');
  const attributes = field(json, 'attr');
  return { op, attributes: isObject(attributes) ? attributes : {} };
}

function parsed(text: string): unknown {
  try {
    return text.trimStart().startsWith('{') ? JSON.parse(text) : readMessage(Buffer.from(text, 'utf8'));
  } catch {
    throw new NotTranslatable('holds a TensorFlow node that cannot be read');
  }
}

type Field = { readonly number: number; readonly value: bigint | Buffer };

/** The fields of a protobuf message, one level deep. */
function* fields(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    throw new RangeError('the message ends inside a number');
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('the message ends inside a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint()), number = tag >>> 3;
    switch (tag & 7) {
      case 0: yield { number, value: varint() }; break;
      case 1: yield { number, value: take(8) }; break;
      case 2: yield { number, value: take(Number(varint())) }; break;
      case 5: yield { number, value: take(4) }; break;
      default: throw new RangeError('no protobuf message');
    }
  }
}

/** NodeDef: 2 op, 5 attr (map: 1 key, 2 value). */
function readMessage(bytes: Buffer): { op?: string; attr: Json } {
  let op: string | undefined;
  const attr: [string, unknown][] = [];
  for (const { number, value } of fields(bytes)) {
    if (typeof value === 'bigint') continue;
    if (number === 2) op = value.toString('utf8');
    if (number !== 5) continue;
    const entry = new Map([...fields(value)].map((item) => [item.number, item.value]));
    const key = entry.get(1), content = entry.get(2);
    if (Buffer.isBuffer(key) && Buffer.isBuffer(content)) attr.push([key.toString('utf8'), readAttribute(content)]);
  }
  return { op, attr: Object.fromEntries(attr) };
}

/** AttrValue: 1 list (3 i), 2 s, 3 i, 4 f, 5 b, 6 type. */
function readAttribute(bytes: Buffer): unknown {
  for (const { number, value } of fields(bytes)) {
    if (Buffer.isBuffer(value)) {
      if (number === 1) return { list: { i: readInts(value) } };
      if (number === 2) return { s: value.toString('base64') };
      if (number === 4) return { f: value.readFloatLE(0) };
    } else {
      if (number === 3) return { i: Number(BigInt.asIntN(64, value)) };
      if (number === 5) return { b: value !== 0n };
      if (number === 6) return { type: Number(value) };
    }
  }
  return {};
}

function readInts(bytes: Buffer): number[] {
  const list: number[] = [];
  for (const { number, value } of fields(bytes)) {
    if (number !== 3) continue;
    if (typeof value === 'bigint') list.push(Number(BigInt.asIntN(64, value)));
    else for (let at = 0; at < value.length;) {
      let item = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = value[at++];
        if (byte === undefined || shift > 63n) throw new RangeError('the message ends inside a number');
        item |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      list.push(Number(BigInt.asIntN(64, item)));
    }
  }
  return list;
}
