import { tensorToPicture } from '../../data/image/toTensor';
import { toRgb } from '../../data/image/picture';
import type { EngineRequests } from '../../protocol/engine';
import { LensError, type JobContext } from '../../protocol/rpc';
import { toFloat32 } from '../../tensor/convert';
import { resizeBilinear, resizeNearest } from '../../tensor/resample';
import { segmentCount } from '../../tensor/segments/segmentation';
import { slic } from '../../tensor/segments/slic';
import { floatTensor } from '../../tensor/tensor';
import type { Engine } from '../engine';
import { chooseInput } from '../prepare';
import { seenPicture, type SeenPicture } from '../seenPicture';

const usualCount = 60;
/** Pictures are cut at most at this size: more takes time and shows nobody more. */
const largestSide = 320;
/** SLIC's weight of place beside colour: regions that follow edges, but stay in one piece. */
const compactness = 12;

/** The model's view of a picture cut into regions of like colour (SLIC), to choose from. */
export async function regions(engine: Engine, params: EngineRequests['regions']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<EngineRequests['regions']['result']> {
  const { count = usualCount } = params;
  if (!(Number.isInteger(count) && count >= 2 && count <= 1000)) throw new LensError('badInput', `count: found ${count}, expected a whole number from 2 to 1000`);
  const subject = await engine.subjects.get(engine, params, signal), input = chooseInput(subject.prepared, params.input);
  const seen = subject.once(`seen ${input.name}`, () => seenPicture(input));
  return subject.once(`regions ${input.name} ${count}`, () => {
    const { width, height } = seen.shape, scale = Math.min(1, largestSide / Math.max(width, height));
    const w = Math.max(1, Math.round(width * scale)), h = Math.max(1, Math.round(height * scale));
    const planes = colours(seen).map((plane) => (scale < 1 ? resizeBilinear(plane, width, height, w, h) : plane));
    const labels = slic(planes, w, h, { segments: count, compactness, sigma: 1 });
    const full = scale < 1 ? resizeNearest(labels, w, h, width, height) : labels;
    return { width, height, labels: Uint16Array.from(full), count: segmentCount(labels), ...(input.frame && { frame: input.frame }) };
  });
}

/** Red, green and blue from 0 to 1 where it is known how the tensor was made; else its first channels as they are. */
function colours({ input, shape, planes }: SeenPicture): ArrayLike<number>[] {
  const { image, frame, tensor } = input;
  if (!image || !frame) return shape.channels >= 3 ? planes.slice(0, 3) : planes.slice(0, 1);
  const { data, width, height } = toRgb(tensorToPicture(floatTensor(tensor.dims, toFloat32(tensor)), image));
  return [0, 1, 2].map((channel) => Float32Array.from({ length: width * height }, (_, i) => data[3 * i + channel]! / 255));
}
