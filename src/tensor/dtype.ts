/** Element types, named as ONNX names them in lower case. */
export type DType =
  | 'float32' | 'float64' | 'float16' | 'bfloat16'
  | 'int8' | 'int16' | 'int32' | 'int64'
  | 'uint8' | 'uint16' | 'uint32' | 'uint64'
  | 'bool' | 'string'
  | 'complex64' | 'complex128'
  | 'float8e4m3fn' | 'float8e4m3fnuz' | 'float8e5m2' | 'float8e5m2fnuz' | 'float8e8m0'
  | 'int4' | 'uint4' | 'int2' | 'uint2' | 'float4e2m1'
  | 'undefined';

/** Bits one element takes in a file; 0 where an element has no fixed size (strings, undefined). */
export const bitsPerElement: Readonly<Record<DType, number>> = {
  float32: 32, float64: 64, float16: 16, bfloat16: 16,
  int8: 8, int16: 16, int32: 32, int64: 64,
  uint8: 8, uint16: 16, uint32: 32, uint64: 64,
  bool: 8, string: 0, complex64: 64, complex128: 128,
  float8e4m3fn: 8, float8e4m3fnuz: 8, float8e5m2: 8, float8e5m2fnuz: 8, float8e8m0: 8,
  int4: 4, uint4: 4, int2: 2, uint2: 2, float4e2m1: 4, undefined: 0,
};

/** Bytes `count` packed elements of `dtype` take (sub-byte types are packed, the last byte padded). */
export function byteLength(dtype: DType, count: number): number {
  return Math.ceil((count * bitsPerElement[dtype]) / 8);
}

/** Whether values of this type can carry a gradient. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}
