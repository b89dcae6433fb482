/** Shapley values over random orders, forwards and backwards: the numbers of permutation SHAP. */
import { DrawingPlan, drawRandom } from '../drawing';
import type { Coalition } from '../features/coalitions';
import type { Parameters } from '../method';
import { ParameterReader } from '../parameters';
import { certainty, relativeError, type CoalitionGame, type ShapleyRun } from './game';

/** Plays as the parameters nSamples, maxEvals and tolerance say. */
export async function* permutationValues(game: CoalitionGame, parameters: Parameters, seed: number): ShapleyRun {
  const { count: n, whole, nothing } = game, most = Math.max(1, Math.floor(new ParameterReader(parameters).number('maxEvals') / (2 * n + 1)));
  const plan = new DrawingPlan(new ParameterReader({ ...parameters, maxSamples: most }));
  if (n < 2) return { values: new Float64Array(n).fill(whole - nothing), standardError: 0, checks: [certainty(plan, 1, 0, true)], chosen: plan.chosen(1) };
  const sums = new Float64Array(n), squares = new Float64Array(n);
  let count = 0, standardError: number | undefined, finished = false;
  const mean = (): Float64Array => sums.map((sum) => sum / count);
  // Σ (c − mean)² / (count (count − 1)), feature by feature.
  const errors = (): Float64Array => sums.map((sum, i) => Math.sqrt(Math.max(0, squares[i]! - (sum * sum) / count) / (count * (count - 1))));
  const sure = (): { standardErrors?: Float64Array; standardError?: number } => (count > 1 ? { standardErrors: errors(), ...(standardError !== undefined && { standardError }) } : {});
  while (!finished && count < plan.most) {
    // As many orders at once as fill a run.
    const orders = Array.from({ length: Math.min(plan.most - count, Math.max(1, Math.floor(game.batch / (2 * n - 2)))) }, (_, k) => orderOf(seed, count + k, n));
    const found = await game.of(orders.flatMap(walk));
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
    yield { done: count, total: plan.most, values: mean(), ...sure() };
  }
  return { values: mean(), ...sure(), checks: [certainty(plan, count, standardError, false, 'nSamples, maxEvals')], chosen: plan.chosen(count) };
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
