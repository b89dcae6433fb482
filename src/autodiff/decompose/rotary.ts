/** Rotary position embeddings (Su 2021, arXiv 2104.09864), of ai.onnx 23 and com.microsoft. */
import { attrInt } from '../../graph/graph';
import type { GraphBuilder } from '../../graph/builder';
import type { Decomposition } from './decomposition';
import { given } from './decomposition';

export interface Rotation {
  /** [batch or 1, positions, rotated / 2] */
  readonly cos: string;
  readonly sin: string;
  readonly rotated: number;
  readonly interleaved: boolean;
}

/** Rotates the first `rotated` of the last axis of x [batch, heads, positions, size]; the rest stays. */
export function rotate(b: GraphBuilder, x: string, dims: readonly number[], { cos, sin, rotated, interleaved }: Rotation): string {
  const [batch, heads, positions, size] = dims as [number, number, number, number], half = rotated / 2;
  const [turning, still] = rotated < size ? b.split(x, 3, [rotated, size - rotated]) : [x];
  const [c, s] = [b.unsqueeze(cos, [1]), b.unsqueeze(sin, [1])];
  let first: string, second: string;
  if (interleaved) [first, second] = b.split(b.reshape(turning!, [batch, heads, positions, half, 2]), 4, [1, 1]).map((part) => b.reshape(part, [batch, heads, positions, half])) as [string, string];
  else [first, second] = b.split(turning!, 3, [half, half]) as [string, string];
  const real = b.op('Sub', [b.op('Mul', [c, first]), b.op('Mul', [s, second])]), imaginary = b.op('Add', [b.op('Mul', [s, first]), b.op('Mul', [c, second])]);
  const turned = interleaved
    ? b.reshape(b.concat([b.unsqueeze(real, [4]), b.unsqueeze(imaginary, [4])], 4), [batch, heads, positions, rotated])
    : b.concat([real, imaginary], 3);
  return still === undefined ? turned : b.concat([turned, still], 3);
}

/** Rows of a cache [length, half] at positions [batch, n], or at one offset for all [1]. */
export function cacheRows(b: GraphBuilder, cache: string, positions: string, positionDims: readonly number[], count: number): string {
  if (positionDims.length === 2) return b.op('Gather', [cache, positions], { axis: 0 });
  const running = b.op('Add', [b.int64s(Array.from({ length: count }, (_, at) => at)), b.cast(positions, 'int64')]);
  return b.unsqueeze(b.op('Gather', [cache, running], { axis: 0 }), [0]);
}

/** Inputs of the two forms: com.microsoft X, position_ids, cos, sin; ai.onnx X, cos, sin, position_ids. */
const rotaryEmbedding = (order: { readonly positions: number; readonly cos: number; readonly sin: number }): Decomposition => (node, around) => {
  const { b, dims } = around, x = node.inputs[0]!, shape = dims(x), cos = node.inputs[order.cos]!, sin = node.inputs[order.sin]!, cosDims = dims(cos);
  if (!shape || !cosDims) return undefined;
  const heads = attrInt(node, 'num_heads', 0), rotated = attrInt(node, 'rotary_embedding_dim', 0);
  const [batch, positions] = [shape[0]!, shape.length === 4 ? shape[2]! : shape[1]!];
  // Without a number of heads, the caches tell the size of one.
  const own = shape.length === 4 ? shape[1]! : heads > 0 ? heads : shape[2]! / (2 * cosDims.at(-1)!);
  const size = shape.length === 4 ? shape[3]! : shape[2]! / own;
  if (!Number.isInteger(own) || !Number.isInteger(size)) return undefined;
  const table = (cache: string): string | undefined => {
    const ids = given(node, order.positions), idDims = ids === undefined ? undefined : dims(ids);
    if (ids === undefined) return cosDims.length === 3 ? cache : undefined;
    return idDims && cacheRows(b, cache, ids, idDims, positions);
  };
  const [c, s] = [table(cos), table(sin)];
  if (c === undefined || s === undefined) return undefined;
  const apart = [batch, own, positions, size];
  const split = shape.length === 4 ? x : b.transpose(b.reshape(x, [batch, positions, own, size]), [0, 2, 1, 3]);
  const turned = rotate(b, split, apart, { cos: c, sin: s, rotated: rotated || size, interleaved: attrInt(node, 'interleaved', 0) === 1 });
  return [shape.length === 4 ? turned : b.reshape(b.transpose(turned, [0, 2, 1, 3]), shape)];
};

export const rotaryDecompositions = {
  RotaryEmbedding: rotaryEmbedding({ cos: 1, sin: 2, positions: 3 }),
  'com.microsoft:RotaryEmbedding': rotaryEmbedding({ positions: 1, cos: 2, sin: 3 }),
} satisfies Record<string, Decomposition>;

