/**
 * How many samples of a model go into one run. On the CPU the model's size alone decides, so that the same job gives the
 * same numbers; on a device it is tried out (batchTuner.ts) within its memory.
 */
import type { DeviceId } from '../../protocol/engine';
import { nextRun, type BatchSizes } from '../workload';
import type { BatchTuner } from './batchTuner';
import type { Placement } from './placement';
import type { RunKind } from './trials';

/** Fewer samples than this are not worth another device's session … */
const fewSamples = 4;
/** … unless they are this many multiply-accumulates: some tenths of a second on the CPU. */
const heavyMacs = 1e10;
/** A batch may take this part of a device's memory, assumed to be so much where it is not known. */
const memoryShare = 1 / 4, usualMemory = 4 * 2 ** 30;
/** Bytes of one batch on our side. */
const hostBytes = 256 * 2 ** 20;
const mostSamples = 256;

export class RunSizes {
  /** @param inputBytes of one sample's inputs. */
  constructor(private readonly placement: Placement, private readonly sizes: BatchSizes, private readonly inputBytes: number) {}

  /** Samples that are best handed over at once. */
  batchFor(kind: RunKind): number {
    return this.tuner(kind)?.ahead ?? this.sizes[kind];
  }

  isSmall(samples: number): boolean {
    return samples < fewSamples && samples * this.sizes.sampleMacs < heavyMacs;
  }

  /** Samples for the next run, where `left` of `samples` are left. More than `left`: filled up with copies. */
  rows(kind: RunKind, left: number, samples: number): number {
    const tuner = this.isSmall(samples) && this.placement.device(kind, true) === 'cpu' ? undefined : this.tuner(kind);
    if (tuner) return tuner.next(left);
    return nextRun(left, kind === 'forward' ? [this.sizes.forward, ...this.sizes.rests] : [this.sizes[kind]]);
  }

  /** A run on `device` took `ms`. */
  ran(kind: RunKind, device: DeviceId, rows: number, ms: number): void {
    if (device !== 'cpu' && device === this.placement.device(kind)) this.tuner(kind)?.ran(rows, ms);
  }

  /** A run did not fit into the device's memory: the next is smaller. False where it cannot be. */
  shrink(kind: RunKind, rows: number): boolean {
    return this.tuner(kind)?.outOfMemory(rows) ?? false;
  }

  /** Keeps what was found out. */
  keep(kind: RunKind): void {
    this.placement.trial(kind)?.tuned(kind);
  }

  private tuner(kind: RunKind): BatchTuner | undefined {
    const trial = this.placement.trial(kind);
    if (!trial) return undefined;
    // A gradient keeps what the forward pass computed, and computes as much again.
    const perSample = Math.max(1, this.sizes.sampleBytes * (kind === 'gradient' ? 2 : 1));
    const room = Math.min(mostSamples, (memoryShare * (this.placement.memory(kind) ?? usualMemory)) / perSample, hostBytes / Math.max(1, this.inputBytes));
    const most = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, room))));
    // The first run is done on the CPU too, to compare: no longer there than some tenths of a second.
    const first = Math.min(fewSamples, most, Math.max(1, heavyMacs / Math.max(1, this.sizes.sampleMacs)));
    return trial.tuner(kind, Math.max(this.sizes[kind], first), most);
  }
}
