/** FullGrad: what the input and every bias contribute, laid over the picture. */
import { resizeBilinear } from '../tensor/resample';
import { maxAbs } from '../tensor/statistics';
import { floatTensor, type FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { minMaxScale } from './cam';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { overChannels, pictureShape, plane, type PictureShape } from './picture';
import { explainedInput } from './samples';
import { gradientCheck } from './saliency';

/**
 * Σ_c ψ(|x_c · g_c|) + Σ_layers Σ_c ψ(|bias_c · gradient at the layer's channel c|), where ψ scales a map to 0…1 and
 * enlarges it over the picture; scaled to 0…1 once more. Batch normalisations are merged into the biases first.
 *
 * Srinivas, Fleuret: Full-Gradient Representation for Neural Network Visualization, 2019, arXiv 1905.00780. The numbers
 * are pytorch-grad-cam's `FullGrad`.
 */
export const fullGrad: Method = {
  id: 'full-grad',
  title: 'FullGrad',
  question: 'Where do the input and the biases of all layers together make the score?',
  group: 'where-it-looks',
  source: 'Srinivas, Fleuret 2019, arXiv 1905.00780',
  kinds: ['image', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  parameters: [],
  presets: { 'pytorch-grad-cam': {} },
  reduction: () => 'sum',
  applies: async (context) => {
    const port = context.model.inputs.find(({ name }) => name === context.input);
    if (port && port.dims.length !== 4) return { applies: false, reason: `FullGrad lies over a picture; input '${context.input}' has ${port.dims.length} dims, not 4.` };
    return gradientApplicability(context, { kind: 'full-gradient' });
  },
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const input = explainedInput(context), shape = pictureShape(input.dims, context.layout, 'FullGrad');
  yield { done: 0, total: 1 };
  const { scores, gradients, figures } = await context.model.gradients({ feeds: context.feeds, target: context.target, wrt: [context.input], composite: { kind: 'full-gradient' } });
  context.signal.throwIfAborted();
  const gradient = gradients[context.input]!, sum = inputTerm(input, gradient, shape);
  const layers = Object.entries(figures).filter(([name]) => name.startsWith('bias ')).map(([, value]) => value);
  for (const layer of layers) {
    const map = scaledSum(layer), [, , height, width] = layer.dims as [number, number, number, number];
    const enlarged = resizeBilinear(map, width, height, shape.width, shape.height);
    for (let i = 0; i < sum.length; i++) sum[i]! += enlarged[i]!;
  }
  const score = scores[0]!, check = gradientCheck(gradient.data, score, context.target);
  const values = overChannels(minMaxScale(Float32Array.from(sum)), input.dims, shape);
  yield { done: 1, total: 1, partial: values };
  return {
    values, cam: floatTensor([1, 1, shape.height, shape.width], minMaxScale(Float32Array.from(sum))), score,
    checks: [check, { id: 'biasLayers', value: layers.length, ok: layers.length > 0, message: layers.length > 0 ? `The biases of ${layers.length} convolutions take part.` : 'No convolution of this model has a bias, so the map is input × gradient alone.' }],
  };
}

/** Σ over channels of |x · gradient|, each channel scaled to 0…1. */
function inputTerm(input: FloatTensor, gradient: FloatTensor, shape: PictureShape): Float64Array {
  const sum = new Float64Array(shape.height * shape.width);
  for (let channel = 0; channel < shape.channels; channel++) {
    const x = plane(input.data, shape, channel), g = plane(gradient.data, shape, channel);
    const map = minMaxScale(x.map((value, i) => Math.abs(value * g[i]!)));
    for (let i = 0; i < sum.length; i++) sum[i]! += map[i]!;
  }
  return sum;
}

/** Σ over channels of a layer's [1, C, h, w], each channel scaled to 0…1. Enlarging is linear, so it may come after. */
function scaledSum({ dims, data }: FloatTensor): Float32Array {
  const [, channels, height, width] = dims as [number, number, number, number], cells = height * width;
  const sum = new Float32Array(cells);
  for (let channel = 0; channel < channels; channel++) {
    const map = data.slice(channel * cells, (channel + 1) * cells);
    if (maxAbs(map) === 0) continue;
    minMaxScale(map);
    for (let i = 0; i < cells; i++) sum[i]! += map[i]!;
  }
  return sum;
}
