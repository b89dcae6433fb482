/**
 * Watches a process while it parses a model file. Files come from strangers, and a parser that hangs or eats memory
 * cannot be stopped from inside its own thread: so a process says what it is about to parse, and its parent ends it
 * when that takes too long or too much.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { LensError } from './rpc';

/** What a process tells its parent around the parsing of a file. Travels beside the messages of `engine.ts`. */
export type ParseNotice =
  | { readonly type: 'parsing'; readonly token: number; readonly file: string; readonly bytes: number }
  | { readonly type: 'parsed'; readonly token: number };

export function isParseNotice(message: unknown): message is ParseNotice {
  const type = (message as { type?: unknown } | null)?.type;
  return type === 'parsing' || type === 'parsed';
}

let tokens = 0;

/**
 * Runs `work` under the parent's watch, if this process has a parent that listens. The notice has left this process
 * before `work` begins, because `work` may never let go of the thread.
 */
export async function watched<T>(file: string, bytes: number, work: () => Promise<T>): Promise<T> {
  if (!process.connected) return work();
  const token = ++tokens;
  await say({ type: 'parsing', token, file, bytes });
  try {
    return await work();
  } finally {
    void say({ type: 'parsed', token });
  }
}

function say(notice: ParseNotice): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve();
    else process.send!(notice, undefined, undefined, () => resolve());
  });
}

export interface ParseLimits {
  /** Milliseconds a small file may take, and for each further MB. */
  readonly milliseconds: number;
  readonly millisecondsPerMegabyte: number;
  /** MB the process may grow by, and for each MB of the file. */
  readonly megabytes: number;
  readonly megabytesPerMegabyte: number;
}

/** A damaged file of any size the attacker would bother with is answered within 5 s and 500 MB. */
export const parseLimits: ParseLimits = { milliseconds: 4000, millisecondsPerMegabyte: 100, megabytes: 350, megabytesPerMegabyte: 3 };

const lookEveryMs = 50;

interface Parse {
  readonly file: string;
  readonly bytes: number;
  readonly started: number;
  startMegabytes: number | undefined;
}

export class ParseWatch {
  private readonly parses = new Map<number, Parse>();
  private timer: ReturnType<typeof setInterval> | undefined;

  /** @param exceeded told once which file broke a limit; the watch is over then. */
  constructor(private readonly pid: number, private readonly exceeded: (file: string, error: LensError) => void, private readonly limits: ParseLimits = parseLimits) {}

  notice(notice: ParseNotice): void {
    if (notice.type === 'parsing') {
      const parse: Parse = { file: notice.file, bytes: notice.bytes, started: performance.now(), startMegabytes: undefined };
      this.parses.set(notice.token, parse);
      residentMegabytes(this.pid, (megabytes) => { parse.startMegabytes ??= megabytes; });
    } else {
      this.parses.delete(notice.token);
    }
    if (this.parses.size === 0) this.dispose();
    else this.timer ??= setInterval(() => this.look(), lookEveryMs);
  }

  dispose(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.parses.clear();
  }

  private look(): void {
    for (const parse of [...this.parses.values()]) {
      const size = parse.bytes / 1e6;
      const allowedMs = this.limits.milliseconds + this.limits.millisecondsPerMegabyte * size;
      if (performance.now() - parse.started > allowedMs) return this.end(parse, `took longer than ${Math.round(allowedMs / 100) / 10} s to parse`);
      residentMegabytes(this.pid, (megabytes) => {
        if (![...this.parses.values()].includes(parse)) return;
        const allowed = this.limits.megabytes + this.limits.megabytesPerMegabyte * size;
        const grown = megabytes - (parse.startMegabytes ??= megabytes);
        if (grown > allowed) this.end(parse, `took more than ${Math.round(allowed)} MB of memory to parse`);
      });
    }
  }

  private end({ file }: Parse, what: string): void {
    this.dispose();
    this.exceeded(file, new LensError('badFile', `${path.basename(file)} ${what}: the file is probably damaged`));
  }
}

/** Resident memory of a process, where the system tells it cheaply; `then` is not called where it does not. */
function residentMegabytes(pid: number, then: (megabytes: number) => void): void {
  if (process.platform === 'linux') {
    fs.readFile(`/proc/${pid}/status`, 'utf8', (error, text) => {
      const kilobytes = error ? undefined : /^VmRSS:\s*(\d+) kB/m.exec(text)?.[1];
      if (kilobytes !== undefined) then(Number(kilobytes) / 1000);
    });
  } else if (process.platform === 'darwin') {
    execFile('ps', ['-o', 'rss=', '-p', String(pid)], (error, text) => {
      const kilobytes = Number.parseInt(text, 10);
      if (!error && kilobytes > 0) then(kilobytes / 1000);
    });
  }
}
