import path from 'node:path';
import { again } from '../../engine/jobs/again';
import { againTable } from '../../engine/jobs/againTable';
import { readKept } from '../../engine/keep/record';
import { saveExplanation } from '../../engine/keep/saveExplanation';
import { makeOutputFolder } from '../../engine/keep/outputFolder';
import { saveTable } from '../../engine/table/saveTable';
import { LensError } from '../../protocol/rpc';
import type { TableRecord } from '../../protocol/table';
import { choice, devices, flag, parse, text, type Parsed } from '../arguments';
import type { CommandContext } from '../start';
import { clearLine, note, print, printJson } from '../terminal';
import { describeExplanation, sayProgress } from './explain';
import { describeTable, sayTableProgress } from './table';

const options = { device: { type: 'string' }, out: { type: 'string' } } as const;

/** model-lens again explanation.json|REPORT.html|FOLDER */
export async function runAgain(argv: readonly string[], context: CommandContext): Promise<void> {
  const parsed = parse('again', argv, options, { least: 1, most: 1, names: 'FILE' });
  const out = text(parsed, 'out');
  if (out !== undefined) await makeOutputFolder(out);
  const kept = await readKept(parsed.positionals[0]!);
  if ('tables' in kept) return tablesAgain(kept.tables, kept.file, parsed, context);
  const { explained, verdict } = await again(context.engine, { file: kept.file, device: choice(parsed, 'again', 'device', devices) }, { signal: context.signal, progress: (value) => sayProgress('again', value) });
  clearLine();
  const { record } = explained.result;
  for (const change of verdict.changed) note(`note: ${change}`);
  const files = out === undefined ? [] : await saveExplanation(out, explained);
  if (flag(parsed, 'json')) printJson({ ...record, verdict });
  else print(`${describeExplanation(record, files)}\n${sayVerdict(verdict.equal)}`);
  if (verdict.equal === false) throw new LensError('failed', `the numbers differ from those in ${path.basename(kept.file)}`, verdict.changed.length ? 'the notes say what has changed since' : undefined);
}

/** Everything a report tells of a table, or the one finding of an explanation.json; a folder for each where there are several. */
async function tablesAgain(records: readonly TableRecord[], file: string, parsed: Parsed, { engine, signal }: CommandContext): Promise<void> {
  const out = text(parsed, 'out'), device = choice(parsed, 'again', 'device', devices), json: unknown[] = [], said = new Set<string>();
  let different = 0;
  for (const [at, before] of records.entries()) {
    const { result, verdict } = await againTable(engine, before, path.dirname(path.resolve(file)), device, { signal, progress: (value) => sayTableProgress(before.method, value) });
    clearLine();
    for (const change of verdict.changed) if (!said.has(change)) note(`note: ${change}`);
    verdict.changed.forEach((change) => said.add(change));
    const files = out === undefined ? [] : await saveTable(records.length === 1 ? out : path.join(out, `${at + 1}-${before.method}`), result);
    if (verdict.equal === false) different++;
    json.push({ ...result.record, verdict });
    if (!flag(parsed, 'json')) print(`${describeTable(result, files)}\n${sayVerdict(verdict.equal)}${at < records.length - 1 ? '\n' : ''}`);
  }
  if (flag(parsed, 'json')) printJson(records.length === 1 ? json[0] : json);
  if (different) throw new LensError('failed', `${records.length === 1 ? 'the numbers differ' : `the numbers of ${different} of ${records.length} differ`} from those in ${path.basename(file)}`, said.size ? 'the notes say what has changed since' : undefined);
}

function sayVerdict(equal: boolean | undefined): string {
  if (equal === undefined) return 'the file does not say what its numbers were, so they could not be compared';
  return equal ? 'every number is as it was, bit for bit' : 'the numbers are not as they were';
}
