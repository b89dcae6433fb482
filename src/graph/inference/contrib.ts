/** com.microsoft: ONNX Runtime's contrib ops (docs/ContribOperators.md): fused layers, quantised ops, transformers. */
import type { DType } from '../../tensor/dtype';
import type { Dim, Dims } from '../graph';
import type { InferRule, InferTable, OpContext } from './context';
import { sameRule, tensor, unknownDims } from './context';
import { convolutionDims, readWindows, windowCount } from './convolution';
import { add, axisOf, broadcast, divideExact, multiply } from './dims';
import { likeInput } from './elementwise';
import { gemmDims, matmulDims } from './matmul';
import { normalizedStatistics } from './normalization';
import { globallyPooled, pooledDims } from './pooling';
import { quantizationRules } from './quantization';
import { resizeRules } from './resize';

/** transA/transB, transBatchA/B (FusedMatMul): the batch axes move between the two matrix axes. */
function transposed(dims: Dims | undefined, matrix: boolean, batch: boolean): Dims | undefined {
  if (dims === undefined || dims.length < 2) return dims;
  const moved = batch ? [...dims.slice(1, -1), dims[0]!, dims[dims.length - 1]!] : [...dims];
  if (matrix) moved.push(...moved.splice(-2, 2).reverse());
  return moved;
}

const fusedMatMul: InferRule = (c) => [tensor(c.dtype(0), matmulDims(
  transposed(c.dims(0), c.int('transA', 0) === 1, c.int('transBatchA', 0) === 1),
  transposed(c.dims(1), c.int('transB', 0) === 1, c.int('transBatchB', 0) === 1)))];

/** X [..., K] times a packed matrix of N columns. */
const matMulNBits: InferRule = (c) => {
  const x = c.dims(0);
  return [tensor(c.dtype(0), x && [...x.slice(0, -1), c.optionalInt('N') ?? null])];
};

/** Y, mean, inverse deviation, and the sum of input and skip (which rotates through optional outputs). */
const skipLayerNorm: InferRule = (c) => {
  const x = c.dims(0), dtype = c.dtype(0);
  const statistic = tensor('float32', x && normalizedStatistics(x, -1));
  return [tensor(dtype, x), statistic, statistic, tensor(dtype, x)];
};

/** input_ids [batch, seq] + embeddings [·, hidden] → [batch, seq, hidden], mask index [batch], sum. */
const embedLayerNorm: InferRule = (c) => {
  const ids = c.dims(0), hidden = c.dims(2)?.[1] ?? null, dtype = c.dtype(2);
  const dims = ids && [...ids, hidden];
  return [tensor(dtype, dims), tensor('int32', [ids?.[0] ?? null]), tensor(dtype, dims)];
};

/** input [batch, seq, in], weights [in, 3·hidden] → [batch, seq, vHidden], present [2, batch, heads, total, size]. */
const attention: InferRule = (c) => {
  const x = c.dims(0), heads = c.int('num_heads', 1), sizes = c.ints('qkv_hidden_sizes');
  const bias = c.dims(2)?.[0] ?? c.dims(1)?.[1] ?? null;
  const hidden: Dim = sizes?.[2] ?? divideExact(bias, 3);
  const past = c.dims(4);
  const total = add(c.has(4) ? past?.[3] ?? null : 0, x?.[1] ?? null);
  return [tensor(c.dtype(0), x && [x[0]!, x[1]!, hidden]), tensor(c.dtype(0), [2, x?.[0] ?? null, heads, total, divideExact(hidden, heads)])];
};

/** query [batch, seq, hidden] (or packed [batch, seq, heads, 3, size]) → [batch, seq, vHidden], present key and value. */
const multiHeadAttention: InferRule = (c) => {
  const q = c.dims(0), k = c.dims(1), v = c.dims(2), heads = c.int('num_heads', 1);
  if (q === undefined) return [tensor(c.dtype(0))];
  const packed = q.length === 5;
  const hidden: Dim = packed ? multiply(q[2]!, q[4]!) : v === undefined ? q[2]! : v.length === 4 ? multiply(v[1]!, v[3]!) : v[2]!;
  const keySequence: Dim = packed || k === undefined ? q[1]! : k.length === 4 ? k[2]! : k[1]!;
  const total = add(c.has(6) ? c.dims(6)?.[2] ?? null : 0, keySequence);
  const keySize = packed ? q[4]! : divideExact(q[2]!, heads);
  return [
    tensor(c.dtype(0), [q[0]!, q[1]!, hidden]),
    tensor(c.dtype(0), [q[0]!, heads, total, keySize]),
    tensor(c.dtype(0), [q[0]!, heads, total, divideExact(hidden, heads)]),
  ];
};

/** query [batch, seq, heads·size] (packed: (heads + 2·kvHeads)·size); caches [batch, kvHeads, length, size]. */
const groupQueryAttention: InferRule = (c) => {
  const q = c.dims(0), heads = c.int('num_heads', 1), kvHeads = c.int('kv_num_heads', 1);
  if (q === undefined) return [tensor(c.dtype(0))];
  const hidden: Dim = c.has(1) ? q[2]! : multiply(divideExact(q[2]!, heads + 2 * kvHeads), heads);
  const size = divideExact(hidden, heads);
  const present = (past: number): Dims => [q[0]!, kvHeads, null, c.dims(past)?.[3] ?? size];
  return [tensor(c.dtype(0), [q[0]!, q[1]!, hidden]), tensor(c.dtype(3) === 'undefined' ? c.dtype(0) : c.dtype(3), present(3)), tensor(c.dtype(4) === 'undefined' ? c.dtype(0) : c.dtype(4), present(4))];
};

/** A, scale, zero point, B, scale, zero point, … */
const quantizedBinary: InferRule = (c) => [tensor(c.dtype(0), broadcast(c.dims(0), c.dims(3)))];

/** inputs after Y scale and zero point come in triples (tensor, scale, zero point). */
const quantizedConcat: InferRule = (c) => {
  const parts: (Dims | undefined)[] = [];
  for (let index = 2; index < c.node.inputs.length; index += 3) parts.push(c.dims(index));
  const first = parts[0];
  if (first === undefined) return [tensor(c.dtype(2))];
  const axis = axisOf(c.int('axis', 0), first.length);
  return [tensor(c.dtype(2), first.map((dim, at) => at === axis ? parts.reduce<Dim>((sum, part) => part === undefined ? null : add(sum, part[at]!), 0) : dim))];
};

/** [N, ..., C] ↔ [N, C, ...]. */
const toFirst = (dims: Dims | undefined): Dims | undefined => dims && [dims[0]!, dims[dims.length - 1]!, ...dims.slice(1, -1)];
const toLast = (dims: Dims | undefined): Dims | undefined => dims && [dims[0]!, ...dims.slice(2), dims[1]!];

const quantizedAveragePool: InferRule = (c) => {
  if (c.int('channels_last', 0) === 0) return [tensor(c.dtype(0), pooledDims(c))];
  return nhwcPool(c);
};

const nhwcPool: InferRule = (c) => {
  const x = toFirst(c.dims(0)), kernel = c.ints('kernel_shape');
  if (x === undefined || kernel === undefined) return [tensor(c.dtype(0), x && unknownDims(x.length))];
  const windows = readWindows(c, kernel);
  return [tensor(c.dtype(0), toLast([x[0]!, x[1]!, ...x.slice(2).map((size, axis) => windowCount(size, windows, axis))]))];
};

const quantizedGlobalPool: InferRule = (c) => {
  const x = c.dims(0);
  const dims = c.int('channels_last', 0) === 1 ? x?.map((dim, axis) => axis === 0 || axis === x.length - 1 ? dim : 1) : globallyPooled(x);
  return [tensor(c.dtype(0), dims)];
};

/** NHWC convolution: X [N, ..., C], W [M, C/g, ...k] → [N, ..., M]. */
function nhwcConv(wIndex: number, dtype: (c: OpContext) => DType): InferRule {
  return (c) => {
    const x = toFirst(c.dims(0)), w = c.dims(wIndex);
    if (x === undefined) return [tensor(dtype(c))];
    const windows = readWindows(c, c.ints('kernel_shape') ?? w?.slice(2) ?? unknownDims(x.length - 2));
    return [tensor(dtype(c), toLast([x[0]!, w?.[0] ?? null, ...x.slice(2).map((size, axis) => windowCount(size, windows, axis))]))];
  };
}

const channelsLastConv: InferRule = (c) => c.int('channels_last', 0) === 1 ? nhwcConv(3, (d) => d.dtype(0))(c) : [tensor(c.dtype(7) === 'undefined' ? c.dtype(0) : c.dtype(7), convolutionDims(c, 0, 3))];

const firstOfTwo: InferRule = (c) => [tensor(c.dtype(0), broadcast(c.dims(0), c.dims(1)))];

/** Dequantised rows of a packed table: indices [...] → [..., width]. */
const gatherBlocks: InferRule = (c) => {
  const x = c.dims(0), indices = c.dims(1);
  if (x === undefined || indices === undefined) return [tensor(c.dtype(2))];
  const axis = axisOf(c.int('gather_axis', 0), x.length);
  const packed = x.map((dim, at) => at === x.length - 1 && (c.dtype(0) === 'uint8') ? multiply(dim, c.int('bits', 4) === 4 ? 2 : 1) : dim);
  return [tensor(c.dtype(2), [...packed.slice(0, axis), ...indices, ...packed.slice(axis + 1)])];
};

export const contribRules: InferTable = {
  ...sameRule(likeInput, 'Gelu', 'FastGelu', 'QuickGelu', 'Inverse', 'Trilu', 'LayerNormalization', 'SimplifiedLayerNormalization', 'RotaryEmbedding',
    'GroupNorm', 'GemmaRotaryEmbedding', 'LongformerAttention', 'DecoderMaskedSelfAttention', 'QLinearSigmoid', 'QLinearLeakyRelu', 'QLinearSoftmax',
    'BiasSoftmax', 'BiasDropout', 'MoE', 'QMoE', 'SkipGroupNorm'),
  QLinearReduceMean: (c) => [tensor(c.dtype(0))],
  QLinearWhere: (c) => [tensor(c.dtype(1), broadcast(c.dims(0), c.dims(1), c.dims(4)))],
  BiasSplitGelu: (c) => [tensor(c.dtype(0), c.dims(0)?.map((dim, at, all) => at === all.length - 1 ? divideExact(dim, 2) : dim))],
  ...sameRule(firstOfTwo, 'BiasGelu', 'BiasAdd', 'NhwcAdd'),
  FusedConv: (c) => [tensor(c.dtype(0), convolutionDims(c, 0, 1))],
  NhwcFusedConv: nhwcConv(1, (c) => c.dtype(0)),
  NhwcConv: nhwcConv(1, (c) => c.dtype(0)),
  NhwcMaxPool: nhwcPool,
  QLinearConv: channelsLastConv,
  FusedMatMul: fusedMatMul, TransposeMatMul: fusedMatMul, FusedMatMulActivation: fusedMatMul,
  FusedGemm: (c) => [tensor(c.dtype(0), gemmDims(c, 0, 1))],
  GemmFastGelu: (c) => [tensor(c.dtype(0), matmulDims(c.dims(0), c.dims(1)))],
  GemmFloat8: (c) => [tensor(c.dtype(0), gemmDims(c, 0, 1))],
  MatMulNBits: matMulNBits, MatMulBnb4: matMulNBits, MatMulFpQ4: (c) => [tensor(c.dtype(0), c.dims(0) && [...c.dims(0)!.slice(0, -1), c.data(2)?.items[1] ?? null])],
  MatMulInteger16: (c) => [tensor('int32', matmulDims(c.dims(0), c.dims(1)))],
  MatMulIntegerToFloat: (c) => [tensor(c.dtype(2), matmulDims(c.dims(0), c.dims(1)))],
  DynamicQuantizeMatMul: (c) => [tensor('float32', matmulDims(c.dims(0), c.dims(1)))],
  QGemm: (c) => [tensor(c.has(8) ? c.dtype(8) : 'float32', gemmDims(c, 0, 3))],
  ...sameRule(skipLayerNorm, 'SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'),
  EmbedLayerNormalization: embedLayerNorm,
  Attention: attention, QAttention: (c) => attention(c).map((value) => value && { type: value.type.kind === 'tensor' ? { ...value.type, dtype: c.dtype(3) } : value.type }),
  MultiHeadAttention: multiHeadAttention, DecoderMaskedMultiHeadAttention: multiHeadAttention,
  GroupQueryAttention: groupQueryAttention,
  ...sameRule(quantizedBinary, 'QLinearAdd', 'QLinearMul'),
  QLinearConcat: quantizedConcat,
  QLinearAveragePool: quantizedAveragePool,
  QLinearGlobalAveragePool: quantizedGlobalPool,
  QuantizeLinear: quantizationRules.QuantizeLinear!, DequantizeLinear: quantizationRules.DequantizeLinear!,
  DynamicQuantizeLSTM: (c) => {
    const x = c.dims(0), hidden: Dim = c.optionalInt('hidden_size') ?? null, directions = c.string('direction', 'forward') === 'bidirectional' ? 2 : 1;
    const last = tensor(c.dtype(0), [directions, x?.[1] ?? null, hidden]);
    return [tensor(c.dtype(0), [x?.[0] ?? null, directions, x?.[1] ?? null, hidden]), last, last];
  },
  GridSample: resizeRules.GridSample!,
  GatherBlockQuantized: gatherBlocks,
  GatherND: (c) => {
    const x = c.dims(0), indices = c.dims(1), depth = indices?.[indices.length - 1];
    return [tensor(c.dtype(0), x && indices && typeof depth === 'number' ? [...indices.slice(0, -1), ...x.slice(depth)] : undefined)];
  },
  ExpandDims: (c) => {
    const x = c.dims(0), axis = c.numbers(1)?.[0];
    if (x === undefined || axis === undefined) return [tensor(c.dtype(0), x && unknownDims(x.length + 1))];
    const at = axisOf(axis, x.length + 1);
    return [tensor(c.dtype(0), [...x.slice(0, at), 1, ...x.slice(at)])];
  },
  Pad: (c) => {
    const x = c.dims(0), pads = c.numbers(1);
    return [tensor(c.dtype(0), x?.map((dim, axis) => pads === undefined ? null : add(dim, pads[axis]! + pads[axis + x.length]!)))];
  },
  Unique: (c) => [tensor(c.dtype(0), [null]), tensor('int64', c.dims(0)), tensor('int64', [null])],
  BifurcationDetector: (c) => [tensor(c.dtype(0), [null])],
  ComplexMul: firstOfTwo, ComplexMulConj: firstOfTwo,
  Rfft: (c) => [tensor(c.dtype(0), c.dims(0)?.flatMap((dim, at, all): Dims => at < all.length - 1 ? [dim] : [typeof dim === 'number' ? Math.floor(dim / 2) + 1 : null, 2]))],
  Irfft: (c) => [tensor(c.dtype(0), c.dims(0)?.slice(0, -1).map((dim, at, all) => at < all.length - 1 ? dim : typeof dim === 'number' ? (dim - 1) * 2 : null))],
  CDist: (c) => [tensor(c.dtype(0), [c.dims(0)?.[0] ?? null, c.dims(1)?.[0] ?? null])],
  MaxpoolWithMask: (c) => [tensor(c.dtype(0), pooledDims(c))],
  DynamicTimeWarping: () => [tensor('int32', [2, null])],
};

/** com.ms.internal.nhwc and com.microsoft.nchwc come from ONNX Runtime's own optimised files. */
export const internalNhwcRules: InferTable = {
  Conv: nhwcConv(1, (c) => c.dtype(0)), MaxPool: nhwcPool, AveragePool: nhwcPool,
};

/**
 * Blocked channels: dims stay [N, C, H, W] with C filled up to whole blocks, whose size depends on the machine.
 * ReorderOutput names the channels that are really there.
 */
export const internalNchwcRules: InferTable = {
  Conv: (c) => [tensor(c.dtype(0), convolutionDims(c, 0, 1))],
  ...sameRule((c) => [tensor(c.dtype(0), pooledDims(c))], 'MaxPool', 'AveragePool'),
  ...sameRule((c) => [tensor(c.dtype(0), globallyPooled(c.dims(0)))], 'GlobalMaxPool', 'GlobalAveragePool'),
  Upsample: (c) => [tensor(c.dtype(0), c.dims(0)?.map((dim, axis) => multiply(dim, c.ints('scales')?.[axis] ?? null)))],
  ReorderInput: (c) => {
    const x = c.int('channels_last', 0) === 1 ? toFirst(c.dims(0)) : c.dims(0);
    return [tensor(c.dtype(0), x?.map((dim, axis) => axis === 1 ? null : dim))];
  },
  ReorderOutput: (c) => {
    const y = c.dims(0)?.map((dim, axis) => axis === 1 ? c.optionalInt('channels') ?? null : dim);
    return [tensor(c.dtype(0), c.int('channels_last', 0) === 1 ? toLast(y) : y)];
  },
};
