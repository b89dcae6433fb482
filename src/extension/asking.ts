/** Questions of a page to an engine: each is answered once, may tell of its progress, and can be taken back. */
import { toWireError } from '../protocol/rpc';
import type { EngineMethod, EngineRequests } from '../protocol/engine';
import type { PageAnswer } from '../protocol/webview';
import type { EngineRole, Engines } from './engines';

export class Asking {
  private readonly open = new Map<number, AbortController>();

  /** @param roles the requests this page may make, and which engine answers them: nothing else is passed on. */
  constructor(private readonly engines: Engines, private readonly roles: Partial<Readonly<Record<EngineMethod, EngineRole>>>, private readonly post: (reply: PageAnswer) => void) {}

  /** @param about what the extension knows and the page may not choose; wins over what the page sent. */
  async ask<M extends EngineMethod>(id: number, method: M, params: unknown, about: Partial<EngineRequests[M]['params']>): Promise<void> {
    const question = new AbortController();
    this.open.set(id, question);
    try {
      const role = Object.hasOwn(this.roles, method) ? this.roles[method] : undefined;
      if (role === undefined) throw new Error(`unknown question '${String(method)}'`);
      const asked = { ...(params as object), ...about } as EngineRequests[M]['params'];
      const onProgress = (value: EngineRequests[M]['progress']): void => this.post({ type: 'answerProgress', id, value });
      this.post({ type: 'answer', id, ok: await this.engines.request(role, method, asked, { signal: question.signal, onProgress }) });
    } catch (error) {
      this.post({ type: 'answer', id, err: toWireError(error) });
    } finally {
      this.open.delete(id);
    }
  }

  dismiss(id: number): void {
    this.open.get(id)?.abort();
  }

  /** Takes all questions back. */
  dismissAll(): void {
    for (const question of this.open.values()) question.abort();
  }
}
