import type { DType } from './dtype';

/**
 * Storage of each dtype in memory: float16 and bfloat16 as raw bits in a Uint16Array, bool as 0/1 in a Uint8Array,
 * float8 as raw bits in a Uint8Array, int4/uint4 unpacked one element a byte, complex as interleaved (re, im).
 */
export type TensorData =
  | Float32Array | Float64Array | Uint16Array | Int8Array | Uint8Array | Int16Array | Int32Array | Uint32Array
  | BigInt64Array | BigUint64Array | readonly string[];

/** A dense tensor in C order. `data.length` equals the product of `dims` (twice that for complex types). */
export interface Tensor<D extends TensorData = TensorData> {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: D;
}

/** A float32 tensor: what models are fed with and what attributions are. */
export type FloatTensor = Tensor<Float32Array> & { readonly dtype: 'float32' };

/** Number of elements of `dims`; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  let count = 1;
  for (const dim of dims) count *= dim;
  return count;
}

/** A float32 tensor over `data` (zeros if left out). Throws if the length does not fit the dims. */
export function floatTensor(dims: readonly number[], data?: Float32Array): FloatTensor {
  const count = elementCount(dims);
  const values = data ?? new Float32Array(count);
  if (values.length !== count) throw new Error(`a tensor of dims [${dims.join(', ')}] has ${count} elements, but ${values.length} values were given`);
  return { dtype: 'float32', dims: [...dims], data: values };
}
