import { devices } from '../../engine/jobs/devices';
import { flag, parse } from '../arguments';
import type { CommandContext } from '../main';
import { clearLine, print, printJson, status, table } from '../terminal';

/** model-lens devices */
export async function runDevices(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('devices', argv, {}, { least: 0, most: 0, names: '' });
  status('trying devices …');
  const reports = await devices(engine, { signal });
  clearLine();
  if (flag(parsed, 'json')) return printJson(reports);
  print(table(['device', 'usable', 'detail'], reports.map((report) => [
    report.id, report.available ? 'yes' : 'no', report.proof === undefined ? report.detail : `${report.detail}; differs from the CPU by ${report.proof.toExponential(1)}`,
  ]), 160));
}
