/** What attributions to a layer share: which layer, its values sample by sample, and how they are shown over the input. */
import { gridOf, mapOverInput } from './cam';
import { asFloatTensor } from '../tensor/convert';
import { maxAbs } from '../tensor/statistics';
import { elementCount, floatTensor, type FloatTensor, type Tensor } from '../tensor/tensor';
import type { Applicability, Attribution, MethodContext, SelfCheck } from './method';
import type { InnerLayer, Model, SpatialLayer, Target } from './model';
import { ParameterError } from './parameters';

/** Ops whose output is what a layer says at last, after its product with the weights. */
const activationOps = /^(Relu|LeakyRelu|PRelu|Elu|Selu|Celu|Clip|HardSwish|Gelu|FastGelu|QuickGelu|BiasGelu|Mish|Softplus|Softsign|Swish|Tanh|Sigmoid|HardSigmoid|.*LayerNormalization|.*RMSNormalization|LSTM|GRU|RNN)$/;

/** A layer and how one sample of it is laid out. */
export interface ChosenLayer {
  readonly value: string;
  /** Of one sample. */
  readonly dims: readonly number[];
  /** Where its cells lie over the picture, if they do. */
  readonly grid?: SpatialLayer;
}

/**
 * The layer asked for by its value's or node's name; by default the last one with a grid over the picture, else the last
 * activation before the output. Throws ParameterError naming what there is.
 */
export async function chosenLayer(context: Pick<MethodContext, 'model' | 'layer' | 'feeds' | 'target'>): Promise<ChosenLayer> {
  const { model, layer: wanted } = context, target = wanted === undefined ? context.target : undefined;
  const grids = (await model.spatialLayers(target)).filter(({ height, width }) => height * width > 1), all = await model.layers(target);
  if (wanted === undefined) {
    const grid = grids.at(-1), inner = grid ? undefined : lastActivation(all);
    if (grid) return { value: grid.value, dims: dimsOf(grid, all), grid };
    if (!inner) throw new ParameterError('layer: this model has no values between its inputs and outputs that count as a layer');
    return inner;
  }
  const grid = grids.find(({ value }) => value === wanted) ?? grids.find(({ node }) => node === wanted);
  const value = grid?.value ?? (all.find((layer) => layer.value === wanted) ?? all.find(({ node }) => node === wanted))?.value ?? wanted;
  const known = all.find((layer) => layer.value === value)?.dims;
  const dims = known ?? (await model.run(context.feeds, [value]))[value]?.dims;
  if (dims === undefined) throw new ParameterError(`layer '${wanted}': the model has no value of that name`);
  return { value, dims, ...(grid && { grid }) };
}

function dimsOf(grid: SpatialLayer, all: readonly InnerLayer[]): readonly number[] {
  const { channels, height, width } = grid;
  return all.find(({ value }) => value === grid.value)?.dims
    ?? (grid.layout === 'NCHW' ? [1, channels, height, width] : grid.layout === 'NHWC' ? [1, height, width, channels] : [1, height * width + grid.prefixTokens, channels]);
}

function lastActivation(all: readonly InnerLayer[]): InnerLayer | undefined {
  return all.findLast(({ opType }) => activationOps.test(opType)) ?? all.at(-1);
}

/** Name of the layer that is taken where none is asked for, if there is one. */
export async function defaultLayer(model: Model, target: Target): Promise<string | undefined> {
  return (await model.spatialLayers(target)).findLast(({ height, width }) => height * width > 1)?.value ?? lastActivation(await model.layers(target))?.value;
}

/** Whether there is a layer at all, and a gradient to it if one is needed. */
export async function layerApplicability(context: { readonly model: Model; readonly target: MethodContext['target'] }, gradient: boolean): Promise<Applicability> {
  const { model, target } = context;
  const value = await defaultLayer(model, target);
  if (value === undefined) return { applies: false, reason: 'The model has no values between its inputs and outputs that count as a layer.' };
  if (!gradient) return { applies: true };
  const obstacle = await model.whyNotDifferentiable(target, value).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  return obstacle === undefined ? { applies: true } : { applies: false, reason: obstacle };
}

/**
 * One value for each of the layer's elements as a result: in the layer's dims, and over the input where its cells or
 * tokens have a place there (summed over channels, or averaged).
 */
export function layerResult(context: MethodContext, layer: ChosenLayer, values: Float32Array, score: number, checks: readonly SelfCheck[], how: 'sum' | 'mean' = 'sum'): Attribution {
  const layerValues = floatTensor(layer.dims, values);
  return { ...shown(context, layer, layerValues, how), layerValues, layer: layer.value, score, checks, chosen: context.layer === undefined ? { layer: layer.value } : {} };
}

/** The attributions over the input, for looks at a growing estimate; undefined where the layer has no place there. */
export function overInput(context: MethodContext, layer: ChosenLayer, values: Float32Array, how: 'sum' | 'mean' = 'sum'): FloatTensor | undefined {
  return shown(context, layer, floatTensor(layer.dims, values), how).values;
}

function shown(context: MethodContext, { grid, dims }: ChosenLayer, values: FloatTensor, how: 'sum' | 'mean'): Pick<Attribution, 'values' | 'cam'> {
  const inputDims = context.feeds[context.input]!.dims;
  if (grid && inputDims.length === 4) {
    const cells = gridOf(values, grid), map = summed(cells.values, grid.channels, grid.height * grid.width, how);
    return { cam: floatTensor([1, 1, grid.height, grid.width], map), values: mapOverInput(map, grid.width, grid.height, inputDims, context.layout) };
  }
  // Tokens or steps [1, T, C] beside an input [1, T]: one value each.
  if (dims.length === 3 && inputDims.length === 2 && dims[1] === inputDims[1]) {
    const [, steps, channels] = dims as [number, number, number], out = floatTensor(inputDims);
    for (let i = 0; i < values.data.length; i++) out.data[Math.floor(i / channels)]! += values.data[i]! / (how === 'mean' ? channels : 1);
    return out.data.length === steps ? { values: out } : {};
  }
  return {};
}

/** Over channels, [channels, cells] → [cells]. */
function summed(values: Float32Array, channels: number, cells: number, how: 'sum' | 'mean'): Float32Array {
  const out = new Float32Array(cells);
  for (let i = 0; i < values.length; i++) out[i % cells]! += values[i]! / (how === 'mean' ? channels : 1);
  return out;
}

/** The values of sample `sample` of a batch of a layer. */
export function sampleOf(tensor: Tensor, layer: ChosenLayer, sample: number): Float32Array {
  const size = elementCount(layer.dims);
  return asFloatTensor(tensor).data.subarray(sample * size, (sample + 1) * size);
}

/** The largest absolute value, and in words why all are zero if they are. */
export function layerCheck(values: Float32Array, layer: ChosenLayer): SelfCheck {
  const id = 'maxAbsAttribution', value = maxAbs(values), place = `'${layer.value}' [${layer.dims.join(', ')}]`;
  if (!values.every(Number.isFinite)) return { id, value, ok: false, message: 'The attributions hold values that are no numbers: the model overflows at this input.' };
  if (value === 0) return { id, value, ok: false, message: `All are zero: the target has no slope at ${place} (a saturated probability, units switched off, or a layer beside the path to the target).` };
  return { id, value, ok: true, message: `Attributed to the ${values.length} elements of ${place}; the strongest has ${value.toPrecision(3)}.` };
}
