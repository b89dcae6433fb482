/** What the methods of Shapley values share: the game that is played, its parameters, and how a result judges itself. */
import type { DrawingPlan } from './drawing';
import { CoalitionScores } from './features/coalitions';
import { explainedTensor, featureParameters, featuresOf, paint, type Features } from './features/features';
import { fillParameters, fillsOf } from './features/fills';
import type { Attribution, MethodContext, ParameterSpec, Parameters, SelfCheck } from './method';
import type { ParameterReader } from './parameters';

/** A game: features are the players, and a coalition wins the score of the input with all others hidden. */
export interface Game {
  readonly context: MethodContext;
  readonly features: Features;
  readonly scores: CoalitionScores;
  /** The score of the whole input, and with everything hidden (averaged over the background). */
  readonly whole: number;
  readonly nothing: number;
  /** What was chosen on the way, for the record. */
  readonly chosen: Parameters;
  readonly cautions: readonly SelfCheck[];
}

/** Parameters of every method of Shapley values. `over` replaces defaults by name. */
export const shapleyParameters = (over: Parameters = {}): readonly ParameterSpec[] => [...featureParameters(over), ...fillParameters];

/** The game the parameters describe; runs the model for both ends. @param automatic how `features = auto` cuts pictures. */
export async function gameOf(context: MethodContext, parameters: ParameterReader, automatic?: 'quickshift' | 'grid'): Promise<Game> {
  const features = featuresOf(context, parameters, automatic), fills = fillsOf(context, features, parameters, 'mean');
  const scores = new CoalitionScores(context, features, fills), cautions: SelfCheck[] = [];
  if (context.kind === 'table' && !fills.fromTable) {
    cautions.push({ id: 'background', value: NaN, ok: false, message: 'Hidden columns hold one fixed value, as no table was given to draw others from: rows like that may never occur.' });
  }
  return { context, features, scores, ...await scores.ends(), chosen: { ...features.chosen, ...fills.chosen, featureCount: features.count }, cautions };
}

/** The result of a game. @param values one a feature. */
export function shapleyResult(game: Game, values: ArrayLike<number>, more: { readonly standardErrors?: ArrayLike<number>; readonly checks?: readonly SelfCheck[]; readonly chosen?: Parameters } = {}): Attribution {
  const { dims } = explainedTensor(game.context);
  return {
    values: paint(game.features, values, dims), ...(more.standardErrors && { standardErrors: paint(game.features, more.standardErrors, dims) }), score: game.whole,
    checks: [additivityCheck(game, values), ...(more.checks ?? []), ...game.cautions], chosen: { ...game.chosen, runs: game.scores.runs, ...more.chosen },
  };
}

/** Shapley values add up to the difference between the whole input and nothing. */
function additivityCheck({ whole, nothing }: Game, values: ArrayLike<number>): SelfCheck {
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
