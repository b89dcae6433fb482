/** Resize along one axis as the matrix it is: rows of weights, computed as ONNX Runtime computes them (in float32). */

export interface ResizeAxis {
  readonly size: number;
  readonly out: number;
  /** The scale coordinates are computed with (not always out / size). */
  readonly scale: number;
  /** Start and end of the region of interest, for tf_crop_and_resize. */
  readonly roi: readonly [number, number];
}

export interface ResizeOptions {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubicA: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

const f = Math.fround;

/** Coordinate modes (Resize-19 and the older ones it replaced), by name. */
export const coordinateModes: Readonly<Record<string, (x: number, axis: ResizeAxis) => number>> = {
  half_pixel: (x, { scale }) => f(f(f(x + 0.5) / f(scale)) - 0.5),
  half_pixel_symmetric: (x, { size, out, scale }) => {
    // The output was rounded to whole pixels: shift so that the picture's centre stays where it was.
    const adjustment = f(out / f(f(scale) * size));
    const offset = f(f(size / 2) * f(1 - adjustment));
    return f(offset + (x + 0.5) / f(scale) - 0.5);
  },
  pytorch_half_pixel: (x, { out, scale }) => (out > 1 ? f(f(f(x + 0.5) / f(scale)) - 0.5) : 0),
  align_corners: (x, { size, out }) => (out === 1 ? 0 : f(f(x * (size - 1)) / (out - 1))),
  asymmetric: (x, { scale }) => f(x / f(scale)),
  tf_half_pixel_for_nn: (x, { scale }) => f(f(x + 0.5) / f(scale)),
  tf_crop_and_resize: (x, { size, out, roi: [start, end] }) => (out > 1
    ? f(f(f(start) * (size - 1)) + f(f(f(x * f(f(end) - f(start))) * (size - 1)) / (out - 1)))
    : f(0.5 * f(f(start) + f(end)) * (size - 1))),
};

/** Rounding of coordinates, by `nearest_mode`. */
export const nearestModes: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => (x === Math.trunc(x) + 0.5 ? Math.floor(x) : awayFromZero(x)),
  round_prefer_ceil: awayFromZero,
  floor: Math.floor,
  ceil: Math.ceil,
};

function awayFromZero(x: number): number {
  return Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
}

/** The matrix A [out, size] of y = A·x along one axis. Outside a crop's region rows are zero (extrapolation). */
export function resizeMatrix(axis: ResizeAxis, options: ResizeOptions): Float64Array {
  const { size, out } = axis;
  const matrix = new Float64Array(out * size);
  const position = coordinateModes[options.coordinates]!;
  for (let o = 0; o < out; o++) {
    // ONNX Runtime leaves an axis of scale 1 alone, a crop's region of interest notwithstanding.
    if (axis.scale === 1 && size === out) {
      matrix[o * size + o] = 1;
      continue;
    }
    const x = position(o, axis);
    if (options.coordinates === 'tf_crop_and_resize' && (x < 0 || x > size - 1)) continue;
    const add = (i: number, weight: number): void => { matrix[o * size + Math.min(Math.max(i, 0), size - 1)]! += weight; };
    if (options.mode === 'nearest') add(nearestModes[options.nearest]!(x), 1);
    else if (options.antialias && axis.scale < 1) antialiased(x, axis, options, add);
    else if (options.mode === 'linear') linear(x, size, add);
    else cubic(x, size, options, add);
  }
  return matrix;
}

type Add = (index: number, weight: number) => void;

function linear(x: number, size: number, add: Add): void {
  const inside = Math.min(Math.max(x, 0), size - 1), low = Math.floor(inside), part = inside - low;
  add(low, 1 - part);
  if (part > 0) add(low + 1, part);
}

/** Keys' cubic kernel with parameter a. */
function cubicWeight(distance: number, a: number): number {
  const t = Math.abs(distance);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

function cubic(x: number, size: number, { cubicA, excludeOutside }: ResizeOptions, add: Add): void {
  const low = Math.floor(x);
  const taps = [-1, 0, 1, 2].map((step) => ({ index: low + step, weight: cubicWeight(x - low - step, cubicA) }));
  const used = excludeOutside ? taps.filter(({ index }) => index >= 0 && index < size) : taps;
  const total = excludeOutside ? used.reduce((sum, { weight }) => sum + weight, 0) : 1;
  for (const { index, weight } of used) add(index, weight / total);
}

/** A window stretched by 1/scale, as Pillow downsamples: weights inside the input, made to sum to one. */
function antialiased(x: number, { size, scale }: ResizeAxis, { mode, cubicA, excludeOutside }: ResizeOptions, add: Add): void {
  const support = (mode === 'linear' ? 1 : 2) / scale;
  const weightAt = mode === 'linear' ? (t: number) => Math.max(0, 1 - Math.abs(t)) : (t: number) => cubicWeight(t, cubicA);
  const taps: { index: number; weight: number }[] = [];
  for (let index = Math.ceil(x - support); index <= Math.floor(x + support); index++) {
    const weight = weightAt((index - x) * scale);
    if (weight !== 0 && !(excludeOutside && (index < 0 || index >= size))) taps.push({ index, weight });
  }
  const total = taps.reduce((sum, { weight }) => sum + weight, 0);
  for (const { index, weight } of taps) add(index, weight / total);
}
