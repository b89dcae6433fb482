/** Scenes as batches, through the very preprocessing the product uses. */
import sharp from 'sharp';
import type { Picture } from '../../src/data/image/picture';
import { pictureToTensor } from '../../src/data/image/toTensor';
import type { ImageSpec } from '../../src/data/spec';
import { Random } from '../../src/tensor/random';
import { side } from './network';
import type { Scene } from './scenes';
import { classNames, drawScene, maskSvg, sceneSvg } from './scenes';

/** Pixels a side of the pictures that are written out; the network sees them resized. */
export const pictureSide = 192;

export const preprocessing: ImageSpec = {
  kind: 'image', layout: 'NCHW', channels: 'RGB', range: [-1, 1], mean: [0, 0, 0], std: [1, 1, 1],
  resize: { mode: 'stretch', height: side, width: side, interpolation: 'bilinear' },
};

export async function renderScene(scene: Scene): Promise<Picture> {
  return render(sceneSvg(scene, pictureSide), 3);
}

/** One byte a pixel: how much of it the object covers. */
export async function renderMask(scene: Scene, index: number): Promise<Picture> {
  return render(maskSvg(scene.objects[index]!, pictureSide), 1);
}

async function render(svg: string, channels: 1 | 3): Promise<Picture> {
  const data = await sharp(Buffer.from(svg)).removeAlpha().toColourspace(channels === 1 ? 'b-w' : 'srgb').raw().toBuffer();
  return { width: pictureSide, height: pictureSide, channels, data: new Uint8Array(data), format: 'drawn', notes: [] };
}

export interface Dataset {
  /** [n, 3, 64, 64] */
  readonly images: Float32Array;
  readonly labels: Uint8Array;
}

export const imageSize = 3 * side * side;

/** `count` scenes, the classes in turn. */
export async function makeDataset(seed: number, count: number): Promise<Dataset> {
  const random = new Random(seed);
  const images = new Float32Array(count * imageSize);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = i % classNames.length;
    const picture = await renderScene(drawScene(random, [classNames[label]!]));
    images.set(pictureToTensor(picture, preprocessing).tensor.data, i * imageSize);
    labels[i] = label;
  }
  return { images, labels };
}
