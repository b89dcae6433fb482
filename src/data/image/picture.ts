/** A decoded picture, upright, without alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 for grey pictures, 3 (R, G, B) for everything else. */
  readonly channels: 1 | 3;
  /**
   * Interleaved rows, height · width · channels values in 0..255. Uint8Array for 8-bit sources; Float32Array for
   * deeper ones, so that nothing is lost (65535 becomes 255).
   */
  readonly data: Uint8Array | Float32Array;
  /** 'jpeg', 'png', 'webp', 'gif', 'bmp', 'tiff', 'avif'. */
  readonly format: string;
  /** What was done to it, for people: 'turned upright (EXIF orientation 6)', 'transparency dropped'. */
  readonly notes: readonly string[];
}

/** What a decoder delivers before alpha, depth and orientation are dealt with. */
export interface RawPicture {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array | Float32Array;
}

/** Pixels of an 8-bit picture that are still decoded; deeper pictures may have a quarter of that. */
export const maxPixels = 100_000_000;
export const maxDeepPixels = 25_000_000;

/** `picture` with one channel as three equal ones; an RGB picture is returned as it is. */
export function toRgb(picture: Picture): Picture {
  if (picture.channels === 3) return picture;
  const count = picture.width * picture.height;
  const data = picture.data instanceof Uint8Array ? new Uint8Array(count * 3) : new Float32Array(count * 3);
  for (let i = 0, o = 0; i < count; i++) {
    const value = picture.data[i]!;
    data[o++] = value;
    data[o++] = value;
    data[o++] = value;
  }
  return { ...picture, channels: 3, data };
}

/**
 * `picture` in grey by ITU-R 601 luma, as Pillow's convert('L') computes it for 8 bits:
 * (19595 R + 38470 G + 7471 B + 32768) >> 16. Deeper pictures use the same weights without rounding.
 */
export function toGrey(picture: Picture): Picture {
  if (picture.channels === 1) return picture;
  const count = picture.width * picture.height;
  const source = picture.data;
  if (source instanceof Uint8Array) {
    const data = new Uint8Array(count);
    for (let i = 0, p = 0; i < count; i++, p += 3) data[i] = (source[p]! * 19595 + source[p + 1]! * 38470 + source[p + 2]! * 7471 + 32768) >> 16;
    return { ...picture, channels: 1, data };
  }
  const data = new Float32Array(count);
  for (let i = 0, p = 0; i < count; i++, p += 3) data[i] = (source[p]! * 19595 + source[p + 1]! * 38470 + source[p + 2]! * 7471) / 65536;
  return { ...picture, channels: 1, data };
}
