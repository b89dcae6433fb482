/** What methods over tables share: which features are asked about, columns, and many rows through the model. */
import { Random } from '../../tensor/random';
import type { SelfCheck } from '../method';
import type { Rows, TableContext, TableModel } from './tableMethod';

/** Numbers in one call of the model: bounds memory whatever the table's width is. */
const numbersAtOnce = 1 << 19;
const rowsAtOnce = 4096;

/** Indices of the features that are asked about; all where none are. Throws for one the model does not have. */
export function askedFeatures({ model, features }: Pick<TableContext, 'model' | 'features'>): readonly number[] {
  const { length } = model.features, wrong = features.find((feature) => !Number.isInteger(feature) || feature < 0 || feature >= length);
  if (wrong !== undefined) throw new Error(`feature number ${wrong} was asked for, but the table has ${length}, counted from 0`);
  return features.length ? features : model.features.map((_, index) => index);
}

/** One feature of every row, [count]. */
export function columnOf({ count, values }: Rows, width: number, feature: number): Float64Array {
  return Float64Array.from({ length: count }, (_, row) => values[row * width + feature]!);
}

/** The values that are not missing, in ascending order. */
export function sortedNumbers(column: Float64Array): Float64Array {
  return column.filter((value) => !Number.isNaN(value)).sort();
}

/** Different values of an ascending list. */
export function distinct(sorted: Float64Array): Float64Array {
  return sorted.filter((value, index) => index === 0 || value !== sorted[index - 1]);
}

/** Rows in an order drawn by the seed, so that the first ones already stand for all; at most `most`, 0 for all. */
export function drawnRows(count: number, most: number, seed: number): Int32Array {
  const order = new Random(seed).shuffle(Int32Array.from({ length: count }, (_, row) => row));
  return most > 0 && most < count ? order.slice(0, most) : order;
}

/** How many rows one call of the model takes. */
export function rowsPerCall(width: number): number {
  return Math.max(1, Math.min(rowsAtOnce, Math.floor(numbersAtOnce / Math.max(1, width))));
}

/** Rows that are put together when they are needed; `write` fills one. */
export interface MadeRows {
  readonly count: number;
  write(index: number, into: Float64Array): void;
}

/** The made rows [start, end). */
export function makeRows({ write }: MadeRows, start: number, end: number, width: number): Rows {
  const values = new Float64Array((end - start) * width);
  for (let index = start; index < end; index++) write(index, values.subarray((index - start) * width, (index - start + 1) * width));
  return { count: end - start, values };
}

/** Scores of made rows, call by call, in order. Throws the signal's reason between calls once it is cancelled. */
export async function* scoresOf({ model, signal }: Pick<TableContext, 'model' | 'signal'>, rows: MadeRows): AsyncGenerator<{ readonly start: number; readonly scores: Float64Array }, void, void> {
  const width = model.features.length, size = rowsPerCall(width);
  for (let start = 0; start < rows.count; start += size) {
    signal.throwIfAborted();
    yield { start, scores: await model.scores(makeRows(rows, start, Math.min(rows.count, start + size), width)) };
  }
  signal.throwIfAborted();
}

/** Scores of all made rows, [count]. */
export async function allScores(context: Pick<TableContext, 'model' | 'signal'>, rows: MadeRows): Promise<Float64Array> {
  const out = new Float64Array(rows.count);
  for await (const { start, scores } of scoresOf(context, rows)) out.set(scores, start);
  return out;
}

/** All outputs of all made rows, [count, outputs]. */
export async function allPredictions({ model, signal }: Pick<TableContext, 'model' | 'signal'>, rows: MadeRows): Promise<Float64Array> {
  const width = model.features.length, size = rowsPerCall(width), outputs = model.outputs.length, out = new Float64Array(rows.count * outputs);
  for (let start = 0; start < rows.count; start += size) {
    signal.throwIfAborted();
    out.set(await model.predict(makeRows(rows, start, Math.min(rows.count, start + size), width)), start * outputs);
  }
  signal.throwIfAborted();
  return out;
}

/** Rows of the table as they are. */
export function tableRows(data: Rows, width: number, order?: Int32Array): MadeRows {
  return { count: order?.length ?? data.count, write: (index, into) => into.set(rowOf(data, width, order ? order[index]! : index)) };
}

export function rowOf({ values }: Rows, width: number, row: number): Float64Array {
  return values.subarray(row * width, (row + 1) * width);
}

/** The class of each row: where its outputs are largest; of a single output, 1 above one half. */
export function classesOf(predictions: Float64Array, { outputs }: Pick<TableModel, 'outputs'>): Int32Array {
  const width = outputs.length;
  return Int32Array.from({ length: predictions.length / width }, (_, row) => {
    if (width === 1) return predictions[row]! > 0.5 ? 1 : 0;
    let best = 0;
    for (let k = 1; k < width; k++) if (predictions[row * width + k]! > predictions[row * width + best]!) best = k;
    return best;
  });
}

/** Says how many scores were no numbers and were left out. */
export function finiteCheck(missing: number, total: number): SelfCheck {
  return {
    id: 'finite', value: missing, ok: missing === 0,
    message: missing === 0 ? 'Every score was a number.' : `${missing} of ${total} scores were no numbers (missing values in their rows?) and were left out.`,
  };
}
