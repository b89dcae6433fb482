/** Sobol attribution: how much of the score's variance each part takes part in, when all parts fade at random. */
import { mostSobolDims, SobolSequence } from '../tensor/lowDiscrepancy';
import { realApplicability } from './applicability';
import { DrawingPlan, drawingParameters } from './drawing';
import { featureParameters, paint } from './features/features';
import { fillParameters } from './features/fills';
import { levelsOf } from './features/levels';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { Moments } from './moments';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { explainedInput } from './samples';
import { scoresAt } from './scoredVariants';

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
  if (2 * count > mostSobolDims) throw new ParameterError(`parameter 'features': found ${count} parts, expected at most ${mostSobolDims / 2}: the passes go with their number`);
  const sequence = new SobolSequence(2 * count, context.seed), each = count + 2;
  const [score] = await context.model.scores(context.feeds, context.target);
  // Of every design: A, B, then A with one feature after the other taken from B.
  const pointOf = (design: number): Float64Array => sequence.point(design);
  let point = pointOf(0), held = 0;
  const level = new Float64Array(count);
  const variants = {
    count: plan.most * each,
    write: (index: number, into: unknown) => {
      const design = Math.floor(index / each), which = index % each;
      if (design !== held) [point, held] = [pointOf(design), design];
      level.set(which === 1 ? point.subarray(count) : point.subarray(0, count));
      if (which >= 2) level[which - 2] = point[count + which - 2]!;
      levels.write(level, into as Float32Array);
    },
  };
  const scores: number[] = [], halves = new Moments(count, 'mean'), ends: number[] = [];
  let standardError: number | undefined;
  const estimate = (): Float32Array => {
    const spread = variance(ends);
    return halves.estimate([count]).data.map((value) => (spread > 0 ? value / spread : 0));
  };
  for await (const batch of scoresAt(context, variants)) {
    scores.push(...batch.scores);
    const before = halves.count;
    while (scores.length >= each) {
      const [a, b, ...mixed] = scores.splice(0, each);
      ends.push(a!, b!);
      halves.add(Float32Array.from(mixed, (value) => (a! - value) ** 2 / 2));
    }
    if (halves.count > before) standardError = halves.standardError();
    const finished = plan.enough(halves.count, standardError);
    yield {
      done: halves.count, total: plan.most, ...(standardError !== undefined && { standardError }),
      ...(halves.count > before && { partial: paint(features, estimate(), dims) }),
    };
    if (finished) break;
  }
  context.signal.throwIfAborted();
  const indices = estimate(), spread = variance(ends), errors = halves.standardErrors().map((error) => (spread > 0 ? error / spread : 0));
  return {
    values: paint(features, indices, dims), standardErrors: paint(features, errors, dims), score: score!,
    checks: [spreadCheck(spread, indices), plan.check(halves.count, standardError)],
    chosen: { ...levels.chosen, featureCount: count, ...plan.chosen(halves.count) },
  };
}

function variance(values: readonly number[]): number {
  const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1);
}

/** Whether there was any variance to divide up. */
function spreadCheck(spread: number, indices: Float32Array): SelfCheck {
  const sum = indices.reduce((total, value) => total + value, 0), ok = spread > 0, id = 'sumOfIndices';
  return { id, value: sum, ok, message: ok ? `The indices add up to ${sum.toPrecision(3)}: what is above 1, parts do together.` : 'The score is the same whatever is faded: there is no variance to divide up.' };
}
