/** Attention of ai.onnx (opset 23) and rotary embeddings. */
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

export const attentionRules: InferTable = {
  Attention: attention,
  RotaryEmbedding: (c) => [tensor(c.dtype(0), c.dims(0))],
};
