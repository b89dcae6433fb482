/** A picture's preparation as the editor's fields: from an entry of MODEL.lens.json and back to one. */

export type ResizeMode = 'stretch' | 'crop' | 'letterbox';
export type Entry = Readonly<Record<string, unknown>>;

export interface Preparation {
  readonly layout: unknown;
  readonly channels: string;
  readonly range: readonly [number, number];
  /** One number a channel, in the tensor's own order. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly mode: ResizeMode;
  readonly height: number;
  readonly width: number;
  /** For 'crop'. */
  readonly shorterSide: number;
  /** For 'letterbox': 0 … 255, red first. */
  readonly fill: readonly [number, number, number];
  readonly interpolation: string;
  readonly alpha?: unknown;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.filter(isNumber) : isNumber(value) ? [value] : []);

export function channelsOf(channels: string): number {
  return channels === 'grey' ? 1 : channels === 'RGBA' ? 4 : 3;
}

/** What an entry of the engine's making says; parts that are missing get their neutral value. */
export function preparationOf(entry: Entry): Preparation {
  const channels = typeof entry.channels === 'string' ? entry.channels : 'RGB', count = channelsOf(channels);
  const each = (value: unknown, neutral: number): number[] => {
    const given = numbers(value);
    return Array.from({ length: count }, (_, i) => given[i] ?? given[0] ?? neutral);
  };
  const resize = (typeof entry.resize === 'object' && entry.resize !== null ? entry.resize : {}) as Record<string, unknown>;
  const mode: ResizeMode = resize.letterbox !== undefined ? 'letterbox' : resize.crop !== undefined || resize.shorterSide !== undefined ? 'crop' : 'stretch';
  const [height = 224, width = height] = numbers(resize.letterbox ?? resize.crop ?? resize.size), [low = 0, high = 1] = numbers(entry.range), [red = 0, green = red, blue = red] = numbers(resize.fill);
  return {
    layout: entry.layout, channels, range: [low, high], mean: each(entry.mean, 0), std: each(entry.std, 1), mode, height, width,
    shorterSide: isNumber(resize.shorterSide) ? resize.shorterSide : Math.max(height, width), fill: [red, green, blue],
    interpolation: typeof resize.interpolation === 'string' ? resize.interpolation : 'bilinear', ...(entry.alpha !== undefined && { alpha: entry.alpha }),
  };
}

/** The entry that says so. */
export function entryOf(preparation: Preparation): Record<string, unknown> {
  const { layout, channels, range, mean, std, mode, height, width, shorterSide, fill, interpolation, alpha } = preparation, size = [height, width];
  return {
    kind: 'image', ...(layout !== undefined && { layout }), channels, range: [...range],
    ...(mean.some((value) => value !== 0) && { mean: [...mean] }),
    ...(std.some((value) => value !== 1) && { std: [...std] }),
    resize: mode === 'stretch' ? { size, interpolation } : mode === 'crop' ? { shorterSide, crop: size, interpolation } : { letterbox: size, fill: [...fill], interpolation },
    ...(alpha !== undefined && { alpha }),
  };
}

/** The same picture in the other order: numbers that belong to a channel go with it. */
export function withChannels(preparation: Preparation, channels: string): Preparation {
  const turned = preparation.channels !== channels && [preparation.channels, channels].sort().join() === 'BGR,RGB';
  return { ...preparation, channels, ...(turned && { mean: [...preparation.mean].reverse(), std: [...preparation.std].reverse() }) };
}

export interface ScalingPreset {
  readonly id: 'unit' | 'symmetric' | 'imagenet' | 'caffe' | 'bytes';
  readonly range: readonly [number, number];
  /** Red first. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

const zeros = [0, 0, 0] as const, ones = [1, 1, 1] as const;
export const scalingPresets: readonly ScalingPreset[] = [
  { id: 'unit', range: [0, 1], mean: zeros, std: ones },
  { id: 'symmetric', range: [-1, 1], mean: zeros, std: ones },
  { id: 'imagenet', range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  { id: 'caffe', range: [0, 255], mean: [123.68, 116.779, 103.939], std: ones },
  { id: 'bytes', range: [0, 255], mean: zeros, std: ones },
];

/** The preset's numbers, in the channels' order. */
export function withScaling(preparation: Preparation, { range, mean, std }: ScalingPreset): Preparation {
  const { channels } = preparation, count = channelsOf(channels);
  const ordered = (values: readonly number[], neutral: number): number[] => {
    if (count === 1) return [values.reduce((sum, value) => sum + value, 0) / 3];
    const list = channels === 'BGR' ? [...values].reverse() : [...values];
    while (list.length < count) list.push(neutral);
    return list;
  };
  return { ...preparation, range, mean: ordered(mean, 0), std: ordered(std, 1) };
}

/** The preset a preparation's numbers are, whatever the order of the channels. */
export function presetOf(preparation: Preparation): ScalingPreset['id'] | undefined {
  const close = (a: readonly number[], b: readonly number[], scale: number): boolean => a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) <= 1e-3 * scale);
  return scalingPresets.find((preset) => {
    const made = withScaling(preparation, preset), scale = Math.max(1, preset.range[1]);
    return close(made.range, preparation.range, scale) && close(made.mean, preparation.mean, scale) && close(made.std, preparation.std, 1);
  })?.id;
}
