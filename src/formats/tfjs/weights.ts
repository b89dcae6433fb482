/**
 * The weights of a model.json where they lie. Quantised weights stay as they are stored; who uses one multiplies it
 * back (io_utils.ts, decodeWeights). Strings, which have no fixed size, and integers of a few bytes are read: they are
 * structure (vocabularies, shapes, axes), not weights.
 */
import type { DType } from '../../tensor/dtype';
import { byteLength } from '../../tensor/dtype';
import { elementCount } from '../../tensor/tensor';
import type { Initializer } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';
import type { WeightEntry, WeightGroup } from './modelJson';
import { Shards } from './shards';

export interface TfjsWeight {
  readonly name: string;
  /** Type the framework computes with. */
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** As stored: the quantised type where it is quantised. */
  readonly stored: Initializer;
  /** value = stored · scale + min; absent for weights that are not quantised and for float16, which is only widened. */
  readonly affine?: { readonly scale: number; readonly min: number };
}

/** TensorFlow.js's element types; it has no others. */
const elementTypes: Readonly<Record<string, DType>> = {
  float32: 'float32', int32: 'int32', bool: 'bool', string: 'string', complex64: 'complex64',
  uint8: 'uint8', uint16: 'uint16', int8: 'int8', int16: 'int16', float16: 'float16', int64: 'int64', float64: 'float64',
};

/** Integers up to this many bytes are read at once. */
const maxSmallBytes = 1024;
const maxStringBytes = 64 * 1024 * 1024;
const maxStrings = 2_000_000;

/** All weights by name. Those that cannot be read are there too, as 'missing'; `warnings` gets one sentence a group. */
export function readWeights(groups: readonly WeightGroup[], folder: string, warnings: string[]): Map<string, TfjsWeight> {
  const weights = new Map<string, TfjsWeight>();
  groups.forEach((group, index) => {
    const shards = new Shards(folder, group.paths);
    if (shards.problem !== undefined) warnings.push(`weight group ${index + 1} of ${groups.length} cannot be read: ${shards.problem}`);
    let offset: number | string = 0;
    for (const entry of group.weights) {
      const dtype = elementTypes[entry.dtype];
      if (dtype === undefined) throw new BadModelFile(`weight '${shown(entry.name)}' has the unknown type '${shown(entry.dtype)}'; TensorFlow.js has float32, int32, bool, string and complex64`);
      const { stored, end }: { stored: Initializer; end: number | string } = typeof offset === 'string'
        ? { stored: { kind: 'missing', dtype, dims: entry.shape, reason: offset }, end: offset }
        : dtype === 'string' ? strings(entry, shards, offset) : numbers(entry, dtype, shards, offset);
      const { quantization } = entry;
      const affine = quantization && quantization.dtype !== 'float16' ? { scale: quantization.scale, min: quantization.min } : undefined;
      weights.set(entry.name, { name: entry.name, dtype, dims: entry.shape, stored, affine });
      offset = end;
    }
  });
  return weights;
}

function numbers(entry: WeightEntry, declared: DType, shards: Shards, offset: number): { stored: Initializer; end: number } {
  const dtype = entry.quantization?.dtype ?? declared;
  const dims = entry.shape;
  const length = byteLength(dtype, elementCount(dims));
  const end = offset + length;
  if (end > shards.size) {
    return { stored: { kind: 'missing', dtype, dims, reason: shards.problem ?? `it needs bytes ${offset} to ${end} of its weight files, which have ${shards.size}` }, end };
  }
  if (length === 0) return { stored: { kind: 'inline', dtype, dims, bytes: new Uint8Array(0) }, end };
  if ((declared === 'int32' || declared === 'bool') && length <= maxSmallBytes) {
    return { stored: { kind: 'inline', dtype, dims, bytes: shards.read(offset, length) }, end };
  }
  const pieces = shards.pieces(offset, length);
  const whole = pieces.length === 1 ? pieces[0]! : undefined;
  const stored: Initializer = whole
    ? { kind: 'ref', ref: { ...whole, dtype, dims } }
    : { kind: 'deferred', dtype, dims, load: () => Promise.resolve(shards.read(offset, length)) };
  return { stored, end };
}

/** Each string is its length in bytes (uint32) and its bytes. */
function strings(entry: WeightEntry, shards: Shards, offset: number): { stored: Initializer; end: number | string } {
  const dims = entry.shape;
  const count = elementCount(dims);
  const missing = (reason: string): { stored: Initializer; end: string } => ({ stored: { kind: 'missing', dtype: 'string', dims, reason }, end: `it follows the strings '${shown(entry.name)}', of which ${reason}` });
  if (count > maxStrings) return missing(`there are ${count}, more than the ${maxStrings} that are read`);
  // A window at a time: strings are many and short.
  const window = 64 * 1024;
  let bytes: Uint8Array = new Uint8Array(0), start = offset;
  const need = (at: number, length: number): Uint8Array => {
    if (at < start || at + length > start + bytes.length) {
      start = at;
      bytes = shards.read(at, Math.max(length, Math.min(window, shards.size - at)));
    }
    return bytes.subarray(at - start, at - start + length);
  };
  const list: string[] = [];
  const decoder = new TextDecoder();
  let at = offset;
  for (let index = 0; index < count; index++) {
    if (at + 4 > shards.size) return missing(shards.problem ?? 'the weight files end too early');
    const head = need(at, 4);
    const length = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
    if (at + 4 + length > shards.size) return missing(shards.problem ?? 'the weight files end too early');
    if (at + 4 + length - offset > maxStringBytes) return missing(`more than ${maxStringBytes} bytes would have to be read`);
    list.push(decoder.decode(need(at + 4, length)));
    at += 4 + length;
  }
  return { stored: { kind: 'strings', dtype: 'string', dims, strings: list }, end: at };
}
