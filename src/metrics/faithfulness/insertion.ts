/** Insertion: how fast the class comes back when the cells the map calls important are put into a blurred picture. */
import { plane, setPlane } from '../../methods/picture';
import type { Metric, Subject } from '../metric';
import { appliesToChanges } from '../variants';
import { cellCurve, inputData } from './curves';

export const insertion: Metric = {
  id: 'insertion',
  title: 'Insertion',
  about: 'Mean probability of the class while the cells the map ranks highest are put back first into a blurred picture: a map that finds what counts brings the class back at once.',
  property: 'faithfulness',
  better: 'higher',
  source: 'Petsiuk et al. 2018, arXiv 1806.07421',
  slow: false,
  beside: { random: 3, edges: true },
  applies: appliesToChanges,
  compute: (subject, candidate) => cellCurve(subject, candidate, blurredInput(subject), inputData(subject)),
};

/** RISE's substrate: the picture under its 11 × 11 kernel with σ 5, zeros beyond the edge. Inputs that are no pictures start from zeros. */
export function blurredInput(subject: Subject): Float32Array {
  const input = inputData(subject), out = new Float32Array(input.length), { shape } = subject;
  if (!shape) return out;
  for (let channel = 0; channel < shape.channels; channel++) setPlane(out, shape, channel, blurPlane(plane(input, shape, channel), shape.width, shape.height));
  return out;
}

const radius = 5, sigma = 5;

/**
 * RISE's `gkern(11, 5)` along one axis: scipy's `gaussian_filter` of a single one in the middle of 11 zeros, cut off at
 * four sigmas, reflected at the ends.
 */
export function riseKernel(): Float64Array {
  const size = 2 * radius + 1, reach = 4 * sigma, weight = (distance: number): number => Math.exp(-(distance * distance) / (2 * sigma * sigma));
  let total = 0;
  for (let distance = -reach; distance <= reach; distance++) total += weight(distance);
  // Reflection repeats the one at radius, and at −1 − radius, every 2 · size places.
  const images = [-2, -1, 0, 1, 2].flatMap((turn) => [radius + 2 * size * turn, -1 - radius + 2 * size * turn]);
  return Float64Array.from({ length: size }, (_, i) => images.filter((image) => Math.abs(image - i) <= reach).reduce((sum, image) => sum + weight(image - i) / total, 0));
}

function blurPlane(values: Float32Array, width: number, height: number): Float32Array {
  const kernel = riseKernel(), across = new Float32Array(values.length), out = new Float32Array(values.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let k = Math.max(-radius, -column); k <= Math.min(radius, width - 1 - column); k++) sum += kernel[k + radius]! * values[row * width + column + k]!;
      across[row * width + column] = sum;
    }
  }
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let k = Math.max(-radius, -row); k <= Math.min(radius, height - 1 - row); k++) sum += kernel[k + radius]! * across[(row + k) * width + column]!;
      out[row * width + column] = sum;
    }
  }
  return out;
}
