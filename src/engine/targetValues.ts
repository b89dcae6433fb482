/** The target on our side of the runtime: as the input a gradient graph takes, and computed from plain output values. */
import type { Target, TargetCombination } from '../methods/model';
import { LensError } from '../protocol/rpc';
import type { Tensor } from '../tensor/tensor';

/** Everything that decides which graph a target needs; indices, weights and vectors are given when it runs. */
export function targetKey({ output, space, combine }: Target): readonly string[] {
  return [output, space, combine?.kind ?? 'element'];
}

/** The numbers that a combination holds, one for each element of the row. */
export function vectorOf(combine: TargetCombination): Float32Array {
  return combine.kind === 'weighted' ? combine.weights : combine.kind === 'cosine' ? combine.reference : combine.exponents;
}

/** What the target input of a gradient graph is fed (autodiff/targetScore.ts). */
export function targetFeed({ index, combine }: Target, rows: number): Tensor {
  if (!combine) return { dtype: 'int64', dims: [rows], data: new BigInt64Array(rows).fill(BigInt(index)) };
  const data = vectorOf(combine);
  return { dtype: 'float32', dims: [1, data.length], data };
}

/** The target of every sample from a value's elements, `samples` rows one after another. */
export function scoresOf(values: Float32Array, samples: number, { output, index, combine }: Target): Float32Array {
  const size = values.length / samples, vector = combine && vectorOf(combine);
  if (vector && vector.length !== size) throw new LensError('badInput', `the target is about ${vector.length} elements of '${output}', but it has ${size} for every sample`);
  return Float32Array.from({ length: samples }, (_, sample) => {
    const row = values.subarray(sample * size, (sample + 1) * size);
    if (!vector) return row[index]!;
    if (combine!.kind === 'product') return Math.exp(row.reduce((sum, value, i) => (vector[i] ? sum + vector[i]! * Math.log(Math.max(value, 1e-30)) : sum), 0));
    const dot = product(row, vector);
    return combine!.kind === 'weighted' ? dot : dot / (Math.sqrt(product(row, row) + 1e-24) * Math.sqrt(product(vector, vector)));
  });
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
