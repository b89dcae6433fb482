/** Column ablation: how much worse the model gets when a column says the same for all rows. */
import { quantile } from '../../tensor/statistics';
import { ParameterReader, resolveParameters } from '../parameters';
import { importanceApplies, importanceParameters, measureImportance } from './importanceRun';
import { columnOf, sortedNumbers } from './rows';
import type { TableContext, TableMethod } from './tableMethod';

/**
 * As dropping a column and training again, but without training: its values are replaced by a typical one (of categories
 * always the most frequent). Nothing is drawn: the figure is exact for these rows.
 */
export const columnAblation: TableMethod = {
  id: 'column-ablation',
  title: 'Column ablation',
  question: 'Which features does the model need: how much worse does it get when one holds a typical value for all rows?',
  source: 'Covert, Lundberg, Lee 2021, Explaining by Removing, arXiv 2011.14878',
  scope: 'global',
  needs: [],
  parameters: [
    { name: 'fill', type: 'choice', choices: ['mean', 'median', 'most-frequent', 'zero'], default: 'mean', about: 'What is put in place of numbers.' },
    ...importanceParameters,
  ],
  presets: { mean: {}, median: { fill: 'median' } },
  applies: importanceApplies,
  explain: (context) => {
    const reader = new ParameterReader(resolveParameters(columnAblation, context.parameters).parameters);
    return measureImportance(context, reader, 1, (feature, _, rows) => new Float64Array(rows.length).fill(typical(context, feature, reader.text('fill'))), 'when one is replaced, rows come about that do not occur, and the model may still read the other.');
  },
};

/** NaN for columns without any value: they stay as they are. */
function typical({ model, data }: TableContext, feature: number, fill: string): number {
  const sorted = sortedNumbers(columnOf(data, model.features.length, feature)), { kind } = model.features[feature]!;
  if (sorted.length === 0) return NaN;
  if (kind === 'category' || fill === 'most-frequent') return mostFrequent(sorted);
  if (fill === 'zero') return 0;
  const value = fill === 'median' ? quantile(sorted, 0.5) : sorted.reduce((sum, one) => sum + one, 0) / sorted.length;
  return kind === 'integer' ? Math.round(value) : value;
}

function mostFrequent(sorted: Float64Array): number {
  let best = sorted[0]!, most = 0;
  for (let start = 0; start < sorted.length;) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    if (end - start > most) [best, most] = [sorted[start]!, end - start];
    start = end;
  }
  return best;
}
