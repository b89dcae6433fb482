/** Which operators do the same job: a convolution is one whether it is quantised, fused or neither. */

const members: Readonly<Record<string, readonly string[]>> = {
  Conv: ['Conv', 'FusedConv', 'NhwcConv', 'NhwcFusedConv', 'QLinearConv', 'ConvInteger'],
  MatMul: ['MatMul', 'Gemm', 'FusedMatMul', 'FusedGemm', 'QLinearMatMul', 'MatMulInteger', 'QGemm', 'DynamicQuantizeMatMul', 'MatMulIntegerToFloat', 'MatMulNBits', 'MatMulBnb4', 'TransposeMatMul'],
  Add: ['Add', 'QLinearAdd', 'Sum', 'BiasAdd'],
  Mul: ['Mul', 'QLinearMul'],
  Concat: ['Concat', 'QLinearConcat'],
  Sigmoid: ['Sigmoid', 'QLinearSigmoid'],
  Softmax: ['Softmax', 'QLinearSoftmax'],
  LeakyRelu: ['LeakyRelu', 'QLinearLeakyRelu'],
  MaxPool: ['MaxPool', 'NhwcMaxPool'],
  AveragePool: ['AveragePool', 'QLinearAveragePool'],
  GlobalAveragePool: ['GlobalAveragePool', 'QLinearGlobalAveragePool'],
  ReduceMean: ['ReduceMean', 'QLinearReduceMean'],
  Where: ['Where', 'QLinearWhere'],
  LSTM: ['LSTM', 'DynamicQuantizeLSTM'],
  Attention: ['Attention', 'QAttention'],
  Resize: ['Resize', 'Upsample'],
  Gelu: ['Gelu', 'FastGelu', 'BiasGelu', 'QuickGelu'],
};

const classes: ReadonlyMap<string, string> = new Map(Object.entries(members).flatMap(([name, ops]) => ops.map((op) => [op, name] as const)));

/** The job an operator does: 'Conv' for Conv, QLinearConv, ConvInteger and FusedConv; others stand for themselves. */
export function opClass(opType: string, domain: string): string {
  const known = classes.get(opType);
  if (known !== undefined) return known;
  return domain === '' || domain === 'com.microsoft' ? opType : `${domain}.${opType}`;
}

/** Layers of a framework that became no operators, by the operator they would be. */
const frameworkClasses: readonly (readonly [RegExp, string])[] = [
  [/^(Separable|Depthwise)?Conv(olution)?[123]D$/, 'Conv'], [/^Dense$/, 'MatMul'], [/^BatchNormalization/, 'BatchNormalization'], [/^MaxPool/, 'MaxPool'], [/^GlobalAverage/, 'GlobalAveragePool'],
  [/^Average/, 'AveragePool'], [/^ReLU$/, 'Relu'], [/^Concatenate$/, 'Concat'], [/^Multiply$/, 'Mul'],
];

export function frameworkClass(type: string): string {
  return frameworkClasses.find(([pattern]) => pattern.test(type))?.[1] ?? type;
}

/** Operators that move data without computing: between formats and precisions they come and go. */
export const glue: ReadonlySet<string> = new Set(['Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast', 'Dropout']);

export const activations: ReadonlySet<string> = new Set(['Relu', 'Clip', 'LeakyRelu', 'Sigmoid', 'Tanh', 'HardSigmoid', 'HardSwish', 'Gelu', 'Elu', 'Selu']);

/** Operators that work on integers and leave the scale to a Mul behind them. */
export const integerOps: ReadonlySet<string> = new Set(['ConvInteger', 'MatMulInteger']);

/** What quantisers and fusing tools append to names. */
const suffix = /([_/.:-](quantized?|quant|quantizelinear|dequantizelinear|dequantize|dequant|dq|q|fused|fold|int8|uint8|fp16|scaled?|cast|readvariableop(_\d+)?))+$/i;

/** A name without what tools append to it, so that 'conv1_quant' is 'conv1'. */
export function plainName(name: string): string {
  return name.replace(/:\d+$/, '').replace(suffix, '');
}

/** Names made by counting ('Conv_12', 'node_3', '17') tell a place, not a layer. */
export function isCounted(name: string, opType: string): boolean {
  const rest = name.toLowerCase().split(opType.toLowerCase()).join('');
  return !/[a-z]{2}/.test(rest.replace(/node|p2o|op|output|tensor|onnx|unk/g, ''));
}
