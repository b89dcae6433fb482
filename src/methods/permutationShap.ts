/** Permutation SHAP: features appear in random order, forwards and backwards, and each counts by what it changes. */
import { featureApplicability } from './features/features';
import type { Attribution, Method, MethodContext, ParameterSpec, Progress } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { gameOf, painted, shapleyParameters } from './shapley';
import { permutationValues } from './shapley/permutationValues';

/** How many orders are walked. */
export const orderParameters: readonly ParameterSpec[] = [
  { name: 'nSamples', type: 'integer', default: 0, minimum: 0, maximum: 100_000, about: 'Orders, each walked in both directions; 0 stops once the estimate is stable (see tolerance) or evaluations run out.' },
  { name: 'maxEvals', type: 'integer', default: 500, minimum: 1, maximum: 10_000_000, about: 'The most combinations that are tried when nSamples is 0: an order of M parts takes 2M + 1; one order is always walked.' },
  { name: 'tolerance', type: 'number', default: 0.02, minimum: 1e-6, maximum: 1, about: 'The standard error that counts as stable, as a fraction of the largest value.' },
];

/**
 * Mean over random orders of v(S ∪ i) − v(S), with S what appeared before i. Each order is walked twice, showing and
 * then hiding features in the same order (antithetic): exact for models whose features act alone or in pairs, and the
 * values always add up.
 *
 * Castro, Gómez, Tejada 2009; Mitchell et al. 2022, arXiv 2104.12199. Preset `shap`: `PermutationExplainer` with 500
 * evaluations (at least one order).
 */
export const permutationShap: Method = {
  id: 'permutation-shap',
  title: 'Permutation SHAP',
  question: "What is each part's fair share of the score, when parts appear one after the other in random orders?",
  group: 'what-if-it-changes',
  source: 'Castro et al. 2009, doi 10.1016/j.cor.2008.04.004; Mitchell et al. 2022, arXiv 2104.12199',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [...orderParameters, ...shapleyParameters()],
  presets: { shap: { nSamples: 0, maxEvals: 500 } },
  reduction: () => 'sum',
  applies: featureApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const { parameters } = resolveParameters(permutationShap, context.parameters), game = await gameOf(context, new ParameterReader(parameters));
  return yield* painted(game, permutationValues(game.players, parameters, context.seed));
}
