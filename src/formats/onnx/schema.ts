/** Numbers of onnx.proto: element types and attribute kinds. */
import type { DType } from '../../tensor/dtype';
import type { Attribute } from '../../graph/graph';

/** TensorProto.DataType by number. */
export const elementTypes: readonly DType[] = [
  'undefined', 'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string', 'bool', 'float16', 'float64',
  'uint32', 'uint64', 'complex64', 'complex128', 'bfloat16', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2',
  'float8e5m2fnuz', 'uint4', 'int4', 'float4e2m1', 'float8e8m0', 'uint2', 'int2',
];

/** TensorProto.DataType of each dtype. */
export const elementTypeNumber: ReadonlyMap<DType, number> = new Map(elementTypes.map((dtype, number) => [dtype, number]));

export type AttributeKind = Attribute['kind'];

/** AttributeProto.AttributeType by number; sparse tensors are read as dense ones. */
export const attributeKinds: readonly (Exclude<AttributeKind, 'reference'> | undefined)[] = [
  undefined, 'float', 'int', 'string', 'tensor', 'graph', 'floats', 'ints', 'strings', 'tensors', 'graphs',
  'tensor', 'tensors', 'type', 'types',
];

/** AttributeProto.AttributeType of each kind. */
export const attributeTypeNumber: Readonly<Record<Exclude<AttributeKind, 'reference'>, number>> = {
  float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8, tensors: 9, graphs: 10, type: 13, types: 14,
};

/** The IR version that this code was written for (onnx 1.20), and the first without weights among the inputs. */
export const newestIrVersion = 13;

/** The field of TensorProto that holds values of a type when they are not raw bytes. */
export function typedField(dtype: DType): number | undefined {
  switch (dtype) {
    case 'float32': case 'complex64': return 4;
    case 'int64': return 7;
    case 'float64': case 'complex128': return 10;
    case 'uint32': case 'uint64': return 11;
    case 'string': case 'undefined': return undefined;
    default: return 5;
  }
}
