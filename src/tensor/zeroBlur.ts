/**
 * Gaussian blur with zeros beyond the edge, in double precision: differences of two blurs of nearly one width are taken
 * of it. (resample.ts has the blur for pictures, which repeats the edge.)
 */

/** Weights k[0…radius] of a Gaussian cut off at four sigmas, k[0] in the middle; they sum to 1 over both sides. As scipy's `gaussian_filter`. */
export function halfKernel(sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5), half = new Float64Array(radius + 1);
  let sum = 0;
  for (let k = 0; k <= radius; k++) {
    half[k] = Math.exp(-(k * k) / (2 * sigma * sigma));
    sum += k === 0 ? half[k]! : 2 * half[k]!;
  }
  return half.map((weight) => weight / sum);
}

/** Blurs the planes of [planes, height, width] by `sigma` pixels both ways; a sigma of 0 leaves them as they are. */
export function zeroBlur(values: ArrayLike<number>, planes: number, height: number, width: number, sigma: number): Float64Array {
  if (!(sigma >= 0) || !Number.isFinite(sigma)) throw new Error(`a blur needs a sigma of at least 0 pixels, found ${sigma}`);
  const out = new Float64Array(values);
  const kernel = sigma > 0 ? halfKernel(sigma) : undefined;
  if (!kernel || kernel.length === 1) return out;
  const cells = height * width, passed = new Float64Array(cells), turned = new Float64Array(cells);
  for (let plane = 0; plane < planes; plane++) {
    const own = out.subarray(plane * cells, (plane + 1) * cells);
    blurRows(own, passed, height, width, kernel);
    transpose(passed, turned, height, width);
    blurRows(turned, passed, width, height, kernel);
    transpose(passed, own, width, height);
  }
  return out;
}

/**
 * out[row, :] = Σ_j k_|j| · x[row + j, :]. A block of four rows from four rows at a time, which spares loads and stores:
 * a blur of 50 pixels reaches over the whole picture.
 */
function blurRows(x: Float64Array, out: Float64Array, rows: number, columns: number, kernel: Float64Array): void {
  const reach = kernel.length - 1, padded = new Float64Array(rows + reach + 8);
  padded.set(kernel);
  const weight = (distance: number): number => padded[Math.abs(distance)]!;
  out.fill(0);
  for (let row = 0; row < rows; row += 4) {
    const height = Math.min(4, rows - row), from = Math.max(0, row - reach), to = Math.min(rows, row + height + reach);
    let source = from;
    if (height === 4) {
      for (; source + 4 <= to; source += 4) block(x, source * columns, out, row * columns, columns, source - row, weight);
    }
    for (; source < to; source++) {
      for (let r = row; r < row + height; r++) {
        const k = weight(source - r), a = source * columns, at = r * columns;
        for (let column = 0; column < columns; column++) out[at + column] = out[at + column]! + k * x[a + column]!;
      }
    }
  }
}

/** Adds four rows of `x` to four rows of `out`, weighted by their distances; `offset` is that of the first two. */
function block(x: Float64Array, from: number, out: Float64Array, to: number, columns: number, offset: number, weight: (distance: number) => number): void {
  // k_d for every distance from −3 to 3 around the offset.
  const k0 = weight(offset), k1 = weight(offset + 1), k2 = weight(offset + 2), k3 = weight(offset + 3);
  const m1 = weight(offset - 1), m2 = weight(offset - 2), m3 = weight(offset - 3);
  const b = from + columns, c = b + columns, d = c + columns, second = to + columns, third = second + columns, fourth = third + columns;
  for (let column = 0; column < columns; column++) {
    const p = x[from + column]!, q = x[b + column]!, r = x[c + column]!, s = x[d + column]!;
    out[to + column] = out[to + column]! + k0 * p + k1 * q + k2 * r + k3 * s;
    out[second + column] = out[second + column]! + m1 * p + k0 * q + k1 * r + k2 * s;
    out[third + column] = out[third + column]! + m2 * p + m1 * q + k0 * r + k1 * s;
    out[fourth + column] = out[fourth + column]! + m3 * p + m2 * q + m1 * r + k0 * s;
  }
}

function transpose(x: Float64Array, out: Float64Array, rows: number, columns: number): void {
  for (let row = 0, at = 0; row < rows; row++) for (let column = 0; column < columns; column++, at++) out[column * rows + row] = x[at]!;
}
