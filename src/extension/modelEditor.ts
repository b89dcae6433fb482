/** The readonly editor of model files: asks the inspecting engine and hands the answer to the page. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { FromModelEditor, ModelQuestion, ToModelEditor } from '../protocol/webview';
import type { DetailsRequests } from '../protocol/details';
import type { Services } from './services';
import { resourceRoots, webviewPage } from './webviewPage';

export const modelViewType = 'modelLens.modelEditor';
/** Offered for model.json, which is opened as text unless somebody asks: the name alone makes it no TensorFlow.js model. */
const jsonViewType = 'modelLens.modelJsonEditor';

export function registerModelEditor(services: Services): vscode.Disposable {
  const provider = new ModelEditorProvider(services);
  return vscode.Disposable.from(...[modelViewType, jsonViewType].map((viewType) => vscode.window.registerCustomEditorProvider(viewType, provider, { supportsMultipleEditorsPerDocument: true })));
}

const modelQuestions: readonly ModelQuestion[] = ['layerDetails', 'tensorDetails'];

class ModelEditorProvider implements vscode.CustomReadonlyEditorProvider {
  constructor(private readonly services: Services) {}

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    this.services.engines.warmUp('inspect');
    return { uri, dispose: () => undefined };
  }

  resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const editor = new ModelEditor(this.services, document.uri, panel);
    panel.onDidDispose(() => editor.dispose());
  }
}

class ModelEditor implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private loading: AbortController | undefined;
  private readonly questions = new Map<number, AbortController>();
  private reload: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly services: Services, private readonly uri: vscode.Uri, private readonly panel: vscode.WebviewPanel) {
    const { webview } = panel;
    const { extensionUri } = services.context;
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(extensionUri) };
    this.disposables.push(webview.onDidReceiveMessage((message: FromModelEditor) => void this.receive(message)));
    webview.html = webviewPage(webview, extensionUri, { bundle: 'modelEditor', title: path.basename(uri.path) });
    this.watch();
  }

  dispose(): void {
    clearTimeout(this.reload);
    this.loading?.abort();
    for (const question of this.questions.values()) question.abort();
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** Opens the file anew when it changes on disk; a file written in steps counts once. */
  private watch(): void {
    const folder = vscode.Uri.joinPath(this.uri, '..');
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, escapeGlob(path.posix.basename(this.uri.path))));
    const changed = (): void => {
      clearTimeout(this.reload);
      this.reload = setTimeout(() => void this.load(), 400);
    };
    this.disposables.push(watcher, watcher.onDidChange(changed), watcher.onDidCreate(changed));
  }

  private async receive(message: FromModelEditor): Promise<void> {
    switch (message.type) {
      case 'ready':
      case 'tryAgain': return this.load();
      case 'openAsText': return void await vscode.commands.executeCommand('vscode.openWith', this.uri, 'default');
      case 'explainPicture': return void await vscode.commands.executeCommand('modelLens.explainWithModel', this.uri);
      case 'showLog': return this.services.log.show();
      case 'copy': return void await vscode.env.clipboard.writeText(message.text);
      case 'ask': return this.ask(message.id, message.method, message.params);
      case 'dismiss': return this.questions.get(message.id)?.abort();
      case 'cancel': return this.loading?.abort();
    }
  }

  private async load(): Promise<void> {
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    const current = (): boolean => this.loading === loading && !loading.signal.aborted;
    this.post({ type: 'loading', file: this.uri.fsPath });
    try {
      if (this.uri.scheme !== 'file') throw new Error(vscode.l10n.t('{0} is not a file on this machine: models are read from disk, piece by piece', this.uri.toString(true)));
      const result = await this.services.engines.request('inspect', 'inspect', { file: this.uri.fsPath }, { signal: loading.signal });
      if (current()) this.post({ type: 'model', result });
    } catch (error) {
      if (current()) this.post({ type: 'failed', error: toWireError(error) });
    }
  }

  /** Puts a page's question to the inspecting engine. Only about this editor's own file, and only what ModelQuestion lists. */
  private async ask(id: number, method: ModelQuestion, params: unknown): Promise<void> {
    const question = new AbortController();
    this.questions.set(id, question);
    try {
      if (!modelQuestions.includes(method)) throw new Error(`unknown question '${String(method)}'`);
      const asked = { ...(params as object), file: this.uri.fsPath } as DetailsRequests[ModelQuestion]['params'];
      this.post({ type: 'answer', id, ok: await this.services.engines.request('inspect', method, asked as never, { signal: question.signal }) });
    } catch (error) {
      this.post({ type: 'answer', id, err: toWireError(error) });
    } finally {
      this.questions.delete(id);
    }
  }

  private post(message: ToModelEditor): void {
    void this.panel.webview.postMessage(message);
  }
}

function escapeGlob(name: string): string {
  return name.replace(/[*?[\]{}]/g, (character) => `[${character}]`);
}
