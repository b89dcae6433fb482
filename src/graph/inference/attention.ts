/** Attention of ai.onnx (opset 23), its linear kin (27), and rotary embeddings. */
import type { Dim } from '../graph';
import type { InferRule, InferTable } from './context';
import { tensor } from './context';
import { add, divideExact, multiply } from './dims';

/**
 * Q [batch, heads, seq, size] or [batch, seq, heads·size]; outputs Y like Q with V's size, present key and value
 * [batch, kvHeads, past + seq, size], and the score matrix [batch, heads, seq, total].
 */
const attention: InferRule = (c) => {
  const q = c.dims(0), k = c.dims(1), v = c.dims(2), dtype = c.dtype(0);
  if (q === undefined || k === undefined || v === undefined) return [tensor(dtype)];
  const flat = q.length === 3;
  const heads: Dim = flat ? c.int('q_num_heads', 1) : q[1]!;
  const kvHeads: Dim = flat ? c.int('kv_num_heads', 1) : k[1]!;
  const sequence = flat ? q[1]! : q[2]!, keySequence = flat ? k[1]! : k[2]!;
  const keySize = flat ? divideExact(k[2]!, kvHeads) : k[3]!, valueSize = flat ? divideExact(v[2]!, kvHeads) : v[3]!;
  const past: Dim = c.has(4) ? c.dims(4)?.[2] ?? null : 0;
  const total = add(past, keySequence);
  return [
    tensor(dtype, flat ? [q[0]!, sequence, multiply(heads, valueSize)] : [q[0]!, heads, sequence, valueSize]),
    tensor(c.dtype(1), [k[0]!, kvHeads, total, keySize]),
    tensor(c.dtype(2), [v[0]!, kvHeads, total, valueSize]),
    tensor(dtype, [q[0]!, heads, sequence, total]),
  ];
};

/** Packed query [batch, length, heads·keySize], value [batch, length, kvHeads·size] → [batch, length, heads·size] and the state. */
export const linearAttention: InferRule = (c) => {
  const q = c.dims(0), k = c.dims(1), v = c.dims(2), heads = c.int('q_num_heads', 1), kvHeads = c.int('kv_num_heads', 1);
  const size = divideExact(v?.[2] ?? null, kvHeads), keySize = divideExact(k?.[2] ?? null, kvHeads);
  const state = c.dtype(3) === 'undefined' ? c.dtype(0) : c.dtype(3);
  return [
    tensor(c.dtype(0), q && [q[0]!, q[1]!, multiply(heads, size)]),
    tensor(state, [q?.[0] ?? null, kvHeads, keySize, size]),
  ];
};

/** X [batch, channels, length], W [channels, 1, k] → like X, and the last k - 1 steps [batch, channels, k - 1]. */
export const causalConvWithState: InferRule = (c) => {
  const x = c.dims(0), k = c.dims(1)?.[2];
  return [tensor(c.dtype(0), x), tensor(c.dtype(0), [x?.[0] ?? null, x?.[1] ?? null, typeof k === 'number' ? k - 1 : null])];
};

/** ai.onnx.preview: attention whose scores a subgraph changes. Q, K, V [batch, heads, length, size]. */
export const previewRules: InferTable = {
  FlexAttention: (c) => {
    const q = c.dims(0);
    return [tensor(c.dtype(0), q && [...q.slice(0, 3), c.dims(2)?.[3] ?? null])];
  },
};

export const attentionRules: InferTable = {
  Attention: attention,
  LinearAttention: linearAttention, CausalConvWithState: causalConvWithState,
  RotaryEmbedding: (c) => [tensor(c.dtype(0), c.dims(0))],
};
