/** SLIC: k-means over colour and place, each centre looking only at its neighbourhood. Segments of even size. */
import { labOfRgb } from '../lab';
import { checkPlanes, inOrderOfValue, type Planes } from './segmentation';
import { mirroredBlur } from './smooth';

export interface SlicOptions {
  /** About how many segments to make. */
  readonly segments: number;
  /** How much place counts beside colour: larger makes squarer segments. */
  readonly compactness: number;
  /** Smoothing beforehand, in pixels. */
  readonly sigma?: number;
  /** Rounds of k-means (default 10). */
  readonly maxIterations?: number;
  /** Whether parts cut off from their segment, and segments below half of the usual size, join a neighbour (default). */
  readonly enforceConnectivity?: boolean;
  /** Whether colours are compared in Lab (default for three channels). */
  readonly convertToLab?: boolean;
}

/** A connected part is cut at three times the usual size of a segment, and joins a neighbour below half of it. */
const smallest = 0.5, largest = 3;

/**
 * Segment number of every pixel, from 0 without gaps. Numbers as scikit-image's `slic`. Achanta et al.: SLIC
 * Superpixels, IEEE TPAMI 2012. Throws if planes and sides do not fit, or for counts below 1.
 */
export function slic(planes: Planes, width: number, height: number, options: SlicOptions): Int32Array {
  const { segments, compactness, sigma = 0, maxIterations = 10, enforceConnectivity = true, convertToLab = planes.length === 3 } = options;
  checkPlanes(planes, width, height, 'SLIC');
  if (!(segments >= 1) || !(maxIterations >= 1)) throw new Error(`SLIC needs at least 1 segment and 1 iteration, found ${segments} and ${maxIterations}`);
  if (!(compactness > 0)) throw new Error(`SLIC needs a compactness above 0, found ${compactness}`);
  const even = stretched(planes);
  const colours = (convertToLab ? labOfRgb(even) : even).map((plane) => mirroredBlur(plane, width, height, sigma).map((value) => value / compactness));
  const grid = gridOf(width, height, segments), count = grid.xs.length * grid.ys.length;
  const labels = clusters(colours, width, height, grid, maxIterations);
  const usual = (width * height) / count;
  return inOrderOfValue(enforceConnectivity ? connected(labels, width, height, Math.floor(smallest * usual), Math.floor(largest * usual)) : labels);
}

/** All channels together stretched over 0 … 1. */
function stretched(planes: Planes): Float64Array[] {
  let low = Infinity, high = -Infinity;
  for (const plane of planes) for (let i = 0; i < plane.length; i++) { low = Math.min(low, plane[i]!); high = Math.max(high, plane[i]!); }
  const span = high - low || 1;
  return planes.map((plane) => Float64Array.from(plane, (value) => (value - low) / span));
}

interface Grid {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** Whole pixels from one to the next. */
  readonly stepX: number;
  readonly stepY: number;
}

/** A grid of about `points` centres: even steps, except that a side shorter than a step has one row of them. */
function gridOf(width: number, height: number, points: number): Grid {
  const even = Math.max(1, Math.sqrt((width * height) / points)), short = Math.min(width, height), long = Math.max(width, height);
  const [shortStep, longStep] = short < even ? [short, long / points] : [even, even];
  const [byX, byY] = width < height ? [shortStep, longStep] : [longStep, shortStep], stepX = roundHalfEven(byX), stepY = roundHalfEven(byY);
  const along = (size: number, start: number, step: number): number[] => Array.from({ length: Math.ceil((size - start) / step) }, (_, k) => start + k * step);
  return { xs: along(width, Math.floor(byX / 2), stepX), ys: along(height, Math.floor(byY / 2), stepY), stepX, stepY };
}

function roundHalfEven(value: number): number {
  const low = Math.floor(value), rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/** k-means: the nearest centre of every pixel, the first of those as near. */
function clusters(colours: readonly Float64Array[], width: number, height: number, { xs, ys, stepX: wideX, stepY: wideY }: Grid, rounds: number): Int32Array {
  const pixels = width * height, channels = colours.length, features = channels + 2, count = xs.length * ys.length;
  // How far a centre looks goes by the steps of a grid of as many points as there are, which need not be this grid's.
  const { stepX, stepY } = gridOf(width, height, count), weight = 1 / Math.max(wideX, wideY) ** 2;
  const centre = new Float64Array(count * features), members = new Int32Array(count), labels = new Int32Array(pixels).fill(-1), nearest = new Float64Array(pixels);
  ys.forEach((y, row) => xs.forEach((x, column) => centre.set([y, x], (row * xs.length + column) * features)));
  for (let round = 0; round < rounds; round++) {
    let changed = false;
    nearest.fill(Infinity);
    for (let k = 0; k < count; k++) {
      const own = k * features, cy = centre[own]!, cx = centre[own + 1]!;
      const top = Math.max(0, Math.trunc(cy - 2 * stepY)), bottom = Math.min(height, Math.trunc(cy + 2 * stepY + 1));
      const left = Math.max(0, Math.trunc(cx - 2 * stepX)), right = Math.min(width, Math.trunc(cx + 2 * stepX + 1));
      for (let y = top; y < bottom; y++) {
        const down = (cy - y) ** 2;
        for (let x = left, at = y * width + left; x < right; x++, at++) {
          let distance = (down + (cx - x) ** 2) * weight;
          for (let channel = 0; channel < channels; channel++) {
            const step = colours[channel]![at]! - centre[own + 2 + channel]!;
            distance += step * step;
          }
          if (distance < nearest[at]!) {
            nearest[at] = distance;
            labels[at] = k;
            changed = true;
          }
        }
      }
    }
    if (!changed) break;
    centre.fill(0);
    members.fill(0);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        const k = labels[at]!, own = k * features;
        members[k]!++;
        centre[own]! += y;
        centre[own + 1]! += x;
        for (let channel = 0; channel < channels; channel++) centre[own + 2 + channel]! += colours[channel]![at]!;
      }
    }
    // A centre that lost all its pixels has no place any more (0 / 0), and gets none again.
    for (let k = 0; k < count; k++) for (let feature = 0; feature < features; feature++) centre[k * features + feature]! /= members[k]!;
  }
  return labels;
}

/** Connected parts of at least `least` and at most `most` pixels (4-connectivity); smaller ones join a neighbour found before. */
function connected(labels: Int32Array, width: number, height: number, least: number, most: number): Int32Array {
  const out = new Int32Array(labels.length), part = new Int32Array(Math.max(1, most));
  // 0 marks pixels not seen yet; parts are numbered from 1.
  let next = 1;
  for (let start = 0; start < labels.length; start++) {
    if (out[start] !== 0) continue;
    const label = labels[start]!;
    let size = 1, neighbour = next;
    out[start] = next;
    part[0] = start;
    const look = (inside: boolean, other: number): void => {
      if (!inside || size >= most) return;
      if (out[other] === 0 && labels[other] === label) {
        out[other] = next;
        part[size++] = other;
      } else if (out[other] !== 0 && out[other] !== next) neighbour = out[other]!;
    };
    for (let visited = 0; visited < size && size < most; visited++) {
      const at = part[visited]!, x = at % width;
      look(x + 1 < width, at + 1);
      look(x > 0, at - 1);
      look(at + width < labels.length, at + width);
      look(at >= width, at - width);
    }
    // One without any keeps its number, and shares it with the part after it.
    if (size < least) for (let i = 0; i < size; i++) out[part[i]!] = neighbour;
    else next++;
  }
  return out;
}
