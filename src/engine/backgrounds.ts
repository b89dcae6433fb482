/** Many samples of one input: the background that some methods count from. */
import path from 'node:path';
import type { ResolvedInput, TableSpec } from '../data/spec';
import { readRows, rowToTensor } from '../data/table';
import { readTensorFile } from '../data/tensorFile';
import { LensError } from '../protocol/rpc';
import { asFloatTensor } from '../tensor/convert';
import { isFloat } from '../tensor/dtype';
import { floatTensor, type FloatTensor, type Tensor } from '../tensor/tensor';
import { sliceRows } from './batching';
import { prepareInput } from './inputs';

/** More samples than this say little new. Of longer tables, rows spread evenly are taken; of tensors, the first. */
const mostSamples = 500;

/**
 * The samples of a file, [N, … the input's dims]: an .npy of many, all rows of a table, or one picture.
 * @throws LensError or DataError naming the file, what was found and what was expected.
 */
export async function readSamples(input: ResolvedInput, file: string): Promise<Tensor> {
  const full = path.resolve(file);
  if (/\.(csv|tsv)$/i.test(full)) {
    const table = await tableSamples(input, full);
    if (!table) throw new LensError('badInput', `${path.basename(full)}: none of its rows fits input '${input.name}'`);
    return table;
  }
  if (!/\.npy$/i.test(full)) return (await prepareInput(input, file)).tensor;
  const tensor = await readTensorFile(full, isFloat(input.dtype) ? 'float32' : input.dtype, [null, ...input.dims.slice(1)]);
  return tensor.dims[0]! > mostSamples ? sliceRows(tensor, 0, mostSamples) : tensor;
}

/** The rows of a table that fit the input, as [N, columns]; undefined if there are none. */
export async function tableSamples(input: ResolvedInput, file: string): Promise<FloatTensor | undefined> {
  const spec: TableSpec = input.spec.kind === 'table' ? input.spec : { kind: 'table', columns: [] };
  const width = input.dims.length === 2 && typeof input.dims[1] === 'number' ? input.dims[1] : undefined;
  const rows: Float32Array[] = [];
  for (const row of await readRows(file, mostSamples)) {
    // Rows with gaps are common in tables, and no part of a background.
    try {
      rows.push(asFloatTensor(rowToTensor(row, spec, width, file)).data);
    } catch {
      continue;
    }
  }
  const size = rows[0]?.length ?? 0, fitting = rows.filter(({ length }) => length === size);
  if (size === 0) return undefined;
  const out = floatTensor([fitting.length, size]);
  fitting.forEach((row, index) => out.data.set(row, index * size));
  return out;
}
