/**
 * Resampling of single planes: one value a pixel, row-major. Maps are stretched with half-pixel centres and no
 * antialiasing, as OpenCV's `resize` (INTER_LINEAR, INTER_NEAREST) and PyTorch's `interpolate` (align_corners=false)
 * do. Pictures are resized elsewhere, with antialiasing.
 */

/** For each target position along one axis: the two source positions and the share of the second. */
function linearTaps(from: number, to: number): { left: Int32Array; right: Int32Array; share: Float32Array } {
  const left = new Int32Array(to), right = new Int32Array(to), share = new Float32Array(to);
  const scale = from / to;
  for (let i = 0; i < to; i++) {
    // Half-pixel centres: target centre i + 1/2 falls on source (i + 1/2) · from/to − 1/2; the edge is repeated.
    const at = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), from - 1);
    const low = Math.floor(at);
    left[i] = low;
    right[i] = Math.min(low + 1, from - 1);
    share[i] = at - low;
  }
  return { left, right, share };
}

function checkPlane(values: ArrayLike<number>, width: number, height: number, toWidth: number, toHeight: number): void {
  for (const side of [width, height, toWidth, toHeight]) {
    if (!Number.isInteger(side) || side < 1) throw new Error(`resampling from ${width}×${height} to ${toWidth}×${toHeight}: every side must be a whole number of at least 1`);
  }
  if (values.length !== width * height) throw new Error(`a plane of ${width}×${height} has ${width * height} values, but ${values.length} were given`);
}

/**
 * Bilinear resampling of a [height, width] plane to [toHeight, toWidth].
 * Throws if the sides are no positive whole numbers or the plane's length does not fit them.
 */
export function resizeBilinear(values: ArrayLike<number>, width: number, height: number, toWidth: number, toHeight: number): Float32Array {
  checkPlane(values, width, height, toWidth, toHeight);
  const x = linearTaps(width, toWidth), y = linearTaps(height, toHeight);
  const out = new Float32Array(toWidth * toHeight);
  for (let row = 0, at = 0; row < toHeight; row++) {
    const top = y.left[row]! * width, bottom = y.right[row]! * width, down = y.share[row]!;
    for (let column = 0; column < toWidth; column++, at++) {
      const l = x.left[column]!, r = x.right[column]!, across = x.share[column]!;
      const above = values[top + l]! + (values[top + r]! - values[top + l]!) * across;
      const below = values[bottom + l]! + (values[bottom + r]! - values[bottom + l]!) * across;
      out[at] = above + (below - above) * down;
    }
  }
  return out;
}

/**
 * Bilinear resampling with the corner pixels' centres kept in the corners, as PyTorch's `UpsamplingBilinear2d`
 * (align_corners=true) does; throws as `resizeBilinear`.
 */
export function resizeAligned(values: ArrayLike<number>, width: number, height: number, toWidth: number, toHeight: number): Float32Array {
  checkPlane(values, width, height, toWidth, toHeight);
  const step = (from: number, to: number) => (to > 1 ? (from - 1) / (to - 1) : 0);
  const across = step(width, toWidth), down = step(height, toHeight);
  const out = new Float32Array(toWidth * toHeight);
  for (let row = 0, at = 0; row < toHeight; row++) {
    const y = row * down, top = Math.min(Math.floor(y), height - 1), bottom = Math.min(top + 1, height - 1), v = y - top;
    for (let column = 0; column < toWidth; column++, at++) {
      const x = column * across, left = Math.min(Math.floor(x), width - 1), right = Math.min(left + 1, width - 1), u = x - left;
      const above = values[top * width + left]! * (1 - u) + values[top * width + right]! * u;
      const below = values[bottom * width + left]! * (1 - u) + values[bottom * width + right]! * u;
      out[at] = above * (1 - v) + below * v;
    }
  }
  return out;
}

/** Nearest-neighbour resampling (source index floor(i · from / to), as OpenCV and PyTorch have it); throws as `resizeBilinear`. */
export function resizeNearest(values: ArrayLike<number>, width: number, height: number, toWidth: number, toHeight: number): Float32Array {
  checkPlane(values, width, height, toWidth, toHeight);
  const out = new Float32Array(toWidth * toHeight);
  for (let row = 0, at = 0; row < toHeight; row++) {
    const from = Math.floor((row * height) / toHeight) * width;
    for (let column = 0; column < toWidth; column++, at++) out[at] = values[from + Math.floor((column * width) / toWidth)]!;
  }
  return out;
}

/** Means over the cells' areas: shrinking that loses nothing between the samples. Throws as `resizeBilinear`. */
export function averaged(values: ArrayLike<number>, width: number, height: number, toWidth: number, toHeight: number): Float32Array {
  checkPlane(values, width, height, toWidth, toHeight);
  const out = new Float32Array(toWidth * toHeight);
  for (let row = 0, at = 0; row < toHeight; row++) {
    const top = Math.floor((row * height) / toHeight), bottom = Math.max(top + 1, Math.ceil(((row + 1) * height) / toHeight));
    for (let column = 0; column < toWidth; column++, at++) {
      const left = Math.floor((column * width) / toWidth), right = Math.max(left + 1, Math.ceil(((column + 1) * width) / toWidth));
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += values[y * width + x]!;
      out[at] = sum / ((bottom - top) * (right - left));
    }
  }
  return out;
}

/** Weights of a sampled Gaussian of `sigma` pixels, cut off at four sigmas and normalised to sum 1. */
export function gaussianKernel(sigma: number): Float64Array {
  if (!(sigma > 0) || !Number.isFinite(sigma)) throw new Error(`a Gaussian's sigma must be a positive number of pixels, found ${sigma}`);
  const radius = Math.max(1, Math.ceil(4 * sigma));
  const kernel = new Float64Array(2 * radius + 1);
  let sum = 0;
  for (let i = -radius; i <= radius; i++) sum += kernel[i + radius] = Math.exp(-(i * i) / (2 * sigma * sigma));
  return kernel.map((weight) => weight / sum);
}

/** Separable Gaussian blur of a [height, width] plane; beyond the edge the edge pixel is repeated. */
export function gaussianBlur(values: ArrayLike<number>, width: number, height: number, sigma: number): Float32Array {
  checkPlane(values, width, height, width, height);
  const kernel = gaussianKernel(sigma), radius = (kernel.length - 1) / 2;
  const across = new Float32Array(width * height), out = new Float32Array(width * height);
  const clamp = (at: number, size: number) => (at < 0 ? 0 : at >= size ? size - 1 : at);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let k = -radius; k <= radius; k++) sum += kernel[k + radius]! * values[row * width + clamp(column + k, width)]!;
      across[row * width + column] = sum;
    }
  }
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let k = -radius; k <= radius; k++) sum += kernel[k + radius]! * across[clamp(row + k, height) * width + column]!;
      out[row * width + column] = sum;
    }
  }
  return out;
}
