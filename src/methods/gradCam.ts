/** Grad-CAM: where on a layer's grid the features lie that speak for the target. */
import { maxAbs } from '../tensor/statistics';
import { floatTensor, type FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { candidateLayers, channelMeans, gridOf, mapOverInput, minMaxScale, rectify, weightedSum, type Grid } from './cam';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import type { SpatialLayer } from './model';
import { ParameterReader, resolveParameters } from './parameters';
import { explainedInput } from './samples';

/** How many token layers are looked at, from the last one backwards, for one whose patches reach the target. */
const tokenLayersTried = 12;

/**
 * Σ_c (mean over cells of ∂ target / ∂ A_c) · A_c on the grid of a layer with activations A.
 *
 * Selvaraju et al.: Grad-CAM, 2016, arXiv 1610.02391. Preset `captum`: `LayerGradCam.attribute(relu_attributions=
 * False)`, negative values kept, not scaled. Preset `pytorch-grad-cam`: rectified, min–max scaled, resized, scaled
 * again. `cam` is the map on the layer's own grid (rectified if `relu`, never scaled); `values` lie over the input.
 */
export const gradCam: Method = {
  id: 'grad-cam',
  title: 'Grad-CAM',
  question: 'In which region of the picture did a layer see what speaks for the class?',
  group: 'where-it-looks',
  source: 'Selvaraju et al. 2016, arXiv 1610.02391',
  kinds: ['image', 'tensor'],
  needs: 'gradient',
  hasLayer: true,
  parameters: [
    { name: 'relu', type: 'boolean', default: false, about: 'Keep only what speaks for the target; false also shows, as negative values, what speaks against it.' },
    { name: 'scaling', type: 'choice', choices: ['none', 'min-max'], default: 'none', about: 'Leave the values in the units of the score, or scale each map to 0…1.' },
  ],
  presets: { captum: { relu: false, scaling: 'none' }, 'pytorch-grad-cam': { relu: true, scaling: 'min-max' } },
  reduction: () => 'sum',
  applies: async (context) => {
    const port = context.model.inputs.find(({ name }) => name === context.input);
    if (port && port.dims.length !== 4) return { applies: false, reason: `A class activation map lies over a picture; input '${context.input}' has ${port.dims.length} dims, not 4.` };
    const gradient = await gradientApplicability(context);
    if (!gradient.applies) return gradient;
    const layers = await context.model.spatialLayers();
    return layers.some(({ height, width }) => height * width > 1) ? { applies: true } : { applies: false, reason: 'No layer of this model has values on a grid over the picture.' };
  },
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(gradCam, context.parameters).parameters);
  const { dims } = explainedInput(context);
  yield { done: 0, total: 1 };
  const { layer, activations, gradients, score } = await layerGradients(context);
  const relu = parameters.boolean('relu'), scale = parameters.text('scaling') === 'min-max';
  const map = weightedSum(activations, channelMeans(gradients));
  const raw = maxAbs(map);
  if (relu) rectify(map);
  const cam = floatTensor([1, 1, layer.height, layer.width], map);
  // pytorch-grad-cam scales on the grid, resizes, and scales what the resizing left.
  const shown = scale ? minMaxScale(Float32Array.from(map)) : map;
  const values = mapOverInput(shown, layer.width, layer.height, dims, context.layout);
  if (scale) minMaxScale(values.data);
  yield { done: 1, total: 1, partial: values };
  return { values, cam, layer: layer.value, score, checks: [mapCheck(cam, raw, layer)], chosen: context.layer === undefined ? { layer: layer.value } : {} };
}

interface LayerGradients {
  readonly layer: SpatialLayer;
  readonly activations: Grid;
  readonly gradients: Grid;
  readonly score: number;
}

/**
 * Activations of the target layer and the target's gradient there. Without a layer asked for, a network of tokens may
 * end in layers whose patches no longer reach the target (only its class token does): there the last layer with a
 * gradient is taken.
 */
async function layerGradients(context: MethodContext): Promise<LayerGradients> {
  const candidates = await candidateLayers(context);
  const last = candidates[candidates.length - 1]!;
  const tried = last.layout === 'tokens' ? candidates.filter(({ layout }) => layout === 'tokens').slice(-tokenLayersTried) : [last];
  const names = tried.map(({ value }) => value);
  context.signal.throwIfAborted();
  const result = await context.model.gradients({ feeds: context.feeds, target: context.target, wrt: names, fetch: names });
  context.signal.throwIfAborted();
  const reached = tried.map((layer) => ({ layer, gradients: gridOf(result.gradients[layer.value]!, layer) }));
  const { layer, gradients } = reached.findLast((item) => maxAbs(item.gradients.values) > 0) ?? reached[reached.length - 1]!;
  return { layer, gradients, activations: gridOf(result.values[layer.value]!, layer), score: result.scores[0]! };
}

/** The map's largest absolute value before rectifying and scaling, and in words why the map is empty if it is. */
function mapCheck(cam: FloatTensor, raw: number, layer: SpatialLayer): SelfCheck {
  const id = 'maxAbsMap', grid = `${layer.height}×${layer.width}`;
  if (!cam.data.every(Number.isFinite)) return { id, value: raw, ok: false, message: 'The map holds values that are no numbers: the model overflows at this input.' };
  if (raw === 0) return { id, value: 0, ok: false, message: `The map is zero everywhere: the target has no slope at '${layer.value}' (a saturated probability, or a layer beside the path to the target); take the logit or another layer.` };
  if (maxAbs(cam.data) === 0) return { id, value: raw, ok: false, message: `Nothing on the ${grid} grid of '${layer.value}' speaks for the target, only against it; turn relu off to see where.` };
  return { id, value: raw, ok: true, message: `Taken on the ${grid} grid of '${layer.value}': details finer than a cell are interpolation.` };
}
