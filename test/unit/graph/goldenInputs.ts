/** The inputs of golden predictions: .npy files, some of them quantised as their entry says. */
import fs from 'node:fs';
import path from 'node:path';
import type { DType } from '../../../src/tensor/dtype';
import type { Tensor } from '../../../src/tensor/tensor';
import { tensorFromNumbers, toFloat64 } from '../../../src/tensor/convert';
import { parseNpy } from '../../../src/tensor/npy';

export interface GoldenInput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly file: string;
  readonly storedAs?: { readonly scale: number | readonly number[]; readonly offset: number | readonly number[]; readonly axis?: number };
}

/** The exact tensor: float32(u8) · scale + offset in float32, then the entry's dtype. */
export function readGoldenInput(folder: string, input: GoldenInput): Tensor {
  const stored = parseNpy(fs.readFileSync(path.join(folder, input.file)));
  if (input.storedAs === undefined) return { ...stored, dims: input.shape };
  const { scale, offset, axis } = input.storedAs;
  const inner = axis === undefined ? 1 : input.shape.slice(axis + 1).reduce((count, dim) => count * dim, 1);
  const size = axis === undefined ? 1 : input.shape[axis]!;
  const at = (list: number | readonly number[], index: number): number => typeof list === 'number' ? list : list[Math.floor(index / inner) % size]!;
  const values = toFloat64(stored).map((value, index) => Math.fround(Math.fround(value * Math.fround(at(scale, index))) + Math.fround(at(offset, index))));
  return tensorFromNumbers(input.dtype, input.shape, values);
}
