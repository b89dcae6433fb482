/** Saliency: how steeply the target rises with each input element. */
import { maxAbs } from '../tensor/statistics';
import { floatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import type { Target } from './model';
import { ParameterReader, resolveParameters } from './parameters';
import { explainedInput, gradientsAt } from './samples';

/**
 * |∂ target / ∂ input| or, with `abs` false, the signed gradient. All channels are kept in the result; a map over a
 * picture shows the largest absolute value among the channels, as the paper does.
 *
 * Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks, 2013, arXiv 1312.6034. The numbers are captum's
 * `Saliency(model).attribute(x, target, abs)`.
 */
export const saliency: Method = {
  id: 'saliency',
  title: 'Saliency',
  question: 'Which input elements would change the score most if they changed a little?',
  group: 'where-it-looks',
  source: 'Simonyan et al. 2013, arXiv 1312.6034',
  kinds: ['image', 'table', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  parameters: [{ name: 'abs', type: 'boolean', default: true, about: 'Absolute values; false keeps the sign of the gradient.' }],
  presets: { captum: { abs: true }, signed: { abs: false } },
  reduction: (parameters) => (parameters.abs === false ? 'sum' : 'maxAbs'),
  applies: gradientApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(saliency, context.parameters).parameters);
  const input = explainedInput(context);
  yield { done: 0, total: 1 };
  let score = NaN;
  const values = floatTensor(input.dims);
  for await (const batch of gradientsAt(context, { count: 1, write: (_, into) => into.set(input.data) })) {
    score = batch.scores[0]!;
    values.data.set(batch.gradients[context.input]!.data);
  }
  const checks = [gradientCheck(values.data, score, context.target)];
  if (parameters.boolean('abs')) for (let i = 0; i < values.data.length; i++) values.data[i] = Math.abs(values.data[i]!);
  yield { done: 1, total: 1, partial: values };
  return { values, score, checks };
}

/** The largest absolute gradient, and in words why it is zero if it is. */
export function gradientCheck(gradient: Float32Array, score: number, target: Target): SelfCheck {
  const value = maxAbs(gradient);
  const finite = gradient.every(Number.isFinite);
  if (!finite) return { id: 'maxAbsGradient', value, ok: false, message: 'The gradient holds values that are no numbers: the model overflows at this input, so the map means nothing.' };
  if (value > 0) return { id: 'maxAbsGradient', value, ok: true, message: `The steepest element changes the score by ${value.toPrecision(3)} per unit of input.` };
  return { id: 'maxAbsGradient', value, ok: false, message: `The gradient is zero everywhere: ${whyZero(score, target)}` };
}

function whyZero(score: number, target: Target): string {
  const probability = target.space !== 'logit' && score >= 0 && score <= 1;
  if (probability && (score > 1 - 1e-6 || score < 1e-6)) {
    return `the target is saturated (a probability of ${score > 0.5 ? 'almost exactly 1' : 'almost exactly 0'} does not move), so look at the logit instead.`;
  }
  if (score !== 0 && Number.isInteger(score)) return 'the score is a whole number, as after an argmax, a rounding or a comparison, which have no slope; choose an output before it, or a method that only runs the model.';
  return 'small changes of this input do not move the score (units before it are switched off or saturated); try Integrated Gradients or a method that changes the input.';
}
