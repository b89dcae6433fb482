/** Layers that ONNX Runtime's optimiser fuses (com.microsoft), taken apart again. */
import type { Node } from '../../graph/graph';
import { attrFloat, attrFloats, attrInt, attrString } from '../../graph/graph';
import type { GraphBuilder } from '../../graph/builder';
import type { DType } from '../../tensor/dtype';
import type { Decomposition, DecompositionTable } from './decomposition';
import { given, isRead } from './decomposition';

/** input + skip (+ bias), normalised. Outputs: y, mean, inverse deviation, the sum. */
const skipNormalization = (opType: 'LayerNormalization' | 'SimplifiedLayerNormalization'): Decomposition => (node, { b }) => {
  const plain = opType === 'LayerNormalization';
  const [x, skip, scale] = node.inputs as [string, string, string], shift = plain ? given(node, 3) : undefined, bias = given(node, plain ? 4 : 3);
  if (isRead(node, 1) || isRead(node, 2)) return undefined;
  const both = b.op('Add', [x, skip]), sum = bias === undefined ? both : b.op('Add', [both, bias]);
  const epsilon = { float: attrFloat(node, 'epsilon', plain ? 1e-12 : 1e-6) };
  return [b.op(opType, shift === undefined ? [sum, scale] : [sum, scale, shift], { axis: -1, epsilon }), '', '', sum];
};

/** Inputs: ids, segments, word, position and segment embeddings, scale, shift, mask, positions. Outputs: y, mask index, the sum. */
const embedLayerNormalization: Decomposition = (node, { b, dims }) => {
  const [ids, segments, words, positions, segmentTable, scale, shift] = node.inputs as string[], shape = dims(ids!);
  if (shape?.length !== 2) return undefined;
  const own = given(node, 8);
  const place = own !== undefined ? b.op('Gather', [positions!, own], { axis: 0 }) : b.unsqueeze(b.slice(positions!, [0], [shape[1]!], [0]), [0]);
  let sum = b.op('Add', [b.op('Gather', [words!, ids!], { axis: 0 }), place]);
  if (segments && segmentTable) sum = b.op('Add', [sum, b.op('Gather', [segmentTable, segments], { axis: 0 })]);
  const y = b.op('LayerNormalization', [sum, scale!, shift!], { axis: -1, epsilon: { float: attrFloat(node, 'epsilon', 1e-12) } });
  let maskIndex = '';
  if (isRead(node, 1)) {
    // The mask's length, and zeros without one.
    const mask = given(node, 7);
    maskIndex = mask === undefined ? b.constant(new Array<number>(shape[0]!).fill(0), 'int32', [shape[0]!]) : b.reduce('ReduceSum', mask, [1], false);
  }
  return [y, maskIndex, sum];
};

/** op(A)·op(B)·alpha */
const fusedMatMul: Decomposition = (node, { b, dims, dtype }) => {
  if (attrInt(node, 'transBatchA', 0) !== 0 || attrInt(node, 'transBatchB', 0) !== 0) return undefined;
  const operand = (index: number, attribute: string): string | undefined => {
    const value = node.inputs[index]!, rank = dims(value)?.length;
    if (attrInt(node, attribute, 0) === 0) return value;
    if (rank === undefined) return undefined;
    // A vector's transpose is itself.
    return rank < 2 ? value : b.transpose(value, [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]);
  };
  const [a, c] = [operand(0, 'transA'), operand(1, 'transB')], alpha = attrFloat(node, 'alpha', 1);
  if (a === undefined || c === undefined) return undefined;
  const product = b.op('MatMul', [a, c]);
  return [alpha === 1 ? product : b.op('Mul', [product, b.constant(alpha, dtype(node.inputs[0]!))])];
};

/** The activation that FusedConv and FusedGemm name; parameters in the order of its ONNX attributes. */
function activate(b: GraphBuilder, x: string, name: string, parameters: readonly (number | undefined)[], dtype: DType): string | undefined {
  const [first, second] = parameters;
  switch (name) {
    case '': return x;
    case 'Relu': case 'Sigmoid': case 'Tanh': case 'Softplus': case 'Softsign': return b.op(name, [x]);
    case 'LeakyRelu': return b.op(name, [x], { alpha: { float: first ?? 0.01 } });
    case 'Elu': case 'ThresholdedRelu': return b.op(name, [x], { alpha: { float: first ?? 1 } });
    case 'HardSigmoid': return b.op(name, [x], { alpha: { float: first ?? 0.2 }, beta: { float: second ?? 0.5 } });
    case 'Clip': return b.op(name, [x, first === undefined ? '' : b.constant(first, dtype), second === undefined ? '' : b.constant(second, dtype)]);
    default: return undefined;
  }
}

/** A node of the same attributes without those of the fusion. */
function stripped(b: GraphBuilder, node: Node, opType: string, inputs: readonly string[], without: RegExp): string {
  const output = b.fresh(opType);
  b.nodes.push({ name: output, opType, domain: '', inputs, outputs: [output], attributes: new Map([...node.attributes].filter(([name]) => !without.test(name))) });
  return output;
}

/** act(Conv(X, W, B) + Z) */
const fusedConv: Decomposition = (node, { b, dtype }) => {
  const conv = stripped(b, node, 'Conv', node.inputs.slice(0, 3), /^activation/), z = given(node, 3);
  const y = activate(b, z === undefined ? conv : b.op('Add', [conv, z]), attrString(node, 'activation', ''), attrFloats(node, 'activation_params', []), dtype(node.inputs[0]!));
  return y === undefined ? undefined : [y];
};

const fusedGemm: Decomposition = (node, { b, dtype }) => {
  const gemm = stripped(b, node, 'Gemm', node.inputs, /^activation/);
  const parameters = ['alpha', 'beta'].map((name) => attrFloat(node, `activation_${name}`, undefined));
  const y = activate(b, gemm, attrString(node, 'activation', ''), parameters, dtype(node.inputs[0]!));
  return y === undefined ? undefined : [y];
};

/** (x + bias) in two halves of the last axis: a·gelu(b). */
const biasSplitGelu: Decomposition = (node, { b, dims }) => {
  const shape = dims(node.inputs[0]!);
  if (!shape) return undefined;
  const half = shape.at(-1)! / 2, [left, right] = b.split(b.op('Add', [node.inputs[0]!, node.inputs[1]!]), shape.length - 1, [half, half]);
  return [b.op('Mul', [left!, b.op('Gelu', [right!], {}, 'com.microsoft')])];
};

const biasAdd: Decomposition = (node, { b }) => [b.op('Add', [b.op('Add', [node.inputs[0]!, node.inputs[1]!]), node.inputs[2]!])];

/** ReLU with a dead zone: x + bias below −λ, x − bias above λ, else 0. */
const shrink: Decomposition = (node, { b, dtype }) => {
  const x = node.inputs[0]!, type = dtype(x), lambda = attrFloat(node, 'lambd', 0.5), bias = attrFloat(node, 'bias', 0), zero = b.constant(0, type);
  const above = b.op('Where', [b.op('Greater', [x, b.constant(lambda, type)]), b.op('Sub', [x, b.constant(bias, type)]), zero]);
  return [b.op('Where', [b.op('Less', [x, b.constant(-lambda, type)]), b.op('Add', [x, b.constant(bias, type)]), above])];
};

/** [N, …, C] groups normalised, then x·sigmoid(x) if asked for. */
const groupNorm: Decomposition = (node, { b, dims }) => {
  const [x, scale, shift] = node.inputs as [string, string, string], shape = dims(x);
  if (!shape || shape.length < 3) return undefined;
  const last = attrInt(node, 'channels_last', 1) === 1, rank = shape.length, axes = Array.from({ length: rank }, (_, axis) => axis);
  const channels = shape[last ? rank - 1 : 1]!, groups = attrInt(node, 'groups', 1);
  const first = last ? b.transpose(x, [0, rank - 1, ...axes.slice(1, -1)]) : x, firstDims = last ? [shape[0]!, channels, ...shape.slice(1, -1)] : [...shape];
  const each = [shape[0]!, groups, -1];
  const ones = (value: number): string => b.constant(new Array<number>(groups).fill(value), 'float32', [groups]);
  const standardised = b.reshape(b.op('InstanceNormalization', [b.reshape(first, each), ones(1), ones(0)], { epsilon: { float: attrFloat(node, 'epsilon', 1e-5) } }), firstDims);
  const spread = (value: string): string => b.reshape(value, [1, channels, ...firstDims.slice(2).map(() => 1)]);
  let y = b.op('Add', [b.op('Mul', [standardised, spread(scale)]), spread(shift)]);
  if (attrInt(node, 'activation', 0) === 1) y = b.op('Mul', [y, b.op('Sigmoid', [y])]);
  return [last ? b.transpose(y, [0, ...axes.slice(2), 1]) : y];
};

export const fusedDecompositions: DecompositionTable = {
  Shrink: shrink,
  'com.microsoft:SkipLayerNormalization': skipNormalization('LayerNormalization'),
  'com.microsoft:SkipSimplifiedLayerNormalization': skipNormalization('SimplifiedLayerNormalization'),
  'com.microsoft:SimplifiedLayerNormalization': (node, { b }) => [b.op('SimplifiedLayerNormalization', node.inputs, { axis: attrInt(node, 'axis', -1), epsilon: { float: attrFloat(node, 'epsilon', 1e-5) } })],
  'com.microsoft:EmbedLayerNormalization': embedLayerNormalization,
  'com.microsoft:FusedMatMul': fusedMatMul,
  'com.microsoft:TransposeMatMul': fusedMatMul,
  'com.microsoft:FusedConv': fusedConv,
  'com.microsoft:FusedGemm': fusedGemm,
  'com.microsoft:BiasSplitGelu': biasSplitGelu,
  'com.microsoft:BiasAdd': biasAdd,
  'com.microsoft:GroupNorm': groupNorm,
};
