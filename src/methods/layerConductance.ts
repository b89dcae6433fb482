/** Layer conductance: how much of the score's change flows through each element of a layer. */
import { completenessCheck } from './integratedGradients';
import { chosenLayer, layerCheck, layerResult, overInput, sampleOf } from './layerAttribution';
import { layerPath, layerPathMethod, pointsOn } from './layerPath';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { gradientsAt } from './samples';

/**
 * ∫ ∂ target / ∂ y · dy along the straight path from a baseline to the input, for each element y of a layer: as a sum
 * over consecutive nodes of gradient · change of y. Over a layer that everything passes through it adds up to the
 * change of the score.
 *
 * Dhamdhere et al.: How Important Is a Neuron?, 2018, arXiv 1805.12233, in the form of Shrikumar et al. 2018, arXiv
 * 1807.09946. Numbers as captum's `LayerConductance`: `nSteps` + 1 nodes, so that its Gauss–Legendre stops just short
 * of both ends.
 */
export const layerConductance: Method = layerPathMethod({
  id: 'layer-conductance',
  title: 'Layer conductance',
  question: 'How much of the score, counted from a baseline, flows through each element of a layer?',
  source: 'Dhamdhere et al. 2018, arXiv 1805.12233; Shrikumar et al. 2018, arXiv 1807.09946',
}, explain);

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(layerConductance, context.parameters).parameters);
  const layer = await chosenLayer(context), path = layerPath(context, parameters, 1);
  // The ends tell the score's change; they are no nodes of the sum.
  const alphas = [0, ...path.rule.alphas, 1], last = alphas.length - 1;
  const sum = new Float64Array(layer.dims.reduce((a, b) => a * b, 1));
  let before: { activation: Float32Array; gradient: Float32Array } | undefined, scoreStart = NaN, score = NaN;
  for await (const batch of gradientsAt(context, pointsOn(path, alphas), { wrt: [layer.value], fetch: [layer.value] })) {
    for (let k = 0; k < batch.count; k++) {
      const index = batch.start + k;
      if (index === 0) scoreStart = batch.scores[k]!;
      else if (index === last) score = batch.scores[k]!;
      else {
        const activation = sampleOf(batch.values[layer.value]!, layer, k).slice(), gradient = sampleOf(batch.gradients[layer.value]!, layer, k).slice();
        if (before) for (let i = 0; i < sum.length; i++) sum[i]! += before.gradient[i]! * (activation[i]! - before.activation[i]!);
        before = { activation, gradient };
      }
    }
    const partial = overInput(context, layer, Float32Array.from(sum));
    yield { done: batch.start + batch.count, total: alphas.length, ...(partial && { partial }) };
  }
  const values = Float32Array.from(sum), total = sum.reduce((a, b) => a + b, 0);
  return layerResult(context, layer, values, score, [throughLayer(total, scoreStart, score), layerCheck(values, layer)]);
}

/** Completeness at the layer: what is missing may have gone around it. */
function throughLayer(total: number, scoreStart: number, score: number): SelfCheck {
  const check = completenessCheck(total, scoreStart, score, 0.05), change = score - scoreStart;
  if (check.ok || !Number.isFinite(check.value) || change === 0) return check;
  const share = `${((100 * total) / change).toPrecision(3)} %`;
  return { ...check, message: `${share} of the ${change.toPrecision(4)} by which the score changes from the baseline flows through this layer; the rest goes around it (a residual path, a parallel branch), or takes more steps to be found.` };
}
