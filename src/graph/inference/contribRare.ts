/**
 * com.microsoft ops that few files hold (docs/ContribOperators.md): packed and generated sequences, relative
 * positions, embeddings, old experiments. `contrib.ts` has the common ones.
 */
import type { Dim, Dims } from '../graph';
import type { InferRule, InferTable } from './context';
import { sameRule, tensor, unknownDims } from './context';
import { causalConvWithState, linearAttention } from './attention';
import { add, axisOf, broadcast, divideExact, multiply } from './dims';
import { likeInput } from './elementwise';
import { indexingRules } from './indexing';
import { matmulDims } from './matmul';
import { recurrentRules } from './recurrent';
import { reducedDims } from './reduction';

/** weight [V, E], indices [...] → [..., E] */
const torchEmbedding: InferRule = (c) => {
  const indices = c.dims(1);
  return [tensor(c.dtype(0), indices && [...indices, c.dims(0)?.[1] ?? null])];
};

/** Windows of `size` along one axis, as a new last axis. */
const unfold: InferRule = (c) => {
  const x = c.dims(0), size = c.int('size', 1), step = c.int('step', 1);
  if (x === undefined) return [tensor(c.dtype(0))];
  const axis = axisOf(c.int('dim', -1), x.length);
  const windows = (dim: Dim): Dim => typeof dim === 'number' && step > 0 ? Math.floor((dim - size) / step) + 1 : null;
  return [tensor(c.dtype(0), [...x.map((dim, at) => at === axis ? windows(dim) : dim), size])];
};

/** X [N, C, H, W], rois [R, 4], crop_size (h, w) → [R, C, h, w] */
const cropAndResize: InferRule = (c) => {
  const size = c.data(3)?.items;
  return [tensor(c.dtype(0), [c.dims(1)?.[0] ?? null, c.dims(0)?.[1] ?? null, size?.[0] ?? null, size?.[1] ?? null])];
};

/** query [sequence, batch, hidden] → the same; caches [batch, heads, length, size]. */
const decoderAttention: InferRule = (c) => {
  const q = c.dims(0), heads = c.int('num_heads', 1), size = divideExact(q?.[2] ?? null, heads);
  const cache = tensor(c.dtype(0), [q?.[1] ?? null, heads, null, size]);
  return [tensor(c.dtype(0), q), cache, cache];
};

/** query [batch, sequence, hidden] (packed: (heads + 2·kvHeads)·size); the caches keep their dims. */
const sparseAttention: InferRule = (c) => {
  const q = c.dims(0), heads = c.int('num_heads', 1), kvHeads = c.int('kv_num_heads', 1);
  const hidden: Dim = q === undefined ? null : c.has(1) ? q[2]! : multiply(divideExact(q[2]!, heads + 2 * kvHeads), heads);
  return [tensor(c.dtype(0), q && [q[0]!, q[1]!, hidden]), tensor(c.dtype(3), c.dims(3)), tensor(c.dtype(4), c.dims(4))];
};

/** Rows of tokens without padding: [tokens, in] × [in, 3·hidden] → [tokens, vHidden] */
const packedAttention: InferRule = (c) => {
  const hidden: Dim = c.ints('qkv_hidden_sizes')?.[2] ?? divideExact(c.dims(2)?.[0] ?? null, 3);
  return [tensor(c.dtype(0), [c.dims(0)?.[0] ?? null, hidden])];
};

/** query [tokens, hidden] or [tokens, heads, 3, size] → [tokens, vHidden] */
const packedMultiHeadAttention: InferRule = (c) => {
  const q = c.dims(0), v = c.dims(2);
  return [tensor(c.dtype(0), q && [q[0]!, q.length === 4 ? multiply(q[1]!, q[3]!) : v?.[1] ?? q[1]!])];
};

/** [batch, sequence, hidden] → tokens [n, hidden], their places, cumulated lengths [batch + 1], the longest. */
const removePadding: InferRule = (c) => {
  const [batch = null, sequence = null, hidden = null] = c.dims(0) ?? [];
  return [tensor(c.dtype(0), [null, hidden]), tensor('int32', [batch, sequence]), tensor('int32', [add(batch, 1)]), tensor('int32', [1])];
};

const restorePadding: InferRule = (c) => {
  const places = c.dims(1);
  return [tensor(c.dtype(0), [places?.[0] ?? null, places?.[1] ?? null, c.dims(0)?.[1] ?? null])];
};

/** Table [buckets, heads] and two lengths → [1, heads, queries, keys] */
const relativePositionBias: InferRule = (c) =>
  [tensor(c.dtype(0), [1, c.dims(0)?.[1] ?? null, c.data(1)?.items[0] ?? null, c.data(2)?.items[0] ?? null])];

/** query [batch, sequence, heads·size] → [batch, heads, sequence, sequence] */
const gatedRelativePositionBias: InferRule = (c) => {
  const q = c.dims(0), sequence = q?.length === 3 ? q[1]! : null;
  return [tensor(c.dtype(0), [q?.length === 3 ? q[0]! : null, c.int('num_heads', 1), sequence, sequence])];
};

/** Token ids that a search wrote: how many and how long is decided while it runs. */
function generated(rank: number): InferRule {
  return (c) => [tensor('int32', [c.dims(0)?.[0] ?? null, ...unknownDims(rank - 1)])];
}

export const rareContribRules: InferTable = {
  ...sameRule(likeInput, 'SampleOp', 'MRotaryEmbedding', 'QOrderedGelu', 'QOrderedLayerNormalization', 'QOrderedLongformerAttention'),
  ...sameRule((c) => [tensor(c.dtype(0), c.dims(0)), tensor('uint32', [null])], 'BitmaskDropout', 'BitmaskBiasDropout'),
  TorchEmbedding: torchEmbedding,
  UnfoldTensor: unfold,
  CropAndResize: cropAndResize,
  MurmurHash3: (c) => [tensor(c.int('positive', 1) === 1 ? 'uint32' : 'int32', c.dims(0))],
  IsAllFinite: () => [tensor('bool', [])],
  Range: indexingRules.Range!,
  ReduceSumInteger: (c) => [tensor(c.dtype(0).startsWith('u') ? 'uint32' : 'int32', reducedDims(c))],
  MulInteger: (c) => [tensor('int32', broadcast(c.dims(0), c.dims(2)))],
  SparseToDenseMatMul: (c) => [tensor(c.dtype(1), matmulDims(c.dims(0), c.dims(1)))],
  QOrderedMatMul: (c) => [tensor('int8', matmulDims(c.dims(0), c.dims(2)))],
  QuantizeWithOrder: (c) => [tensor('int8', c.dims(0))],
  DequantizeWithOrder: (c) => [tensor(c.dtype(1), c.dims(0))],
  ConvTransposeWithDynamicPads: (c) => {
    const x = c.dims(0);
    const channels = multiply(c.dims(1)?.[1] ?? null, c.int('group', 1));
    return [tensor(c.dtype(0), x && [x[0]!, channels, ...unknownDims(x.length - 2)])];
  },
  NGramRepeatBlock: (c) => [tensor(c.dtype(1), c.dims(1))],
  DecoderAttention: decoderAttention,
  SparseAttention: sparseAttention,
  PackedAttention: packedAttention,
  PackedMultiHeadAttention: packedMultiHeadAttention,
  RemovePadding: removePadding, RestorePadding: restorePadding,
  RelativePositionBias: relativePositionBias, GatedRelativePositionBias: gatedRelativePositionBias,
  QEmbedLayerNormalization: (c) => {
    const ids = c.dims(0);
    const embedded: Dims | undefined = ids && [...ids, c.dims(2)?.[1] ?? null];
    return [tensor('float32', embedded), tensor('int32', [ids?.[0] ?? null])];
  },
  ...sameRule(generated(2), 'GreedySearch', 'Sampling'),
  ...sameRule(generated(3), 'BeamSearch', 'WhisperBeamSearch'),
  Tokenizer: (c) => [tensor('string', c.dims(0) && [...c.dims(0)!, null])],
  AttnLSTM: recurrentRules.LSTM!,
  CausalConvWithState: causalConvWithState,
  LinearAttention: linearAttention,
};
