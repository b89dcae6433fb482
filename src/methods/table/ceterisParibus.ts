/** Ceteris paribus: the score of one row along each of its features, all else as it is. */
import { ParameterReader, resolveParameters } from '../parameters';
import { effectGrid } from './grid';
import { allScores, askedFeatures, columnOf, distinct, finiteCheck, sortedNumbers } from './rows';
import { rowOfContext, scoreOfRow } from './shap';
import type { Curve, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/**
 * f(row with feature j at v) for v along the feature's values in the table; the row's own value is always one of them.
 *
 * Biecek and Burzykowski 2021, Explanatory Model Analysis, chapter 10; the single curves of Goldstein et al. 2013,
 * arXiv 1309.6392.
 */
export const ceterisParibus: TableMethod = {
  id: 'ceteris-paribus',
  title: 'Ceteris paribus',
  question: 'How would the score of this row change along each of its features, all else as it is?',
  source: 'Biecek and Burzykowski 2021, Explanatory Model Analysis, ch. 10; Goldstein et al. 2013, arXiv 1309.6392',
  scope: 'local',
  needs: ['row'],
  parameters: [
    { name: 'gridResolution', type: 'integer', default: 50, minimum: 2, maximum: 1000, about: 'Values of each feature; of those with fewer, and of categories, all.' },
    { name: 'lowPercentile', type: 'number', default: 0, minimum: 0, maximum: 1, about: 'The share of rows below the first value.' },
    { name: 'highPercentile', type: 'number', default: 1, minimum: 0, maximum: 1, about: 'The share of rows below the last value.' },
  ],
  presets: { dalex: {} },
  applies: ({ data }) => (data.count > 0 ? { applies: true } : { applies: false, reason: 'The table has no rows that could tell which values a feature takes.' }),
  explain,
};

/** Features between two looks. */
const featuresAtOnce = 16;

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data } = context, width = model.features.length, row = rowOfContext(context), own = await scoreOfRow(context, row), asked = askedFeatures(context);
  const reader = new ParameterReader(resolveParameters(ceterisParibus, context.parameters).parameters);
  const grids = asked.map((feature) => gridWith(row[feature]!, sortedNumbers(columnOf(data, width, feature)), (sorted) => effectGrid(model.features[feature]!, sorted, reader.number('gridResolution'), [reader.number('lowPercentile'), reader.number('highPercentile')])));
  const curves: Curve[] = [], skipped: string[] = [];
  let missing = 0, evaluated = 0, swing = 0, widest = '';
  for (let start = 0; start < asked.length; start += featuresAtOnce) {
    const part = grids.slice(start, start + featuresAtOnce), points = part.flatMap((grid, k) => Array.from(grid, (value) => ({ feature: asked[start + k]!, value })));
    const scores = await allScores(context, { count: points.length, write: (index, into) => { into.set(row); into[points[index]!.feature] = points[index]!.value; } });
    let at = 0;
    part.forEach((grid, k) => {
      const feature = asked[start + k]!, values = scores.slice(at, at += grid.length), { name } = model.features[feature]!, known = values.filter(Number.isFinite);
      if (grid.length === 0) { skipped.push(name); return; }
      missing += grid.length - known.length;
      evaluated += grid.length;
      const reach = known.reduce((most, value) => Math.max(most, value), -Infinity) - known.reduce((least, value) => Math.min(least, value), Infinity);
      if (reach > swing) [swing, widest] = [reach, name];
      curves.push({ feature, grid, values });
    });
    yield { done: Math.min(asked.length, start + featuresAtOnce), total: asked.length, partial: { kind: 'curves', curves: [...curves] } };
  }
  return {
    finding: { kind: 'curves', curves },
    checks: [
      { id: 'swing', value: swing, ok: swing > 0, message: swing > 0 ? `From ${own.toPrecision(4)}, '${widest}' alone moves the score the most: over a range of ${swing.toPrecision(3)}.` : 'No feature moves the score of this row by itself.' },
      finiteCheck(missing, evaluated),
      ...(skipped.length ? [{ id: 'skipped', value: skipped.length, ok: false, message: `Left out, because no row has a value: ${skipped.join(', ')}.` }] : []),
    ],
    chosen: { points: evaluated },
  };
}

/** The grid with the row's own value on it, ascending. */
function gridWith(own: number, sorted: Float64Array, grid: (sorted: Float64Array) => Float64Array): Float64Array {
  const known = Number.isNaN(own) ? [] : [own];
  return distinct(Float64Array.from([...(sorted.length ? grid(sorted) : []), ...known]).sort());
}
