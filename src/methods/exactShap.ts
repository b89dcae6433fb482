/** Exact Shapley values: every coalition is tried. */
import type { Coalition } from './features/coalitions';
import { featureApplicability } from './features/features';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { gameOf, shapleyParameters, shapleyResult } from './shapley';

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
  const game = await gameOf(context, parameters, 'grid'), { features, scores } = game, { count: n } = features, most = parameters.number('maxFeatures');
  if (n > most) throw new ParameterError(`parameter 'maxFeatures': found ${n} ${features.noun}, expected at most ${most}; take larger parts (features, columnGroups), or kernel-shap`);
  const total = 2 ** n, values = new Float64Array(total);
  values[0] = game.nothing;
  values[total - 1] = game.whole;
  for (let start = 0; start < total; start += scores.batch) {
    const codes = Array.from({ length: Math.min(scores.batch, total - start) }, (_, k) => (start + k) ^ ((start + k) >> 1)).filter((code) => code !== 0 && code !== total - 1);
    const found = await scores.of(codes.map((code) => coalitionOf(code, n)), false);
    codes.forEach((code, k) => { values[code] = found[k]!; });
    yield { done: Math.min(start + scores.batch, total), total };
  }
  return shapleyResult(game, shapleyValues(values, n));
}

function coalitionOf(code: number, n: number): Coalition {
  return Uint8Array.from({ length: n }, (_, feature) => (code >> feature) & 1);
}

/** @param values v(S) by the bits of S, [2^n]. */
export function shapleyValues(values: ArrayLike<number>, n: number): Float64Array {
  // |S|! (n − |S| − 1)! / n! = 1 / (n · C(n − 1, |S|)).
  const weights = new Float64Array(n);
  for (let size = 0, count = 1; size < n; size++) {
    weights[size] = 1 / (n * count);
    count = (count * (n - 1 - size)) / (size + 1);
  }
  const shapley = new Float64Array(n), sizes = new Uint8Array(2 ** n);
  for (let code = 1; code < 2 ** n; code++) sizes[code] = sizes[code >> 1]! + (code & 1);
  for (let feature = 0; feature < n; feature++) {
    const bit = 1 << feature;
    let sum = 0;
    for (let code = 0; code < 2 ** n; code++) if (!(code & bit)) sum += weights[sizes[code]!]! * (values[code | bit]! - values[code]!);
    shapley[feature] = sum;
  }
  return shapley;
}
