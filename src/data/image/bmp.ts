/**
 * Windows bitmaps, which libvips' prebuilt binaries do not read: 1, 2, 4, 8, 16, 24 and 32 bits a pixel, OS/2 and
 * Windows headers, RLE4, RLE8, bit fields, bottom-up and top-down.
 * Source: Microsoft, "Bitmap Storage" and BITMAPINFOHEADER / BITMAPV5HEADER.
 */
import { DataError } from '../errors';
import type { RawPicture } from './picture';
import { maxPixels } from './picture';

const compressionName = ['none', 'RLE8', 'RLE4', 'bit fields', 'JPEG', 'PNG', 'alpha bit fields'];

/** A channel of a bit-field pixel: value = ((pixel & mask) >>> shift) / max · 255. */
interface Field { readonly mask: number; readonly shift: number; readonly max: number }

interface Header {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  readonly pixelOffset: number;
  /** Three bytes a colour (R, G, B). */
  readonly palette: Uint8Array;
  readonly fields?: readonly [Field, Field, Field];
}

export function isBmp(bytes: Uint8Array): boolean {
  return bytes.length >= 26 && bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/**
 * Decodes a bitmap to RGB, or to grey if its palette is the grey ramp (as Pillow does). An alpha channel is dropped,
 * for most writers leave it zero.
 * Throws DataError for anything damaged, larger than 100 million pixels, or of a compression not listed above.
 */
export function decodeBmp(bytes: Uint8Array): RawPicture {
  const header = readHeader(bytes);
  const { width, height, bits, compression } = header;
  if (bits <= 8) {
    const indices = compression === 1 || compression === 2 ? runLengthIndices(bytes, header) : packedIndices(bytes, header);
    return colourIndices(indices, header);
  }
  const data = new Uint8Array(width * height * 3);
  const stride = rowBytes(header);
  for (let y = 0; y < height; y++) {
    const row = header.pixelOffset + (header.topDown ? y : height - 1 - y) * stride;
    let out = y * width * 3;
    if (header.fields) {
      const size = bits / 8;
      for (let x = 0; x < width; x++) {
        const at = row + x * size;
        const pixel = size === 2 ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
        for (const field of header.fields) data[out++] = field.max ? Math.floor((((pixel & field.mask) >>> field.shift) * 255) / field.max) : 0;
      }
    } else {
      const size = bits / 8;
      for (let at = row, end = row + width * size; at < end; at += size) {
        data[out++] = bytes[at + 2]!;
        data[out++] = bytes[at + 1]!;
        data[out++] = bytes[at]!;
      }
    }
  }
  return { width, height, channels: 3, data };
}

function bad(what: string): DataError {
  return new DataError('badFile', `not a readable BMP picture: ${what}`);
}

function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixelOffset = view.getUint32(10, true);
  const headerSize = view.getUint32(14, true);
  if (headerSize < 12 || headerSize > 1024 || 14 + headerSize > bytes.length) throw bad(`its header claims ${headerSize} bytes`);
  const os2 = headerSize < 40;
  if (os2 && headerSize !== 12 && headerSize !== 16) throw bad(`its header has ${headerSize} bytes, expected 12, 16 or at least 40`);
  const wide = headerSize !== 12;
  const width = wide ? view.getInt32(18, true) : view.getUint16(18, true);
  const signedHeight = wide ? view.getInt32(22, true) : view.getInt16(20, true);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0) throw bad(`its size is ${width} × ${signedHeight}`);
  if (width * height > maxPixels) throw bad(`it has ${width} × ${height} pixels, more than the ${maxPixels / 1e6} million allowed`);
  const bits = view.getUint16(wide ? 28 : 24, true);
  if (![1, 2, 4, 8, 16, 24, 32].includes(bits)) throw bad(`it has ${bits} bits a pixel, expected 1, 2, 4, 8, 16, 24 or 32`);
  const compression = os2 ? 0 : view.getUint32(30, true);
  const fits = compression === 0 || (compression === 1 && bits === 8) || (compression === 2 && bits === 4) || ((compression === 3 || compression === 6) && (bits === 16 || bits === 32));
  if (!fits) throw bad(`its compression is ${compressionName[compression] ?? compression} with ${bits} bits a pixel, which is not supported`);

  let tableAt = 14 + headerSize;
  let fields: Header['fields'];
  if (bits === 16 || bits === 32) {
    let masks = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
    if (compression === 3 || compression === 6) {
      const at = 54; // the masks follow the 40-byte header, or are its next fields in the longer ones
      if (at + 12 > bytes.length) throw bad('its bit masks are missing');
      masks = [view.getUint32(at, true), view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
      if (headerSize === 40) tableAt += compression === 6 ? 16 : 12;
    }
    fields = [fieldOf(masks[0]!), fieldOf(masks[1]!), fieldOf(masks[2]!)];
  }

  let palette = new Uint8Array(0);
  if (bits <= 8) {
    const used = os2 ? 0 : view.getUint32(46, true);
    const entrySize = os2 ? 3 : 4;
    const room = Math.floor((Math.min(pixelOffset || bytes.length, bytes.length) - tableAt) / entrySize);
    const colours = Math.max(0, Math.min(used || 1 << bits, 1 << bits, room));
    palette = new Uint8Array((1 << bits) * 3);
    for (let i = 0; i < colours; i++) {
      const at = tableAt + i * entrySize;
      palette.set([bytes[at + 2]!, bytes[at + 1]!, bytes[at]!], i * 3);
    }
    tableAt += colours * entrySize;
  }
  const header: Header = { width, height, topDown: signedHeight < 0, bits, compression, pixelOffset: pixelOffset || tableAt, palette, fields };
  if (header.pixelOffset < 14 + headerSize || header.pixelOffset > bytes.length) throw bad(`its pixels start at byte ${header.pixelOffset} of ${bytes.length}`);
  if (compression !== 1 && compression !== 2) {
    const needed = rowBytes(header) * height;
    // The last row's padding is left out by some writers.
    const last = needed - rowBytes(header) + Math.ceil((width * bits) / 8);
    if (header.pixelOffset + last > bytes.length) throw bad(`it ends after ${bytes.length - header.pixelOffset} of ${needed} pixel bytes`);
  }
  return header;
}

function fieldOf(mask: number): Field {
  if (mask === 0) return { mask: 0, shift: 0, max: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  return { mask, shift, max: mask >>> shift };
}

/** Rows are padded to four bytes. */
function rowBytes(header: Header): number {
  return Math.ceil((header.width * header.bits) / 32) * 4;
}

/** Palette index of every pixel, rows from the top. */
function packedIndices(bytes: Uint8Array, header: Header): Uint8Array {
  const { width, height, bits } = header;
  const indices = new Uint8Array(width * height);
  const stride = rowBytes(header);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  for (let y = 0; y < height; y++) {
    const row = header.pixelOffset + (header.topDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % perByte) + 1);
      indices[y * width + x] = (bytes[row + Math.floor(x / perByte)]! >> shift) & mask;
    }
  }
  return indices;
}

/** RLE8 and RLE4: pairs (count, value), or (0, escape): 0 end of line, 1 end of picture, 2 jump, n literal pixels. */
function runLengthIndices(bytes: Uint8Array, header: Header): Uint8Array {
  const { width, height, bits } = header;
  const indices = new Uint8Array(width * height);
  let at = header.pixelOffset;
  let x = 0;
  let y = 0; // counted in the file's order
  const put = (index: number): void => {
    if (x < width && y < height) indices[(header.topDown ? y : height - 1 - y) * width + x] = index;
    x++;
  };
  while (at + 1 < bytes.length && y < height) {
    const count = bytes[at++]!;
    const value = bytes[at++]!;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(bits === 8 ? value : i % 2 === 0 ? value >> 4 : value & 15);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      return indices;
    } else if (value === 2) {
      if (at + 1 >= bytes.length) break;
      x += bytes[at++]!;
      y += bytes[at++]!;
    } else {
      const length = bits === 8 ? value : Math.ceil(value / 2);
      if (at + length > bytes.length) throw bad('its run-length data ends in the middle of a run');
      for (let i = 0; i < value; i++) put(bits === 8 ? bytes[at + i]! : i % 2 === 0 ? bytes[at + (i >> 1)]! >> 4 : bytes[at + (i >> 1)]! & 15);
      at += length + (length % 2); // runs are padded to 16 bits
    }
  }
  return indices;
}

function colourIndices(indices: Uint8Array, header: Header): RawPicture {
  const { width, height, palette, bits } = header;
  // Grey if the palette is the full ramp: index i has the grey i · 255 / (colours − 1).
  const colours = 1 << bits;
  let grey = true;
  for (let i = 0; i < colours && grey; i++) {
    const level = Math.floor((i * 255) / (colours - 1));
    grey = palette[i * 3] === level && palette[i * 3 + 1] === level && palette[i * 3 + 2] === level;
  }
  if (grey) return { width, height, channels: 1, data: indices.map((index) => palette[index * 3]!) };
  const data = new Uint8Array(indices.length * 3);
  for (let i = 0, o = 0; i < indices.length; i++) {
    const at = indices[i]! * 3;
    data[o++] = palette[at]!;
    data[o++] = palette[at + 1]!;
    data[o++] = palette[at + 2]!;
  }
  return { width, height, channels: 3, data };
}
