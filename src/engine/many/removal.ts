/** A quick figure of trust, a handful of runs a picture: is what the map finds strongest what the score hangs on? */
import type { MethodContext } from '../../methods/method';
import type { Target } from '../../methods/model';
import { pictureShape, plane, setPlane } from '../../methods/picture';
import { explainedInput, feedsFor } from '../../methods/samples';
import { resizeMap, type HeatMap } from '../../tensor/heatmap';
import { Random } from '../../tensor/random';
import { gaussianBlur } from '../../tensor/resample';

const share = 0.2;
/** Random fifths the map's own is compared with; each of squares this large, as real maps are no single pixels. */
const draws = 3, square = 8;

/**
 * The fall of the score when the strongest fifth of the map's cells is blurred, less the mean fall for random fifths.
 * @param probability whether the score is a probability: falls count as they are; otherwise relative to the score.
 * @returns undefined where the score is zero, or nothing of the kind can be said.
 */
export async function removalTrust(context: Pick<MethodContext, 'model' | 'feeds' | 'input' | 'layout' | 'seed'>, target: Target, map: HeatMap, probability: boolean): Promise<number | undefined> {
  const input = explainedInput(context), shape = pictureShape(input.dims, context.layout, 'removal');
  const { width, height, channels } = shape, cells = width * height;
  const blurred = new Float32Array(input.data.length), sigma = Math.max(2, Math.min(width, height) / 16);
  for (let channel = 0; channel < channels; channel++) setPlane(blurred, shape, channel, gaussianBlur(plane(input.data, shape, channel), width, height, sigma));
  const count = Math.max(1, Math.round(share * cells)), random = new Random(context.seed);
  // Seen from as far as the random squares: strong pixels strewn about are no part of the picture that could be taken away.
  const strengths = [gaussianBlur(resizeMap(map, width, height).values, width, height, square / 2), ...Array.from({ length: draws }, () => squares(width, height, random))];
  const masks = strengths.map((values) => strongest(values, count));
  const at = (element: number): number => (shape.layout === 'NCHW' ? element % cells : Math.floor(element / channels));
  const variants = {
    count: 1 + masks.length,
    write: (index: number, into: Float32Array): void => {
      into.set(input.data);
      const mask = masks[index - 1];
      if (mask) for (let element = 0; element < into.length; element++) if (mask[at(element)]) into[element] = blurred[element]!;
    },
  };
  const scores: number[] = [];
  // One by one: another batch size would be another session, and a batch of five is hardly faster.
  for (let index = 0; index < variants.count; index++) scores.push((await context.model.scores(feedsFor(context, variants, index, index + 1), target))[0]!);
  const [whole, without, ...others] = scores as [number, number, ...number[]];
  const mean = others.reduce((a, b) => a + b, 0) / others.length, fall = mean - without;
  return probability ? fall : whole === 0 ? undefined : fall / Math.abs(whole);
}

/** 1 for the `count` strongest cells; of equal ones the first. */
function strongest(values: Float32Array, count: number): Uint8Array {
  const order = Uint32Array.from(values, (_, cell) => cell).sort((a, b) => values[b]! - values[a]! || a - b);
  const mask = new Uint8Array(values.length);
  for (let k = 0; k < count; k++) mask[order[k]!] = 1;
  return mask;
}

/** A random strength for every square of the picture. */
function squares(width: number, height: number, random: Random): Float32Array {
  const columns = Math.ceil(width / square), levels = Float32Array.from({ length: columns * Math.ceil(height / square) }, () => random.uniform());
  return Float32Array.from({ length: width * height }, (_, cell) => levels[Math.floor(Math.floor(cell / width) / square) * columns + Math.floor((cell % width) / square)]!);
}
