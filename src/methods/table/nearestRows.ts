/** The rows of the table that are most like one row, and what the model says of them. */
import { ParameterReader, resolveParameters } from '../parameters';
import { cunnane } from './grid';
import { allPredictions, askedFeatures, classesOf, columnOf, rowOf, sortedNumbers, tableRows } from './rows';
import { rowOfContext } from './shap';
import type { Feature, Neighbours, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

const answers = ['any', 'same', 'other'] as const;

/**
 * Gower's distance: the mean over features of |a − b| beside the feature's spread (from the 5 % to the 95 % percentile),
 * at most 1; categories are 0 or 1 apart, as are a value and a missing one. Between 0 (the same) and 1.
 *
 * Gower 1971, doi 10.2307/2528823.
 */
export const nearestRows: TableMethod = {
  id: 'nearest-rows',
  title: 'Nearest rows',
  question: 'Which rows of the table are most like this one, and what does the model say of them?',
  source: 'Gower 1971, doi 10.2307/2528823',
  scope: 'local',
  needs: ['row'],
  parameters: [
    { name: 'nRows', type: 'integer', default: 10, minimum: 1, maximum: 1000, about: 'How many rows.' },
    { name: 'answer', type: 'choice', choices: answers, default: 'any', about: 'Whether only rows that get the same answer as this one, or another, count (for values: on the same or the other side of the median).' },
  ],
  presets: { gower: {}, unlike: { answer: 'other' } },
  applies: ({ data }) => (data.count > 1 ? { applies: true } : { applies: false, reason: `At least two rows are needed, found ${data.count}.` }),
  explain,
};

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data } = context, width = model.features.length, row = rowOfContext(context), asked = askedFeatures(context);
  const reader = new ParameterReader(resolveParameters(nearestRows, context.parameters).parameters), answer = reader.text('answer') as (typeof answers)[number];
  const spreads = model.features.map((_, feature) => spreadOf(sortedNumbers(columnOf(data, width, feature))));
  yield { done: 0, total: 2 };
  const distances = Float64Array.from({ length: data.count }, (_, k) => {
    const other = rowOf(data, width, k);
    return asked.reduce((sum, feature) => sum + apart(model.features[feature]!, row[feature]!, other[feature]!, spreads[feature]!), 0) / asked.length;
  });
  const order = Int32Array.from(distances.keys()).sort((a, b) => distances[a]! - distances[b]! || a - b), itself = order.find((place) => rowOf(data, width, place).every((value, j) => Object.is(value, row[j])));
  const others = order.filter((place) => place !== itself);
  yield { done: 1, total: 2 };
  const said = await allPredictions(context, tableRows(data, width)), own = await model.predict({ count: 1, values: row }), sideOf = sides(context, said);
  const mine = sideOf(own), alike = (place: number): boolean => sideOf(said.subarray(place * model.outputs.length, (place + 1) * model.outputs.length)) === mine;
  const most = reader.number('nRows'), chosen = (answer === 'any' ? others : others.filter((place) => alike(place) === (answer === 'same'))).slice(0, most), outputs = model.outputs.length;
  const finding: Neighbours = {
    kind: 'neighbours', places: chosen, distances: Float64Array.from(chosen, (place) => distances[place]!),
    rows: Float64Array.from({ length: chosen.length * width }, (_, i) => data.values[chosen[Math.floor(i / width)]! * width + (i % width)]!),
    predictions: Float64Array.from({ length: chosen.length * outputs }, (_, i) => said[chosen[Math.floor(i / outputs)]! * outputs + (i % outputs)]!),
  };
  const near = others.slice(0, most), agree = near.filter(alike).length, share = near.length ? agree / near.length : NaN;
  return {
    finding,
    checks: [
      { id: 'agreement', value: share, ok: share >= 0.5, message: `Of the ${near.length} nearest rows ${agree} get the same answer${model.task === 'classification' ? '' : ' (on the same side of the median)'}${share >= 0.5 ? '.' : ': this row is an exception among its neighbours.'}` },
      ...(chosen.length < most && answer !== 'any' ? [{ id: 'few', value: chosen.length, ok: chosen.length > 0, message: chosen.length ? `Only ${chosen.length} rows get ${answer === 'same' ? 'the same' : 'another'} answer.` : `No row gets ${answer === 'same' ? 'the same' : 'another'} answer.` }] : []),
    ],
  };
}

/** The class of a row's outputs; of values, the side of the table's median. */
function sides({ model }: TableContext, said: Float64Array): (outputs: Float64Array) => number {
  if (model.task === 'classification') return (outputs) => classesOf(outputs, model)[0]!;
  const sorted = sortedNumbers(said.filter((_, i) => i % model.outputs.length === 0)), median = sorted.length ? sorted[sorted.length >> 1]! : 0;
  return (outputs) => (outputs[0]! >= median ? 1 : 0);
}

function apart({ kind }: Feature, a: number, b: number, spread: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  return kind === 'category' || Number.isNaN(a) || Number.isNaN(b) ? 1 : Math.min(1, Math.abs(a - b) / spread);
}

function spreadOf(sorted: Float64Array): number {
  if (sorted.length === 0) return 1;
  return cunnane(sorted, 0.95) - cunnane(sorted, 0.05) || sorted[sorted.length - 1]! - sorted[0]! || 1;
}
