/** Quickshift: every pixel climbs to the nearest one in a denser place; hills of colour and place are segments. */
import { labOfRgb } from '../lab';
import { NumpyRandom } from '../numpyRandom';
import { checkPlanes, inOrderOfValue, type Planes } from './segmentation';
import { mirroredBlur } from './smooth';

export interface QuickshiftOptions {
  /** Width in pixels of the Gaussian that densities are counted with; at least 1. Larger: fewer segments. */
  readonly kernelSize: number;
  /** The farthest a pixel may climb, in pixels and colour together. Larger: fewer segments. */
  readonly maxDistance: number;
  /** How much colour counts beside place, 0 to 1. */
  readonly ratio: number;
  /** Whether colours are compared in Lab (default); otherwise as they are. Only pictures of three channels can be. */
  readonly convertToLab?: boolean;
  /** Smoothing beforehand, in pixels. */
  readonly sigma?: number;
  /** Of the tiny noise (1e-5) that breaks ties of density; the same numbers as NumPy's `default_rng(seed)`. */
  readonly seed?: number;
}

/**
 * Segment number of every pixel, from 0 without gaps, in the order of the pixels that segments are centred at.
 * Numbers as scikit-image's `quickshift` (its `rng` is `seed`, 42 by default). Vedaldi, Soatto: Quick Shift and Kernel
 * Methods for Mode Seeking, ECCV 2008.
 *
 * Time goes with pixels · (6 · kernelSize)². Throws if planes and sides do not fit, or kernelSize is below 1.
 */
export function quickshift(planes: Planes, width: number, height: number, options: QuickshiftOptions): Int32Array {
  const { kernelSize, maxDistance, ratio, sigma = 0, seed = 42, convertToLab = planes.length === 3 } = options;
  checkPlanes(planes, width, height, 'quickshift');
  if (!(kernelSize >= 1)) throw new Error(`quickshift needs a kernel of at least 1 pixel, found ${kernelSize}`);
  const channels = planes.length, pixels = width * height, colours = new Float64Array(pixels * channels);
  (convertToLab ? labOfRgb(planes) : planes).forEach((plane, channel) => {
    const smooth = mirroredBlur(plane, width, height, sigma);
    for (let pixel = 0; pixel < pixels; pixel++) colours[pixel * channels + channel] = smooth[pixel]! * ratio;
  });
  const picture: Picture = { colours, channels, width, height }, reach = Math.ceil(3 * kernelSize);
  const parents = climb(picture, densities(picture, kernelSize, reach, seed), reach, maxDistance);
  for (let pixel = 0; pixel < pixels; pixel++) {
    let top = pixel;
    while (parents[top] !== top) top = parents[top]!;
    for (let at = pixel; at !== top;) {
      const next = parents[at]!;
      parents[at] = top;
      at = next;
    }
  }
  return inOrderOfValue(parents);
}

interface Picture {
  /** [height, width, channels], scaled by the ratio. */
  readonly colours: Float64Array;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
}

/** Σ exp(−d² / 2 kernelSize²) over the window around every pixel, with noise; each pair is counted once for both. */
function densities({ colours, channels, width, height }: Picture, kernelSize: number, reach: number, seed: number): Float64Array {
  const random = new NumpyRandom(seed), sharpness = -0.5 / (kernelSize * kernelSize);
  const out = Float64Array.from({ length: width * height }, () => 1 + 1e-5 * random.normal());
  const [first, second, third] = [0, Math.min(1, channels - 1), Math.min(2, channels - 1)], plain = channels === 3;
  for (let y = 0, at = 0; y < height; y++) {
    const bottom = Math.min(height - 1, y + reach);
    for (let x = 0; x < width; x++, at++) {
      const left = Math.max(0, x - reach), right = Math.min(width - 1, x + reach), own = at * channels;
      const a = colours[own + first]!, b = colours[own + second]!, c = colours[own + third]!;
      let sum = 0;
      for (let row = y; row <= bottom; row++) {
        const down = (row - y) * (row - y);
        for (let column = row === y ? x + 1 : left, other = row * width + column; column <= right; column++, other++) {
          const from = other * channels, across = column - x;
          let distance = down + across * across;
          if (plain) {
            const u = colours[from]! - a, v = colours[from + 1]! - b, w = colours[from + 2]! - c;
            distance += u * u + v * v + w * w;
          } else for (let k = 0; k < channels; k++) distance += (colours[from + k]! - colours[own + k]!) ** 2;
          const near = Math.exp(distance * sharpness);
          sum += near;
          out[other]! += near;
        }
      }
      out[at]! += sum;
    }
  }
  return out;
}

/**
 * For every pixel the nearest denser one in its window, or itself where there is none within `maxDistance`. Places are
 * tried from near to far and the search ends once none can be nearer; of two as near, the first in the picture counts.
 */
function climb({ colours, channels, width, height }: Picture, density: Float64Array, reach: number, maxDistance: number): Int32Array {
  const parents = Int32Array.from(density, (_, pixel) => pixel), limit = maxDistance * maxDistance;
  const places: { dx: number; dy: number; square: number }[] = [];
  for (let dy = -reach; dy <= reach; dy++) for (let dx = -reach; dx <= reach; dx++) if (dx !== 0 || dy !== 0) places.push({ dx, dy, square: dx * dx + dy * dy });
  places.sort((a, b) => a.square - b.square);
  const across = Int32Array.from(places, ({ dx }) => dx), down = Int32Array.from(places, ({ dy }) => dy), squares = Float64Array.from(places, ({ square }) => square);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const own = density[at]!;
      let nearest = Infinity, parent = at;
      for (let place = 0; place < squares.length && squares[place]! <= nearest; place++) {
        const column = x + across[place]!, row = y + down[place]!;
        if (column < 0 || column >= width || row < 0 || row >= height) continue;
        const other = row * width + column;
        if (!(density[other]! > own)) continue;
        let distance = squares[place]!;
        for (let k = 0; k < channels; k++) distance += (colours[other * channels + k]! - colours[at * channels + k]!) ** 2;
        if (distance < nearest || (distance === nearest && other < parent)) {
          nearest = distance;
          parent = other;
        }
      }
      if (nearest <= limit) parents[at] = parent;
    }
  }
  return parents;
}
