/**
 * npm run parity [-- --only METHOD,… --case TEXT --device webgpu|… --json FILE]
 *
 * Judges our methods by the outputs of the reference implementations. GOLDEN_DIR is the folder of cases, PACK_DIR_<NAME>
 * that of each pack's models. Exit code 0: nothing failed; 1: a case failed or a method vanished; 2: wrong usage.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { DeviceId } from '../../src/protocol/engine';
import { closingLine, readJobs, report, runParity, vanished } from './parity';

const devices: readonly DeviceId[] = ['cpu', 'cuda', 'webgpu', 'dml', 'coreml'];

async function main(): Promise<number> {
  let options: { only?: string; case?: string; device?: string; json?: string };
  try {
    options = parseArgs({ options: { only: { type: 'string' }, case: { type: 'string' }, device: { type: 'string' }, json: { type: 'string' } } }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nusage: npm run parity [-- --only METHOD,… --case TEXT --device cpu|cuda|webgpu|dml|coreml --json FILE]\n`);
    return 2;
  }
  const only = options.only?.split(',').map((name) => name.trim()).filter((name) => name !== '');
  const known = new Set(readJobs().map(({ method }) => method));
  const unknown = only?.find((name) => !known.has(name));
  if (unknown !== undefined) {
    process.stderr.write(`--only: no case of '${unknown}'; there are ${[...known].sort().join(', ')}\n`);
    return 2;
  }
  const device = devices.find((id) => id === (options.device ?? 'cpu'));
  if (device === undefined) {
    process.stderr.write(`--device: there is no device '${options.device}'; devices are ${devices.join(', ')}\n`);
    return 2;
  }
  const outcomes = await runParity({
    only, device, select: ({ id }) => id.includes(options.case ?? ''),
    onOutcome: ({ status, method, id, milliseconds }) => { if (status !== 'not implemented') process.stderr.write(`${status === 'passed' ? 'ok  ' : 'FAIL'} ${method} ${id} (${milliseconds} ms)\n`); },
  });
  process.stdout.write(`${report(outcomes)}\n`);
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ summary: closingLine(outcomes), vanished: vanished(), outcomes }, undefined, 1));
  return outcomes.some(({ status }) => status === 'failed') || vanished().length > 0 ? 1 : 0;
}

main().then((code) => { process.exitCode = code; }, (error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
