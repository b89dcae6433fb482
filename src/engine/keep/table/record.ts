/** The record of what was found of a table ↔ what must be asked for to find it again. */
import { LensError } from '../../../protocol/rpc';
import type { ExplainTableParams, TableRecord } from '../../../protocol/table';
import { found } from '../foundFile';

const mostRecords = 1000;

/** @returns undefined for what is no record of a table, nor a report's list of them. @throws LensError for one that lacks what it needs. */
export function tableRecordsOf(value: unknown, name: string): readonly TableRecord[] | undefined {
  const { kind, records } = isRecord(value) ? value : {};
  if (kind === 'table') return [checked(value, name)];
  if (kind !== 'tables') return undefined;
  if (!Array.isArray(records) || records.length === 0 || records.length > mostRecords) throw new LensError('badFile', `${name}: records: found ${Array.isArray(records) ? records.length : typeof records}, expected a list of 1 to ${mostRecords}`);
  return records.map((record) => checked(record, name));
}

function checked(value: unknown, name: string): TableRecord {
  const fail = (field: string, expected: string): never => { throw new LensError('badFile', `${name}: ${field} is missing or of another kind, expected ${expected}`, 'give the explanation.json or the report that Model Lens wrote'); };
  const object = (field: string, candidate: unknown): Record<string, unknown> => (isRecord(candidate) ? candidate : fail(field, 'an object'));
  const record = object('the record', value), data = object('data', record.data);
  for (const field of ['method', 'preset', 'numbers']) if (typeof record[field] !== 'string') fail(field, 'text');
  for (const [field, file] of [['model.file', object('model', record.model).file], ['data.file', data.file]] as const) if (typeof file !== 'string') fail(field, 'a path');
  for (const [field, number] of [['seed', record.seed], ['data.maxRows', data.maxRows], ['target.index', object('target', record.target).index]] as const) if (!Number.isSafeInteger(number)) fail(field, 'a whole number');
  object('parameters', record.parameters);
  if (!Array.isArray(record.features) || !record.features.every((feature) => typeof feature === 'string')) fail('features', 'a list of names');
  if (record.asked !== undefined) object('asked', record.asked);
  if (record.row !== undefined) {
    const { number, values } = object('row', record.row);
    if (!Number.isSafeInteger(number)) fail('row.number', 'a whole number');
    if (!Array.isArray(values) || !values.every((each) => each === null || typeof each === 'number')) fail('row.values', 'a list of numbers');
  }
  return value as TableRecord;
}

/** What to ask for so that the same numbers come out. Files are looked for where they were, else beside the record. */
export async function tableParamsOf({ model, data, method, preset, parameters, seed, features, target, row, asked, device }: TableRecord, folder: string): Promise<ExplainTableParams> {
  return {
    ...asked, model: await found(model.file, folder), file: await found(data.file, folder), maxRows: data.maxRows, seed,
    // A preset of this version could differ: all its parameters stand in the record.
    method, preset, parameters, ...(features.length > 0 && { features }), target: target.index, space: target.space as NonNullable<ExplainTableParams['space']>,
    ...(row && row.number >= 0 && { row: row.number }), ...(row?.edited && { values: row.values }), ...(isRecord(device) && { device: device.id }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
