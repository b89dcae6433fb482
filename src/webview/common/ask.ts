/** Questions of a page to the engine, through the extension: each is a promise that the matching answer settles. */
import type { EngineRequests, WireError } from '../../protocol/engine';
import type { FromModelEditor, ModelQuestion, QuestionParams, ToModelEditor } from '../../protocol/webview';

/** What an unanswerable question rejects with. */
export class Refused extends Error {
  constructor(readonly error: WireError) {
    super(error.message);
  }
}

export class Questions {
  private readonly open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void; onProgress?(done: number, total: number): void }>();
  private last = 0;

  constructor(private readonly post: (message: FromModelEditor) => void) {}

  /** @param signal takes the question back: the promise rejects, and the engine stops. */
  ask<M extends ModelQuestion>(method: M, params: QuestionParams<M>, signal?: AbortSignal, onProgress?: (done: number, total: number) => void): Promise<EngineRequests[M]['result']> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.open.set(id, { resolve: resolve as (value: unknown) => void, reject, ...(onProgress && { onProgress }) });
      signal?.addEventListener('abort', () => {
        if (!this.open.delete(id)) return;
        this.post({ type: 'dismiss', id });
        reject(new Refused({ code: 'cancelled', message: 'cancelled' }));
      }, { once: true });
      this.post({ type: 'ask', id, method, params });
    });
  }

  /** Every 'answer' of the extension goes here. */
  answered(message: Extract<ToModelEditor, { type: 'answer' }>): void {
    const question = this.open.get(message.id);
    this.open.delete(message.id);
    if ('err' in message) question?.reject(new Refused(message.err));
    else question?.resolve(message.ok);
  }

  /** Every 'progress' of the extension goes here. */
  progressed({ id, done, total }: Extract<ToModelEditor, { type: 'progress' }>): void {
    this.open.get(id)?.onProgress?.(done, total);
  }
}
