/** The model's own view of a picture: its tensor as planes to work on, and as a picture to look at. */
import { previewPicture } from '../data/image/encode';
import type { Picture } from '../data/image/picture';
import { tensorToPicture } from '../data/image/toTensor';
import { pictureShape, plane, setPlane, type PictureShape } from '../methods/picture';
import type { SmallPicture } from '../protocol/preprocessing';
import { LensError } from '../protocol/rpc';
import { tensorFromNumbers, toFloat32 } from '../tensor/convert';
import { floatTensor, type Tensor } from '../tensor/tensor';
import type { PreparedInput } from './inputs';

/** Longest side of a picture that is sent to be looked at. */
const largestSide = 768;

export interface SeenPicture {
  readonly input: PreparedInput;
  readonly shape: PictureShape;
  /** One [height · width] plane a channel, in the model's own numbers. */
  readonly planes: readonly Float32Array[];
}

/** @throws LensError for inputs that are no picture. */
export function seenPicture(input: PreparedInput): SeenPicture {
  const { dims, dtype } = input.tensor;
  if (input.kind !== 'image' || dims.length !== 4 || dims[0] !== 1 || dtype === 'string') {
    throw new LensError('badInput', `input '${input.name}' is ${dtype} [${dims.join(', ')}] and was given as ${input.kind}, expected one picture`);
  }
  const shape = pictureShape(dims, input.image?.layout, `input '${input.name}'`), data = toFloat32(input.tensor);
  return { input, shape, planes: Array.from({ length: shape.channels }, (_, channel) => plane(data, shape, channel)) };
}

/** Planes as the input's tensor again, in its own element type. */
export function tensorOf({ input, shape }: SeenPicture, planes: readonly ArrayLike<number>[]): Tensor {
  const data = new Float32Array(shape.channels * shape.height * shape.width);
  planes.forEach((values, channel) => setPlane(data, shape, channel, values));
  const { dtype, dims } = input.tensor;
  return dtype === 'float32' ? floatTensor(dims, data) : tensorFromNumbers(dtype, dims, data);
}

/** The tensor with the scaling undone; undefined where nobody knows how it was made (an exact tensor). */
export async function pictureOf({ input }: SeenPicture, tensor: Tensor): Promise<SmallPicture | undefined> {
  if (!input.image || !input.frame) return undefined;
  return small(tensorToPicture(floatTensor(tensor.dims, toFloat32(tensor)), input.image));
}

/** The numbers as they are: the first three channels as red, green and blue, from the smallest (black) to the largest. */
export async function numbersPicture({ shape, planes }: SeenPicture, shown: readonly ArrayLike<number>[] = planes): Promise<SmallPicture> {
  const { low, high } = bounds(planes), pixels = shape.width * shape.height, channels = shape.channels >= 3 ? 3 : 1;
  const data = new Uint8Array(pixels * channels), scale = 255 / (high - low || 1);
  for (let channel = 0; channel < channels; channel++) {
    const values = shown[channel]!;
    for (let i = 0, at = channel; i < pixels; i++, at += channels) data[at] = Math.max(0, Math.min(255, Math.round((values[i]! - low) * scale)));
  }
  return small({ width: shape.width, height: shape.height, channels, data, format: 'tensor', notes: [] });
}

function bounds(planes: readonly Float32Array[]): { low: number; high: number } {
  let low = Infinity, high = -Infinity;
  for (const values of planes) for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
  return { low, high };
}

async function small(picture: Picture): Promise<SmallPicture> {
  const { width, height, mime, bytes } = await previewPicture(picture, largestSide);
  return { width, height, mime, bytes };
}
