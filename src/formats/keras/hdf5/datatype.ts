/** HDF5 element types and dataspaces (IV.A.2.b, d). */
import type { DType } from '../../../tensor/dtype';
import type { Cursor, Hdf5View } from './view';

export interface Datatype {
  readonly kind: 'number' | 'string' | 'variableString' | 'other';
  /** Bytes of one element. */
  readonly size: number;
  /** For numbers. */
  readonly dtype?: DType;
  readonly bigEndian?: boolean;
}

const floats: Readonly<Record<number, DType>> = { 2: 'float16', 4: 'float32', 8: 'float64' };
const signed: Readonly<Record<number, DType>> = { 1: 'int8', 2: 'int16', 4: 'int32', 8: 'int64' };
const unsigned: Readonly<Record<number, DType>> = { 1: 'uint8', 2: 'uint16', 4: 'uint32', 8: 'uint64' };

export function readDatatype(view: Hdf5View, body: Cursor): Datatype {
  const kind = body.uint(1) & 15, bits = body.uint(3), size = body.uint(4);
  const bigEndian = (bits & 1) !== 0;
  switch (kind) {
    case 0: return { kind: 'number', size, dtype: (bits & 8 ? signed : unsigned)[size], bigEndian };
    case 1: {
      body.skip(4 + 1);
      // Two bytes with eight bits of exponent are a bfloat16.
      const dtype = size === 2 && body.uint(1) === 8 ? 'bfloat16' : floats[size];
      return { kind: 'number', size, dtype, bigEndian };
    }
    case 3: return { kind: 'string', size };
    // h5py stores bool as an enumeration of int8.
    case 8: return { kind: 'number', size, dtype: size === 1 ? 'bool' : undefined, bigEndian: false };
    case 9: return { kind: (bits & 15) === 1 ? 'variableString' : 'other', size };
    default:
      if (kind > 11) view.fail(`an element type of class ${kind} is unknown`);
      return { kind: 'other', size };
  }
}

/** Dims of a dataspace; [] for a scalar, [0] for the null space. */
export function readDataspace(view: Hdf5View, body: Cursor): number[] {
  const version = body.uint(1), rank = body.uint(1);
  body.skip(1);
  if (version === 1) body.skip(5);
  else if (version !== 2) view.fail('a dataspace has an unknown version');
  else if (body.uint(1) === 2) return [0];
  if (rank > 32) view.fail(`an array has ${rank} dimensions`);
  const dims = Array.from({ length: rank }, () => body.length());
  if (!dims.every(Number.isSafeInteger)) view.fail('an array has impossible dimensions');
  return dims;
}
