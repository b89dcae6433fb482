/** Bits of the narrow float types, both ways. Formats: IEEE 754 binary16, bfloat16, OCP 8-bit floats (ONNX "float8"). */

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE half bits of a number, rounded to nearest even; overflow becomes infinity. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = bits & 0x7fffff;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    return sign | roundShift(mantissa | 0x800000, 14 - exponent);
  }
  return sign | ((exponent << 10) + roundShift(mantissa, 13));
}

/** The number that IEEE half bits stand for. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f, mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 bits of a number, rounded to nearest even from its float32. */
export function numberToBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  scratch.setFloat32(0, value);
  return roundShift(scratch.getUint32(0), 16);
}

/** The number that bfloat16 bits stand for. */
export function bfloat16ToNumber(bits: number): number {
  scratch.setUint32(0, (bits << 16) >>> 0);
  return scratch.getFloat32(0);
}

/** `value >>> shift`, rounded to nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const kept = Math.floor(value / 2 ** shift);
  const rest = value - kept * 2 ** shift, tie = 2 ** (shift - 1);
  return kept + (rest > tie || (rest === tie && kept % 2 === 1) ? 1 : 0);
}

interface Float8 { readonly exponentBits: number; readonly bias: number; readonly special: 'fn' | 'fnuz' | 'ieee' }

const float8Formats = {
  float8e4m3fn: { exponentBits: 4, bias: 7, special: 'fn' },
  float8e4m3fnuz: { exponentBits: 4, bias: 8, special: 'fnuz' },
  float8e5m2: { exponentBits: 5, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { exponentBits: 5, bias: 16, special: 'fnuz' },
} as const satisfies Record<string, Float8>;

export type Float8Type = keyof typeof float8Formats;

/** The number that the 8 bits of an ONNX float8 stand for (onnx "Float stored in 8 bits"). */
export function float8ToNumber(bits: number, type: Float8Type | 'float8e8m0'): number {
  if (type === 'float8e8m0') return bits === 255 ? NaN : 2 ** (bits - 127);
  const format: Float8 = float8Formats[type];
  const mantissaBits = 7 - format.exponentBits;
  const top = (1 << format.exponentBits) - 1, full = (1 << mantissaBits) - 1;
  const sign = bits & 0x80 ? -1 : 1, exponent = (bits >>> mantissaBits) & top, mantissa = bits & full;
  // 'fnuz' spends negative zero on NaN; 'fn' only the all-ones code; e5m2 has IEEE's infinities and NaNs.
  if (format.special === 'fnuz' && bits === 0x80) return NaN;
  if (format.special === 'fn' && exponent === top && mantissa === full) return NaN;
  if (format.special === 'ieee' && exponent === top) return mantissa ? NaN : sign * Infinity;
  if (exponent === 0) return sign * mantissa * 2 ** (1 - format.bias - mantissaBits);
  return sign * (1 + mantissa / (full + 1)) * 2 ** (exponent - format.bias);
}

const float4Values = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

/** The number that an OCP e2m1 nibble stands for. */
export function float4ToNumber(nibble: number): number {
  const magnitude = float4Values[nibble & 7] ?? 0;
  return nibble & 8 ? -magnitude : magnitude;
}
