/**
 * An engine process as its owner sees it: started by the first request, stopped when idle, started again by the next
 * request after a crash. ONNX Runtime blocks the thread that calls it and a native fault ends its process, so the
 * process is disposable and everything worth keeping lives on this side.
 */
import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { withCudaLibraries } from './cudaLibraries';
import { forgetMark, isDeviceNotice, leftMark } from './deviceNotice';
import type { EngineMethod, EngineRequests, FromEngine, ToEngine, WireError } from './engine';
import { isParseNotice, parseLimits, ParseWatch, type ParseLimits } from './parseWatch';
import { EngineClient, LensError, oneLine, type Channel, type RequestOptions } from './rpc';

export interface EngineProcessOptions {
  /** Absolute path of the engine bundle. */
  readonly enginePath: string;
  /** How errors name this process ('the explaining engine'). */
  readonly name?: string;
  /** Stops after this long without an open request; 0 keeps it. Default 5 minutes. */
  readonly idleMs?: number;
  /** A cancelled request is answered after this time at the latest. Default 250. */
  readonly cancelAnswerMs?: number;
  /** A process that has not answered a cancel after this time is killed. Default 1500. */
  readonly cancelKillMs?: number;
  /** Environment variables to add. */
  readonly env?: Readonly<Record<string, string>>;
  /** Node options of the child (a TypeScript loader in tests). */
  readonly execArgv?: readonly string[];
  /** How long and with how much memory a model file may be parsed before the process is ended. */
  readonly parseLimits?: ParseLimits;
  /** Receives what the process prints, line by line (an output channel). */
  readonly onLog?: (line: string) => void;
}

/** Why a process ended. */
export interface EngineExit {
  readonly pid: number | undefined;
  /**
   * 'idle' and 'disposed' are our own doing; 'cancelled' killed a job that did not stop, 'damagedFile' one that did not
   * come to the end of a file; 'crashed' is everything else.
   */
  readonly reason: 'idle' | 'disposed' | 'cancelled' | 'damagedFile' | 'crashed';
  readonly code: number | null;
  readonly signal: string | null;
  /** One line for people. */
  readonly message: string;
  /** The last lines the process printed on stderr. */
  readonly stderr: readonly string[];
}

type Stop = 'idle' | 'disposed' | 'cancelled' | 'damagedFile';

const keptLines = 20;
/** Requests that shared a process with a job that had to be killed are sent again this often. */
const maximumResends = 3;

export class EngineProcess {
  private current: Running | undefined;
  private idleTimer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;
  private readonly exitListeners = new Set<(exit: EngineExit) => void>();

  constructor(private readonly options: EngineProcessOptions) {}

  /** Process id while one is running. */
  get pid(): number | undefined {
    return this.current?.child.pid;
  }

  get running(): boolean {
    return this.current !== undefined;
  }

  /** Calls `listener` whenever a process has ended, for whatever reason. */
  onDidExit(listener: (exit: EngineExit) => void): { dispose(): void } {
    this.exitListeners.add(listener);
    return { dispose: () => void this.exitListeners.delete(listener) };
  }

  /**
   * Asks the engine, starting it if need be.
   * @throws LensError: the engine's own error; 'cancelled' at most `cancelAnswerMs` after `signal` aborts; 'engineDied'
   * when the process ended before it answered, with the signal or exit code and its last words; 'badFile' when it had
   * to be ended because it did not get through the model file.
   */
  async request<M extends EngineMethod>(method: M, params: EngineRequests[M]['params'], options: RequestOptions<M> = {}): Promise<EngineRequests[M]['result']> {
    for (let attempt = 0; ; attempt++) {
      if (this.disposed) throw new LensError('engineDied', `${this.name} was closed`);
      if (options.signal?.aborted) throw new LensError('cancelled', 'cancelled');
      const running = this.current ?? this.start();
      try {
        return await running.client.request(method, params, options);
      } catch (error) {
        const died = error instanceof LensError && error.code === 'engineDied';
        if (died && running.damaged && running.damaged.file === modelOf(params)) throw running.damaged.error;
        // Killed for somebody else's cancel or file: this request did nothing wrong and starts anew. So it does where a
        // device's driver took the process along: the next one finds that written down, and goes on without that device.
        const driver = running.stop === undefined && leftMark(running.deviceMark);
        if (!died || !(driver || running.stop === 'cancelled' || running.stop === 'damagedFile') || attempt >= maximumResends) throw error;
      }
    }
  }

  /** Starts the process now, so that the first request finds it warm. */
  warmUp(): void {
    if (!this.disposed && !this.current) this.touch(this.start());
  }

  /** Kills the process. Open requests are answered 'engineDied'; the next request starts another. */
  kill(): void {
    forgetMark(this.current?.deviceMark);
    if (this.current) this.current.deviceMark = null;
    this.current?.child.kill('SIGKILL');
  }

  /** Ends the process and refuses further requests. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    clearTimeout(this.idleTimer);
    if (this.current) this.stop(this.current, 'disposed');
  }

  private get name(): string {
    return this.options.name ?? 'the engine';
  }

  private start(): Running {
    const running = launch(this.options, this.name, {
      onOpenChanged: () => this.touch(running),
      onStuck: () => this.abandon(running, 'cancelled'),
      onDamaged: (file, error) => {
        running.damaged = { file, error };
        this.abandon(running, 'damagedFile');
      },
      onExit: (exit) => {
        if (this.current === running) this.current = undefined;
        for (const listener of [...this.exitListeners]) listener(exit);
      },
    });
    this.current = running;
    return running;
  }

  /** Kills a process; detached at once, so that requests made from now on go to a new one. */
  private abandon(running: Running, stop: Stop): void {
    if (this.current !== running) return;
    this.current = undefined;
    running.stop = stop;
    running.child.kill('SIGKILL');
    // Killed by us, not by a driver.
    forgetMark(running.deviceMark);
  }

  /** Restarts the idle clock. */
  private touch(running: Running): void {
    clearTimeout(this.idleTimer);
    const idleMs = this.options.idleMs ?? 5 * 60_000;
    if (this.current !== running || idleMs <= 0 || running.client.openRequests > 0) return;
    this.idleTimer = setTimeout(() => {
      if (this.current === running && running.client.openRequests === 0) this.stop(running, 'idle');
    }, idleMs);
    this.idleTimer.unref?.();
  }

  /** Ends the process politely (it releases its sessions when the channel closes), then by force. */
  private stop(running: Running, reason: Stop): void {
    running.stop = reason;
    if (this.current === running) this.current = undefined;
    if (running.child.connected) running.child.disconnect();
    const timer = setTimeout(() => {
      running.child.kill('SIGKILL');
      forgetMark(running.deviceMark);
    }, 1000);
    timer.unref?.();
    running.child.once('exit', () => clearTimeout(timer));
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly client: EngineClient;
  stop?: Stop;
  /** The file that says that a device runs a model there, while one does. */
  deviceMark?: string | null;
  /** The file it was ended for, and what its reader is told. */
  damaged?: { readonly file: string; readonly error: LensError };
}

/** The model file a request is about, as the engine names it. */
function modelOf(params: object): string | undefined {
  const { file, model } = params as { file?: unknown; model?: unknown };
  const named = typeof model === 'string' ? model : file;
  return typeof named === 'string' ? path.resolve(named) : undefined;
}

interface Callbacks {
  onOpenChanged(open: number): void;
  onStuck(): void;
  onDamaged(file: string, error: LensError): void;
  onExit(exit: EngineExit): void;
}

function launch(options: EngineProcessOptions, name: string, callbacks: Callbacks): Running {
  const env: NodeJS.ProcessEnv = withCudaLibraries(options.enginePath, { ...process.env, ...options.env, ELECTRON_RUN_AS_NODE: '1' });
  // Options of the host (a debugger's port, an inspector) are not the engine's.
  delete env.NODE_OPTIONS;
  const child = fork(options.enginePath, [], { serialization: 'advanced', env, execArgv: [...(options.execArgv ?? [])], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const stderr: string[] = [];
  readLines(child.stdout, (line) => options.onLog?.(line));
  readLines(child.stderr, (line) => {
    stderr.push(line);
    if (stderr.length > keptLines) stderr.shift();
    options.onLog?.(line);
  });

  const closeListeners: ((reason: WireError) => void)[] = [];
  const channel: Channel<ToEngine, FromEngine> = {
    send: (message) => {
      if (!child.connected) return; // its exit answers every open request
      child.send(message, () => undefined);
    },
    onMessage: (listener) => void child.on('message', (message) => listener(message as FromEngine)),
    onClose: (listener) => void closeListeners.push(listener),
  };
  const client = new EngineClient(channel, {
    cancelAnswerMs: options.cancelAnswerMs,
    stuckMs: options.cancelKillMs,
    onStuck: () => callbacks.onStuck(),
    onOpenChanged: (open) => callbacks.onOpenChanged(open),
  });
  const running: Running = { child, client };
  const watch = new ParseWatch(child.pid ?? 0, (file, error) => callbacks.onDamaged(file, error), options.parseLimits ?? parseLimits);
  child.on('message', (message) => {
    if (isParseNotice(message)) watch.notice(message);
    else if (isDeviceNotice(message)) running.deviceMark = message.mark;
  });

  let ended = false;
  const end = (code: number | null, signal: string | null, failure?: string): void => {
    if (ended) return;
    ended = true;
    watch.dispose();
    const reason = running.stop ?? 'crashed';
    const message = describeExit(name, reason, code, signal, failure, stderr);
    for (const listener of closeListeners) listener({ code: 'engineDied', message, remedy: 'try again: the engine starts anew' });
    callbacks.onExit({ pid: child.pid, reason, code, signal, message, stderr: [...stderr] });
  };
  // The last words may still be on their way when the process is gone. ('close' would wait for them, but Node never
  // emits it after a disconnect from this side.)
  child.once('exit', (code, signal) => {
    const late = setTimeout(() => end(code, signal), 500);
    const now = (): void => {
      clearTimeout(late);
      end(code, signal);
    };
    if (!child.stderr || child.stderr.closed) now();
    else child.stderr.once('close', now);
  });
  // All there is when the process could not be started.
  child.once('error', (error) => { if (child.pid === undefined) end(null, null, error.message); });
  return running;
}

function describeExit(name: string, reason: EngineExit['reason'], code: number | null, signal: string | null, failure: string | undefined, stderr: readonly string[]): string {
  if (reason === 'idle') return `${name} was stopped because it was idle`;
  if (reason === 'disposed') return `${name} was closed`;
  if (reason === 'cancelled') return `${name} was stopped because a cancelled job did not end`;
  if (reason === 'damagedFile') return `${name} was stopped because it did not get through a model file`;
  if (failure !== undefined) return oneLine(`${name} could not be started: ${failure}`);
  const how = signal ? `was ended by signal ${signal}` : `ended with exit code ${code}`;
  const words = lastWords(stderr);
  return oneLine(words ? `${name} ${how}: ${words}` : `${name} ${how}`);
}

/** The line of stderr that says most: the last error, else the last line. */
function lastWords(stderr: readonly string[]): string | undefined {
  const telling = stderr.filter((line) => line.trim() !== '' && !/^\s*at /.test(line) && !/^Node\.js v/.test(line));
  return telling.findLast((line) => /error|abort|fatal|exception|failed/i.test(line)) ?? telling.at(-1);
}

function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  if (!stream) return;
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    // A process that prints without line ends must not fill our memory.
    rest = lines.pop()!.slice(-10_000);
    for (const line of lines) onLine(line.slice(0, 2000));
  });
  stream.on('end', () => { if (rest) onLine(rest.slice(0, 2000)); });
}
