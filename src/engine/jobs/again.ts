import path from 'node:path';
import type { ExplainProgress, ExplanationRecord } from '../../protocol/engine';
import type { AgainVerdict, KeepRequests } from '../../protocol/keep';
import type { JobContext } from '../../protocol/rpc';
import type { Engine } from '../engine';
import { paramsOf, readRecord } from '../keep/record';
import { explain, type Explained } from './explain';

export interface ExplainedAgain {
  readonly explained: Explained;
  readonly verdict: AgainVerdict;
}

/** Makes a kept explanation again, and says whether the same numbers came out and what is not as it was. */
export async function again(engine: Engine, { file, device }: KeepRequests['again']['params'], context: JobContext<ExplainProgress>): Promise<ExplainedAgain> {
  const before = await readRecord(file);
  const params = await paramsOf(before, path.dirname(path.resolve(file)));
  const explained = await explain(engine, { ...params, ...(device !== undefined && { device }) }, context);
  return { explained, verdict: compareRecords(before, explained.result.record) };
}

/** What differs between the record of an explanation and that of the same made again. */
export function compareRecords(before: ExplanationRecord, now: ExplanationRecord): AgainVerdict {
  const changed: string[] = [];
  if (before.model.sha256 !== now.model.sha256) changed.push(`The model file has changed since: ${path.basename(now.model.file)}.`);
  for (const [name, { sha256, file }] of Object.entries(now.inputs)) {
    if (before.inputs[name] && before.inputs[name].sha256 !== sha256) changed.push(`The input '${name}' has changed since: ${path.basename(file)}.`);
  }
  if (before.device?.detail !== now.device.detail) changed.push(`It was made on ${before.device?.detail ?? 'another device'}, now on ${now.device.detail}.`);
  for (const [name, version] of Object.entries(now.versions)) {
    const old = before.versions?.[name];
    if (old !== undefined && old !== version) changed.push(`It was made with ${name} ${old}, now with ${version}.`);
  }
  const was = before.attributions?.sha256;
  return { ...(was !== undefined && { equal: was === now.attributions?.sha256 }), changed };
}
