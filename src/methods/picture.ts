/** Where height, width and channels are in the explained input. */
import { floatTensor, type FloatTensor } from '../tensor/tensor';
import { ParameterError } from './parameters';

export interface PictureShape {
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * The picture axes of [1, C, H, W] or [1, H, W, C]. Without a stated layout the side with 1, 3 or 4 entries is the
 * channels; where both could be, the smaller one, and channels first where they are equal. Throws ParameterError for other ranks, naming what asked.
 */
export function pictureShape(dims: readonly number[], layout: 'NCHW' | 'NHWC' | undefined, asker: string): PictureShape {
  if (dims.length !== 4) throw new ParameterError(`${asker} needs a picture: found an input of dims [${dims.join(', ')}], expected [1, C, H, W] or [1, H, W, C]`);
  const [, a, b, c] = dims as [number, number, number, number];
  const few = (count: number) => count === 1 || count === 3 || count === 4;
  const chosen = layout ?? (few(c) && (!few(a) || c < a) ? 'NHWC' : 'NCHW');
  return chosen === 'NCHW' ? { layout: chosen, channels: a, height: b, width: c } : { layout: chosen, channels: c, height: a, width: b };
}

/** Channel `channel` of one sample's picture as a [height, width] plane. */
export function plane(data: Float32Array, shape: PictureShape, channel: number): Float32Array {
  const cells = shape.height * shape.width;
  if (shape.layout === 'NCHW') return data.slice(channel * cells, (channel + 1) * cells);
  return Float32Array.from({ length: cells }, (_, cell) => data[cell * shape.channels + channel]!);
}

/** Writes a plane back where `plane` took it from. */
export function setPlane(data: Float32Array | Float64Array, shape: PictureShape, channel: number, values: ArrayLike<number>): void {
  const cells = shape.height * shape.width;
  if (shape.layout === 'NCHW') data.set(values, channel * cells);
  else for (let cell = 0; cell < cells; cell++) data[cell * shape.channels + channel] = values[cell]!;
}

/** A tensor with the picture's dims whose every channel is `values`, [height, width]. */
export function overChannels(values: Float32Array, dims: readonly number[], shape: PictureShape): FloatTensor {
  const out = floatTensor(dims);
  for (let channel = 0; channel < shape.channels; channel++) setPlane(out.data, shape, channel, values);
  return out;
}
