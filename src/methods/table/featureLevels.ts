/** Features at levels from 0 to 1, for methods that vary all of them at once over what the table holds. */
import type { ParameterSpec } from '../method';
import type { ParameterReader } from '../parameters';
import { askedFeatures, columnOf, drawnRows, rowOf, sortedNumbers } from './rows';
import type { TableContext } from './tableMethod';

/** @param low, high the percentiles that are usual. */
export const levelParameters = (low: number, high: number): readonly ParameterSpec[] => [
  { name: 'values', type: 'choice', choices: ['column', 'range'], default: 'column', about: "What a level is: a quantile of the feature's own values (column), or a place between its percentiles as on a ruler (range; categories are always their own)." },
  { name: 'lowPercentile', type: 'number', default: low, minimum: 0, maximum: 1, about: 'The share of rows below the lowest level.' },
  { name: 'highPercentile', type: 'number', default: high, minimum: 0, maximum: 1, about: 'The share of rows below the highest level.' },
];

export interface FeatureLevels {
  /** Features that vary: those that are asked about and have more than one value. */
  readonly varied: readonly number[];
  /** Asked features with one value or none. */
  readonly still: readonly number[];
  /** Row number `draw` of the table with every varied feature at its level, written to `into`. */
  write(levels: ArrayLike<number>, draw: number, into: Float64Array): void;
}

/** What is not asked about is as in a row of the table, another one each draw. */
export function featureLevels(context: Pick<TableContext, 'model' | 'data' | 'features' | 'seed'>, parameters: ParameterReader): FeatureLevels {
  const { model, data, seed } = context, width = model.features.length, asked = askedFeatures(context), rows = drawnRows(data.count, 0, seed);
  const [low, high] = [parameters.number('lowPercentile'), parameters.number('highPercentile')], ruler = parameters.text('values') === 'range';
  const sorted = new Map(asked.map((feature) => [feature, sortedNumbers(columnOf(data, width, feature))]));
  const varied = asked.filter((feature) => { const values = sorted.get(feature)!; return values.length > 0 && values[0] !== values[values.length - 1]; });
  const valueAt = (feature: number, level: number): number => {
    const values = sorted.get(feature)!, { kind } = model.features[feature]!, share = (at: number): number => values[Math.round(at * (values.length - 1))]!;
    if (!ruler || kind === 'category') return share(low + level * (high - low));
    const value = share(low) + level * (share(high) - share(low));
    return kind === 'integer' ? Math.round(value) : value;
  };
  return {
    varied, still: asked.filter((feature) => !varied.includes(feature)),
    write: (levels, draw, into) => {
      into.set(rowOf(data, width, rows[draw % rows.length]!));
      varied.forEach((feature, i) => { into[feature] = valueAt(feature, levels[i]!); });
    },
  };
}
