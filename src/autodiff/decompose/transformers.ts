/** The fused attention operators: com.microsoft's Attention, MultiHeadAttention and GroupQueryAttention, and ai.onnx 23. */
import type { Node } from '../../graph/graph';
import { attrFloat, attrInt, attrInts } from '../../graph/graph';
import { attend, causalMask, fromHeads, lowest, paddingMask, repeatHeads, toHeads, type Heads } from './attention';
import type { Around, Decomposition, DecompositionTable } from './decomposition';
import { given, isRead } from './decomposition';
import { cacheRows, rotate } from './rotary';

/** What is added to the scores, or undefined where a mask is of a form that is not written out. */
function masks(node: Node, { b, dims, dtype }: Around, like: string, size: Heads, padding: string | undefined, bias: string | undefined, causal: { past: number } | undefined): string[] | undefined {
  const hidden = attrFloat(node, 'mask_filter_value', -10000), added: string[] = [];
  if (padding !== undefined) {
    const shape = dims(padding), mask = shape && paddingMask(b, padding, shape, size, hidden, dtype(like));
    if (mask === undefined) return undefined;
    added.push(mask);
  }
  if (bias !== undefined) added.push(bias);
  if (causal) added.push(causalMask(b, size, causal.past, hidden, dtype(like)));
  return added;
}

/** input [B, S, in]·weights + bias → Q, K, V. Inputs: input, weights, bias, mask, past [2, B, heads, P, size], attention bias. */
const attention: Decomposition = (node, around) => {
  const { b, dims, dtype } = around;
  const [x, weights, bias] = node.inputs as [string, string, string | undefined];
  const shape = dims(x), width = dims(weights)?.[1], past = given(node, 4), pastDims = past === undefined ? undefined : dims(past);
  if (shape?.length !== 3 || width === undefined || (past !== undefined && !pastDims) || given(node, 6) !== undefined || attrInt(node, 'do_rotary', 0) !== 0) return undefined;
  const [batch, queries] = shape as [number, number, number], heads = attrInt(node, 'num_heads', 1);
  const sizes = attrInts(node, 'qkv_hidden_sizes', [width / 3, width / 3, width / 3]) as readonly [number, number, number];
  const [keySize, valueSize] = [sizes[0] / heads, sizes[2] / heads], before = pastDims?.[3] ?? 0;
  const product = b.op('MatMul', [x, weights]), projected = bias ? b.op('Add', [product, bias]) : product;
  const [q, ownKeys, ownValues] = b.split(projected, 2, [...sizes]).map((part, index) => toHeads(b, part, batch, queries, heads, index === 2 ? valueSize : keySize)) as [string, string, string];
  let [k, v] = [ownKeys, ownValues];
  if (past !== undefined && before > 0) {
    const [pastKeys, pastValues] = b.split(past, 0, [1, 1]).map((part) => b.squeeze(part, [0])) as [string, string];
    [k, v] = [b.concat([pastKeys, k], 2), b.concat([pastValues, v], 2)];
  }
  const size: Heads = { batch, heads, queries, keys: queries + before, keySize, valueSize };
  const added = masks(node, around, x, size, given(node, 3), given(node, 5), attrInt(node, 'unidirectional', 0) === 1 ? { past: before } : undefined);
  if (!added) return undefined;
  const y = attend(b, { q, k, v, size, dtype: dtype(x), scale: attrFloat(node, 'scale', 1 / Math.sqrt(keySize)), added });
  const present = isRead(node, 1) ? b.concat([b.unsqueeze(k, [0]), b.unsqueeze(v, [0])], 0) : '';
  return [fromHeads(b, y, batch, queries, sizes[2]), present];
};

/** Keys or values as heads, from [B, T, heads·size] or [B, heads, T, size]. */
function asHeads({ b }: Around, x: string, shape: readonly number[], heads: number): { value: string; positions: number; size: number } {
  if (shape.length === 4) return { value: x, positions: shape[2]!, size: shape[3]! };
  const size = shape[2]! / heads;
  return { value: toHeads(b, x, shape[0]!, shape[1]!, heads, size), positions: shape[1]!, size };
}

/** Inputs: query, key, value, bias, padding mask, attention bias, past key, past value. Packed QKV and KV are taken apart. */
const multiHeadAttention: Decomposition = (node, around) => {
  const { b, dims, dtype } = around, heads = attrInt(node, 'num_heads', 1);
  const bias = given(node, 3), shape = dims(node.inputs[0]!);
  if (!shape || given(node, 8) !== undefined) return undefined;
  const [batch, queries] = shape as [number, number];
  const pieces = (x: string, at: readonly number[]): string[] => b.split(x, 3, at.map(() => 1)).map((part) => b.squeeze(part, [3]));
  let query: string, key: string, value: string, keyDims: readonly number[] | undefined, valueDims: readonly number[] | undefined;
  if (shape.length === 5) {
    // [B, S, heads, 3, size]
    [query, key, value] = pieces(node.inputs[0]!, [0, 1, 2]).map((part) => b.reshape(part, [batch, queries, heads * shape[4]!])) as [string, string, string];
    keyDims = valueDims = [batch, queries, heads * shape[4]!];
  } else {
    query = node.inputs[0]!;
    const source = given(node, 1), sourceDims = source === undefined ? undefined : dims(source);
    if (source === undefined || !sourceDims) return undefined;
    if (sourceDims.length === 5) {
      [key, value] = pieces(source, [0, 1]).map((part) => b.reshape(part, [batch, sourceDims[1]!, heads * sourceDims[4]!])) as [string, string];
      keyDims = valueDims = [batch, sourceDims[1]!, heads * sourceDims[4]!];
    } else {
      [key, value] = [source, given(node, 2) ?? ''];
      [keyDims, valueDims] = [sourceDims, value === '' ? undefined : dims(value)];
    }
  }
  if (!keyDims || !valueDims) return undefined;
  const queryWidth = shape.length === 5 ? keyDims[2]! : shape[2]!;
  if (bias !== undefined) {
    // One row of biases for Q, K and V; keys and values that come as heads have theirs already.
    const widths = [queryWidth, keyDims.length === 3 ? keyDims[2]! : 0, valueDims.length === 3 ? valueDims[2]! : 0];
    if (widths.includes(0)) return undefined;
    const [bq, bk, bv] = b.split(bias, 0, widths) as [string, string, string];
    [query, key, value] = [b.op('Add', [query, bq]), b.op('Add', [key, bk]), b.op('Add', [value, bv])];
  }
  const keySize = queryWidth / heads;
  let [k, v] = [asHeads(around, key, keyDims, heads), asHeads(around, value, valueDims, heads)];
  const pastKey = given(node, 6), pastValue = given(node, 7), before = pastKey === undefined ? 0 : dims(pastKey)?.[2];
  if (before === undefined) return undefined;
  if (pastKey !== undefined && pastValue !== undefined && before > 0) {
    k = { ...k, value: b.concat([pastKey, k.value], 2), positions: k.positions + before };
    v = { ...v, value: b.concat([pastValue, v.value], 2), positions: v.positions + before };
  }
  const size: Heads = { batch, heads, queries, keys: k.positions, keySize, valueSize: v.size };
  const added = masks(node, around, query === node.inputs[0] ? query : node.inputs[0]!, size, given(node, 4), given(node, 5), attrInt(node, 'unidirectional', 0) === 1 ? { past: before } : undefined);
  if (!added) return undefined;
  const scale = attrFloat(node, 'scale', 0) || 1 / Math.sqrt(keySize);
  const y = attend(b, { q: toHeads(b, query, batch, queries, heads, keySize), k: k.value, v: v.value, size, dtype: dtype(node.inputs[0]!), scale, added });
  return [fromHeads(b, y, batch, queries, heads * v.size), isRead(node, 1) ? k.value : '', isRead(node, 2) ? v.value : ''];
};

/**
 * Inputs: query (or Q, K and V packed), key, value, past key, past value, sequence lengths − 1, total length, cos, sin.
 * Always causal. Written out where nothing lies in the cache yet (as in a whole sequence explained at once).
 */
const groupQueryAttention: Decomposition = (node, around) => {
  const { b, dims, dtype } = around, heads = attrInt(node, 'num_heads', 1), kvHeads = attrInt(node, 'kv_num_heads', heads);
  const shape = dims(node.inputs[0]!), pastKey = given(node, 3), before = pastKey === undefined ? 0 : dims(pastKey)?.[2];
  const further = [9, 10, 11].some((index) => given(node, index) !== undefined);
  if (shape?.length !== 3 || before !== 0 || further || attrInt(node, 'smooth_softmax', 0) > 0) return undefined;
  const [batch, queries] = shape as [number, number, number], packed = given(node, 1) === undefined;
  const keySize = shape[2]! / (packed ? heads + 2 * kvHeads : heads);
  const [query, key, value] = packed ? b.split(node.inputs[0]!, 2, [heads, kvHeads, kvHeads].map((count) => count * keySize)) as [string, string, string] : node.inputs as unknown as [string, string, string];
  let q = toHeads(b, query, batch, queries, heads, keySize), k = toHeads(b, key, batch, queries, kvHeads, keySize);
  const v = toHeads(b, value, batch, queries, kvHeads, keySize);
  if (attrInt(node, 'do_rotary', 0) === 1) {
    const cos = given(node, 7), sin = given(node, 8), half = cos === undefined ? undefined : dims(cos)?.[1];
    if (cos === undefined || sin === undefined || half === undefined) return undefined;
    const start = b.int64s([0]);
    const rotation = { cos: cacheRows(b, cos, start, [1], queries), sin: cacheRows(b, sin, start, [1], queries), rotated: 2 * half, interleaved: attrInt(node, 'rotary_interleaved', 0) === 1 };
    q = rotate(b, q, [batch, heads, queries, keySize], rotation);
    k = rotate(b, k, [batch, kvHeads, queries, keySize], rotation);
  }
  const size: Heads = { batch, heads, queries, keys: queries, keySize, valueSize: keySize }, type = dtype(node.inputs[0]!);
  const window = attrInt(node, 'local_window_size', -1);
  const own = [batch, kvHeads, queries, keySize];
  const y = attend(b, {
    q, k: repeatHeads(b, k, own, heads), v: repeatHeads(b, v, own, heads), size, dtype: type, scale: attrFloat(node, 'scale', 0) || 1 / Math.sqrt(keySize),
    softcap: attrFloat(node, 'softcap', 0), added: [causalMask(b, size, 0, lowest(type), type, window > 0 ? window : undefined)],
  });
  return [fromHeads(b, y, batch, queries, heads * keySize), isRead(node, 1) ? k : '', isRead(node, 2) ? v : ''];
};

/** ai.onnx Attention (23, 24): Q, K, V of rank 3 or 4, mask (bool or added), past key, past value. */
const standardAttention: Decomposition = (node, around) => {
  const { b, dims, dtype } = around, [query, key, value] = node.inputs as [string, string, string];
  const shapes = [query, key, value].map((name) => dims(name));
  if (shapes.some((shape) => shape === undefined) || given(node, 6) !== undefined || isRead(node, 3)) return undefined;
  const [qs, ks, vs] = shapes as [readonly number[], readonly number[], readonly number[]];
  const heads = qs.length === 4 ? qs[1]! : attrInt(node, 'q_num_heads', 1), kvHeads = ks.length === 4 ? ks[1]! : attrInt(node, 'kv_num_heads', heads);
  const q = asHeads(around, query, qs, heads);
  let [k, v] = [asHeads(around, key, ks, kvHeads), asHeads(around, value, vs, kvHeads)];
  const pastKey = given(node, 4), pastValue = given(node, 5), before = pastKey === undefined ? 0 : dims(pastKey)?.[2];
  if (before === undefined) return undefined;
  if (pastKey !== undefined && pastValue !== undefined && before > 0) {
    k = { ...k, value: b.concat([pastKey, k.value], 2), positions: k.positions + before };
    v = { ...v, value: b.concat([pastValue, v.value], 2), positions: v.positions + before };
  }
  const batch = qs[0]!, size: Heads = { batch, heads, queries: q.positions, keys: k.positions, keySize: q.size, valueSize: v.size }, type = dtype(query);
  const added: string[] = [];
  const mask = given(node, 3);
  if (mask !== undefined) added.push(dtype(mask) === 'bool' ? b.op('Where', [mask, b.constant(0, type), b.constant(lowest(type), type)]) : mask);
  if (attrInt(node, 'is_causal', 0) === 1) added.push(causalMask(b, size, before, lowest(type), type));
  const y = attend(b, {
    q: q.value, k: repeatHeads(b, k.value, [batch, kvHeads, k.positions, k.size], heads), v: repeatHeads(b, v.value, [batch, kvHeads, v.positions, v.size], heads),
    size, dtype: type, scale: attrFloat(node, 'scale', 0) || 1 / Math.sqrt(q.size), softcap: attrFloat(node, 'softcap', 0), added,
  });
  return [qs.length === 4 ? y : fromHeads(b, y, batch, q.positions, heads * v.size), isRead(node, 1) ? k.value : '', isRead(node, 2) ? v.value : ''];
};

export const transformerDecompositions: DecompositionTable = {
  Attention: standardAttention,
  'com.microsoft:Attention': attention,
  'com.microsoft:MultiHeadAttention': multiHeadAttention,
  'com.microsoft:GroupQueryAttention': groupQueryAttention,
};
