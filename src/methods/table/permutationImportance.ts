/** Permutation importance: how much worse the model gets when a column is shuffled. */
import { Random } from '../../tensor/random';
import { ParameterReader, resolveParameters } from '../parameters';
import { importanceApplies, importanceParameters, measureImportance } from './importanceRun';
import { askedFeatures } from './rows';
import type { TableContext, TableMethod } from './tableMethod';

/**
 * Score of the table less its score with one column shuffled (for losses the other way round), again and again.
 * `prediction-difference` is E[f(x)] − E[f(x shuffled)] of the explained score, `prediction-change` the mean of
 * |f(x) − f(x shuffled)|; both go without labels.
 *
 * Breiman 2001; Fisher, Rudin, Dominici 2019, arXiv 1801.01489. Presets: `sklearn` (5 repeats, accuracy or R²), `dalex`
 * (10 repeats of at most 1000 rows, AUC or root mean squared error), `difference` (the prediction's difference).
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
    ...importanceParameters,
  ],
  presets: { sklearn: {}, dalex: { nRepeats: 10, scoring: 'auto-loss', maxRows: 1000 }, difference: { scoring: 'prediction-difference' } },
  applies: importanceApplies,
  explain: (context) => {
    const reader = new ParameterReader(resolveParameters(permutationImportance, context.parameters).parameters), repeats = reader.number('nRepeats'), asked = askedFeatures(context), saved = context.given?.permutedColumns;
    return measureImportance(context, reader, repeats, (feature, repeat, rows) => {
      const at = (asked.indexOf(feature) * repeats + repeat) * rows.length;
      return saved?.subarray(at, at + rows.length) ?? shuffled(context, rows, feature, repeat);
    }, 'when one is shuffled, the model may still read the other, and both look unimportant.');
  },
};

function shuffled({ model, data, seed }: TableContext, rows: Int32Array, feature: number, repeat: number): Float64Array {
  const width = model.features.length;
  return new Random((seed % 2 ** 32) + (repeat * width + feature + 1) * 2 ** 32).shuffle(Float64Array.from(rows, (row) => data.values[row * width + feature]!));
}
