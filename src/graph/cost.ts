/**
 * Multiply-accumulates of nodes. Convolutions, products, recurrent layers and attention are counted; by the usual
 * convention normalisation, pooling, activations and other elementwise work count 0.
 */
import type { Dim, Dims, Graph, Node, ValueType } from './graph';
import { attrGraph, attrInt, attrInts, attrString } from './graph';
import { byteLength } from '../tensor/dtype';
import type { Inference } from './inference/infer';
import { dimsOf, dtypeOf } from './inference/infer';
import { isBuiltin } from './inference/tables';

interface Known extends Pick<Inference, 'subgraphs' | 'calls'> {
  readonly types: ReadonlyMap<string, ValueType>;
  readonly constants: ReadonlyMap<string, readonly number[]>;
}

const noGraph: Graph = { name: '', inputs: [], outputs: [], nodes: [], initializers: new Map(), valueInfo: new Map() };

/** Symbols that stand for the batch: the first dim of the model's inputs. */
export function batchSymbols(graph: Graph): ReadonlySet<string> {
  const symbols = new Set<string>();
  for (const { type } of graph.inputs) {
    const first = type.kind === 'tensor' ? type.dims?.[0] : undefined;
    if (typeof first === 'string') symbols.add(first);
  }
  return symbols;
}

/** Counts for one sample: batch symbols (and unnamed first dims) are 1, other unknown dims make a count unknown. */
export class CostCounter {
  private readonly batch: ReadonlySet<string>;

  constructor(graph: Graph, private readonly known: Known, private readonly outer: readonly Known[] = [], batch = batchSymbols(graph)) {
    this.batch = batch;
  }

  /** Multiply-accumulates of a node; null when dims are not known or the op is none we know. */
  macs(node: Node): number | null {
    const rule = macRules[node.opType];
    if (!isBuiltin(node.domain, node.opType)) return this.callMacs(node);
    return rule === undefined ? 0 : rule(this, node);
  }

  /** Sum over the body of a called function, as inferred for this call. */
  private callMacs(node: Node): number | null {
    const call = this.known.calls?.get(node);
    if (call === undefined) return null;
    const counter = new CostCounter(noGraph, { ...call, subgraphs: this.known.subgraphs, calls: this.known.calls }, [], this.batch);
    return call.nodes.reduce<number | null>((total, inner) => plus(total, counter.macs(inner)), 0);
  }

  /** Bytes of a node's outputs; null when a dim is not known. */
  activationBytes(node: Node): number | null {
    return node.outputs.reduce<number | null>((total, name) => name === '' ? total : plus(total, this.valueBytes(name)), 0);
  }

  /** Bytes of a value; null when its dims or its element type are not known. */
  valueBytes(name: string): number | null {
    const known = this.find(name);
    const count = this.count(this.dims(name));
    if (known === undefined || count === null) return null;
    const dtype = dtypeOf(known, name);
    return dtype === 'undefined' || dtype === 'string' ? null : byteLength(dtype, count);
  }

  dims(name: string | undefined): Dims | undefined {
    const known = name === undefined ? undefined : this.find(name);
    return known && name !== undefined ? dimsOf(known, name) : undefined;
  }

  constant(name: string | undefined): readonly number[] | undefined {
    return name === undefined ? undefined : this.find(name)?.constants.get(name);
  }

  private find(name: string): Known | undefined {
    return [this.known, ...this.outer].find((item) => item.types.has(name));
  }

  /** Elements, as for one sample. */
  count(dims: Dims | undefined): number | null {
    return dims === undefined ? null : dims.reduce<number | null>((total, dim, axis) => times(total, this.size(dim, axis)), 1);
  }

  size(dim: Dim | undefined, axis: number): number | null {
    if (typeof dim === 'number') return dim;
    if (dim === null || dim === undefined) return axis === 0 ? 1 : null;
    let factor = 1;
    for (const part of dim.split('*')) {
      if (/^\d+$/.test(part)) factor *= Number(part);
      else if (!this.batch.has(part)) return null;
    }
    return factor;
  }

  /** The counter of a subgraph's nodes; undefined where nothing is known about it. */
  enter(inner: Graph): CostCounter | undefined {
    const types = this.known.subgraphs.get(inner);
    return types && new CostCounter(inner, { ...types, subgraphs: this.known.subgraphs, calls: this.known.calls }, [this.known, ...this.outer], this.batch);
  }

  /** Sum over a subgraph's nodes. */
  graphMacs(inner: Graph | undefined): number | null {
    const counter = inner && this.enter(inner);
    if (inner === undefined || counter === undefined) return null;
    return inner.nodes.reduce<number | null>((total, node) => plus(total, counter.macs(node)), 0);
  }
}

type MacRule = (c: CostCounter, node: Node) => number | null;

const times = (a: number | null, b: number | null): number | null => a === 0 || b === 0 ? 0 : a === null || b === null ? null : a * b;
const plus = (a: number | null, b: number | null): number | null => a === null || b === null ? null : a + b;
const product = (...factors: (number | null)[]): number | null => factors.reduce(times, 1);

/** Each output element sums over the window and its group's channels: out · (C/g) · prod(k). */
const convolution = (wIndex: number): MacRule => (c, node) =>
  times(c.count(c.dims(node.outputs[0])), c.count(c.dims(node.inputs[wIndex])?.slice(1)));

/** Each input element is spread over a window and its group's output channels. */
const transposedConvolution: MacRule = (c, node) => times(c.count(c.dims(node.inputs[0])), c.count(c.dims(node.inputs[1])?.slice(1)));

/** out · k */
const matrix = (aIndex: number): MacRule => (c, node) => {
  const a = c.dims(node.inputs[aIndex]);
  if (a === undefined) return null;
  const transposed = attrInt(node, 'transA', 0) === 1;
  const axis = transposed && a.length > 1 ? a.length - 2 : a.length - 1;
  return times(c.count(c.dims(node.outputs[0])), c.size(a[axis], axis));
};

const packedMatrix: MacRule = (c, node) => times(c.count(c.dims(node.inputs[0])), attrInt(node, 'N', null));

/** One product of all index ranges, as written (no reordering of several operands). */
const einsum: MacRule = (c, node) => {
  const [left = ''] = attrString(node, 'equation', '').replace(/\s/g, '').split('->');
  if (!left.includes(',')) return 0;
  const sizes = new Map<string, number | null>();
  const operands = left.split(',');
  for (const [index, letters] of operands.entries()) {
    const dims = c.dims(node.inputs[index]);
    if (dims === undefined) return null;
    const [before = '', after] = letters.split('...');
    const extra = dims.length - letters.replace('...', '').length;
    const names = after === undefined ? [...before] : [...before, ...Array.from({ length: extra }, (_, at) => `…${extra - at}`), ...after];
    names.forEach((name, axis) => {
      const size = c.size(dims[axis], axis), known = sizes.get(name);
      sizes.set(name, known === undefined ? size : known === null || size === null ? null : Math.max(known, size));
    });
  }
  return product(...sizes.values());
};

/** gates · hidden · (input + hidden) per step and direction. */
const recurrent = (gates: number): MacRule => (c, node) => {
  const x = c.dims(node.inputs[0]);
  if (x === undefined) return null;
  const batchFirst = attrInt(node, 'layout', 0) === 1;
  const input = c.size(x[2], 2), hidden = attrInt(node, 'hidden_size', c.size(c.dims(node.inputs[2])?.[2], 2));
  const batch = c.size(x[batchFirst ? 0 : 1], 0), steps = c.size(x[batchFirst ? 1 : 0], 1);
  const directions = attrString(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
  return product(batch, steps, directions * gates, hidden, plus(input, hidden));
};

/**
 * Scores and weighted values: batch · sequence · total · heads · (keySize + valueSize). Q and Y are [batch, heads,
 * sequence, size] or [batch, sequence, heads·size]; packed queries carry keys and values of Y's size with them.
 */
const attention: MacRule = (c, node) => {
  const q = c.dims(node.inputs[0]), k = c.dims(node.inputs[1] || undefined), y = c.dims(node.outputs[0]), present = c.dims(node.outputs[1] || undefined);
  if (q === undefined || y === undefined) return null;
  const width = (dims: Dims): number | null => dims.length === 3 ? c.size(dims[2], 2) : times(c.size(dims[1], 1), c.size(dims[3], 3));
  const sequence = c.size(y[y.length - 2], 1);
  const given = present?.length === 4 ? c.size(present[2], 2) : null;
  const total = given ?? (k === undefined ? sequence : k.length === 3 ? c.size(k[1], 1) : c.size(k[2], 2));
  return product(c.size(y[0], 0), sequence, total, plus(width(k === undefined ? y : q), width(y)));
};

/** k experts for each token, each its two or three matrices; `packed` weights hold several numbers a byte. */
const experts = (matrices: readonly number[], packed: boolean): MacRule => (c, node) => {
  const x = c.dims(node.inputs[0]);
  const perByte = packed ? 8 / attrInt(node, 'expert_weight_bits', 4) : 1;
  const weights = matrices.reduce<number | null>((sum, index) => node.inputs[index] ? plus(sum, c.count(c.dims(node.inputs[index])?.slice(1))) : sum, 0);
  return x === undefined ? null : product(c.count(x.slice(0, -1)), attrInt(node, 'k', 1), weights, perByte);
};

/** State and readout of every step: length · keySize · valueSize · (kvHeads + heads). */
const linearAttention: MacRule = (c, node) => {
  const x = c.dims(node.inputs[0]), state = c.dims(node.outputs[1] || undefined);
  const v = c.dims(node.inputs[2]), k = c.dims(node.inputs[1]);
  const heads = attrInt(node, 'q_num_heads', 1), kvHeads = attrInt(node, 'kv_num_heads', 1);
  const keySize = state ? c.size(state[2], 2) : over(c.size(k?.[2], 2), kvHeads), valueSize = state ? c.size(state[3], 3) : over(c.size(v?.[2], 2), kvHeads);
  return x === undefined ? null : product(c.size(x[0], 0), c.size(x[1], 1), keySize, valueSize, kvHeads + heads);
};

const over = (a: number | null, b: number): number | null => a === null ? null : a / b;

/** Work that depends on the content, or that nobody has counted here. */
const uncounted: MacRule = () => null;

/** The fused projection to Q, K and V, then attention itself. */
const projectedAttention: MacRule = (c, node) => {
  const x = c.dims(node.inputs[0]), w = c.dims(node.inputs[1]), y = c.dims(node.outputs[0]), present = c.dims(node.outputs[1]);
  if (x === undefined) return null;
  const sequence = c.size(x[1], 1);
  const total = present?.length === 5 ? c.size(present[3], 3) : sequence;
  const projection = product(c.count(x), c.size(w?.[1], 1));
  return plus(projection, product(c.size(x[0], 0), sequence, total, times(2, c.size(y?.[2], 2))));
};

const branches: MacRule = (c, node) => {
  const a = c.graphMacs(attrGraph(node, 'then_branch')), b = c.graphMacs(attrGraph(node, 'else_branch'));
  return a === null || b === null ? null : Math.max(a, b);
};

/** A body's work times the trip count, where that is a constant. */
const loop: MacRule = (c, node) => times(c.graphMacs(attrGraph(node, 'body')), c.constant(node.inputs[0])?.[0] ?? null);

const scan: MacRule = (c, node) => {
  const first = node.inputs.length - attrInt(node, 'num_scan_inputs', 0);
  const axis = attrInts(node, 'scan_input_axes', [0])[0] ?? 0;
  return times(c.graphMacs(attrGraph(node, 'body')), c.size(c.dims(node.inputs[first])?.[axis], 1));
};

const macRules: Readonly<Record<string, MacRule>> = {
  Conv: convolution(1), ConvInteger: convolution(1), FusedConv: convolution(1), NhwcFusedConv: convolution(1), NhwcConv: convolution(1), DeformConv: convolution(1),
  QLinearConv: convolution(3), ConvTranspose: transposedConvolution,
  MatMul: matrix(0), MatMulInteger: matrix(0), QLinearMatMul: matrix(0), Gemm: matrix(0), FusedMatMul: matrix(0), TransposeMatMul: matrix(0), FusedGemm: matrix(0),
  GemmFastGelu: matrix(0), GemmFloat8: matrix(0), QGemm: matrix(0), MatMulIntegerToFloat: matrix(0), DynamicQuantizeMatMul: matrix(0), MatMulInteger16: matrix(0),
  MatMulNBits: packedMatrix, MatMulBnb4: packedMatrix,
  Einsum: einsum,
  LSTM: recurrent(4), DynamicQuantizeLSTM: recurrent(4), GRU: recurrent(3), RNN: recurrent(1),
  LinearAttention: linearAttention, CausalConvWithState: convolution(1), FlexAttention: attention,
  MoE: experts([2, 4, 6], false), QMoE: experts([2, 5, 8], true),
  QOrderedMatMul: matrix(0), SparseToDenseMatMul: matrix(0), MatMulFpQ4: uncounted,
  ...Object.fromEntries(['DecoderAttention', 'SparseAttention', 'PackedAttention', 'PackedMultiHeadAttention', 'LongformerAttention', 'QOrderedLongformerAttention',
    'DecoderMaskedSelfAttention', 'AttnLSTM', 'BeamSearch', 'WhisperBeamSearch', 'GreedySearch', 'Sampling', 'SequenceMap', 'ConvTransposeWithDynamicPads'].map((opType) => [opType, uncounted])),
  MultiHeadAttention: attention, DecoderMaskedMultiHeadAttention: attention, GroupQueryAttention: attention,
  Attention: (c, node) => node.domain === 'com.microsoft' ? projectedAttention(c, node) : attention(c, node),
  QAttention: projectedAttention,
  If: branches, Loop: loop, Scan: scan,
};
