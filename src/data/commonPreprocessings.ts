/** The ways of scaling and ordering channels that most picture models were trained with. */
import type { DType } from '../tensor/dtype';
import { isFloat } from '../tensor/dtype';
import type { Channels, ImageSpec } from './spec';

export interface CommonPreprocessing {
  readonly id: string;
  /** As the one in use, but scaled and ordered otherwise. */
  readonly spec: ImageSpec;
}

type Scaling = Pick<ImageSpec, 'channels' | 'range' | 'mean' | 'std'>;

const none = { mean: [0, 0, 0], std: [1, 1, 1] };
const imagenetMean = [0.485, 0.456, 0.406], imagenetStd = [0.229, 0.224, 0.225];
/** Caffe's means, blue first. */
const caffeMean = [103.939, 116.779, 123.68];
const reversed = (values: readonly number[]): number[] => [...values].reverse();

const colour: readonly (readonly [string, Scaling])[] = [
  ['unit', { channels: 'RGB', range: [0, 1], ...none }],
  ['symmetric', { channels: 'RGB', range: [-1, 1], ...none }],
  ['imagenet', { channels: 'RGB', range: [0, 1], mean: imagenetMean, std: imagenetStd }],
  ['bytes', { channels: 'RGB', range: [0, 255], ...none }],
  ['caffe', { channels: 'BGR', range: [0, 255], mean: caffeMean, std: [1, 1, 1] }],
  ['unitBgr', { channels: 'BGR', range: [0, 1], ...none }],
  ['symmetricBgr', { channels: 'BGR', range: [-1, 1], ...none }],
  ['imagenetBgr', { channels: 'BGR', range: [0, 1], mean: reversed(imagenetMean), std: reversed(imagenetStd) }],
  ['bytesBgr', { channels: 'BGR', range: [0, 255], ...none }],
  ['caffeRgb', { channels: 'RGB', range: [0, 255], mean: reversed(caffeMean), std: [1, 1, 1] }],
];
const grey: readonly (readonly [string, Scaling])[] = [
  ['unit', { channels: 'grey', range: [0, 1], mean: [0], std: [1] }],
  ['symmetric', { channels: 'grey', range: [-1, 1], mean: [0], std: [1] }],
  ['bytes', { channels: 'grey', range: [0, 255], mean: [0], std: [1] }],
  ['mnist', { channels: 'grey', range: [0, 1], mean: [0.1307], std: [0.3081] }],
];
/** Of the numbers a pixel becomes: closer than this, two ways are the same. */
const tolerance = 2e-3;

/**
 * `spec` itself first ('current'), then the common ways that give other numbers; the other order of its own channels
 * among them ('swapped'). Inputs of whole numbers take pixels as they are, so only the order is left to ask about.
 */
export function commonPreprocessings(spec: ImageSpec, dtype: DType): CommonPreprocessing[] {
  const found: CommonPreprocessing[] = [{ id: 'current', spec }];
  const add = (id: string, scaling: Scaling): void => {
    const other: ImageSpec = { ...spec, ...scaling };
    if (!found.some((one) => sameNumbers(one.spec, other))) found.push({ id, spec: other });
  };
  const swapped: Channels | undefined = spec.channels === 'RGB' ? 'BGR' : spec.channels === 'BGR' ? 'RGB' : undefined;
  const usual = spec.channels === 'grey' ? grey : swapped ? colour : [];
  if (isFloat(dtype)) for (const [id, scaling] of usual) add(id, scaling);
  if (swapped) add('swapped', { channels: swapped, range: spec.range, mean: reversed(spec.mean), std: reversed(spec.std) });
  return found;
}

function sameNumbers(a: ImageSpec, b: ImageSpec): boolean {
  if (a.channels !== b.channels) return false;
  return a.mean.every((_, channel) => [0, 1].every((end) => {
    const value = ({ range, mean, std }: ImageSpec): number => (range[end as 0 | 1] - mean[channel]!) / std[channel]!;
    const size = Math.max(1e-6, Math.abs((a.range[1] - a.range[0]) / a.std[channel]!));
    return Math.abs(value(a) - value(b)) <= tolerance * size;
  }));
}
