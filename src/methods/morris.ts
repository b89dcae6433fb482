/** Morris screening: one feature after the other takes a step, from many starting points. */
import { realApplicability } from './applicability';
import { DrawingPlan, drawingParameters } from './drawing';
import { ElementaryEffects, levelsAfter, trajectory } from './elementaryEffects';
import { featureParameters, paint } from './features/features';
import { fillParameters } from './features/fills';
import { levelsOf } from './features/levels';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { explainedInput } from './samples';
import { scoresAt } from './scoredVariants';

/**
 * Elementary effects (f(x + Δ e_i) − f(x)) / Δ along random trajectories on a grid of levels, Δ half of the grid. The
 * map holds μ*, the mean of their absolute values; a feature whose effects differ more than they are large (σ > μ*)
 * acts together with others, or not in a straight line. Of tables, a level is a quantile of the column: the whole
 * table is screened, the row only says what else there is.
 *
 * Morris 1991, Technometrics 33(2); μ*: Campolongo et al. 2007. Preset `morris`: at most 1000 trajectories, 4 levels.
 */
export const morris: Method = {
  id: 'morris',
  title: 'Morris screening',
  question: 'Which parts move the score at all, stepping through their range one at a time?',
  group: 'what-if-it-changes',
  source: 'Morris 1991, doi 10.1080/00401706.1991.10484804',
  kinds: ['table', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [
    ...drawingParameters(1000),
    { name: 'levels', type: 'integer', default: 4, minimum: 2, maximum: 64, about: 'Levels of the grid that features step on; an even number.' },
    ...featureParameters(), ...fillParameters,
  ],
  presets: { morris: { maxSamples: 1000, levels: 4, tolerance: 0.05 } },
  reduction: () => 'sum',
  applies: realApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const { parameters } = resolveParameters(morris, context.parameters), reader = new ParameterReader(parameters), plan = new DrawingPlan(reader);
  const { dims } = explainedInput(context), levels = levelsOf(context, parameters), { features } = levels, { count } = features, each = count + 1;
  const steps = reader.number('levels'), [score] = await context.model.scores(context.feeds, context.target);
  let walk = trajectory(context.seed, 0, count, steps), held = 0;
  const level = new Float64Array(count);
  const variants = {
    count: plan.most * each,
    write: (index: number, into: unknown) => {
      const number = Math.floor(index / each), taken = index % each;
      if (number !== held) [walk, held] = [trajectory(context.seed, number, count, steps), number];
      levelsAfter(walk, taken, level);
      levels.write(level, into as Float32Array);
    },
  };
  const scores: number[] = [], effects = new ElementaryEffects(count);
  let standardError: number | undefined;
  for await (const batch of scoresAt(context, variants)) {
    scores.push(...batch.scores);
    const before = effects.count;
    while (scores.length >= each) effects.add(trajectory(context.seed, effects.count, count, steps), scores.splice(0, each));
    if (effects.count > before) standardError = effects.standardError();
    yield {
      done: effects.count, total: plan.most, ...(standardError !== undefined && { standardError }),
      ...(effects.count > before && { partial: paint(features, effects.means(), dims) }),
    };
    if (plan.enough(effects.count, standardError)) break;
  }
  context.signal.throwIfAborted();
  const means = effects.means();
  return {
    values: paint(features, means, dims), standardErrors: paint(features, effects.standardErrors(), dims), score: score!,
    checks: [together(means, effects.spreads()), plan.check(effects.count, standardError)],
    chosen: { ...levels.chosen, featureCount: count, ...plan.chosen(effects.count) },
  };
}

/** How many features' effects differ more than they are large. */
export function together(means: Float32Array, spreads: Float32Array, noun = 'parts'): SelfCheck {
  let mixed = 0, moving = 0;
  const largest = means.reduce((most, value) => Math.max(most, value), 0);
  means.forEach((value, i) => {
    if (value <= 0.01 * largest) return;
    moving++;
    if (spreads[i]! > value) mixed++;
  });
  return {
    id: 'interactions', value: moving === 0 ? 0 : mixed / moving, ok: largest > 0,
    message: largest > 0 ? `${mixed} of the ${moving} ${noun} that move the score do so by very different amounts from place to place: together with others, or not in a straight line.` : 'No step moves the score: there is nothing to see.',
  };
}
