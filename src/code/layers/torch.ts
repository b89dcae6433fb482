/** PyTorch's modules: parameters from the constructor alone, dims from the formulas of its documentation. */
import { anyLead, broadcast, dimAt, elements, int, shape, windows, withDim, type Output, type Shape, type Size } from './shape';
import { product, sum, Sym, Unknown } from './symbolic';
import { torchSequenceRules } from './torchSequence';
import { asSym, type Arguments, type LayerRule } from './values';

const spatialNames = (count: number): string[] => (count === 1 ? ['L'] : count === 2 ? ['H', 'W'] : ['D', 'H', 'W']);

/** (N, C, …) or, without a batch, (C, …). */
function split(input: Shape, count: number, what: string): { before: readonly Size[]; channels: Size; spatial: readonly Size[] } {
  if (input.lead) {
    return { before: [], channels: dimAt(input, -count - 1), spatial: input.dims.slice(-count) };
  }
  const { dims } = input;
  if (dims.length !== count + 1 && dims.length !== count + 2) throw new Unknown(`${what} expects ${count + 2} dimensions, gets ${dims.length}.`);
  return { before: dims.slice(0, -count - 1), channels: dims[dims.length - count - 1]!, spatial: dims.slice(-count) };
}

/** 'expects 3 channels, gets 1', where both are known and differ. */
function expects(expected: Sym, found: Size, what: string): string | undefined {
  return found && expected.differs(found) ? `It expects ${expected.print()} ${what}, gets ${found.print()}.` : undefined;
}

function padding(config: Arguments, count: number, reach: readonly Sym[]): Sym[] {
  const value = config.get('padding');
  if (value?.t === 'string') {
    if (value.value === 'same') return reach.map((size) => size.minus(1));
    return reach.map(() => int(0));
  }
  return config.ints('padding', count, 0).map((size) => size.times(2));
}

function convolution(count: number, lazy = false): LayerRule {
  const what = `Conv${count}d`;
  const args = ['in_channels', 'out_channels', 'kernel_size', 'stride', 'padding', 'dilation', 'groups', 'bias'];
  return {
    args: lazy ? args.slice(1) : args,
    hint: (config) => shape('N', lazy ? 'C' : config.int('in_channels'), ...spatialNames(count)),
    output(config, [input]) {
      const { before, spatial } = split(input!, count, what);
      const [kernel, stride, dilation] = [config.ints('kernel_size', count), config.ints('stride', count, 1), config.ints('dilation', count, 1)];
      const pads = padding(config, count, kernel.map((size, i) => size.minus(1).times(dilation[i]!).plus(1)));
      return { ...input!, dims: [...before, config.int('out_channels'), ...spatial.map((size, i) => windows(size, { kernel: kernel[i]!, stride: stride[i]!, dilation: dilation[i]! }, pads[i]!))] };
    },
    parameters(config, inputs) {
      const out = config.int('out_channels');
      const input = lazy ? inputs?.[0] && split(inputs[0], count, what).channels : config.int('in_channels');
      if (!input) throw new Unknown('The number of input channels is not known before the layer is used.');
      return product(config.ints('kernel_size', count)).times(input.times(out).floorDiv(config.int('groups', 1))).plus(config.flag('bias', true) ? out : 0);
    },
    note: (config, [input]) => (lazy ? undefined : expects(config.int('in_channels'), split(input!, count, what).channels, 'channels')),
  };
}

function transposed(count: number): LayerRule {
  const what = `ConvTranspose${count}d`;
  return {
    args: ['in_channels', 'out_channels', 'kernel_size', 'stride', 'padding', 'output_padding', 'groups', 'bias', 'dilation'],
    hint: (config) => shape('N', config.int('in_channels'), ...spatialNames(count)),
    output(config, [input]) {
      const { before, spatial } = split(input!, count, what);
      const [kernel, stride, pad, extra, dilation] = (['kernel_size', 'stride', 'padding', 'output_padding', 'dilation'] as const).map((name) => config.ints(name, count, name === 'kernel_size' ? undefined : name.endsWith('padding') ? 0 : 1)) as [Sym[], Sym[], Sym[], Sym[], Sym[]];
      return { ...input!, dims: [...before, config.int('out_channels'), ...spatial.map((size, i) => size && size.minus(1).times(stride[i]!).minus(pad[i]!.times(2)).plus(dilation[i]!.times(kernel[i]!.minus(1))).plus(extra[i]!).plus(1))] };
    },
    parameters: (config) => product(config.ints('kernel_size', count)).times(config.int('in_channels').times(config.int('out_channels')).floorDiv(config.int('groups', 1))).plus(config.flag('bias', true) ? config.int('out_channels') : 0),
    note: (config, [input]) => expects(config.int('in_channels'), split(input!, count, what).channels, 'channels'),
  };
}

/** With ceil_mode the last window may hang over the end, but must begin inside the input or its left padding. */
function pooledSize(size: Size, kernel: Sym, stride: Sym, pad: Sym, dilation: Sym, ceil: boolean): Size {
  const plain = windows(size, { kernel, stride, dilation }, pad.times(2), ceil);
  if (!ceil || !size || !plain) return plain;
  const begin = plain.minus(1).times(stride).minus(size.plus(pad)).value;
  if (begin !== undefined) return begin >= 0 ? plain.minus(1) : plain;
  const never = kernel.minus(stride).minus(pad).value;
  return dilation.constant === 1 && never !== undefined && never >= 0 ? plain : null;
}

function pooling(count: number, kind: 'Max' | 'Avg' | 'LP'): LayerRule {
  const what = `${kind}Pool${count}d`;
  return {
    args: kind === 'Max' ? ['kernel_size', 'stride', 'padding', 'dilation', 'return_indices', 'ceil_mode'] : kind === 'Avg' ? ['kernel_size', 'stride', 'padding', 'ceil_mode'] : ['norm_type', 'kernel_size', 'stride', 'ceil_mode'],
    hint: () => shape('N', 'C', ...spatialNames(count)),
    output(config, [input]) {
      const { before, channels, spatial } = split(input!, count, what);
      const kernel = config.ints('kernel_size', count);
      const stride = config.ints('stride', count, kernel);
      const [pad, dilation, ceil] = [config.ints('padding', count, 0), config.ints('dilation', count, 1), config.flag('ceil_mode', false)];
      const result: Shape = { ...input!, dims: [...before, channels, ...spatial.map((size, i) => pooledSize(size, kernel[i]!, stride[i]!, pad[i]!, dilation[i]!, ceil))] };
      return kind === 'Max' && config.flag('return_indices', false) ? [result, result] : result;
    },
  };
}

function adaptive(count: number): LayerRule {
  return {
    args: ['output_size', 'return_indices'],
    hint: () => shape('N', 'C', ...spatialNames(count)),
    output(config, [input]) {
      const { before, channels, spatial } = split(input!, count, `An adaptive pooling layer of ${count} dimensions`);
      const value = config.get('output_size');
      const items = value && (value.t === 'list' || value.t === 'tuple') ? value.items : Array.from({ length: count }, () => value ?? { t: 'none' as const });
      return { ...input!, dims: [...before, channels, ...spatial.map((size, i) => (items[i]?.t === 'none' ? size : asSym(items[i]) ?? null))] };
    },
  };
}

const linear = (lazy = false): LayerRule => ({
  args: lazy ? ['out_features', 'bias'] : ['in_features', 'out_features', 'bias'],
  hint: (config) => anyLead(lazy ? Sym.symbol('features') : config.int('in_features')),
  output: (config, [input]) => withDim(input!, -1, config.int('out_features')),
  parameters(config, inputs) {
    const out = config.int('out_features');
    const input = lazy ? inputs?.[0] && dimAt(inputs[0], -1) : config.int('in_features');
    if (!input) throw new Unknown('The number of input features is not known before the layer is used.');
    return input.times(out).plus(config.flag('bias', true) ? out : 0);
  },
  note: (config, [input]) => (lazy ? undefined : expects(config.int('in_features'), dimAt(input!, -1), 'features')),
});

const same: LayerRule['output'] = (_config, [input]) => input;
const unchanged = (...args: string[]): LayerRule => ({ args, output: same });

function batchNorm(count: number | undefined, affine: boolean, lazy = false): LayerRule {
  return {
    args: lazy ? ['eps'] : ['num_features', 'eps', 'momentum', 'affine'],
    hint: lazy ? undefined : (config) => (count === undefined || count === 1 ? shape('N', config.int('num_features')) : shape('N', config.int('num_features'), ...spatialNames(count))),
    output: same,
    parameters(config, inputs) {
      if (!config.flag('affine', affine)) return int(0);
      const size = lazy ? inputs?.[0] && dimAt(inputs[0], 1) : config.int('num_features');
      if (!size) throw new Unknown('The number of input channels is not known before the layer is used.');
      return size.times(2);
    },
    note(config, [input]) {
      if (lazy || input!.lead) return undefined;
      if (count !== undefined && count > 1 && input!.dims.length !== count + 2 && input!.dims.length !== count + 1) return `It expects ${count + 2} dimensions, gets ${input!.dims.length}.`;
      return expects(config.int('num_features'), input!.dims.length === 1 ? null : input!.dims[count !== undefined && input!.dims.length === count + 1 && count > 1 ? 0 : 1] ?? null, 'channels');
    },
  };
}

/** Size of normalized_shape: a number or several. */
const normalizedShape = (config: Arguments): Sym[] => {
  const value = config.get('normalized_shape');
  const items = value && (value.t === 'list' || value.t === 'tuple') ? value.items : [value];
  return items.map((item) => {
    const sym = asSym(item);
    if (!sym) throw new Unknown('normalized_shape is not known here.');
    return sym;
  });
};
const layerNorm = (vectors: (config: Arguments) => number): LayerRule => ({
  args: ['normalized_shape', 'eps', 'elementwise_affine', 'bias'],
  hint: (config) => anyLead(...normalizedShape(config)),
  output: same,
  parameters: (config) => (config.flag('elementwise_affine', true) ? product(normalizedShape(config)).times(vectors(config)) : int(0)),
  note: (config, [input]) => expects(normalizedShape(config).at(-1)!, dimAt(input!, -1), 'features'),
});

function padLayer(count: number, fixed = false): LayerRule {
  return {
    args: fixed ? ['padding', 'value'] : ['padding'],
    output(config, [input]) {
      const { before, channels, spatial } = split(input!, count, `A padding layer of ${count} dimensions`);
      // Pairs from the last dim to the first.
      const amounts = config.ints('padding', 2 * count);
      return { ...input!, dims: [...before, channels, ...spatial.map((size, i) => size && size.plus(sum(amounts.slice(2 * (count - 1 - i), 2 * (count - i)))))] };
    },
  };
}

const flatten: LayerRule = {
  args: ['start_dim', 'end_dim'],
  output: (config, [input]) => flattenDims(input!, config.int('start_dim', 1), config.int('end_dim', -1)),
};
export function flattenDims(input: Shape, from: Sym, to: Sym): Shape {
  const [start, end] = [from.value, to.value];
  if (input.lead || start === undefined || end === undefined) throw new Unknown('How many dimensions are flattened is not known here.');
  const first = start < 0 ? start + input.dims.length : start;
  const last = end < 0 ? end + input.dims.length : end;
  if (first >= input.dims.length || last < first) throw new Unknown(`Dimensions ${start} to ${end} are not there: ${input.dims.length} come in.`);
  return { dims: [...input.dims.slice(0, first), elements(input.dims.slice(first, last + 1)), ...input.dims.slice(last + 1)] };
}

const unflatten: LayerRule = {
  args: ['dim', 'unflattened_size'],
  output(config, [input]) {
    const at = config.int('dim').value;
    const value = config.get('unflattened_size');
    if (at === undefined || input!.lead || !value || (value.t !== 'list' && value.t !== 'tuple')) throw new Unknown('unflattened_size is not known here.');
    const index = at < 0 ? at + input!.dims.length : at;
    const sizes = value.items.map((item) => asSym(item) ?? null);
    const rest = elements(sizes.filter((size) => size?.constant !== -1));
    const whole = input!.dims[index] ?? null;
    const filled = sizes.map((size) => (size?.constant === -1 ? (whole && rest ? whole.dividedBy(rest) ?? null : null) : size));
    return { dims: [...input!.dims.slice(0, index), ...filled, ...input!.dims.slice(index + 1)] };
  },
};

/** size, or the input's times a factor: rounded down. */
export function upsampled(config: Arguments, input: Shape): Shape {
  if (input.lead || input.dims.length < 3) throw new Unknown('A batch with channels is expected.');
  const count = input.dims.length - 2;
  const head = input.dims.slice(0, 2);
  if (config.get('size')) return { dims: [...head, ...config.ints('size', count)] };
  const value = config.get('scale_factor');
  const items = value && (value.t === 'list' || value.t === 'tuple') ? value.items : Array.from({ length: count }, () => value);
  return {
    dims: [...head, ...input.dims.slice(2).map((size, i) => {
      const item = items[i];
      const factor = asSym(item);
      if (!size) return null;
      if (factor) return size.times(factor);
      if (item?.t !== 'float') throw new Unknown('scale_factor is not known here.');
      const [whole, inverse] = [size.value, 1 / item.value];
      return whole !== undefined ? int(Math.floor(whole * item.value)) : Number.isInteger(inverse) ? size.floorDiv(inverse) : null;
    })],
  };
}

const pixelShuffle = (up: boolean): LayerRule => ({
  args: [up ? 'upscale_factor' : 'downscale_factor'],
  output(config, [input]) {
    const { before, channels, spatial } = split(input!, 2, 'PixelShuffle');
    const factor = config.int(up ? 'upscale_factor' : 'downscale_factor');
    const square = factor.times(factor);
    if (up) return { dims: [...before, channels && channels.floorDiv(square), ...spatial.map((size) => size && size.times(factor))] };
    return { dims: [...before, channels && channels.times(square), ...spatial.map((size) => size && size.floorDiv(factor))] };
  },
});

/** Each dim's figures by name; without the digit for those that have none. */
const each = (name: string, make: (count: number) => LayerRule): Record<string, LayerRule> => Object.fromEntries([1, 2, 3].map((count) => [`${name}${count}d`, make(count)]));
const activations = ['ReLU', 'ReLU6', 'LeakyReLU', 'ELU', 'SELU', 'CELU', 'GELU', 'SiLU', 'Mish', 'Sigmoid', 'Tanh', 'Softmax', 'LogSoftmax', 'Softmax2d', 'Softmin', 'Softplus', 'Softsign', 'Softshrink', 'Hardswish', 'Hardsigmoid', 'Hardtanh', 'Hardshrink', 'Tanhshrink', 'LogSigmoid', 'RReLU', 'Threshold', 'Identity', 'Dropout', 'Dropout1d', 'Dropout2d', 'Dropout3d', 'AlphaDropout', 'FeatureAlphaDropout', 'LocalResponseNorm', 'ChannelShuffle', 'CrossMapLRN2d'];

export const torchRules: Readonly<Record<string, LayerRule>> = {
  ...Object.fromEntries(activations.map((name) => [name, unchanged()])),
  ...each('Conv', (count) => convolution(count)), ...each('LazyConv', (count) => convolution(count, true)), ...each('ConvTranspose', transposed),
  ...each('MaxPool', (count) => pooling(count, 'Max')), ...each('AvgPool', (count) => pooling(count, 'Avg')), ...each('LPPool', (count) => pooling(count, 'LP')),
  ...each('AdaptiveAvgPool', adaptive), ...each('AdaptiveMaxPool', adaptive),
  ...each('BatchNorm', (count) => batchNorm(count, true)), ...each('LazyBatchNorm', (count) => batchNorm(count, true, true)), ...each('InstanceNorm', (count) => batchNorm(count, false)),
  SyncBatchNorm: batchNorm(undefined, true),
  ...each('ZeroPad', (count) => padLayer(count)), ...each('ReflectionPad', (count) => padLayer(count)), ...each('ReplicationPad', (count) => padLayer(count)), ...each('CircularPad', (count) => padLayer(count)), ...each('ConstantPad', (count) => padLayer(count, true)),
  Linear: linear(), LazyLinear: linear(true), NonDynamicallyQuantizableLinear: linear(),
  Bilinear: {
    args: ['in1_features', 'in2_features', 'out_features', 'bias'],
    output: (config, [input]) => withDim(input!, -1, config.int('out_features')),
    parameters: (config) => config.int('in1_features').times(config.int('in2_features')).times(config.int('out_features')).plus(config.flag('bias', true) ? config.int('out_features') : 0),
  },
  PReLU: { args: ['num_parameters'], output: same, parameters: (config) => config.int('num_parameters', 1) },
  GLU: {
    args: ['dim'],
    output(config, [input]) {
      const at = config.int('dim', -1).value;
      const size = at === undefined ? null : dimAt(input!, at);
      return at === undefined ? undefined : withDim(input!, at, size && size.floorDiv(2));
    },
  },
  LayerNorm: layerNorm((config) => (config.flag('bias', true) ? 2 : 1)), RMSNorm: layerNorm(() => 1),
  GroupNorm: {
    args: ['num_groups', 'num_channels', 'eps', 'affine'], output: same,
    parameters: (config) => (config.flag('affine', true) ? config.int('num_channels').times(2) : int(0)),
    note: (config, [input]) => (input!.lead ? undefined : expects(config.int('num_channels'), dimAt(input!, 1), 'channels')),
  },
  Flatten: flatten, Unflatten: unflatten,
  Upsample: { args: ['size', 'scale_factor', 'mode'], output: (config, [input]) => upsampled(config, input!) },
  UpsamplingNearest2d: { args: ['size', 'scale_factor'], output: (config, [input]) => upsampled(config, input!) },
  UpsamplingBilinear2d: { args: ['size', 'scale_factor'], output: (config, [input]) => upsampled(config, input!) },
  PixelShuffle: pixelShuffle(true), PixelUnshuffle: pixelShuffle(false),
  Unfold: {
    args: ['kernel_size', 'dilation', 'padding', 'stride'],
    output(config, [input]) {
      const { before, channels, spatial } = split(input!, 2, 'Unfold');
      const [kernel, dilation, pad, stride] = [config.ints('kernel_size', 2), config.ints('dilation', 2, 1), config.ints('padding', 2, 0), config.ints('stride', 2, 1)];
      return { dims: [...before, channels && channels.times(product(kernel)), elements(spatial.map((size, i) => windows(size, { kernel: kernel[i]!, stride: stride[i]!, dilation: dilation[i]! }, pad[i]!.times(2))))] };
    },
  },
  CosineSimilarity: {
    args: ['dim'],
    output(config, inputs): Output {
      const wide = inputs.reduce(broadcast);
      const at = config.int('dim', 1).value;
      if (at === undefined || wide.lead) return undefined;
      return { dims: wide.dims.filter((_, i) => i !== (at < 0 ? at + wide.dims.length : at)) };
    },
  },
  ...torchSequenceRules,
};

export function torchRule(name: string): { name: string; rule: LayerRule } | undefined {
  return Object.hasOwn(torchRules, name) ? { name: `nn.${name}`, rule: torchRules[name]! } : undefined;
}
