import { devices } from '../../engine/jobs/devices';
import type { DeviceReport } from '../../protocol/engine';
import { flag, parse, text } from '../arguments';
import type { CommandContext } from '../start';
import { bytesText, clean, clearLine, print, printJson, status, table } from '../terminal';

/** model-lens devices */
export async function runDevices(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('devices', argv, { model: { type: 'string' }, refresh: { type: 'boolean' } }, { least: 0, most: 0, names: '' });
  const model = text(parsed, 'model');
  status(model === undefined ? 'trying devices …' : 'trying devices and measuring the model on them …');
  const reports = await devices(engine, { ...(model !== undefined && { model }), refresh: flag(parsed, 'refresh') }, { signal });
  clearLine();
  if (flag(parsed, 'json')) return printJson(reports);
  const speeds = reports.some(({ speed }) => speed !== undefined);
  const rows = reports.map((report) => [
    report.id, report.available ? 'yes' : 'no', report.chosen ? 'yes' : '', ...(speeds ? [times(report.speed?.forward), times(report.speed?.gradient)] : []), detail(report),
  ]);
  print(table(['device', 'usable', 'auto', ...(speeds ? ['forward>', 'gradient>'] : []), 'detail'], rows, 200));
  const notes = reports.filter(({ note }) => note !== undefined).map(({ id, note }) => `${id}: ${clean(note!, 400)}`);
  if (notes.length) print(['', ...notes].join('\n'));
  if (speeds) print('\nforward and gradient: times as fast as the CPU with this model');
}

function detail({ detail: words, memoryBytes, proof }: DeviceReport): string {
  return [clean(words), ...(memoryBytes === undefined ? [] : [bytesText(memoryBytes)]), ...(proof === undefined ? [] : [`differs from the CPU by ${proof.toExponential(1)}`])].join('; ');
}

function times(value: number | undefined): string {
  return value === undefined ? '' : `${value}×`;
}
