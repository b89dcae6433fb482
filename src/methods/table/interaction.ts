/** Friedman's H: how much of what two features do together is more than the sum of what each does. */
import { ParameterReader, resolveParameters } from '../parameters';
import { allScores, askedFeatures, drawnRows, finiteCheck, rowOf } from './rows';
import type { Interactions, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/**
 * H²jk = Σ (PDjk − PDj − PDk)² / Σ PDjk² over the rows of a sample, with centred partial dependences taken at these rows
 * and averaged over them. 0: the two simply add up; 1: all they do, they do together. Where hardly anything is done by
 * two features, H is large for nothing: the unnormalised statistic (root of the mean square, in the score's unit)
 * tells. Standard errors by a jackknife over tenths of the rows.
 *
 * Friedman and Popescu 2008, arXiv 0811.1679, section 8.1. Of many features, those that move the score most are paired.
 */
export const interaction: TableMethod = {
  id: 'interaction',
  title: 'Interaction strength (H)',
  question: 'Which pairs of features do together what neither does alone?',
  source: 'Friedman and Popescu 2008, arXiv 0811.1679',
  scope: 'global',
  needs: [],
  parameters: [
    { name: 'maxRows', type: 'integer', default: 100, minimum: 10, maximum: 500, about: 'Rows of the sample; a pair takes their square of runs.' },
    { name: 'maxFeatures', type: 'integer', default: 8, minimum: 2, maximum: 200, about: 'Where no features are named: the features that move the score most, all pairs of which are taken.' },
    { name: 'statistic', type: 'choice', choices: ['h', 'h2', 'unnormalised'], default: 'h', about: 'H, its square (the share of the joint effect\'s variance), or the root mean square of what is not additive, in the score\'s unit.' },
  ],
  presets: { friedman: {}, unnormalised: { statistic: 'unnormalised' } },
  applies: ({ model, data, features }) => {
    if (data.count < 2) return { applies: false, reason: `At least two rows are needed, found ${data.count}.` };
    return askedFeatures({ model, features }).length < 2 ? { applies: false, reason: 'At least two features are needed.' } : { applies: true };
  },
  explain,
};

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed } = context, width = model.features.length, asked = askedFeatures(context);
  const reader = new ParameterReader(resolveParameters(interaction, context.parameters).parameters), statistic = reader.text('statistic');
  const rows = drawnRows(data.count, reader.number('maxRows'), seed), n = rows.length, groups = Math.min(10, n);
  let missing = 0;
  /** f with `features` from row i and all else from row k, [i, k]. */
  const scoresWith = async (features: readonly number[]): Promise<Float64Array> => {
    const scores = await allScores(context, {
      count: n * n,
      write: (index, into) => {
        const from = rowOf(data, width, rows[Math.floor(index / n)]!);
        into.set(rowOf(data, width, rows[index % n]!));
        for (const feature of features) into[feature] = from[feature]!;
      },
    });
    for (const score of scores) if (!Number.isFinite(score)) missing++;
    return scores;
  };
  const single = new Map<number, Float64Array>(), size = new Map<number, number>();
  const most = context.features.length ? asked.length : Math.min(asked.length, reader.number('maxFeatures')), total = asked.length + (most * (most - 1)) / 2;
  for (const feature of asked) {
    single.set(feature, await scoresWith([feature]));
    size.set(feature, rootMeanSquare(partial(single.get(feature)!, n, -1, groups)));
    // Only those that will be paired are kept: each holds the square of the rows.
    if (single.size > most) single.delete([...single.keys()].reduce((least, other) => (size.get(other)! < size.get(least)! ? other : least)));
    yield { done: size.size, total };
  }
  const paired = [...single.keys()].sort((a, b) => a - b), pairs: { features: readonly [number, number]; value: number; standardError: number }[] = [];
  const finding = (): Interactions => ({ kind: 'interactions', pairs: [...pairs].sort((a, b) => b.value - a.value) });
  for (const [i, a] of paired.entries()) {
    for (const b of paired.slice(i + 1)) {
      const both = await scoresWith([a, b]), floor = 1e-6 * rootMeanSquare(both), strength = (left: number): number => interactionOf(partial(both, n, left, groups), partial(single.get(a)!, n, left, groups), partial(single.get(b)!, n, left, groups), statistic, floor);
      const without = Array.from({ length: groups }, (_, group) => strength(group)), mean = without.reduce((sum, value) => sum + value, 0) / groups;
      pairs.push({ features: [a, b], value: strength(-1), standardError: Math.sqrt(((groups - 1) / groups) * without.reduce((sum, value) => sum + (value - mean) ** 2, 0)) });
      yield { done: asked.length + pairs.length, total, partial: finding() };
    }
  }
  const left = asked.filter((feature) => !paired.includes(feature)), strongest = [...pairs].sort((a, b) => b.value - a.value)[0];
  return {
    finding: finding(),
    checks: [
      { id: 'standardError', value: strongest?.standardError ?? NaN, ok: !!strongest && strongest.standardError <= 0.25 * Math.max(strongest.value, 1e-12), message: strongest ? `The strongest pair's figure is ${strongest.value.toPrecision(2)} ± ${strongest.standardError.toPrecision(2)} (standard error, ${n} rows).` : 'There is no pair.' },
      finiteCheck(missing, n * n * (asked.length + pairs.length)),
      ...(left.length ? [{ id: 'skipped', value: left.length, ok: true, message: `${left.length} features that move the score less were not paired (maxFeatures).` }] : []),
    ],
    chosen: { rows: n, features: paired.map((feature) => model.features[feature]!.name).join(', ') },
  };
}

/**
 * Centred partial dependence at rows i, averaged over rows k; both without the rows of one group (jackknife), -1 for all.
 * @param scores [n, n]; what is no number is left out.
 */
function partial(scores: Float64Array, n: number, without: number, groups: number): Float64Array {
  const kept = Array.from({ length: n }, (_, i) => i).filter((i) => i % groups !== without || without < 0);
  const means = Float64Array.from(kept, (i) => {
    let sum = 0, count = 0;
    for (const k of kept) {
      const score = scores[i * n + k]!;
      if (!Number.isFinite(score)) continue;
      sum += score;
      count++;
    }
    return sum / count;
  });
  const counted = means.filter(Number.isFinite), mean = counted.reduce((sum, value) => sum + value, 0) / (counted.length || 1);
  return means.map((value) => value - mean);
}

/** @param floor what rounding alone makes of scores of this size: less is no interaction. */
function interactionOf(both: Float64Array, one: Float64Array, other: Float64Array, statistic: string, floor: number): number {
  const more = both.map((value, i) => value - one[i]! - other[i]!), extra = rootMeanSquare(more), all = rootMeanSquare(both);
  if (statistic === 'unnormalised') return extra;
  const share = extra > floor ? extra / all : 0;
  return statistic === 'h2' ? share * share : share;
}

function rootMeanSquare(values: Float64Array): number {
  let sum = 0, count = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    sum += value * value;
    count++;
  }
  return count ? Math.sqrt(sum / count) : 0;
}
