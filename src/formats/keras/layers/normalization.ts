/** Normalising layers. */
import type { Flow } from '../../translate/emitter';
import { NotTranslatable, dimsOf, knownDim, onlyInput, passingMask, type LayerContext, type LayerTable } from '../layer';
import { asFloat } from './core';

/** Scales and offsets that are not in the file are filled up to this many channels; more is a damaged config. */
const maxFilled = 2 ** 20;

/** One axis, given as a number or a list of one. */
function oneAxis(layer: LayerContext, input: Flow): number {
  const raw = layer.config.raw('axis'), rank = dimsOf(layer, input).length;
  const axis = Array.isArray(raw) && raw.length === 1 ? layer.config.ints('axis')[0]! : layer.config.int('axis', -1);
  const positive = axis < 0 ? axis + rank : axis;
  if (positive < 1 || positive >= rank) throw new NotTranslatable(`normalises axis ${axis}, which its input does not have`);
  return positive;
}

/** y = gamma · (x − mean) / √(variance + epsilon) + beta with the statistics of training. */
function batchNormalization(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  if (config.int('mode', 0) === 1) throw new NotTranslatable("has Keras 1's sample-wise mode, which no later Keras has");
  const rank = dimsOf(layer, input).length, axis = oneAxis(layer, input), channels = knownDim(layer, input, axis);
  const filled = (value: number): string => {
    if (channels > maxFilled) throw new NotTranslatable(`normalises ${channels} channels`);
    return e.constant(new Array<number>(channels).fill(value), 'float32');
  };
  const gamma = config.bool('scale', true) ? layer.weight('gamma', [channels]) : filled(1);
  const beta = config.bool('center', true) ? layer.weight('beta', [channels]) : filled(0);
  const mean = layer.weight(['moving_mean', 'running_mean'], [channels]);
  // Keras 1 called the variance running_std.
  const variance = layer.weight(['moving_variance', 'running_var', 'running_std'], [channels]);
  const epsilon = config.number('epsilon', 1e-3);
  const behindBatch = (value: string): string => e.op('BatchNormalization', [value, gamma, beta, mean, variance], { epsilon: { float: epsilon } });
  // ONNX normalises the axis behind the batch.
  if (axis === 1 && (rank === 2 || input.stored === 'natural')) return [{ value: behindBatch(e.natural(input)), stored: 'natural' }];
  if (axis === rank - 1 && (rank >= 4 || input.stored === 'channelsFirst')) return [{ value: behindBatch(e.channelsFirst(input)), stored: 'channelsFirst' }];
  const shape = Array.from({ length: rank }, (_, at) => (at === axis ? channels : 1));
  const scale = e.op('Div', [gamma, e.op('Sqrt', [e.op('Add', [variance, e.constant(epsilon, 'float32')])])]);
  const offset = e.op('Sub', [beta, e.op('Mul', [mean, scale])]);
  const wide = (value: string): string => (axis === rank - 1 ? value : e.reshape(value, shape));
  return [{ value: e.op('Add', [e.op('Mul', [e.natural(input), wide(scale)]), wide(offset)]), stored: 'natural' }];
}

/** Mean and variance over the given axes of each sample; gamma and beta have the sizes of those axes. */
function layerNormalization(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const dims = dimsOf(layer, input), rank = dims.length;
  const axes = (Array.isArray(config.raw('axis')) ? config.ints('axis') : [config.int('axis', -1)]).map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  if (!axes.every((axis) => axis > 0 && axis < rank)) throw new NotTranslatable(`normalises axes [${axes.join(', ')}], which its input does not have`);
  const sizes = axes.map((axis) => knownDim(layer, input, axis));
  const rms = config.bool('rms_scaling', false), epsilon = config.number('epsilon', 1e-3);
  const gamma = config.bool('scale', true) || rms ? layer.weight('gamma', sizes) : undefined;
  const beta = config.bool('center', true) && !rms ? layer.weight('beta', sizes) : undefined;
  const x = e.natural(input);
  if (!rms && axes[0] === rank - axes.length && gamma !== undefined) {
    const inputs = beta === undefined ? [x, gamma] : [x, gamma, beta];
    return [{ value: e.op('LayerNormalization', inputs, { axis: axes[0], epsilon: { float: epsilon } }), stored: 'natural' }];
  }
  const centred = e.op('Sub', [x, e.reduce('ReduceMean', x, axes)]);
  const variance = e.reduce('ReduceMean', e.op('Mul', [centred, centred]), axes);
  const deviation = e.op('Sqrt', [e.op('Add', [variance, e.constant(epsilon, 'float32')])]);
  const shape = dims.map((_, axis) => (axes.includes(axis) ? sizes[axes.indexOf(axis)]! : 1));
  return [affine(layer, e.op('Div', [rms ? x : centred, deviation]), gamma, beta, shape)];
}

/** value · gamma + beta, both brought to `shape`. */
function affine(layer: LayerContext, value: string, gamma: string | undefined, beta: string | undefined, shape: readonly number[]): Flow {
  const { e } = layer;
  let y = value;
  if (gamma !== undefined) y = e.op('Mul', [y, e.reshape(gamma, shape)]);
  if (beta !== undefined) y = e.op('Add', [y, e.reshape(beta, shape)]);
  return { value: y, stored: 'natural' };
}

/** x / √(mean(x²) + epsilon) · scale over the last axes. */
function rmsNormalization(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const dims = dimsOf(layer, input), rank = dims.length;
  const axes = (Array.isArray(config.raw('axis')) ? config.ints('axis') : [config.int('axis', -1)]).map((axis) => (axis < 0 ? axis + rank : axis));
  const sizes = axes.map((axis) => knownDim(layer, input, axis));
  const x = e.natural(input);
  const mean = e.reduce('ReduceMean', e.op('Mul', [x, x]), axes);
  const root = e.op('Sqrt', [e.op('Add', [mean, e.constant(config.number('epsilon', 1e-6), 'float32')])]);
  const shape = dims.map((_, axis) => (axes.includes(axis) ? sizes[axes.indexOf(axis)]! : 1));
  return [affine(layer, e.op('Div', [x, root]), layer.weight('scale', sizes), undefined, shape)];
}

/** Mean and variance of each group of channels over all positions. */
function groupNormalization(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const rank = dimsOf(layer, input).length, axis = oneAxis(layer, input), channels = knownDim(layer, input, axis);
  const asked = config.int('groups', 32), groups = asked === -1 ? channels : asked;
  if (groups < 1 || channels % groups !== 0) throw new NotTranslatable(`splits ${channels} channels into ${groups} groups`);
  if (axis !== 1 && axis !== rank - 1) throw new NotTranslatable(`normalises axis ${axis} of ${rank}, where the first or last was expected`);
  const last = axis === rank - 1 && rank > 2;
  const x = last ? e.channelsFirst(input) : e.natural(input);
  // [batch, groups, everything of the group]
  const grouped = e.reshape(x, [0, groups, -1]);
  const centred = e.op('Sub', [grouped, e.reduce('ReduceMean', grouped, [2])]);
  const variance = e.reduce('ReduceMean', e.op('Mul', [centred, centred]), [2]);
  const normal = e.op('Div', [centred, e.op('Sqrt', [e.op('Add', [variance, e.constant(config.number('epsilon', 1e-3), 'float32')])])]);
  const back = e.op('Reshape', [normal, e.op('Shape', [x])]);
  const shape = [channels, ...new Array<number>(rank - 2).fill(1)];
  const gamma = config.bool('scale', true) ? layer.weight('gamma', [channels]) : undefined;
  const beta = config.bool('center', true) ? layer.weight('beta', [channels]) : undefined;
  return [{ value: affine(layer, back, gamma, beta, shape).value, stored: last ? 'channelsFirst' : 'natural' }];
}

/** x / √max(Σ x², 1e-12) */
function unitNormalization(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const axes = Array.isArray(config.raw('axis')) ? config.ints('axis') : [config.int('axis', -1)];
  return [{ value: unit(layer, e.natural(input), axes), stored: 'natural' }];
}

/** A value scaled to length 1 along axes. */
export function unit(layer: LayerContext, x: string, axes: readonly number[]): string {
  const { e } = layer;
  const squares = e.reduce('ReduceSum', e.op('Mul', [x, x]), axes);
  return e.op('Div', [x, e.op('Sqrt', [e.op('Max', [squares, e.constant(1e-12, 'float32')])])]);
}

/** The preprocessing layer: (x − mean) / max(√variance, 1e-7), with statistics from the weights or the config. */
function normalization(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const dims = dimsOf(layer, input), rank = dims.length;
  const raw = config.raw('axis');
  const axes = (raw === undefined ? [] : Array.isArray(raw) ? config.ints('axis') : [config.int('axis')]).map((axis) => (axis < 0 ? axis + rank : axis));
  const shape = dims.map((_, axis) => (axes.includes(axis) ? knownDim(layer, input, axis) : 1));
  const statistic = (name: string): string => {
    if (!config.has(name)) return e.reshape(layer.weight(name), shape);
    const values = config.numbers(name);
    const size = shape.reduce((product, dim) => product * dim, 1);
    if (values.length !== size && values.length !== 1) throw new NotTranslatable(`has ${values.length} values of '${name}' for an input of ${size}`);
    return values.length === 1 ? e.constant(values[0]!, 'float32') : e.constant(values, 'float32', shape);
  };
  const mean = statistic('mean'), deviation = e.op('Max', [e.op('Sqrt', [statistic('variance')]), e.constant(1e-7, 'float32')]);
  const x = asFloat(layer, e.natural(input));
  if (config.bool('invert', false)) return [{ value: e.op('Add', [e.op('Mul', [x, deviation]), mean]), stored: 'natural' }];
  return [{ value: e.op('Div', [e.op('Sub', [x, mean]), deviation]), stored: 'natural' }];
}

export const normalizations: LayerTable = {
  BatchNormalization: passingMask(batchNormalization), BatchNormalizationV1: passingMask(batchNormalization), BatchNormalizationV2: passingMask(batchNormalization), SyncBatchNormalization: passingMask(batchNormalization),
  LayerNormalization: passingMask(layerNormalization), RMSNormalization: passingMask(rmsNormalization),
  GroupNormalization: passingMask(groupNormalization), UnitNormalization: passingMask(unitNormalization),
  Normalization: normalization,
};
