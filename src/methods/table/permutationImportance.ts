/** Permutation importance: how much worse the model gets when a column is shuffled. */
import { Random } from '../../tensor/random';
import { ParameterError, ParameterReader, resolveParameters } from '../parameters';
import { allPredictions, allScores, askedFeatures, correlationCheck, drawnRows, rowOf, tableRows, type MadeRows } from './rows';
import { scores, scorings, type Scoring } from './scoring';
import type { Importance, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/**
 * Score of the table less its score with one column shuffled (for losses the other way round), again and again.
 * `prediction-difference` is E[f(x)] − E[f(x shuffled)] of the explained score, `prediction-change` the mean of
 * |f(x) − f(x shuffled)|; both go without labels.
 *
 * Breiman 2001; Fisher, Rudin, Dominici 2019, arXiv 1801.01489. Presets: `sklearn` (5 repeats, accuracy or R²), `dalex`
 * (10 repeats of at most 1000 rows, 1 − AUC or root mean squared error).
 */
export const permutationImportance: TableMethod = {
  id: 'permutation-importance',
  title: 'Permutation importance',
  question: 'Which features does the model need: how much worse does it get when one is shuffled?',
  source: 'Fisher, Rudin, Dominici 2019, arXiv 1801.01489',
  scope: 'global',
  needs: [],
  parameters: [
    { name: 'nRepeats', type: 'integer', default: 5, minimum: 1, maximum: 1000, about: 'How often each column is shuffled.' },
    { name: 'scoring', type: 'choice', choices: ['auto', 'auto-loss', ...scorings], default: 'auto', about: 'What gets worse: auto takes accuracy or R² where there are labels, auto-loss the AUC or the root mean squared error; else how much the score changes (prediction-change).' },
    { name: 'maxRows', type: 'integer', default: 0, minimum: 0, maximum: 10_000_000, about: 'Rows that are scored, drawn at random; 0 takes all.' },
  ],
  presets: { sklearn: {}, dalex: { nRepeats: 10, scoring: 'auto-loss', maxRows: 1000 } },
  applies: ({ data, labels, parameters }) => {
    if (data.count < 2) return { applies: false, reason: `Shuffling needs at least two rows, found ${data.count}.` };
    const { scoring } = parameters;
    const unlabelled = typeof scoring === 'string' && !scoring.startsWith('auto') && !scoring.startsWith('prediction') && !labels;
    return unlabelled ? { applies: false, reason: `The scoring '${scoring}' needs labels: name the column that holds them, or take prediction-change.` } : { applies: true };
  },
  explain,
};

/** Resolves `auto` by what the table has. Throws ParameterError where labels are missing or do not fit. */
function scoringFor({ model, labels }: TableContext, asked: string): Scoring {
  const classes = model.task === 'classification', scoring = (asked.startsWith('auto') ? (labels ? (asked === 'auto' ? (classes ? 'accuracy' : 'r2') : classes ? 'auc' : 'rmse') : 'prediction-change') : asked) as Scoring;
  const needsLabels = scoring !== 'prediction-change' && scores[scoring].needsLabels;
  if (needsLabels && !labels) throw new ParameterError(`parameter 'scoring': '${scoring}' needs labels, but the table has no label column; expected prediction-difference or prediction-change`);
  if (needsLabels && classes !== ['accuracy', 'auc', 'log-loss'].includes(scoring)) throw new ParameterError(`parameter 'scoring': '${scoring}' does not go with ${model.task}, expected one of ${classes ? 'accuracy, auc, log-loss' : 'r2, rmse'}`);
  return scoring;
}

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed } = context, width = model.features.length, asked = askedFeatures(context);
  const reader = new ParameterReader(resolveParameters(permutationImportance, context.parameters).parameters), scoring = scoringFor(context, reader.text('scoring'));
  // In the table's own order: a reference's shuffled columns are in it too.
  const rows = drawnRows(data.count, reader.number('maxRows'), seed).filter((row) => !Number.isNaN(context.labels?.[row] ?? 0)).sort();
  if (rows.length < 2) throw new Error(`shuffling needs at least two rows with a label, found ${rows.length}`);
  const labels = Float64Array.from(rows, (row) => context.labels?.[row] ?? NaN), repeats = reader.number('nRepeats');
  const change = scoring === 'prediction-change', score = scores[change ? 'prediction-difference' : scoring];
  const run = (made: MadeRows): Promise<Float64Array> => (score.ofScore ? allScores(context, made) : allPredictions(context, made));
  const whole = await run(tableRows(data, width, rows)), baseline = score.of(whole, labels, model), sign = score.lowerIsBetter ? -1 : 1;
  const found = asked.map((feature) => ({ feature, repeats: new Float64Array(repeats).fill(NaN) }));
  const importance = (): Importance => ({ kind: 'importance', unit: score.unit, features: found.map((one) => ({ feature: one.feature, ...spreadOf(one.repeats), repeats: one.repeats.slice() })) });
  const total = repeats * asked.length;
  // Repeat by repeat, so that every feature has an estimate early on.
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [k, { feature, repeats: own }] of found.entries()) {
      const column = context.given?.permutedColumns?.subarray((k * repeats + repeat) * rows.length, (k * repeats + repeat + 1) * rows.length) ?? shuffled(context, rows, feature, repeat);
      const permuted = await run({
        count: rows.length,
        write: (index, into) => {
          into.set(rowOf(data, width, rows[index]!));
          into[feature] = column[index]!;
        },
      });
      own[repeat] = change ? permuted.reduce((sum, value, row) => sum + Math.abs(value - whole[row]!), 0) / rows.length : sign * (baseline - score.of(permuted, labels, model));
      const partial = importance(), standardError = relative(partial);
      yield { done: repeat * asked.length + k + 1, total, partial, ...(standardError !== undefined && { standardError }) };
    }
  }
  const finding = importance(), standardError = relative(finding);
  return {
    finding,
    checks: [
      ...(score.needsLabels ? [{ id: 'baselineScore', value: baseline, ok: Number.isFinite(baseline), message: `Unshuffled, the ${score.unit} is ${baseline.toPrecision(3)} on ${rows.length} rows: importances say what the model needs for that, not what is true of the world.` }] : []),
      { id: 'standardError', value: standardError ?? NaN, ok: standardError !== undefined && standardError <= 0.1, message: standardError === undefined ? 'One repeat tells nothing about how sure the importances are; take more (nRepeats).' : `Over ${repeats} repeats the standard error is ${Math.round(100 * standardError)} % of the largest importance.` },
      correlationCheck(context, asked, 'when one is shuffled, the model may still read the other, and both look unimportant.'),
    ],
    chosen: { scoring, rows: rows.length },
  };
}

function shuffled({ model, data, seed }: TableContext, rows: Int32Array, feature: number, repeat: number): Float64Array {
  const width = model.features.length;
  return new Random((seed % 2 ** 32) + (repeat * width + feature + 1) * 2 ** 32).shuffle(Float64Array.from(rows, (row) => data.values[row * width + feature]!));
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
