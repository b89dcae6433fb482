/** A stored tensor opened for reading in pieces: what lies in a file stays there, the rest is decoded once. */
import { readBytes, readInitializer } from '../../formats/readTensor';
import { initializerType, type Initializer } from '../../graph/graph';
import { LensError, throwIfAborted } from '../../protocol/rpc';
import { bfloat16ToNumber, float16ToNumber, toFloat64 } from '../../tensor/convert';
import { byteLength, type DType } from '../../tensor/dtype';
import { elementCount, type Tensor } from '../../tensor/tensor';

/** Tensors that are packed (compressed, or one number after the other) are unpacked whole, up to this many bytes. */
const maximumUnpacked = 2 ** 30;
/** Elements of a piece. */
const pieceElements = 2 ** 20;

export interface Content {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly count: number;
  /** `count` elements from `start` on, in C order. */
  read(start: number, count: number): Promise<Tensor>;
}

/**
 * @throws LensError 'badFile' with the reason if the values cannot be read, 'unsupported' if they would have to be
 * unpacked and are too many.
 */
export async function openContent(name: string, init: Initializer): Promise<Content> {
  const { dtype, dims } = initializerType(init);
  if (init.kind === 'missing') throw new LensError('badFile', `the values of '${name}' cannot be read: ${init.reason}`, 'see that all files of the model are complete and lie beside it');
  const count = elementCount(dims);
  let source: Initializer = init;
  if (init.kind === 'deferred' || init.kind === 'inline') {
    const bytes = byteLength(dtype, count);
    if (bytes > maximumUnpacked) throw new LensError('unsupported', `the values of '${name}' are packed in the file and take ${bytes} bytes unpacked, more than the ${maximumUnpacked} that are unpacked to be looked at`);
    // Unpacked once: asking again would unpack again.
    source = { kind: 'inline', dtype, dims, bytes: await readBytes(init) };
  }
  return { dtype, dims, count, read: (start, length) => readInitializer(source, { start, count: length }) };
}

/** Calls `visit` with one piece after the other. */
export async function eachPiece(content: Content, visit: (piece: Tensor, start: number) => void | Promise<void>, signal: AbortSignal, progress?: (done: number) => void): Promise<void> {
  for (let start = 0; start < content.count; start += pieceElements) {
    throwIfAborted(signal);
    const count = Math.min(pieceElements, content.count - start);
    await visit(await content.read(start, count), start);
    progress?.(start + count);
  }
}

/** Whether elements of a type are real numbers. */
export function isReal(dtype: DType): boolean {
  return dtype !== 'string' && dtype !== 'undefined' && dtype !== 'complex64' && dtype !== 'complex128';
}

const decoded = new Map<DType, Float32Array>();

/** The elements as numbers in one of two kinds of array, so that loops over them stay quick. */
export function realNumbers(piece: Tensor): Float32Array | Float64Array {
  const { dtype, data } = piece;
  if (dtype === 'float32') return data as Float32Array;
  if (dtype !== 'float16' && dtype !== 'bfloat16') return data instanceof BigInt64Array || data instanceof BigUint64Array || dtype.startsWith('float') ? toFloat64(piece) : new Float64Array(data as Uint8Array);
  let table = decoded.get(dtype);
  if (!table) decoded.set(dtype, table = Float32Array.from({ length: 65536 }, (_, bits) => (dtype === 'float16' ? float16ToNumber(bits) : bfloat16ToNumber(bits))));
  const bits = data as Uint16Array, out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]!]!;
  return out;
}
