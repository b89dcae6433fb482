/** Pixels → files any browser shows. */
import type { Picture } from './picture';
import { resizePicture } from './resize';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

export async function encodePng(pixels: Pixels): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const { width, height, channels } = pixels;
  const image = sharp(pixels.data, { raw: { width, height, channels } });
  const bytes = await (channels === 1 ? image.toColourspace('b-w') : image).png({ compressionLevel: 6 }).toBuffer();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** `picture` with its longest side at most `maxSide` pixels. */
export function shrink(picture: Picture, maxSide: number): Picture {
  const scale = maxSide / Math.max(picture.width, picture.height);
  if (scale >= 1) return picture;
  return resizePicture(picture, Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)), 'bilinear');
}

export interface PicturePreview {
  readonly width: number;
  readonly height: number;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly mime: 'image/jpeg' | 'image/png';
  readonly bytes: Uint8Array;
}

/** A picture for the screen: upright, at most `maxSide` pixels a side; PNG while small, else JPEG. */
export async function previewPicture(picture: Picture, maxSide: number): Promise<PicturePreview> {
  const small = shrink(picture, maxSide);
  const { width, height, channels } = small;
  const size = { width, height, sourceWidth: picture.width, sourceHeight: picture.height };
  const data = small.data instanceof Uint8Array ? small.data : Uint8ClampedArray.from(small.data);
  if (width * height <= 256 * 256) return { ...size, mime: 'image/png', bytes: await encodePng({ width, height, channels, data }) };
  return { ...size, mime: 'image/jpeg', bytes: await encodeJpeg({ width, height, channels, data }, 92) };
}

/** A picture for a table of many: a few kilobytes. */
export async function thumbnail(picture: Picture, maxSide: number): Promise<PicturePreview> {
  const { width, height, channels, data } = shrink(picture, maxSide);
  const bytes = await encodeJpeg({ width, height, channels, data: data instanceof Uint8Array ? data : Uint8ClampedArray.from(data) }, 80);
  return { width, height, sourceWidth: picture.width, sourceHeight: picture.height, mime: 'image/jpeg', bytes };
}

async function encodeJpeg({ width, height, channels, data }: Pixels, quality: number): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const bytes = await sharp(data, { raw: { width, height, channels } }).jpeg({ quality }).toBuffer();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
