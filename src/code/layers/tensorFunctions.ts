/** Functions and methods that make tensors of tensors: torch.*, torch.nn.functional.*, x.view(…), tf.*, keras.ops.*. */
import { sizeOf, sizeValue, shapeValue } from './access';
import { multiplied } from './expressions';
import type { Machine } from './machine';
import { broadcast, concatenated, dimAt, elements, int, reshaped, type Output, type Shape, type Size } from './shape';
import type { Sym} from './symbolic';
import { sum, Unknown } from './symbolic';
import { flattenDims, torchRules, upsampled } from './torch';
import { sizesOf } from './torchSequence';
import { Arguments, asSym, number, opaque, tensor, truth, tuple, type TensorValue, type Value } from './values';

export interface Given { readonly values: readonly Value[]; readonly named: ReadonlyMap<string, Value>; readonly open?: boolean }

/** Positional values and options under the names that the callee gives them. */
export function bind(names: readonly string[], { values, named, open }: Given): Arguments {
  const bound = new Map(named);
  values.forEach((value, i) => names[i] && !bound.has(names[i]) && bound.set(names[i], value));
  return new Arguments(bound, open ?? false);
}

interface Made { readonly output: Output; readonly note?: string }
type Operation = (m: Machine, inputs: readonly TensorValue[], given: Given) => Made;

const shapeOf = (input: TensorValue | undefined): Shape => {
  if (!input?.shape) throw new Unknown(input?.why ?? 'The dims of its input are not known here.');
  return input.shape;
};
const same: Operation = (_m, [input]) => ({ output: shapeOf(input) });
/** The tensor is first; the rest are the options. */
const rest = ({ values, named, open }: Given): Given => ({ values: values.slice(1), named, open });
const options = (given: Given, ...names: string[]): Arguments => bind(names, rest(given));

/** A module's rule, for the function of the same effect. */
const as = (name: string): Operation => (_m, [input], given) => {
  const rule = torchRules[name]!;
  return { output: rule.output(bind(rule.args, rest(given)), [shapeOf(input)]) };
};

const sizes = (given: Given, name: string): (Sym | null)[] => {
  const values = rest(given).values;
  const [first] = values;
  const list = first && (first.t === 'list' || first.t === 'tuple') ? first.items : values.length ? values : sizesOf(options(given), name).map(sizeValue);
  return list.map((item) => asSym(item) ?? null);
};
const reshape: Operation = (_m, [input], given) => {
  const [first] = rest(given).values;
  if (first?.t === 'opaque' || first?.t === 'library') throw new Unknown('The shape that is asked for is not known here.');
  const { shape, assumed } = reshaped(input?.shape, sizes(given, 'shape'));
  return { output: shape, note: assumed };
};

const axisOf = (value: Value | undefined, shape: Shape): number => {
  const axis = asSym(value)?.value;
  if (axis === undefined) throw new Unknown('The dimension is not known here.');
  if (shape.lead && axis >= 0) throw new Unknown('How many dimensions come in is not known here.');
  const at = axis < 0 ? axis + shape.dims.length : axis;
  if (at < 0 || at >= shape.dims.length) throw new Unknown(`There is no dimension ${axis}: ${shape.dims.length} come in.`);
  return at;
};

/** Sums, means, maxima over some dims; over all of them without. */
const reduce = (pairs: boolean): Operation => (_m, [input], given) => {
  const config = options(given, 'dim', 'keepdim');
  const value = config.get('dim', 'axis');
  if (!value) return { output: { dims: [] } };
  const shape = shapeOf(input);
  const axes = (value.t === 'list' || value.t === 'tuple' ? value.items : [value]).map((item) => axisOf(item, shape));
  const kept = config.get('keepdim', 'keepdims');
  const keep = kept ? truth(kept) : false;
  if (keep === undefined) throw new Unknown('Whether the dimension is kept is not known here.');
  const output: Shape = { ...shape, dims: keep ? shape.dims.map((dim, i) => (axes.includes(i) ? int(1) : dim)) : shape.dims.filter((_, i) => !axes.includes(i)) };
  return { output: pairs ? [output, output] : output };
};

const permute: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const order = sizes(given, 'dims').map((axis) => axisOf(axis ? number(axis) : undefined, shape));
  if (order.length !== shape.dims.length || shape.lead) throw new Unknown(`${order.length} dimensions are listed, ${shape.dims.length} come in.`);
  return { output: { dims: order.map((axis) => shape.dims[axis]!) } };
};
const transpose: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const config = options(given, 'dim0', 'dim1');
  const [a, b] = [axisOf(config.get('dim0'), shape), axisOf(config.get('dim1'), shape)];
  const dims = [...shape.dims];
  [dims[a], dims[b]] = [dims[b]!, dims[a]!];
  return { output: { ...shape, dims } };
};
const unsqueeze: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const axis = asSym(options(given, 'dim').get('dim', 'axis'))?.value;
  if (axis === undefined || (shape.lead && axis >= 0)) throw new Unknown('The dimension is not known here.');
  const at = axis < 0 ? axis + shape.dims.length + 1 : axis;
  return { output: { ...shape, dims: [...shape.dims.slice(0, at), int(1), ...shape.dims.slice(at)] } };
};
const squeeze: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const value = options(given, 'dim').get('dim', 'axis');
  if (!value) {
    if (shape.lead || shape.dims.some((dim) => dim?.value === undefined && dim?.print() !== 'N')) throw new Unknown('Which dimensions are 1 is not known here.');
    return { output: { dims: shape.dims.filter((dim) => dim!.value !== 1) } };
  }
  const axes = (value.t === 'list' || value.t === 'tuple' ? value.items : [value]).map((item) => axisOf(item, shape));
  return { output: { ...shape, dims: shape.dims.filter((dim, i) => !axes.includes(i) || dim?.value !== 1) } };
};

const joined = (fallback: number): Operation => (_m, inputs, given) => {
  const axis = asSym(options(given, 'dim').get('dim', 'axis') ?? number(fallback))?.value;
  if (axis === undefined) throw new Unknown('The dimension is not known here.');
  return { output: concatenated(inputs.map(shapeOf), axis) };
};
const stacked: Operation = (_m, inputs, given) => {
  const shape = shapeOf(inputs[0]);
  const axis = asSym(options(given, 'dim').get('dim', 'axis') ?? number(0))?.value;
  if (axis === undefined || shape.lead) throw new Unknown('The dimension is not known here.');
  const at = axis < 0 ? axis + shape.dims.length + 1 : axis;
  return { output: { dims: [...shape.dims.slice(0, at), int(inputs.length), ...shape.dims.slice(at)] } };
};
const chunk: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const config = options(given, 'chunks', 'dim');
  const [count, at] = [config.int('chunks').value, axisOf(config.get('dim', 'axis') ?? number(0), shape)];
  if (count === undefined || count > 64) throw new Unknown('The number of parts is not known here.');
  const size = shape.dims[at]!;
  return { output: Array.from({ length: count }, (): Shape => ({ ...shape, dims: shape.dims.map((dim, i) => (i === at ? size && (size.dividedBy(int(count)) ?? null) : dim)) })) };
};
const split: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const config = options(given, 'split_size', 'dim');
  const at = axisOf(config.get('dim', 'axis') ?? number(0), shape);
  const value = config.get('split_size', 'split_size_or_sections', 'num_or_size_splits');
  const part = (size: Size): Shape => ({ ...shape, dims: shape.dims.map((dim, i) => (i === at ? size : dim)) });
  if (value && (value.t === 'list' || value.t === 'tuple')) return { output: value.items.map((item) => part(asSym(item) ?? null)) };
  const by = asSym(value);
  const count = by && shape.dims[at] ? shape.dims[at].dividedBy(by)?.value : undefined;
  if (!by || count === undefined || count > 64) throw new Unknown('Into how many parts it is split is not known here.');
  return { output: Array.from({ length: count }, () => part(by)) };
};
const unbind: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const at = axisOf(options(given, 'dim').get('dim') ?? number(0), shape);
  const count = shape.dims[at]?.value;
  if (count === undefined || count > 64) throw new Unknown('How many parts there are is not known here.');
  return { output: Array.from({ length: count }, (): Shape => ({ ...shape, dims: shape.dims.filter((_, i) => i !== at) })) };
};
const expand: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const to = sizes(given, 'size');
  const offset = to.length - shape.dims.length;
  return { output: { dims: to.map((dim, i) => (dim?.constant === -1 ? shape.dims[i - offset] ?? null : dim)) } };
};
const repeat: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const times = sizes(given, 'repeats');
  const offset = times.length - shape.dims.length;
  return { output: { dims: times.map((factor, i) => (i < offset ? factor : factor && shape.dims[i - offset] ? factor.times(shape.dims[i - offset]!) : null)) } };
};
const elementwise: Operation = (_m, inputs, given) => {
  if (given.values.length > inputs.length && given.values.some(({ t }) => t === 'opaque')) throw new Unknown('One of its inputs is not known here.');
  return { output: inputs.map(shapeOf).reduce(broadcast) };
};
const matmul: Operation = (_m, [a, b]) => ({ output: multiplied(shapeOf(a), shapeOf(b)) });
const pad: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  const amounts = sizesOf(options(given, 'pad'), 'pad');
  return {
    output: { ...shape, dims: shape.dims.map((dim, i) => {
      const at = 2 * (shape.dims.length - 1 - i);
      const both = amounts.slice(at, at + 2);
      return at >= amounts.length ? dim : dim && both.every((one) => one !== null) ? dim.plus(sum(both as Sym[])) : null;
    }) },
  };
};
const attention: Operation = (_m, [query, , value]) => {
  const shape = shapeOf(query);
  return { output: { ...shape, dims: [...shape.dims.slice(0, -1), value?.shape ? dimAt(value.shape, -1) : dimAt(shape, -1)] } };
};
/** torch.zeros(2, 3), tf.zeros((2, 3)). */
const filled = (from = 0): Operation => (_m, _inputs, { values, named }) => {
  const [first] = values.slice(from);
  const list = first && (first.t === 'list' || first.t === 'tuple') ? first.items : first ? values.slice(from) : sizeItems(named.get('size') ?? named.get('shape'));
  if (!list.length) throw new Unknown('The shape that is asked for is not known here.');
  return { output: { dims: list.map((item) => asSym(item) ?? null) } };
};
const sizeItems = (value: Value | undefined): readonly Value[] => (value && (value.t === 'list' || value.t === 'tuple') ? value.items : value ? [value] : []);
const arange: Operation = (_m, _inputs, given) => {
  const named = (...names: string[]): Value | undefined => names.flatMap((name) => given.named.get(name) ?? [])[0];
  const [first, second] = given.values.map(asSym);
  const [from, to, by] = [asSym(named('start')) ?? (second ? first : int(0)), asSym(named('limit', 'stop', 'end')) ?? second ?? first, asSym(given.values[2] ?? named('delta', 'step') ?? number(1))];
  return { output: { dims: [from && to && by?.constant === 1 ? to.minus(from) : null] } };
};
const einsum: Operation = (_m, inputs, given) => {
  const [equation] = given.values;
  const match = equation?.t === 'string' ? /^([a-zA-Z,]+)->([a-zA-Z]*)$/.exec(equation.value.replace(/\s/g, '')) : null;
  if (!match) throw new Unknown('The equation is not one that can be read here.');
  const letters = new Map<string, Size>();
  match[1]!.split(',').forEach((term, i) => {
    const shape = shapeOf(inputs[i]);
    if (!shape.lead && shape.dims.length === term.length) [...term].forEach((letter, at) => letters.set(letter, letters.get(letter) ?? shape.dims[at]!));
  });
  return { output: { dims: [...match[2]!].map((letter) => letters.get(letter) ?? null) } };
};
const oneHot: Operation = (_m, [input], given) => {
  const shape = shapeOf(input);
  return { output: { ...shape, dims: [...shape.dims, asSym(options(given, 'num_classes').get('num_classes', 'depth')) ?? null] } };
};
const flat: Operation = (_m, [input], given) => {
  const config = options(given, 'start_dim', 'end_dim');
  return { output: flattenDims(shapeOf(input), config.int('start_dim', 0), config.int('end_dim', -1)) };
};
const unchanged = (names: string): Record<string, Operation> => Object.fromEntries(names.split(' ').map((name) => [name, same]));

/** What moves or casts only: no line of its own in the editor. */
export const quiet = new Set('to cuda cpu float half double long int bool detach clone contiguous type type_as requires_grad_ mps xpu numpy cast convert_to_tensor stop_gradient identity zeros ones randn rand empty full zeros_like ones_like randn_like arange linspace tensor eye tril triu size dim fill_ zero_ normal_ uniform_ register_hook ndim numel shape get_shape range'.split(' '));

const operations: Readonly<Record<string, Operation>> = {
  ...unchanged('to cuda cpu float half double long int bool detach clone contiguous type type_as requires_grad_ mps xpu cast convert_to_tensor stop_gradient identity relu relu_ relu6 leaky_relu elu selu celu gelu silu mish swish hardswish hard_swish hardsigmoid hard_sigmoid hardtanh sigmoid logsigmoid log_sigmoid tanh softmax log_softmax softplus softsign exp log log2 sqrt rsqrt square abs neg sign round floor ceil sin cos erf reciprocal clamp clamp_ clip clip_by_value pow dropout dropout1d dropout2d dropout3d alpha_dropout normalize layer_norm batch_norm instance_norm group_norm rms_norm local_response_norm masked_fill masked_fill_ zeros_like ones_like randn_like rand_like empty_like full_like tril triu roll flip cumsum fill_ zero_ sub_ add_ mul_ div_ normal_ uniform_ nan_to_num l2_normalize sort_values bias_add preprocess_input'),
  view: reshape, reshape, view_as: (_m, [, other]) => ({ output: shapeOf(other) }), reshape_as: (_m, [, other]) => ({ output: shapeOf(other) }), expand_as: (_m, [, other]) => ({ output: shapeOf(other) }),
  flatten: flat, ravel: flat, permute, transpose, swapaxes: transpose, unsqueeze, expand_dims: unsqueeze, squeeze, expand, repeat, broadcast_to: expand, tile: repeat,
  t: (_m, [input]) => ({ output: { dims: [...shapeOf(input).dims].reverse() } }),
  unflatten: as('Unflatten'),
  mean: reduce(false), sum: reduce(false), prod: reduce(false), amax: reduce(false), amin: reduce(false), std: reduce(false), var: reduce(false), norm: reduce(false), argmax: reduce(false), argmin: reduce(false), all: reduce(false), any: reduce(false), logsumexp: reduce(false),
  reduce_mean: reduce(false), reduce_sum: reduce(false), reduce_max: reduce(false), reduce_min: reduce(false), reduce_prod: reduce(false),
  max: (m, inputs, given) => (inputs.length > 1 ? elementwise(m, inputs, given) : options(given, 'dim').get('dim') ? reduce(true)(m, inputs, given) : { output: { dims: [] } }),
  min: (m, inputs, given) => (inputs.length > 1 ? elementwise(m, inputs, given) : options(given, 'dim').get('dim') ? reduce(true)(m, inputs, given) : { output: { dims: [] } }),
  add: elementwise, sub: elementwise, subtract: elementwise, mul: elementwise, multiply: elementwise, div: elementwise, divide: elementwise, maximum: elementwise, minimum: elementwise, where: (_m, inputs) => ({ output: inputs.map(shapeOf).reduce(broadcast) }),
  matmul, bmm: matmul, mm: matmul, dot_product: matmul, einsum,
  cat: joined(0), concat: joined(0), concatenate: joined(0), stack: stacked,
  chunk, split, tensor_split: chunk, unbind,
  interpolate: (_m, [input], given) => ({ output: upsampled(options(given, 'size', 'scale_factor'), shapeOf(input)) }),
  upsample: (_m, [input], given) => ({ output: upsampled(options(given, 'size', 'scale_factor'), shapeOf(input)) }),
  pad, one_hot: oneHot, scaled_dot_product_attention: attention,
  max_pool1d: as('MaxPool1d'), max_pool2d: as('MaxPool2d'), max_pool3d: as('MaxPool3d'),
  avg_pool1d: as('AvgPool1d'), avg_pool2d: as('AvgPool2d'), avg_pool3d: as('AvgPool3d'),
  adaptive_avg_pool1d: as('AdaptiveAvgPool1d'), adaptive_avg_pool2d: as('AdaptiveAvgPool2d'), adaptive_avg_pool3d: as('AdaptiveAvgPool3d'), adaptive_max_pool2d: as('AdaptiveMaxPool2d'), adaptive_max_pool1d: as('AdaptiveMaxPool1d'),
  pixel_shuffle: as('PixelShuffle'), pixel_unshuffle: as('PixelUnshuffle'), glu: as('GLU'), unfold: as('Unfold'), channel_shuffle: same,
  linear: (_m, [input, weight]) => ({ output: { ...shapeOf(input), dims: [...shapeOf(input).dims.slice(0, -1), weight?.shape ? dimAt(weight.shape, 0) : null] } }),
  embedding: (_m, [input, weight]) => ({ output: { ...shapeOf(input), dims: [...shapeOf(input).dims, weight?.shape ? dimAt(weight.shape, 1) : null] } }),
  zeros: filled(), ones: filled(), randn: filled(), rand: filled(), empty: filled(), full: filled(), normal: filled(), uniform: filled(), randint: (m, inputs, given) => filled(given.values.length > 2 ? 2 : 1)(m, inputs, given), arange, linspace: (_m, _inputs, { values }) => ({ output: { dims: [asSym(values[2]) ?? null] } }),
  range: arange,
  eye: (_m, _inputs, { values }) => ({ output: { dims: [asSym(values[0]) ?? null, asSym(values[1] ?? values[0]) ?? null] } }),
};
/** TensorFlow's names of a few things differ in their arguments from PyTorch's of the same name. */
const tensorFlow: Readonly<Record<string, Operation>> = {
  transpose: (m, inputs, given) => (rest(given).values.length || given.named.has('perm') || given.named.has('axes') ? permute(m, inputs, { values: [given.values[0]!, rest(given).values[0] ?? given.named.get('perm') ?? given.named.get('axes')!], named: new Map() }) : { output: { dims: [...shapeOf(inputs[0]).dims].reverse() } }),
  concat: (m, inputs, given) => joined(given.named.has('axis') || given.values.length > 1 ? 0 : -1)(m, inputs, given),
  repeat: () => { throw new Unknown('What this gives is not known here.'); },
  flatten: (_m, [input]) => ({ output: { dims: [dimAt(shapeOf(input), 0), elements(shapeOf(input).dims.slice(1))] } }),
  squeeze, softmax: same, matmul, add_n: (_m, inputs) => ({ output: inputs.map(shapeOf).reduce(broadcast) }), random_normal: filled(),
};

/** The shape that sizes of a tensor give, or what a function makes. undefined: no function that is known here. */
export function tensorFunction(m: Machine, name: string, inputs: readonly TensorValue[], given: Given, flow: boolean): { value: Value; made: Made } | undefined {
  if (name === 'size' || name === 'get_shape' || name === 'shape') {
    const [at] = rest(given).values;
    return inputs[0] && { value: at ? sizeOf(inputs[0], asSym(at)?.value) : shapeValue(inputs[0]), made: { output: undefined } };
  }
  if (name === 'dim' || name === 'ndimension') return { value: inputs[0]?.shape && !inputs[0].shape.lead ? number(inputs[0].shape.dims.length) : opaque(), made: { output: undefined } };
  if (name === 'numel') return { value: inputs[0]?.shape && !inputs[0].shape.lead ? sizeValue(elements(inputs[0].shape.dims)) : opaque(), made: { output: undefined } };
  const table = flow && Object.hasOwn(tensorFlow, name) ? tensorFlow : operations;
  if (!Object.hasOwn(table, name)) return undefined;
  let made: Made;
  try {
    made = table[name]!(m, inputs, given);
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    made = { output: undefined, note: error.message };
  }
  return { value: valueOf(made.output, inputs, made.output ? undefined : made.note), made };
}

function valueOf(output: Output, inputs: readonly TensorValue[], why?: string): Value {
  if (output && !('dims' in output)) return tuple(output.map((item) => valueOf(item, inputs)));
  return tensor(output, inputs, [], why);
}

