/** Keras' layers with windows: convolutions, pooling, padding, cropping, resizing. TensorFlow.js has the same. */
import { dimAt, elements, int, known, rank, shape, windows, type Shape, type Size } from './shape';
import { product, type Sym, Unknown } from './symbolic';
import { asSym, type Arguments, type LayerRule, type Value } from './values';

interface Parts { readonly batch: Size; readonly channels: Size; readonly spatial: readonly Size[]; readonly first: boolean }

function parts(config: Arguments, input: Shape, count: number, what: string): Parts {
  const [batch, ...rest] = rank(input, count + 2, what);
  const first = config.text('data_format', 'channels_last') === 'channels_first';
  return first ? { batch: batch!, channels: rest[0]!, spatial: rest.slice(1), first } : { batch: batch!, channels: rest.at(-1)!, spatial: rest.slice(0, -1), first };
}

const whole = ({ batch, first }: Parts, channels: Size, spatial: readonly Size[]): Shape => ({ dims: first ? [batch, channels, ...spatial] : [batch, ...spatial, channels] });

/** What a layer for images, sequences or volumes gets where nobody says: a batch, named sizes, channels. */
export const spatialHint = (count: number) => (config: Arguments): Shape => {
  const names = count === 1 ? ['L'] : count === 2 ? ['H', 'W'] : ['D', 'H', 'W'];
  return config.has('data_format') && config.text('data_format', '') === 'channels_first' ? shape('N', 'C', ...names) : shape('N', ...names, 'C');
};

/** 'same' pads to ⌈n / stride⌉ windows, as 'causal' does; 'valid' pads nothing. */
function slide(size: Size, kernel: Sym, stride: Sym, dilation: Sym, padding: string): Size {
  if (size === null) return null;
  if (padding === 'valid') return windows(size, { kernel, stride, dilation }, int(0));
  if (padding !== 'same' && padding !== 'causal') throw new Unknown(`padding "${padding.slice(0, 40)}" is none that Keras has.`);
  return size.plus(stride).minus(1).floorDiv(stride);
}

const channelsOf = (config: Arguments, inputs: readonly Shape[] | undefined, count: number, what: string): Sym => {
  if (!inputs?.[0]) throw new Unknown('The number of input channels is not known before the layer is used.');
  return known(parts(config, inputs[0], count, what).channels, 'The number of input channels');
};
const bias = (config: Arguments, size: Sym): Sym => (config.flag('use_bias', true) ? size : int(0));

export function convolution(count: number): LayerRule {
  const what = `Conv${count}D`;
  return {
    args: ['filters', 'kernel_size', 'strides', 'padding', 'data_format', 'dilation_rate', 'groups', 'activation', 'use_bias'],
    hint: spatialHint(count),
    output(config, [input]) {
      const at = parts(config, input!, count, what);
      const [kernel, stride, dilation] = [config.ints('kernel_size', count), config.ints('strides', count, 1), config.ints('dilation_rate', count, 1)];
      const padding = config.text('padding', 'valid');
      return whole(at, config.int('filters'), at.spatial.map((size, i) => slide(size, kernel[i]!, stride[i]!, dilation[i]!, padding)));
    },
    parameters(config, inputs) {
      const [filters, groups, channels] = [config.int('filters'), config.int('groups', 1), channelsOf(config, inputs, count, what)];
      return product(config.ints('kernel_size', count)).times(channels.times(filters).floorDiv(groups)).plus(bias(config, filters));
    },
    note(config, [input]) {
      const { channels } = parts(config, input!, count, what);
      const groups = config.int('groups', 1);
      return channels && (channels.mod(groups).value ?? 0) !== 0 ? `${channels.print()} channels cannot be divided into ${groups.print()} groups.` : undefined;
    },
  };
}

export function convolutionTranspose(count: number): LayerRule {
  const what = `Conv${count}DTranspose`;
  return {
    args: ['filters', 'kernel_size', 'strides', 'padding', 'output_padding', 'data_format', 'dilation_rate', 'activation', 'use_bias'],
    hint: spatialHint(count),
    output(config, [input]) {
      const at = parts(config, input!, count, what);
      const [kernel, stride, dilation] = [config.ints('kernel_size', count), config.ints('strides', count, 1), config.ints('dilation_rate', count, 1)];
      const same = config.text('padding', 'valid') === 'same';
      const extra = config.get('output_padding') ? config.ints('output_padding', count) : undefined;
      return whole(at, config.int('filters'), at.spatial.map((size, i) => {
        if (size === null) return null;
        const reach = kernel[i]!.minus(1).times(dilation[i]!).plus(1);
        if (extra) return size.minus(1).times(stride[i]!).plus(reach).minus(same ? reach.floorDiv(2).times(2) : 0).plus(extra[i]!);
        if (same) return size.times(stride[i]!);
        const beyond = reach.minus(stride[i]!);
        return beyond.value === undefined ? null : size.times(stride[i]!).plus(Math.max(0, beyond.value));
      }));
    },
    parameters(config, inputs) {
      const filters = config.int('filters');
      return product([...config.ints('kernel_size', count), channelsOf(config, inputs, count, what), filters]).plus(bias(config, filters));
    },
  };
}

/** Depthwise, and depthwise with a 1×1 convolution after it. */
export function depthwise(count: number, separable: boolean): LayerRule {
  const what = `${separable ? 'Separable' : 'Depthwise'}Conv${count}D`;
  const multiplier = (config: Arguments): Sym => config.int('depth_multiplier', 1);
  return {
    args: separable
      ? ['filters', 'kernel_size', 'strides', 'padding', 'data_format', 'dilation_rate', 'depth_multiplier', 'activation', 'use_bias']
      : ['kernel_size', 'strides', 'padding', 'depth_multiplier', 'data_format', 'dilation_rate', 'activation', 'use_bias'],
    hint: spatialHint(count),
    output(config, [input]) {
      const at = parts(config, input!, count, what);
      const [kernel, stride, dilation] = [config.ints('kernel_size', count), config.ints('strides', count, 1), config.ints('dilation_rate', count, 1)];
      const padding = config.text('padding', 'valid');
      const channels = separable ? config.int('filters') : at.channels && at.channels.times(multiplier(config));
      return whole(at, channels, at.spatial.map((size, i) => slide(size, kernel[i]!, stride[i]!, dilation[i]!, padding)));
    },
    parameters(config, inputs) {
      const inner = channelsOf(config, inputs, count, what).times(multiplier(config));
      const deep = product([...config.ints('kernel_size', count), inner]);
      return separable ? deep.plus(inner.times(config.int('filters'))).plus(bias(config, config.int('filters'))) : deep.plus(bias(config, inner));
    },
  };
}

export function pooling(count: number): LayerRule {
  return {
    args: ['pool_size', 'strides', 'padding', 'data_format'],
    hint: spatialHint(count),
    output(config, [input]) {
      const at = parts(config, input!, count, `A pooling layer of ${count} dimensions`);
      const kernel = config.ints('pool_size', count, 2);
      const stride = config.ints('strides', count, kernel);
      const padding = config.text('padding', 'valid');
      return whole(at, at.channels, at.spatial.map((size, i) => slide(size, kernel[i]!, stride[i]!, int(1), padding)));
    },
  };
}

export function globalPooling(count: number): LayerRule {
  return {
    args: ['data_format', 'keepdims'],
    hint: spatialHint(count),
    output(config, [input]) {
      const at = parts(config, input!, count, `A global pooling layer of ${count} dimensions`);
      return config.flag('keepdims', false) ? whole(at, at.channels, at.spatial.map(() => int(1))) : { dims: [at.batch, at.channels] };
    },
  };
}

/** Amounts before and after each spatial dim: 1, (1, 2) or ((1, 2), (3, 4)). */
function sides(config: Arguments, name: string, count: number): Sym {
  const value = config.get(name);
  if (value === undefined) return int(2);
  return both(value, name, count);
}
function both(value: Value, name: string, _count: number): Sym {
  const one = asSym(value);
  if (one) return one.times(2);
  if (value.t !== 'list' && value.t !== 'tuple') throw new Unknown(`${name} is not known here.`);
  return value.items.map((item) => {
    const sym = asSym(item);
    if (!sym) throw new Unknown(`${name} is not known here.`);
    return sym;
  }).reduce((a, b) => a.plus(b), int(0));
}

export function padded(count: number, name: 'padding' | 'cropping'): LayerRule {
  const sign = name === 'padding' ? 1 : -1;
  return {
    args: [name, 'data_format'],
    hint: spatialHint(count),
    output(config, [input]) {
      const at = parts(config, input!, count, `A ${name} layer of ${count} dimensions`);
      const value = config.get(name);
      const each = count > 1 && value && (value.t === 'list' || value.t === 'tuple') ? value.items : undefined;
      if (each && each.length !== count) throw new Unknown(`${name} has ${each.length} entries where ${count} are expected.`);
      // Cropping2D and 3D crop nothing and 1 by default; padding is 1 everywhere.
      const amount = (i: number): Sym => (value === undefined && name === 'cropping' && count === 2 ? int(0) : each ? both(each[i]!, name, 1) : sides(config, name, count));
      return whole(at, at.channels, at.spatial.map((size, i) => size && size.plus(amount(i).times(sign))));
    },
  };
}

export function upSampling(count: number): LayerRule {
  return {
    args: count === 2 ? ['size', 'data_format', 'interpolation'] : ['size', 'data_format'],
    hint: spatialHint(count),
    output(config, [input]) {
      const at = parts(config, input!, count, `UpSampling${count}D`);
      const factors = config.ints('size', count, 2);
      return whole(at, at.channels, at.spatial.map((size, i) => size && size.times(factors[i]!)));
    },
  };
}

/** Layers that set height and width, of one picture or a batch. */
export const resized: LayerRule = {
  args: ['height', 'width'],
  hint: spatialHint(2),
  output(config, [input]) {
    if (input!.lead || input!.dims.length < 3) throw new Unknown('A picture with three or four dimensions is expected.');
    const [height, width] = [config.int('height'), config.int('width')];
    const first = config.text('data_format', 'channels_last') === 'channels_first';
    const before = input!.dims.slice(0, -3);
    const channels = dimAt(input!, first ? -3 : -1);
    return { dims: first ? [...before, channels, height, width] : [...before, height, width, channels] };
  },
};

/** Recurrent with convolutions: four gates, each over the input and over the state. */
export function convLstm(count: number): LayerRule {
  const what = `ConvLSTM${count}D`;
  const inner = (input: Shape): Shape => ({ dims: input.dims.filter((_, i) => i !== 1) });
  return {
    args: ['filters', 'kernel_size', 'strides', 'padding', 'data_format', 'dilation_rate', 'activation', 'recurrent_activation', 'use_bias'],
    output(config, [input]) {
      const [, time] = rank(input!, count + 3, what);
      const out = convolution(count).output(config, [inner(input!)]) as Shape;
      const last = out;
      const all: Shape = { dims: [out.dims[0]!, time!, ...out.dims.slice(1)] };
      const result = config.flag('return_sequences', false) ? all : last;
      return config.flag('return_state', false) ? [result, last, last] : result;
    },
    parameters(config, inputs) {
      if (!inputs?.[0]) throw new Unknown('The number of input channels is not known before the layer is used.');
      const channels = known(parts(config, inner(inputs[0]), count, what).channels, 'The number of input channels');
      const filters = config.int('filters');
      return product(config.ints('kernel_size', count)).times(channels.plus(filters)).times(filters).times(4).plus(bias(config, filters.times(4)));
    },
  };
}

export const flattened: LayerRule = {
  args: ['data_format'],
  output(_config, [input]) {
    if (input!.lead) throw new Unknown('How many elements come in is not known here.');
    const [batch, ...rest] = input!.dims;
    return { dims: [batch ?? null, elements(rest)] };
  },
};
