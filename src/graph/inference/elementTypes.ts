/** TensorProto.DataType numbers and names (onnx.proto) as our dtypes. */
import type { DType } from '../../tensor/dtype';

const byNumber: readonly DType[] = [
  'undefined', 'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string', 'bool', 'float16', 'float64',
  'uint32', 'uint64', 'complex64', 'complex128', 'bfloat16', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2',
  'float8e5m2fnuz', 'uint4', 'int4', 'float4e2m1', 'float8e8m0', 'uint2', 'int2',
];

/** The dtype of an ONNX element type number; 'undefined' for numbers that ONNX does not have. */
export function elementType(number: number): DType {
  return byNumber[number] ?? 'undefined';
}

/** The ONNX element type number of a dtype. */
export function elementNumber(dtype: DType): number {
  return Math.max(0, byNumber.indexOf(dtype));
}

const byName: Readonly<Record<string, DType>> = { float: 'float32', double: 'float64' };

/** The dtype of a TensorProto.DataType name ('FLOAT'): Cast wrote names before opset 6. */
export function elementTypeByName(name: string): DType {
  const lower = name.toLowerCase();
  return byName[lower] ?? (byNumber.includes(lower as DType) ? lower as DType : 'undefined');
}

export function isInteger(dtype: DType): boolean {
  return /^u?int\d+$/.test(dtype) || dtype === 'bool';
}
