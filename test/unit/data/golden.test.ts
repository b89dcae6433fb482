import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { decodePicture } from '../../../src/data/image/decode';
import type { Picture } from '../../../src/data/image/picture';
import { pictureToTensor } from '../../../src/data/image/toTensor';
import type { ImageSpec } from '../../../src/data/spec';
import { parseNpy } from '../../../src/tensor/npy';
import { difference, needShared } from './support';

interface Case {
  readonly id: string;
  readonly image?: string;
  readonly preprocessing?: string;
  readonly inputFile?: string;
  readonly inputShape?: readonly number[];
  readonly inputStoredAs?: { readonly scale: number | readonly number[]; readonly offset: number | readonly number[] };
}

/** What the references' words about their preprocessing mean. */
function specOf(words: string, shape: readonly number[]): ImageSpec | undefined {
  const layout = shape[1] === 3 || shape[1] === 1 ? 'NCHW' : 'NHWC';
  const [height, width] = layout === 'NCHW' ? [shape[2]!, shape[3]!] : [shape[1]!, shape[2]!];
  const resize = { mode: 'stretch', height, width, interpolation: 'bilinear' } as const;
  const plain = { mean: [0, 0, 0], std: [1, 1, 1] };
  if (words.startsWith('BGR 0..255 minus [103.939,116.779,123.68]')) return { kind: 'image', layout, channels: 'BGR', range: [0, 255], mean: [103.939, 116.779, 123.68], std: [1, 1, 1], resize };
  if (words.startsWith('RGB 0..255')) return { kind: 'image', layout, channels: 'RGB', range: [0, 255], ...plain, resize };
  if (words.startsWith('RGB x/127.5-1')) return { kind: 'image', layout, channels: 'RGB', range: [-1, 1], ...plain, resize };
  if (words.startsWith('grey x/127.5-1')) return { kind: 'image', layout, channels: 'grey', range: [-1, 1], mean: [0], std: [1], resize };
  return undefined;
}

function crop(picture: Picture, [left, top, right, bottom]: readonly number[]): Picture {
  const width = right! - left!;
  const height = bottom! - top!;
  const data = new Uint8Array(width * height * picture.channels);
  for (let y = 0; y < height; y++) {
    const row = ((y + top!) * picture.width + left!) * picture.channels;
    data.set(picture.data.subarray(row, row + width * picture.channels), y * width * picture.channels);
  }
  return { ...picture, width, height, data };
}

describe('pictures become the very tensors the references used', () => {
  it('every input that a reference made from a picture', async function () {
    this.timeout(60000);
    const golden = needShared(this, 'golden');
    const images = needShared(this, 'pack', 'images');
    const seen = new Set<string>();
    for (const id of fs.readdirSync(path.join(golden, 'cases'))) {
      const entry = JSON.parse(fs.readFileSync(path.join(golden, 'cases', id, 'case.json'), 'utf8')) as Case;
      const { image, preprocessing, inputFile, inputShape, inputStoredAs } = entry;
      if (!image || !preprocessing || !inputFile || !inputShape || !inputStoredAs || seen.has(inputFile)) continue;
      const [, name, box] = /^(\S+?)(?: crop \((.*)\))?$/.exec(image) ?? [];
      const spec = specOf(preprocessing, inputShape);
      if (!spec || !name || !fs.existsSync(path.join(images, name))) continue;
      let picture = await decodePicture(path.join(images, name));
      if (box) picture = crop(picture, box.split(',').map(Number));
      const { tensor } = pictureToTensor(picture, spec);
      assert.deepEqual(tensor.dims, inputShape);
      const stored = parseNpy(fs.readFileSync(path.join(golden, inputFile)));
      const channel = (i: number): number => (spec.layout === 'NCHW' ? Math.floor(i / (spec.resize.height * spec.resize.width)) : 0);
      const pick = (value: number | readonly number[], i: number): number => (typeof value === 'number' ? value : value[channel(i)]!);
      const bytes = Array.from(tensor.data, (value, i) => Math.round((value - pick(inputStoredAs.offset, i)) / pick(inputStoredAs.scale, i)));
      const { count, largest } = difference(bytes, stored.data as Uint8Array);
      // JPEG decoders may round differently; everything else is exact.
      if (/\.jpe?g$/.test(name)) assert.ok(largest <= 2 && count <= bytes.length / 100, `${id}: ${count} of ${bytes.length} values differ, by up to ${largest}`);
      else assert.deepEqual({ count, largest }, { count: 0, largest: 0 }, id);
      const expected = Array.from(stored.data as Uint8Array, (value, i) => value * pick(inputStoredAs.scale, i) + pick(inputStoredAs.offset, i));
      if (count === 0) assert.ok(difference(tensor.data, expected).largest < 3e-5, id);
      seen.add(inputFile);
    }
    console.log(`      ${[...seen].map((file) => path.basename(file).replace(/_[0-9a-f]{8}\.npy$/, '')).join(', ')}`);
    assert.ok(seen.size >= 8, `only ${seen.size} inputs were compared`);
  });
});
