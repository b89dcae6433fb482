/** Matrix products. A product with constant weights is differentiated by a product with the transposed weights. */
import { attrFloat, attrInt } from '../../graph/graph';
import type { Cotangents, Rule, RuleContext, RuleTable } from '../rule';
import { sumToDims } from '../context';
import { einsumRule } from './einsum';
import { product, range, scalar } from './helpers';
import { oneChannel, rowsOf } from './oneChannel';

/** Swaps the last two axes. */
function transposed(c: RuleContext, x: string, rank: number): string {
  return c.b.transpose(x, [...range(rank - 2), rank - 1, rank - 2]);
}

/**
 * y = a·b with a [..., m, k], b [..., k, n] (leading axes broadcast):  ā = g·bᵀ,  b̄ = aᵀ·g.
 * Vectors count as [1, k] and [k, 1].
 */
const matMul: Rule = {
  vjp: (c): Cotangents => {
    const [a, b] = c.node.inputs as [string, string];
    const aDims = c.dims(a), bDims = c.dims(b);
    const aMatrix = aDims.length === 1 ? [1, ...aDims] : aDims, bMatrix = bDims.length === 1 ? [...bDims, 1] : bDims;
    const m = aMatrix.at(-2)!, k = aMatrix.at(-1)!, n = bMatrix.at(-1)!;
    const outer = c.dims(c.node.outputs[0]!).slice(0, c.dims(c.node.outputs[0]!).length - (aDims.length > 1 ? 1 : 0) - (bDims.length > 1 ? 1 : 0));
    const vectors = aDims.length === 1 || bDims.length === 1;
    const g = vectors ? c.b.reshape(c.g, [...outer, m, n]) : c.g;
    const matrix = (value: string, dims: readonly number[], full: readonly number[]): string => (dims === full ? value : c.b.reshape(value, full));
    const left = matrix(a, aDims, aMatrix), right = matrix(b, bDims, bMatrix);

    const finish = (value: string, from: readonly number[], full: readonly number[], dims: readonly number[]): string => {
      const summed = sumToDims(c.b, value, from, full);
      return full === dims ? summed : c.b.reshape(summed, dims);
    };
    const one = aDims.length === 2 && bDims.length === 2 ? oneChannel(c) : undefined;
    const cotangentA = (): string => one ? c.b.op('Mul', [c.b.transpose(rowsOf(c.b, b, one, 1), [1, 0]), one.value]) : finish(c.b.op('MatMul', [g, transposed(c, right, bMatrix.length)]), [...outer, m, k], aMatrix, aDims);
    const cotangentB = (): string => {
      if (bMatrix.length === 2) { // one product over all rows, rather than one a batch and a sum
        const rows = product(outer) * m;
        const flatG = c.b.reshape(g, [rows, n]), flatA = c.b.reshape(left, [rows, k]);
        return finish(c.b.op('MatMul', [transposed(c, flatA, 2), flatG]), bMatrix, bMatrix, bDims);
      }
      return finish(c.b.op('MatMul', [transposed(c, left, aMatrix.length), g]), [...outer, k, n], bMatrix, bDims);
    };
    return [c.wants(0) ? cotangentA() : undefined, c.wants(1) ? cotangentB() : undefined];
  },
};

/**
 * y = α·A·B + β·C with A = a or aᵀ, B = b or bᵀ:  Ā = α·g·Bᵀ,  B̄ = α·Aᵀ·g,  C̄ = β·g summed to the dims of C.
 * Written as Gemm with the transpose flags flipped, so that the weight is shared.
 */
const gemm: Rule = {
  vjp: (c): Cotangents => {
    const [a, b, bias] = c.node.inputs as [string, string, string | undefined];
    const transA = attrInt(c.node, 'transA', 0), transB = attrInt(c.node, 'transB', 0);
    const alpha = { float: attrFloat(c.node, 'alpha', 1) }, beta = attrFloat(c.node, 'beta', 1);
    const times = (left: string, right: string, ta: number, tb: number): string => c.b.op('Gemm', [left, right], { alpha, transA: ta, transB: tb });
    const cotangents: (string | undefined)[] = [], one = oneChannel(c);
    if (c.wants(0) && one && !transA) {
      const rows = transB ? rowsOf(c.b, b, one, 0) : c.b.transpose(rowsOf(c.b, b, one, 1), [1, 0]);
      cotangents[0] = c.b.op('Mul', [rows, alpha.float === 1 ? one.value : c.b.op('Mul', [one.value, scalar(c, alpha.float)])]);
    } else if (c.wants(0)) cotangents[0] = transA ? times(b, c.g, transB, 1) : times(c.g, b, 0, 1 - transB);
    if (c.wants(1)) cotangents[1] = transB ? times(c.g, a, 1, transA) : times(a, c.g, 1 - transA, 0);
    if (c.wants(2)) {
      const summed = sumToDims(c.b, c.g, c.dims(c.node.outputs[0]!), c.dims(bias!));
      cotangents[2] = beta === 1 ? summed : c.b.op('Mul', [summed, scalar(c, beta)]);
    }
    return cotangents;
  },
};

export const matmulRules: RuleTable = { MatMul: matMul, Gemm: gemm, Einsum: einsumRule };
