/** Padding, cropping, upsampling and resizing. */
import type { Dim } from '../../../graph/graph';
import type { Flow } from '../../translate/emitter';
import { NotTranslatable, dimsOf, knownDim, onlyInput, type LayerContext, type LayerTable } from '../layer';
import { asFloat } from './core';
import { spatialAxes, spatialInput } from './spatial';

/** [begin, end] for each axis from n, [n, m] or [[a, b], [c, d]]; Keras 1 also wrote four numbers and an object. */
function margins(layer: LayerContext, names: readonly string[], count: number, fallback: number): [number, number][] {
  const raw = layer.config.raw(names) ?? fallback;
  const whole = (value: unknown): number => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw new NotTranslatable(`has the margin ${JSON.stringify(raw)}, where whole numbers were expected`);
    return value;
  };
  const pair = (value: unknown): [number, number] => (Array.isArray(value) && value.length === 2 ? [whole(value[0]), whole(value[1])] : [whole(value), whole(value)]);
  if (typeof raw === 'number') return Array.from({ length: count }, () => pair(raw));
  const list = Array.isArray(raw) ? (raw as unknown[]) : [];
  // One axis: [begin, end]; several numbers: one for both sides of each axis, or four for two axes.
  if (count === 1 && list.length === 2) return [pair(list)];
  if (list.length === count) return list.map(pair);
  if (count === 2 && list.length === 4) return [pair(list.slice(0, 2)), pair(list.slice(2))];
  throw new NotTranslatable(`has the margin ${JSON.stringify(raw)}, where one for each of ${count} axes was expected`);
}

function needsRank(layer: LayerContext, input: Flow, count: number): void {
  const rank = dimsOf(layer, input).length;
  if (rank !== count + 2) throw new NotTranslatable(`needs an input of ${count + 2} dimensions, but gets ${rank}`);
}

function zeroPadding(count: number) {
  return (layer: LayerContext): Flow[] => {
    const { e } = layer, input = onlyInput(layer);
    needsRank(layer, input, count);
    const pads = new Array<number>(2 * (count + 2)).fill(0);
    margins(layer, ['padding'], count, 1).forEach(([begin, end], index) => {
      const axis = e.storedAxis(input, spatialAxes(layer, count)[index]!);
      pads[axis] = begin;
      pads[axis + count + 2] = end;
    });
    return [{ value: e.pad(input.value, pads), stored: input.stored }];
  };
}

function cropping(count: number) {
  return (layer: LayerContext): Flow[] => {
    const { e } = layer, input = onlyInput(layer);
    needsRank(layer, input, count);
    const axes = spatialAxes(layer, count).map((axis) => e.storedAxis(input, axis));
    const cuts = margins(layer, ['cropping'], count, count === 1 ? 1 : 0);
    const ends = cuts.map(([, end]) => (end === 0 ? 2 ** 31 - 1 : -end));
    return [{ value: e.slice(input.value, cuts.map(([begin]) => begin), ends, axes), stored: input.stored }];
  };
}

type Interpolation = 'nearest' | 'bilinear' | 'bicubic';

/** ONNX attributes for TensorFlow's resize with half-pixel centres. */
function resizeAttributes(interpolation: Interpolation): Record<string, string | number | { float: number }> {
  switch (interpolation) {
    case 'bilinear': return { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
    // floor((i + 0.5) · scale) = round((i + 0.5) · scale − 0.5), halves upwards
    case 'nearest': return { mode: 'nearest', coordinate_transformation_mode: 'half_pixel', nearest_mode: 'round_prefer_ceil' };
    case 'bicubic': return { mode: 'cubic', coordinate_transformation_mode: 'half_pixel', cubic_coeff_a: { float: -0.5 }, exclude_outside: 1 };
  }
}

function upSampling(count: number) {
  return (layer: LayerContext): Flow[] => {
    const { e, config } = layer, spatial = spatialInput(layer, count);
    const sizes = config.tuple(['size', 'length'], count, 2);
    const interpolation = config.choice('interpolation', ['nearest', 'bilinear', 'bicubic'] as const, 'nearest');
    const attributes = interpolation === 'nearest' ? { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' } : resizeAttributes(interpolation);
    return [spatial.toFlow(e.op('Resize', [spatial.x, '', e.constant([1, 1, ...sizes], 'float32')], attributes))];
  };
}

/** Resizes to [height, width] whatever the input's size. */
function resizeTo(layer: LayerContext, input: Flow, height: number, width: number, interpolation: Interpolation): Flow {
  const { e } = layer, spatial = spatialInput(layer, 2, input);
  const dtype = e.dtype(spatial.x);
  const x = interpolation === 'nearest' ? spatial.x : asFloat(layer, spatial.x);
  if (dtype !== 'float32' && interpolation === 'nearest' && dtype !== 'uint8' && dtype !== 'int32') throw new NotTranslatable(`resizes ${dtype} values`);
  const kept = e.slice(e.op('Shape', [x]), [0], [2], [0]);
  const sizes = e.concat([kept, e.int64s([height, width])], 0);
  return spatial.toFlow(e.op('Resize', [x, '', '', sizes], resizeAttributes(interpolation)));
}

/** The largest centred part with the target's proportions (Keras' smart_resize). */
function cropToAspect(layer: LayerContext, input: Flow, height: number, width: number): Flow {
  const { e } = layer, axes = spatialAxes(layer, 2);
  const [h, w] = axes.map((axis) => knownDim(layer, input, axis)) as [number, number];
  const part = [Math.min(h, Math.floor((w * height) / width)), Math.min(w, Math.floor((h * width) / height))];
  return centred(layer, input, part[0]!, part[1]!, [h, w], axes.map((axis) => e.storedAxis(input, axis)));
}

function centred(layer: LayerContext, input: Flow, height: number, width: number, [h, w]: readonly Dim[], axes: readonly number[]): Flow {
  const top = Math.floor(((h as number) - height) / 2), left = Math.floor(((w as number) - width) / 2);
  if (top === 0 && left === 0 && h === height && w === width) return input;
  return { value: layer.e.slice(input.value, [top, left], [top + height, left + width], axes), stored: input.stored };
}

function resizing(layer: LayerContext): Flow[] {
  const { config } = layer, input = onlyInput(layer);
  const height = config.int('height'), width = config.int('width');
  if (config.bool('pad_to_aspect_ratio', false)) throw new NotTranslatable('pads pictures to their proportions');
  const part = config.bool('crop_to_aspect_ratio', false) ? cropToAspect(layer, input, height, width) : input;
  if (config.bool('antialias', false)) throw new NotTranslatable('resizes with antialiasing');
  return [resizeTo(layer, part, height, width, config.choice('interpolation', ['nearest', 'bilinear', 'bicubic'] as const, 'bilinear'))];
}

/** The middle of a picture; a picture that is too small is resized. */
function centerCrop(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer), axes = spatialAxes(layer, 2);
  needsRank(layer, input, 2);
  const height = config.int('height'), width = config.int('width');
  const [h, w] = axes.map((axis) => knownDim(layer, input, axis)) as [number, number];
  if (h >= height && w >= width) return [centred(layer, input, height, width, [h, w], axes.map((axis) => e.storedAxis(input, axis)))];
  return smartResize(layer);
}

/** What RandomCrop does at inference too. */
function smartResize(layer: LayerContext): Flow[] {
  const height = layer.config.int('height'), width = layer.config.int('width');
  return [resizeTo(layer, cropToAspect(layer, onlyInput(layer), height, width), height, width, 'bilinear')];
}

export const resizings: LayerTable = {
  ZeroPadding1D: zeroPadding(1), ZeroPadding2D: zeroPadding(2), ZeroPadding3D: zeroPadding(3),
  Cropping1D: cropping(1), Cropping2D: cropping(2), Cropping3D: cropping(3),
  UpSampling1D: upSampling(1), UpSampling2D: upSampling(2), UpSampling3D: upSampling(3),
  Resizing: resizing, CenterCrop: centerCrop, RandomCrop: smartResize,
};
