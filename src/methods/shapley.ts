/** What the methods of Shapley values share: the game that is played, its parameters, and how a result judges itself. */
import { CoalitionScores } from './features/coalitions';
import { explainedTensor, featureParameters, featuresOf, paint, type Features } from './features/features';
import { fillParameters, fillsOf } from './features/fills';
import type { Attribution, MethodContext, ParameterSpec, Parameters, Progress, SelfCheck } from './method';
import type { ParameterReader } from './parameters';
import { additivityCheck, type CoalitionGame, type ShapleyRun } from './shapley/game';

/** A game: features are the players, and a coalition wins the score of the input with all others hidden. */
export interface Game {
  readonly context: MethodContext;
  readonly features: Features;
  readonly scores: CoalitionScores;
  /** The same as those who estimate its values see it. */
  readonly players: CoalitionGame;
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
  const ends = await scores.ends(), players: CoalitionGame = { count: features.count, batch: scores.batch, ...ends, of: (coalitions, remember) => scores.of(coalitions, remember) };
  return { context, features, scores, players, ...ends, chosen: { ...features.chosen, ...fills.chosen, featureCount: features.count }, cautions };
}

/** The result of a game. @param values one a feature. */
export function shapleyResult(game: Game, values: ArrayLike<number>, more: { readonly standardErrors?: ArrayLike<number>; readonly checks?: readonly SelfCheck[]; readonly chosen?: Parameters } = {}): Attribution {
  const { dims } = explainedTensor(game.context);
  return {
    values: paint(game.features, values, dims), ...(more.standardErrors && { standardErrors: paint(game.features, more.standardErrors, dims) }), score: game.whole,
    checks: [additivityCheck(game, values), ...(more.checks ?? []), ...game.cautions], chosen: { ...game.chosen, runs: game.scores.runs, ...more.chosen },
  };
}

/** A run of the game as it is shown on the input. */
export async function* painted(game: Game, run: ShapleyRun): AsyncGenerator<Progress, Attribution, void> {
  const { dims } = explainedTensor(game.context);
  for (;;) {
    const step = await run.next();
    if (step.done) return shapleyResult(game, step.value.values, step.value);
    const { done, total, values, standardError } = step.value;
    yield { done, total, ...(values && { partial: paint(game.features, values, dims) }), ...(standardError !== undefined && { standardError }) };
  }
}
