/** Pictures in CIE L*a*b*, where Euclidean distances are close to how different colours look. */

/** sRGB primaries to CIE XYZ, and the white point D65 of the 2° observer, as scikit-image has them. */
const toXyz = [[0.412453, 0.35758, 0.180423], [0.212671, 0.71516, 0.072169], [0.019334, 0.119193, 0.950227]] as const;
const white = [0.95047, 1, 1.08883] as const;

function linear(value: number): number {
  return value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92;
}

function compressed(value: number): number {
  return value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116;
}

/**
 * L*, a*, b* of a picture in sRGB with D65 white (IEC 61966-2-1, CIE 15): L* from 0 to 100, a* and b* about ±100.
 * @param planes red, green and blue from 0 to 1, [height · width] each.
 */
export function labOfRgb(planes: readonly ArrayLike<number>[]): Float64Array[] {
  const [red, green, blue] = planes;
  if (planes.length !== 3 || !red || !green || !blue) throw new Error(`a picture in Lab is made of red, green and blue, found ${planes.length} planes`);
  const count = red.length, out = [new Float64Array(count), new Float64Array(count), new Float64Array(count)] as const;
  for (let i = 0; i < count; i++) {
    const r = linear(red[i]!), g = linear(green[i]!), b = linear(blue[i]!);
    const x = compressed((toXyz[0][0] * r + toXyz[0][1] * g + toXyz[0][2] * b) / white[0]);
    const y = compressed((toXyz[1][0] * r + toXyz[1][1] * g + toXyz[1][2] * b) / white[1]);
    const z = compressed((toXyz[2][0] * r + toXyz[2][1] * g + toXyz[2][2] * b) / white[2]);
    out[0][i] = 116 * y - 16;
    out[1][i] = 500 * (x - y);
    out[2][i] = 200 * (y - z);
  }
  return [...out];
}
