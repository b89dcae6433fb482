/** Partial dependence on two features at once. */
import { ParameterReader, resolveParameters } from '../parameters';
import { EffectSums } from './effectSums';
import { effectGrid, nearest } from './grid';
import { anyNumbers, gridParameters } from './pdp';
import { correlationCheck } from './correlation';
import { allScores, columnOf, drawnRows, finiteCheck, rowOf, rowsPerCall, scoresOf, sortedNumbers, tableRows } from './rows';
import type { Rows, Surface, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/** PD(v, w) = mean over rows of f(row with both features set). Friedman 2001; preset `sklearn`, but 20 values each. */
export const pdp2d: TableMethod = {
  id: 'pdp-2d',
  title: 'Partial dependence on two features',
  question: 'What is the score on average when these two features are set to each pair of their values?',
  source: 'Friedman 2001, doi 10.1214/aos/1013203451',
  scope: 'global',
  needs: ['twoFeatures'],
  parameters: [
    { name: 'gridResolution', type: 'integer', default: 20, minimum: 2, maximum: 200, about: 'Values of each feature.' },
    ...gridParameters,
    { name: 'centred', type: 'boolean', default: false, about: 'Less the average score of the rows as they are, so that 0 is the usual score.' },
  ],
  presets: { sklearn: {}, sample: { maxRows: 500 }, centred: { centred: true } },
  applies: (context) => twoFeatures(context),
  explain,
};

/** Whether two different features are asked about, each with a value in some row. */
export function twoFeatures(context: Omit<TableContext, 'signal'>): { applies: boolean; reason?: string } {
  const { features } = context;
  if (features.length !== 2 || features[0] === features[1]) return { applies: false, reason: `Two different features are needed, found ${features.length === 2 ? 'the same twice' : features.length}.` };
  for (const feature of features) {
    const answer = anyNumbers({ ...context, features: [feature] });
    if (!answer.applies) return answer;
  }
  return { applies: true };
}

/** The two asked features. Throws what `twoFeatures` says where they are not two. */
export function askedPair(context: TableContext): [number, number] {
  const { applies, reason } = twoFeatures(context);
  if (!applies) throw new Error(reason);
  return [context.features[0]!, context.features[1]!];
}

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed } = context, width = model.features.length, [a, b] = askedPair(context);
  const reader = new ParameterReader(resolveParameters(pdp2d, context.parameters).parameters), centred = reader.boolean('centred');
  const gridOf = (feature: number): Float64Array => effectGrid(model.features[feature]!, sortedNumbers(columnOf(data, width, feature)), reader.number('gridResolution'), [reader.number('lowPercentile'), reader.number('highPercentile')]);
  const grids = [gridOf(a), gridOf(b)] as const, columns = grids[1].length, points = grids[0].length * columns;
  const rows = drawnRows(data.count, reader.number('maxRows'), seed), total = rows.length;
  const own = centred ? await allScores(context, tableRows(data, width, rows)) : new Float64Array(total);
  const sums = new EffectSums(points), unsupported = emptyCells(data, width, [a, b], grids);
  const surface = (): Surface => ({ kind: 'surface', features: [a, b], grids, values: sums.means(), unsupported });
  const each = Math.max(1, Math.floor(rowsPerCall(width) / points));
  for (let start = 0; start < total; start += each) {
    const end = Math.min(total, start + each), scores = new Float64Array((end - start) * points);
    const made = {
      count: scores.length,
      write: (index: number, into: Float64Array) => {
        const point = index % points;
        into.set(rowOf(data, width, rows[start + Math.floor(index / points)]!));
        into[a] = grids[0][Math.floor(point / columns)]!;
        into[b] = grids[1][point % columns]!;
      },
    };
    for await (const batch of scoresOf(context, made)) scores.set(batch.scores, batch.start);
    for (let row = start; row < end; row++) {
      const plane = scores.subarray((row - start) * points, (row - start + 1) * points);
      if (centred) for (let i = 0; i < points; i++) plane[i]! -= own[row]!;
      sums.add(plane);
    }
    const standardError = sums.relativeError();
    yield { done: end, total, partial: surface(), ...(standardError !== undefined && { standardError }) };
  }
  return {
    finding: surface(),
    checks: [correlationCheck(context, [a, b], 'look only where the table has rows, or at ale-2d.'), supportCheck(unsupported), finiteCheck(sums.missing, total)],
    chosen: { rows: total },
  };
}

/** 1 for points of the grid with no row near: neither at the point nor at one of its neighbours. */
function emptyCells({ count, values }: Rows, width: number, [a, b]: readonly [number, number], [gridA, gridB]: readonly [Float64Array, Float64Array]): Uint8Array {
  const empty = new Uint8Array(gridA.length * gridB.length).fill(1);
  for (let row = 0; row < count; row++) {
    const valueA = values[row * width + a]!, valueB = values[row * width + b]!;
    if (Number.isNaN(valueA) || Number.isNaN(valueB)) continue;
    const i = nearest(gridA, valueA), j = nearest(gridB, valueB);
    for (let di = Math.max(0, i - 1); di <= Math.min(gridA.length - 1, i + 1); di++) {
      for (let dj = Math.max(0, j - 1); dj <= Math.min(gridB.length - 1, j + 1); dj++) empty[di * gridB.length + dj] = 0;
    }
  }
  return empty;
}

export function supportCheck(unsupported: Uint8Array): { id: string; value: number; ok: boolean; message: string } {
  const share = unsupported.reduce((sum, bit) => sum + bit, 0) / (unsupported.length || 1);
  return { id: 'unsupported', value: share, ok: share <= 0.25, message: share === 0 ? 'There are rows everywhere on the surface.' : `${Math.round(100 * share)} % of the surface has no rows near: there it shows what the model makes of rows that do not occur.` };
}
