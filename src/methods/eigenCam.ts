/** Eigen-CAM: what stands out on a layer's grid, whatever the class. */
import { firstComponent } from '../tensor/principal';
import { candidateLayers, gridOf, type Grid } from './cam';
import { camApplicability, camOverInput, camParameters, camPresets, camResult } from './camMethod';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterReader, resolveParameters } from './parameters';

/**
 * The activations of every cell, [cells, channels] minus their mean, projected on their first principal component.
 * No gradient and no class: it shows what the layer found remarkable. The sign of a principal component is arbitrary;
 * here it is positive where the layer is more active than on average, and `flip` shows the other one.
 *
 * Muhammad, Yeasin: Eigen-CAM, 2020, arXiv 2008.00299. Numbers as pytorch-grad-cam's `EigenCAM`, up to that sign.
 */
export const eigenCam: Method = {
  id: 'eigen-cam',
  title: 'Eigen-CAM',
  question: 'What stands out on a layer, whatever the class?',
  group: 'where-it-looks',
  source: 'Muhammad and Yeasin 2020, arXiv 2008.00299',
  kinds: ['image', 'tensor'],
  needs: 'forward',
  hasLayer: true,
  parameters: [...camParameters, { name: 'flip', type: 'boolean', default: false, about: 'Show the component with the opposite sign, which is as valid.' }],
  presets: camPresets,
  reduction: () => 'sum',
  applies: camApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(eigenCam, context.parameters).parameters);
  yield { done: 0, total: 1 };
  const layer = (await candidateLayers(context)).at(-1)!;
  const activations = gridOf((await context.model.run(context.feeds, [layer.value]))[layer.value]!, layer);
  context.signal.throwIfAborted();
  const [score] = await context.model.scores(context.feeds, context.target);
  context.signal.throwIfAborted();
  const component = Float32Array.from(firstComponent(cellsFirst(activations), activations.height * activations.width, activations.channels));
  if (parameters.boolean('flip')) for (let i = 0; i < component.length; i++) component[i] = -component[i]!;
  const result = camResult(context, parameters, layer, component, score!);
  yield { done: 1, total: 1, partial: camOverInput(context, parameters, layer, result.cam!.data) };
  return result;
}

/** [channels, cells] → [cells, channels]. */
function cellsFirst({ channels, height, width, values }: Grid): Float32Array {
  const cells = height * width, out = new Float32Array(values.length);
  for (let channel = 0; channel < channels; channel++) for (let cell = 0; cell < cells; cell++) out[cell * channels + channel] = values[channel * cells + cell]!;
  return out;
}
