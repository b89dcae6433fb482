/** Ablation-CAM: each channel counts by how much the score falls when it is switched off. */
import { asFloatTensor } from '../tensor/convert';
import { range } from '../tensor/statistics';
import type { FloatTensor } from '../tensor/tensor';
import { candidateLayers, gridOf, weightedSum } from './cam';
import { camApplicability, camOverInput, camParameters, camPresets, camResult } from './camMethod';
import { channelParameter, channelsBySpan } from './channels';
import type { Attribution, Method, MethodContext, Progress } from './method';
import type { Feeds, SpatialLayer } from './model';
import { ParameterReader, resolveParameters } from './parameters';
import { repeatSample } from './samples';

/** pytorch-grad-cam's stand-in for "off" where activations can be negative. */
const farBelow = 1e7;

/**
 * Σ_c w_c · A_c with w_c = (score − score without channel c) / |score|. The network runs on from the layer only, with
 * one channel of its activations replaced by `fill`: `zero`, or `below`, far below the smallest activation.
 *
 * Desai, Ramaswamy: Ablation-CAM, WACV 2020. Numbers as pytorch-grad-cam's `AblationCAM` (which takes `below` wherever
 * the smallest activation is not 0, and divides by the score, so that its maps change sign where that is negative).
 */
export const ablationCam: Method = {
  id: 'ablation-cam',
  title: 'Ablation-CAM',
  question: 'Where are the features without which the score would fall?',
  group: 'where-it-looks',
  source: 'Desai and Ramaswamy 2020, WACV, doi 10.1109/WACV45572.2020.9093360',
  kinds: ['image', 'tensor'],
  needs: 'forward',
  hasLayer: true,
  parameters: [
    ...camParameters, channelParameter,
    { name: 'fill', type: 'choice', choices: ['zero', 'below'], default: 'zero', about: 'What a channel that is switched off holds: zeros, or, where activations can be negative, a value far below them all.' },
  ],
  presets: { 'pytorch-grad-cam': { ...camPresets['pytorch-grad-cam'], fill: 'below' }, signed: { ...camPresets.signed, fill: 'zero' } },
  reduction: () => 'sum',
  applies: camApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(ablationCam, context.parameters).parameters);
  const { model, feeds, target, signal } = context;
  const [whole] = await model.scores(feeds, target), score = whole!;
  const { layer, value } = await reachedLayer(context, score);
  const activations = gridOf(value, layer), order = channelsBySpan(activations, parameters.number('channels'));
  const lowest = range(value.data).minimum, fill = parameters.text('fill') === 'below' && lowest !== 0 ? lowest - farBelow : 0;
  const weights = new Float64Array(activations.channels), scale = Math.abs(score) || 1, size = Math.min(order.length, model.batchFor('forward'));
  for (let start = 0; start < order.length; start += size) {
    signal.throwIfAborted();
    const batch = order.slice(start, start + size);
    const scores = await model.scores(without(feeds, layer, value, batch, fill), target);
    batch.forEach((channel, k) => { weights[channel] = (score - scores[k]!) / scale; });
    const map = weightedSum(activations, weights);
    yield { done: Math.min(start + size, order.length), total: order.length, partial: camOverInput(context, parameters, layer, parameters.boolean('relu') ? map.map((item) => Math.max(item, 0)) : map) };
  }
  signal.throwIfAborted();
  return camResult(context, parameters, layer, weightedSum(activations, weights), score);
}

/**
 * The layer asked for, or the last one. Networks of tokens may end in layers of which only the class token is read:
 * there, the last layer that moves the score when its patches are switched off.
 */
async function reachedLayer(context: MethodContext, score: number): Promise<{ layer: SpatialLayer; value: FloatTensor }> {
  const candidates = await candidateLayers(context), last = candidates.at(-1)!;
  const values = async (layer: SpatialLayer) => asFloatTensor((await context.model.run(context.feeds, [layer.value]))[layer.value]!);
  if (last.layout === 'tokens') {
    for (const layer of candidates.filter(({ layout }) => layout === 'tokens').slice(-8).reverse()) {
      context.signal.throwIfAborted();
      const value = await values(layer), patches = value.data.slice().fill(0, layer.prefixTokens * layer.channels);
      const [moved] = await context.model.scores({ ...context.feeds, [layer.value]: { ...value, data: patches } }, context.target);
      if (moved !== score) return { layer, value };
    }
  }
  return { layer: last, value: await values(last) };
}

/** Feeds with the layer's activations once for every channel of `batch`, that channel filled. */
function without(feeds: Feeds, layer: SpatialLayer, value: FloatTensor, batch: readonly number[], fill: number): Feeds {
  const repeated = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, repeatSample(tensor, batch.length)]));
  const size = value.data.length, data = new Float32Array(size * batch.length), cells = layer.height * layer.width;
  batch.forEach((channel, k) => {
    data.set(value.data, k * size);
    const sample = data.subarray(k * size, (k + 1) * size);
    if (layer.layout === 'NCHW') sample.fill(fill, channel * cells, (channel + 1) * cells);
    else for (let at = channel; at < size; at += layer.channels) sample[at] = fill;
  });
  return { ...repeated, [layer.value]: { dtype: 'float32', dims: [batch.length * value.dims[0]!, ...value.dims.slice(1)], data } };
}

