/** What all class activation maps have in common: parameters, the layer, the map's way from the grid over the picture. */
import { maxAbs } from '../tensor/statistics';
import { floatTensor, type FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { candidateLayers, gridOf, mapOverInput, minMaxScale, rectify, type Grid } from './cam';
import type { Applicability, Attribution, Method, MethodContext, Parameters, ParameterSpec, Progress, SelfCheck } from './method';
import type { SpatialLayer } from './model';
import { ParameterReader, resolveParameters } from './parameters';
import { explainedInput } from './samples';

/** How many token layers are looked at, from the last one backwards, for one whose patches reach the target. */
const tokenLayersTried = 12;

/** How a map on the layer's grid is shown; every class activation map has these. */
export const camParameters: readonly ParameterSpec[] = [
  { name: 'relu', type: 'boolean', default: false, about: 'Keep only what speaks for the target; false also shows, as negative values, what speaks against it.' },
  { name: 'scaling', type: 'choice', choices: ['none', 'min-max'], default: 'none', about: 'Leave the values in the units of the score, or scale each map to 0…1.' },
];

/** As jacobgil/pytorch-grad-cam shows its maps, and the map as the formula gives it. */
export const camPresets: Readonly<Record<string, Parameters>> = {
  'pytorch-grad-cam': { relu: true, scaling: 'min-max' },
  signed: { relu: false, scaling: 'none' },
};

/** A layer's activations and gradients for one sample, channel by channel. */
export interface LayerGradients {
  readonly layer: SpatialLayer;
  readonly activations: Grid;
  readonly gradients: Grid;
  readonly score: number;
}

/** What one class activation map says for itself. */
export interface CamDescription {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly source: string;
  /** Default: pytorch-grad-cam's, then the signed map. */
  readonly presets?: Readonly<Record<string, Parameters>>;
}

/** A map made of one layer's activations and gradients: a method in one formula, [channels, cells] twice → [cells]. */
export function gradientCam(about: CamDescription, formula: (activations: Grid, gradients: Grid) => Float32Array): Method {
  const method: Method = {
    ...about, group: 'where-it-looks', kinds: ['image', 'tensor'], needs: 'gradient', hasLayer: true,
    parameters: camParameters, presets: about.presets ?? camPresets, reduction: () => 'sum',
    applies: async (context) => {
      const grid = await camApplicability(context);
      return grid.applies ? gradientApplicability(context) : grid;
    },
    explain: async function* (context): AsyncGenerator<Progress, Attribution, void> {
      const parameters = new ParameterReader(resolveParameters(method, context.parameters).parameters);
      yield { done: 0, total: 1 };
      const { layer, activations, gradients, score } = await layerGradients(context);
      const result = camResult(context, parameters, layer, formula(activations, gradients), score);
      yield { done: 1, total: 1, partial: result.values };
      return result;
    },
  };
  return method;
}

/** Class activation maps lie over a picture, and need a layer with a grid. */
export async function camApplicability({ model, input, target }: Pick<MethodContext, 'model' | 'input' | 'target'>): Promise<Applicability> {
  const port = model.inputs.find(({ name }) => name === input);
  if (port && port.dims.length !== 4) return { applies: false, reason: `A class activation map lies over a picture; input '${input}' has ${port.dims.length} dims, not 4.` };
  const layers = await model.spatialLayers(target);
  return layers.some(({ height, width }) => height * width > 1) ? { applies: true } : { applies: false, reason: 'No layer of this model has values on a grid over the picture.' };
}

/**
 * Activations of the target layer and the target's gradient there. Without a layer asked for, a network of tokens may
 * end in layers whose patches no longer reach the target (only its class token does): there the last layer with a
 * gradient is taken.
 */
export async function layerGradients(context: MethodContext): Promise<LayerGradients> {
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

/**
 * The map on the layer's grid as a result: `cam` is rectified if `relu` and never scaled; `values` lie over the input.
 * pytorch-grad-cam scales on the grid, resizes, and scales what the resizing left.
 */
export function camResult(context: MethodContext, parameters: ParameterReader, layer: SpatialLayer, map: Float32Array, score: number): Attribution {
  const raw = maxAbs(map);
  if (parameters.boolean('relu')) rectify(map);
  const cam = floatTensor([1, 1, layer.height, layer.width], map);
  const checks = [mapCheck(cam, raw, layer)];
  return { values: camOverInput(context, parameters, layer, map), cam, layer: layer.value, score, checks, chosen: context.layer === undefined ? { layer: layer.value } : {} };
}

/** A (rectified) map on the layer's grid, scaled as asked and stretched over the input; for looks at a growing estimate too. */
export function camOverInput(context: MethodContext, parameters: ParameterReader, layer: SpatialLayer, map: Float32Array): FloatTensor {
  const scale = parameters.text('scaling') === 'min-max';
  const shown = scale ? minMaxScale(Float32Array.from(map)) : map;
  const values = mapOverInput(shown, layer.width, layer.height, explainedInput(context).dims, context.layout);
  if (scale) minMaxScale(values.data);
  return values;
}

/** The map's largest absolute value before rectifying and scaling, and in words why the map is empty if it is. */
function mapCheck(cam: FloatTensor, raw: number, layer: SpatialLayer): SelfCheck {
  const id = 'maxAbsMap', grid = `${layer.height}×${layer.width}`;
  if (!cam.data.every(Number.isFinite)) return { id, value: raw, ok: false, message: 'The map holds values that are no numbers: the model overflows at this input.' };
  if (raw === 0) return { id, value: 0, ok: false, message: `The map is zero everywhere: the target has no slope at '${layer.value}' (a saturated probability, or a layer beside the path to the target); take the logit or another layer.` };
  if (maxAbs(cam.data) === 0) return { id, value: raw, ok: false, message: `Nothing on the ${grid} grid of '${layer.value}' speaks for the target, only against it; turn relu off to see where.` };
  const tokens = layer.layout === 'tokens' ? ` (tokens laid out row by row, after ${layer.prefixTokens} that are no patch)` : '';
  return { id, value: raw, ok: true, message: `Taken on the ${grid} grid of '${layer.value}'${tokens}: details finer than a cell are interpolation.` };
}
