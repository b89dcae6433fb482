/** Keras' layers: dims and parameters by the formulas of its documentation. */
import { convLstm, convolution, convolutionTranspose, depthwise, flattened, globalPooling, padded, pooling, resized, spatialHint, upSampling } from './kerasConv';
import { kerasSequenceRules } from './kerasSequence';
import { anyLead, broadcast, concatenated, dimAt, elements, int, known, reshaped, shape, withDim, type Output, type Shape, type Size } from './shape';
import { product, Sym, Unknown } from './symbolic';
import { asSym, type Arguments, type LayerRule } from './values';

export const features = (inputs: readonly Shape[] | undefined, what = 'The number of input features'): Sym => {
  if (!inputs?.[0]) throw new Unknown(`${what} is not known before the layer is used.`);
  return known(dimAt(inputs[0], -1), what);
};

const same: LayerRule['output'] = (_config, [input]) => input;
export const unchanged = (...args: string[]): LayerRule => ({ args, output: same });
const pictures = (...args: string[]): LayerRule => ({ args, hint: spatialHint(2), output: same });

const dense: LayerRule = {
  args: ['units', 'activation', 'use_bias'],
  hint: () => anyLead(Sym.symbol('features')),
  output: (config, [input]) => withDim(input!, -1, config.int('units')),
  parameters: (config, inputs) => features(inputs).times(config.int('units')).plus(config.flag('use_bias', true) ? config.int('units') : 0),
};

/** Sizes of the axes that are normalised: gamma and beta have one entry for each. */
function normalised(config: Arguments, inputs: readonly Shape[] | undefined, args: { each: string[]; always: number }): Sym {
  if (!inputs?.[0]) throw new Unknown('The number of input features is not known before the layer is used.');
  const value = config.get('axis');
  const axes = value && (value.t === 'list' || value.t === 'tuple') ? value.items.map((item) => asSym(item)?.value) : [value ? asSym(value)?.value : -1];
  const sizes = axes.map((axis) => {
    if (axis === undefined) throw new Unknown('axis is not known here.');
    return known(dimAt(inputs[0]!, axis), 'The size along the axis');
  });
  const vectors = args.each.filter((name) => config.flag(name, true)).length + args.always;
  return product(sizes).times(vectors);
}

const merge = (join: (config: Arguments, inputs: readonly Shape[]) => Output, ...args: string[]): LayerRule => ({ args, output: join });
const elementwise = merge((_config, inputs) => {
  // Keras' merging lines up dims after the batch, not from the right.
  const [batch] = inputs.map(({ lead, dims }) => (lead ? null : dims[0] ?? null)).filter((dim) => dim !== null);
  const ranks = new Set(inputs.map(({ dims }) => dims.length));
  if (ranks.size > 1 && !inputs.some(({ lead }) => lead)) {
    const inner = inputs.map(({ dims }): Shape => ({ dims: dims.slice(1) })).reduce(broadcast);
    return { dims: [batch ?? null, ...inner.dims] };
  }
  return inputs.reduce(broadcast);
});

const dot = merge((config, [a, b]) => {
  const value = config.get('axes');
  const pair = value && (value.t === 'list' || value.t === 'tuple') ? value.items : [value, value];
  const axes = pair.map((axis, i) => {
    const at = asSym(axis)?.value;
    if (at === undefined) throw new Unknown('axes is not known here.');
    return at < 0 ? at + [a, b][i]!.dims.length : at;
  });
  const left = a!.dims.filter((_, i) => i !== axes[0]);
  const right = b!.dims.filter((_, i) => i !== axes[1] && i !== 0);
  const dims = [...left, ...right];
  return { dims: dims.length === 1 ? [...dims, int(1)] : dims };
}, 'axes', 'normalize');

const reshape: LayerRule = {
  args: ['target_shape'],
  output(config, [input]) {
    const value = config.get('target_shape');
    if (!value || (value.t !== 'list' && value.t !== 'tuple')) throw new Unknown('target_shape is not known here.');
    const target = value.items.map((item) => (item.t === 'none' ? int(-1) : asSym(item) ?? null));
    const batch = input!.lead ? null : input!.dims[0]!;
    const inner: Shape | undefined = input!.lead ? undefined : { dims: input!.dims.slice(1) };
    const open = target.some((dim) => dim?.constant === -1);
    if (open) return { dims: [batch, ...reshaped(inner && { dims: [int(1), ...inner.dims] }, [int(1), ...target]).shape.dims.slice(1)] };
    const [have, want] = [inner ? elements(inner.dims) : null, elements(target)];
    if (have && want && have.differs(want)) throw new Unknown(`${have.print()} elements do not fit ${want.print()}.`);
    return { dims: [batch, ...target] };
  },
};

const permute: LayerRule = {
  args: ['dims'],
  output(config, [input]) {
    if (input!.lead) throw new Unknown('How many dimensions come in is not known here.');
    const value = config.get('dims');
    const order = value && (value.t === 'list' || value.t === 'tuple') ? value.items.map((item) => asSym(item)?.value) : [];
    if (order.length !== input!.dims.length - 1 || order.some((axis) => axis === undefined)) throw new Unknown('dims is not known here, or does not fit the input.');
    return { dims: [input!.dims[0]!, ...order.map((axis) => input!.dims[axis!] ?? null)] };
  },
};

/** 'abc,cd->abd': sizes of the kernel's letters come from the input and from output_shape. */
function einsum(config: Arguments, input: Shape): { output: Shape; kernel: Sym; letters: Map<string, Size>; result: string } {
  const match = /^([a-z]+),([a-z]+)->([a-z]+)$/.exec(config.text('equation', '').replace(/\s/g, ''));
  if (!match || input.lead || match[1]!.length !== input.dims.length) throw new Unknown('The equation is not one that can be read here.');
  const [, left, kernel, result] = match as unknown as [string, string, string, string];
  const letters = new Map<string, Size>([...left].map((letter, i) => [letter, input.dims[i]!]));
  const value = config.get('output_shape');
  const given = value && (value.t === 'list' || value.t === 'tuple') ? value.items.map((item) => (item.t === 'none' ? null : asSym(item) ?? null)) : [asSym(value) ?? null];
  [...result].slice(1).forEach((letter, i) => {
    if (!letters.has(letter)) letters.set(letter, given[i] ?? null);
  });
  const size = elements([...kernel].map((letter) => letters.get(letter) ?? null));
  return { output: { dims: [...result].map((letter) => letters.get(letter) ?? null) }, kernel: known(size, 'The size of the kernel'), letters, result };
}

const einsumDense: LayerRule = {
  args: ['equation', 'output_shape', 'activation', 'bias_axes'],
  output: (config, [input]) => einsum(config, input!).output,
  parameters(config, inputs) {
    if (!inputs?.[0]) throw new Unknown('The input is not known before the layer is used.');
    const { kernel, letters } = einsum(config, inputs[0]);
    const bias = [...config.text('bias_axes', '')].map((letter) => known(letters.get(letter) ?? null, 'The size of the bias'));
    return bias.length ? kernel.plus(product(bias)) : kernel;
  },
};

const prelu: LayerRule = {
  args: ['alpha_initializer', 'alpha_regularizer', 'alpha_constraint', 'shared_axes'],
  output: same,
  parameters(config, inputs) {
    if (!inputs?.[0] || inputs[0].lead) throw new Unknown('The input is not known before the layer is used.');
    const value = config.get('shared_axes');
    const shared = value && (value.t === 'list' || value.t === 'tuple') ? value.items.map((item) => asSym(item)?.value) : value ? [asSym(value)?.value] : [];
    return known(elements(inputs[0].dims.slice(1).map((dim, i) => (shared.includes(i + 1) ? int(1) : dim))), 'The size of the input');
  },
};

export const kerasRules: Readonly<Record<string, LayerRule>> = {
  Dense: dense,
  EinsumDense: einsumDense,
  Conv1D: convolution(1), Conv2D: convolution(2), Conv3D: convolution(3),
  Conv1DTranspose: convolutionTranspose(1), Conv2DTranspose: convolutionTranspose(2), Conv3DTranspose: convolutionTranspose(3),
  SeparableConv1D: depthwise(1, true), SeparableConv2D: depthwise(2, true),
  DepthwiseConv1D: depthwise(1, false), DepthwiseConv2D: depthwise(2, false),
  ConvLSTM1D: convLstm(1), ConvLSTM2D: convLstm(2), ConvLSTM3D: convLstm(3),
  MaxPooling1D: pooling(1), MaxPooling2D: pooling(2), MaxPooling3D: pooling(3),
  AveragePooling1D: pooling(1), AveragePooling2D: pooling(2), AveragePooling3D: pooling(3),
  GlobalMaxPooling1D: globalPooling(1), GlobalMaxPooling2D: globalPooling(2), GlobalMaxPooling3D: globalPooling(3),
  GlobalAveragePooling1D: globalPooling(1), GlobalAveragePooling2D: globalPooling(2), GlobalAveragePooling3D: globalPooling(3),
  ZeroPadding1D: padded(1, 'padding'), ZeroPadding2D: padded(2, 'padding'), ZeroPadding3D: padded(3, 'padding'),
  Cropping1D: padded(1, 'cropping'), Cropping2D: padded(2, 'cropping'), Cropping3D: padded(3, 'cropping'),
  UpSampling1D: upSampling(1), UpSampling2D: upSampling(2), UpSampling3D: upSampling(3),
  Resizing: resized, CenterCrop: resized, RandomCrop: resized,
  Flatten: flattened, Reshape: reshape, Permute: permute,
  RepeatVector: { args: ['n'], output: (config, [input]) => ({ dims: [dimAt(input!, 0), config.int('n'), dimAt(input!, -1)] }) },
  BatchNormalization: { args: ['axis', 'momentum', 'epsilon', 'center', 'scale'], output: same, parameters: (config, inputs) => normalised(config, inputs, { each: ['center', 'scale'], always: 2 }) },
  LayerNormalization: { args: ['axis', 'epsilon', 'center', 'scale'], output: same, parameters: (config, inputs) => normalised(config, inputs, { each: ['center', 'scale'], always: 0 }) },
  RMSNormalization: { args: ['axis', 'epsilon'], output: same, parameters: (config, inputs) => normalised(config, inputs, { each: [], always: 1 }) },
  GroupNormalization: { args: ['groups', 'axis', 'epsilon', 'center', 'scale'], output: same, parameters: (config, inputs) => normalised(config, inputs, { each: ['center', 'scale'], always: 0 }) },
  Normalization: { args: ['axis', 'mean', 'variance'], output: same, parameters: (config, inputs) => (config.has('mean') ? int(0) : normalised(config, inputs, { each: [], always: 2 }).plus(1)) },
  UnitNormalization: unchanged('axis'),
  Activation: unchanged('activation'), ReLU: unchanged('max_value'), LeakyReLU: unchanged('alpha'), ELU: unchanged('alpha'), ThresholdedReLU: unchanged('theta'), Softmax: unchanged('axis'), PReLU: prelu,
  Dropout: unchanged('rate'), GaussianDropout: unchanged('rate'), GaussianNoise: unchanged('stddev'), AlphaDropout: unchanged('rate'), ActivityRegularization: unchanged('l1'), Masking: unchanged('mask_value'),
  SpatialDropout1D: unchanged('rate'), SpatialDropout2D: pictures('rate'), SpatialDropout3D: unchanged('rate'), Identity: unchanged(),
  Rescaling: unchanged('scale', 'offset'),
  RandomFlip: pictures('mode'), RandomRotation: pictures('factor'), RandomZoom: pictures('height_factor'), RandomTranslation: pictures('height_factor', 'width_factor'),
  RandomContrast: pictures('factor'), RandomBrightness: pictures('factor'), RandomSaturation: pictures('factor'), RandomHue: pictures('factor'), RandomShear: pictures('x_factor'), RandomSharpness: pictures('factor'), RandomColorJitter: pictures(), RandomGaussianBlur: pictures('factor'), RandomPosterization: pictures('factor'), RandomInvert: pictures('factor'), RandomGrayscale: pictures('factor'), RandomErasing: pictures('factor'), RandAugment: pictures(), AutoContrast: pictures(), Equalization: pictures(), Solarization: pictures(),
  Add: elementwise, Subtract: elementwise, Multiply: elementwise, Average: elementwise, Maximum: elementwise, Minimum: elementwise,
  Concatenate: merge((config, inputs) => {
    const axis = config.int('axis', -1).value;
    if (axis === undefined) throw new Unknown('axis is not known here.');
    return concatenated(inputs, axis);
  }, 'axis'),
  Dot: dot,
  CategoryEncoding: { args: ['num_tokens', 'output_mode'], output: (config, [input]) => ({ dims: [dimAt(input!, 0), config.int('num_tokens')] }) },
  Discretization: unchanged('bin_boundaries'), Hashing: unchanged('num_bins'),
  ...kerasSequenceRules,
};

/** Older names of the same layers. */
export const kerasAliases: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D', Convolution2D: 'Conv2D', Convolution3D: 'Conv3D', Convolution2DTranspose: 'Conv2DTranspose', Convolution3DTranspose: 'Conv3DTranspose', Deconvolution2D: 'Conv2DTranspose', Deconv2D: 'Conv2DTranspose', SeparableConvolution1D: 'SeparableConv1D', SeparableConvolution2D: 'SeparableConv2D',
  MaxPool1D: 'MaxPooling1D', MaxPool2D: 'MaxPooling2D', MaxPool3D: 'MaxPooling3D', AvgPool1D: 'AveragePooling1D', AvgPool2D: 'AveragePooling2D', AvgPool3D: 'AveragePooling3D',
  GlobalMaxPool1D: 'GlobalMaxPooling1D', GlobalMaxPool2D: 'GlobalMaxPooling2D', GlobalMaxPool3D: 'GlobalMaxPooling3D', GlobalAvgPool1D: 'GlobalAveragePooling1D', GlobalAvgPool2D: 'GlobalAveragePooling2D', GlobalAvgPool3D: 'GlobalAveragePooling3D',
  CuDNNLSTM: 'LSTM', CuDNNGRU: 'GRU', SyncBatchNormalization: 'BatchNormalization', LayerNorm: 'LayerNormalization',
};

export function kerasRule(name: string): { name: string; rule: LayerRule } | undefined {
  const current = Object.hasOwn(kerasAliases, name) ? kerasAliases[name]! : name;
  return Object.hasOwn(kerasRules, current) ? { name, rule: kerasRules[current]! } : undefined;
}

export const imageHint = (): Shape => shape('N', 'H', 'W', 'C');
