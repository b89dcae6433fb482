/** Permutation SHAP: features appear in random order, forwards and backwards, and each counts by what it changes. */
import { DrawingPlan, drawRandom } from './drawing';
import type { Coalition } from './features/coalitions';
import { explainedTensor, featureApplicability, paint } from './features/features';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { certainty, gameOf, relativeError, shapleyParameters, shapleyResult } from './shapley';

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
  parameters: [
    { name: 'nSamples', type: 'integer', default: 0, minimum: 0, maximum: 100_000, about: 'Orders, each walked in both directions; 0 stops once the estimate is stable (see tolerance) or evaluations run out.' },
    { name: 'maxEvals', type: 'integer', default: 500, minimum: 1, maximum: 10_000_000, about: 'The most combinations that are tried when nSamples is 0: an order of M parts takes 2M + 1; one order is always walked.' },
    { name: 'tolerance', type: 'number', default: 0.02, minimum: 1e-6, maximum: 1, about: 'The standard error that counts as stable, as a fraction of the largest value.' },
    ...shapleyParameters(),
  ],
  presets: { shap: { nSamples: 0, maxEvals: 500 } },
  reduction: () => 'sum',
  applies: featureApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const resolved = resolveParameters(permutationShap, context.parameters).parameters, parameters = new ParameterReader(resolved);
  const game = await gameOf(context, parameters), { features: { count: n }, scores, whole, nothing } = game, { dims } = explainedTensor(context);
  const plan = new DrawingPlan(new ParameterReader({ ...resolved, maxSamples: Math.max(1, Math.floor(parameters.number('maxEvals') / (2 * n + 1))) }));
  const sums = new Float64Array(n), squares = new Float64Array(n);
  let count = 0, standardError: number | undefined, finished = n === 1;
  const mean = (): Float64Array => sums.map((sum) => sum / count);
  // Σ (c − mean)² / (count (count − 1)), feature by feature.
  const errors = (): Float64Array => sums.map((sum, i) => Math.sqrt(Math.max(0, squares[i]! - (sum * sum) / count) / (count * (count - 1))));
  if (n === 1) { sums[0] = whole - nothing; count = 1; }
  while (!finished && count < plan.most) {
    // As many orders at once as fill a run.
    const orders = Array.from({ length: Math.min(plan.most - count, Math.max(1, Math.floor(scores.batch / (2 * n - 2)))) }, (_, k) => orderOf(context.seed, count + k, n));
    const found = await scores.of(orders.flatMap(walk));
    for (const [k, order] of orders.entries()) {
      const at = k * (2 * n - 2);
      for (let step = 0; step < n; step++) {
        const [before, after] = [step === 0 ? nothing : found[at + step - 1]!, step === n - 1 ? whole : found[at + step]!];
        const [shown, hidden] = [step === 0 ? whole : found[at + n + step - 2]!, step === n - 1 ? nothing : found[at + n + step - 1]!];
        const share = (after - before + shown - hidden) / 2, feature = order[step]!;
        sums[feature]! += share;
        squares[feature]! += share * share;
      }
      count++;
      if (count > 1) standardError = relativeError(mean(), errors());
      finished = plan.enough(count, standardError);
      if (finished) break;
    }
    yield { done: count, total: plan.most, partial: paint(game.features, mean(), dims), ...(standardError !== undefined && { standardError }) };
  }
  return shapleyResult(game, mean(), {
    ...(count > 1 && { standardErrors: errors() }), checks: [certainty(plan, count, standardError, n === 1, 'nSamples, maxEvals')], chosen: plan.chosen(count),
  });
}

/** Order number `index`. */
function orderOf(seed: number, index: number, n: number): Uint32Array {
  return drawRandom(seed, index).shuffle(Uint32Array.from({ length: n }, (_, i) => i));
}

/** The coalitions between the ends: features are shown one after the other, then hidden in the same order, 2n − 2 in all. */
function walk(order: Uint32Array): Coalition[] {
  const coalitions: Coalition[] = [], now = new Uint8Array(order.length);
  for (const show of [1, 0]) {
    order.forEach((feature, step) => {
      now[feature] = show;
      if (step < order.length - 1) coalitions.push(now.slice());
    });
  }
  return coalitions;
}
