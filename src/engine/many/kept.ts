/**
 * A run over many pictures as a folder: what was asked (run.json), a line a picture (rows.jsonl), and beside them the
 * maps (.npy) and small pictures. Each picture's files are written before its line, so a run can end at any time.
 */
import path from 'node:path';
import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { HeatMap } from '../../protocol/engine';
import type { PictureRow } from '../../protocol/many';
import { LensError } from '../../protocol/rpc';
import { formatNpy, parseNpy } from '../../tensor/npy';
import { makeOutputFolder } from '../keep/outputFolder';

/** A line of rows.jsonl: the row without its arrays, which lie in files of their own. */
interface Line extends Omit<PictureRow, 'picture' | 'map' | 'at'> {
  /** Of the row's files. Not the place in the list: that is another one when pictures are added. */
  readonly number: number;
  /** Size and time of change of the picture when it was explained. */
  readonly identity: string;
  readonly picture?: { readonly width: number; readonly height: number; readonly mime: string };
  readonly signed?: boolean;
}

export class KeptRun {
  private next: number;

  private constructor(private readonly folder: string, private readonly lines: ReadonlyMap<string, Line>) {
    this.next = 1 + [...lines.values()].reduce((most, { number }) => Math.max(most, number), 0);
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
    for (const part of ['maps', 'pictures']) await mkdir(path.join(folder, part), { recursive: false }).catch(ifThere);
    if (found === undefined) await writeFile(file, wanted);
    return new KeptRun(folder, await readLines(path.join(folder, 'rows.jsonl')));
  }

  /** The row of a picture that was explained before and has not changed since. Rows of failures are tried again. */
  async get(file: string, at: number): Promise<PictureRow | undefined> {
    const line = this.lines.get(file);
    if (!line || line.error !== undefined || line.identity !== await identityOf(file)) return undefined;
    const { identity: _, number, picture, signed, ...row } = line;
    try {
      return {
        ...row, at,
        ...(picture && { picture: { ...picture, bytes: new Uint8Array(await readFile(this.pictureFile(number))) } }),
        ...(signed !== undefined && { map: mapOf(await readFile(this.mapFile(number)), signed) }),
      };
    } catch {
      // A file of it is gone or damaged: it is made again.
      return undefined;
    }
  }

  async put({ picture, map, at: _, ...row }: PictureRow): Promise<void> {
    const number = this.next++;
    if (picture) await writeFile(this.pictureFile(number), picture.bytes);
    if (map) await writeFile(this.mapFile(number), formatNpy({ dtype: 'float32', dims: [map.height, map.width], data: map.values }));
    const line: Line = {
      ...row, number, identity: await identityOf(row.file),
      ...(picture && { picture: { width: picture.width, height: picture.height, mime: picture.mime } }), ...(map && { signed: map.signed }),
    };
    await appendFile(path.join(this.folder, 'rows.jsonl'), `${JSON.stringify(line)}\n`);
  }

  private pictureFile(number: number): string {
    return path.join(this.folder, 'pictures', `${String(number).padStart(6, '0')}.jpg`);
  }

  private mapFile(number: number): string {
    return path.join(this.folder, 'maps', `${String(number).padStart(6, '0')}.npy`);
  }
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

function mapOf(bytes: Buffer, signed: boolean): HeatMap {
  const { dims: [height, width], data } = parseNpy(bytes);
  if (!(data instanceof Float32Array) || height === undefined || width === undefined) throw new Error('no map');
  return { width, height, values: data, signed };
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
