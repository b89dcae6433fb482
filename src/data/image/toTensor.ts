/** Picture ↔ tensor by an ImageSpec. */
import { DataError } from '../errors';
import type { ImageSpec, PictureFrame, ResizeSpec } from '../spec';
import { channelCount } from '../spec';
import type { FloatTensor } from '../../tensor/tensor';
import { elementCount, floatTensor } from '../../tensor/tensor';
import type { Picture } from './picture';
import { toGrey, toRgb } from './picture';
import { resizePicture } from './resize';

export interface PictureTensor {
  /** [1, C, H, W] or [1, H, W, C] by the spec's layout. */
  readonly tensor: FloatTensor;
  readonly frame: PictureFrame;
}

/** Values of the tensor's channel `c` for p = 0 and p = 255: what a black and a white pixel become. */
export function channelBounds(spec: ImageSpec, c: number): { black: number; white: number } {
  const mean = spec.mean[c] ?? 0;
  const std = spec.std[c] ?? 1;
  return { black: (spec.range[0] - mean) / std, white: (spec.range[1] - mean) / std };
}

/** Dims of the tensor a spec makes: [1, C, H, W] or [1, H, W, C]. */
export function imageDims(spec: ImageSpec): [number, number, number, number] {
  const { height, width } = spec.resize;
  const channels = channelCount(spec.channels);
  return spec.layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
}

/** The picture as the spec's tensor, and the part of it that the model sees. */
export function pictureToTensor(picture: Picture, spec: ImageSpec): PictureTensor {
  const coloured = spec.channels === 'grey' ? toGrey(picture) : toRgb(picture);
  const { fitted, frame } = fit(coloured, spec.resize);
  const { height, width } = spec.resize;
  const pixels = height * width;
  const channels = channelCount(spec.channels);
  const dims = imageDims(spec);
  const values = new Float32Array(elementCount(dims));
  for (let c = 0; c < channels; c++) {
    const { black, white } = channelBounds(spec, c);
    const slope = (white - black) / 255;
    const { start, step } = channelSteps(spec, c, pixels);
    if (c === 3) {
      const alpha = spec.alpha ?? white;
      for (let i = 0, at = start; i < pixels; i++, at += step) values[at] = alpha;
      continue;
    }
    const source = sourceChannel(spec, c);
    const stride = fitted.channels;
    for (let i = 0, at = start, p = source; i < pixels; i++, at += step, p += stride) values[at] = black + fitted.data[p]! * slope;
  }
  return { tensor: floatTensor(dims, values), frame };
}

/**
 * The tensor as a picture again: what the model saw, for previews. Values are clipped to 0..255.
 * Throws DataError if the tensor's dims are not the spec's (any batch; the first sample is taken).
 */
export function tensorToPicture(tensor: FloatTensor, spec: ImageSpec): Picture {
  const [, ...expected] = imageDims(spec);
  const [, ...found] = tensor.dims;
  if (expected.join() !== found.join()) throw new DataError('badInput', `a tensor of dims [${tensor.dims.join(', ')}] is no picture of this input, expected [N, ${expected.join(', ')}]`);
  const { height, width } = spec.resize;
  const pixels = height * width;
  const channels = spec.channels === 'grey' ? 1 : 3;
  const data = new Uint8Array(pixels * channels);
  for (let c = 0; c < channels; c++) {
    const { black, white } = channelBounds(spec, c);
    const { start, step } = channelSteps(spec, c, pixels);
    const target = sourceChannel(spec, c);
    for (let i = 0, at = start, p = target; i < pixels; i++, at += step, p += channels) {
      const value = ((tensor.data[at]! - black) / (white - black)) * 255;
      data[p] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return { width, height, channels, data, format: 'tensor', notes: [] };
}

/** A tensor of one colour (RGB, 0..255; black by default): the usual baselines. */
export function colourTensor(spec: ImageSpec, colour: readonly [number, number, number] = [0, 0, 0]): FloatTensor {
  const picture: Picture = { width: 1, height: 1, channels: 3, data: Float32Array.from(colour), format: 'colour', notes: [] };
  return pictureToTensor(picture, { ...spec, resize: { ...spec.resize, mode: 'stretch', interpolation: 'nearest' } }).tensor;
}

/** Where channel c lies in the tensor: NCHW in planes, NHWC interleaved. */
function channelSteps(spec: ImageSpec, c: number, pixels: number): { start: number; step: number } {
  return spec.layout === 'NCHW' ? { start: c * pixels, step: 1 } : { start: c, step: channelCount(spec.channels) };
}

/** The picture's channel (R, G, B = 0, 1, 2) that feeds the tensor's channel c. */
function sourceChannel(spec: ImageSpec, c: number): number {
  return spec.channels === 'BGR' ? 2 - c : c;
}

function fit(picture: Picture, resize: ResizeSpec): { fitted: Picture; frame: PictureFrame } {
  const source = { sourceWidth: picture.width, sourceHeight: picture.height };
  const { width, height, interpolation } = resize;
  if (resize.mode === 'stretch') {
    return { fitted: resizePicture(picture, width, height, interpolation), frame: { ...source, left: 0, top: 0, width: picture.width, height: picture.height } };
  }
  let scaledWidth: number;
  let scaledHeight: number;
  if (resize.mode === 'crop') {
    // torchvision: the longer side is truncated.
    const scale = resize.shorterSide / Math.min(picture.width, picture.height);
    scaledWidth = picture.width <= picture.height ? resize.shorterSide : Math.trunc((resize.shorterSide * picture.width) / picture.height);
    scaledHeight = picture.width <= picture.height ? Math.trunc((resize.shorterSide * picture.height) / picture.width) : resize.shorterSide;
    if (scaledWidth * scaledHeight > 1e8) throw new DataError('badInput', `a picture of ${picture.width} × ${picture.height} pixels scaled by ${scale.toFixed(1)} has more than 100 million pixels`);
  } else {
    const scale = Math.min(width / picture.width, height / picture.height);
    scaledWidth = Math.max(1, Math.min(width, Math.round(picture.width * scale)));
    scaledHeight = Math.max(1, Math.min(height, Math.round(picture.height * scale)));
  }
  const scaled = resizePicture(picture, scaledWidth, scaledHeight, interpolation);
  const left = resize.mode === 'crop' ? roundHalfEven((scaledWidth - width) / 2) : Math.floor((scaledWidth - width) / 2);
  const top = resize.mode === 'crop' ? roundHalfEven((scaledHeight - height) / 2) : Math.floor((scaledHeight - height) / 2);
  const fill: readonly [number, number, number] = resize.mode === 'letterbox' ? resize.fill : [0, 0, 0];
  const sx = picture.width / scaledWidth;
  const sy = picture.height / scaledHeight;
  return { fitted: cut(scaled, left, top, width, height, fill), frame: { ...source, left: left * sx, top: top * sy, width: width * sx, height: height * sy } };
}

/** Python's round, which torchvision's CenterCrop uses. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The width × height part of `picture` at (left, top); what lies outside is `fill`. */
function cut(picture: Picture, left: number, top: number, width: number, height: number, fill: readonly [number, number, number]): Picture {
  const { channels } = picture;
  const data = picture.data instanceof Uint8Array ? new Uint8Array(width * height * channels) : new Float32Array(width * height * channels);
  const colour = channels === 3 ? fill : [(fill[0] * 19595 + fill[1] * 38470 + fill[2] * 7471) / 65536];
  if (colour.some((value) => value !== 0)) for (let i = 0; i < data.length; i++) data[i] = colour[i % channels]!;
  const fromX = Math.max(0, left);
  const toX = Math.min(picture.width, left + width);
  if (toX <= fromX) return { ...picture, width, height, data };
  for (let y = Math.max(0, top); y < Math.min(picture.height, top + height); y++) {
    const row = picture.data.subarray((y * picture.width + fromX) * channels, (y * picture.width + toX) * channels);
    data.set(row, ((y - top) * width + fromX - left) * channels);
  }
  return { ...picture, width, height, data };
}
