/** A mask somebody drew over a picture, as the model's pixels. */
import path from 'node:path';
import { decodePicture } from '../data/image/decode';
import type { Picture } from '../data/image/picture';
import type { PictureShape } from '../methods/picture';
import type { PictureFrame } from '../protocol/engine';
import { LensError } from '../protocol/rpc';

/**
 * 1 for every pixel of the model's input whose middle lies in the mask: where the mask picture is brighter than half.
 * The mask lies over the whole picture; only its shape counts, not its size.
 * @throws LensError if there is no picture to lay it over, or its sides are not in proportion.
 */
export async function maskCells(file: string, shape: PictureShape | undefined, frame: PictureFrame | undefined): Promise<Uint8Array> {
  const name = path.basename(file);
  if (!shape) throw new LensError('badInput', `${name}: a mask is laid over a picture, and the input is none`);
  const picture = await decodePicture(file), { width, height } = picture;
  const seen = frame ?? { sourceWidth: width, sourceHeight: height, left: 0, top: 0, width, height };
  const across = width / seen.sourceWidth, down = height / seen.sourceHeight;
  if (Math.abs(across / down - 1) > 0.05) throw new LensError('badInput', `${name}: the mask is ${width}×${height}, the picture ${seen.sourceWidth}×${seen.sourceHeight}; expected the same proportions`);
  const out = new Uint8Array(shape.width * shape.height);
  for (let row = 0, cell = 0; row < shape.height; row++) {
    for (let column = 0; column < shape.width; column++, cell++) {
      const x = Math.floor((seen.left + ((column + 0.5) * seen.width) / shape.width) * across), y = Math.floor((seen.top + ((row + 0.5) * seen.height) / shape.height) * down);
      if (x >= 0 && x < width && y >= 0 && y < height) out[cell] = bright(picture, y * width + x);
    }
  }
  return out;
}

function bright({ data, channels }: Picture, pixel: number): 0 | 1 {
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) sum += data[pixel * channels + channel]!;
  return sum > 127.5 * channels ? 1 : 0;
}
