/** The rows that stand for a table where features of one row are hidden. */
import type { ParameterSpec, SelfCheck } from '../method';
import { ParameterError, type ParameterReader } from '../parameters';
import { allScores, drawnRows, makeRows, tableRows } from './rows';
import { summaryOf } from './summary';
import type { Background, TableContext } from './tableMethod';

export const backgroundParameters: readonly ParameterSpec[] = [
  { name: 'background', type: 'choice', choices: ['rows', 'centres'], default: 'rows', about: 'What takes the place of hidden features: rows of the table drawn at random, or fewer centres of its rows (k-means), each counted by the rows around it.' },
  { name: 'backgroundRows', type: 'integer', default: 100, minimum: 1, maximum: 10_000, about: 'How many rows, or centres (10 to 50 are usual), are averaged over.' },
];

export interface ScoredBackground extends Background {
  /** The score averaged over these rows: what contributions start from. */
  readonly base: number;
  readonly checks: readonly SelfCheck[];
}

/**
 * Draws the background and scores it. Rows whose score is no number cannot stand for anything and are left out.
 * `given.background` ([rows, features]) takes its place.
 */
export async function backgroundOf(context: TableContext, parameters: ParameterReader): Promise<ScoredBackground> {
  const { model, data, seed, given } = context, width = model.features.length, most = parameters.number('backgroundRows');
  const drawn = given?.background
    ? { count: given.background.length / width, values: given.background }
    : parameters.text('background') === 'centres' ? summaryOf(data, model.features, most, seed) : sampleOf(context, most);
  const scores = await allScores(context, tableRows(drawn, width)), kept = Int32Array.from(scores.keys()).filter((row) => Number.isFinite(scores[row]!));
  if (kept.length === 0) throw new ParameterError(`background: the score of all ${drawn.count} rows is no number (missing values?), expected rows that the model can answer`);
  const weights = 'weights' in drawn ? drawn.weights : undefined, total = kept.reduce((sum, row) => sum + (weights?.[row] ?? 1), 0);
  const base = kept.reduce((sum, row) => sum + (scores[row]! * (weights?.[row] ?? 1)) / total, 0), lost = drawn.count - kept.length;
  const rows = lost ? makeRows(tableRows(drawn, width, kept), 0, kept.length, width) : drawn;
  return {
    ...rows, ...(weights && { weights: Float64Array.from(kept, (row) => weights[row]! / total) }), base,
    checks: lost ? [{ id: 'finite', value: lost, ok: false, message: `${lost} of ${drawn.count} background rows have scores that are no numbers (missing values?) and were left out.` }] : [],
  };
}

function sampleOf({ model, data, seed }: TableContext, most: number): Background {
  const order = drawnRows(data.count, most, seed);
  return makeRows(tableRows(data, model.features.length, order), 0, order.length, model.features.length);
}
