/** Questions of a page to the engine, through the extension: each is a promise that the matching answer settles. */
import type { EngineRequests, WireError } from '../../protocol/engine';
import type { PageAnswer, PageQuestion } from '../../protocol/webview';

/** What an unanswerable question rejects with. */
export class Refused extends Error {
  constructor(readonly error: WireError) {
    super(error.message);
  }
}

/**
 * @typeParam Asked the requests this page may make.
 * @typeParam Known the params that the extension fills in: what the page is about.
 */
export class Questions<Asked extends keyof EngineRequests, Known extends string> {
  private readonly open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void; onProgress?(value: unknown): void }>();
  private last = 0;

  constructor(private readonly post: (message: PageQuestion) => void) {}

  /** @param signal takes the question back: the promise rejects, and the engine stops. */
  ask<M extends Asked>(method: M, params: Omit<EngineRequests[M]['params'], Known>, signal?: AbortSignal, onProgress?: (value: EngineRequests[M]['progress']) => void): Promise<EngineRequests[M]['result']> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new Refused({ code: 'cancelled', message: 'cancelled' }));
      this.open.set(id, { resolve: resolve as (value: unknown) => void, reject, ...(onProgress && { onProgress: onProgress as (value: unknown) => void }) });
      signal?.addEventListener('abort', () => {
        if (!this.open.delete(id)) return;
        this.post({ type: 'dismiss', id });
        reject(new Refused({ code: 'cancelled', message: 'cancelled' }));
      }, { once: true });
      this.post({ type: 'ask', id, method, params });
    });
  }

  /** Every 'answer' of the extension goes here. */
  answered(message: Extract<PageAnswer, { type: 'answer' }>): void {
    const question = this.open.get(message.id);
    this.open.delete(message.id);
    if ('err' in message) question?.reject(new Refused(message.err));
    else question?.resolve(message.ok);
  }

  /** Every 'answerProgress' of the extension goes here. */
  progressed({ id, value }: Extract<PageAnswer, { type: 'answerProgress' }>): void {
    this.open.get(id)?.onProgress?.(value);
  }
}
