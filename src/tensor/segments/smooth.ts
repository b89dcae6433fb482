/** Smoothing before a picture is segmented. */
import { halfKernel } from '../zeroBlur';

/**
 * Separable Gaussian blur of a [height, width] plane in float64: four sigmas wide, the picture mirrored at its edges
 * with the edge pixel doubled, as SciPy's `gaussian_filter`. A sigma of 0 only copies.
 */
export function mirroredBlur(values: ArrayLike<number>, width: number, height: number, sigma: number): Float64Array {
  const from = Float64Array.from(values);
  if (!(sigma > 0)) return from;
  const half = halfKernel(sigma), radius = half.length - 1, span = 2 * radius + 1, kernel = Float64Array.from({ length: span }, (_, i) => half[Math.abs(i - radius)]!);
  const across = new Float64Array(from.length), out = new Float64Array(from.length), columns = mirrored(width, radius), rows = mirrored(height, radius);
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      let total = 0;
      for (let k = 0; k < span; k++) total += kernel[k]! * from[row * width + columns[column + k]!]!;
      across[at] = total;
    }
  }
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      let total = 0;
      for (let k = 0; k < span; k++) total += kernel[k]! * across[rows[row + k]! * width + column]!;
      out[at] = total;
    }
  }
  return out;
}

/** Where the positions −radius … size − 1 + radius fall in the mirrored picture. */
function mirrored(size: number, radius: number): Int32Array {
  return Int32Array.from({ length: size + 2 * radius }, (_, i) => {
    const at = (((i - radius) % (2 * size)) + 2 * size) % (2 * size);
    return at < size ? at : 2 * size - 1 - at;
  });
}
