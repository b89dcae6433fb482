/** An explanation's record ↔ what must be asked for to make it again. */
import path from 'node:path';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { ExplainParams, ExplanationRecord } from '../../protocol/engine';
import { LensError } from '../../protocol/rpc';
import type { TableRecord } from '../../protocol/table';
import type { FloatTensor } from '../../tensor/tensor';
import { found } from './foundFile';
import { tableRecordsOf } from './table/record';

const largestFile = 64 * 2 ** 20;
/** Where a report holds its record. */
export const recordElement = 'model-lens-explanation';

/** SHA-256 of a tensor's numbers as they lie in an .npy file (little-endian float32). */
export function digestOf(tensor: FloatTensor): string {
  const { data } = tensor;
  return createHash('sha256').update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).digest('hex');
}

/** What was kept: an explanation of an input, or of a table, or a report of several of a table. */
export type Kept = { readonly record: ExplanationRecord } | { readonly tables: readonly TableRecord[] };

/**
 * The record in explanation.json (also named by its folder) or in a report. Nothing of the file is run; only its JSON is read.
 * @throws LensError saying what was found instead.
 */
export async function readKept(given: string): Promise<Kept & { /** The file that was read. */ readonly file: string }> {
  const file = await stat(given).then((entry) => entry.isDirectory(), () => false) ? path.join(given, 'explanation.json') : given, name = path.basename(file);
  const value = await readJson(file, name), tables = tableRecordsOf(value, name);
  return tables ? { tables, file } : { record: checked(value, name), file };
}

/** The same, of what is no table. @throws LensError for tables, too. */
export async function readRecord(given: string): Promise<ExplanationRecord> {
  const kept = await readKept(given);
  if ('tables' in kept) throw new LensError('badFile', `${path.basename(kept.file)}: is about a table, expected an explanation of one input`);
  return kept.record;
}

async function readJson(file: string, name: string): Promise<unknown> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new LensError('notFound', `${file}: no such file`);
  if (found.size > largestFile) throw new LensError('badFile', `${name}: has ${found.size} bytes, and explanations of at most ${largestFile} are read`);
  const content = await readFile(file, 'utf8');
  const json = /\.html?$/i.test(file) ? embedded(content) : content;
  if (json === undefined) throw new LensError('badFile', `${name}: is no report of Model Lens: it holds no explanation record`);
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw new LensError('badFile', `${name}: holds no readable explanation record (${error instanceof Error ? error.message.slice(0, 100) : 'not JSON'})`);
  }
}

function embedded(html: string): string | undefined {
  const start = html.indexOf(`<script type="application/json" id="${recordElement}">`);
  const from = html.indexOf('>', start) + 1, to = html.indexOf('</script>', from);
  return start < 0 || to < 0 ? undefined : html.slice(from, to);
}

function checked(value: unknown, name: string): ExplanationRecord {
  const fail = (field: string, expected: string): never => { throw new LensError('badFile', `${name}: ${field} is missing or of another kind, expected ${expected}`, 'give the explanation.json or the report that Model Lens wrote'); };
  const object = (field: string, candidate: unknown): Record<string, unknown> => (typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate) ? (candidate as Record<string, unknown>) : fail(field, 'an object'));
  const record = object('the record', value);
  for (const field of ['method', 'preset', 'input']) if (typeof record[field] !== 'string') fail(field, 'text');
  if (!Number.isSafeInteger(record.seed)) fail('seed', 'a whole number');
  for (const field of ['model', 'inputs', 'target', 'parameters']) object(field, record[field]);
  if (typeof (record.model as Record<string, unknown>).file !== 'string') fail('model.file', 'a path');
  for (const [input, given] of Object.entries(record.inputs as object)) if (typeof object(`inputs.${input}`, given).file !== 'string') fail(`inputs.${input}.file`, 'a path');
  if (!Number.isSafeInteger((record.target as Record<string, unknown>).index)) fail('target.index', 'a whole number');
  return value as ExplanationRecord;
}

/** What to ask for so that the same numbers come out. Files are looked for where they were, else beside the record. */
export async function paramsOf(record: ExplanationRecord, folder: string): Promise<ExplainParams> {
  const { target, preset } = record;
  const inputs: Record<string, string> = {};
  for (const [name, { file, row }] of Object.entries(record.inputs)) {
    Object.defineProperty(inputs, name, { value: `${await found(file, folder)}${row === undefined ? '' : `#${row}`}`, enumerable: true });
  }
  return {
    model: await found(record.model.file, folder), inputs, input: record.input, method: record.method,
    // A preset of this version could differ: all its parameters stand in the record.
    preset, parameters: record.parameters, seed: record.seed,
    target: {
      class: target.text ?? target.index, space: target.space as 'logit' | 'probability' | 'output',
      ...(target.text === undefined && { output: target.output }), ...(target.reference && { reference: await found(target.reference.file, folder) }),
    },
    ...(record.layer !== undefined && { layer: record.layer }), ...(record.tried && { preprocessing: record.tried }),
    device: record.device.id,
  };
}
