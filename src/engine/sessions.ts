/**
 * ONNX Runtime sessions: created from model bytes whose weights stay in the original file, kept by key, released when
 * there are too many. Creating one takes from 50 ms to seconds, running it milliseconds, so keeping them is what makes
 * the second explanation quick, and keeping them on disk (sessionCache.ts) the first one of the next day.
 */
import type { InferenceSession } from 'onnxruntime-node';
import { folderOf } from '../formats/onnx/write';
import type { ModelFile } from '../graph/graph';
import type { DeviceId } from '../protocol/engine';
import type { NodePlacement } from '../protocol/nodePlacement';
import { LensError } from '../protocol/rpc';
import type { Tensor } from '../tensor/tensor';
import { DeviceFault, faultKind } from './devices/fault';
import { FirstRunProfile } from './devices/nodePlacement';
import { filesIdentity } from './modelFiles';
import { fromOrt, loadOrt, ortMessage, toOrt, type OrtModule } from './ort';
import type { SessionCache } from './sessionCache';

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
  /** Which nodes ran on the device and which beside it; known after the first run, and not asked of the CPU. */
  readonly nodePlacement?: NodePlacement;
  /** Blocks the process while it computes: keep single runs short. */
  run(feeds: Readonly<Record<string, Tensor>>, fetch?: readonly string[]): Promise<Record<string, Tensor>>;
}

/** What a session is made from, and by what it is known. */
export interface SessionRequest<M> {
  readonly key: string;
  readonly device: DeviceId;
  /** The model it is built from: where its files and `meta` (plain JSON) say all there is, it may be kept on disk. */
  readonly model: ModelFile;
  /** `meta` is what is to be remembered beside the session. */
  build(): Promise<{ source: SessionSource; meta: M }>;
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
  /** Where sessions are kept from one run of the program to the next. */
  readonly cache?: SessionCache;
  /** Makes the runtime's session for a device; default: the runtime itself. */
  readonly make?: MakeSession;
}

/** The runtime's own session, of bytes and the options for `device`. */
export type MakeSession = (bytes: Uint8Array, options: InferenceSession.SessionOptions, device: DeviceId) => Promise<InferenceSession>;

const makeSession: MakeSession = async (bytes, options) => (await loadOrt()).InferenceSession.create(bytes, options);

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

  /** Runs `work` with the session of `key`, creating it if there is none. It is not released while `work` runs. */
  async use<M, T>(request: SessionRequest<M>, work: (session: Session, meta: M) => Promise<T>): Promise<T> {
    const fullKey = `${request.device}\0${request.key}`;
    let entry = this.entries.get(fullKey);
    if (!entry) {
      const bytes = { weight: 0 };
      entry = { created: this.create(request, bytes), bytes, users: 0 };
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

  /** Releases a device's sessions that are not in use, for the memory they hold there. */
  async releaseIdle(device: DeviceId): Promise<void> {
    for (const [key, entry] of [...this.entries]) {
      if (entry.users > 0 || !key.startsWith(`${device}\0`)) continue;
      this.entries.delete(key);
      await release(entry);
    }
  }

  /** Releases every session that is not in use. A process must do so before it exits. */
  async releaseAll(): Promise<void> {
    const all = [...this.entries.values()];
    this.entries.clear();
    for (const entry of all) await release(entry);
    await this.options.cache?.settled();
  }

  private async create<M>({ key, device, model, build }: SessionRequest<M>, bytes: { weight: number }): Promise<{ session: OpenSession; meta: M }> {
    const { cache } = this.options, place = cache && await placeOf(cache, key, device, model);
    const kept = place === undefined ? undefined : await cache!.read(place);
    if (kept?.bytes.length) {
      try {
        const { weightBytes, external, meta } = kept.note as Note<M>;
        bytes.weight = weightBytes;
        return { session: await reopenSession(this.make, kept.bytes, external ? folderOf(model) : undefined), meta: meta as M };
      } catch {
        await cache!.discard(place!);
      }
    }
    const { source, meta } = await build();
    bytes.weight = source.weightBytes + source.bytes.byteLength;
    const draft = place === undefined || kept?.bytes.length === 0 ? undefined : await cache!.draft(place, source.weightBytes);
    const { session, written } = await createSession(this.make, source, device, draft);
    if (written) cache!.keep(draft!, place!, { weightBytes: bytes.weight, external: source.externalFolder !== undefined, meta } satisfies Note<M>);
    return { session, meta };
  }

  private get make(): MakeSession {
    return this.options.make ?? makeSession;
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

/** What is kept beside a session on disk. */
interface Note<M> {
  readonly weightBytes: number;
  /** Whether some weights stayed in the model's files. */
  readonly external: boolean;
  readonly meta?: M;
}

/** Kept for the CPU only: what other devices are given is compiled by their drivers, which keep it themselves. */
async function placeOf(cache: SessionCache, key: string, device: DeviceId, model: ModelFile): Promise<string | undefined> {
  if (device !== 'cpu') return undefined;
  const files = await filesIdentity(model);
  return files === undefined ? undefined : cache.place([(await loadOrt()).env.versions.node ?? '', key, files]);
}

type Level = 'all' | 'basic' | 'disabled';
const levels: readonly Level[] = ['all', 'basic', 'disabled'];

/**
 * Loads a model, at a lower level of graph optimisation if the runtime's own optimiser stumbles over it.
 * @param draft a file for what the optimiser made of it; `written` tells whether it is there.
 */
async function createSession(make: MakeSession, source: SessionSource, device: DeviceId, draft: string | undefined): Promise<{ session: OpenSession; written: boolean }> {
  const ort = await loadOrt();
  const start = performance.now();
  let firstError = '';
  const attempts = [...(draft === undefined ? [] : [{ level: levels[0]!, draft }]), ...levels.map((level) => ({ level, draft: undefined }))];
  for (const attempt of attempts) {
    const { level } = attempt, profile = device === 'cpu' ? undefined : await FirstRunProfile.begin();
    try {
      const options = { ...sessionOptions(source.externalFolder, device, level), ...profile?.options };
      const session = await make(source.bytes, attempt.draft === undefined ? options : { ...options, optimizedModelFilePath: attempt.draft }, device);
      const warnings = level === 'all' ? [] : [`ONNX Runtime could not optimise this model (${firstError}); it runs with graph optimisation '${level}', perhaps slower.`];
      return { session: open(ort, session, device, performance.now() - start, warnings, profile), written: attempt.draft !== undefined };
    } catch (error) {
      await profile?.discard();
      // With a draft it may be the disk that failed.
      if (attempt.draft === undefined) firstError ||= ortMessage(error);
      // Another level of optimisation brings no device back.
      if (device !== 'cpu' && faultKind(firstError) !== 'failed') break;
    }
  }
  if (device !== 'cpu') throw new DeviceFault(device, faultKind(firstError), firstError);
  throw new LensError('unsupported', `ONNX Runtime cannot load this model: ${firstError}`);
}

/** Loads a model that was optimised before: as it is. */
async function reopenSession(make: MakeSession, bytes: Uint8Array, externalFolder: string | undefined): Promise<OpenSession> {
  const ort = await loadOrt();
  const start = performance.now();
  return open(ort, await make(bytes, sessionOptions(externalFolder, 'cpu', 'disabled'), 'cpu'), 'cpu', performance.now() - start, []);
}

function sessionOptions(externalFolder: string | undefined, device: DeviceId, level: Level): InferenceSession.SessionOptions {
  const session: Record<string, unknown> = {};
  if (externalFolder !== undefined) session.model_external_initializers_file_folder_path = externalFolder;
  return {
    // The number of threads is left to the runtime: one per physical core.
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    graphOptimizationLevel: level,
    logSeverityLevel: 4,
    extra: { session },
  };
}

function open(ort: OrtModule, session: InferenceSession, device: DeviceId, createMs: number, warnings: readonly string[], profile?: FirstRunProfile): OpenSession {
  let released = false, profiled = profile, nodePlacement: NodePlacement | undefined;
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    createMs,
    warnings,
    get nodePlacement() { return nodePlacement; },
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
        const message = ortMessage(error);
        throw device === 'cpu' ? new LensError('failed', `ONNX Runtime could not run the model: ${message}`) : new DeviceFault(device, faultKind(message), message);
      }
      if (profiled) {
        const first = profiled;
        profiled = undefined;
        nodePlacement = await first.end(session);
      }
      const out: Record<string, Tensor> = Object.create(null);
      for (const [name, tensor] of Object.entries(results)) out[name] = fromOrt(tensor);
      return out;
    },
    release: async () => {
      released = true;
      await session.release();
      await profiled?.discard();
    },
  };
}
