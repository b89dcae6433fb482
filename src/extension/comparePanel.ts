/** The panel that compares two models: structure at once, then the weights, again when a file changes. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { CompareResult } from '../protocol/compare';
import { toWireError } from '../protocol/rpc';
import type { ComparePanelState, FromComparePanel, ToComparePanel } from '../protocol/webview';
import { chooseModel } from './chooseModel';
import { modelViewType } from './modelEditor';
import { askWhere, writeFile } from './saveFile';
import type { Services } from './services';
import { resourceRoots, webviewPage } from './webviewPage';

const viewType = 'modelLens.compare';
const panels = new Set<ComparePanel>();

export function registerComparePanels(services: Services): vscode.Disposable {
  const { registerCommand } = vscode.commands;
  return vscode.Disposable.from(
    registerCommand('modelLens.compareWith', (uri?: vscode.Uri) => compareWith(services, fileOf(uri))),
    registerCommand('modelLens.compareSelected', (uri?: vscode.Uri, chosen?: readonly vscode.Uri[]) => compareSelected(services, fileOf(uri), chosen ?? [])),
    vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (panel: vscode.WebviewPanel, saved: unknown) => {
        const { a, b } = (typeof saved === 'object' && saved !== null ? saved : {}) as Record<string, unknown>;
        if (typeof a === 'string' && typeof b === 'string') new ComparePanel(services, panel, { a, b });
        else panel.dispose();
      },
    }),
    { dispose: () => { for (const panel of [...panels]) panel.dispose(); } },
  );
}

/** A file from whatever a menu passes: an address, or an item of the models view. */
function fileOf(argument: unknown): vscode.Uri | undefined {
  if (argument instanceof vscode.Uri) return argument;
  const uri = (argument as { uri?: unknown } | undefined)?.uri;
  return uri instanceof vscode.Uri ? uri : undefined;
}

/** "Compare with…": this model (or one that is asked for) against another one. */
async function compareWith(services: Services, uri: vscode.Uri | undefined): Promise<void> {
  const first = uri ?? activeModel() ?? await chooseModel(services, undefined, vscode.l10n.t('Compare: the first model'), { remember: false });
  if (!first) return;
  services.engines.warmUp('inspect');
  const other = await chooseModel(services, undefined, vscode.l10n.t('Compare {0} with…', path.basename(first.fsPath)), { remember: false, except: first });
  if (other) openComparePanel(services, { a: first.fsPath, b: other.fsPath });
}

/** "Compare these models": two selected files of the Explorer, in the order they were selected. */
async function compareSelected(services: Services, uri: vscode.Uri | undefined, chosen: readonly vscode.Uri[]): Promise<void> {
  const [a, b] = chosen;
  if (a && b && chosen.length === 2) openComparePanel(services, { a: a.fsPath, b: b.fsPath });
  else await compareWith(services, uri);
}

function activeModel(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputCustom && input.viewType.startsWith('modelLens.') ? input.uri : undefined;
}

/** Shows the comparison: the panel that is open for these models, or a new one. */
export function openComparePanel(services: Services, state: ComparePanelState): void {
  const open = [...panels].find((panel) => panel.shows(state));
  if (open) return open.reveal();
  const panel = vscode.window.createWebviewPanel(viewType, title(state), vscode.ViewColumn.Active, { enableScripts: true });
  new ComparePanel(services, panel, state);
}

function title({ a, b }: ComparePanelState): string {
  return `${path.basename(a)} ↔ ${path.basename(b)}`;
}

class ComparePanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private watchers: vscode.Disposable[] = [];
  private run: AbortController | undefined;
  private changed: ReturnType<typeof setTimeout> | undefined;
  /** What a page that starts anew must be told again. */
  private told: ToComparePanel[] = [];

  constructor(private readonly services: Services, private readonly panel: vscode.WebviewPanel, private state: ComparePanelState) {
    panels.add(this);
    const { webview } = panel;
    const { extensionUri } = services.context;
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'lens.svg');
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(extensionUri) };
    this.disposables.push(webview.onDidReceiveMessage((message: FromComparePanel) => void this.receive(message)), panel.onDidDispose(() => this.dispose()));
    webview.html = webviewPage(webview, extensionUri, { bundle: 'comparePanel', title: title(state) });
    void this.start();
  }

  shows({ a, b }: ComparePanelState): boolean {
    return this.state.a === a && this.state.b === b;
  }

  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    if (!panels.delete(this)) return;
    clearTimeout(this.changed);
    this.run?.abort();
    for (const disposable of [...this.disposables, ...this.watchers]) disposable.dispose();
    this.panel.dispose();
  }

  private async receive(message: FromComparePanel): Promise<void> {
    switch (message.type) {
      case 'ready': for (const told of this.told) this.post(told); return;
      case 'tryAgain': return this.start();
      case 'cancel': return this.run?.abort();
      case 'compareWeights': return this.compareWeights();
      case 'swap': return this.change({ a: this.state.b, b: this.state.a });
      case 'chooseOther': return this.chooseOther();
      case 'open': return void await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(this.state[message.side]), modelViewType);
      case 'showLog': return this.services.log.show();
      case 'copy':
        await vscode.env.clipboard.writeText(message.text);
        return void vscode.window.setStatusBarMessage(vscode.l10n.t('The table was copied.'), 4000);
      case 'save': return this.save(message.extension, message.bytes);
    }
  }

  private async save(extension: string, bytes: Uint8Array): Promise<void> {
    const name = (file: string): string => path.basename(file, path.extname(file));
    try {
      const file = await askWhere(vscode.Uri.file(this.state.a), `${name(this.state.a)}-${name(this.state.b)}.${extension === 'md' ? 'md' : 'csv'}`);
      if (file) await writeFile(file, bytes);
    } catch (error) {
      void vscode.window.showErrorMessage(toWireError(error).message);
    }
  }

  private async chooseOther(): Promise<void> {
    const first = vscode.Uri.file(this.state.a);
    const other = await chooseModel(this.services, undefined, vscode.l10n.t('Compare {0} with…', path.basename(first.fsPath)), { remember: false, except: first });
    if (other && panels.has(this)) await this.change({ a: this.state.a, b: other.fsPath });
  }

  private async change(state: ComparePanelState): Promise<void> {
    this.state = state;
    await this.start();
  }

  /** Compares what the state names, in place of what is compared now: the structure first, which is there at once. */
  private async start(): Promise<void> {
    this.panel.title = title(this.state);
    this.watch();
    this.told = [];
    this.tell({ type: 'comparing', state: this.state });
    await this.compare(false);
    if (this.told.some(({ type }) => type === 'result')) await this.compareWeights();
  }

  private async compareWeights(): Promise<void> {
    await this.compare(true);
  }

  private async compare(weights: boolean): Promise<void> {
    this.run?.abort();
    const run = (this.run = new AbortController());
    const current = (): boolean => this.run === run;
    try {
      const result: CompareResult = await this.services.engines.request('inspect', 'compare', { ...this.state, weights }, {
        signal: run.signal,
        onProgress: ({ done, total }) => { if (current() && !run.signal.aborted) this.post({ type: 'progress', done, total }); },
      });
      if (current()) this.tell({ type: 'result', result, weights });
    } catch (error) {
      if (!current()) return;
      const wire = toWireError(error);
      this.tell(wire.code === 'cancelled' && this.told.some(({ type }) => type === 'result') ? { type: 'cancelled' } : { type: 'failed', error: wire });
    } finally {
      if (current()) this.run = undefined;
    }
  }

  /** Compares again when a file changes; one written in steps counts once. */
  private watch(): void {
    for (const watcher of this.watchers) watcher.dispose();
    const later = (): void => {
      clearTimeout(this.changed);
      this.changed = setTimeout(() => void this.start(), 600);
    };
    this.watchers = [this.state.a, this.state.b].flatMap((file) => {
      const name = path.basename(file).replace(/[*?[\]{}]/g, (character) => `[${character}]`);
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(path.dirname(file)), name));
      return [watcher, watcher.onDidChange(later), watcher.onDidCreate(later)];
    });
  }

  /** Posts a message and keeps it for a page that starts later. */
  private tell(message: ToComparePanel): void {
    this.told = [...this.told.filter(({ type }) => type !== message.type), message];
    this.post(message);
  }

  private post(message: ToComparePanel): void {
    if (panels.has(this)) void this.panel.webview.postMessage(message);
  }
}
