/**
 * The small RPC that carries the messages of `engine.ts`. Both ends use it, and it knows nothing of how messages
 * travel: a Channel may be a forked process, a pair of callbacks in a test, or anything else.
 *
 * The rules it keeps:
 * - every request is answered exactly once, with {ok} or {err}, also when the other process dies;
 * - cancelling is a request to stop: the caller is answered within `cancelAnswerMs` whatever the other side does;
 * - no error text reaches a user before it was made one line of bounded length without control characters.
 */
import type { EngineMethod, EngineRequests, ErrorCode, FromEngine, ToEngine, WireError } from './engine';

/** A two-way pipe of messages. `onClose` is called once, with what can be told about the end. */
export interface Channel<Out, In> {
  /** May throw when a message cannot be sent (closed pipe, a value that cannot be cloned). */
  send(message: Out): void;
  onMessage(listener: (message: In) => void): void;
  onClose(listener: (reason: WireError) => void): void;
}

/** An error with a code a user interface can react to, and what the user can do next. */
export class LensError extends Error {
  constructor(readonly code: ErrorCode, message: string, readonly remedy?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LensError';
  }
}

const maximumMessage = 600;
// C0 and C1 controls, line and paragraph separators, and the bidi controls that can turn text around on screen.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** `text` as one line of at most `maximum` characters, without control characters. */
export function oneLine(text: string, maximum = maximumMessage): string {
  const line = text.slice(0, 4 * maximum).replace(unprintable, ' ').replace(/ {2,}/g, ' ').trim();
  return line.length > maximum ? `${line.slice(0, maximum - 1)}…` : line;
}

/** Codes of Node's file errors that mean 'there is no such file' or 'it cannot be read'. */
const fileErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file', ENOTDIR: 'no such file', EACCES: 'permission denied', EPERM: 'permission denied',
  EISDIR: 'is a folder, not a file', EMFILE: 'too many open files', EIO: 'the disk reported an error', ENOSPC: 'the disk is full',
};

const errorCodes: Readonly<Record<ErrorCode, true>> = {
  cancelled: true, engineDied: true, badFile: true, badInput: true, notDifferentiable: true, unsupported: true, notFound: true, failed: true,
};

/**
 * Any thrown value as the error that goes over the wire. Rooms below know nothing of this protocol: their errors carry
 * one of its codes in a `code` field, and perhaps a `remedy`.
 */
export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return wire('failed', String(error));
  if (error.name === 'AbortError') return wire('cancelled', 'cancelled');
  if (error.name === 'NotDifferentiable') return wire('notDifferentiable', error.message, 'choose a method that only runs the model forward');
  const { code, path, remedy } = error as { code?: unknown; path?: unknown; remedy?: unknown };
  if (typeof code === 'string' && Object.hasOwn(errorCodes, code)) return wire(code as ErrorCode, error.message, typeof remedy === 'string' ? remedy : undefined);
  if (typeof code === 'string' && fileErrors[code] !== undefined) {
    return wire(code === 'ENOENT' || code === 'ENOTDIR' ? 'notFound' : 'badFile', typeof path === 'string' ? `${path}: ${fileErrors[code]}` : error.message);
  }
  return wire('failed', error.message || error.name);
}

function wire(code: ErrorCode, message: string, remedy?: string): WireError {
  const line = oneLine(message) || 'failed without saying why';
  return remedy === undefined ? { code, message: line } : { code, message: line, remedy: oneLine(remedy) };
}

export function fromWireError(error: WireError): LensError {
  return new LensError(error.code, error.message, error.remedy);
}

/** Rejects with 'cancelled' if `signal` was aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LensError('cancelled', 'cancelled');
}

// --- the asking side -----------------------------------------------------------------------------------------------

export interface RequestOptions<M extends EngineMethod> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (value: EngineRequests[M]['progress']) => void;
}

export interface ClientOptions {
  /** A cancelled request is answered 'cancelled' after this time even if the other side says nothing. Default 250. */
  readonly cancelAnswerMs?: number;
  /** A cancelled request the other side has not answered after this time (counted from the cancel) is reported to `onStuck`. Default 1500. */
  readonly stuckMs?: number;
  readonly onStuck?: () => void;
  /** Called whenever the number of requests the other side still works on changes. */
  readonly onOpenChanged?: (open: number) => void;
}

interface OpenRequest {
  settle(outcome: { ok: unknown } | { err: WireError }): void;
  progress(value: unknown): void;
}

/** Asks an engine at the other end of a channel. */
export class EngineClient {
  private readonly open = new Map<number, OpenRequest>();
  private closed: WireError | undefined;
  private nextId = 1;

  constructor(private readonly channel: Channel<ToEngine, FromEngine>, private readonly options: ClientOptions = {}) {
    channel.onMessage((message) => this.receive(message));
    channel.onClose((reason) => this.close(reason));
  }

  /** Requests sent and not yet answered by the other side (cancelled ones included). */
  get openRequests(): number {
    return this.open.size;
  }

  /**
   * Sends a request and resolves with its result.
   * @throws LensError with the code of the engine's answer; 'cancelled' when `signal` aborts; 'engineDied' when the
   * channel closes before the answer.
   */
  request<M extends EngineMethod>(method: M, params: EngineRequests[M]['params'], { signal, onProgress }: RequestOptions<M> = {}): Promise<EngineRequests[M]['result']> {
    if (signal?.aborted) return Promise.reject(new LensError('cancelled', 'cancelled'));
    if (this.closed) return Promise.reject(fromWireError(this.closed));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      let answered = false;
      let answerTimer: ReturnType<typeof setTimeout> | undefined;
      let stuckTimer: ReturnType<typeof setTimeout> | undefined;
      const answer = (outcome: { ok: unknown } | { err: WireError }): void => {
        if (answered) return;
        answered = true;
        signal?.removeEventListener('abort', cancel);
        if ('ok' in outcome) resolve(outcome.ok as EngineRequests[M]['result']);
        else reject(fromWireError(outcome.err));
      };
      const cancel = (): void => {
        const { cancelAnswerMs = 250, stuckMs = 1500, onStuck } = this.options;
        answerTimer = setTimeout(() => answer({ err: { code: 'cancelled', message: 'cancelled' } }), cancelAnswerMs);
        if (onStuck) stuckTimer = setTimeout(onStuck, stuckMs);
        this.trySend({ type: 'cancel', id });
      };
      this.open.set(id, {
        settle: (outcome) => {
          clearTimeout(answerTimer);
          clearTimeout(stuckTimer);
          // A job that finished just as it was cancelled is still cancelled for the one who asked.
          answer(signal?.aborted ? { err: { code: 'cancelled', message: 'cancelled' } } : outcome);
        },
        progress: (value) => {
          if (!answered && !signal?.aborted) onProgress?.(value as EngineRequests[M]['progress']);
        },
      });
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        this.channel.send({ type: 'request', id, method, params });
      } catch (error) {
        this.settle(id, { err: toWireError(error) });
        return;
      }
      this.options.onOpenChanged?.(this.open.size);
    });
  }

  private receive(message: FromEngine): void {
    if (message.type === 'progress') this.open.get(message.id)?.progress(message.value);
    else if (message.type === 'reply') this.settle(message.id, 'err' in message ? { err: message.err } : { ok: message.ok });
  }

  private settle(id: number, outcome: { ok: unknown } | { err: WireError }): void {
    const request = this.open.get(id);
    if (!request) return;
    this.open.delete(id);
    request.settle(outcome);
    this.options.onOpenChanged?.(this.open.size);
  }

  private close(reason: WireError): void {
    if (this.closed) return;
    this.closed = reason;
    for (const id of [...this.open.keys()]) this.settle(id, { err: reason });
  }

  private trySend(message: ToEngine): void {
    try {
      this.channel.send(message);
    } catch {
      // The channel is closing; its close answers the request.
    }
  }
}

// --- the answering side --------------------------------------------------------------------------------------------

/** What a job is given beside its parameters. */
export interface JobContext<P = never> {
  readonly signal: AbortSignal;
  progress(value: P): void;
}

export type Handlers = {
  readonly [M in EngineMethod]: (params: EngineRequests[M]['params'], context: JobContext<EngineRequests[M]['progress']>) => Promise<EngineRequests[M]['result']>;
};

type AnyHandler = (params: unknown, context: JobContext<unknown>) => Promise<unknown>;

export interface Server {
  readonly openRequests: number;
  /** Answers every open request with `error` (the process is about to end). */
  failAll(error: unknown): void;
  /** Aborts every open request. */
  cancelAll(): void;
}

/** Answers the requests of a channel by a table of handlers, one per method; a method without one is refused. */
export function serve(channel: Channel<FromEngine, ToEngine>, handlers: Partial<Handlers>): Server {
  const open = new Map<number, AbortController>();

  const reply = (id: number, outcome: { ok: unknown } | { err: WireError }): void => {
    if (!open.delete(id)) return;
    try {
      channel.send({ type: 'reply', id, ...outcome });
    } catch (error) {
      // A result that cannot be cloned is an error of ours; a closed channel has nobody left to tell.
      try { channel.send({ type: 'reply', id, err: toWireError(error) }); } catch { /* closed */ }
    }
  };

  const start = (id: number, method: string, params: unknown): void => {
    const controller = new AbortController();
    open.set(id, controller);
    const handler = Object.hasOwn(handlers, method) ? (handlers[method as EngineMethod] as AnyHandler) : undefined;
    if (!handler) return reply(id, { err: { code: 'failed', message: oneLine(`the engine has no method '${method}'`) } });
    const context: JobContext<unknown> = {
      signal: controller.signal,
      progress: (value) => {
        if (!open.has(id) || controller.signal.aborted) return;
        try { channel.send({ type: 'progress', id, value }); } catch { /* closed: onClose cancels the job */ }
      },
    };
    // In a microtask, so that a handler that throws before its first await is answered too.
    void Promise.resolve().then(() => handler(params, context)).then(
      (ok) => reply(id, controller.signal.aborted ? { err: { code: 'cancelled', message: 'cancelled' } } : { ok }),
      (error: unknown) => reply(id, { err: controller.signal.aborted ? { code: 'cancelled', message: 'cancelled' } : toWireError(error) }),
    );
  };

  const cancelAll = (): void => {
    for (const controller of open.values()) controller.abort();
  };

  channel.onMessage((message) => {
    if (message.type === 'request') start(message.id, message.method, message.params);
    else open.get(message.id)?.abort();
  });
  channel.onClose(cancelAll);

  return {
    get openRequests() { return open.size; },
    failAll: (error) => {
      const err = toWireError(error);
      for (const id of [...open.keys()]) reply(id, { err });
    },
    cancelAll,
  };
}
