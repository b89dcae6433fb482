/** Exact Shapley values: every coalition is tried. */
import { featureApplicability } from './features/features';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { gameOf, painted, shapleyParameters } from './shapley';
import { exactValues } from './shapley/exactValues';

/** 2^20 coalitions are an hour of a small network. */
const limit = 20;

/**
 * φ_i = Σ over S without i of |S|! (M − |S| − 1)! / M! · (v(S ∪ i) − v(S)), over all 2^M coalitions of M features, in
 * Gray code order (each differs from the one before by one feature).
 *
 * Shapley 1953; numbers as shap's `ExactExplainer`.
 */
export const exactShap: Method = {
  id: 'exact-shap',
  title: 'Exact Shapley values',
  question: "What is each part's fair share of the score, over all combinations of shown and hidden parts?",
  group: 'what-if-it-changes',
  source: 'Shapley 1953, doi 10.1515/9781400881970-018; Lundberg and Lee 2017, arXiv 1705.07874',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [
    { name: 'maxFeatures', type: 'integer', default: 16, minimum: 1, maximum: limit, about: 'The most parts that are tried in all combinations; each further one doubles the time.' },
    ...shapleyParameters({ gridCells: 3 }),
  ],
  presets: { shap: {} },
  reduction: () => 'sum',
  async applies(situation) {
    const { dims } = situation.model.inputs.find(({ name }) => name === situation.input) ?? { dims: [] };
    const columns = situation.kind === 'table' && dims.length === 2 ? dims[1] : undefined;
    if (typeof columns === 'number' && columns > limit) return { applies: false, reason: `With ${columns} columns there are 2^${columns} combinations; kernel-shap and permutation-shap estimate the same values.` };
    return featureApplicability(situation);
  },
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(exactShap, context.parameters).parameters);
  const game = await gameOf(context, parameters, 'grid'), { features: { count, noun } } = game, most = parameters.number('maxFeatures');
  if (count > most) throw new ParameterError(`parameter 'maxFeatures': found ${count} ${noun}, expected at most ${most}; take larger parts (features, columnGroups), or kernel-shap`);
  return yield* painted(game, exactValues(game.players));
}
