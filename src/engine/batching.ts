/** Cutting a batch into pieces and putting results together again. The batch is dim 0. */
import { elementCount, type Tensor, type TensorData } from '../tensor/tensor';
import { LensError } from '../protocol/rpc';

type TypedData = Exclude<TensorData, readonly string[]>;

/** Rows [start, end) of dim 0; a view of the same memory for typed arrays. */
export function sliceRows(tensor: Tensor, start: number, end: number): Tensor {
  const row = elementCount(tensor.dims.slice(1));
  const { data } = tensor;
  const part = ArrayBuffer.isView(data) ? (data as TypedData).subarray(start * row, end * row) : data.slice(start * row, end * row);
  return { dtype: tensor.dtype, dims: [end - start, ...tensor.dims.slice(1)], data: part };
}

/** `tensor` with its last row repeated until dim 0 is `rows`. */
export function padRows(tensor: Tensor, rows: number): Tensor {
  const have = tensor.dims[0]!;
  if (have >= rows) return tensor;
  const last = sliceRows(tensor, have - 1, have);
  return concatRows([tensor, ...Array.from({ length: rows - have }, () => last)]);
}

/** Tensors one under the other along dim 0. */
export function concatRows(parts: readonly Tensor[]): Tensor {
  const first = parts[0]!;
  if (parts.length === 1) return first;
  let rows = 0;
  for (const part of parts) {
    if (part.dtype !== first.dtype || part.dims.length !== first.dims.length || part.dims.slice(1).some((dim, axis) => dim !== first.dims[axis + 1])) {
      throw new LensError('failed', `results of dims [${first.dims.join(', ')}] and [${part.dims.join(', ')}] cannot be put together to one batch`);
    }
    rows += part.dims[0]!;
  }
  const dims = [rows, ...first.dims.slice(1)];
  if (!ArrayBuffer.isView(first.data)) return { dtype: first.dtype, dims, data: parts.flatMap((part) => part.data as readonly string[]) };
  const Type = first.data.constructor as new (length: number) => TypedData;
  const data = new Type(elementCount(dims));
  let offset = 0;
  for (const part of parts) {
    (data as Float32Array).set(part.data as Float32Array, offset);
    offset += part.data.length;
  }
  return { dtype: first.dtype, dims, data };
}
