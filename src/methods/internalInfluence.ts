/** Internal influence: how steeply the score depends on each element of a layer, on average along a path. */
import { chosenLayer, layerCheck, layerResult, overInput, sampleOf } from './layerAttribution';
import { layerPath, layerPathMethod, pointsOn, spreadNodes } from './layerPath';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { gradientsAt } from './samples';

/**
 * ∫₀¹ ∂ target / ∂ y dα at the points baseline + α (x − baseline), for each element y of a layer. Not multiplied by
 * anything, so it is a slope, not a contribution, and does not add up to the score.
 *
 * Leino et al.: Influence-Directed Explanations for Deep Convolutional Networks, 2018, arXiv 1802.03788. Numbers as
 * captum's `InternalInfluence`.
 */
export const internalInfluence: Method = layerPathMethod({
  id: 'internal-influence',
  title: 'Internal influence',
  question: 'On which elements of a layer does the score depend most, on average from a baseline to the input?',
  source: 'Leino et al. 2018, arXiv 1802.03788',
}, explain);

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(internalInfluence, context.parameters).parameters);
  const layer = await chosenLayer(context), path = layerPath(context, parameters), nodes = spreadNodes(path);
  const whole = path.rule.weights.reduce((a, b) => a + b, 0), sum = new Float64Array(layer.dims.reduce((a, b) => a * b, 1));
  let seen = 0, score = NaN;
  for await (const batch of gradientsAt(context, pointsOn(path, nodes.map(({ alpha }) => alpha)), { wrt: [layer.value] })) {
    for (let k = 0; k < batch.count; k++) {
      const { alpha, weight } = nodes[batch.start + k]!;
      if (alpha === 1) score = batch.scores[k]!;
      if (weight === 0) continue;
      const gradient = sampleOf(batch.gradients[layer.value]!, layer, k);
      for (let i = 0; i < sum.length; i++) sum[i]! += weight * gradient[i]!;
      seen += weight;
    }
    // What was seen so far, scaled up to the whole path.
    const partial = seen > 0 ? overInput(context, layer, Float32Array.from(sum, (value) => (value * whole) / seen)) : undefined;
    yield { done: batch.start + batch.count, total: nodes.length, ...(partial && { partial }) };
  }
  const values = Float32Array.from(sum);
  return layerResult(context, layer, values, score, [layerCheck(values, layer)]);
}
