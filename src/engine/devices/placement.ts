/**
 * Where one model runs, now and after whatever goes wrong: the devices that may run it in order, the CPU last. A device
 * is believed after its first run of a graph gave what the CPU gives; with `auto` it also has to be the faster one. What
 * fails there is done again on the next device, so that nothing done before is lost.
 */
import type { DeviceChange, DeviceId, DeviceReport } from '../../protocol/engine';
import type { Tensor } from '../../tensor/tensor';
import { disagreement } from './agreement';
import { DeviceFault, faultWords } from './fault';
import { deviceNames } from './names';
import type { RunKind, Trial } from './trials';

type Results = Record<string, Tensor>;

/** Samples of a device's first run that are run on the CPU too: it would take long there for all of a large batch. */
const comparedRows = 4;

/** One run, as a placement sees it. */
export interface Task {
  readonly kind: RunKind;
  /** What is computed, whatever the batch: by this a device's proof is remembered. */
  readonly graph: string;
  /** Samples. */
  readonly rows: number;
  /** So little work that a device's session would cost more than it saves. */
  readonly small: boolean;
  /** Runs it; several times, where devices are compared. */
  run(device: DeviceId): Promise<Results>;
  /** The same for the first `rows` of its samples alone, and those samples out of a whole result; absent where it cannot be cut. */
  readonly part?: { run(device: DeviceId, rows: number): Promise<Results>; of(results: Results, rows: number): Results };
}

/** A device that may run the model. */
export interface Place {
  readonly report: DeviceReport;
  readonly trial: Trial;
}

export interface PlacementOptions {
  readonly cpu: DeviceReport;
  /** The place after those that were given before, proven; undefined where only the CPU is left. */
  readonly next: () => Promise<Place | undefined>;
  /** Whether a device has to be faster than the CPU. */
  readonly auto: boolean;
  /** Whether everything is run there and measured, however small or slow. */
  readonly measure?: boolean;
  /** Whether the model computes in half precision. */
  readonly half?: boolean;
  /** Told what happens to devices: the sentence belongs among the warnings of the result. */
  readonly changed?: (change: DeviceChange) => void;
  /** Told faults, for the whole process to remember. */
  readonly failed?: (fault: DeviceFault) => void;
}

export class Placement {
  /** What ran last; gradients before the rest, which only checks them. */
  private ran: { readonly kind: RunKind; readonly device: DeviceId } | undefined;

  /** What runs it, as far as it was decided by whoever asked: equal keys, equal numbers. */
  readonly key: string;

  private constructor(private readonly options: PlacementOptions | undefined, private readonly fixed: DeviceReport | undefined, private place: Place | undefined) {
    this.key = fixed?.id ?? (place ? (options!.auto ? 'auto' : place.report.id) : 'cpu');
  }

  static async make(options: PlacementOptions): Promise<Placement> {
    return new Placement(options, undefined, await options.next());
  }

  /** One device, whatever happens. */
  static on(report: DeviceReport): Placement {
    return new Placement(undefined, report, undefined);
  }

  /** The device that runs `kind` next; `small` work stays on the CPU unless a device was asked for. */
  device(kind: RunKind, small = false): DeviceId {
    if (this.fixed) return this.fixed.id;
    if (!this.place || (this.options!.auto && !this.options!.measure && (small || (this.place.trial.speed[kind] ?? Infinity) < 1))) return 'cpu';
    return this.place.report.id;
  }

  /** What is known of the model on the device that runs `kind`; undefined on the CPU. */
  trial(kind: RunKind): Trial | undefined {
    return this.device(kind) === 'cpu' ? undefined : this.place?.trial;
  }

  /** The memory of the device that runs `kind`, where it is known. */
  memory(kind: RunKind): number | undefined {
    return this.device(kind) === 'cpu' ? undefined : this.place?.report.memoryBytes;
  }

  /** The device that did the work, or will. */
  get report(): DeviceReport {
    if (this.fixed) return this.fixed;
    const { cpu } = this.options!, device = this.ran?.device ?? this.device('gradient');
    if (!this.place) return cpu;
    const speed = { ...this.place.trial.speed };
    if (device !== 'cpu') return { ...this.place.report, ...(Object.keys(speed).length > 0 && { speed }) };
    const { detail } = this.place.report, kind = this.ran?.kind ?? 'gradient', times = speed[kind];
    return { ...cpu, note: times !== undefined && times < 1 ? `${detail} is slower for this model: ${times} times the CPU's speed.` : `${detail} takes over where there is more to run.` };
  }

  /** Runs a task on the best device, and on the next where that fails. @throws DeviceFault 'memory' while fewer samples may fit. */
  async run(task: Task): Promise<Results> {
    for (;;) {
      const device = this.device(task.kind, task.small), place = this.place;
      if (this.ran?.kind !== 'gradient' || task.kind === 'gradient') this.ran = { kind: task.kind, device };
      if (device === 'cpu' || this.fixed || !place) return task.run(device);
      try {
        return await place.trial.marked(() => this.checked(task, place));
      } catch (error) {
        if (!(error instanceof DeviceFault)) throw error;
        if (error.kind === 'memory' && task.rows > 1 && task.part) throw error;
        await this.leave(place, error);
      }
    }
  }

  /** Goes on with the next device. */
  private async leave(place: Place, fault: DeviceFault): Promise<void> {
    const { options } = this;
    if (!fault.ofAllModels) place.trial.exclude(fault);
    options!.failed?.(fault);
    // Another run may have left it already.
    if (this.place !== place) return;
    this.place = await options!.next();
    const device = this.place?.report ?? options!.cpu;
    options!.changed?.({ type: 'device', device, message: `${place.report.detail} ${faultWords(fault)}: ${nameOf(device)} goes on.` });
  }

  /** A run whose result is compared with the CPU's, the first time. */
  private async checked(task: Task, { report, trial }: Place): Promise<Results> {
    const { id } = report, here = await task.run(id);
    if (trial.random) return here;
    const proven = trial.rowsProven(task.graph), measure = this.options!.auto && trial.speed[task.kind] === undefined;
    if (proven === 0 || measure) return this.firstRun(task, id, trial, here, measure);
    // A device that has too little memory may not say so (Dawn only prints it): what it computes is what tells.
    const part = partOf(task, here), larger = task.rows > proven && part !== undefined;
    if (!larger && !isBlank(here)) return here;
    const problem = larger
      ? disagreement(part.of(here, proven), await part.run(id, proven), this.options!.half)
      : disagreement(here, await task.run('cpu'), this.options!.half);
    if (problem !== undefined) throw new DeviceFault(id, task.rows > 1 ? 'memory' : 'wrong', `with ${task.rows} samples in a run ${problem}`);
    trial.prove(task.graph, task.rows);
    return here;
  }

  /** Compares with the CPU, some samples of many there, and measures both where that is wanted. */
  private async firstRun(task: Task, id: DeviceId, trial: Trial, here: Results, measure: boolean): Promise<Results> {
    const part = partOf(task, here), { rows } = task, { half } = this.options!, some = part && rows > comparedRows ? comparedRows : rows;
    const onCpu = (): Promise<Results> => (part && some < rows ? part.run('cpu', some) : task.run('cpu'));
    const expected = await onCpu(), problem = disagreement(part && some < rows ? part.of(here, some) : here, expected, half);
    if (problem === undefined) trial.prove(task.graph, rows);
    // A model that draws random numbers differs from itself.
    else if (disagreement(expected, await onCpu(), half) === undefined) throw new DeviceFault(id, 'wrong', problem);
    else trial.random = true;
    if (!measure) return here;
    // The first runs made sessions and compiled.
    const [device, cpu] = [await quickest(() => task.run(id)), await quickest(onCpu)];
    trial.measured(task.kind, (cpu / some) / (device / rows));
    return here;
  }
}

/** A task's samples one by one: not where a result is about the whole batch. */
function partOf({ part, rows }: Task, results: Results): Task['part'] {
  return Object.values(results).every(({ dims }) => dims[0] === rows) ? part : undefined;
}

/** Nothing but zeros: buffers that were never written. */
function isBlank(results: Results): boolean {
  return Object.values(results).every(({ data }) => ArrayBuffer.isView(data) && !(data as Float32Array).some((value) => Number(value) !== 0));
}

/** Milliseconds of the quicker of two runs; of one where that takes long. */
async function quickest(run: () => Promise<unknown>): Promise<number> {
  const once = async (): Promise<number> => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  const first = await once();
  return first > 500 ? first : Math.min(first, await once());
}

function nameOf(report: DeviceReport): string {
  return report.id === 'cpu' ? `the ${deviceNames.cpu}` : report.detail;
}
