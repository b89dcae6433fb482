/**
 * Which devices this machine really has, and which of them runs a model. Devices are proven by running on them, in a
 * process of their own (devices/probing.ts); what was found is kept on disk (devices/store.ts), so that it is asked for
 * once for a machine and its drivers.
 */
import os from 'node:os';
import { cudaPossible, findCudaLibraries } from '../protocol/cudaLibraries';
import type { DeviceChange, DeviceId, DeviceReport, DeviceSpeed } from '../protocol/engine';
import { LensError, oneLine } from '../protocol/rpc';
import { adapterOf, mayHaveGpu, type Adapter } from './devices/adapters';
import type { Evidence } from './devices/evidence';
import type { DeviceFault } from './devices/fault';
import { faultWords } from './devices/fault';
import { accelerators, deviceNames, isDevice, type Accelerator } from './devices/names';
import { Placement, type Place } from './devices/placement';
import { probeInChild, type ProbeOutcome } from './devices/probing';
import { deviceStoreOf, type DeviceStore, type ProbeRecord } from './devices/store';
import { Trials } from './devices/trials';
import { loadOrt } from './ort';

export interface DevicesOptions {
  /** Where findings are kept; default: beside the sessions. */
  readonly store?: DeviceStore;
  /** Proves a device; default: a process started from the program's own file. */
  readonly prove?: (id: DeviceId, signal?: AbortSignal) => Promise<ProbeOutcome>;
  /** The adapter behind a device; default: as the system tells. */
  readonly adapter?: (id: DeviceId, evidence: Evidence) => Promise<Adapter>;
  /** Whether there may be a GPU at all; default: as the system tells. */
  readonly mayHaveGpu?: () => boolean;
  /** Receives one line for everything that happens to a device. */
  readonly log?: (line: string) => void;
}

/** What is placed. */
export interface PlacedModel {
  readonly identity: string;
  /** Whether it computes in half precision. */
  readonly half?: boolean;
}

export interface PlaceOptions {
  readonly signal?: AbortSignal;
  /** Told whatever happens to devices. */
  readonly changed?: (change: DeviceChange) => void;
  /** Runs everything there and measures it, however small or slow. */
  readonly measure?: boolean;
}

export class Devices {
  private readonly probed = new Map<DeviceId, Promise<DeviceReport>>();
  /** Devices that were lost in this process, and how. */
  private readonly lost = new Map<DeviceId, string>();
  private opened: Promise<{ store?: DeviceStore; trials: Trials }> | undefined;

  /** @param entry file that probes when it is started with `probeArgument` and a device: the running program's own. */
  constructor(private readonly entry: string, private readonly options: DevicesOptions = {}) {}

  get cpu(): DeviceReport {
    const cpus = os.cpus();
    const model = cpus[0]?.model.trim() || 'processor';
    return { id: 'cpu', available: true, detail: oneLine(`${model}, ${cpus.length} ${cpus.length === 1 ? 'core' : 'cores'}`, 120) };
  }

  /** Every device, each proved once for this machine; `chosen` is the one that 'auto' takes. */
  async report(signal?: AbortSignal): Promise<DeviceReport[]> {
    const reports: DeviceReport[] = [];
    // One after the other: probes of two providers at once would compete for one adapter.
    for (const id of accelerators) reports.push(await this.probe(id, signal));
    const chosen = reports.find((report) => this.isGood(report))?.id ?? 'cpu';
    return [...reports, this.cpu].map((report) => ({
      ...report, ...(report.id === chosen && { chosen: true as const }),
      ...(report.software && report.note === undefined && { note: 'It computes on the CPU, only slower, so it is used when it is asked for.' }),
    }));
  }

  /** Forgets what was found out about devices and models on them. */
  async forget(): Promise<void> {
    const { store, trials } = await this.kept();
    store?.clear();
    trials.clear();
    this.probed.clear();
    this.lost.clear();
  }

  /**
   * The device a model would be run on.
   * @throws LensError if there is no such device, or this system can never have it.
   */
  async resolve(wanted: DeviceId | 'auto' | undefined, signal?: AbortSignal): Promise<DeviceReport> {
    for await (const { report } of this.candidates(wanted, signal)) if (report.available) return report;
    return this.cpu;
  }

  /**
   * Where a model runs: on the device that was asked for, or with 'auto' on the first proven GPU if that is faster; and
   * on the next one after whatever fails.
   * @throws LensError if there is no such device, or this system can never have it.
   */
  async place(wanted: DeviceId | 'auto' | undefined, model: PlacedModel, { signal, changed, measure }: PlaceOptions = {}): Promise<Placement> {
    const candidates = this.candidates(wanted, signal), { cpu } = this;
    const tell = (change: DeviceChange): void => {
      this.options.log?.(`device: ${change.message}`);
      changed?.(change);
    };
    const next = async (): Promise<Place | undefined> => {
      const skipped: string[] = [];
      let found: Place | undefined;
      while (!found) {
        const { done, value } = await candidates.next();
        if (done) break;
        const { report, asked } = value;
        const trial = report.available ? (await this.kept()).trials.of(report.id, model.identity) : undefined;
        if (trial && trial.excluded === undefined) found = { report, trial };
        // What 'auto' cannot use at all is no news.
        else if (trial) skipped.push(`${report.detail} ${trial.excluded}`);
        else if (asked) skipped.push(`${deviceNames[report.id]} cannot be used (${report.detail})`);
      }
      if (skipped.length) tell({ type: 'device', device: found?.report ?? cpu, message: `${skipped.join('; ')}: ${found?.report.detail ?? 'the CPU'} is used.` });
      return found;
    };
    return Placement.make({
      cpu, next, auto: isAuto(wanted) || measure === true, half: model.half === true, measure: measure === true, changed: tell,
      failed: (fault) => this.failed(fault),
    });
  }

  /** What is known of a model on a device. */
  async known(id: DeviceId, identity: string): Promise<{ readonly speed: DeviceSpeed; readonly excluded?: string }> {
    const { speed, excluded } = (await this.kept()).trials.of(id, identity);
    return { speed: { ...speed }, ...(excluded !== undefined && { excluded }) };
  }

  private failed(fault: DeviceFault): void {
    if (fault.ofAllModels) this.lost.set(fault.device, faultWords(fault));
  }

  /** The devices to try in order; the CPU, which always is the last, is left out. */
  private async* candidates(wanted: DeviceId | 'auto' | undefined, signal?: AbortSignal): AsyncGenerator<{ report: DeviceReport; asked: boolean }> {
    if (wanted === 'cpu') return;
    if (!isAuto(wanted)) {
      if (!isDevice(wanted)) throw new LensError('badInput', `there is no device '${String(wanted)}'; devices are auto, cpu, ${accelerators.join(', ')}`);
      const problem = await this.impossible(wanted);
      if (problem !== undefined) throw new LensError('unsupported', `${deviceNames[wanted]} cannot be used: ${problem}`, 'choose the device auto or cpu');
      yield { report: await this.probe(wanted, signal), asked: true };
    }
    if (!(this.options.mayHaveGpu ?? mayHaveGpu)()) return;
    for (const id of accelerators) {
      if (id === wanted) continue;
      const report = await this.probe(id, signal);
      if (this.isGood(report)) yield { report, asked: false };
    }
  }

  /** Whether 'auto' may take it. */
  private isGood({ available, software }: DeviceReport): boolean {
    return available && software !== true;
  }

  private async probe(id: Accelerator, signal?: AbortSignal): Promise<DeviceReport> {
    const lost = this.lost.get(id);
    if (lost !== undefined) return { id, available: false, detail: lost };
    let report = this.probed.get(id);
    if (!report) {
      report = this.prove(id, signal);
      this.probed.set(id, report);
      report.catch(() => this.probed.delete(id));
    }
    return report;
  }

  private async prove(id: Accelerator, signal?: AbortSignal): Promise<DeviceReport> {
    const problem = await this.impossible(id) ?? this.missing(id);
    if (problem !== undefined) return { id, available: false, detail: problem };
    const { store } = await this.kept();
    let record = store?.readProbe(id);
    if (!record) {
      record = await this.look(id, signal);
      store?.writeProbe(id, record);
    }
    const { adapter: { name, memoryBytes, software }, proof, reason } = record;
    const about = { adapter: name, ...(memoryBytes !== undefined && { memoryBytes }), ...(software && { software }) };
    return proof === undefined
      ? { id, available: false, detail: reason ?? 'cannot be used' }
      : { id, available: true, detail: `${deviceNames[id]} on ${name}`, proof, ...about };
  }

  private async look(id: DeviceId, signal?: AbortSignal): Promise<ProbeRecord> {
    const outcome = await (this.options.prove ?? ((device, aborted) => probeInChild(this.entry, device, aborted)))(id, signal);
    const adapter = await (this.options.adapter ?? adapterOf)(id, 'evidence' in outcome ? outcome.evidence : { drivers: [], files: [] });
    return 'proof' in outcome ? { adapter, proof: outcome.proof } : { adapter, reason: outcome.reason };
  }

  /** Why this system can never have the device. */
  private async impossible(id: Accelerator): Promise<string | undefined> {
    const has = (await loadOrt()).listSupportedBackends().some((backend) => backend.name === id);
    return has ? undefined : `ONNX Runtime has no ${deviceNames[id]} for ${process.platform}-${process.arch}`;
  }

  private missing(id: Accelerator): string | undefined {
    if (id !== 'cuda' || !cudaPossible()) return undefined;
    const found = findCudaLibraries(this.entry);
    return 'missing' in found ? found.missing : undefined;
  }

  private kept(): Promise<{ store?: DeviceStore; trials: Trials }> {
    this.opened ??= loadOrt().then(({ env }) => {
      const store = this.options.store ?? deviceStoreOf(this.entry, env.versions.node ?? '');
      return { ...(store && { store }), trials: new Trials(store) };
    });
    return this.opened;
  }
}

function isAuto(wanted: DeviceId | 'auto' | undefined): wanted is 'auto' | undefined {
  return wanted === undefined || wanted === 'auto';
}
