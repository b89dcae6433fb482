/** What methods share that spoil one column after the other: how much worse the model gets. */
import type { ParameterSpec } from '../method';
import { ParameterError, type ParameterReader } from '../parameters';
import { correlationCheck } from './correlation';
import { allPredictions, allScores, askedFeatures, drawnRows, rowOf, tableRows, type MadeRows } from './rows';
import { scores, scorings, type Scoring } from './scoring';
import type { Importance, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

export const importanceParameters: readonly ParameterSpec[] = [
  { name: 'scoring', type: 'choice', choices: ['auto', 'auto-loss', ...scorings], default: 'auto', about: 'What gets worse: auto takes accuracy or R² where there are labels, auto-loss the AUC or the root mean squared error; else how much the score changes (prediction-change).' },
  { name: 'maxRows', type: 'integer', default: 0, minimum: 0, maximum: 10_000_000, about: 'Rows that are scored, drawn at random; 0 takes all.' },
];

/** Refuses scorings that need labels where there are none. */
export const importanceApplies: TableMethod['applies'] = ({ data, labels, parameters }) => {
  if (data.count < 2) return { applies: false, reason: `At least two rows are needed, found ${data.count}.` };
  const { scoring } = parameters;
  const unlabelled = typeof scoring === 'string' && !scoring.startsWith('auto') && !scoring.startsWith('prediction') && !labels;
  return unlabelled ? { applies: false, reason: `The scoring '${scoring}' needs labels: name the column that holds them, or take prediction-change.` } : { applies: true };
};

/** Resolves `auto` by what the table has. Throws ParameterError where labels are missing or do not fit. */
function scoringFor({ model, labels }: TableContext, asked: string): Scoring {
  const classes = model.task === 'classification', scoring = (asked.startsWith('auto') ? (labels ? (asked === 'auto' ? (classes ? 'accuracy' : 'r2') : classes ? 'auc' : 'rmse') : 'prediction-change') : asked) as Scoring;
  const needsLabels = scoring !== 'prediction-change' && scores[scoring].needsLabels;
  if (needsLabels && !labels) throw new ParameterError(`parameter 'scoring': '${scoring}' needs labels, but the table has no label column; expected prediction-difference or prediction-change`);
  if (needsLabels && classes !== ['accuracy', 'auc', 'log-loss'].includes(scoring)) throw new ParameterError(`parameter 'scoring': '${scoring}' does not go with ${model.task}, expected one of ${classes ? 'accuracy, auc, log-loss' : 'r2, rmse'}`);
  return scoring;
}

/** How a column is spoilt: its values for the rows that are scored, in their order. */
export type Spoil = (feature: number, repeat: number, rows: Int32Array) => Float64Array;

/** Spoils every asked feature `repeats` times, round by round, so that each has an estimate early on. */
export async function* measureImportance(context: TableContext, reader: ParameterReader, repeats: number, spoil: Spoil, caution: string): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed } = context, width = model.features.length, asked = askedFeatures(context), scoring = scoringFor(context, reader.text('scoring'));
  // In the table's own order: a reference's shuffled columns are in it too.
  const rows = drawnRows(data.count, reader.number('maxRows'), seed).filter((row) => !Number.isNaN(context.labels?.[row] ?? 0)).sort();
  if (rows.length < 2) throw new Error(`at least two rows with a label are needed, found ${rows.length}`);
  const labels = Float64Array.from(rows, (row) => context.labels?.[row] ?? NaN);
  const change = scoring === 'prediction-change', score = scores[change ? 'prediction-difference' : scoring];
  const run = (made: MadeRows): Promise<Float64Array> => (score.ofScore ? allScores(context, made) : allPredictions(context, made));
  const whole = await run(tableRows(data, width, rows)), baseline = score.of(whole, labels, model), sign = score.lowerIsBetter ? -1 : 1;
  const found = asked.map((feature) => ({ feature, repeats: new Float64Array(repeats).fill(NaN) })), total = repeats * asked.length;
  const importance = (): Importance => ({ kind: 'importance', unit: score.unit, features: found.map((one) => ({ feature: one.feature, ...spreadOf(one.repeats), repeats: one.repeats.slice() })) });
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [k, { feature, repeats: own }] of found.entries()) {
      const column = spoil(feature, repeat, rows);
      const spoilt = await run({
        count: rows.length,
        write: (index, into) => {
          into.set(rowOf(data, width, rows[index]!));
          into[feature] = column[index]!;
        },
      });
      own[repeat] = change ? spoilt.reduce((sum, value, row) => sum + Math.abs(value - whole[row]!), 0) / rows.length : sign * (baseline - score.of(spoilt, labels, model));
      const partial = importance(), standardError = relative(partial);
      yield { done: repeat * asked.length + k + 1, total, partial, ...(standardError !== undefined && { standardError }) };
    }
  }
  const finding = importance(), standardError = relative(finding), unknown = finding.features.filter(({ mean }) => Number.isNaN(mean)).length;
  return {
    finding,
    checks: [
      ...(score.needsLabels ? [{ id: 'baselineScore', value: baseline, ok: Number.isFinite(baseline), message: `With all columns as they are, the ${score.unit} is ${baseline.toPrecision(3)} on ${rows.length} rows: importances say what the model needs for that, not what is true of the world.` }] : []),
      ...(repeats > 1 ? [{ id: 'standardError', value: standardError ?? NaN, ok: standardError !== undefined && standardError <= 0.1, message: standardError === undefined ? 'The spread over repeats is no number.' : Number.isFinite(standardError) ? `Over ${repeats} repeats the standard error is ${Math.round(100 * standardError)} % of the largest importance.` : 'The importances are zero on average while single repeats are not.' }] : []),
      correlationCheck(context, asked, caution),
      ...(unknown ? [{ id: 'finite', value: unknown, ok: false, message: `${unknown} importances are no numbers: the model answers some rows with none (missing values?).` }] : []),
    ],
    chosen: { scoring, rows: rows.length },
  };
}

/** Mean and standard deviation over the repeats that are done. */
function spreadOf(repeats: Float64Array): { mean: number; spread: number } {
  const done = repeats.filter((value) => !Number.isNaN(value)), mean = done.reduce((sum, value) => sum + value, 0) / (done.length || 1);
  return { mean: done.length ? mean : NaN, spread: done.length > 1 ? Math.sqrt(done.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (done.length - 1)) : NaN };
}

/** The largest standard error of a mean beside the largest mean; undefined until every feature has two repeats. */
function relative({ features }: Importance): number | undefined {
  let error = 0, largest = 0;
  for (const { mean, spread, repeats } of features) {
    if (Number.isNaN(spread)) return undefined;
    error = Math.max(error, spread / Math.sqrt(repeats.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0)));
    largest = Math.max(largest, Math.abs(mean));
  }
  return error === 0 ? 0 : largest > 0 ? error / largest : Infinity;
}
