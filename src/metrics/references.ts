/**
 * The maps a figure is compared with: one drawn at random, as smooth as the explanation's own, and the edges of the
 * picture. Neither knows anything about the model; a map that does no better says nothing about it.
 */
import { overChannels, plane, type PictureShape } from '../methods/picture';
import { gaussianBlur } from '../tensor/resample';
import { Random } from '../tensor/random';
import { mean } from '../tensor/statistics';
import { floatTensor, type FloatTensor } from '../tensor/tensor';
import type { Candidate, Subject } from './metric';

/**
 * Normal draws, blurred until neighbours are as alike as in `like`: single random pixels would be no fair match for a
 * map of a few broad patches. Without negative values where `like` has none.
 */
export function randomCells(like: Float32Array, shape: PictureShape | undefined, random: Random): Float32Array {
  const noise = Float32Array.from({ length: like.length }, () => random.normal());
  const sigma = shape ? smoothness(like, shape) : 0;
  const out = sigma > 0.3 ? gaussianBlur(noise, shape!.width, shape!.height, sigma) : noise;
  const signed = like.some((value) => value < 0);
  return signed ? out : out.map(Math.abs);
}

/**
 * Width of the Gaussian that white noise must be blurred with to become as smooth as a map. Blurred with σ, cells d
 * apart correlate by ρ(d) = exp(−d²/4σ²); σ is read off at the first distance where ρ has clearly fallen.
 */
export function smoothness(cells: Float32Array, { width, height }: PictureShape): number {
  const average = mean(cells), centred = cells.map((value) => value - average);
  const power = centred.reduce((total, value) => total + value * value, 0) / cells.length;
  if (!(power > 0)) return 0;
  let sigma = 0;
  for (let distance = 1; distance <= Math.min(width, height) / 4; distance *= 2) {
    const rho = (lagProduct(centred, width, height, distance, 0) + lagProduct(centred, width, height, 0, distance)) / 2 / power;
    if (rho <= 0.02) return sigma;
    sigma = distance / (2 * Math.sqrt(-Math.log(Math.min(rho, 0.999))));
    if (rho < 0.6) return sigma;
  }
  return sigma;
}

function lagProduct(values: Float32Array, width: number, height: number, right: number, down: number): number {
  let total = 0;
  for (let row = 0; row + down < height; row++) {
    for (let column = 0; column + right < width; column++) total += values[row * width + column]! * values[(row + down) * width + column + right]!;
  }
  return total / ((height - down) * (width - right));
}

/** How steep the picture is at every pixel: the length of Sobel's gradient of its mean over the channels; the edge is repeated outwards. */
export function edgeCells(input: Float32Array, shape: PictureShape): Float32Array {
  const { width, height, channels } = shape, grey = new Float64Array(width * height), out = new Float32Array(width * height);
  for (let channel = 0; channel < channels; channel++) plane(input, shape, channel).forEach((value, cell) => { grey[cell]! += value / channels; });
  const at = (row: number, column: number): number => grey[Math.min(Math.max(row, 0), height - 1) * width + Math.min(Math.max(column, 0), width - 1)]!;
  for (let row = 0, cell = 0; row < height; row++) {
    for (let column = 0; column < width; column++, cell++) {
      const left = at(row - 1, column - 1) + 2 * at(row, column - 1) + at(row + 1, column - 1);
      const right = at(row - 1, column + 1) + 2 * at(row, column + 1) + at(row + 1, column + 1);
      const above = at(row - 1, column - 1) + 2 * at(row - 1, column) + at(row - 1, column + 1);
      const below = at(row + 1, column - 1) + 2 * at(row + 1, column) + at(row + 1, column + 1);
      out[cell] = Math.hypot(right - left, below - above);
    }
  }
  return out;
}

/** Random map number `draw` in place of `map`; asked again, it is drawn anew: it depends on nothing. */
export function randomCandidate(subject: Subject, map: Candidate, draw: number): Candidate {
  const cellsFor = (again: number): Float32Array => randomCells(map.cells, subject.shape, new Random(subject.seed * 65_537 + draw * 257 + again + 1));
  const own = cellsFor(0);
  return {
    kind: 'random', cells: own, values: asInput(subject, own),
    again: async (_, again) => asInput(subject, cellsFor(1 + again)),
    underRandomWeights: async (stage, draw) => asInput(subject, cellsFor(100 + 10 * draw + stage)),
  };
}

/** The edges of the picture; undefined for inputs that are no pictures. They are the same whatever the model. */
export function edgeCandidate(subject: Subject): Candidate | undefined {
  const { shape } = subject;
  if (!shape) return undefined;
  const cells = edgeCells(subject.feeds[subject.input]!.data as Float32Array, shape), values = asInput(subject, cells);
  return {
    kind: 'edges', cells, values,
    again: async (input) => asInput(subject, edgeCells(input, shape)),
    underRandomWeights: async () => values,
  };
}

/** Cells as attributions: a pixel's value is spread over its channels. */
function asInput({ shape, feeds, input }: Subject, cells: Float32Array): FloatTensor {
  const { dims } = feeds[input]!;
  return shape ? overChannels(cells.map((value) => value / shape.channels), dims, shape) : floatTensor(dims, cells);
}
