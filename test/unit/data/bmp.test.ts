import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBmp } from '../../../src/data/image/bmp';
import { decodePicture } from '../../../src/data/image/decode';
import { DataError } from '../../../src/data/errors';

interface Parts {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  readonly palette?: readonly (readonly [number, number, number])[];
  readonly masks?: readonly [number, number, number];
  /** Rows in the file's order, padded already; or a stream for run lengths. */
  readonly pixels: readonly number[];
}

/** A bitmap with the 40-byte header. */
function bitmap({ width, height, bits, compression = 0, palette = [], masks, pixels }: Parts): Uint8Array {
  const offset = 54 + (masks ? 12 : 0) + palette.length * 4;
  const bytes = new Uint8Array(offset + pixels.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, offset, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, compression, true);
  view.setUint32(46, palette.length, true);
  masks?.forEach((mask, i) => view.setUint32(54 + i * 4, mask, true));
  palette.forEach(([r, g, b], i) => bytes.set([b, g, r, 0], 54 + (masks ? 12 : 0) + i * 4));
  bytes.set(pixels, offset);
  return bytes;
}

const red = [255, 0, 0] as const;
const green = [0, 255, 0] as const;
const blue = [0, 0, 255] as const;
const white = [255, 255, 255] as const;
const sixteen = [red, green, blue, white, ...Array.from({ length: 12 }, (_, i) => [i, i, i + 1] as const)];

describe('data/image/bmp', () => {
  const corners = [...red, ...green, ...blue, ...white]; // 2×2: red green / blue white

  it('24 bits, bottom-up and top-down', () => {
    const bottom = [255, 0, 0, 255, 255, 255, 0, 0];
    const top = [0, 0, 255, 0, 255, 0, 0, 0];
    assert.deepEqual([...decodeBmp(bitmap({ width: 2, height: 2, bits: 24, pixels: [...bottom, ...top] })).data], corners);
    assert.deepEqual([...decodeBmp(bitmap({ width: 2, height: -2, bits: 24, pixels: [...top, ...bottom] })).data], corners);
  });

  it('32 bits: the fourth byte is not looked at', () => {
    const pixels = [255, 0, 0, 0, 255, 255, 255, 9, 0, 0, 255, 0, 0, 255, 0, 0];
    assert.deepEqual([...decodeBmp(bitmap({ width: 2, height: 2, bits: 32, pixels })).data], corners);
  });

  it('16 bits: 5-5-5 by default, 5-6-5 by bit fields', () => {
    const word = (value: number): number[] => [value & 255, value >> 8];
    const five = [...word(0x001f), ...word(0x7fff), ...word(0x7c00), ...word(0x03e0)];
    assert.deepEqual([...decodeBmp(bitmap({ width: 2, height: 2, bits: 16, pixels: five })).data], corners);
    const six = [...word(0x001f), ...word(0xffff), ...word(0xf800), ...word(0x07e0)];
    assert.deepEqual([...decodeBmp(bitmap({ width: 2, height: 2, bits: 16, compression: 3, masks: [0xf800, 0x07e0, 0x001f], pixels: six })).data], corners);
  });

  it('32 bits with bit fields in another order', () => {
    const pixels = [0, 0, 255, 0, 255, 255, 255, 0, 255, 0, 0, 0, 0, 255, 0, 0];
    assert.deepEqual([...decodeBmp(bitmap({ width: 2, height: 2, bits: 32, compression: 3, masks: [0xff, 0xff00, 0xff0000], pixels })).data], corners);
  });

  it('1, 4 and 8 bits with a palette', () => {
    const one = decodeBmp(bitmap({ width: 3, height: 1, bits: 1, palette: [red, blue], pixels: [0b01000000, 0, 0, 0] }));
    assert.deepEqual([...one.data], [...red, ...blue, ...red]);
    const four = decodeBmp(bitmap({ width: 3, height: 1, bits: 4, palette: sixteen, pixels: [0x21, 0x30, 0, 0] }));
    assert.deepEqual([...four.data], [...blue, ...green, ...white]);
    const eight = decodeBmp(bitmap({ width: 2, height: 1, bits: 8, palette: [red, green], pixels: [1, 0, 0, 0] }));
    assert.deepEqual([...eight.data], [...green, ...red]);
  });

  it('a palette that is the grey ramp gives a grey picture', () => {
    const palette = Array.from({ length: 256 }, (_, i) => [i, i, i] as const);
    const picture = decodeBmp(bitmap({ width: 2, height: 1, bits: 8, palette, pixels: [200, 7, 0, 0] }));
    assert.equal(picture.channels, 1);
    assert.deepEqual([...picture.data], [200, 7]);
  });

  it('RLE8: runs, literals, jumps, ends', () => {
    const palette = [white, red, green, blue];
    // Bottom row: two red, then literal green blue green; next row: jump one right, one blue.
    const pixels = [2, 1, 0, 3, 2, 3, 2, 0, 0, 0, 0, 2, 1, 0, 1, 3, 0, 1];
    const picture = decodeBmp(bitmap({ width: 5, height: 2, bits: 8, compression: 1, palette, pixels }));
    assert.deepEqual([...picture.data], [...white, ...blue, ...white, ...white, ...white, ...red, ...red, ...green, ...blue, ...green]);
  });

  it('RLE4: nibbles alternate', () => {
    const pixels = [3, 0x12, 0, 3, 0x21, 0x30, 0, 1];
    const picture = decodeBmp(bitmap({ width: 6, height: 1, bits: 4, compression: 2, palette: sixteen, pixels }));
    assert.deepEqual([...picture.data], [...green, ...blue, ...green, ...blue, ...green, ...white]);
  });

  it('says what is wrong with damaged files', () => {
    const good = bitmap({ width: 2, height: 2, bits: 24, pixels: new Array<number>(16).fill(0) });
    assert.throws(() => decodeBmp(good.subarray(0, 60)), /ends after 6 of 16 pixel bytes/);
    const header = (change: (view: DataView) => void): Uint8Array => {
      const copy = good.slice();
      change(new DataView(copy.buffer));
      return copy;
    };
    assert.throws(() => decodeBmp(header((view) => view.setInt32(18, 2 ** 30, true))), /more than the 100 million/);
    assert.throws(() => decodeBmp(header((view) => view.setUint16(28, 13, true))), /13 bits a pixel/);
    assert.throws(() => decodeBmp(header((view) => view.setUint32(30, 5, true))), /compression is PNG/);
    assert.throws(() => decodeBmp(header((view) => view.setInt32(22, 0, true))), /its size is 2 × 0/);
  });

  it('any bytes give a picture or a DataError', async () => {
    const start = [...bitmap({ width: 5, height: 4, bits: 8, compression: 1, palette: sixteen, pixels: [] })];
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { maxLength: 6 }), fc.uint8Array({ maxLength: 200 }), async (changes, rest) => {
      const bytes = Uint8Array.from([...start, ...rest]);
      for (const [at, value] of changes) if (at > 1 && !(at >= 18 && at < 26 && value > 3)) bytes[at] = value;
      try {
        const picture = await decodePicture(bytes, { name: 'fuzzed' });
        assert.equal(picture.data.length, picture.width * picture.height * picture.channels);
      } catch (error) {
        assert.ok(error instanceof DataError, String(error));
        assert.doesNotMatch(error.message, /\n/);
      }
    }), { numRuns: 400 });
  });
});
