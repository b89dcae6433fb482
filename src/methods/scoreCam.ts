/** Score-CAM: each channel's map is laid over the picture as a mask, and counts by the score that is left. */
import { resizeAligned } from '../tensor/resample';
import { range } from '../tensor/statistics';
import { softmax } from './distribution';
import { candidateLayers, gridOf, weightedSum, type Grid } from './cam';
import { camApplicability, camOverInput, camParameters, camPresets, camResult } from './camMethod';
import { channelParameter, channelsBySpan } from './channels';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { pictureShape, type PictureShape } from './picture';
import { explainedInput, feedsFor, type Variants } from './samples';

/**
 * Σ_c w_c · A_c with w = softmax over channels of the target's score for the input times channel c's map, scaled to
 * 0…1 and stretched over the picture. No gradient: works for any model with a grid of channels. What the mask hides
 * becomes 0 in the model's own range, which is the mean colour or mid grey after most preprocessings.
 *
 * Wang et al.: Score-CAM, 2019, arXiv 1910.01279. Numbers as pytorch-grad-cam's `ScoreCAM`, which stretches with
 * aligned corners.
 */
export const scoreCam: Method = {
  id: 'score-cam',
  title: 'Score-CAM',
  question: 'Which regions, left visible alone, keep the score up?',
  group: 'where-it-looks',
  source: 'Wang et al. 2019, arXiv 1910.01279',
  kinds: ['image', 'tensor'],
  needs: 'forward',
  hasLayer: true,
  parameters: [...camParameters, channelParameter],
  presets: camPresets,
  reduction: () => 'sum',
  applies: camApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(scoreCam, context.parameters).parameters);
  const { model, feeds, target, signal } = context;
  const layer = (await candidateLayers(context)).at(-1)!;
  const activations = gridOf((await model.run(feeds, [layer.value]))[layer.value]!, layer);
  const [score] = await model.scores(feeds, target);
  const order = channelsBySpan(activations, parameters.number('channels'));
  const masked = maskedInputs(context, activations, order), size = Math.min(order.length, model.batchFor('forward'));
  const scores: number[] = [];
  while (scores.length < order.length) {
    signal.throwIfAborted();
    const end = Math.min(order.length, scores.length + size);
    scores.push(...await model.scores(feedsFor(context, masked, scores.length, end), target));
    yield { done: scores.length, total: order.length, partial: camOverInput(context, parameters, layer, mapOf(activations, order, scores, parameters.boolean('relu'))) };
  }
  signal.throwIfAborted();
  return camResult(context, parameters, layer, mapOf(activations, order, scores, false), score!);
}

/** The map of the channels scored so far. */
function mapOf(activations: Grid, order: readonly number[], scores: readonly number[], relu: boolean): Float32Array {
  const weights = new Float64Array(activations.channels);
  softmax(scores).forEach((weight, k) => { weights[order[k]!] = weight; });
  const map = weightedSum(activations, weights);
  return relu ? map.map((value) => Math.max(value, 0)) : map;
}

/** The input under each channel's map. */
function maskedInputs(context: MethodContext, activations: Grid, order: readonly number[]): Variants {
  const input = explainedInput(context), shape = pictureShape(input.dims, context.layout, 'a mask over the picture');
  const cells = activations.height * activations.width;
  return {
    count: order.length,
    write: (index, into) => {
      const map = activations.values.subarray(order[index]! * cells, (order[index]! + 1) * cells);
      multiply(input.data, scaledMask(resizeAligned(map, activations.width, activations.height, shape.width, shape.height)), shape, into);
    },
  };
}

/** (v − min) / (max − min + 1e-8), in place. */
function scaledMask(mask: Float32Array): Float32Array {
  const { minimum, maximum } = range(mask);
  for (let i = 0; i < mask.length; i++) mask[i] = (mask[i]! - minimum) / (maximum - minimum + 1e-8);
  return mask;
}

function multiply(input: Float32Array, mask: Float32Array, { layout, channels }: PictureShape, into: Float32Array): void {
  const cells = mask.length;
  for (let i = 0; i < into.length; i++) into[i] = input[i]! * mask[layout === 'NCHW' ? i % cells : Math.floor(i / channels)]!;
}
