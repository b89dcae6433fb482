/** Input × gradient: the first-order share of each input element in the score. */
import { floatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { explainedInput } from './samples';
import { gradientCheck } from './saliency';

/**
 * x · ∂ target / ∂ x, element by element. For a network of rectifiers without biases it adds up to the score.
 *
 * Shrikumar, Greenside, Shcherbina, Kundaje: Not Just a Black Box, 2016, arXiv 1605.01713. The numbers are captum's
 * `InputXGradient(model).attribute(x, target)`.
 */
export const inputXGradient: Method = {
  id: 'input-x-gradient',
  title: 'Input × gradient',
  question: 'How much would each input element contribute if the network were the plane that touches it here?',
  group: 'where-it-looks',
  source: 'Shrikumar et al. 2016, arXiv 1605.01713',
  kinds: ['image', 'table', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  parameters: [],
  presets: { captum: {} },
  reduction: () => 'sum',
  applies: (context) => gradientApplicability(context),
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const input = explainedInput(context);
  yield { done: 0, total: 1 };
  const { scores, gradients } = await context.model.gradients({ feeds: context.feeds, target: context.target, wrt: [context.input] });
  context.signal.throwIfAborted();
  const gradient = gradients[context.input]!.data, values = floatTensor(input.dims);
  for (let i = 0; i < values.data.length; i++) values.data[i] = input.data[i]! * gradient[i]!;
  const score = scores[0]!;
  yield { done: 1, total: 1, partial: values };
  return { values, score, checks: [gradientCheck(gradient, score, context.target)] };
}
