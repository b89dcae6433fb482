/**
 * A run over many pictures as a folder: what was asked (run.json), a line a picture (rows.jsonl), and beside them the
 * maps (.npy) and small pictures. Each picture's files are written before its line, so a run can end at any time.
 */
import path from 'node:path';
import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { HeatMap } from '../../protocol/engine';
import type { KeptPicture, PictureRow } from '../../protocol/many';
import { LensError, throwIfAborted } from '../../protocol/rpc';
import { formatNpy, parseNpy } from '../../tensor/npy';
import { makeOutputFolder } from '../keep/outputFolder';

/** A line of rows.jsonl: the row, without its place in a list, which is another one when pictures are added. */
interface Line extends Omit<PictureRow, 'at'> {
  /** Size and time of change of the picture when it was explained. */
  readonly identity: string;
}

/** The runs of this process that write to a folder, so that a second one waits: two would give their pictures the same numbers. */
const writing = new Map<string, Promise<void>>();

export class KeptRun {
  private next: number;

  private constructor(private readonly folder: string, private readonly lines: ReadonlyMap<string, Line>) {
    this.next = 1 + [...lines.values()].reduce((most, { number }) => Math.max(most, number), 0);
  }

  /** Waits until no other run of this process writes to `folder`. @returns ends this one's turn. */
  static async turn(folder: string, signal: AbortSignal): Promise<() => void> {
    const key = path.resolve(folder);
    for (let other = writing.get(key); other; other = writing.get(key)) await orAborted(other, signal);
    throwIfAborted(signal);
    let end = (): void => undefined;
    writing.set(key, new Promise<void>((resolve) => {
      end = () => {
        writing.delete(key);
        resolve();
      };
    }));
    return end;
  }

  /**
   * Opens the run in `folder`, or begins one. A run that asked for something else is an error, not overwritten.
   * @param asked everything the rows depend on besides the pictures.
   */
  static async open(folder: string, asked: unknown): Promise<KeptRun> {
    await makeOutputFolder(folder);
    const file = path.join(folder, 'run.json'), wanted = `${JSON.stringify(asked, null, 2)}\n`;
    const found = await readFile(file, 'utf8').catch(() => undefined);
    if (found !== undefined && found !== wanted) {
      throw new LensError('badInput', `${folder}: holds results of another model, method or parameters`, 'choose another folder, or delete this one');
    }
    for (const part of ['maps', 'pictures']) await mkdir(path.join(folder, part)).catch(ifThere);
    if (found === undefined) await writeFile(file, wanted);
    return new KeptRun(folder, await readLines(path.join(folder, 'rows.jsonl')));
  }

  /** The row of a picture that was explained before and has not changed since. Rows of failures are tried again. */
  async get(file: string, at: number): Promise<PictureRow | undefined> {
    const line = this.lines.get(file);
    if (!line || line.error !== undefined || line.identity !== await identityOf(file)) return undefined;
    const { identity: _, ...row } = line;
    return { ...row, at };
  }

  /** Keeps a row and what its picture shows. @returns the row with the number it is kept by. */
  async put(row: Omit<PictureRow, 'number'>, { picture, map }: KeptPicture): Promise<PictureRow> {
    const number = this.next++, { at, ...rest } = row;
    if (picture) await writeFile(pictureFile(this.folder, number), picture.bytes);
    if (map) await writeFile(mapFile(this.folder, number), formatNpy({ dtype: 'float32', dims: [map.height, map.width], data: map.values }));
    const line: Line = { ...rest, number, identity: await identityOf(row.file) };
    await appendFile(path.join(this.folder, 'rows.jsonl'), `${JSON.stringify(line)}\n`);
    return { ...rest, at, number };
  }
}

/** What is kept of a picture; parts that are gone or damaged are left out. */
export async function keptPicture(folder: string, number: number): Promise<KeptPicture> {
  if (!Number.isSafeInteger(number)) throw new LensError('badInput', `number: found ${String(number)}, expected the number of a row`);
  const bytes = await readFile(pictureFile(folder, number)).catch(() => undefined);
  const { default: sharp } = await import('sharp');
  const size = bytes && await sharp(bytes).metadata().catch(() => undefined);
  const map = await keptMap(folder, number);
  return { ...(bytes && size && { picture: { width: size.width, height: size.height, mime: 'image/jpeg', bytes: new Uint8Array(bytes) } }), ...(map && { map }) };
}

export async function keptMap(folder: string, number: number): Promise<HeatMap | undefined> {
  try {
    const { dims: [height, width], data } = parseNpy(await readFile(mapFile(folder, number)));
    return data instanceof Float32Array && height !== undefined && width !== undefined ? { width, height, values: data, signed: data.some((value) => value < 0) } : undefined;
  } catch {
    return undefined;
  }
}

function pictureFile(folder: string, number: number): string {
  return path.join(folder, 'pictures', `${String(number).padStart(6, '0')}.jpg`);
}

function mapFile(folder: string, number: number): string {
  return path.join(folder, 'maps', `${String(number).padStart(6, '0')}.npy`);
}

/** Resolves when `other` does, or at once when the signal aborts. */
function orAborted(other: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    void other.then(done);
    if (signal.aborted) done();
  }).then(() => throwIfAborted(signal));
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** The last line of each picture counts. Lines that are none (the last one, where a run was cut off) are passed over. */
async function readLines(file: string): Promise<Map<string, Line>> {
  const lines = new Map<string, Line>();
  for (const text of (await readFile(file, 'utf8').catch(() => '')).split('\n')) {
    try {
      const line = JSON.parse(text) as Line;
      if (typeof line.file === 'string' && Number.isSafeInteger(line.number) && typeof line.identity === 'string') lines.set(line.file, line);
    } catch {
      continue;
    }
  }
  return lines;
}

async function identityOf(file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file).catch(() => ({ size: -1, mtimeMs: -1 }));
  return `${size} ${mtimeMs}`;
}
