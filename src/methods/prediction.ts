/** Prediction: what the model says, as a distribution, and how sure it is. */
import { toFloat32 } from '../tensor/convert';
import { describePrediction, softmax } from './distribution';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterReader, resolveParameters } from './parameters';

/**
 * Top classes, entropy and margin of the explained output, optionally at another softmax temperature: above 1 flattens
 * the distribution, below 1 sharpens it, and the order of the classes stays. No map: this is about the output.
 *
 * Temperature: Guo et al., On Calibration of Modern Neural Networks, 2017, arXiv 1706.04599.
 */
export const prediction: Method = {
  id: 'prediction',
  title: 'Prediction',
  question: 'What does the model say, how sure is it, and how close is the runner-up?',
  group: 'inside-the-network',
  source: 'Shannon 1948; Guo et al. 2017, arXiv 1706.04599',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  hasMap: false,
  parameters: [
    { name: 'top', type: 'integer', default: 5, minimum: 1, maximum: 100_000, about: 'How many classes are listed.' },
    { name: 'temperature', type: 'number', default: 1, minimum: 0.01, maximum: 100, about: 'Divides the logits before the softmax.' },
  ],
  presets: { plain: { top: 5, temperature: 1 } },
  applies: async () => ({ applies: true }),
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(prediction, context.parameters).parameters);
  yield { done: 0, total: 1 };
  const { output, index } = context.target;
  const results = await context.model.run(context.feeds, [output]);
  const values = toFloat32(results[output]!);
  const top = parameters.number('top'), temperature = parameters.number('temperature');
  const plain = describePrediction(values, { top });
  // Probabilities are logits up to a constant once their logarithm is taken; zero ones stay zero at any temperature.
  const distribution = temperature === 1 ? plain
    : describePrediction(plain.kind === 'probabilities' ? values.map(Math.log) : values, { top, temperature, logits: true });
  yield { done: 1, total: 1 };
  return { score: values[index]!, distribution, checks: [check(values, plain.kind)] };
}

function check(values: Float32Array, kind: 'probabilities' | 'scores'): SelfCheck {
  const finite = values.every(Number.isFinite);
  const total = kind === 'probabilities' ? values.reduce((sum, value) => sum + value, 0) : softmax(values).reduce((sum, value) => sum + value, 0);
  if (!finite) return { id: 'finite', value: NaN, ok: false, message: 'The output holds values that are no numbers: the model overflows at this input.' };
  return kind === 'probabilities'
    ? { id: 'probabilitySum', value: total, ok: Math.abs(total - 1) < 5e-3, message: `The probabilities sum to ${total.toFixed(4)}.` }
    : { id: 'finite', value: total, ok: true, message: 'The output is not a distribution: its values are scores, compared with each other only.' };
}
