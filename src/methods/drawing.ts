/** How many random draws a sampled method takes: a forced number, or until the estimate stands still. */
import { Random } from '../tensor/random';
import type { ParameterSpec, SelfCheck } from './method';
import type { ParameterReader } from './parameters';

/** Draws taken before the standard error is believed. */
const leastDraws = 16;

/**
 * Parameters of every method that draws.
 * @param most the default of `maxSamples`; 0 where the method says itself how many are usual.
 */
export function drawingParameters(most: number): readonly ParameterSpec[] {
  return [
    { name: 'nSamples', type: 'integer', default: 0, minimum: 0, maximum: 100_000, about: 'Draws; 0 stops once the estimate is stable (see tolerance).' },
    { name: 'maxSamples', type: 'integer', default: most, minimum: most === 0 ? 0 : 2, maximum: 100_000, about: `The most draws when nSamples is 0${most === 0 ? '; 0 takes the usual number for this kind of input' : ''}.` },
    { name: 'tolerance', type: 'number', default: 0.02, minimum: 1e-6, maximum: 1, about: 'The standard error that counts as stable, as a fraction of the largest value.' },
  ];
}

export class DrawingPlan {
  readonly most: number;
  private readonly forced: number;
  readonly tolerance: number;

  /** @param usual the most draws where the parameters leave it to the method. */
  constructor(parameters: ParameterReader, usual = 0) {
    this.forced = parameters.number('nSamples');
    this.most = this.forced || parameters.number('maxSamples') || usual;
    this.tolerance = parameters.number('tolerance');
  }

  /** Whether the number of draws is given, however stable the estimate is. */
  get isForced(): boolean {
    return this.forced > 0;
  }

  /** Whether `count` draws with this standard error are enough. */
  enough(count: number, standardError: number | undefined): boolean {
    return count >= this.most || (this.forced === 0 && count >= leastDraws && standardError !== undefined && standardError <= this.tolerance);
  }

  /** For the record: how many draws there were, if the method chose. */
  chosen(count: number): { readonly nSamples?: number } {
    return this.forced === 0 ? { nSamples: count } : {};
  }

  /** @param more the parameters that ask for more draws. */
  check(count: number, standardError: number | undefined, more = 'nSamples, maxSamples'): SelfCheck {
    const id = 'standardError';
    if (standardError === undefined) return { id, value: NaN, ok: false, message: 'One draw tells nothing about how sure the estimate is; take more (nSamples).' };
    if (!Number.isFinite(standardError)) return { id, value: standardError, ok: false, message: `After ${count} draws the estimate is zero or no number while single draws are not: take more draws.` };
    const percent = `${(100 * standardError).toPrecision(2)} %`, figures = `After ${count} draws the standard error is ${percent} of the largest value`;
    const ok = standardError <= this.tolerance;
    return { id, value: standardError, ok, message: ok ? `${figures}.` : `${figures}, more than the ${100 * this.tolerance} % wanted: differences of that size mean nothing; more draws (${more}) settle them.` };
  }
}

/** The random numbers of draw `index`: the same whatever the batches are. */
export function drawRandom(seed: number, index: number): Random {
  return new Random((seed % 2 ** 32) + index * 2 ** 32);
}
