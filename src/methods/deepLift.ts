/** DeepLIFT: what each input element contributed to the change of the score between a baseline and the input. */
import type { CompositeSpec } from '../autodiff/composites';
import { floatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { baselineParameters, resolveBaselines } from './baselines';
import { completenessCheck } from './integratedGradients';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterReader, resolveParameters, type Described } from './parameters';
import { explainedInput } from './samples';

const described: Described = {
  id: 'deeplift',
  parameters: [
    ...baselineParameters,
    { name: 'eps', type: 'number', default: 1e-10, minimum: 0, maximum: 1, about: 'A unit whose input changed by less than this keeps its gradient instead of a quotient of changes.' },
    { name: 'pooling', type: 'choice', choices: ['captum', 'shap'], default: 'captum', about: 'Where a max pooling fell: whether to blame the present maximum, as captum does, or that of the baseline, as shap does.' },
    { name: 'tolerance', type: 'number', default: 0.01, minimum: 1e-6, maximum: 1, about: 'How far the sum of the attributions may miss the change of the score, as a fraction of it, before the result says so.' },
  ],
  presets: {
    captum: { baseline: 'zeros', eps: 1e-10, pooling: 'captum' },
    shap: { baseline: 'zeros', eps: 1e-6, pooling: 'shap' },
    black: { baseline: 'black', eps: 1e-6, pooling: 'shap' },
  },
};

/**
 * (x − x′) · multiplier, where multipliers are quotients of changes, carried back layer by layer (the rescale rule).
 * One forward pass for the input, one for the baseline x′ and one backward pass in one graph.
 *
 * Shrikumar, Greenside, Kundaje: Learning Important Features Through Propagating Activation Differences, 2017, arXiv
 * 1704.02685. Preset `captum`: captum's `DeepLift(model, eps=1e-10).attribute(x, baselines=0)`; `shap`: shap's
 * `DeepExplainer(model, zeros)`. Unlike both, max pooling, softmax, products and normalisations keep the sum of the
 * attributions equal to the change of the score; how far it misses is the result's self-check.
 */
export const deepLift: Method = {
  ...described,
  title: 'DeepLIFT',
  question: 'How much did each input element contribute to the change of the score from a baseline, counted through every unit\'s own change?',
  group: 'where-it-looks',
  source: 'Shrikumar et al. 2017, arXiv 1704.02685',
  kinds: ['image', 'table', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  reduction: () => 'sum',
  applies: (context) => gradientApplicability(context, { kind: 'deeplift', inputs: [context.input], epsilon: 1e-10, pooling: 'captum' }),
  explain,
};

/** Where the sum misses, some op carries its change through more than the rules follow. */
const remedy = 'some layers pass on less or more than changed in them, so take the map for its order, not its amounts';

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(described, context.parameters).parameters);
  const input = explainedInput(context), baselines = resolveBaselines(context, parameters);
  const composite: CompositeSpec = { kind: 'deeplift', inputs: [context.input], epsilon: parameters.number('eps'), pooling: parameters.text('pooling') === 'shap' ? 'shap' : 'captum' };
  const sum = new Float64Array(input.data.length), values = floatTensor(input.dims);
  let score = NaN, scoreStart = 0;
  yield { done: 0, total: baselines.length };
  for (const [index, baseline] of baselines.entries()) {
    const result = await context.model.gradients({
      feeds: context.feeds, target: context.target, wrt: [context.input], composite,
      references: { [context.input]: floatTensor(input.dims, baseline) },
    });
    context.signal.throwIfAborted();
    score = result.scores[0]!;
    scoreStart += result.figures.referenceScore!.data[0]! / baselines.length;
    const multipliers = result.gradients[context.input]!.data;
    for (let i = 0; i < sum.length; i++) sum[i]! += multipliers[i]! * (input.data[i]! - baseline[i]!);
    for (let i = 0; i < sum.length; i++) values.data[i] = sum[i]! / (index + 1);
    yield { done: index + 1, total: baselines.length, partial: values };
  }
  const total = sum.reduce((a, b) => a + b, 0) / baselines.length;
  return { values, score, checks: [completenessCheck(total, scoreStart, score, parameters.number('tolerance'), remedy)] };
}
