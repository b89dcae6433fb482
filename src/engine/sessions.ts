/**
 * ONNX Runtime sessions: created from model bytes whose weights stay in the original file, kept by key, released when
 * there are too many. Creating one takes from 50 ms to seconds, running it milliseconds, so keeping them is what makes
 * the second explanation quick.
 */
import type { InferenceSession } from 'onnxruntime-node';
import type { DeviceId } from '../protocol/engine';
import { LensError } from '../protocol/rpc';
import type { Tensor } from '../tensor/tensor';
import { fromOrt, loadOrt, ortMessage, toOrt, type OrtModule } from './ort';

/** A model ready to be loaded. */
export interface SessionSource {
  readonly bytes: Uint8Array;
  /** Folder that locations of external data are relative to. */
  readonly externalFolder?: string;
  /** Bytes of weights the session will hold, for the cache's bound. */
  readonly weightBytes: number;
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Milliseconds its creation took. */
  readonly createMs: number;
  /** What had to be given up to load it, one sentence each. */
  readonly warnings: readonly string[];
  /** Blocks the process while it computes: keep single runs short. */
  run(feeds: Readonly<Record<string, Tensor>>, fetch?: readonly string[]): Promise<Record<string, Tensor>>;
}

interface Entry {
  readonly created: Promise<{ session: OpenSession; meta: unknown }>;
  readonly bytes: { weight: number };
  users: number;
}

type OpenSession = Session & { release(): Promise<void> };

export interface SessionsOptions {
  readonly maximumCount?: number;
  /** Bytes of weights all kept sessions may hold together. Default 2 GiB. */
  readonly maximumBytes?: number;
}

export class Sessions {
  /** In order of last use. */
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly options: SessionsOptions = {}) {}

  get count(): number {
    return this.entries.size;
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  /**
   * Runs `work` with the session of `key`, creating it by `build` if there is none. `meta` is what `build` wants to
   * remember beside it. The session is not released while `work` runs.
   */
  async use<M, T>(key: string, device: DeviceId, build: () => Promise<{ source: SessionSource; meta: M }>, work: (session: Session, meta: M) => Promise<T>): Promise<T> {
    const fullKey = `${device}\0${key}`;
    let entry = this.entries.get(fullKey);
    if (!entry) {
      const bytes = { weight: 0 };
      const created = (async () => {
        const { source, meta } = await build();
        bytes.weight = source.weightBytes + source.bytes.byteLength;
        return { session: await createSession(source, device), meta };
      })();
      entry = { created, bytes, users: 0 };
    }
    // Set anew, so that the map's order is the order of use.
    this.entries.delete(fullKey);
    this.entries.set(fullKey, entry);
    entry.users++;
    try {
      const { session, meta } = await entry.created;
      return await work(session, meta as M);
    } catch (error) {
      const failed = await entry.created.then(() => false, () => true);
      if (failed && this.entries.get(fullKey) === entry) this.entries.delete(fullKey);
      throw error;
    } finally {
      entry.users--;
      await this.trim();
    }
  }

  /** Releases every session that is not in use. A process must do so before it exits. */
  async releaseAll(): Promise<void> {
    const all = [...this.entries.values()];
    this.entries.clear();
    for (const entry of all) await release(entry);
  }

  private async trim(): Promise<void> {
    const { maximumCount = 12, maximumBytes = 2 ** 31 } = this.options;
    let total = 0;
    for (const entry of this.entries.values()) total += entry.bytes.weight;
    for (const [key, entry] of [...this.entries]) {
      if (this.entries.size <= maximumCount && total <= maximumBytes) return;
      if (entry.users > 0 || this.entries.size === 1) continue;
      this.entries.delete(key);
      total -= entry.bytes.weight;
      await release(entry);
    }
  }
}

async function release(entry: Entry): Promise<void> {
  try {
    const { session } = await entry.created;
    await session.release();
  } catch {
    // It was never created, or is gone already.
  }
}

type Level = 'all' | 'basic' | 'disabled';
const levels: readonly Level[] = ['all', 'basic', 'disabled'];

/** Loads a model, at a lower level of graph optimisation if the runtime's own optimiser stumbles over it. */
async function createSession(source: SessionSource, device: DeviceId): Promise<OpenSession> {
  const ort = await loadOrt();
  const start = performance.now();
  let firstError = '';
  for (const level of levels) {
    try {
      const session = await ort.InferenceSession.create(source.bytes, sessionOptions(source, device, level));
      const warnings = level === 'all' ? [] : [`ONNX Runtime could not optimise this model (${firstError}); it runs with graph optimisation '${level}', perhaps slower.`];
      return open(ort, session, performance.now() - start, warnings);
    } catch (error) {
      firstError ||= ortMessage(error);
    }
  }
  throw new LensError('unsupported', `ONNX Runtime cannot load this model: ${firstError}`);
}

function sessionOptions(source: SessionSource, device: DeviceId, level: Level): InferenceSession.SessionOptions {
  const session: Record<string, unknown> = {};
  if (source.externalFolder !== undefined) session.model_external_initializers_file_folder_path = source.externalFolder;
  return {
    // The number of threads is left to the runtime: one per physical core.
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    graphOptimizationLevel: level,
    logSeverityLevel: 4,
    extra: { session },
  };
}

function open(ort: OrtModule, session: InferenceSession, createMs: number, warnings: readonly string[]): OpenSession {
  let released = false;
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    createMs,
    warnings,
    run: async (feeds, fetch) => {
      if (released) throw new LensError('failed', 'the session was released');
      const converted: Record<string, InstanceType<OrtModule['Tensor']>> = Object.create(null);
      for (const name of session.inputNames) {
        const feed = feeds[name];
        if (!feed) throw new LensError('badInput', `input '${name}' was not given`);
        converted[name] = toOrt(ort, feed);
      }
      let results;
      try {
        results = await session.run(converted, [...(fetch ?? session.outputNames)]);
      } catch (error) {
        throw new LensError('failed', `ONNX Runtime could not run the model: ${ortMessage(error)}`);
      }
      const out: Record<string, Tensor> = Object.create(null);
      for (const [name, tensor] of Object.entries(results)) out[name] = fromOrt(tensor);
      return out;
    },
    release: async () => {
      released = true;
      await session.release();
    },
  };
}
