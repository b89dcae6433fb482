/** What the model says of rows as they are typed or moved by sliders. */
import { LensError, type JobContext } from '../../protocol/rpc';
import type { PredictRowsParams, PredictRowsResult } from '../../protocol/table';
import type { Engine } from '../engine';
import { fitTable, readSource, tableModel } from '../table/openedTable';
import { typedRow } from './table';

const mostRows = 10_000;

/** @throws LensError for rows that have another number of features than the mapping, or values no feature can hold. */
export async function predictRows(engine: Engine, params: PredictRowsParams, { signal }: JobContext<never>): Promise<PredictRowsResult> {
  const { values } = params;
  if (!Array.isArray(values) || values.length > mostRows) throw new LensError('badInput', `values: found ${Array.isArray(values) ? `${values.length} rows` : typeof values}, expected a list of at most ${mostRows} rows`);
  const opened = await fitTable(engine, params, await readSource(engine, params, signal, () => undefined), { signal, warn: () => undefined });
  const model = await tableModel(opened, opened.reading.target, 'probability', signal), width = model.features.length, flat = new Float64Array(values.length * width);
  values.forEach((row, at) => flat.set(typedRow(row, width, `values[${at}]`), at * width));
  const said = await model.predict({ count: values.length, values: flat }), each = model.outputs.length;
  return { predictions: values.map((_, at) => Array.from(said.subarray(at * each, (at + 1) * each))) };
}
