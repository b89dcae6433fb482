/** Felzenszwalb's segmentation: neighbouring pixels join while they differ less than their regions do inside. */
import { mirroredBlur } from './smooth';

export interface Segmentation {
  /** A region number for every pixel, row by row, from 0 without gaps. */
  readonly labels: Int32Array;
  readonly count: number;
}

/** The picture's neighbour pairs, those that differ least first: the same for every scale. */
export interface PixelGraph {
  readonly pixels: number;
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly cost: Float64Array;
}

/**
 * Neighbour pairs (8-connectivity) of a picture smoothed by `sigma` pixels; a pair costs the Euclidean distance of its
 * colours.
 * @param planes [channels][height · width].
 */
export function pixelGraph(planes: readonly ArrayLike<number>[], width: number, height: number, sigma: number): PixelGraph {
  const smooth = planes.map((plane) => mirroredBlur(plane, width, height, sigma));
  const pixels = width * height, first = new Int32Array(4 * pixels), second = new Int32Array(4 * pixels), cost = new Float64Array(4 * pixels);
  let count = 0;
  const add = (a: number, b: number): void => {
    let square = 0;
    for (const plane of smooth) square += (plane[a]! - plane[b]!) ** 2;
    first[count] = a;
    second[count] = b;
    cost[count++] = Math.sqrt(square);
  };
  // Kind by kind, as scikit-image lists them: to the right, down, down to the right, up to the right.
  for (const [dx, dy] of [[1, 0], [0, 1], [1, 1], [1, -1]] as const) {
    for (let y = Math.max(0, -dy); y < height - Math.max(0, dy); y++) for (let x = 0, at = y * width; x < width - dx; x++, at++) add(at, at + dy * width + dx);
  }
  // By cost; pairs of equal cost stay in the order of their pixels, so that the result is the same everywhere.
  const order = Uint32Array.from({ length: count }, (_, pair) => pair).sort((a, b) => cost[a]! - cost[b]! || a - b);
  return { pixels, first: Int32Array.from(order, (pair) => first[pair]!), second: Int32Array.from(order, (pair) => second[pair]!), cost: Float64Array.from(order, (pair) => cost[pair]!) };
}

/**
 * Regions of a picture: two regions join where a pair between them costs less than the costliest pair inside either,
 * plus `scale` / 255 / its size. Regions below `minSize` pixels then join their nearest neighbour.
 *
 * Felzenszwalb, Huttenlocher: Efficient Graph-Based Image Segmentation, IJCV 2004; the scale counts as in scikit-image.
 */
export function felzenszwalb(graph: PixelGraph, scale: number, minSize: number): Segmentation {
  const { pixels, first, second, cost } = graph;
  const parent = Int32Array.from({ length: pixels }, (_, pixel) => pixel), size = new Int32Array(pixels).fill(1), inner = new Float64Array(pixels);
  const root = (pixel: number): number => {
    let at = pixel;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  const join = (a: number, b: number): number => {
    const [kept, gone] = size[a]! >= size[b]! ? [a, b] : [b, a];
    parent[gone] = kept;
    size[kept]! += size[gone]!;
    return kept;
  };
  const allowance = scale / 255;
  for (let pair = 0; pair < cost.length; pair++) {
    const a = root(first[pair]!), b = root(second[pair]!);
    if (a === b) continue;
    if (cost[pair]! < Math.min(inner[a]! + allowance / size[a]!, inner[b]! + allowance / size[b]!)) inner[join(a, b)] = cost[pair]!;
  }
  for (let pair = 0; pair < cost.length; pair++) {
    const a = root(first[pair]!), b = root(second[pair]!);
    if (a !== b && (size[a]! < minSize || size[b]! < minSize)) join(a, b);
  }
  const numbers = new Map<number, number>(), labels = new Int32Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = root(pixel);
    let number = numbers.get(at);
    if (number === undefined) numbers.set(at, (number = numbers.size));
    labels[pixel] = number;
  }
  return { labels, count: numbers.size };
}
