/** A .npy file as an exact input: no preprocessing, only the dims are checked against the model's. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Dims } from '../graph/graph';
import type { DType } from '../tensor/dtype';
import { tensorFromNumbers, toFloat64 } from '../tensor/convert';
import { parseNpy } from '../tensor/npy';
import type { Tensor } from '../tensor/tensor';
import { elementCount } from '../tensor/tensor';
import { DataError, openingError, reasonOf } from './errors';

const maxBytes = 2 ** 31 - 1;

/**
 * Reads `file` for an input of type `dtype` and dims `dims` (symbolic ones take any size). A missing batch dim of 1 is
 * added; numbers of another type are converted if that loses nothing. Throws DataError: found, expected.
 */
export async function readTensorFile(file: string, dtype: DType, dims: Dims): Promise<Tensor> {
  const name = path.basename(file);
  let bytes: Uint8Array;
  try {
    const { size } = await stat(file);
    if (size > maxBytes) throw new DataError('badFile', `${name}: ${Math.round(size / 1e6)} MB, expected at most ${Math.round(maxBytes / 1e6)} MB`);
    bytes = await readFile(file);
  } catch (error) {
    throw error instanceof DataError ? error : new DataError('notFound', `${name}: ${openingError(error)}`);
  }
  let tensor: Tensor;
  try {
    tensor = parseNpy(bytes, name);
  } catch (error) {
    throw new DataError('badFile', reasonOf(error));
  }
  return convertDtype(fitDims(tensor, dims, name), dtype, name);
}

function fitDims(tensor: Tensor, dims: Dims, name: string): Tensor {
  if (dims.length === 0) return tensor;
  const fits = (found: readonly number[]): boolean => found.length === dims.length && found.every((size, i) => typeof dims[i] !== 'number' || dims[i] === size);
  if (fits(tensor.dims)) return tensor;
  const batched = [1, ...tensor.dims];
  if (fits(batched)) return { ...tensor, dims: batched };
  throw new DataError('badInput', `${name}: found a tensor of dims [${tensor.dims.join(', ')}], expected [${dims.map((dim) => dim ?? '?').join(', ')}]`);
}

function convertDtype(tensor: Tensor, dtype: DType, name: string): Tensor {
  if (tensor.dtype === dtype || dtype === 'undefined') return tensor;
  const refuse = (why: string): DataError => new DataError('badInput', `${name}: found a tensor of type ${tensor.dtype}, expected ${dtype}${why}`);
  if (tensor.dtype === 'string' || dtype === 'string') throw refuse('');
  const numbers = toFloat64(tensor);
  const converted = tensorFromNumbers(dtype, tensor.dims, numbers);
  const integers = !['float16', 'float32', 'float64', 'bfloat16'].includes(dtype);
  if (integers) {
    const back = toFloat64(converted);
    for (let i = 0; i < elementCount(tensor.dims); i++) if (back[i] !== numbers[i]) throw refuse(`, and ${numbers[i]} does not fit`);
  }
  return converted;
}
