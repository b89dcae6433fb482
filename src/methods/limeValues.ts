/** The surrogate LIME ends up with: drawn neighbours, weighted by how near they are, until its coefficients stand still. */
import { DrawingPlan } from './drawing';
import type { Coalition } from './features/coalitions';
import type { Neighbourhood } from './limeNeighbourhood';
import { Surrogate, type SurrogateFit } from './limeSurrogate';
import type { Parameters, ParameterSpec, SelfCheck } from './method';
import type { ParameterReader } from './parameters';

export const surrogateParameters: readonly ParameterSpec[] = [
  { name: 'surrogate', type: 'choice', choices: ['ridge', 'lasso'], default: 'ridge', about: 'How the linear model is kept simple: small coefficients (ridge), or few (lasso).' },
  { name: 'alpha', type: 'number', default: 1, minimum: 0, maximum: 1e6, about: 'How much simplicity counts beside the fit.' },
];

export interface LimeProgress {
  readonly done: number;
  readonly total: number;
  readonly fit?: SurrogateFit;
  /** Relative to the largest coefficient. */
  readonly standardError?: number;
}

export interface LimeEstimate {
  readonly fit: SurrogateFit;
  /** Of the input itself, which is the first draw. */
  readonly score: number;
  readonly checks: readonly SelfCheck[];
  readonly chosen: Parameters;
}

/** √exp(−d² / width²): how much a neighbour counts that is `apart` from the input. */
export const weightAt = (apart: number, width: number): number => Math.exp(-(apart * apart) / (2 * width * width));

/** @param usual the most draws where the parameters leave it to the method. */
export async function* limeValues(
  neighbours: Pick<Neighbourhood, 'batch' | 'draw'> & { readonly count: number }, weightOf: (sample: Coalition) => number, parameters: ParameterReader, usual: number,
): AsyncGenerator<LimeProgress, LimeEstimate, void> {
  const { count: n } = neighbours, plan = new DrawingPlan(parameters, usual);
  const surrogate = new Surrogate(n, { kind: parameters.text('surrogate') as 'ridge' | 'lasso', alpha: parameters.number('alpha') });
  let score = NaN, done = 0, fit: SurrogateFit | undefined, standardError: number | undefined, next = Math.min(n + 2, plan.most);
  while (done < plan.most) {
    const { samples, scores } = await neighbours.draw(done, Math.min(neighbours.batch, plan.most - done));
    if (done === 0) score = scores[0]!;
    samples.forEach((sample, k) => { if (Number.isFinite(scores[k]!)) surrogate.add(sample, weightOf(sample), scores[k]!); });
    done += samples.length;
    if (done < next) {
      yield { done, total: plan.most };
      continue;
    }
    // A fit takes time with the square of the features: the more there are, the more new samples one waits for.
    next = Math.min(plan.most, Math.ceil(done * Math.min(2, 1.1 + n / 400)));
    fit = surrogate.fit();
    standardError = relativeError(fit);
    yield { done, total: plan.most, fit, ...(standardError !== undefined && { standardError }) };
    if (plan.enough(done, done > 2 * n ? standardError : undefined)) break;
  }
  fit ??= surrogate.fit();
  const lost = done - surrogate.count;
  return {
    fit, score,
    checks: [fitCheck(fit, surrogate.count), plan.check(done, standardError), stabilityCheck(fit), ...(lost ? [{ id: 'finite', value: lost, ok: false, message: `${lost} of ${done} neighbours have scores that are no numbers (missing values?) and were left out.` }] : [])],
    chosen: plan.chosen(done),
  };
}

/** The root mean square of the standard errors beside the largest coefficient. */
function relativeError({ coefficients, standardErrors }: SurrogateFit): number | undefined {
  const largest = coefficients.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const square = standardErrors.reduce((sum, value) => sum + value * value, 0) / standardErrors.length;
  return square === 0 ? 0 : largest > 0 ? Math.sqrt(square) / largest : Infinity;
}

function fitCheck({ r2, coefficients }: SurrogateFit, samples: number): SelfCheck {
  // A line through fewer points than it has weights fits whatever they are.
  const needed = coefficients.length + 2;
  if (samples < needed) return { id: 'surrogateR2', value: r2, ok: false, message: `${samples} samples are too few to tell how well ${coefficients.length} weights fit: take at least ${needed} (nSamples).` };
  const ok = r2 >= 0.5, share = `${(100 * Math.max(0, r2)).toFixed(0)} %`;
  return { id: 'surrogateR2', value: r2, ok, message: ok ? `The linear model explains ${share} of what the network does around this input.` : `The linear model explains only ${share} of what the network does around this input: parts act together, and no single weights can say how.` };
}

function stabilityCheck({ stability }: SurrogateFit): SelfCheck {
  const ok = stability >= 0.9 || Number.isNaN(stability);
  return { id: 'seedStability', value: stability, ok, message: Number.isNaN(stability) ? 'There are too few parts or samples to say how another seed would come out.' : `Another seed is expected to correlate with this result by ${stability.toFixed(2)}${ok ? '' : ': take more samples (nSamples)'}.` };
}
