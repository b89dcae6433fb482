/** Overlapping regions of a picture at several scales, for methods that rank regions instead of pixels. */
import { felzenszwalb, pixelGraph } from '../tensor/segments/felzenszwalb';
import { resizeSpline } from '../tensor/spline';
import { range } from '../tensor/statistics';

/** Segmentation is tuned to pictures of this size with values from −1 to 1, whatever the model takes. */
const side = 224;

export interface RegionOptions {
  readonly scales: readonly number[];
  readonly sigma: number;
  readonly minSize: number;
  /** By how many pixels every region is grown, so that it holds its own edges. */
  readonly dilation: number;
}

/**
 * Regions of a picture as lists of pixel numbers, for every scale.
 * @param planes [channels][height · width], in any range.
 */
export function regionsOf(planes: readonly ArrayLike<number>[], width: number, height: number, options: RegionOptions): Int32Array[] {
  const ends = planes.map((plane) => range(plane)), low = Math.min(...ends.map(({ minimum }) => minimum)), high = Math.max(...ends.map(({ maximum }) => maximum));
  const scaled = planes.map((plane) => {
    const even = Float32Array.from(plane, (value) => (high > low ? (2 * (value - low)) / (high - low) - 1 : 0));
    return width === side && height === side ? even : resizeSpline(even, width, height, side, side);
  });
  const graph = pixelGraph(scaled, side, side, options.sigma);
  return options.scales.flatMap((scale) => {
    const { labels, count } = felzenszwalb(graph, scale, options.minSize);
    const pixels: number[][] = Array.from({ length: count }, () => []);
    for (let y = 0, at = 0; y < height; y++) {
      const row = Math.min(side - 1, Math.floor(((y + 0.5) * side) / height));
      for (let x = 0; x < width; x++, at++) pixels[labels[row * side + Math.min(side - 1, Math.floor(((x + 0.5) * side) / width))]!]!.push(at);
    }
    return pixels.filter((list) => list.length > 0).map((list) => dilated(list, width, height, options.dilation));
  });
}

/** Every pixel within `radius` of one of the region's. */
function dilated(pixels: readonly number[], width: number, height: number, radius: number): Int32Array {
  if (radius === 0) return Int32Array.from(pixels);
  const inside = new Uint8Array(width * height), grown = new Uint8Array(width * height);
  for (const pixel of pixels) inside[pixel] = 1;
  const disk: [number, number][] = [];
  for (let dy = -radius; dy <= radius; dy++) for (let dx = -radius; dx <= radius; dx++) if (dx * dx + dy * dy <= radius * radius) disk.push([dx, dy]);
  for (const pixel of pixels) {
    const x = pixel % width, y = (pixel - x) / width;
    grown[pixel] = 1;
    const buried = x > 0 && x < width - 1 && y > 0 && y < height - 1 && inside[pixel - 1] && inside[pixel + 1] && inside[pixel - width] && inside[pixel + width];
    if (buried) continue; // only the rim reaches beyond it
    for (const [dx, dy] of disk) {
      const nx = x + dx, ny = y + dy;
      if (nx >= 0 && nx < width && ny >= 0 && ny < height) grown[ny * width + nx] = 1;
    }
  }
  const out: number[] = [];
  for (let pixel = 0; pixel < grown.length; pixel++) if (grown[pixel]) out.push(pixel);
  return Int32Array.from(out);
}
