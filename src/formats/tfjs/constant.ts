/** A TensorProto inside a GraphDef: constants that the converter left in the topology instead of the weight files. */
import type { DType } from '../../tensor/dtype';
import { byteLength } from '../../tensor/dtype';
import { elementCount } from '../../tensor/tensor';
import type { Initializer } from '../../graph/graph';
import { encodeNumbers } from '../../graph/builder';
import { dtypeOf, numberOf, shapeOf, textOf } from './graphDef';
import { asArray, type Json } from './modelJson';

const maxElements = 16_000_000;

/** The constant, or why it cannot be told. Repeated fields may be shorter than the tensor: the last item is repeated. */
export function readTensorProto(tensor: Json): Initializer | string {
  const dtype = dtypeOf(tensor.dtype);
  const dims = shapeOf(tensor.tensorShape ?? {});
  if (dtype === undefined || !dims?.every((dim) => typeof dim === 'number')) return 'its type or shape is not given';
  const count = elementCount(dims as number[]);
  if (!(count <= maxElements)) return `it has ${count} elements inside the JSON file, more than the ${maxElements} that are read`;
  const shape = dims as number[];
  if (dtype === 'string') {
    const strings = asArray(tensor.stringVal).map((item) => textOf(item) ?? '');
    if (!strings.length && count > 0) return 'its strings are not given';
    return { kind: 'strings', dtype, dims: shape, strings: Array.from({ length: count }, (_, index) => strings[Math.min(index, strings.length - 1)]!) };
  }
  const sameWidth: Readonly<Record<string, DType>> = { DT_FLOAT: 'float32', DT_INT32: 'int32', DT_BOOL: 'bool' };
  if (typeof tensor.tensorContent === 'string' && tensor.tensorContent !== '') {
    const bytes = new Uint8Array(Buffer.from(tensor.tensorContent, 'base64'));
    if (sameWidth[String(tensor.dtype)] !== dtype || bytes.length !== byteLength(dtype, count)) return `its ${bytes.length} bytes do not fit ${count} elements of type ${String(tensor.dtype)}`;
    return { kind: 'inline', dtype, dims: shape, bytes };
  }
  const values = asArray(tensor.floatVal ?? tensor.intVal ?? tensor.int64Val ?? tensor.boolVal ?? tensor.doubleVal).map((item) => (item === true ? 1 : item === false ? 0 : numberOf(item) ?? 0));
  if (!values.length && count > 0) return 'its values are in no weight file';
  if (dtype === 'complex64') return 'complex numbers are not in the vocabulary of ONNX';
  return { kind: 'inline', dtype, dims: shape, bytes: encodeNumbers(Array.from({ length: count }, (_, index) => values[Math.min(index, values.length - 1)]!), dtype) };
}
