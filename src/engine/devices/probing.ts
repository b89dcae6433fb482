/** Probes a device in a process of its own, because its driver may crash. */
import { fork } from 'node:child_process';
import type { DeviceId } from '../../protocol/engine';
import { LensError, oneLine } from '../../protocol/rpc';
import { isEvidence } from './evidence';
import type { Proof } from '../probe';

/** First argument of a process that only probes. */
export const probeArgument = '--probe-device';
/** The first run on a GPU compiles shaders; software adapters need up to 40 s for it. */
const probeSeconds = 60;

export type ProbeOutcome = Proof | { readonly reason: string };

/**
 * @param entry file that probes when it is started with `probeArgument` and a device: the running program's own.
 * @throws LensError 'cancelled'
 */
export function probeInChild(entry: string, id: DeviceId, signal?: AbortSignal, execArgv: readonly string[] = process.execArgv): Promise<ProbeOutcome> {
  return new Promise((resolve, reject) => {
    const env: NodeJS.ProcessEnv = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
    delete env.NODE_OPTIONS;
    const child = fork(entry, [probeArgument, id], { serialization: 'advanced', env, execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    let outcome: ProbeOutcome | undefined;
    const timer = setTimeout(() => {
      outcome = { reason: `did not answer within ${probeSeconds} s` };
      child.kill('SIGKILL');
    }, probeSeconds * 1000);
    const abort = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', abort, { once: true });
    child.on('message', (message) => { outcome ??= read(message); });
    child.on('error', (error) => { outcome ??= { reason: oneLine(error.message) }; });
    child.on('close', (code, killedBy) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (signal?.aborted) reject(new LensError('cancelled', 'cancelled'));
      else resolve(outcome ?? { reason: killedBy ? `the driver crashed (signal ${killedBy})` : `the probe ended with exit code ${code}` });
    });
  });
}

function read(message: unknown): ProbeOutcome | undefined {
  const { proof, reason, evidence } = (message ?? {}) as { proof?: unknown; reason?: unknown; evidence?: unknown };
  if (typeof proof === 'number' && proof >= 0 && isEvidence(evidence)) return { proof, evidence };
  return typeof reason === 'string' ? { reason: oneLine(reason) } : undefined;
}
