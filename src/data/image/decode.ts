/** Picture files → upright pixels. Decoding is libvips' (through sharp); bitmaps are read here. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { Sharp } from 'sharp';
import { DataError, openingError, reasonOf } from '../errors';
import { decodeBmp, isBmp } from './bmp';
import type { Picture, RawPicture } from './picture';
import { maxDeepPixels, maxPixels } from './picture';

export interface DecodeOptions {
  /**
   * What becomes of transparency. 'drop' (default) keeps the colours under it, as Pillow's convert('RGB') does in the
   * pipelines models are trained with; a colour lays the picture over it.
   */
  readonly alpha?: 'drop' | readonly [number, number, number];
  /** Name for error messages; default: the file's name. */
  readonly name?: string;
}

const maxFileBytes = 512 * 1024 * 1024;
const decodeSeconds = 30;

/** File name endings of pictures that can be decoded, lower case, with the dot. */
export const pictureExtensions = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.bmp', '.dib', '.tif', '.tiff', '.avif'] as const;

/**
 * Decodes a picture (path or bytes): JPEG, PNG, WebP, GIF (first frame), BMP, TIFF (first page), AVIF. EXIF
 * orientation is applied; palettes are expanded; CMYK becomes RGB by Pillow's formula; embedded colour profiles are
 * ignored, as the usual training pipelines do. 16-bit pictures keep their precision as floats in 0..255.
 * Throws DataError: not found, not a picture, damaged, or larger than 100 million pixels (25 million above 8 bits).
 */
export async function decodePicture(source: string | Uint8Array, options: DecodeOptions = {}): Promise<Picture> {
  const bytes = typeof source === 'string' ? await readBounded(source) : source;
  const name = options.name ?? (typeof source === 'string' ? path.basename(source) : 'picture');
  const format = sniff(bytes);
  if (!format) throw new DataError('badFile', `${name}: not a picture this program reads; expected JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF, ${describe(bytes)}`);
  const notes: string[] = [];
  let raw: RawPicture;
  try {
    raw = format === 'bmp' ? decodeBmp(bytes) : await decodeWithSharp(bytes, format, notes);
  } catch (error) {
    throw new DataError('badFile', error instanceof DataError || format === 'bmp' ? `${name}: ${reasonOf(error)}` : `${name}: the ${format.toUpperCase()} picture is damaged or incomplete (${reasonOf(error).replace(/:$/, '')})`);
  }
  return { ...withoutAlpha(raw, options.alpha ?? 'drop', notes), format, notes };
}

async function readBounded(file: string): Promise<Uint8Array> {
  let handle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    throw new DataError('notFound', `${path.basename(file)}: ${openingError(error)}`);
  }
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new DataError('badFile', `${path.basename(file)}: is ${status.isDirectory() ? 'a folder' : 'no regular file'}, expected a picture`);
    const { size } = status;
    if (size > maxFileBytes) throw new DataError('badFile', `${path.basename(file)}: ${Math.round(size / 1e6)} MB, expected a picture of at most ${Math.round(maxFileBytes / 1e6)} MB`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The format by content: file names lie. */
function sniff(bytes: Uint8Array): string | undefined {
  const ascii = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (bytes[0] === 0x89 && ascii(1, 4) === 'PNG') return 'png';
  if (ascii(0, 4) === 'GIF8') return 'gif';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'webp';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(ascii(0, 4))) return 'tiff';
  if (ascii(4, 8) === 'ftyp' && /avif|avis/.test(ascii(8, 32))) return 'avif';
  return isBmp(bytes) ? 'bmp' : undefined;
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'found an empty file';
  const head = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `found a file that begins with ${head}`;
}

async function decodeWithSharp(bytes: Uint8Array, format: string, notes: string[]): Promise<RawPicture> {
  const { default: sharp } = await import('sharp');
  const options = { limitInputPixels: maxPixels, failOn: 'error', ignoreIcc: true, sequentialRead: true } as const;
  const metadata = await sharp(bytes, options).metadata();
  const pixels = metadata.width * metadata.height;
  if (pixels > maxPixels) throw new DataError('badFile', `it has ${metadata.width} × ${metadata.height} pixels, more than the ${maxPixels / 1e6} million allowed`);
  const deep = metadata.depth !== 'uchar' && metadata.depth !== 'char';
  if (deep && pixels > maxDeepPixels) throw new DataError('badFile', `it has ${metadata.width} × ${metadata.height} pixels of more than 8 bits, at most ${maxDeepPixels / 1e6} million are allowed`);
  if (metadata.orientation && metadata.orientation > 1) notes.push(`turned upright (EXIF orientation ${metadata.orientation})`);
  if ((metadata.pages ?? 1) > 1) notes.push(`first of ${metadata.pages} ${format === 'tiff' ? 'pages' : 'frames'}`);

  const image = sharp(bytes, options).autoOrient().timeout({ seconds: decodeSeconds });
  if (metadata.space === 'cmyk') {
    notes.push('CMYK turned into RGB without a colour profile');
    return cmykToRgb(await raw8(image.pipelineColourspace('cmyk').toColourspace('cmyk')));
  }
  const grey = metadata.channels <= 2;
  if (!deep) return await raw8(image.toColourspace(grey ? 'b-w' : 'srgb'));
  if (metadata.depth === 'ushort') {
    notes.push('16 bits a channel');
    const { data, info } = await image.pipelineColourspace(grey ? 'grey16' : 'rgb16').toColourspace(grey ? 'grey16' : 'rgb16').raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
    const values = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
    return { width: info.width, height: info.height, channels: info.channels as RawPicture['channels'], data: Float32Array.from(values, (value) => value / 257) };
  }
  throw new DataError('badFile', `its channels are of type ${metadata.depth}; expected 8 or 16 bits`);
}

async function raw8(image: Sharp): Promise<RawPicture> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const channels = info.channels as number;
  if (channels < 1 || channels > 5) throw new DataError('badFile', `it has ${channels} channels, expected 1 to 4`);
  return { width: info.width, height: info.height, channels: channels as RawPicture['channels'], data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** Pillow's conversion: R = clip((255 − K) − C (255 − K) / 255), and so on, for inks where 255 is full. */
function cmykToRgb(raw: RawPicture): RawPicture {
  const count = raw.width * raw.height;
  const channels = raw.channels as number; // a fifth one would be alpha
  const data = new Uint8Array(count * 3);
  for (let i = 0, p = 0, o = 0; i < count; i++, p += channels) {
    const light = 255 - raw.data[p + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = raw.data[p + c]! * light + 128;
      data[o++] = light - (((product >> 8) + product) >> 8);
    }
  }
  return { width: raw.width, height: raw.height, channels: 3, data };
}

function withoutAlpha(raw: RawPicture, alpha: NonNullable<DecodeOptions['alpha']>, notes: string[]): Pick<Picture, 'width' | 'height' | 'channels' | 'data'> {
  const { width, height, channels, data } = raw;
  if (channels === 1 || channels === 3) return { width, height, channels, data };
  const colours = channels === 2 ? 1 : 3;
  const count = width * height;
  const out = data instanceof Uint8Array ? new Uint8Array(count * colours) : new Float32Array(count * colours);
  if (alpha === 'drop') {
    notes.push('transparency dropped');
    for (let i = 0, p = 0, o = 0; i < count; i++, p += channels) for (let c = 0; c < colours; c++) out[o++] = data[p + c]!;
    return { width, height, channels: colours, data: out };
  }
  notes.push(`laid over the colour ${alpha.join(', ')}`);
  const round = data instanceof Uint8Array ? 0.5 : 0;
  for (let i = 0, p = 0, o = 0; i < count; i++, p += channels) {
    const opacity = data[p + colours]! / 255;
    for (let c = 0; c < colours; c++) out[o++] = data[p + c]! * opacity + alpha[c]! * (1 - opacity) + round;
  }
  return { width, height, channels: colours, data: out };
}
