import assert from 'node:assert/strict';
import path from 'node:path';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { decodePicture } from '../../../src/data/image/decode';
import { toGrey, toRgb } from '../../../src/data/image/picture';
import { difference, folderWith, needShared, proceduralPicture } from './support';

/** The picture as a sharp image. */
function image(picture = proceduralPicture(40, 30, 3)): Sharp {
  const { width, height, channels } = picture;
  return sharp(picture.data as Uint8Array, { raw: { width, height, channels } });
}

/** An uncompressed CMYK TIFF. */
function cmykTiff(width: number, height: number, inks: Uint8Array): Uint8Array {
  const entries: readonly (readonly [tag: number, type: 3 | 4, count: number, value: number])[] = [
    [256, 3, 1, width], [257, 3, 1, height], [258, 3, 4, 122], [259, 3, 1, 1], [262, 3, 1, 5],
    [273, 4, 1, 130], [277, 3, 1, 4], [278, 3, 1, height], [279, 4, 1, inks.length],
  ];
  const bytes = Buffer.alloc(130 + inks.length);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], i) => {
    bytes.writeUInt16LE(tag, 10 + i * 12);
    bytes.writeUInt16LE(type, 12 + i * 12);
    bytes.writeUInt32LE(count, 14 + i * 12);
    bytes.writeUInt32LE(value, 18 + i * 12);
  });
  for (let i = 0; i < 4; i++) bytes.writeUInt16LE(8, 122 + i * 2);
  bytes.set(inks, 130);
  return bytes;
}

describe('data/image/decode', () => {
  const source = proceduralPicture(40, 30, 3);

  for (const [format, encode] of [
    ['png', image().png()], ['tiff', image().tiff({ compression: 'lzw' })], ['webp', image().webp({ lossless: true })],
  ] as const) {
    it(`${format}, lossless: the pixels come back`, async () => {
      const picture = await decodePicture(await encode.toBuffer());
      assert.equal(picture.format, format);
      assert.deepEqual([picture.width, picture.height, picture.channels], [40, 30, 3]);
      assert.deepEqual(difference(picture.data, source.data), { count: 0, largest: 0 });
    });
  }

  for (const format of ['jpeg', 'gif', 'avif'] as const) {
    it(`${format}: size and content are about right`, async () => {
      const smooth = image().resize(40, 30).blur(4);
      const expected = await smooth.clone().raw().toBuffer();
      const picture = await decodePicture(await smooth.toFormat(format).toBuffer());
      assert.equal(picture.format, format);
      let sum = 0;
      expected.forEach((value, i) => (sum += Math.abs(value - picture.data[i]!)));
      assert.ok(sum / expected.length < 8, `mean difference ${sum / expected.length}`);
    });
  }

  it('turns every EXIF orientation upright', async () => {
    // The top left pixel of the stored picture, by where the orientation puts it.
    const corner = new Uint8Array(3 * 2 * 3).fill(10);
    corner.set([250, 0, 0], 0);
    const stored = sharp(corner, { raw: { width: 3, height: 2, channels: 3 } });
    const place: Readonly<Record<number, readonly [number, number, number, number]>> = {
      1: [0, 0, 3, 2], 2: [2, 0, 3, 2], 3: [2, 1, 3, 2], 4: [0, 1, 3, 2], 5: [0, 0, 2, 3], 6: [1, 0, 2, 3], 7: [1, 2, 2, 3], 8: [0, 2, 2, 3],
    };
    for (let orientation = 1; orientation <= 8; orientation++) {
      const picture = await decodePicture(await stored.clone().withMetadata({ orientation }).png().toBuffer());
      const [x, y, width, height] = place[orientation]!;
      assert.deepEqual([picture.width, picture.height], [width, height], `orientation ${orientation}`);
      assert.equal(picture.data[(y * width + x) * 3], 250, `orientation ${orientation}`);
      if (orientation > 1) assert.match(picture.notes.join(), new RegExp(`EXIF orientation ${orientation}`));
    }
  });

  it('drops transparency and keeps the colour under it, or lays the picture over a colour', async () => {
    const bytes = Uint8Array.from([200, 100, 50, 0, 200, 100, 50, 255]);
    const png = await sharp(bytes, { raw: { width: 2, height: 1, channels: 4 } }).png().toBuffer();
    const dropped = await decodePicture(png);
    assert.deepEqual([...dropped.data], [200, 100, 50, 200, 100, 50]);
    assert.deepEqual(dropped.notes, ['transparency dropped']);
    const laid = await decodePicture(png, { alpha: [255, 0, 7] });
    assert.deepEqual([...laid.data], [255, 0, 7, 200, 100, 50]);
  });

  it('grey with transparency', async () => {
    const png = await sharp(Uint8Array.from([80, 128, 90, 255]), { raw: { width: 2, height: 1, channels: 2 } }).toColourspace('b-w').png().toBuffer();
    const picture = await decodePicture(png);
    assert.deepEqual([picture.channels, ...picture.data], [1, 80, 90]);
  });

  it('keeps the precision of 16-bit pictures, grey and colour', async () => {
    for (const channels of [1, 3] as const) {
      const values = Uint16Array.from({ length: 16 * channels }, (_, i) => (i * 4099 + 17) % 65536);
      const png = await sharp(values, { raw: { width: 4, height: 4, channels } }).toColourspace(channels === 1 ? 'grey16' : 'rgb16').png().toBuffer();
      const picture = await decodePicture(png);
      assert.ok(picture.data instanceof Float32Array);
      assert.equal(picture.channels, channels);
      values.forEach((value, i) => assert.ok(Math.abs(picture.data[i]! * 257 - value) < 0.01, `value ${i}: ${picture.data[i]! * 257} for ${value}`));
    }
  });

  it('palettes are expanded', async () => {
    const flat = await sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 12, g: 200, b: 34 } } }).png({ palette: true }).toBuffer();
    const picture = await decodePicture(flat);
    assert.deepEqual([...picture.data.subarray(0, 3)], [12, 200, 34]);
  });

  it('CMYK becomes RGB by the plain formula', async () => {
    // Full cyan ink, no black: no red at all.
    const inks = Uint8Array.from([255, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0]);
    const tiff = cmykTiff(3, 1, inks);
    assert.deepEqual([...(await decodePicture(tiff)).data], [0, 255, 255, 0, 0, 0, 255, 255, 255]);
  });

  it('errors name the file, what was found and what was expected', async () => {
    const folder = folderWith({ 'notes.png': 'hello', 'empty.jpg': '', 'drawing.png': '<svg xmlns="http://www.w3.org/2000/svg"/>', 'cut.png': (await image().png().toBuffer()).subarray(0, 200) });
    await assert.rejects(decodePicture(path.join(folder, 'none.png')), { code: 'notFound', message: /none\.png: no such file$/ });
    await assert.rejects(decodePicture(path.join(folder, 'notes.png')), { code: 'badFile', message: /notes\.png: not a picture .* expected JPEG, PNG.* begins with 68 65 6c 6c/ });
    await assert.rejects(decodePicture(path.join(folder, 'empty.jpg')), /empty file/);
    await assert.rejects(decodePicture(path.join(folder, 'drawing.png')), /not a picture/);
    await assert.rejects(decodePicture(path.join(folder, 'cut.png')), (error: Error) => /^cut\.png: /.test(error.message) && !error.message.includes('\n'));
  });

  it('a picture cut off in the middle is called damaged', async () => {
    const whole = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 120, sigma: 50 } } }).png().toBuffer();
    await assert.rejects(decodePicture(whole.subarray(0, whole.length >> 1), { name: 'half.png' }), /^DataError: half\.png: the PNG picture is damaged or incomplete \(/);
  });

  it('refuses more than 100 million pixels before decoding them', async () => {
    // A PNG header that claims 20000 × 20000 pixels.
    const png = await image().png().toBuffer();
    png.writeUInt32BE(20000, 16);
    png.writeUInt32BE(20000, 20);
    const started = Date.now();
    await assert.rejects(decodePicture(png, { name: 'huge.png' }), /^DataError: huge\.png: /);
    assert.ok(Date.now() - started < 2000);
  });

  it('grey by the 601 luma, and grey as RGB', () => {
    const colours = { ...source, width: 4, height: 1, data: Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]) };
    const grey = toGrey(colours);
    assert.deepEqual([...grey.data], [76, 150, 29, 255]);
    assert.deepEqual([...toRgb(grey).data.subarray(0, 6)], [76, 76, 76, 150, 150, 150]);
  });

  it('every picture of the pack decodes to the size its file claims', async function () {
    const folder = needShared(this, 'pack', 'images');
    const { readdirSync } = await import('node:fs');
    let seen = 0;
    for (const name of readdirSync(folder).filter((file) => /\.(png|jpe?g|bmp)$/.test(file))) {
      const picture = await decodePicture(path.join(folder, name));
      assert.equal(picture.data.length, picture.width * picture.height * picture.channels, name);
      seen++;
    }
    assert.ok(seen > 20);
  });
});
