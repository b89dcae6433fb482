import { listMethods } from '../../engine/jobs/methods';
import type { MethodInfo } from '../../protocol/engine';
import { flag, parse } from '../arguments';
import type { CommandContext } from '../start';
import { clean, print, printJson } from '../terminal';

/** model-lens methods [MODEL] */
export async function runMethods(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('methods', argv, {}, { least: 0, most: 1, names: 'MODEL' });
  const model = parsed.positionals[0];
  const infos = await listMethods(engine, { model }, { signal });
  if (flag(parsed, 'json')) printJson(infos);
  else print(infos.map((info) => describe(info, model !== undefined)).join('\n\n'));
}

function describe(info: MethodInfo, judged: boolean): string {
  const verdict = !judged ? '' : info.applies ? '  (applies)' : '  (does not apply)';
  const lines = [`${info.id}${verdict}`, `  ${info.question}`];
  if (info.reason !== undefined) lines.push(`  ${clean(info.reason, 400)}`);
  const parameters = info.parameters.map((spec) => `${spec.name}=${String(spec.default) || "''"}`).join(' ');
  if (parameters) lines.push(`  parameters: ${parameters}`);
  lines.push(`  presets: ${Object.keys(info.presets).join(', ')}; ${info.source}`);
  return lines.join('\n');
}
