/**
 * Between element types, and between tensors and the little-endian bytes that files hold. A typed array is a view of
 * memory in the machine's byte order; every machine VS Code runs on is little-endian, as ONNX and our files are.
 */
import { bitsPerElement, byteLength } from './dtype';
import type { DType } from './dtype';
import { elementCount } from './tensor';
import type { FloatTensor, Tensor, TensorData } from './tensor';
import { bfloat16ToNumber, float16ToNumber, float4ToNumber, float8ToNumber, numberToBfloat16, numberToFloat16 } from './float16';
export { bfloat16ToNumber, float16ToNumber, float8ToNumber, numberToBfloat16, numberToFloat16 } from './float16';

/** Typed arrays, without strings. */
export type NumericData = Exclude<TensorData, readonly string[]>;

type ArrayType = { new (buffer: ArrayBufferLike, offset?: number, length?: number): NumericData; readonly BYTES_PER_ELEMENT: number };

const arrayTypes: Readonly<Partial<Record<DType, ArrayType>>> = {
  float32: Float32Array, float64: Float64Array, float16: Uint16Array, bfloat16: Uint16Array,
  int8: Int8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array,
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array, bool: Uint8Array,
  complex64: Float32Array, complex128: Float64Array,
  float8e4m3fn: Uint8Array, float8e4m3fnuz: Uint8Array, float8e5m2: Uint8Array, float8e5m2fnuz: Uint8Array, float8e8m0: Uint8Array,
};

/** A typed array over a copy-free view of `bytes` where alignment allows it, else over a copy. */
function arrayOver(type: ArrayType, bytes: Uint8Array): NumericData {
  const aligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new type(aligned.buffer, aligned.byteOffset, aligned.byteLength / type.BYTES_PER_ELEMENT);
}

/**
 * The tensor that little-endian `bytes` hold, sub-byte types packed low nibble first (unpacked here to one element a
 * byte). The result may share memory with `bytes`. Throws if the length does not fit, and for strings.
 */
export function tensorFromBytes(dtype: DType, dims: readonly number[], bytes: Uint8Array): Tensor<NumericData> {
  const count = elementCount(dims);
  if (!bitsPerElement[dtype]) throw new Error(`a tensor of type ${dtype} cannot be read from bytes`);
  const expected = byteLength(dtype, count);
  if (bytes.byteLength !== expected) throw new Error(`a ${dtype} tensor of dims [${dims.join(', ')}] takes ${expected} bytes, but there are ${bytes.byteLength}`);
  const type = arrayTypes[dtype];
  return { dtype, dims: [...dims], data: type ? arrayOver(type, bytes) : unpack(dtype, bytes, 0, count) };
}

/** The little-endian bytes of a tensor, sub-byte types packed. May share memory with it. Throws for strings. */
export function tensorToBytes(tensor: Tensor): Uint8Array {
  const { data, dtype } = tensor;
  if (!ArrayBuffer.isView(data)) throw new Error('a tensor of strings has no bytes');
  if (!arrayTypes[dtype]) return pack(dtype, data as Int8Array | Uint8Array);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Elements `start … start + count` of packed int4, uint4, int2, uint2 or float4, one element a byte. */
export function unpack(dtype: DType, bytes: Uint8Array, start: number, count: number): Int8Array | Uint8Array {
  const bits = bitsPerElement[dtype], perByte = 8 / bits, mask = (1 << bits) - 1;
  const signed = dtype === 'int4' || dtype === 'int2';
  const out = signed ? new Int8Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const at = start + i;
    const value = ((bytes[Math.floor(at / perByte)] ?? 0) >>> ((at % perByte) * bits)) & mask;
    out[i] = signed && value >> (bits - 1) ? value - mask - 1 : value;
  }
  return out;
}

function pack(dtype: DType, values: Int8Array | Uint8Array): Uint8Array {
  const bits = bitsPerElement[dtype], perByte = 8 / bits, mask = (1 << bits) - 1;
  const out = new Uint8Array(byteLength(dtype, values.length));
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / perByte);
    out[at] = (out[at] ?? 0) | (((values[i] ?? 0) & mask) << ((i % perByte) * bits));
  }
  return out;
}

/**
 * The elements as numbers, whatever the type: narrow floats decoded, 64-bit integers rounded to the nearest double.
 * Throws for strings, complex and undefined types.
 */
export function toFloat64(tensor: Tensor): Float64Array {
  return tensor.dtype === 'float64' ? tensor.data as Float64Array : Float64Array.from(numbers(tensor));
}

/** The elements as float32; a float32 tensor's own data, not a copy. Throws like {@link toFloat64}. */
export function toFloat32(tensor: Tensor): Float32Array {
  return tensor.dtype === 'float32' ? tensor.data as Float32Array : Float32Array.from(numbers(tensor));
}

/** The same tensor in float32. */
export function asFloatTensor(tensor: Tensor): FloatTensor {
  return { dtype: 'float32', dims: tensor.dims, data: toFloat32(tensor) };
}

function numbers({ dtype, data }: Tensor): ArrayLike<number> {
  if (!ArrayBuffer.isView(data)) throw new Error('strings cannot be read as numbers');
  switch (dtype) {
    case 'float16': return lookUp(data as Uint16Array, float16ToNumber);
    case 'bfloat16': return lookUp(data as Uint16Array, bfloat16ToNumber);
    case 'float8e4m3fn': case 'float8e4m3fnuz': case 'float8e5m2': case 'float8e5m2fnuz': case 'float8e8m0':
      return lookUp(data as Uint8Array, (bits) => float8ToNumber(bits, dtype));
    case 'float4e2m1': return lookUp(data as Uint8Array, float4ToNumber);
    case 'complex64': case 'complex128': case 'undefined': case 'string':
      throw new Error(`values of type ${dtype} cannot be read as real numbers`);
    default:
      if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
        const out = new Float64Array(data.length);
        for (let i = 0; i < data.length; i++) out[i] = Number(data[i]);
        return out;
      }
      return data as Exclude<NumericData, BigInt64Array | BigUint64Array>;
  }
}

function lookUp(data: Uint16Array | Uint8Array, decode: (bits: number) => number): Float64Array {
  const out = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = decode(data[i] ?? 0);
  return out;
}

/**
 * A tensor of `dtype` from plain numbers. Integers are rounded to nearest and clamped to the type's range, floats
 * rounded to nearest even; for bool every number but 0 is true. Throws for types that have no numbers to write.
 */
export function tensorFromNumbers(dtype: DType, dims: readonly number[], values: ArrayLike<number>): Tensor<NumericData> {
  const count = elementCount(dims);
  if (values.length !== count) throw new Error(`a tensor of dims [${dims.join(', ')}] has ${count} elements, but ${values.length} values were given`);
  return { dtype, dims: [...dims], data: encode(dtype, values) };
}

function encode(dtype: DType, values: ArrayLike<number>): NumericData {
  switch (dtype) {
    case 'float32': return Float32Array.from(values);
    case 'float64': return Float64Array.from(values);
    case 'float16': return Uint16Array.from(values, numberToFloat16);
    case 'bfloat16': return Uint16Array.from(values, numberToBfloat16);
    case 'bool': return Uint8Array.from(values, (value) => (value ? 1 : 0));
    case 'int64': return BigInt64Array.from({ length: values.length }, (_, i) => clampBigInt(values[i] ?? 0, -(2n ** 63n), 2n ** 63n - 1n));
    case 'uint64': return BigUint64Array.from({ length: values.length }, (_, i) => clampBigInt(values[i] ?? 0, 0n, 2n ** 64n - 1n));
    case 'int8': case 'int4': case 'int2': return Int8Array.from(values, clampTo(bitsPerElement[dtype], true));
    case 'int16': return Int16Array.from(values, clampTo(16, true));
    case 'int32': return Int32Array.from(values, clampTo(32, true));
    case 'uint8': case 'uint4': case 'uint2': return Uint8Array.from(values, clampTo(bitsPerElement[dtype], false));
    case 'uint16': return Uint16Array.from(values, clampTo(16, false));
    case 'uint32': return Uint32Array.from(values, clampTo(32, false));
    default: throw new Error(`numbers cannot be written as ${dtype}`);
  }
}

function clampTo(bits: number, signed: boolean): (value: number) => number {
  const low = signed ? -(2 ** (bits - 1)) : 0, high = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  return (value) => Math.min(high, Math.max(low, Math.round(value) || 0));
}

function clampBigInt(value: number, low: bigint, high: bigint): bigint {
  if (!Number.isFinite(value)) return value > 0 ? high : value < 0 ? low : 0n;
  const whole = BigInt(Math.round(value));
  return whole < low ? low : whole > high ? high : whole;
}
