import path from 'node:path';
import type { AgainVerdict } from '../../protocol/keep';
import type { JobContext } from '../../protocol/rpc';
import type { ExplainTableProgress, ExplainTableResult, TableRecord, TableSource } from '../../protocol/table';
import type { Engine } from '../engine';
import { tableParamsOf } from '../keep/table/record';
import { explainTable } from './table';

export interface TableAgain {
  readonly result: ExplainTableResult;
  readonly before: TableRecord;
  readonly verdict: AgainVerdict;
}

/** Finds again what a record tells of, and says whether the same numbers came out and what is not as it was. @param folder of the record. */
export async function againTable(engine: Engine, before: TableRecord, folder: string, device: TableSource['device'], context: JobContext<ExplainTableProgress>): Promise<TableAgain> {
  const result = await explainTable(engine, { ...(await tableParamsOf(before, folder)), ...(device !== undefined && { device }) }, context);
  return { result, before, verdict: compareTables(before, result.record) };
}

function compareTables(before: TableRecord, now: TableRecord): AgainVerdict {
  const changed: string[] = [];
  if (before.model.sha256 !== now.model.sha256) changed.push(`The model file has changed since: ${path.basename(now.model.file)}.`);
  if (before.data.sha256 !== now.data.sha256) changed.push(`The table has changed since: ${path.basename(now.data.file)}.`);
  if (before.device?.detail !== now.device.detail) changed.push(`It was made on ${before.device?.detail ?? 'another device'}, now on ${now.device.detail}.`);
  for (const [name, version] of Object.entries(now.versions)) {
    const old = before.versions?.[name];
    if (old !== undefined && old !== version) changed.push(`It was made with ${name} ${old}, now with ${version}.`);
  }
  return { equal: before.numbers === now.numbers, changed };
}
