/** The readonly editor of model files: asks the inspecting engine and hands the answer to the page. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { FromModelEditor, ModelQuestion, ToModelEditor } from '../protocol/webview';
import type { InspectResult } from '../protocol/engine';
import { Asking } from './asking';
import { askWhere, tellSaved, writeFile } from './saveFile';
import type { Services } from './services';
import { resourceRoots, webviewPage } from './webviewPage';

export const modelViewType = 'modelLens.modelEditor';
/** Offered for model.json, which is opened as text unless somebody asks: the name alone makes it no TensorFlow.js model. */
const jsonViewType = 'modelLens.modelJsonEditor';

/** Documents whose look is kept for when they are opened again. */
const looksKept = 50;

export function registerModelEditor(services: Services): vscode.Disposable {
  const provider = new ModelEditorProvider(services);
  return vscode.Disposable.from(
    ...[modelViewType, jsonViewType].map((viewType) => vscode.window.registerCustomEditorProvider(viewType, provider, { supportsMultipleEditorsPerDocument: true })),
    // For the features around code: shows a node in the model's editor. Resolves to whether the model has it.
    vscode.commands.registerCommand('modelLens.revealLayer', (uri: vscode.Uri, key: string) => provider.reveal(uri, key)),
  );
}

const modelQuestions: Readonly<Record<ModelQuestion, 'inspect'>> = { layerDetails: 'inspect', tensorDetails: 'inspect' };

class ModelEditorProvider implements vscode.CustomReadonlyEditorProvider {
  private readonly editors = new Set<ModelEditor>();
  private readonly opened = new vscode.EventEmitter<ModelEditor>();
  /** How each document was looked at last. VS Code forgets a page's state when its tab moves to another group. */
  private readonly looks = new Map<string, unknown>();

  constructor(private readonly services: Services) {}

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    this.services.engines.warmUp('inspect');
    return { uri, dispose: () => undefined };
  }

  resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const name = document.uri.toString();
    const editor = new ModelEditor(this.services, document.uri, panel, {
      get: () => this.looks.get(name),
      set: (look) => {
        this.looks.delete(name);
        this.looks.set(name, look);
        if (this.looks.size > looksKept) this.looks.delete(this.looks.keys().next().value!);
      },
    });
    this.editors.add(editor);
    panel.onDidDispose(() => {
      this.editors.delete(editor);
      editor.dispose();
    });
    this.opened.fire(editor);
  }

  /** Shows the node with this key in the document's editor, which is opened if it is not. */
  async reveal(uri: vscode.Uri, key: string): Promise<boolean> {
    const open = [...this.editors].filter((editor) => editor.uri.toString() === uri.toString());
    const editor = open.find(({ panel }) => panel.visible) ?? open[0];
    if (editor) {
      editor.panel.reveal();
      return editor.reveal(key);
    }
    const resolved = new Promise<ModelEditor>((resolve) => {
      const listener = this.opened.event((opened) => {
        if (opened.uri.toString() !== uri.toString()) return;
        listener.dispose();
        resolve(opened);
      });
    });
    await vscode.commands.executeCommand('vscode.openWith', uri, path.posix.basename(uri.path) === 'model.json' ? jsonViewType : modelViewType);
    return (await resolved).reveal(key);
  }
}

/** Where an editor keeps how it is looked at. */
interface Look {
  get(): unknown;
  set(look: unknown): void;
}

interface Reading {
  readonly controller: AbortController;
  readonly result: Promise<InspectResult>;
}

class ModelEditor implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private loading: AbortController | undefined;
  /** Begun while VS Code loads the page, which takes as long as reading a large model does. */
  private begun: Reading | undefined;
  private readonly asking: Asking;
  private changed: ReturnType<typeof setTimeout> | undefined;
  /** The page shows the model. A page in the background is none: VS Code ends it. */
  private ready = false;
  private disposed = false;
  private wanted: { readonly key: string; answer(found: boolean): void } | undefined;

  constructor(private readonly services: Services, readonly uri: vscode.Uri, readonly panel: vscode.WebviewPanel, private readonly look: Look) {
    const { webview } = panel;
    const { extensionUri } = services.context;
    this.asking = new Asking(services.engines, modelQuestions, (reply) => this.post(reply));
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(extensionUri) };
    this.disposables.push(
      webview.onDidReceiveMessage((message: FromModelEditor) => void this.receive(message)),
      panel.onDidChangeViewState(() => { if (!panel.visible) this.ready = false; }),
    );
    webview.html = webviewPage(webview, extensionUri, { bundle: 'modelEditor', title: path.basename(uri.path) });
    this.begun = this.read();
    this.watch();
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.changed);
    this.loading?.abort();
    this.begun?.controller.abort();
    this.wanted?.answer(false);
    this.asking.dismissAll();
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** Selects and shows a node, as soon as the page can. @returns whether the model has it. */
  reveal(key: string): Promise<boolean> {
    this.wanted?.answer(false);
    return new Promise((resolve) => {
      this.wanted = { key, answer: resolve };
      if (this.ready) this.post({ type: 'reveal', key });
    });
  }

  /** Opens the file anew when it changes on disk; a file written in steps counts once. */
  private watch(): void {
    const folder = vscode.Uri.joinPath(this.uri, '..');
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, escapeGlob(path.posix.basename(this.uri.path))));
    const later = (): void => {
      clearTimeout(this.changed);
      this.changed = setTimeout(() => void this.reload(), 400);
    };
    this.disposables.push(watcher, watcher.onDidChange(later), watcher.onDidCreate(later), watcher.onDidDelete(later));
  }

  private async reload(): Promise<void> {
    const there = await vscode.workspace.fs.stat(this.uri).then(() => true, () => false);
    if (this.disposed) return;
    if (there) return this.load();
    this.loading?.abort();
    this.loading = undefined;
    this.post({ type: 'deleted', file: this.uri.fsPath });
  }

  private async receive(message: FromModelEditor): Promise<void> {
    switch (message.type) {
      case 'ready':
        if (this.look.get() !== undefined) this.post({ type: 'restore', state: this.look.get() });
        return this.load();
      case 'tryAgain': return this.load();
      case 'openAsText': return void await vscode.commands.executeCommand('vscode.openWith', this.uri, 'default');
      case 'explainPicture': return void await vscode.commands.executeCommand('modelLens.explainWithModel', this.uri);
      case 'showLog': return this.services.log.show();
      case 'copy': return void await vscode.env.clipboard.writeText(message.text);
      case 'ask': return this.asking.ask(message.id, message.method, message.params, { file: this.uri.fsPath });
      case 'dismiss': return this.asking.dismiss(message.id);
      case 'cancel': return this.loading?.abort();
      case 'state': return this.look.set(message.state);
      case 'revealed': return this.wanted?.key === message.key ? this.wanted.answer(message.found) : undefined;
      case 'compareWith': return void await vscode.commands.executeCommand('modelLens.compareWith', this.uri);
      case 'save': return this.tried(() => this.save(message.name, message.bytes));
      case 'saveTensor': return this.tried(() => this.saveTensor(message.tensor, message.name));
    }
  }

  private read(): Reading {
    const controller = new AbortController();
    const result = this.uri.scheme === 'file'
      ? this.services.engines.request('inspect', 'inspect', { file: this.uri.fsPath }, { signal: controller.signal })
      : Promise.reject(new Error(vscode.l10n.t('{0} is not a file on this machine: models are read from disk, piece by piece', this.uri.toString(true))));
    // Whoever waits for it tells of a failure; nobody does when the editor is closed before its page is there.
    result.catch(() => undefined);
    return { controller, result };
  }

  private async load(): Promise<void> {
    this.loading?.abort();
    const reading = this.begun ?? this.read(), loading = (this.loading = reading.controller);
    this.begun = undefined;
    const current = (): boolean => this.loading === loading && !this.disposed;
    this.post({ type: 'loading', file: this.uri.fsPath });
    try {
      const result = await reading.result;
      if (!current()) return;
      this.post({ type: 'model', result });
      this.ready = true;
      if (this.wanted) this.post({ type: 'reveal', key: this.wanted.key });
    } catch (error) {
      if (!current()) return;
      this.post(loading.signal.aborted ? { type: 'cancelled' } : { type: 'failed', error: toWireError(error) });
      this.wanted?.answer(false);
      this.wanted = undefined;
    }
  }

  private async save(name: string, bytes: Uint8Array): Promise<void> {
    const file = await askWhere(this.uri, name);
    if (file) await writeFile(file, bytes);
  }

  private async saveTensor(id: string, name: string): Promise<void> {
    const to = await askWhere(this.uri, `${name}.npy`);
    if (!to) return;
    const { ProgressLocation } = vscode;
    await vscode.window.withProgress({ location: ProgressLocation.Notification, title: vscode.l10n.t('Saving {0}…', name), cancellable: true }, async (progress, token) => {
      const cancel = new AbortController();
      token.onCancellationRequested(() => cancel.abort());
      let told = 0;
      const { note } = await this.services.engines.request('inspect', 'saveTensor', { file: this.uri.fsPath, id, to: to.fsPath }, {
        signal: cancel.signal,
        onProgress: ({ done, total }) => {
          const percent = total > 0 ? (100 * done) / total : 0;
          progress.report({ increment: percent - told });
          told = percent;
        },
      });
      if (note !== undefined) void vscode.window.showInformationMessage(note);
    });
    tellSaved(to);
  }

  /** Runs what a button asked for; a failure is told as a message. */
  private async tried(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { code, message } = toWireError(error);
      if (code !== 'cancelled') void vscode.window.showErrorMessage(message);
    }
  }

  private post(message: ToModelEditor): void {
    if (!this.disposed) void this.panel.webview.postMessage(message);
  }
}

function escapeGlob(name: string): string {
  return name.replace(/[*?[\]{}]/g, (character) => `[${character}]`);
}
