/** Attributions as the map that is shown. */
import type { Method, Parameters } from '../methods/method';
import { pictureShape, plane } from '../methods/picture';
import type { HeatMap } from '../protocol/engine';
import type { FloatTensor } from '../tensor/tensor';
import { attributionMap } from '../tensor/heatmap';

/**
 * For pictures, channels are reduced as the method says; a class activation map is the same in every channel, so one
 * is taken. Anything else is a single row of cells.
 */
export function mapOf(method: Method, parameters: Parameters, values: FloatTensor, layout: 'NCHW' | 'NHWC' | undefined): HeatMap {
  const { dims, data } = values;
  if (dims.length !== 4) return { width: data.length, height: 1, values: data, signed: data.some((value) => value < 0) };
  const shape = pictureShape(dims, layout, method.title);
  if (!(method.onePlane ?? method.hasLayer)) return attributionMap(values, { layout: shape.layout, reduction: method.reduction?.(parameters) ?? 'sum' });
  const map = plane(data, shape, 0);
  return { width: shape.width, height: shape.height, values: map, signed: map.some((value) => value < 0) };
}
