import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Interpolation } from '../../../src/data/image/resize';
import { resizePicture } from '../../../src/data/image/resize';
import { proceduralPicture } from './support';

/**
 * SHA-256 (first 16 digits) of what Pillow 12.3.0 makes of proceduralPicture(61, 47, channels): Image.resize((width,
 * height), filter).tobytes().
 */
const pillow: readonly (readonly [Interpolation, 1 | 3, number, number, string])[] = [
  ['nearest', 3, 24, 24, '1d6096123ed04a9a'],
  ['nearest', 3, 150, 13, '0f53490c3f162b6c'],
  ['nearest', 3, 61, 20, '96af53b83d17d3d0'],
  ['nearest', 3, 1, 1, 'a6ecc23a2b6aa84b'],
  ['nearest', 3, 97, 119, '848f4b683c75e2e6'],
  ['box', 3, 24, 24, '160683b1e225ab97'],
  ['box', 3, 150, 13, '7d41dc137cb2627d'],
  ['box', 3, 61, 20, '83d1795e4a7c3736'],
  ['box', 3, 1, 1, '4977021028c4a74c'],
  ['box', 3, 97, 119, '848f4b683c75e2e6'],
  ['bilinear', 3, 24, 24, '083682be90be036f'],
  ['bilinear', 3, 150, 13, '94e9e251b16afc03'],
  ['bilinear', 3, 61, 20, 'c2c505197b14978d'],
  ['bilinear', 3, 1, 1, '4977021028c4a74c'],
  ['bilinear', 3, 97, 119, 'ecf54f3565425c86'],
  ['hamming', 3, 24, 24, 'c13d680b51d03fbd'],
  ['hamming', 3, 150, 13, '28ee7d7f2c40cc07'],
  ['hamming', 3, 61, 20, 'faa464c17ae7ef8f'],
  ['hamming', 3, 1, 1, '4977021028c4a74c'],
  ['hamming', 3, 97, 119, 'a02b74649ff37edd'],
  ['bicubic', 3, 24, 24, 'dfd8b738136b6266'],
  ['bicubic', 3, 150, 13, 'da72d8c427066b07'],
  ['bicubic', 3, 61, 20, 'a6e8247b467b1c20'],
  ['bicubic', 3, 1, 1, '4977021028c4a74c'],
  ['bicubic', 3, 97, 119, '2fac160b65178daf'],
  ['lanczos', 3, 24, 24, 'd5a51c9b1e35a3db'],
  ['lanczos', 3, 150, 13, 'a8afeb78580a5875'],
  ['lanczos', 3, 61, 20, '2289820c97a34419'],
  ['lanczos', 3, 1, 1, '4977021028c4a74c'],
  ['lanczos', 3, 97, 119, 'ed2218d8c691524c'],
  ['nearest', 1, 24, 24, 'cc16fe6eecd52007'],
  ['nearest', 1, 150, 13, 'f0732deffc7fc897'],
  ['nearest', 1, 61, 20, 'c9dde629437a969c'],
  ['nearest', 1, 1, 1, '4f362f9093bb8e70'],
  ['nearest', 1, 97, 119, 'b258511843a9f85a'],
  ['box', 1, 24, 24, 'c04c6cf8350e7f20'],
  ['box', 1, 150, 13, 'fe1a997b1d421e36'],
  ['box', 1, 61, 20, '1c6d2f9ec84b3f39'],
  ['box', 1, 1, 1, '620bfdaa346b088f'],
  ['box', 1, 97, 119, 'b258511843a9f85a'],
  ['bilinear', 1, 24, 24, 'c2eea6ad15c9d8f7'],
  ['bilinear', 1, 150, 13, '765d50bdd47d2d9e'],
  ['bilinear', 1, 61, 20, '570f42eef93c6a83'],
  ['bilinear', 1, 1, 1, '620bfdaa346b088f'],
  ['bilinear', 1, 97, 119, 'ba9b47a33befae3f'],
  ['hamming', 1, 24, 24, 'c5ced661c89f0b36'],
  ['hamming', 1, 150, 13, '0d62a757e3f34981'],
  ['hamming', 1, 61, 20, '95fef9f3825f9bb7'],
  ['hamming', 1, 1, 1, '620bfdaa346b088f'],
  ['hamming', 1, 97, 119, '2aad1205741405a4'],
  ['bicubic', 1, 24, 24, '356bca3695a047d2'],
  ['bicubic', 1, 150, 13, 'ac583ba219e514d7'],
  ['bicubic', 1, 61, 20, 'b44711c8d0141cf7'],
  ['bicubic', 1, 1, 1, '620bfdaa346b088f'],
  ['bicubic', 1, 97, 119, 'ac4994723344d830'],
  ['lanczos', 1, 24, 24, '34b4a3b46499f9de'],
  ['lanczos', 1, 150, 13, 'be168a256286ce32'],
  ['lanczos', 1, 61, 20, 'bc0039cdb9a3daac'],
  ['lanczos', 1, 1, 1, '620bfdaa346b088f'],
  ['lanczos', 1, 97, 119, '92a4bf1da5faef1b'],
];

describe('data/image/resize', () => {
  for (const [filter, channels, width, height, hash] of pillow) {
    it(`${filter}, ${channels} channel${channels > 1 ? 's' : ''}, to ${width}×${height}: Pillow's bits`, () => {
      const { data } = resizePicture(proceduralPicture(61, 47, channels), width, height, filter);
      assert.equal(createHash('sha256').update(data as Uint8Array).digest('hex').slice(0, 16), hash);
    });
  }

  it('resizes deep pictures in float: the same to within rounding, and without clipping', () => {
    const bytes = proceduralPicture(61, 47, 3);
    const deep = { ...bytes, data: Float32Array.from(bytes.data) };
    for (const filter of ['nearest', 'box', 'bilinear', 'hamming'] as const) {
      const a = resizePicture(bytes, 33, 29, filter).data;
      const b = resizePicture(deep, 33, 29, filter).data;
      assert.ok(b instanceof Float32Array);
      b.forEach((value, i) => assert.ok(Math.abs(value - a[i]!) <= 1.01, `${filter}: ${value} against ${a[i]}`));
    }
    assert.ok(resizePicture(deep, 150, 150, 'lanczos').data.some((value) => value > 255 || value < 0));
  });

  it('keeps a constant picture constant, whatever the filter', () => {
    const flat = { ...proceduralPicture(13, 9, 1), data: new Float32Array(13 * 9).fill(0.25) };
    for (const filter of ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const) {
      for (const value of resizePicture(flat, 31, 4, filter).data) assert.ok(Math.abs(value - 0.25) < 1e-6);
    }
  });

  it('refuses a size that is no positive integer', () => {
    assert.throws(() => resizePicture(proceduralPicture(4, 4, 1), 0, 4), /0 × 4/);
    assert.throws(() => resizePicture(proceduralPicture(4, 4, 1), 2.5, 4), /2\.5 × 4/);
  });
});
