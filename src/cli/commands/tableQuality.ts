/** `model-lens table --quality` and `--rows`: how good the model is, and the rows behind it. */
import path from 'node:path';
import { openTable } from '../../engine/jobs/table';
import { tableQuality } from '../../engine/jobs/tableQuality';
import { tableRows } from '../../engine/jobs/tableRows';
import { makeOutputFolder } from '../../engine/keep/outputFolder';
import { saveQuality, saveRows } from '../../engine/table/saveQuality';
import { LensError } from '../../protocol/rpc';
import type { TableRowsParams, TableSource } from '../../protocol/table';
import { choice, flag, integer, text, texts, UsageError, type Parsed } from '../arguments';
import type { CommandContext } from '../start';
import { describeQuality, describeRows } from '../tableQualityText';
import { clearLine, note, print, printJson, status } from '../terminal';

export const qualityOptions = {
  quality: { type: 'boolean' }, group: { type: 'string' }, rows: { type: 'boolean' }, sort: { type: 'string' }, actual: { type: 'string' }, said: { type: 'string' }, limit: { type: 'string' }, offset: { type: 'string' },
} as const;

const rowsOnly = ['sort', 'actual', 'said', 'limit', 'offset'], methodsOnly = ['preset', 'row', 'space', 'set', 'feature'];

/** Whether the command line asks for quality or rows, not for a method. @throws UsageError for flags that do not go together. */
export function asksForQuality(parsed: Parsed): boolean {
  const quality = flag(parsed, 'quality'), rows = flag(parsed, 'rows');
  if (quality && rows) throw new UsageError('--quality and --rows are two questions: ask one at a time', 'table');
  if (!quality && text(parsed, 'group') !== undefined) throw new UsageError('--group goes with --quality', 'table');
  const lost = rows ? undefined : rowsOnly.find((name) => text(parsed, name) !== undefined);
  if (lost !== undefined) throw new UsageError(`--${lost} goes with --rows`, 'table');
  if ((quality || rows) && text(parsed, 'method') !== undefined) throw new UsageError(`--${quality ? 'quality' : 'rows'} and --method are two questions: ask one at a time`, 'table');
  const idle = quality || rows ? methodsOnly.find((name) => text(parsed, name) !== undefined || texts(parsed, name).length > 0) : undefined;
  if (idle !== undefined) throw new UsageError(`--${idle} goes with --method`, 'table');
  return quality || rows;
}

export async function runQuality(parsed: Parsed, source: TableSource, { engine, signal }: CommandContext): Promise<void> {
  const target = text(parsed, 'target'), chosen = { ...source, ...(target !== undefined && { target }) };
  if (flag(parsed, 'rows')) return listRows(parsed, chosen, { engine, signal });
  const group = text(parsed, 'group'), out = text(parsed, 'out');
  if (out !== undefined) await makeOutputFolder(out);
  const quality = await tableQuality(engine, { ...chosen, ...(group !== undefined && { group }) }, { signal, progress: ({ type, done, total }) => status(type === 'rows' ? `${done} of ${total} rows run` : `${done} of ${total} pairs of columns searched`) });
  clearLine();
  quality.notes.forEach((line) => note(`note: ${line}`));
  const files = out === undefined ? [] : await saveQuality(out, quality);
  if (flag(parsed, 'json')) printJson(quality);
  else print([describeQuality(quality), ...wrote(files)].join('\n'));
}

function wrote(files: readonly string[]): string[] {
  return files.map((file) => `wrote ${path.relative('', file) || file}`);
}

async function listRows(parsed: Parsed, source: TableRowsParams, { engine, signal }: CommandContext): Promise<void> {
  const by = choice(parsed, 'table', 'sort', ['number', 'error', 'score']), limit = integer(parsed, 'table', 'limit', 1, 1000) ?? 20, offset = integer(parsed, 'table', 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const opened = await openTable(engine, source, { signal, progress: ({ rows }) => status(`${rows} rows read`) });
  if (opened.problem) throw new LensError(opened.problem.code, opened.problem.message, opened.problem.remedy);
  const place = (name: 'actual' | 'said'): number | undefined => {
    const wanted = text(parsed, name), outputs = opened.reading!.outputs;
    if (wanted === undefined) return undefined;
    const found = outputs.indexOf(wanted);
    if (found < 0) throw new UsageError(`--${name} '${wanted}' is no class; they are ${outputs.slice(0, 20).join(', ')}`, 'table');
    return found;
  };
  const actual = place('actual'), said = place('said');
  // The worst and the most certain are what people ask for.
  const params = { ...source, limit, offset, ...(by && { sort: { by, descending: by !== 'number' } }), ...(actual !== undefined && { actual }), ...(said !== undefined && { said }) };
  const result = await tableRows(engine, params, { signal, progress: ({ done, total }) => status(`${done} of ${total} rows run`) });
  clearLine();
  opened.warnings.forEach((line) => note(`note: ${line}`));
  const out = text(parsed, 'out'), files = out === undefined ? [] : await saveRows(out, result, opened);
  if (flag(parsed, 'json')) printJson(result);
  else print([describeRows(result, opened), ...wrote(files)].join('\n'));
}
