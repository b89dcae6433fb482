/** Superpixels: the explained picture, made RGB again, under one of the segmenters. */
import { quickshift } from '../../tensor/segments/quickshift';
import { slic } from '../../tensor/segments/slic';
import { felzenszwalb, pixelGraph } from '../../tensor/segments/felzenszwalb';
import { range } from '../../tensor/statistics';
import { toFloat32 } from '../../tensor/convert';
import type { MethodContext, ParameterSpec } from '../method';
import type { ParameterReader } from '../parameters';
import { plane, type PictureShape } from '../picture';

export const segmenters = ['quickshift', 'slic', 'felzenszwalb'] as const;
export type Segmenter = (typeof segmenters)[number];

export const segmenterParameters: readonly ParameterSpec[] = [
  { name: 'kernelSize', type: 'number', default: 4, minimum: 1, maximum: 50, about: 'Width of the Gaussian quickshift counts densities with, in pixels; larger: fewer regions.' },
  { name: 'maxDistance', type: 'number', default: 200, minimum: 0.001, maximum: 1e6, about: 'The farthest a pixel may be from its region for quickshift, in pixels and colour; larger: fewer regions.' },
  { name: 'ratio', type: 'number', default: 0.2, minimum: 0, maximum: 1, about: 'How much colour counts beside place for quickshift.' },
  { name: 'segments', type: 'integer', default: 50, minimum: 1, maximum: 10_000, about: 'About how many regions slic makes.' },
  { name: 'compactness', type: 'number', default: 10, minimum: 1e-6, maximum: 1e6, about: 'How much place counts beside colour for slic; larger: squarer regions.' },
  { name: 'scale', type: 'number', default: 100, minimum: 0.001, maximum: 1e6, about: 'Scale of the regions for felzenszwalb: larger ones are larger.' },
  { name: 'minSize', type: 'integer', default: 50, minimum: 1, maximum: 1_000_000, about: 'The smallest region for felzenszwalb, in pixels.' },
];

/** A region number for every pixel, [height · width]. */
export function segmentPicture(context: Pick<MethodContext, 'feeds' | 'input' | 'tensors' | 'channels'>, parameters: ParameterReader, segmenter: Segmenter, shape: PictureShape): Int32Array {
  const planes = displayPlanes(context, shape), { width, height } = shape;
  switch (segmenter) {
    case 'quickshift': return quickshift(planes, width, height, { kernelSize: parameters.number('kernelSize'), maxDistance: parameters.number('maxDistance'), ratio: parameters.number('ratio') });
    case 'slic': return slic(planes, width, height, { segments: parameters.number('segments'), compactness: parameters.number('compactness') });
    case 'felzenszwalb': return felzenszwalb(pixelGraph(planes, width, height, 0.8), parameters.number('scale'), parameters.number('minSize')).labels;
  }
}

/**
 * The picture's planes in 0…1, red first. Preprocessing is undone by what black and white became (`tensors.black`,
 * `tensors.white`); where that is not known, the least and the largest value of the picture stand for them.
 */
export function displayPlanes(context: Pick<MethodContext, 'feeds' | 'input' | 'tensors' | 'channels'>, shape: PictureShape): Float32Array[] {
  const values = toFloat32(context.feeds[context.input]!), { black, white } = context.tensors, { minimum, maximum } = range(values);
  const low = black && toFloat32(black), high = white && toFloat32(white);
  const even = Float32Array.from(values, (value, i) => {
    const from = low && high ? low[i]! : minimum, to = low && high ? high[i]! : maximum;
    return to === from ? 0 : Math.min(1, Math.max(0, (value - from) / (to - from)));
  });
  // A fourth channel (opacity, or anything) is no colour.
  const planes = Array.from({ length: shape.channels === 4 ? 3 : shape.channels }, (_, channel) => plane(even, shape, channel));
  return context.channels === 'BGR' ? planes.reverse() : planes;
}
