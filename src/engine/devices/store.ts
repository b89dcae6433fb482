/**
 * What was found out about devices, kept from one run of the program to the next: how they were proven, and for each
 * model how fast and whether at all it runs there. Small JSON files, each named by what it depends on (versions of this
 * program and of the runtime, the machine and its drivers), written beside their place and renamed, and checked when
 * read: whatever is damaged is as if it were not there. The folder can be deleted at any time.
 *
 * While a device runs a model there is a file that says so. A process that finds such a file of a process that is gone
 * knows that the driver took it along.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DeviceId, DeviceSpeed } from '../../protocol/engine';
import { sayRunning } from '../../protocol/deviceNotice';
import { cacheFolder } from '../sessionCache';
import { modelLensVersion } from '../version';
import { machineText } from './machine';
import type { Adapter } from './adapters';

/** A device as it was probed. */
export interface ProbeRecord {
  readonly adapter: Adapter;
  /** Largest difference to the CPU; absent where `reason` says why it cannot be used. */
  readonly proof?: number;
  readonly reason?: string;
}

/** A model on a device. */
export interface TrialRecord {
  readonly speed: DeviceSpeed;
  /** Graphs that computed there what they compute on the CPU, by digest: with so many samples in a run. */
  readonly proven: Readonly<Record<string, number>>;
  /** Samples a run that were best. */
  readonly batch: DeviceSpeed;
  /** Why the model does not run there. */
  readonly excluded?: { readonly kind: 'crashed' | 'wrong'; readonly reason: string };
}

const maximumFileBytes = 2 ** 18, maximumFiles = 500, maximumProven = 200;
/** How long it is believed that a device cannot be used. */
const failureMs = 86_400_000;
const name = /^[0-9a-f]{40}\.(?:probe|trial|\d+\.running)$/;

export class DeviceStore {
  private written = 0;

  /** @param versions everything whose change makes all that was found worthless. */
  constructor(private readonly folder: string, private readonly versions: readonly string[]) {}

  readProbe(device: DeviceId): ProbeRecord | undefined {
    const place = this.place('probe', [device]), record = this.read(place, isProbe);
    // What was missing may have been installed in a way that nothing here shows.
    return record?.proof === undefined && age(place) > failureMs ? undefined : record;
  }

  writeProbe(device: DeviceId, record: ProbeRecord): void {
    this.write(this.place('probe', [device]), record);
  }

  readTrial(device: DeviceId, model: string): TrialRecord | undefined {
    return this.read(this.place('trial', [device, model]), isTrial);
  }

  writeTrial(device: DeviceId, model: string, record: TrialRecord): void {
    const proven = Object.fromEntries(Object.entries(record.proven).slice(-maximumProven));
    this.write(this.place('trial', [device, model]), { ...record, proven });
  }

  /** Says, to whoever comes after this process and to its parent, that `device` runs `model`; until the function returned is called. */
  running(device: DeviceId, model: string): () => void {
    const place = this.place(`${process.pid}.running`, [device, model]);
    this.write(place, { pid: process.pid, booted: bootTime() } satisfies Mark);
    sayRunning(place);
    const done = (): void => {
      process.off('exit', done);
      fs.rmSync(place, { force: true });
      sayRunning(null);
    };
    process.on('exit', done);
    return done;
  }

  /** Whether a process ended while `device` ran `model` there. Asked once: the mark is gone afterwards. */
  crashed(device: DeviceId, model: string): boolean {
    const digest = path.basename(this.place('', [device, model]), '.');
    let crashed = false;
    for (const file of list(this.folder)) {
      if (!file.startsWith(digest) || !file.endsWith('.running')) continue;
      const place = path.join(this.folder, file), mark = this.read(place, isMark);
      if (mark && alive(mark)) continue;
      fs.rmSync(place, { force: true });
      crashed ||= mark !== undefined;
    }
    return crashed;
  }

  /** Forgets everything. */
  clear(): void {
    for (const file of list(this.folder)) if (name.test(file)) fs.rmSync(path.join(this.folder, file), { force: true });
  }

  private place(kind: string, parts: readonly string[]): string {
    return path.join(this.folder, `${createHash('sha256').update(JSON.stringify([this.versions, ...parts])).digest('hex').slice(0, 40)}.${kind}`);
  }

  private read<T>(place: string, check: (value: unknown) => value is T): T | undefined {
    try {
      if (fs.statSync(place).size > maximumFileBytes) return undefined;
      const value: unknown = JSON.parse(fs.readFileSync(place, 'utf8'));
      return check(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** A disk that cannot be written to costs only what would have been remembered. */
  private write(place: string, value: unknown): void {
    const draft = `${place}.${process.pid}-${this.written++}.part`;
    try {
      fs.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      fs.writeFileSync(draft, JSON.stringify(value), { mode: 0o600 });
      fs.renameSync(draft, place);
      if (place.endsWith('.trial')) this.trim();
    } catch {
      fs.rmSync(draft, { force: true });
    }
  }

  /** The oldest trials go where there are too many. */
  private trim(): void {
    const trials = list(this.folder).filter((file) => /^[0-9a-f]{40}\.trial$/.test(file));
    if (trials.length <= maximumFiles) return;
    const aged = trials.map((file) => ({ file, time: fs.statSync(path.join(this.folder, file)).mtimeMs })).sort((a, b) => b.time - a.time);
    for (const { file } of aged.slice(maximumFiles)) fs.rmSync(path.join(this.folder, file), { force: true });
  }
}

interface Mark {
  readonly pid: number;
  /** When the machine was started, ms: process ids are given anew after that. */
  readonly booted: number;
}

function bootTime(): number {
  return Date.now() - 1000 * os.uptime();
}

function alive({ pid, booted }: Mark): boolean {
  if (Math.abs(bootTime() - booted) > 60_000) return false;
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFigure(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
}

function isText(value: unknown, maximum = 1000): value is string {
  return typeof value === 'string' && value.length <= maximum;
}

function isProbe(value: unknown): value is ProbeRecord {
  if (!isObject(value) || !isObject(value.adapter)) return false;
  const { adapter, proof, reason } = value;
  if (!isText(adapter.name) || !isFigure(adapter.memoryBytes) || (adapter.software !== undefined && adapter.software !== true)) return false;
  return proof === undefined ? isText(reason) : isFigure(proof) && reason === undefined;
}

function isTrial(value: unknown): value is TrialRecord {
  if (!isObject(value)) return false;
  const { speed, proven, batch, excluded } = value;
  const pair = (item: unknown): boolean => isObject(item) && isFigure(item.forward) && isFigure(item.gradient);
  if (!pair(speed) || !pair(batch) || !isObject(proven) || !Object.values(proven).every((rows) => Number.isSafeInteger(rows) && Number(rows) >= 1)) return false;
  return excluded === undefined || (isObject(excluded) && (excluded.kind === 'crashed' || excluded.kind === 'wrong') && isText(excluded.reason));
}

function isMark(value: unknown): value is Mark {
  return isObject(value) && Number.isSafeInteger(value.pid) && Number(value.pid) > 0 && typeof value.booted === 'number';
}

function age(file: string): number {
  return Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * The store a program uses, beside its sessions (see `cacheFolder`). Undefined where that is switched off, and from
 * source, where nothing tells one state from the next.
 * @param entry the program's own file.
 */
export function deviceStoreOf(entry: string, runtime: string, sessions: string | undefined = cacheFolder()): DeviceStore | undefined {
  if (sessions === undefined || modelLensVersion === 'dev') return undefined;
  try {
    const { size, mtimeMs } = fs.statSync(entry);
    return new DeviceStore(path.join(sessions, 'devices'), [modelLensVersion, String(size), String(mtimeMs), runtime, machineText()]);
  } catch {
    return undefined;
  }
}
