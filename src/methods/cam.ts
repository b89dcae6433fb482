/** What class activation maps share: a layer's values as a grid of channels, weighted sums over it, and the map over the picture. */
import { resizeBilinear } from '../tensor/resample';
import type { FloatTensor, Tensor } from '../tensor/tensor';
import { toFloat32 } from '../tensor/convert';
import type { MethodContext } from './method';
import type { SpatialLayer } from './model';
import { ParameterError } from './parameters';
import { overChannels, pictureShape } from './picture';

/** One sample of a layer, channel by channel: [channels, height · width]. */
export interface Grid {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/**
 * The first sample of a layer's value (activations or gradients) as a grid.
 * NCHW [N, C, H, W] and NHWC [N, H, W, C] are read as such; tokens [N, T, C] lose their leading class tokens and are
 * laid out row by row, [T − prefix, C] → [C, h, w].
 */
export function gridOf(tensor: Tensor, layer: SpatialLayer): Grid {
  const { channels, height, width } = layer;
  const cells = height * width, skip = layer.layout === 'tokens' ? layer.prefixTokens : 0;
  const size = channels * (cells + skip);
  const data = toFloat32(tensor);
  if (data.length < size) throw new Error(`layer '${layer.value}' has ${data.length} values, its grid of ${channels}×${height}×${width} needs ${size}`);
  if (layer.layout === 'NCHW') return { channels, height, width, values: data.slice(0, channels * cells) };
  const values = new Float32Array(channels * cells);
  for (let cell = 0; cell < cells; cell++) {
    for (let channel = 0; channel < channels; channel++) values[channel * cells + cell] = data[(cell + skip) * channels + channel]!;
  }
  return { channels, height, width, values };
}

/** Mean of each channel over its cells, [channels]. */
export function channelMeans(grid: Grid): Float64Array {
  const cells = grid.height * grid.width;
  return Float64Array.from({ length: grid.channels }, (_, channel) => {
    let sum = 0;
    for (let at = channel * cells; at < (channel + 1) * cells; at++) sum += grid.values[at]!;
    return sum / cells;
  });
}

/** Σ_c weights[c] · grid[c, cell] for every cell, [height · width]. */
export function weightedSum(grid: Grid, weights: ArrayLike<number>): Float32Array {
  const cells = grid.height * grid.width, sum = new Float64Array(cells);
  for (let channel = 0; channel < grid.channels; channel++) {
    const weight = weights[channel]!;
    for (let cell = 0; cell < cells; cell++) sum[cell]! += weight * grid.values[channel * cells + cell]!;
  }
  return Float32Array.from(sum);
}

/** Negative values become 0, in place. */
export function rectify(map: Float32Array): Float32Array {
  for (let i = 0; i < map.length; i++) if (map[i]! < 0) map[i] = 0;
  return map;
}

/** (v − min) / (1e-7 + max(v − min)): to 0…1 as pytorch-grad-cam's `scale_cam_image` does, in place. */
export function minMaxScale(map: Float32Array): Float32Array {
  let low = Infinity, high = -Infinity;
  for (const value of map) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  for (let i = 0; i < map.length; i++) map[i] = (map[i]! - low) / (1e-7 + (high - low));
  return map;
}

/** A map [height, width] stretched over the explained picture (bilinear), the same in every channel: the input's dims. */
export function mapOverInput(map: Float32Array, width: number, height: number, dims: readonly number[], layout: 'NCHW' | 'NHWC' | undefined): FloatTensor {
  const shape = pictureShape(dims, layout, 'a class activation map');
  return overChannels(resizeBilinear(map, width, height, shape.width, shape.height), dims, shape);
}

/**
 * The layers a class activation map may be taken at: the one asked for, or else the model's own, the default last.
 * A value the engine does not list is taken by its dims: [N, C, H, W], or [N, T, C] with a square grid of tokens.
 * Throws ParameterError if there is none.
 */
export async function candidateLayers(context: Pick<MethodContext, 'model' | 'layer' | 'feeds' | 'target'>): Promise<readonly SpatialLayer[]> {
  if (context.layer === undefined) {
    const grids = (await context.model.spatialLayers(context.target)).filter((layer) => layer.height * layer.width > 1);
    if (grids.length === 0) throw new ParameterError('layer: this model has no layer whose values form a grid over the picture, so no class activation map can be taken');
    return grids;
  }
  const all = await context.model.spatialLayers();
  const listed = all.find((layer) => layer.value === context.layer) ?? all.find((layer) => layer.node === context.layer);
  return [listed ?? await unlistedLayer(context, context.layer)];
}

async function unlistedLayer({ model, feeds }: Pick<MethodContext, 'model' | 'feeds'>, value: string): Promise<SpatialLayer> {
  const dims = (await model.run(feeds, [value]))[value]?.dims;
  if (dims === undefined) throw new ParameterError(`layer '${value}': the model has no value of that name`);
  const common = { value, node: value, opType: 'unknown' };
  if (dims.length === 4) return { ...common, layout: 'NCHW', channels: dims[1]!, height: dims[2]!, width: dims[3]!, prefixTokens: 0 };
  if (dims.length === 3) {
    for (const prefixTokens of [0, 1, 2]) {
      const side = Math.round(Math.sqrt(dims[1]! - prefixTokens));
      if (side > 1 && side * side === dims[1]! - prefixTokens) return { ...common, layout: 'tokens', channels: dims[2]!, height: side, width: side, prefixTokens };
    }
  }
  throw new ParameterError(`layer '${value}': found dims [${dims.join(', ')}], expected a grid of channels [N, C, H, W] or of tokens [N, T, C]`);
}
