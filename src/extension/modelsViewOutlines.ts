/** What is known of the models in the view: asked one at a time while somebody looks, kept until a file changes. */
import type * as vscode from 'vscode';
import type { ModelOutline } from '../protocol/code';
import type { WireError } from '../protocol/engine';
import { toWireError } from '../protocol/rpc';
import type { ModelNode } from './modelsView';
import type { Services } from './services';

export type Known = { readonly outline: ModelOutline } | { readonly error: WireError };

/** So many are asked for without anybody pointing at them: the rest when somebody does. */
const mostUnasked = 200;

export class Outlines implements vscode.Disposable {
  private readonly known = new Map<string, Known>();
  private readonly waiting = new Map<string, ModelNode>();
  private readonly asking = new Map<string, Promise<Known | undefined>>();
  private readonly cancel = new AbortController();
  private active = false;
  private busy = false;

  /** @param told what changed, so that it is drawn again. */
  constructor(private readonly services: Services, private readonly told: (node: ModelNode) => void) {}

  dispose(): void {
    this.waiting.clear();
    this.cancel.abort();
  }

  /** Whether somebody looks; nothing is asked meanwhile if nobody does. */
  setActive(active: boolean): void {
    this.active = active;
    if (active) void this.work();
  }

  /** What is known now; what is not is asked for. */
  get(node: ModelNode): Known | undefined {
    const found = this.known.get(node.uri.fsPath);
    if (!found && this.known.size + this.waiting.size < mostUnasked) {
      this.waiting.set(node.uri.fsPath, node);
      void this.work();
    }
    return found;
  }

  /** What is known, asked for now if nobody did before. */
  async wanted(node: ModelNode, token: vscode.CancellationToken): Promise<Known | undefined> {
    const found = this.known.get(node.uri.fsPath);
    if (found || token.isCancellationRequested) return found;
    this.waiting.delete(node.uri.fsPath);
    return this.ask(node);
  }

  forget(uri: vscode.Uri): void {
    this.known.delete(uri.fsPath);
  }

  clear(): void {
    this.known.clear();
  }

  private async work(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (const [file, node] of this.waiting) {
      if (!this.active || this.cancel.signal.aborted) break;
      this.waiting.delete(file);
      await this.ask(node);
    }
    this.busy = false;
  }

  private ask(node: ModelNode): Promise<Known | undefined> {
    const file = node.uri.fsPath;
    let asked = this.asking.get(file);
    if (!asked) {
      asked = this.request(node).finally(() => this.asking.delete(file));
      this.asking.set(file, asked);
    }
    return asked;
  }

  private async request(node: ModelNode): Promise<Known | undefined> {
    const file = node.uri.fsPath;
    let found: Known;
    try {
      found = { outline: await this.services.engines.request('inspect', 'outline', { file }, { signal: this.cancel.signal }) };
    } catch (error) {
      const wire = toWireError(error);
      if (wire.code === 'cancelled') return undefined;
      found = { error: wire };
    }
    this.known.set(file, found);
    this.told(node);
    return found;
  }
}
