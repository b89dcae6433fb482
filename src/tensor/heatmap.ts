/** Attributions as maps over a picture, and maps as coloured, translucent pixels. Shared by the webview and the terminal. */
import { colorMaps, colorTable, type ColorMapName } from './colormap';
import { resizeBilinear } from './resample';
import { quantile, range } from './statistics';
import type { FloatTensor } from './tensor';

/** A map over the model's view of the picture: one value a cell, row-major. */
export interface HeatMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  /** Whether negative values mean something (evidence against). */
  readonly signed: boolean;
}

/** How the channels of a pixel become one value: their signed sum, or the largest absolute value among them. */
export type ChannelReduction = 'sum' | 'maxAbs';

/**
 * A picture's attributions, [1, C, H, W] or [1, H, W, C], as a map.
 * @param options.signed overrides whether the map is signed (default: 'sum' and a value is negative).
 * Throws if the tensor has another rank or more than one sample.
 */
export function attributionMap(
  attributions: FloatTensor,
  options: { readonly layout: 'NCHW' | 'NHWC'; readonly reduction: ChannelReduction; readonly signed?: boolean },
): HeatMap {
  const { dims, data } = attributions;
  if (dims.length !== 4 || dims[0] !== 1) throw new Error(`a map over a picture is made from attributions of dims [1, C, H, W] or [1, H, W, C], found [${dims.join(', ')}]`);
  const channelsFirst = options.layout === 'NCHW';
  const [, a, b, c] = dims as [number, number, number, number];
  const [channels, height, width] = channelsFirst ? [a, b, c] : [c, a, b];
  const cells = height * width;
  const [cellStride, channelStride] = channelsFirst ? [1, cells] : [channels, 1];
  const values = new Float32Array(cells);
  let negative = false;
  for (let cell = 0; cell < cells; cell++) {
    let value = 0;
    for (let channel = 0; channel < channels; channel++) {
      const item = data[cell * cellStride + channel * channelStride]!;
      value = options.reduction === 'sum' ? value + item : Math.max(value, Math.abs(item));
    }
    values[cell] = value;
    negative ||= value < 0;
  }
  return { width, height, values, signed: options.signed ?? (options.reduction === 'sum' && negative) };
}

/** The same map with `width`×`height` cells (bilinear, half-pixel centres). */
export function resizeMap(map: HeatMap, width: number, height: number): HeatMap {
  if (map.width === width && map.height === height) return map;
  return { ...map, width, height, values: resizeBilinear(map.values, map.width, map.height, width, height) };
}

export interface ScaleOptions {
  /** Show the sign (default: as the map says). */
  readonly signed?: boolean;
  /** Percentile shown as full strength. Default 99. */
  readonly percentile?: number;
}

/** What is shown as nothing (`low`) and at full strength (`high`, and −`high` of signed maps). Equal: the map is constant. */
export interface MapScale {
  readonly low: number;
  readonly high: number;
}

/**
 * The full scale is the 99th percentile (of the absolute values, if signed) rather than the maximum, so that a few
 * extreme pixels, which gradients always have, do not darken everything else (as PAIR's saliency library shows its
 * maps). A map that is zero nearly everywhere is scaled to its maximum. Values that are no numbers do not count.
 */
export function mapScale(map: HeatMap, options: ScaleOptions = {}): MapScale {
  const signed = options.signed ?? map.signed, byStrength = signed || map.signed;
  const work = new Float32Array(map.values.length);
  let count = 0;
  // Shown without sign, a signed map counts by strength, whichever way it points.
  for (const value of map.values) if (Number.isFinite(value)) work[count++] = byStrength ? Math.abs(value) : value;
  if (count === 0) return { low: 0, high: 0 };
  const finite = work.subarray(0, count), low = byStrength ? 0 : range(finite).minimum;
  const high = quantile(finite, (options.percentile ?? 99) / 100);
  return { low, high: high > low ? high : Math.max(low, range(finite).maximum) };
}

/**
 * Scales values for display: signed maps to −1…1 with zero kept, others to 0…1 from their minimum (see `mapScale`).
 * Values beyond the scale are clamped; a constant map becomes zeros; values that are no numbers become 0.
 */
export function normaliseMap(map: HeatMap, options: ScaleOptions = {}): Float32Array {
  const signed = options.signed ?? map.signed, { low, high } = mapScale(map, options), scale = high - low;
  const out = new Float32Array(map.values.length);
  if (!(scale > 0)) return out;
  for (let i = 0; i < out.length; i++) {
    const own = map.values[i]!, value = ((!signed && map.signed ? Math.abs(own) : own) - low) / scale;
    out[i] = value > 1 ? 1 : value < -1 ? -1 : value === value ? value : 0;
  }
  return out;
}

export interface HeatMapColors {
  /** Default: 'blue-white-red' for signed maps, 'inferno' for others. */
  readonly colorMap?: ColorMapName;
  /** Show the sign (default: as the map says). */
  readonly signed?: boolean;
  /** 0…1, the opacity of the strongest pixel (with 'strength') or of all ('uniform'). Default 0.8. */
  readonly opacity?: number;
  /** 'strength' (default) lets the picture through where the map is weak; 'uniform' covers it evenly. */
  readonly opacityMode?: 'strength' | 'uniform';
  /** Percentile shown as full strength. Default 99. */
  readonly percentile?: number;
}

/** The map in colour: RGBA, not premultiplied, 4 bytes a cell. Throws for an unknown colour map. */
export function heatmapToRgba(map: HeatMap, colors: HeatMapColors = {}): Uint8ClampedArray<ArrayBuffer> {
  const signed = colors.signed ?? map.signed;
  const name = colors.colorMap ?? (signed ? 'blue-white-red' : 'inferno');
  const table = colorTable(name), diverging = colorMaps[name] === 'diverging';
  const strength = normaliseMap(map, { signed, percentile: colors.percentile });
  const opacity = Math.min(Math.max(colors.opacity ?? 0.8, 0), 1);
  const uniform = colors.opacityMode === 'uniform';
  const out = new Uint8ClampedArray(4 * strength.length);
  for (let i = 0; i < strength.length; i++) {
    const value = strength[i]!;
    // A diverging map shows 0…1 on its upper half; a sequential one shows a signed value by its strength.
    const at = diverging ? (value + 1) / 2 : Math.abs(value);
    const row = 3 * Math.round(255 * at);
    out[4 * i] = table[row]!;
    out[4 * i + 1] = table[row + 1]!;
    out[4 * i + 2] = table[row + 2]!;
    out[4 * i + 3] = 255 * opacity * (uniform ? 1 : Math.abs(value));
  }
  return out;
}

/**
 * Lays an RGBA overlay over an opaque picture of the same size ("source over", per pixel).
 * @param picture RGB or RGBA, 0…255; alpha is taken as opaque. @returns RGBA, opaque. Throws if the sizes differ.
 */
export function composite(picture: Uint8Array | Uint8ClampedArray, channels: 3 | 4, overlay: Uint8ClampedArray): Uint8ClampedArray<ArrayBuffer> {
  const pixels = overlay.length / 4;
  if (picture.length !== pixels * channels) throw new Error(`the overlay has ${pixels} pixels, the picture ${picture.length / channels}`);
  const out = new Uint8ClampedArray(overlay.length);
  for (let i = 0; i < pixels; i++) {
    const alpha = overlay[4 * i + 3]! / 255;
    for (let channel = 0; channel < 3; channel++) {
      out[4 * i + channel] = overlay[4 * i + channel]! * alpha + picture[channels * i + channel]! * (1 - alpha);
    }
    out[4 * i + 3] = 255;
  }
  return out;
}
