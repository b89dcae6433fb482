import path from 'node:path';
import { again } from '../../engine/jobs/again';
import { saveExplanation } from '../../engine/keep/saveExplanation';
import { makeOutputFolder } from '../../engine/keep/outputFolder';
import { LensError } from '../../protocol/rpc';
import { choice, devices, flag, parse, text } from '../arguments';
import type { CommandContext } from '../main';
import { clearLine, note, print, printJson } from '../terminal';
import { describeExplanation, sayProgress } from './explain';

const options = { device: { type: 'string' }, out: { type: 'string' } } as const;

/** model-lens again explanation.json|REPORT.html */
export async function runAgain(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('again', argv, options, { least: 1, most: 1, names: 'FILE' });
  const out = text(parsed, 'out');
  if (out !== undefined) await makeOutputFolder(out);
  const { explained, verdict } = await again(engine, { file: parsed.positionals[0]!, device: choice(parsed, 'again', 'device', devices) }, { signal, progress: (value) => sayProgress('again', value) });
  clearLine();
  const { record } = explained.result;
  for (const change of verdict.changed) note(`note: ${change}`);
  const files = out === undefined ? [] : await saveExplanation(out, explained);
  if (flag(parsed, 'json')) printJson({ ...record, verdict });
  else print(`${describeExplanation(record, files)}\n${sayVerdict(verdict.equal)}`);
  if (verdict.equal === false) throw new LensError('failed', `the numbers differ from those in ${path.basename(parsed.positionals[0]!)}`, verdict.changed.length ? 'the notes say what has changed since' : undefined);
}

function sayVerdict(equal: boolean | undefined): string {
  if (equal === undefined) return 'the file does not say what its numbers were, so they could not be compared';
  return equal ? 'every number is as it was, bit for bit' : 'the numbers are not as they were';
}
