/** Changing a part of what the model sees: deleting it, blurring it, or keeping nothing else. */
import { channelBounds } from '../data/image/toTensor';
import { channelCount } from '../data/spec';
import { fills, largestMaskSide, type Fill, type PartMask, type PictureEdit } from '../protocol/whatIf';
import { LensError } from '../protocol/rpc';
import { fillHole } from '../tensor/inpaint';
import { gaussianBlur } from '../tensor/resample';
import { mean } from '../tensor/statistics';
import type { SeenPicture } from './seenPicture';

/** Of the longer side: what a blur leaves is light and shade, no parts. */
const blurShare = 0.05;

export interface EditedPicture {
  readonly planes: readonly Float32Array[];
  /** Share of the view that was changed. */
  readonly changed: number;
}

/**
 * @param blurred the planes blurred, made once for many edits of one picture.
 * @throws LensError for a mask or an edit that does not fit.
 */
export function editPicture(seen: SeenPicture, edit: PictureEdit, blurred: () => readonly Float32Array[]): EditedPicture {
  if (typeof edit !== 'object' || edit === null) throw bad(`edit: found ${String(edit)}, expected an object`);
  const { shape: { width, height }, planes } = seen, { action, fill = 'neighbours' } = edit;
  if (!['delete', 'blur', 'keep'].includes(action)) throw bad(`edit.action: found '${String(action)}', expected delete, blur or keep`);
  if (!fills.includes(fill)) throw bad(`edit.fill: found '${String(fill)}', expected ${fills.join(', ')}`);
  const inside = maskOver(edit.mask, seen), hole = action === 'keep' ? inside.map((one) => 1 - one) : inside;
  let count = 0;
  for (const one of hole) count += one;
  const filling = action === 'blur' ? 'blur' : fill;
  const edited = planes.map((plane, channel) => {
    if (count === 0) return plane;
    const values = filling === 'blur' ? blurred()[channel]! : filling === 'neighbours' ? fillHole(plane, hole, width, height) : plain(seen, channel, filling);
    return plane.map((value, i) => (hole[i] ? (typeof values === 'number' ? values : values[i]!) : value));
  });
  return { planes: edited, changed: count / (width * height) };
}

/** All planes smoothed, for `blur`. */
export function blurredPlanes({ shape: { width, height }, planes }: SeenPicture): readonly Float32Array[] {
  return planes.map((plane) => gaussianBlur(plane, width, height, blurShare * Math.max(width, height)));
}

/** One value for a channel. Of an exact tensor nobody knows what is black: its smallest value is taken for it. */
function plain({ input, planes }: SeenPicture, channel: number, fill: Exclude<Fill, 'neighbours' | 'blur'>): number {
  const plane = planes[channel]!;
  if (fill === 'mean') return mean(plane);
  const known = input.image && input.frame && channel < channelCount(input.image.channels);
  let black = Infinity, white = -Infinity;
  if (known) ({ black, white } = channelBounds(input.image!, channel));
  else for (const value of plane) { black = Math.min(black, value); white = Math.max(white, value); }
  return fill === 'black' ? black : (black + white) / 2;
}

/** The mask on the model's grid: 1 where the nearest cell of the mask is set. */
function maskOver(mask: PartMask, { input, shape }: SeenPicture): Uint8Array {
  const { width, height, bytes, over = 'view' } = mask ?? {};
  const side = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= largestMaskSide;
  if (!side(width) || !side(height)) throw bad(`edit.mask: found ${String(width)} × ${String(height)}, expected whole numbers from 1 to ${largestMaskSide}`);
  if (!ArrayBuffer.isView(bytes) || bytes.length !== width * height) throw bad(`edit.mask: found ${ArrayBuffer.isView(bytes) ? bytes.length : 'no'} bytes, expected ${width * height}`);
  if (over !== 'view' && over !== 'picture') throw bad(`edit.mask.over: found '${String(over)}', expected view or picture`);
  const { frame } = input;
  if (over === 'picture' && !frame) throw bad("edit.mask.over: found 'picture', but the input is an exact tensor; expected 'view'");
  const area = over === 'picture' && frame
    ? { left: frame.left / frame.sourceWidth, top: frame.top / frame.sourceHeight, width: frame.width / frame.sourceWidth, height: frame.height / frame.sourceHeight }
    : { left: 0, top: 0, width: 1, height: 1 };
  const out = new Uint8Array(shape.width * shape.height);
  for (let y = 0, at = 0; y < shape.height; y++) {
    const row = Math.floor((area.top + ((y + 0.5) / shape.height) * area.height) * height);
    for (let x = 0; x < shape.width; x++, at++) {
      const column = Math.floor((area.left + ((x + 0.5) / shape.width) * area.width) * width);
      if (row >= 0 && row < height && column >= 0 && column < width && bytes[row * width + column] !== 0) out[at] = 1;
    }
  }
  return out;
}

function bad(message: string): LensError {
  return new LensError('badInput', message);
}
