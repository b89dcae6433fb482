/** Filters of a convolution over few channels, as pictures. */
import type { FilterLayout } from '../../graph/storedTensors';
import type { TensorDetails } from '../../protocol/details';
import { isReal, realNumbers, type Content } from './content';

/** Numbers that are sent to be drawn. */
const maximumValues = 2 ** 18;
/** Kernels whose layout spreads a filter over the tensor are read whole, up to this many elements. */
const maximumRead = 2 ** 22;

/** @returns undefined where the filters are no pictures: too many channels, or a single pixel. */
export async function filterTiles(content: Content, layout: FilterLayout | undefined): Promise<TensorDetails['tiles']> {
  const { dims } = content;
  if (layout === undefined || dims.length !== 4 || !isReal(content.dtype) || content.count === 0) return undefined;
  const [a, b, c, d] = dims as [number, number, number, number];
  const { filters, inputs, height, width } = layout === 'OIHW' ? { filters: a, inputs: b, height: c, width: d }
    : layout === 'HWIO' ? { filters: d, inputs: c, height: a, width: b } : { filters: c * d, inputs: 1, height: a, width: b };
  if (!(inputs === 1 || inputs === 3 || inputs === 4) || height * width < 4) return undefined;
  const channels = inputs === 1 ? 1 : 3, size = height * width * inputs;
  const count = Math.min(filters, Math.floor(maximumValues / size));
  if (count < 1 || (layout !== 'OIHW' && content.count > maximumRead)) return undefined;
  // The filters of OIHW lie one after the other.
  const numbers = realNumbers(await content.read(0, layout === 'OIHW' ? count * size : content.count));
  const at = layout === 'OIHW'
    ? (filter: number, pixel: number, channel: number) => filter * size + channel * height * width + pixel
    : (filter: number, pixel: number, channel: number) => (pixel * inputs + channel) * filters + filter;
  const values = new Float32Array(count * height * width * channels);
  let minimum = Infinity, maximum = -Infinity;
  for (let filter = 0, to = 0; filter < count; filter++) {
    for (let pixel = 0; pixel < height * width; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        const value = numbers[at(filter, pixel, channel)]!;
        values[to++] = value;
        if (value < minimum) minimum = value;
        if (value > maximum) maximum = value;
      }
    }
  }
  const range = maximum - minimum;
  for (let i = 0; i < values.length; i++) values[i] = range > 0 && Number.isFinite(range) ? (values[i]! - minimum) / range : 0.5;
  return { count, filters, height, width, channels, minimum, maximum, values };
}
