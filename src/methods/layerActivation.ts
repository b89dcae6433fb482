/** Layer activation: what a layer says about the input. */
import { range } from '../tensor/statistics';
import { chosenLayer, layerApplicability, layerResult, sampleOf } from './layerAttribution';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';

/** The layer's values as they are; over a picture, their mean over channels. Numbers as captum's `LayerActivation`. */
export const layerActivation: Method = {
  id: 'layer-activation',
  title: 'Layer activation',
  question: 'What does a layer say about the input, and where is it active?',
  group: 'inside-the-network',
  source: 'captum, attr/_core/layer/layer_activation.py',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: true,
  layers: 'any',
  parameters: [],
  presets: { captum: {} },
  applies: (context) => layerApplicability(context, false),
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const { model, feeds, target, signal } = context;
  yield { done: 0, total: 1 };
  const layer = await chosenLayer(context);
  const values = sampleOf((await model.run(feeds, [layer.value]))[layer.value]!, layer, 0).slice();
  signal.throwIfAborted();
  const [score] = await model.scores(feeds, target);
  signal.throwIfAborted();
  const result = layerResult(context, layer, values, score!, [activityCheck(values)], 'mean');
  yield { done: 1, total: 1, ...(result.values && { partial: result.values }) };
  return result;
}

/** How much of the layer is active. */
function activityCheck(values: Float32Array): SelfCheck {
  const active = values.reduce((count, value) => count + Number(value !== 0), 0) / values.length, id = 'activeFraction';
  if (!values.every(Number.isFinite)) return { id, value: NaN, ok: false, message: 'The layer holds values that are no numbers: the model overflows at this input.' };
  const { minimum, maximum } = range(values);
  const percent = `${(100 * active).toPrecision(3)} %`;
  return { id, value: active, ok: active > 0, message: active > 0 ? `${percent} of the layer's ${values.length} elements are not zero; they lie between ${minimum.toPrecision(3)} and ${maximum.toPrecision(3)}.` : 'The whole layer is zero at this input.' };
}
