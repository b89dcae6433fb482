/** Matrix products. */
import type { Dim, Dims } from '../graph';
import type { InferRule, InferTable, OpContext } from './context';
import { tensor } from './context';
import { broadcast, unify } from './dims';

/** NumPy matmul: [..., m, k] × [..., k, n] → [..., m, n]; vectors lose their axis. */
export function matmulDims(a: Dims | undefined, b: Dims | undefined): Dims | undefined {
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined;
  const left = a.length === 1 ? [1, a[0]!] : a, right = b.length === 1 ? [b[0]!, 1] : b;
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2));
  if (batch === undefined) return undefined;
  const rows: Dim[] = a.length === 1 ? [] : [left[left.length - 2]!];
  const columns: Dim[] = b.length === 1 ? [] : [right[right.length - 1]!];
  return [...batch, ...rows, ...columns];
}

/** [m, n] of A·B with optional transposes. */
export function gemmDims(c: OpContext, aIndex: number, bIndex: number): Dims | undefined {
  const a = c.dims(aIndex), b = c.dims(bIndex);
  if (a === undefined && b === undefined) return undefined;
  const m = a?.length === 2 ? a[c.int('transA', 0) === 0 ? 0 : 1]! : null;
  const n = b?.length === 2 ? b[c.int('transB', 0) === 0 ? 1 : 0]! : null;
  return [m, n];
}

/** Letters of an einsum equation; '...' is kept as one axis group named '.'. */
function terms(side: string): string[] {
  return side.split('...').flatMap((part, index) => [...(index > 0 ? ['.'] : []), ...part]);
}

function einsumDims(c: OpContext): Dims | undefined {
  const equation = c.string('equation', '').replace(/\s/g, '');
  const [left, right] = equation.split('->');
  const operands = (left ?? '').split(',').map(terms);
  const sizes = new Map<string, Dim>();
  let ellipsis: Dims | undefined = [];
  operands.forEach((letters, index) => {
    const dims = c.dims(index);
    const extra = dims === undefined ? 0 : dims.length - letters.filter((letter) => letter !== '.').length;
    if (dims === undefined && letters.includes('.')) ellipsis = undefined;
    if (dims === undefined || extra < 0) return;
    let axis = 0;
    for (const letter of letters) {
      if (letter === '.') {
        ellipsis = ellipsis && broadcast(ellipsis, dims.slice(axis, axis + extra));
        axis += extra;
      } else {
        const dim = dims[axis++]!, before = sizes.get(letter);
        sizes.set(letter, before === undefined ? dim : before === 1 ? dim : dim === 1 ? before : unify(before, dim));
      }
    }
  });
  const count = new Map<string, number>();
  for (const letter of operands.flat()) count.set(letter, (count.get(letter) ?? 0) + 1);
  // Without "->" the output has the letters that occur once, in alphabetical order, after the ellipsis.
  const implicit = [...(count.has('.') ? ['.'] : []), ...[...count.keys()].filter((letter) => letter !== '.' && count.get(letter) === 1).sort()];
  const output = right === undefined ? implicit : terms(right);
  if (output.includes('.') && ellipsis === undefined) return undefined;
  return output.flatMap((letter): Dims => letter === '.' ? ellipsis! : [sizes.get(letter) ?? null]);
}

const gemm: InferRule = (c) => [tensor(c.dtype(0), gemmDims(c, 0, 1))];

export const matmulRules: InferTable = {
  MatMul: (c) => [tensor(c.dtype(0), matmulDims(c.dims(0), c.dims(1)))],
  MatMulInteger: (c) => [tensor('int32', matmulDims(c.dims(0), c.dims(1)))],
  QLinearMatMul: (c) => [tensor(c.dtype(7) === 'undefined' ? c.dtype(0) : c.dtype(7), matmulDims(c.dims(0), c.dims(3)))],
  Gemm: gemm,
  Einsum: (c) => [tensor(c.dtype(0), einsumDims(c))],
  Det: (c) => [tensor(c.dtype(0), c.dims(0)?.slice(0, -2))],
};
