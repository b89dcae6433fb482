/** Which devices this machine really has. A probe may crash in a driver, so each runs in a process of its own. */
import { fork } from 'node:child_process';
import os from 'node:os';
import type { DeviceId, DeviceReport } from '../protocol/engine';
import { LensError, oneLine } from '../protocol/rpc';
import { loadOrt } from './ort';

/** In the order a GPU would be preferred in. */
const candidates: readonly Exclude<DeviceId, 'cpu'>[] = ['cuda', 'webgpu', 'dml', 'coreml'];
const names: Readonly<Record<DeviceId, string>> = { cpu: 'CPU', cuda: 'CUDA', webgpu: 'WebGPU', dml: 'DirectML', coreml: 'CoreML' };
/** The first run on a GPU compiles shaders; software adapters need up to 40 s for it. */
const probeSeconds = 60;

/** First argument of a process that only probes. */
export const probeArgument = '--probe-device';

export type ProbeOutcome = { readonly proof: number } | { readonly reason: string };

export class Devices {
  private readonly probed = new Map<DeviceId, Promise<DeviceReport>>();

  /** @param entry file that probes when it is started with `probeArgument` and a device: the running program's own. */
  constructor(private readonly entry: string) {}

  get cpu(): DeviceReport {
    const cpus = os.cpus();
    const model = cpus[0]?.model.trim() || 'processor';
    return { id: 'cpu', available: true, detail: oneLine(`${model}, ${cpus.length} ${cpus.length === 1 ? 'core' : 'cores'}`, 120) };
  }

  /** Every device, each proved once in this process's life. */
  async report(signal?: AbortSignal): Promise<DeviceReport[]> {
    const reports: DeviceReport[] = [];
    // One after the other: probes of two providers at once would compete for one adapter.
    for (const id of candidates) reports.push(await this.probe(id, signal));
    return [...reports, this.cpu];
  }

  /**
   * The device to run on. 'auto' is the CPU: a GPU is used when it is asked for, and has passed its proof.
   * @throws LensError if a device that was asked for cannot be used, saying why.
   */
  async resolve(wanted: DeviceId | 'auto' | undefined, signal?: AbortSignal): Promise<DeviceReport> {
    if (wanted === undefined || wanted === 'auto' || wanted === 'cpu') return this.cpu;
    if (!Object.hasOwn(names, wanted)) throw new LensError('badInput', `there is no device '${wanted}'; devices are auto, cpu, ${candidates.join(', ')}`);
    const report = await this.probe(wanted, signal);
    if (!report.available) throw new LensError('unsupported', `${names[wanted]} cannot be used: ${report.detail}`, 'choose the device auto or cpu');
    return report;
  }

  private probe(id: DeviceId, signal?: AbortSignal): Promise<DeviceReport> {
    let report = this.probed.get(id);
    if (!report) {
      report = this.prove(id, signal);
      this.probed.set(id, report);
      report.catch(() => this.probed.delete(id));
    }
    return report;
  }

  private async prove(id: DeviceId, signal?: AbortSignal): Promise<DeviceReport> {
    const ort = await loadOrt();
    if (!ort.listSupportedBackends().some((backend) => backend.name === id)) {
      return { id, available: false, detail: `ONNX Runtime has no ${names[id]} for ${process.platform}-${process.arch}` };
    }
    const outcome = await probeInChild(this.entry, id, signal);
    return 'proof' in outcome ? { id, available: true, detail: names[id], proof: outcome.proof } : { id, available: false, detail: outcome.reason };
  }
}

function probeInChild(entry: string, id: DeviceId, signal?: AbortSignal): Promise<ProbeOutcome> {
  return new Promise((resolve, reject) => {
    const env: NodeJS.ProcessEnv = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
    delete env.NODE_OPTIONS;
    const child = fork(entry, [probeArgument, id], { serialization: 'advanced', env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    let outcome: ProbeOutcome | undefined;
    const timer = setTimeout(() => {
      outcome = { reason: `did not answer within ${probeSeconds} s` };
      child.kill('SIGKILL');
    }, probeSeconds * 1000);
    const abort = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', abort, { once: true });
    child.on('message', (message) => { outcome = message as ProbeOutcome; });
    child.on('error', (error) => { outcome ??= { reason: oneLine(error.message) }; });
    child.on('close', (code, killedBy) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (signal?.aborted) reject(new LensError('cancelled', 'cancelled'));
      else resolve(outcome ?? { reason: killedBy ? `the driver crashed (signal ${killedBy})` : `the probe ended with exit code ${code}` });
    });
  });
}
