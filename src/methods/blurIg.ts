/** Blur Integrated Gradients: the path leads from the blurred picture to the sharp one, so no colour is "nothing". */
import { zeroBlur } from '../tensor/zeroBlur';
import { floatTensor, type FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { completenessCheck } from './integratedGradients';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { pictureShape, plane, setPlane, type PictureShape } from './picture';
import { spreadOrder } from './quadrature';
import { explainedInput, gradientsAt } from './samples';

/**
 * −∫₀^σmax ∂ target / ∂ x (x_σ) · ∂x_σ/∂σ dσ, where x_σ is the picture blurred by σ pixels: a left Riemann sum, the
 * slope of the blur by a difference of `gradStep`. Adds up to target(x) − target(x blurred by σmax), if the steps are
 * fine enough for the network.
 *
 * Xu, Venugopalan, Sundararajan: Attribution in Scale and Space, 2020, arXiv 2004.03383. Preset `pair`:
 * PAIR-code/saliency's `BlurIG`, whose blur has zeros beyond the edge.
 */
export const blurIg: Method = {
  id: 'blur-ig',
  title: 'Blur Integrated Gradients',
  question: 'How much did each pixel contribute to the score, counted from the blurred picture?',
  group: 'where-it-looks',
  source: 'Xu et al. 2020, arXiv 2004.03383',
  kinds: ['image', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  parameters: [
    { name: 'maxSigma', type: 'number', default: 50, minimum: 0.1, maximum: 1000, about: "How far the path's start is blurred, in pixels of the model's input." },
    { name: 'nSteps', type: 'integer', default: 100, minimum: 1, maximum: 10_000, about: 'Gradients taken along the path.' },
    { name: 'gradStep', type: 'number', default: 0.01, minimum: 1e-6, maximum: 10, about: 'The difference of blurs that the slope of the path is taken by, in pixels.' },
    { name: 'sqrt', type: 'boolean', default: false, about: 'Space the steps evenly in σ² instead of σ: more of them near the sharp picture.' },
  ],
  presets: { pair: { maxSigma: 50, nSteps: 100, gradStep: 0.01, sqrt: false } },
  reduction: () => 'sum',
  applies: async (context) => {
    const port = context.model.inputs.find(({ name }) => name === context.input);
    if (port && port.dims.length !== 4) return { applies: false, reason: `Only a picture can be blurred; input '${context.input}' has ${port.dims.length} dims, not 4.` };
    return gradientApplicability(context);
  },
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(blurIg, context.parameters).parameters);
  const input = explainedInput(context), shape = pictureShape(input.dims, context.layout, 'Blur Integrated Gradients');
  const steps = parameters.number('nSteps'), maximum = parameters.number('maxSigma'), difference = parameters.number('gradStep');
  const sigma = (step: number) => (parameters.boolean('sqrt') ? Math.sqrt((step * maximum) / steps) : (step * maximum) / steps);
  // The blurred end and the sharp one first: they tell the score's change. Then the steps, spread over the path.
  const order = [-1, 0, ...spreadOrder(steps)];
  const slopes = new Map<number, Float64Array>(), sum = new Float64Array(input.data.length);
  let scoreStart = NaN, score = NaN, seen = 0, whole = 0;
  for (let step = 0; step < steps; step++) whole += sigma(step + 1) - sigma(step);
  const write = (index: number, into: Float32Array): void => {
    if (index === 1) return into.set(input.data);
    const width = index === 0 ? maximum : sigma(order[index]!), blurred = blur(input, shape, width);
    into.set(blurred);
    if (index === 0) return;
    const more = blur(input, shape, width + difference);
    for (let i = 0; i < more.length; i++) more[i] = (more[i]! - blurred[i]!) / difference;
    slopes.set(index, more);
  };
  for await (const batch of gradientsAt(context, { count: order.length, write })) {
    const gradients = batch.gradients[context.input]!.data, size = input.data.length;
    for (let k = 0; k < batch.count; k++) {
      const index = batch.start + k, slope = slopes.get(index);
      if (index === 0) scoreStart = batch.scores[k]!;
      if (index === 1) score = batch.scores[k]!;
      if (!slope) continue;
      const step = order[index]!, weight = sigma(step + 1) - sigma(step);
      for (let i = 0; i < size; i++) sum[i]! -= weight * slope[i]! * gradients[k * size + i]!;
      seen += weight;
      slopes.delete(index);
    }
    const done = batch.start + batch.count;
    yield { done, total: order.length, ...(seen > 0 && { partial: scaled(sum, whole / seen, input.dims) }) };
  }
  const values = scaled(sum, 1, input.dims);
  return { values, score, checks: [completenessCheck(sum.reduce((a, b) => a + b, 0), scoreStart, score, 0.05)] };
}

/** All channels blurred, in the input's own layout. */
function blur(input: FloatTensor, shape: PictureShape, sigma: number): Float64Array {
  const { channels, height, width, layout } = shape;
  if (layout === 'NCHW') return zeroBlur(input.data, channels, height, width, sigma);
  const out = new Float64Array(input.data.length);
  for (let channel = 0; channel < channels; channel++) setPlane(out, shape, channel, zeroBlur(plane(input.data, shape, channel), 1, height, width, sigma));
  return out;
}

function scaled(sum: Float64Array, factor: number, dims: readonly number[]): FloatTensor {
  const out = floatTensor(dims);
  for (let i = 0; i < sum.length; i++) out.data[i] = sum[i]! * factor;
  return out;
}
