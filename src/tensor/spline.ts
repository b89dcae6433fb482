/** Resizing by a smooth curve through all pixels: what segmentation wants of small pictures. */
import { zeroBlur } from './zeroBlur';

/** Zeros added on either side before the curve is fitted; what lies farther out changes nothing (z¹² < 2e-7). */
const margin = 12;
/** The pole of the cubic B-spline's inverse. */
const pole = Math.sqrt(3) - 2;

/**
 * A [height, width] plane as [toHeight, toWidth] by cubic B-spline interpolation: half-pixel centres, zeros beyond the
 * edge, smoothed first where it shrinks, and clipped to the plane's own range. As scikit-image's `resize(order=3,
 * mode='constant', anti_aliasing=True)`.
 */
export function resizeSpline(values: ArrayLike<number>, width: number, height: number, toWidth: number, toHeight: number): Float32Array {
  const sigma = Math.max(0, width / toWidth - 1, height / toHeight - 1) / 2;
  const smooth = sigma > 0 ? zeroBlur(values, 1, height, width, sigma) : new Float64Array(values);
  const across = alongRows(smooth, height, width, toWidth);
  const down = alongRows(transposed(across, height, toWidth), toWidth, height, toHeight);
  const out = Float32Array.from(transposed(down, toWidth, toHeight));
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i++) { low = Math.min(low, values[i]!); high = Math.max(high, values[i]!); }
  return out.map((value) => Math.min(high, Math.max(low, value)));
}

/** Every row of [rows, from] as `to` values of the curve through it. */
function alongRows(x: Float64Array, rows: number, from: number, to: number): Float64Array {
  const out = new Float64Array(rows * to);
  for (let row = 0; row < rows; row++) {
    const c = coefficients(x.subarray(row * from, (row + 1) * from));
    for (let i = 0; i < to; i++) {
      const at = ((i + 0.5) * from) / to - 0.5 + margin, low = Math.floor(at), t = at - low;
      // The four cubic B-splines that are not zero at `at`.
      const w0 = (1 - t) ** 3 / 6, w1 = (4 - 6 * t * t + 3 * t * t * t) / 6, w3 = (t * t * t) / 6, w2 = 1 - w0 - w1 - w3;
      out[row * to + i] = w0 * c[low - 1]! + w1 * c[low]! + w2 * c[low + 1]! + w3 * c[low + 2]!;
    }
  }
  return out;
}

/**
 * B-spline coefficients of a row between margins of zeros, so that the curve passes through the row: the recursive
 * filter 6 / ((1 − z s)(1 − z s⁻¹)). Unser, Aldroubi, Eden: B-Spline Signal Processing, IEEE TSP 1993.
 */
function coefficients(row: Float64Array): Float64Array {
  const c = new Float64Array(row.length + 2 * margin);
  c.set(row, margin);
  for (let k = 1; k < c.length; k++) c[k]! += pole * c[k - 1]!;
  c[c.length - 1]! *= pole / (pole * pole - 1);
  for (let k = c.length - 2; k >= 0; k--) c[k] = pole * (c[k + 1]! - c[k]!);
  return c.map((value) => 6 * value);
}

function transposed(x: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let row = 0, at = 0; row < rows; row++) for (let column = 0; column < columns; column++, at++) out[column * rows + row] = x[at]!;
  return out;
}
