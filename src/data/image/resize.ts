/**
 * Resizing with Pillow's results, because that is what most models were trained with. Pillow's filter is antialiased
 * (its support grows with the downscale factor), separable, and for 8-bit pictures done in fixed point with the
 * intermediate rounded to 8 bits: the same bits come out here.
 * Source: Pillow's documentation ("Filters", Image.resize) and the algorithm of its Resample.c and Geometry.c.
 */
import type { Picture } from './picture';

export type Interpolation = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos';

export const interpolations: readonly Interpolation[] = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'];

interface Filter { readonly support: number; weight(x: number): number }

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

const filters: Readonly<Record<Exclude<Interpolation, 'nearest'>, Filter>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight(x) {
      const a = Math.abs(x);
      if (a === 0) return 1;
      // The two constants are single-precision in Pillow.
      return a >= 1 ? 0 : sinc(a) * (Math.fround(0.54) + Math.fround(0.46) * Math.cos(a * Math.PI));
    },
  },
  bicubic: {
    support: 2,
    // Keys' cubic with a = −0.5.
    weight(x) {
      const a = Math.abs(x);
      if (a < 1) return (1.5 * a - 2.5) * a * a + 1;
      return a < 2 ? ((-0.5 * a + 2.5) * a - 4) * a + 2 : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** For every output position: the first input position it reads, how many, and `size` weights (rest zero). */
interface Coefficients { readonly size: number; readonly first: Int32Array; readonly count: Int32Array; readonly weights: Float64Array }

function coefficients(inputSize: number, outputSize: number, filter: Filter): Coefficients {
  const scale = inputSize / outputSize;
  const stretch = Math.max(1, scale);
  const support = filter.support * stretch;
  const size = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outputSize);
  const count = new Int32Array(outputSize);
  const weights = new Float64Array(outputSize * size);
  for (let o = 0; o < outputSize; o++) {
    const centre = (o + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const to = Math.min(inputSize, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let i = from; i < to; i++) {
      const weight = filter.weight((i - centre + 0.5) * (1 / stretch));
      weights[o * size + i - from] = weight;
      sum += weight;
    }
    if (sum !== 0) for (let k = 0; k < to - from; k++) weights[o * size + k] = weights[o * size + k]! / sum;
    first[o] = from;
    count[o] = to - from;
  }
  return { size, first, count, weights };
}

const fractionBits = 22;

/** Weights in fixed point: rounded half away from zero at 22 bits. */
function fixed(weights: Float64Array): Int32Array {
  return Int32Array.from(weights, (weight) => Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << fractionBits)));
}

/** Interleaved pixels, rows · columns · channels. */
interface Plane<D> { readonly width: number; readonly height: number; readonly channels: number; readonly data: D }

function horizontal8(source: Plane<Uint8Array>, width: number, filter: Filter): Plane<Uint8Array> {
  const { size, first, count, weights } = coefficients(source.width, width, filter);
  const kernel = fixed(weights);
  const { channels, height } = source;
  const data = new Uint8ClampedArray(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = y * source.width * channels;
    for (let x = 0; x < width; x++) {
      const begin = row + first[x]! * channels;
      const taps = count[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 1 << (fractionBits - 1);
        for (let k = 0, at = begin + c; k < taps; k++, at += channels) sum += source.data[at]! * kernel[x * size + k]!;
        data[(y * width + x) * channels + c] = sum >> fractionBits;
      }
    }
  }
  return { width, height, channels, data: new Uint8Array(data.buffer) };
}

function vertical8(source: Plane<Uint8Array>, height: number, filter: Filter): Plane<Uint8Array> {
  const { size, first, count, weights } = coefficients(source.height, height, filter);
  const kernel = fixed(weights);
  const stride = source.width * source.channels;
  const data = new Uint8ClampedArray(stride * height);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(1 << (fractionBits - 1));
    for (let k = 0; k < count[y]!; k++) {
      const weight = kernel[y * size + k]!;
      const row = (first[y]! + k) * stride;
      for (let i = 0; i < stride; i++) sums[i] = sums[i]! + source.data[row + i]! * weight;
    }
    for (let i = 0; i < stride; i++) data[y * stride + i] = sums[i]! >> fractionBits;
  }
  return { width: source.width, height, channels: source.channels, data: new Uint8Array(data.buffer) };
}

function horizontalFloat(source: Plane<Float32Array>, width: number, filter: Filter): Plane<Float32Array> {
  const { size, first, count, weights } = coefficients(source.width, width, filter);
  const { channels, height } = source;
  const data = new Float32Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = y * source.width * channels;
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0, at = row + first[x]! * channels + c; k < count[x]!; k++, at += channels) sum += source.data[at]! * weights[x * size + k]!;
        data[(y * width + x) * channels + c] = sum;
      }
    }
  }
  return { width, height, channels, data };
}

function verticalFloat(source: Plane<Float32Array>, height: number, filter: Filter): Plane<Float32Array> {
  const { size, first, count, weights } = coefficients(source.height, height, filter);
  const stride = source.width * source.channels;
  const data = new Float32Array(stride * height);
  const sums = new Float64Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * size + k]!;
      const row = (first[y]! + k) * stride;
      for (let i = 0; i < stride; i++) sums[i] = sums[i]! + source.data[row + i]! * weight;
    }
    data.set(sums, y * stride);
  }
  return { width: source.width, height, channels: source.channels, data };
}

/** Nearest: the input pixel under the output pixel's centre, positions accumulated as Pillow does. */
function nearest<D extends Uint8Array | Float32Array>(source: Plane<D>, width: number, height: number): Plane<D> {
  const positions = (from: number, to: number): Int32Array => {
    const step = from / to;
    const out = new Int32Array(to);
    for (let i = 0, at = step * 0.5; i < to; i++, at += step) out[i] = Math.min(from - 1, Math.trunc(at));
    return out;
  };
  const columns = positions(source.width, width);
  const rows = positions(source.height, height);
  const { channels } = source;
  const data = (source.data instanceof Uint8Array ? new Uint8Array(width * height * channels) : new Float32Array(width * height * channels)) as D;
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (rows[y]! * source.width + columns[x]!) * channels;
      for (let c = 0; c < channels; c++) data[o++] = source.data[at + c]!;
    }
  }
  return { width, height, channels, data };
}

/**
 * `picture` scaled to width × height pixels. 8-bit pictures give Pillow's bits (Image.resize of mode 'L' or 'RGB');
 * deeper ones are filtered in float (Pillow's mode 'F'), without clipping.
 * Throws RangeError if a side is not a positive integer.
 */
export function resizePicture(picture: Picture, width: number, height: number, interpolation: Interpolation = 'bilinear'): Picture {
  if (!(Number.isInteger(width) && width > 0 && Number.isInteger(height) && height > 0)) throw new RangeError(`a picture cannot be resized to ${width} × ${height}; both sides must be positive integers`);
  if (picture.width === width && picture.height === height) return picture;
  if (interpolation === 'nearest') {
    const { data } = nearest<Uint8Array | Float32Array>(picture, width, height);
    return { ...picture, width, height, data };
  }
  const filter = filters[interpolation];
  // Horizontal first, and a pass that changes nothing is left out: both decide about rounding.
  if (picture.data instanceof Uint8Array) {
    let plane: Plane<Uint8Array> = { ...picture, data: picture.data };
    if (width !== plane.width) plane = horizontal8(plane, width, filter);
    if (height !== plane.height) plane = vertical8(plane, height, filter);
    return { ...picture, width, height, data: plane.data };
  }
  let plane: Plane<Float32Array> = { ...picture, data: picture.data };
  if (width !== plane.width) plane = horizontalFloat(plane, width, filter);
  if (height !== plane.height) plane = verticalFloat(plane, height, filter);
  return { ...picture, width, height, data: plane.data };
}
