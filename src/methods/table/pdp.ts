/** Partial dependence: the average score when one feature is set to each of its values, and the single rows' curves. */
import { ParameterReader, resolveParameters } from '../parameters';
import type { ParameterSpec } from '../method';
import { EffectSums } from './effectSums';
import { effectGrid } from './grid';
import { correlationCheck } from './correlation';
import { allScores, askedFeatures, columnOf, drawnRows, finiteCheck, rowOf, rowsPerCall, scoresOf, sortedNumbers, tableRows } from './rows';
import type { Curve, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

export const gridParameters: readonly ParameterSpec[] = [
  { name: 'lowPercentile', type: 'number', default: 0.05, minimum: 0, maximum: 1, about: 'The share of rows below the first value.' },
  { name: 'highPercentile', type: 'number', default: 0.95, minimum: 0, maximum: 1, about: 'The share of rows below the last value.' },
  { name: 'maxRows', type: 'integer', default: 0, minimum: 0, maximum: 10_000_000, about: 'Rows that are averaged over, drawn at random; 0 takes all.' },
];

/**
 * PD(v) = mean over rows of f(row with the feature set to v); centred, less mean f(row), so that it says how far above or
 * below the usual score a value brings a row. A row's own curve (ICE) is centred by its own score, so that the
 * average of the curves is the line.
 *
 * Friedman 2001, Annals of Statistics 29(5); ICE: Goldstein et al. 2013, arXiv 1309.6392. Preset `sklearn`: 100 values
 * evenly between the 5 % and 95 % percentiles, or the values themselves where there are fewer, and all rows; `sample`: 50 values, 500 rows.
 */
export const pdp: TableMethod = {
  id: 'pdp',
  title: 'Partial dependence',
  question: 'What is the score on average when this feature is set to each of its values, and how do single rows differ?',
  source: 'Friedman 2001, doi 10.1214/aos/1013203451; ICE: Goldstein et al. 2013, arXiv 1309.6392',
  scope: 'global',
  needs: [],
  parameters: [
    { name: 'gridResolution', type: 'integer', default: 100, minimum: 2, maximum: 1000, about: 'Values of the feature.' },
    ...gridParameters,
    { name: 'centred', type: 'boolean', default: false, about: 'Less the average score of the rows as they are, so that 0 is the usual score.' },
    { name: 'iceRows', type: 'integer', default: 50, minimum: 0, maximum: 10_000, about: 'Rows whose own curves are returned.' },
  ],
  presets: { sklearn: {}, sample: { gridResolution: 50, maxRows: 500 }, centred: { centred: true } },
  applies: (context) => anyNumbers(context),
  explain,
};

/** Whether there are rows, and a value in one of the asked columns. */
export function anyNumbers({ model, data, features }: Omit<TableContext, 'signal'>): { applies: boolean; reason?: string } {
  if (data.count === 0) return { applies: false, reason: 'The table has no rows.' };
  const width = model.features.length, asked = askedFeatures({ model, features });
  const filled = asked.some((feature) => columnOf(data, width, feature).some((value) => !Number.isNaN(value)));
  return filled ? { applies: true } : { applies: false, reason: `No row has a value of ${asked.map((feature) => `'${model.features[feature]!.name}'`).slice(0, 3).join(', ')}.` };
}

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed } = context, width = model.features.length, asked = askedFeatures(context);
  const reader = new ParameterReader(resolveParameters(pdp, context.parameters).parameters), centred = reader.boolean('centred');
  const rows = drawnRows(data.count, reader.number('maxRows'), seed), shown = Math.min(rows.length, reader.number('iceRows'));
  const own = centred ? await allScores(context, tableRows(data, width, rows)) : new Float64Array(rows.length);
  const curves: Curve[] = [], skipped: string[] = [];
  let missing = 0, done = 0, worst = 0;
  const total = asked.length * rows.length;
  for (const feature of asked) {
    const sorted = sortedNumbers(columnOf(data, width, feature));
    if (sorted.length === 0) {
      skipped.push(model.features[feature]!.name);
      done += rows.length;
      continue;
    }
    const grid = context.given?.[`grid${feature}`] ?? effectGrid(model.features[feature]!, sorted, reader.number('gridResolution'), [reader.number('lowPercentile'), reader.number('highPercentile')]);
    const sums = new EffectSums(grid.length), ice = new Float64Array(shown * grid.length), points = grid.length;
    const curve = (rowsDone: number): Curve => ({
      feature, grid, values: sums.means(), standardErrors: sums.standardErrors(),
      ...(shown > 0 && { ice: { rows: rows.slice(0, Math.min(shown, rowsDone)), values: ice.slice(0, Math.min(shown, rowsDone) * points) } }),
    });
    // Whole rows a call: every call then adds to every point of the curve.
    const each = Math.max(1, Math.floor(rowsPerCall(width) / points));
    for (let start = 0; start < rows.length; start += each) {
      const end = Math.min(rows.length, start + each), scores = new Float64Array((end - start) * points);
      const made = {
        count: scores.length,
        write: (index: number, into: Float64Array) => {
          into.set(rowOf(data, width, rows[start + Math.floor(index / points)]!));
          into[feature] = grid[index % points]!;
        },
      };
      for await (const batch of scoresOf(context, made)) scores.set(batch.scores, batch.start);
      for (let row = start; row < end; row++) {
        const line = scores.subarray((row - start) * points, (row - start + 1) * points);
        if (centred) for (let i = 0; i < points; i++) line[i]! -= own[row]!;
        sums.add(line);
        if (row < shown) ice.set(line, row * points);
      }
      done += end - start;
      const standardError = sums.relativeError();
      yield { done, total, partial: { kind: 'curves', curves: [...curves, curve(end)] }, ...(standardError !== undefined && { standardError }) };
    }
    missing += sums.missing;
    worst = Math.max(worst, maximum(sums.standardErrors()));
    curves.push(curve(rows.length));
  }
  return {
    finding: { kind: 'curves', curves },
    checks: [
      correlationCheck(context, asked, 'the curve averages over rows that the table does not have; accumulated local effects (ale) do not.'),
      { id: 'standardError', value: worst, ok: Number.isFinite(worst), message: Number.isFinite(worst) ? `With ${rows.length} rows, no point of the curves is less sure than ±${worst.toPrecision(2)} (standard error).` : 'One row tells nothing about how sure an average is.' },
      finiteCheck(missing, total),
      ...(skipped.length ? [{ id: 'skipped', value: skipped.length, ok: false, message: `Left out, because no row has a value: ${skipped.join(', ')}.` }] : []),
    ],
    chosen: { rows: rows.length },
  };
}

function maximum(values: Float64Array): number {
  return values.reduce((most, value) => (Number.isNaN(value) ? Infinity : Math.max(most, value)), 0);
}
