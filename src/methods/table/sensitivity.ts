/** Sensitivity of the score to its features over the whole table: Morris screening and Sobol' indices. */
import { DrawingPlan, drawingParameters } from '../drawing';
import { ElementaryEffects, levelsAfter, trajectory } from '../elementaryEffects';
import { together } from '../morris';
import { ParameterError, ParameterReader, resolveParameters } from '../parameters';
import { spreadCheck } from '../sobol';
import { SobolDesigns, SobolIndices } from '../sobolIndices';
import { featureLevels, levelParameters, type FeatureLevels } from './featureLevels';
import { correlationCheck } from './correlation';
import { allScores, rowsPerCall } from './rows';
import type { Sensitivities, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

const advice = 'steps of one alone lead to rows that the table does not have.';

/** Whether any feature could move. */
function applies({ model, data, features, seed, parameters }: Omit<TableContext, 'signal'>): { applies: boolean; reason?: string } {
  if (data.count < 2) return { applies: false, reason: `At least two rows are needed, found ${data.count}.` };
  const reader = new ParameterReader(parameters);
  return featureLevels({ model, data, features, seed }, reader).varied.length ? { applies: true } : { applies: false, reason: 'No feature has more than one value in this table.' };
}

/**
 * Scores of walks or designs of `each` points, as many at once as fill a call. What holds a score that is no number is
 * left out, and counted.
 */
async function* scored(context: TableContext, levels: FeatureLevels, most: number, each: number, write: (number: number, point: number, into: Float64Array) => void): AsyncGenerator<{ readonly number: number; readonly scores: Float64Array; readonly last: boolean }, void, void> {
  const atOnce = Math.max(1, Math.floor(rowsPerCall(context.model.features.length) / each)), level = new Float64Array(levels.varied.length);
  for (let start = 0; start < most; start += atOnce) {
    const count = Math.min(atOnce, most - start);
    const scores = await allScores(context, {
      count: count * each,
      write: (index, into) => {
        const number = start + Math.floor(index / each);
        write(number, index % each, level);
        levels.write(level, number, into);
      },
    });
    for (let k = 0; k < count; k++) yield { number: start + k, scores: scores.slice(k * each, (k + 1) * each), last: k === count - 1 };
  }
}

/**
 * Elementary effects (f(x + Δ e_i) − f(x)) / Δ along random walks on a grid of levels, Δ half of the grid: μ*, the mean of
 * their sizes, and σ, their spread, both for a step over the feature's whole range.
 *
 * Morris 1991; μ*: Campolongo et al. 2007, doi 10.1016/j.envsoft.2006.10.004. Preset `morris`: at most 1000 walks, 4 levels.
 */
export const morris: TableMethod = {
  id: 'morris',
  title: 'Morris screening',
  question: 'Which features move the score at all, stepping through their range one at a time from everywhere?',
  source: 'Morris 1991, doi 10.1080/00401706.1991.10484804',
  scope: 'global',
  needs: [],
  parameters: [...drawingParameters(1000), { name: 'levels', type: 'integer', default: 4, minimum: 2, maximum: 64, about: 'Levels of the grid that features step on; an even number.' }, ...levelParameters(0.05, 0.95)],
  presets: { morris: {} },
  applies,
  async *explain(context): AsyncGenerator<TableProgress, TableResult, void> {
    const reader = new ParameterReader(resolveParameters(morris, context.parameters).parameters), plan = new DrawingPlan(reader), levels = someLevels(context, reader), { varied } = levels, steps = reader.number('levels');
    const effects = new ElementaryEffects(varied.length), walkOf = (number: number): ReturnType<typeof trajectory> => trajectory(context.seed, number, varied.length, steps);
    let standardError: number | undefined, lost = 0, done = 0, walk = walkOf(0), held = 0;
    const finding = (): Sensitivities => {
      const means = effects.means(), spreads = effects.spreads(), errors = effects.standardErrors(), { count } = effects;
      return sensitivities(['mean effect', 'spread of the effect'], levels, (i) => ({ main: means[i]!, mainError: errors[i]!, total: spreads[i]!, ...(count > 2 && { totalError: spreads[i]! / Math.sqrt(2 * (count - 1)) }) }));
    };
    const run = scored(context, levels, plan.most, varied.length + 1, (number, taken, into) => {
      if (number !== held) [walk, held] = [walkOf(number), number];
      levelsAfter(walk, taken, into);
    });
    for await (const { number, scores, last } of run) {
      done++;
      if (scores.every(Number.isFinite)) effects.add(walkOf(number), scores);
      else lost++;
      if (!last) continue;
      standardError = effects.standardError();
      if (effects.count > 0) yield { done, total: plan.most, partial: finding(), ...(standardError !== undefined && { standardError }) };
      if (plan.enough(done, standardError)) break;
    }
    return { finding: finding(), checks: [together(effects.means(), effects.spreads(), 'features'), plan.check(done, standardError), ...cautions(context, levels, lost, done, 'walks')], chosen: plan.chosen(done) };
  },
};

/**
 * First-order indices (what a feature does by itself) and total ones (what it has a hand in), as shares of the score's
 * variance when every feature is drawn from its own column, independently; by Jansen's estimators over Sobol' points,
 * standard errors by bootstrap over designs.
 *
 * Sobol' 2001; Jansen 1999, doi 10.1016/S0010-4655(98)00154-4; Saltelli et al. 2010.
 */
export const sobol: TableMethod = {
  id: 'sobol',
  title: "Sobol' indices",
  question: "Which share of the score's variance does each feature make by itself, and which does it have a hand in?",
  source: 'Jansen 1999, doi 10.1016/S0010-4655(98)00154-4; Saltelli et al. 2010, doi 10.1016/j.cpc.2009.09.018',
  scope: 'global',
  needs: [],
  parameters: [...drawingParameters(2048), ...levelParameters(0, 1)],
  presets: { jansen: {} },
  applies,
  async *explain(context): AsyncGenerator<TableProgress, TableResult, void> {
    const reader = new ParameterReader(resolveParameters(sobol, context.parameters).parameters), plan = new DrawingPlan(reader), levels = someLevels(context, reader), { varied } = levels;
    const designs = new SobolDesigns(varied.length, context.seed, 'features'), indices = new SobolIndices(varied.length);
    let standardError: number | undefined, lost = 0, done = 0;
    const finding = (): Sensitivities => {
      const { mains, totals, mainErrors, totalErrors } = indices.both(context.seed);
      return sensitivities(['share of the variance', 'share with others'], levels, (i) => ({ main: mains[i]!, mainError: mainErrors[i]!, total: totals[i]!, totalError: totalErrors[i]! }));
    };
    for await (const { scores, last } of scored(context, levels, plan.most, designs.each, (number, point, into) => designs.write(number * designs.each + point, into))) {
      done++;
      if (scores.every(Number.isFinite)) indices.add(scores);
      else lost++;
      if (!last) continue;
      standardError = indices.standardError();
      if (indices.count > 1) yield { done, total: plan.most, partial: finding(), ...(standardError !== undefined && { standardError }) };
      if (plan.enough(done, standardError)) break;
    }
    return { finding: finding(), checks: [spreadCheck(indices.variance(), indices.totals(), 'features'), plan.check(done, standardError), ...cautions(context, levels, lost, done, 'designs')], chosen: plan.chosen(done) };
  },
};

function someLevels(context: TableContext, reader: ParameterReader): FeatureLevels {
  const levels = featureLevels(context, reader);
  if (levels.varied.length === 0) throw new ParameterError('features: none of those asked about has more than one value in this table');
  return levels;
}

/** Features that never vary do nothing. */
function sensitivities(units: Sensitivities['units'], { varied, still }: FeatureLevels, of: (i: number) => Omit<Sensitivities['features'][number], 'feature'>): Sensitivities {
  return { kind: 'sensitivities', units, features: [...varied.map((feature, i) => ({ feature, ...of(i) })), ...still.map((feature) => ({ feature, main: 0, total: 0 }))] };
}

function cautions(context: TableContext, { varied, still }: FeatureLevels, lost: number, done: number, noun: string): TableResult['checks'] {
  return [
    correlationCheck(context, varied, advice),
    ...(lost ? [{ id: 'finite', value: lost, ok: false, message: `${lost} of ${done} ${noun} hold scores that are no numbers (missing values?) and were left out.` }] : []),
    ...(still.length ? [{ id: 'constant', value: still.length, ok: true, message: `${still.length} features have one value only in this table and cannot move anything.` }] : []),
  ];
}
