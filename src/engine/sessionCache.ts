/**
 * Sessions from one run of the program to the next: models as ONNX Runtime's optimiser left them, one file each, named by
 * what they depend on (see `place`). Reading one takes a fraction of building and optimising it again.
 *
 * A file is the optimised ONNX model, then a JSON note, then 16 bytes: the note's length, a CRC-32 of everything before,
 * and a mark. It is written beside its place and renamed, so that no reader sees half of one; whatever is cut short,
 * changed or of another kind is thrown away and made again. Nothing but models and notes is taken from here: where
 * weights lie that stayed outside, the caller says. The folder can be deleted at any time.
 */
import { createHash } from 'node:crypto';
import { promises as fs, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { processorText } from './processor';
import { modelLensVersion } from './version';

export interface SessionCacheOptions {
  readonly folder: string;
  /** Everything whose change makes all that was kept useless: versions of this program and of the runtime. */
  readonly versions: readonly string[];
  /** Bytes of all files together. Default 512 MiB. */
  readonly maximumBytes?: number;
  /** Bytes of one file: larger models would only be doubled on disk. Default 64 MiB. */
  readonly maximumFileBytes?: number;
}

/** What was read back. No bytes: the optimised model was too large to be kept. */
export interface KeptSession {
  readonly bytes: Uint8Array;
  readonly note: unknown;
}

const mark = 'lens1\0\r\n';
const tailBytes = 8 + mark.length;
const finished = /^[0-9a-f]{40}\.session$/, unfinished = /^[0-9a-f]{40}\.\d+-\d+\.part$/;
/** A file somebody began and did not finish this long ago is nobody's any more. */
const abandonedMs = 3_600_000;

export class SessionCache {
  private readonly versions: string;
  private readonly writing = new Set<Promise<void>>();
  private drafts = 0;

  constructor(private readonly options: SessionCacheOptions) {
    this.versions = JSON.stringify([...options.versions, processorText()]);
  }

  /** The file for what `parts` describe: all that the session depends on besides versions and processor. */
  place(parts: readonly string[]): string {
    const digest = createHash('sha256').update(JSON.stringify([this.versions, ...parts])).digest('hex');
    return path.join(this.options.folder, `${digest.slice(0, 40)}.session`);
  }

  /** What is kept there, checked; undefined if there is nothing, or nothing whole. */
  async read(place: string): Promise<KeptSession | undefined> {
    const { maximumFileBytes = 64 * 2 ** 20 } = this.options;
    try {
      const { size } = await fs.stat(place);
      const kept = size <= maximumFileBytes + noteLimit ? parse(await fs.readFile(place)) : undefined;
      if (!kept) await this.discard(place);
      // Its time is the time of its last use.
      else await fs.utimes(place, new Date(), new Date()).catch(() => undefined);
      return kept;
    } catch {
      return undefined;
    }
  }

  /**
   * A path beside `place` for ONNX Runtime to write a model of these weights to; undefined where it would be too large,
   * or nothing can be written.
   */
  async draft(place: string, weightBytes: number): Promise<string | undefined> {
    const { folder, maximumFileBytes = 64 * 2 ** 20 } = this.options;
    // A gradient graph holds most weights twice: as they are and turned.
    if (2 * weightBytes > maximumFileBytes) return undefined;
    try {
      await fs.mkdir(folder, { recursive: true, mode: 0o700 });
      return place.replace(/session$/, `${process.pid}-${this.drafts++}.part`);
    } catch {
      return undefined;
    }
  }

  /** Completes what was written to `draft` and puts it to its place; the caller need not wait, see `settled`. */
  keep(draft: string, place: string, note: unknown): void {
    const work = this.finish(draft, place, note).catch(() => fs.rm(draft, { force: true })).catch(() => undefined);
    this.writing.add(work);
    void work.finally(() => this.writing.delete(work));
  }

  async discard(place: string): Promise<void> {
    await fs.rm(place, { force: true }).catch(() => undefined);
  }

  /** Everything that is kept has been written. */
  async settled(): Promise<void> {
    await Promise.all(this.writing);
  }

  private async finish(draft: string, place: string, note: unknown): Promise<void> {
    const { maximumFileBytes = 64 * 2 ** 20 } = this.options;
    const { size } = await fs.stat(draft);
    const words = Buffer.from(JSON.stringify(note ?? null));
    // Weights that the graph computes are not seen before. An empty model says so, and it is not written again.
    if (size > maximumFileBytes) await fs.truncate(draft);
    if (words.length > noteLimit) return fs.rm(draft);
    const tail = Buffer.alloc(tailBytes);
    tail.writeUInt32LE(words.length, 0);
    tail.writeUInt32LE(crc32(words, crc32(await fs.readFile(draft))), 4);
    tail.write(mark, 8, 'latin1');
    await fs.appendFile(draft, Buffer.concat([words, tail]));
    await fs.chmod(draft, 0o600);
    await fs.rename(draft, place);
    await this.trim();
  }

  /** Removes what was not used for longest until the rest fits, and what others left behind. Only files of our names. */
  private async trim(): Promise<void> {
    const { folder, maximumBytes = 512 * 2 ** 20 } = this.options;
    const kept: { file: string; size: number; used: number }[] = [];
    for (const name of await fs.readdir(folder)) {
      const file = path.join(folder, name);
      if (!finished.test(name) && !unfinished.test(name)) continue;
      const found = await fs.stat(file).catch(() => undefined);
      if (!found?.isFile()) continue;
      if (finished.test(name)) kept.push({ file, size: found.size, used: found.mtimeMs });
      else if (Date.now() - found.mtimeMs > abandonedMs) await this.discard(file);
    }
    kept.sort((a, b) => b.used - a.used);
    let total = 0;
    for (const { file, size } of kept) {
      total += size;
      if (total > maximumBytes) await this.discard(file);
    }
  }
}

const noteLimit = 2 ** 20;

function parse(file: Buffer): KeptSession | undefined {
  const tail = file.length - tailBytes;
  if (tail < 0 || file.toString('latin1', tail + 8) !== mark) return undefined;
  const words = tail - file.readUInt32LE(tail);
  if (words < 0 || crc32(file.subarray(0, tail)) !== file.readUInt32LE(tail + 4)) return undefined;
  return { bytes: file.subarray(0, words), note: JSON.parse(file.toString('utf8', words, tail)) };
}

/**
 * The cache a program uses. `entry` is its own file: another build of one version may build other graphs. Undefined where
 * it is switched off, and from source, where nothing tells one state from the next.
 */
export function sessionCacheOf(entry: string, folder: string | undefined = cacheFolder()): SessionCache | undefined {
  if (folder === undefined || modelLensVersion === 'dev') return undefined;
  try {
    const { size, mtimeMs } = statSync(entry);
    return new SessionCache({ folder, versions: [modelLensVersion, String(size), String(mtimeMs)] });
  } catch {
    return undefined;
  }
}

/**
 * The folder sessions are kept in: `MODEL_LENS_CACHE`, which the extension sets to its own storage, else where the system
 * keeps such things. Undefined for `MODEL_LENS_CACHE=off`.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform, home: string = os.homedir()): string | undefined {
  const chosen = env.MODEL_LENS_CACHE;
  if (chosen !== undefined && chosen !== '') return chosen === 'off' ? undefined : path.resolve(chosen);
  const absolute = (folder: string | undefined): string | undefined => (folder !== undefined && path.isAbsolute(folder) ? folder : undefined);
  if (platform === 'win32') return path.join(absolute(env.LOCALAPPDATA) ?? path.join(home, 'AppData', 'Local'), 'model-lens', 'sessions');
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'model-lens', 'sessions');
  return path.join(absolute(env.XDG_CACHE_HOME) ?? path.join(home, '.cache'), 'model-lens', 'sessions');
}
