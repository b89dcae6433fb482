/** Layer gradient × activation: what each element of a layer adds to the score, to first order. */
import { chosenLayer, layerApplicability, layerCheck, layerResult, sampleOf } from './layerAttribution';
import type { Attribution, Method, MethodContext, Progress } from './method';

/** y · ∂ target / ∂ y for a layer's values y. Numbers as captum's `LayerGradientXActivation`. */
export const layerGradientXActivation: Method = {
  id: 'layer-gradient-x-activation',
  title: 'Layer gradient × activation',
  question: 'How much does each element of a layer add to the score, if its slope is believed?',
  group: 'inside-the-network',
  source: 'captum, attr/_core/layer/layer_gradient_x_activation.py',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: true,
  layers: 'any',
  parameters: [],
  presets: { captum: {} },
  applies: (context) => layerApplicability(context, true),
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const { model, feeds, target, signal } = context;
  yield { done: 0, total: 1 };
  const layer = await chosenLayer(context);
  signal.throwIfAborted();
  const result = await model.gradients({ feeds, target, wrt: [layer.value], fetch: [layer.value] });
  signal.throwIfAborted();
  const gradient = sampleOf(result.gradients[layer.value]!, layer, 0), activation = sampleOf(result.values[layer.value]!, layer, 0);
  const values = gradient.map((g, i) => g * activation[i]!);
  const explained = layerResult(context, layer, values, result.scores[0]!, [layerCheck(values, layer)]);
  yield { done: 1, total: 1, ...(explained.values && { partial: explained.values }) };
  return explained;
}
