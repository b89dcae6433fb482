/** What this process knows of models on devices, with what earlier ones left on disk: one trial for each pair. */
import { createHash } from 'node:crypto';
import type { DeviceId } from '../../protocol/engine';
import { BatchTuner } from './batchTuner';
import type { DeviceFault } from './fault';
import { faultWords } from './fault';
import type { DeviceStore, TrialRecord } from './store';

export type RunKind = 'forward' | 'gradient';

/** How long after a run the file that says so goes: writing it for each of a thousand runs would be felt. */
const markMs = 200;

export class Trial {
  readonly speed: { forward?: number; gradient?: number } = {};
  /** Two runs on the CPU differ already (random numbers inside): nothing can be compared. */
  random = false;
  private readonly proven = new Map<string, number>();
  private readonly batch: { forward?: number; gradient?: number } = {};
  private readonly tuners = new Map<RunKind, BatchTuner>();
  private out: { readonly kind: DeviceFault['kind']; readonly reason: string } | undefined;
  private unmark: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly device: DeviceId, private readonly model: string, private readonly store: DeviceStore | undefined) {
    const known = store?.readTrial(device, model);
    if (known) {
      Object.assign(this.speed, known.speed);
      Object.assign(this.batch, known.batch);
      for (const [graph, rows] of Object.entries(known.proven)) this.proven.set(graph, rows);
      this.out = known.excluded;
    }
    if (store?.crashed(device, model)) {
      this.out = { kind: 'crashed', reason: 'crashed with this model before (the process that ran it was ended by its driver)' };
      this.save();
    }
  }

  /** Why the model does not run here any more, without the device's name: 'crashed with this model …'. */
  get excluded(): string | undefined {
    return this.out?.reason;
  }

  exclude(fault: DeviceFault): void {
    this.out = { kind: fault.kind, reason: faultWords(fault) };
    if (fault.kind === 'wrong') this.save();
  }

  /** Samples a run of a graph that computed what the CPU computes; 0: none yet. */
  rowsProven(graph: string): number {
    return this.proven.get(digest(graph)) ?? 0;
  }

  prove(graph: string, rows: number): void {
    this.proven.set(digest(graph), Math.max(rows, this.rowsProven(graph)));
    this.save();
  }

  measured(kind: RunKind, timesAsFast: number): void {
    this.speed[kind] = Number(timesAsFast.toPrecision(3));
    this.save();
  }

  /** @param start samples a run on the CPU. @param most that fit. */
  tuner(kind: RunKind, start: number, most: number): BatchTuner {
    let tuner = this.tuners.get(kind);
    if (!tuner) this.tuners.set(kind, tuner = new BatchTuner(2 ** Math.floor(Math.log2(Math.max(1, this.batch[kind] ?? start))), most));
    return tuner;
  }

  /** Keeps the batch size a tuner found. */
  tuned(kind: RunKind): void {
    const best = this.tuners.get(kind)?.best;
    if (best === undefined || best === this.batch[kind]) return;
    this.batch[kind] = best;
    this.save();
  }

  /** Runs `work` on the device, with a file that says so for whoever finds this process gone. */
  async marked<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.timer);
    this.unmark ??= this.store?.running(this.device, this.model);
    try {
      return await work();
    } finally {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.unmark?.();
        this.unmark = undefined;
      }, markMs);
      this.timer.unref?.();
    }
  }

  private save(): void {
    const { out } = this;
    const excluded = out && (out.kind === 'crashed' || out.kind === 'wrong') ? { kind: out.kind, reason: out.reason.slice(0, 1000) } : undefined;
    this.store?.writeTrial(this.device, this.model, {
      speed: this.speed, batch: this.batch, proven: Object.fromEntries(this.proven), ...(excluded && { excluded }),
    } satisfies TrialRecord);
  }
}

/** All of them, for the life of the process. */
export class Trials {
  private readonly all = new Map<string, Trial>();

  constructor(private readonly store: DeviceStore | undefined) {}

  of(device: DeviceId, model: string): Trial {
    const key = `${device}\0${model}`;
    let trial = this.all.get(key);
    if (!trial) this.all.set(key, trial = new Trial(device, model, this.store));
    return trial;
  }

  clear(): void {
    this.all.clear();
  }
}

function digest(graph: string): string {
  return createHash('sha1').update(graph).digest('base64');
}
