/** KernelSHAP: Shapley values from a regression over coalitions, the telling ones first. */
import { drawingParameters } from './drawing';
import { featureApplicability } from './features/features';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { gameOf, painted, shapleyParameters } from './shapley';
import { kernelValues } from './shapley/kernelValues';

/** The regression's matrix has this many rows and columns at most. */
const mostFeatures = 1500;
/**
 * What each feature adds to the score, averaged over all orders in which features may appear: the values solve a least
 * squares problem over coalitions, weighted by (M − 1) / (C(M, s) s (M − s)) for s of M features. Sizes are enumerated
 * from both ends while that costs no more than drawing would; the rest is drawn, each coalition with its complement.
 *
 * Lundberg, Lee: A Unified Approach to Interpreting Model Predictions, 2017, arXiv 1705.07874; standard errors after
 * Covert, Lee 2021, arXiv 2012.01536. Preset `shap`: `KernelExplainer` with 2M + 2048 coalitions and no l1 penalty.
 */
export const kernelShap: Method = {
  id: 'kernel-shap',
  title: 'KernelSHAP',
  question: "What is each part's fair share of the score, estimated from many combinations of shown and hidden parts?",
  group: 'what-if-it-changes',
  source: 'Lundberg and Lee 2017, arXiv 1705.07874; Covert and Lee 2021, arXiv 2012.01536',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [...drawingParameters(0), ...shapleyParameters()],
  presets: { shap: {} },
  reduction: () => 'sum',
  applies: featureApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(kernelShap, context.parameters).parameters), game = await gameOf(context, parameters), { features: { count, noun } } = game;
  if (count > mostFeatures) throw new ParameterError(`parameter 'features': found ${count} ${noun}, expected at most ${mostFeatures}; take larger ones, or permutation-shap`);
  return yield* painted(game, kernelValues(game.players, parameters, context.seed));
}
