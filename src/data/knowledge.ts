/** What one source knows about an input. Sources are asked in order, and the first that states a part decides it. */
import { channelCount } from './spec';
import type { Channels, ImageSpec, InputSpec, ResizeSpec } from './spec';
import type { Interpolation } from './image/resize';

/** How channel values are scaled; belongs together, for a mean means nothing without its range. */
export interface Scaling {
  readonly range?: readonly [number, number];
  /** One number for all channels or one each, in the order of `order` (default: the tensor's own). */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly order?: 'RGB';
}

/** The parts of a resize that a source states; sizes may be left to the model. */
export interface ResizeKnowledge {
  readonly mode?: ResizeSpec['mode'];
  readonly shorterSide?: number;
  readonly height?: number;
  readonly width?: number;
  readonly fill?: readonly [number, number, number];
  readonly interpolation?: Interpolation;
}

export interface ImageKnowledge {
  /** For the note: 'squeezenet.lens.json', 'preprocessor_config.json', 'model metadata', … */
  readonly source: string;
  /** Set when nobody stated it: the sentence that says what is assumed and on what evidence. */
  readonly assumption?: string;
  readonly layout?: ImageSpec['layout'];
  readonly channels?: Channels;
  readonly scaling?: Scaling;
  readonly resize?: ResizeKnowledge;
  readonly alpha?: number;
}

/** A mean or std for every channel of the tensor; `order: 'RGB'` is turned for BGR tensors. */
export function perChannel(values: readonly number[] | undefined, channels: Channels, fallback: number, order?: 'RGB'): number[] {
  const count = channelCount(channels);
  const given = values ?? [];
  if (given.length === 0) return new Array<number>(count).fill(fallback);
  if (given.length === 1) return new Array<number>(count).fill(given[0]!);
  const list = order === 'RGB' && channels === 'BGR' ? [given[2] ?? fallback, given[1] ?? fallback, given[0] ?? fallback] : [...given];
  if (count === 1) return [list.reduce((sum, value) => sum + value, 0) / list.length];
  while (list.length < count) list.push(fallback);
  return list.slice(0, count);
}

/** The range that fits a mean and std nobody gave a range for: ImageNet's 123.68 is 0..255, its 0.485 is 0..1. */
export function impliedRange(scaling: Scaling): readonly [number, number] {
  const large = [...(scaling.mean ?? []), ...(scaling.std ?? [])].some((value) => Math.abs(value) > 5);
  return large ? [0, 255] : [0, 1];
}

const imagenetMean = [0.485, 0.456, 0.406];
const imagenetStd = [0.229, 0.224, 0.225];

function close(found: readonly number[], expected: readonly number[]): boolean {
  return found.length === expected.length && found.every((value, i) => Math.abs(value - expected[i]!) < 2e-3);
}

function figures(values: readonly number[]): string {
  const shown = values.map((value) => String(Number(value.toPrecision(6))));
  return new Set(shown).size === 1 ? shown[0]! : `[${shown.join(', ')}]`;
}

/** An input's preparation for people: 'RGB, 0…1, resized to 224×224 (bilinear)'. */
export function describeSpec(spec: InputSpec): string {
  switch (spec.kind) {
    case 'image': return describeImage(spec);
    case 'table': return spec.columns.length ? `a row of ${spec.columns.length} columns` : 'a row of numbers';
    case 'text': return spec.maxLength ? `text, at most ${spec.maxLength} tokens` : 'text';
    case 'sound': return spec.sampleRate ? `sound at ${spec.sampleRate} Hz` : 'sound';
    case 'tensor': return 'the exact tensor';
  }
}

/** Channels and numbers alone: 'BGR, 0…255, minus [104, 117, 123]'. */
export function describeScaling(spec: Pick<ImageSpec, 'channels' | 'mean' | 'std' | 'range'>): string {
  const { mean, std, range } = spec;
  const parts: string[] = [spec.channels];
  const plain = mean.every((value) => value === 0) && std.every((value) => value === 1);
  const same = new Set(mean).size === 1 && new Set(std).size === 1;
  if (plain) parts.push(`${range[0]}…${range[1]}`);
  else if (same && mean[0] === std[0] && mean[0] === (range[0] + range[1]) / 2) parts.push('-1…1');
  else {
    parts.push(`${range[0]}…${range[1]}`);
    const ordered = spec.channels === 'BGR' ? [[...mean].reverse(), [...std].reverse()] : [mean, std];
    if (close(ordered[0]!, imagenetMean) && close(ordered[1]!, imagenetStd)) parts.push('ImageNet mean and deviation');
    else {
      if (mean.some((value) => value !== 0)) parts.push(`minus ${figures(mean)}`);
      if (std.some((value) => value !== 1)) parts.push(`divided by ${figures(std)}`);
    }
  }
  return parts.join(', ');
}

function describeImage(spec: ImageSpec): string {
  const parts = [describeScaling(spec)], { resize } = spec;
  const size = `${resize.width}×${resize.height}`;
  if (resize.mode === 'stretch') parts.push(`resized to ${size} (${resize.interpolation})`);
  else if (resize.mode === 'crop') parts.push(`shorter side ${resize.shorterSide}, middle ${size} (${resize.interpolation})`);
  else parts.push(`fitted into ${size}, rest filled (${resize.interpolation})`);
  return parts.join(', ');
}
