/** Filling a hole in a picture from what lies around it: smooth, without any pattern of its own. */

interface Level {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  /** How much of each cell is known, 0 … 1. */
  readonly known: Float32Array;
}

/** Rounds of averaging with the neighbours that take the cells' edges out of the filling. */
const smoothing = 24;

/**
 * `plane` [height · width] with every pixel of `hole` replaced by a weighted mean of known pixels, the near ones most:
 * averages are formed at ever coarser levels until all is known, then carried back ("pull-push", Gortler et al., The
 * Lumigraph, SIGGRAPH 1996). A plane without known pixels is returned as its mean. Time goes with pixels.
 */
export function fillHole(plane: ArrayLike<number>, hole: ArrayLike<number>, width: number, height: number): Float32Array {
  const pixels = width * height;
  const finest: Level = { width, height, values: new Float32Array(pixels), known: new Float32Array(pixels) };
  for (let i = 0; i < pixels; i++) {
    if (hole[i]) continue;
    finest.values[i] = plane[i]!;
    finest.known[i] = 1;
  }
  if (!finest.known.includes(1)) {
    let sum = 0;
    for (let i = 0; i < pixels; i++) sum += plane[i]!;
    return new Float32Array(pixels).fill(sum / Math.max(1, pixels));
  }
  const levels = [finest];
  for (let at = finest; at.known.includes(0) && at.width * at.height > 1;) levels.push(at = coarser(at));
  for (let i = levels.length - 2; i >= 0; i--) fillFrom(levels[i]!, levels[i + 1]!);
  return smoothed(finest.values, hole, width);
}

/** Half the size: means of the known ones of 2 × 2 cells. */
function coarser({ width, height, values, known }: Level): Level {
  const w = Math.ceil(width / 2), h = Math.ceil(height / 2), out = new Float32Array(w * h), weight = new Float32Array(w * h);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = y * width + x, to = (y >> 1) * w + (x >> 1);
      out[to]! += values[from]! * known[from]!;
      weight[to]! += known[from]!;
    }
  }
  for (let i = 0; i < out.length; i++) {
    if (weight[i]! > 0) out[i]! /= weight[i]!;
    weight[i] = Math.min(1, weight[i]!);
  }
  return { width: w, height: h, values: out, known: weight };
}

/** What a level does not know comes from the next coarser one, between whose cells is interpolated. */
function fillFrom(level: Level, coarse: Level): void {
  for (let y = 0; y < level.height; y++) {
    const v = Math.max(0, Math.min(coarse.height - 1, (y - 0.5) / 2)), top = Math.floor(v), bottom = Math.min(coarse.height - 1, top + 1), down = v - top;
    for (let x = 0; x < level.width; x++) {
      const at = y * level.width + x, known = level.known[at]!;
      if (known >= 1) continue;
      const u = Math.max(0, Math.min(coarse.width - 1, (x - 0.5) / 2)), left = Math.floor(u), right = Math.min(coarse.width - 1, left + 1), across = u - left;
      const upper = coarse.values[top * coarse.width + left]! * (1 - across) + coarse.values[top * coarse.width + right]! * across;
      const lower = coarse.values[bottom * coarse.width + left]! * (1 - across) + coarse.values[bottom * coarse.width + right]! * across;
      level.values[at] = level.values[at]! * known + (upper * (1 - down) + lower * down) * (1 - known);
    }
  }
}

/** Each pixel of the hole becomes the mean of its four neighbours, a few times over. */
function smoothed(values: Float32Array, hole: ArrayLike<number>, width: number): Float32Array {
  const cells: number[] = [];
  for (let i = 0; i < values.length; i++) if (hole[i]) cells.push(i);
  for (let round = 0; round < smoothing; round++) {
    for (const i of cells) {
      const x = i % width, left = x > 0 ? i - 1 : i, right = x + 1 < width ? i + 1 : i, above = i >= width ? i - width : i, below = i + width < values.length ? i + width : i;
      values[i] = (values[left]! + values[right]! + values[above]! + values[below]!) / 4;
    }
  }
  return values;
}
