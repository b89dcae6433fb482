/** Neuron conductance: what each input element contributes to the score through one unit. */
import { floatTensor } from '../tensor/tensor';
import { chosenLayer, sampleOf, type ChosenLayer } from './layerAttribution';
import { layerPath, pathApplicability, pathParameters, pathPresets, pointsOn, spreadNodes } from './layerPath';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { feedsFor } from './samples';

/**
 * (x − x′) · ∫ ∂ target / ∂ y_j · ∂ y_j / ∂ x dα along the straight path from a baseline x′, for one element y_j of a
 * layer. Summed over the input it is the unit's own conductance; summed over all units of a layer that everything passes
 * through, Integrated Gradients.
 *
 * Dhamdhere et al.: How Important Is a Neuron?, 2018, arXiv 1805.12233. Numbers as captum's `NeuronConductance`, which
 * takes the trapezoid rule, 2 % short, where no other is asked for (preset `captum-trapezoid`).
 */
export const neuronConductance: Method = {
  id: 'neuron-conductance',
  title: 'Neuron conductance',
  question: 'What does each input element contribute to the score through one unit of a layer?',
  group: 'inside-the-network',
  source: 'Dhamdhere et al. 2018, arXiv 1805.12233',
  kinds: ['image', 'table', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: true,
  layers: 'any',
  onePlane: false,
  parameters: [
    { name: 'neuron', type: 'text', default: '', about: "The unit: its position in the layer's dims without the batch, as 5 or 1,4,5; without one, the unit with the largest gradient × activation." },
    ...pathParameters,
  ],
  presets: { ...pathPresets, 'captum-trapezoid': { nSteps: 50, quadrature: 'riemann_trapezoid', baseline: 'zeros' } },
  reduction: () => 'sum',
  applies: pathApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(neuronConductance, context.parameters).parameters);
  const { model, target, signal } = context;
  const layer = await chosenLayer(context), path = layerPath(context, parameters), nodes = spreadNodes(path);
  const wanted = parameters.text('neuron').trim();
  const unit = wanted === '' ? await strongestUnit(context, layer) : unitAt(wanted, layer);
  const { input, baseline, rule } = path, size = input.data.length, whole = rule.weights.reduce((a, b) => a + b, 0);
  const points = pointsOn(path, nodes.map(({ alpha }) => alpha)), sum = new Float64Array(size);
  const most = Math.max(1, model.batchFor('gradient')), step = Math.ceil(points.count / Math.ceil(points.count / most));
  const filled = { count: points.count, write: (index: number, into: Float32Array) => points.write(Math.min(index, points.count - 1), into) };
  let seen = 0, scoreStart = NaN, score = NaN;
  const attributions = (scale: number) => {
    const out = floatTensor(input.dims);
    for (let i = 0; i < size; i++) out.data[i] = sum[i]! * (input.data[i]! - baseline[i]!) * scale;
    return out;
  };
  for (let start = 0; start < points.count; start += step) {
    signal.throwIfAborted();
    const feeds = feedsFor(context, filled, start, start + step), count = Math.min(step, points.count - start);
    const outer = await model.gradients({ feeds, target, wrt: [layer.value] });
    signal.throwIfAborted();
    const inner = await model.gradients({ feeds, target: { output: layer.value, index: unit, space: 'output' }, wrt: [context.input] });
    const slopes = inner.gradients[context.input]!.data;
    for (let k = 0; k < count; k++) {
      const { alpha, weight } = nodes[start + k]!;
      if (alpha === 0) scoreStart = outer.scores[k]!;
      if (alpha === 1) score = outer.scores[k]!;
      const factor = weight * sampleOf(outer.gradients[layer.value]!, layer, k)[unit]!;
      seen += weight;
      if (factor !== 0) for (let i = 0, at = k * size; i < size; i++, at++) sum[i]! += factor * slopes[at]!;
    }
    yield { done: start + count, total: points.count, ...(seen > 0 && { partial: attributions(whole / seen) }) };
  }
  const values = attributions(1);
  return { values, layer: layer.value, score, checks: [conductanceCheck(values.data, unitName(unit, layer), score - scoreStart)], chosen: { ...(wanted === '' && { neuron: unitName(unit, layer) }), ...(context.layer === undefined && { layer: layer.value }) } };
}

/** The element with the largest |gradient · activation| at the input. */
async function strongestUnit({ model, feeds, target }: MethodContext, layer: ChosenLayer): Promise<number> {
  const result = await model.gradients({ feeds, target, wrt: [layer.value], fetch: [layer.value] });
  const gradient = sampleOf(result.gradients[layer.value]!, layer, 0), activation = sampleOf(result.values[layer.value]!, layer, 0);
  let best = 0, most = -1;
  gradient.forEach((g, i) => {
    const strength = Math.abs(g * activation[i]!);
    if (strength > most) { most = strength; best = i; }
  });
  return best;
}

/** '1,4,5' in a layer [1, C, H, W] → its flat index; a single number counts elements. Throws ParameterError. */
function unitAt(text: string, layer: ChosenLayer): number {
  const dims = layer.dims.slice(1), parts = text.split(',').map((part) => part.trim());
  const wrong = (expected: string) => new ParameterError(`parameter 'neuron': found '${text}', expected ${expected}`);
  if (!parts.every((part) => /^\d+$/.test(part))) throw wrong('whole numbers separated by commas');
  const index = parts.map(Number), total = dims.reduce((a, b) => a * b, 1);
  if (index.length === 1 && dims.length !== 1) {
    if (index[0]! < total) return index[0]!;
    throw wrong(`a number below ${total}`);
  }
  if (index.length !== dims.length || index.some((at, axis) => at >= dims[axis]!)) throw wrong(`a position within [${dims.join(', ')}]`);
  return index.reduce((flat, at, axis) => flat * dims[axis]! + at, 0);
}

function unitName(flat: number, layer: ChosenLayer): string {
  const position: number[] = [];
  let rest = flat;
  for (const dim of layer.dims.slice(1).reverse()) {
    position.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return position.join(',');
}

/** How much of the score's change goes through the unit. */
function conductanceCheck(values: Float32Array, unit: string, change: number): SelfCheck {
  const value = values.reduce((a, b) => a + b, 0), id = 'conductance';
  if (!values.every(Number.isFinite)) return { id, value, ok: false, message: 'The attributions hold values that are no numbers: the model overflows on the path from the baseline to this input.' };
  if (values.every((item) => item === 0)) return { id, value: 0, ok: false, message: `Nothing flows through unit ${unit}: it is switched off along the whole path, or lies beside it; choose another.` };
  const share = change === 0 ? '' : `, ${((100 * value) / change).toPrecision(3)} % of the ${change.toPrecision(3)} by which the score changes from the baseline`;
  return { id, value, ok: true, message: `${value.toPrecision(3)} flows through unit ${unit}${share}.` };
}
