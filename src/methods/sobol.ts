/** Sobol attribution: how much of the score's variance each part takes part in, when all parts fade at random. */
import { realApplicability } from './applicability';
import { DrawingPlan, drawingParameters } from './drawing';
import { featureParameters, paint } from './features/features';
import { fillParameters } from './features/fills';
import { levelsOf } from './features/levels';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { explainedInput } from './samples';
import { scoresAt } from './scoredVariants';
import { SobolDesigns, SobolIndices } from './sobolIndices';

/**
 * Total Sobol indices of the score as a function of how much every feature shows, by Jansen's estimator:
 * S_i = E (f(A) − f(A with feature i from B))² / 2 Var f, over pairs (A, B) of Sobol' points. Between 0 and 1; the sum
 * exceeds 1 by what features do together.
 *
 * Fel, Cadène et al.: Look at the Variance!, 2021, arXiv 2111.04138; Jansen 1999. Preset `sobol`: theirs, 32 designs
 * over a grid of 8 × 8, zeros as the fill: 32 · (64 + 2) passes.
 */
export const sobol: Method = {
  id: 'sobol',
  title: 'Sobol indices',
  question: 'How much of the spread of the score does each part have a hand in, when all parts fade at random?',
  group: 'what-if-it-changes',
  source: 'Fel et al. 2021, arXiv 2111.04138',
  kinds: ['image', 'table', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [...drawingParameters(32), ...featureParameters(), ...fillParameters],
  presets: { sobol: { nSamples: 32, gridCells: 8, tolerance: 0.15 } },
  reduction: () => 'sum',
  applies: realApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const { parameters } = resolveParameters(sobol, context.parameters), plan = new DrawingPlan(new ParameterReader(parameters));
  const { dims } = explainedInput(context), levels = levelsOf(context, parameters), { features } = levels, { count } = features;
  const designs = new SobolDesigns(count, context.seed), { each } = designs, level = new Float64Array(count);
  const [score] = await context.model.scores(context.feeds, context.target);
  const variants = {
    count: plan.most * each,
    write: (index: number, into: unknown) => {
      designs.write(index, level);
      levels.write(level, into as Float32Array);
    },
  };
  const scores: number[] = [], indices = new SobolIndices(count);
  let standardError: number | undefined;
  for await (const batch of scoresAt(context, variants)) {
    scores.push(...batch.scores);
    const before = indices.count;
    while (scores.length >= each) indices.add(scores.splice(0, each));
    if (indices.count > before) standardError = indices.standardError();
    const finished = plan.enough(indices.count, standardError);
    yield {
      done: indices.count, total: plan.most, ...(standardError !== undefined && { standardError }),
      ...(indices.count > before && { partial: paint(features, indices.totals(), dims) }),
    };
    if (finished) break;
  }
  context.signal.throwIfAborted();
  const totals = indices.totals();
  return {
    values: paint(features, totals, dims), standardErrors: paint(features, indices.totalErrors(), dims), score: score!,
    checks: [spreadCheck(indices.variance(), totals), plan.check(indices.count, standardError)],
    chosen: { ...levels.chosen, featureCount: count, ...plan.chosen(indices.count) },
  };
}

/** Whether there was any variance to divide up. */
export function spreadCheck(spread: number, indices: Float64Array, noun = 'parts'): SelfCheck {
  const sum = indices.reduce((total, value) => total + value, 0), ok = spread > 0, id = 'sumOfIndices';
  return { id, value: sum, ok, message: ok ? `The indices add up to ${sum.toPrecision(3)}: what is above 1, ${noun} do together.` : 'The score is always the same: there is no variance to divide up.' };
}
