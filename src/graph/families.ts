/** What kind of layer an op is, for colours and icons, and one line that says how it is set up. */
import type { Dims, Node } from './graph';
import { attrFloat, attrInt, attrInts, attrString } from './graph';

const members: Readonly<Record<string, readonly string[]>> = {
  conv: ['Conv', 'ConvTranspose', 'ConvInteger', 'QLinearConv', 'FusedConv', 'NhwcConv', 'NhwcFusedConv', 'DeformConv'],
  dense: ['Gemm', 'MatMul', 'MatMulInteger', 'QLinearMatMul', 'FusedMatMul', 'FusedGemm', 'QGemm', 'MatMulNBits', 'MatMulBnb4', 'DynamicQuantizeMatMul',
    'MatMulIntegerToFloat', 'Einsum', 'LinearClassifier', 'LinearRegressor'],
  norm: ['BatchNormalization', 'InstanceNormalization', 'LayerNormalization', 'GroupNormalization', 'RMSNormalization', 'LpNormalization', 'LRN',
    'MeanVarianceNormalization', 'SkipLayerNormalization', 'SimplifiedLayerNormalization', 'SkipSimplifiedLayerNormalization', 'EmbedLayerNormalization', 'GroupNorm', 'Normalizer', 'Scaler'],
  pool: ['MaxPool', 'AveragePool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool', 'MaxUnpool', 'RoiAlign', 'MaxRoiPool', 'NhwcMaxPool',
    'QLinearAveragePool', 'QLinearGlobalAveragePool'],
  activation: ['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Celu', 'Selu', 'Gelu', 'FastGelu', 'QuickGelu', 'BiasGelu', 'Mish', 'Swish', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh',
    'Softmax', 'LogSoftmax', 'Hardmax', 'Softplus', 'Softsign', 'ThresholdedRelu', 'Shrink', 'Clip', 'Erf', 'QLinearSigmoid', 'QLinearLeakyRelu', 'QLinearSoftmax'],
  recurrent: ['LSTM', 'GRU', 'RNN', 'DynamicQuantizeLSTM', 'Scan'],
  attention: ['Attention', 'MultiHeadAttention', 'GroupQueryAttention', 'QAttention', 'RotaryEmbedding', 'DecoderMaskedMultiHeadAttention', 'LongformerAttention'],
  merge: ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum', 'Mean', 'Concat', 'QLinearAdd', 'QLinearMul', 'QLinearConcat', 'Where', 'BiasAdd', 'FeatureVectorizer'],
  shape: ['Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Slice', 'Split', 'Gather', 'GatherND', 'GatherElements', 'Expand', 'Tile', 'Pad', 'Shape', 'Size', 'Resize',
    'Upsample', 'DepthToSpace', 'SpaceToDepth', 'Cast', 'Identity', 'ConstantOfShape', 'Range', 'Dropout', 'QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear', 'CenterCropPad'],
};

const byOp: ReadonlyMap<string, string> = new Map(Object.entries(members).flatMap(([family, ops]) => ops.map((op) => [op, family] as const)));

/** 'conv', 'dense', 'norm', 'pool', 'activation', 'recurrent', 'attention', 'merge', 'shape' or 'other'. */
export function familyOf(opType: string): string {
  return byOp.get(opType) ?? 'other';
}

/** '[N, 3, 224, 224]'; an unknown dim is '?'. */
export function dimsText(dims: Dims | null | undefined): string {
  return dims ? `[${dims.map((dim) => dim ?? '?').join(', ')}]` : '';
}

const by = (sizes: readonly (number | string | null)[]): string => sizes.map((size) => size ?? '?').join('×');

function uniform(values: readonly number[] | undefined, normal: number): string | undefined {
  if (values === undefined || values.every((value) => value === normal)) return undefined;
  return values.every((value) => value === values[0]) ? String(values[0]) : by(values);
}

/** '3×3 / 2', with dilation where there is one. */
function windowText(node: Node, kernel: readonly (number | string | null)[] | undefined): string {
  const stride = uniform(attrInts(node, 'strides', undefined), 1), dilation = uniform(attrInts(node, 'dilations', undefined), 1);
  return `${kernel ? by(kernel) : ''}${stride === undefined ? '' : ` / ${stride}`}${dilation === undefined ? '' : `, dilated ${dilation}`}`;
}

/** One line about a node's settings; '' when there is nothing worth saying. */
export function detailOf(node: Node, dims: (name: string) => Dims | undefined): string {
  const output = dims(node.outputs[0] ?? ''), input = dims(node.inputs[0] ?? '');
  switch (familyOf(node.opType)) {
    case 'conv': {
      const weight = dims(node.inputs[node.opType === 'QLinearConv' ? 3 : 1] ?? '');
      const channels = node.opType.startsWith('Nhwc') ? output?.[output.length - 1] : output?.[1];
      const group = attrInt(node, 'group', 1);
      const grouping = group === 1 ? '' : group === input?.[1] ? ', depthwise' : `, ${group} groups`;
      return [windowText(node, attrInts(node, 'kernel_shape', undefined) ?? weight?.slice(2)), channels ?? ''].filter((part) => part !== '').join(', ') + grouping;
    }
    case 'pool': return windowText(node, attrInts(node, 'kernel_shape', undefined));
    case 'dense': {
      const from = input?.[input.length - 1 - attrInt(node, 'transA', 0)], to = output?.[output.length - 1];
      return node.opType === 'Einsum' ? attrString(node, 'equation', '') : from != null && to != null ? `${from} → ${to}` : '';
    }
    case 'recurrent': return `${attrInt(node, 'hidden_size', null) ?? ''}${attrString(node, 'direction', 'forward') === 'forward' ? '' : `, ${attrString(node, 'direction', '')}`}`;
    case 'attention': { const heads = attrInt(node, 'num_heads', attrInt(node, 'q_num_heads', null)); return heads === null ? '' : `${heads} heads`; }
    case 'shape': return shapeDetail(node, output);
    case 'activation': return activationDetail(node);
    default: return node.opType === 'Concat' ? `axis ${attrInt(node, 'axis', 1)}` : '';
  }
}

function shapeDetail(node: Node, output: Dims | undefined): string {
  if (node.opType === 'Transpose') { const perm = attrInts(node, 'perm', undefined); return perm ? `(${perm.join(', ')})` : ''; }
  if (node.opType === 'Dropout' || node.opType === 'Identity' || node.opType === 'Cast') return '';
  return dimsText(output);
}

function activationDetail(node: Node): string {
  const alpha = attrFloat(node, 'alpha', undefined);
  if (alpha !== undefined) return `α ${Number(alpha.toPrecision(3))}`;
  return node.opType.includes('oftmax') ? `axis ${attrInt(node, 'axis', -1)}` : '';
}
