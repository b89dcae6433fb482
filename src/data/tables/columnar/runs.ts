/** Parquet's run-length and bit-packed hybrid, decoded into exactly as many numbers as asked for, whatever the runs say. */

export interface Place {
  offset: number;
}

/**
 * @param width bits of a number, 0 to 32.
 * @param end where the runs end at the latest.
 * @throws Error where the runs end before.
 */
export function readRuns(bytes: Uint8Array, place: Place, end: number, width: number, count: number): Uint32Array {
  const values = new Uint32Array(count);
  if (width === 0) return values;
  if (width > 32) throw new Error(`numbers of ${width} bits`);
  const next = (): number => {
    if (place.offset >= end) throw new Error('runs of numbers end too early');
    return bytes[place.offset++]!;
  };
  for (let at = 0; at < count;) {
    let header = 0, shift = 0, byte: number;
    do {
      byte = next();
      if (shift < 32) header += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte & 0x80);
    if (header % 2 === 0) {
      let value = 0;
      for (let part = 0; part < Math.ceil(width / 8); part++) value += next() * 2 ** (8 * part);
      const stop = Math.min(count, at + header / 2);
      values.fill(value, at, stop);
      at = stop;
      continue;
    }
    // Groups of eight fill whole bytes, so nothing is left over but at the very end.
    const stop = Math.min(count, at + (header - 1) * 4);
    let held = 0, bits = 0;
    const base = 2 ** width;
    for (; at < stop; at++) {
      while (bits < width) {
        held += next() * 2 ** bits;
        bits += 8;
      }
      values[at] = held % base;
      held = Math.floor(held / base);
      bits -= width;
    }
  }
  return values;
}
