/** Shapley values from a regression over coalitions, the telling ones first: the numbers of KernelSHAP. */
import { DrawingPlan, drawRandom } from '../drawing';
import type { Coalition } from '../features/coalitions';
import type { ParameterReader } from '../parameters';
import { ShapleyRegression } from '../shapleyRegression';
import { certainty, relativeError, type CoalitionGame, type ShapleyRun } from './game';

/** Up to here all coalitions are tried. */
const enumerated = 12;

/**
 * Plays as the drawing parameters say: by default 2M + 2048 coalitions of M players, all where M is 12 at most.
 * Progress holds values from the first fit on.
 * @param watched false where nobody looks at the estimate while it grows: a fit takes time, so there are fewer.
 */
export async function* kernelValues(game: CoalitionGame, parameters: ParameterReader, seed: number, watched = true): ShapleyRun {
  const { count: n, whole, nothing } = game;
  if (n < 2) return { values: new Float64Array(n).fill(whole - nothing), standardErrors: new Float64Array(n), standardError: 0, checks: [], chosen: { exact: true } };
  const plan = new DrawingPlan(parameters, n <= enumerated ? 2 ** n : 2 * n + 2048), layers = layersOf(n, plan.most);
  const regression = new ShapleyRegression(n, whole, nothing, layers.weightLeft);
  const total = layers.enumerated + (layers.weightLeft > 0 ? plan.most - layers.enumerated : 0);
  let done = 0, standardError: number | undefined, next = 2 * n + 2;
  const look = (): { done: number; total: number; values?: Float64Array; standardErrors?: Float64Array; standardError?: number } => {
    if (done < Math.min(next, total)) return { done, total };
    next = Math.ceil(done * (watched ? Math.min(2, 1.1 + n / 400) : 2));
    if (!watched && plan.isForced) return { done, total };
    const { values, standardErrors } = regression.fit(), sure = regression.pairs >= Math.max(16, 2 * n);
    // A regression with hardly more pairs than unknowns fits them all: what is left says nothing about chance.
    standardError = sure ? relativeError(values, standardErrors) : undefined;
    return { done, total, values, ...(sure && { standardErrors, standardError: standardError! }) };
  };
  for (const batch of inBatches(layers.coalitions(), game.batch)) {
    const found = await game.of(batch.map(({ coalition }) => coalition));
    batch.forEach(({ coalition, weight }, k) => regression.enumerate(coalition, weight, found[k]!));
    done += batch.length;
    yield look();
  }
  while (done < total) {
    const pairs = Math.max(1, Math.min(game.batch >> 1, Math.ceil((total - done) / 2)));
    const drawn = Array.from({ length: pairs }, (_, k) => layers.draw(seed, regression.pairs + k)), found = await game.of(drawn.flat());
    drawn.forEach(([coalition, complement], k) => regression.drawPair(coalition, found[2 * k]!, complement, found[2 * k + 1]!));
    done += 2 * pairs;
    const seen = next;
    yield look();
    if (next !== seen && plan.enough(done, standardError)) break;
  }
  const exact = layers.weightLeft === 0, { values, standardErrors } = regression.fit();
  standardError = exact ? 0 : regression.pairs > n ? relativeError(values, standardErrors) : undefined;
  return { values, standardErrors, ...(standardError !== undefined && { standardError }), checks: [certainty(plan, done, standardError, exact)], chosen: { ...plan.chosen(done), exact } };
}

interface Weighted {
  readonly coalition: Coalition;
  readonly weight: number;
}

interface Layers {
  /** How many coalitions are enumerated, and each with its weight. */
  readonly enumerated: number;
  coalitions(): Iterable<Weighted>;
  /** The weight of all sizes that are not enumerated; 0 where every size is. */
  readonly weightLeft: number;
  /** Draw number `index`: a coalition of the sizes left, and its complement. */
  draw(seed: number, index: number): readonly [Coalition, Coalition];
}

/** Divides `budget` coalitions as shap does: a size and its mirror are enumerated once drawing would repeat them anyway. */
function layersOf(n: number, budget: number): Layers {
  const halves = Math.floor((n - 1) / 2), sizes = Math.ceil((n - 1) / 2), mirrored = (size: number): boolean => size <= halves;
  // Of each size and its mirror; all sum up to 1.
  const weights = Array.from({ length: sizes }, (_, k) => ((n - 1) / ((k + 1) * (n - k - 1))) * (mirrored(k + 1) ? 2 : 1));
  const all = weights.reduce((a, b) => a + b, 0);
  let left = budget, weightLeft = 1, full = 0, count = 0;
  for (; full < sizes; full++) {
    const subsets = choose(n, full + 1) * (mirrored(full + 1) ? 2 : 1), share = weights[full]! / all / weightLeft;
    if (left * share < subsets * (1 - 1e-8)) break;
    left -= subsets;
    count += subsets;
    weightLeft -= weights[full]! / all;
  }
  if (full === sizes) weightLeft = 0;
  const cumulative: number[] = [];
  for (let size = full; size < sizes; size++) cumulative.push((cumulative.at(-1) ?? 0) + weights[size]!);
  return {
    enumerated: count, weightLeft,
    *coalitions() {
      for (let size = 1; size <= full; size++) {
        const weight = weights[size - 1]! / all / (choose(n, size) * (mirrored(size) ? 2 : 1));
        for (const coalition of subsetsOf(n, size)) {
          yield { coalition, weight };
          if (mirrored(size)) yield { coalition: complementOf(coalition), weight };
        }
      }
    },
    draw(seed, index) {
      const random = drawRandom(seed, index), at = random.uniform() * cumulative.at(-1)!;
      const size = full + 1 + cumulative.findIndex((upTo, k) => at < upTo || k === cumulative.length - 1);
      const order = Uint16Array.from({ length: n }, (_, i) => i), coalition = new Uint8Array(n);
      // The first `size` of a shuffle.
      for (let i = 0; i < size; i++) {
        const other = i + random.integer(n - i), held = order[i]!;
        order[i] = order[other]!;
        order[other] = held;
        coalition[order[i]!] = 1;
      }
      return [coalition, complementOf(coalition)];
    },
  };
}

/** All subsets of `size` of n features, in lexicographic order. */
function* subsetsOf(n: number, size: number): Generator<Coalition, void, void> {
  const chosen = Array.from({ length: size }, (_, i) => i);
  for (;;) {
    const coalition = new Uint8Array(n);
    for (const feature of chosen) coalition[feature] = 1;
    yield coalition;
    let at = size - 1;
    while (at >= 0 && chosen[at] === n - size + at) at--;
    if (at < 0) return;
    chosen[at]!++;
    for (let i = at + 1; i < size; i++) chosen[i] = chosen[i - 1]! + 1;
  }
}

const complementOf = (coalition: Coalition): Coalition => coalition.map((shown) => 1 - shown);

function choose(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  return Math.round(count);
}

function* inBatches<T>(items: Iterable<T>, size: number): Generator<T[], void, void> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length) yield batch;
}
