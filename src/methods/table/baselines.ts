/** What a row is compared with by methods along a path: a baseline row, or several that are averaged over. */
import type { ParameterSpec } from '../method';
import { ParameterError, type ParameterReader } from '../parameters';
import { quantile } from '../../tensor/statistics';
import { columnOf, drawnRows, rowOf, sortedNumbers } from './rows';
import type { TableContext } from './tableMethod';

const choices = ['mean', 'median', 'zeros', 'row', 'rows'] as const;

export const baselineParameters: readonly ParameterSpec[] = [
  { name: 'baseline', type: 'choice', choices, default: 'mean', about: "What the row is compared with: the mean or the median of each feature, zeros, one row of the table (baselineRow), or rows drawn from it, averaged over. Categories stay the row's own." },
  { name: 'baselineRow', type: 'integer', default: 0, minimum: 0, maximum: 100_000_000, about: 'For baseline = row: its place among the rows that are used, the first is 0.' },
  { name: 'nBaselines', type: 'integer', default: 20, minimum: 1, maximum: 1000, about: 'For baseline = rows: how many are drawn.' },
];

/** Features that have a slope: numbers, of which the row has a value. */
export function movingFeatures({ model }: Pick<TableContext, 'model'>, row: Float64Array): Int32Array {
  return Int32Array.from(row.keys()).filter((feature) => model.features[feature]!.kind !== 'category' && !Number.isNaN(row[feature]!));
}

/** Baselines of the row, each a whole row; only the features that move differ from it. */
export function tableBaselines({ model, data, seed }: TableContext, row: Float64Array, moving: Int32Array, parameters: ParameterReader): Float64Array[] {
  const choice = parameters.text('baseline') as (typeof choices)[number], width = model.features.length;
  const known = (feature: number): Float64Array => sortedNumbers(columnOf(data, width, feature));
  const like = (value: (feature: number) => number): Float64Array => {
    const out = row.slice();
    for (const feature of moving) {
      const own = value(feature);
      // A column that says nothing here moves nothing.
      if (!Number.isNaN(own)) out[feature] = own;
    }
    return out;
  };
  const fromRow = (place: number): Float64Array => like((feature) => rowOf(data, width, place)[feature]!);
  switch (choice) {
    case 'zeros': return [like(() => 0)];
    case 'mean': return [like((feature) => mean(known(feature)))];
    case 'median': return [like((feature) => { const values = known(feature); return values.length ? quantile(values, 0.5) : NaN; })];
    case 'rows': return Array.from(drawnRows(data.count, parameters.number('nBaselines'), seed), fromRow);
    case 'row': {
      const place = parameters.number('baselineRow');
      if (place >= data.count) throw new ParameterError(`parameter 'baselineRow': found ${place}, expected a place from 0 to ${data.count - 1}`);
      return [fromRow(place)];
    }
  }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
