/** A game of coalitions, whatever is played, and how an estimate of its Shapley values judges itself. */
import type { DrawingPlan } from '../drawing';
import type { Coalition } from '../features/coalitions';
import type { Parameters, SelfCheck } from '../method';

/** Players are the features of an input or a row; a coalition wins the score with all others hidden. */
export interface CoalitionGame {
  readonly count: number;
  /** Coalitions that fill one run of the model. */
  readonly batch: number;
  /** The score with everything shown, and with everything hidden. */
  readonly whole: number;
  readonly nothing: number;
  /**
   * One score a coalition.
   * @param remember whether scores are kept in case the same coalition comes again (default).
   */
  of(coalitions: readonly Coalition[], remember?: boolean): Promise<Float64Array>;
}

export interface ShapleyProgress {
  readonly done: number;
  readonly total: number;
  /** The estimate so far, one value a player. */
  readonly values?: Float64Array;
  readonly standardErrors?: Float64Array;
  /** Relative to the largest value. */
  readonly standardError?: number;
}

export interface ShapleyEstimate {
  readonly values: Float64Array;
  /** Absent where nothing can be said of chance. */
  readonly standardErrors?: Float64Array;
  /** Relative to the largest value; 0 where nothing was left to chance, undefined where nothing can be said. */
  readonly standardError?: number;
  readonly checks: readonly SelfCheck[];
  readonly chosen: Parameters;
}

export type ShapleyRun = AsyncGenerator<ShapleyProgress, ShapleyEstimate, void>;

/** Shapley values add up to the difference between the whole input and nothing. */
export function additivityCheck({ whole, nothing }: Pick<CoalitionGame, 'whole' | 'nothing'>, values: ArrayLike<number>): SelfCheck {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const difference = whole - nothing, value = Math.abs(sum - difference), ok = value <= 1e-5 * Math.max(1, Math.abs(difference));
  const figures = `from ${nothing.toPrecision(4)} with everything hidden to ${whole.toPrecision(4)}`;
  return { id: 'additivityDelta', value, ok, message: ok ? `The parts add up to the whole change of the score, ${figures}.` : `The parts miss the change of the score, ${figures}, by ${value.toPrecision(2)}.` };
}

/** The root mean square of the standard errors beside the largest value. */
export function relativeError(values: ArrayLike<number>, standardErrors: ArrayLike<number>): number {
  let largest = 0, square = 0;
  for (let i = 0; i < values.length; i++) {
    largest = Math.max(largest, Math.abs(values[i]!));
    square += standardErrors[i]! ** 2 / values.length;
  }
  return square === 0 ? 0 : largest > 0 ? Math.sqrt(square) / largest : Infinity;
}

/** The plan's word on how sure a sampled result is; a result without chance needs none. @param more the parameters that ask for more draws. */
export function certainty(plan: DrawingPlan, draws: number, standardError: number | undefined, exact: boolean, more?: string): SelfCheck {
  return exact ? { id: 'standardError', value: 0, ok: true, message: 'Every combination was tried: nothing was left to chance.' } : plan.check(draws, standardError, more);
}
