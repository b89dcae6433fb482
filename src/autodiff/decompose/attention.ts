/** softmax(Q·Kᵀ·scale + mask)·V in elementary ops, and the masks that the fused operators take. */
import type { GraphBuilder } from '../../graph/builder';
import type { DType } from '../../tensor/dtype';

export interface Heads {
  readonly batch: number;
  readonly heads: number;
  /** Query and key positions. */
  readonly queries: number;
  readonly keys: number;
  /** Values of a head's key and value. */
  readonly keySize: number;
  readonly valueSize: number;
}

export interface AttentionParts {
  /** [batch, heads, queries, keySize], [batch, heads, keys, keySize], [batch, heads, keys, valueSize]. */
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly size: Heads;
  readonly dtype: DType;
  readonly scale: number;
  /** Added to the scaled scores; each broadcasts to [batch, heads, queries, keys]. */
  readonly added: readonly string[];
  /** Scores become cap·tanh(score / cap) before anything is added. */
  readonly softcap?: number;
}

/** The result as [batch, heads, queries, valueSize]. */
export function attend(b: GraphBuilder, { q, k, v, dtype, scale, added, softcap }: AttentionParts): string {
  const product = b.op('MatMul', [q, b.transpose(k, [0, 1, 3, 2])]);
  let scores = scale === 1 ? product : b.op('Mul', [product, b.constant(scale, dtype)]);
  if (softcap) scores = b.op('Mul', [b.op('Tanh', [b.op('Div', [scores, b.constant(softcap, dtype)])]), b.constant(softcap, dtype)]);
  for (const mask of added) scores = b.op('Add', [scores, mask]);
  return b.op('MatMul', [b.op('Softmax', [scores], { axis: -1 }), v]);
}

/** [batch, positions, heads·size] → [batch, heads, positions, size]. */
export function toHeads(b: GraphBuilder, x: string, batch: number, positions: number, heads: number, size: number): string {
  return b.transpose(b.reshape(x, [batch, positions, heads, size]), [0, 2, 1, 3]);
}

/** [batch, heads, positions, size] → [batch, positions, heads·size]. */
export function fromHeads(b: GraphBuilder, x: string, batch: number, positions: number, width: number): string {
  return b.reshape(b.transpose(x, [0, 2, 1, 3]), [batch, positions, width]);
}

/** Key and value heads repeated for groups of query heads: [batch, kvHeads, …] → [batch, heads, …]. */
export function repeatHeads(b: GraphBuilder, x: string, dims: readonly number[], heads: number): string {
  const [batch, own, length, size] = dims as [number, number, number, number];
  if (own === heads) return x;
  return b.reshape(b.expand(b.unsqueeze(x, [2]), [batch, own, heads / own, length, size]), [batch, heads, length, size]);
}

/** The least finite number of a type: a score it is added to gets no weight. */
export function lowest(dtype: DType): number {
  return dtype === 'float16' ? -65504 : -3.4028234663852886e38;
}

/** A constant [queries, keys] that hides keys behind a query's own position, and those further back than `window`. */
export function causalMask(b: GraphBuilder, { queries, keys }: Heads, past: number, hidden: number, dtype: DType, window?: number): string {
  const values: number[] = [];
  for (let query = 0; query < queries; query++) {
    for (let key = 0; key < keys; key++) values.push(key > query + past || (window !== undefined && key <= query + past - window) ? hidden : 0);
  }
  return b.constant(values, dtype, [queries, keys]);
}

/**
 * What a padding mask adds to the scores: `hidden` where it says 0. By its dims it holds lengths [batch], or a mark for
 * every key [batch, keys] or every query and key [batch, queries, keys]. Undefined for other forms.
 */
export function paddingMask(b: GraphBuilder, mask: string, dims: readonly number[], { batch, queries, keys }: Heads, hidden: number, dtype: DType): string | undefined {
  const choose = (visible: string, to: readonly number[]): string => b.op('Where', [b.reshape(visible, to), b.constant(0, dtype), b.constant(hidden, dtype)]);
  const is = (...expected: number[]): boolean => dims.length === expected.length && dims.every((dim, axis) => dim === expected[axis]);
  if (is(batch)) {
    const positions = b.constant(Array.from({ length: keys }, (_, key) => key), 'int32', [1, keys]);
    return choose(b.op('Less', [positions, b.reshape(b.cast(mask, 'int32'), [batch, 1])]), [batch, 1, 1, keys]);
  }
  const marked = b.op('Greater', [b.cast(mask, 'int32'), b.constant(0, 'int32')]);
  if (is(batch, keys)) return choose(marked, [batch, 1, 1, keys]);
  if (is(batch, queries, keys)) return choose(marked, [batch, 1, queries, keys]);
  return undefined;
}
