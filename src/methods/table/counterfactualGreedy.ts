/** Short edits: the one change that brings a row nearest to the goal, then the next one. */
import type { Goal } from './counterfactualGoal';
import type { CounterfactualSpace } from './counterfactualSpace';

const levelsTried = 7;
const mostFeatures = 40;
const mostChanges = 12;

/** @returns rows that reach the goal, or come near it, each beginning with another feature; at most `paths`. */
export async function greedyCandidates(space: CounterfactualSpace, row: Float64Array, goal: Goal, paths: number): Promise<Float64Array[]> {
  const changes = space.axes.flatMap(({ free, values }, feature) => {
    if (!free) return [];
    const count = Math.min(levelsTried, values.length), picked = Array.from({ length: count }, (_, k) => values[count === 1 ? 0 : Math.round((k * (values.length - 1)) / (count - 1))]!);
    return [...new Set(picked)].map((value) => ({ feature, value }));
  });
  const apply = (from: Float64Array, { feature, value }: { feature: number; value: number }): Float64Array => space.settle(from.map((own, i) => (i === feature ? value : own)));
  const rank = (candidate: Float64Array, miss: number): number => (miss > 0 ? 1e6 + miss : space.distance(candidate, row));
  const misses = await goal.misses(changes.map((change) => apply(row, change)));
  const best = new Map<number, { candidate: Float64Array; miss: number; rank: number }>();
  changes.forEach((change, k) => {
    const candidate = apply(row, change), miss = misses[k]!, own = rank(candidate, miss), known = best.get(change.feature);
    if (!known || own < known.rank) best.set(change.feature, { candidate, miss, rank: own });
  });
  const ordered = [...best].sort(([, a], [, b]) => a.rank - b.rank), worth = new Set(ordered.slice(0, mostFeatures).map(([feature]) => feature)), usable = changes.filter(({ feature }) => worth.has(feature));
  let open = ordered.slice(0, paths).map(([, path]) => path);
  const ended: Float64Array[] = [];
  for (let round = 1; open.length > 0; round++) {
    for (const { candidate, miss } of open) if (miss <= 0 || round === mostChanges) ended.push(candidate);
    open = round === mostChanges ? [] : open.filter(({ miss }) => miss > 0);
    if (open.length === 0) break;
    const trials = open.flatMap(({ candidate }) => usable.map((change) => apply(candidate, change))), found = await goal.misses(trials), next: typeof open = [];
    open.forEach((path, p) => {
      let step: (typeof open)[number] | undefined;
      for (let k = p * usable.length; k < (p + 1) * usable.length; k++) {
        const own = rank(trials[k]!, found[k]!);
        if (own < (step?.rank ?? path.rank)) step = { candidate: trials[k]!, miss: found[k]!, rank: own };
      }
      if (step) next.push(step);
      else ended.push(path.candidate);
    });
    open = next;
  }
  return ended;
}
