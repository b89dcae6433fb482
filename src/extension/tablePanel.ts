/** "Explain this table": the panel of a table and a model. Its page asks for what it shows; this side says what it is about. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { FromTablePanel, TablePanelState, ToTablePanel } from '../protocol/webview';
import { Asking } from './asking';
import { chooseModel } from './chooseModel';
import { keepTable } from './keep';
import { modelViewType } from './modelEditor';
import { askWhere, writeFile } from './saveFile';
import type { Services } from './services';
import { deviceSetting, modelSetting } from './settings';
import { modelTitle } from './titles';
import { mayRun, untrusted } from './trust';
import { resourceRoots, webviewPage } from './webviewPage';

const viewType = 'modelLens.table';
const panels = new Set<TablePanel>();

export function registerTablePanels(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('modelLens.explainTable', (uri?: vscode.Uri) => explainTable(services, uri)),
    vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (panel: vscode.WebviewPanel, saved: unknown) => {
        const state = restored(saved);
        if (state) new TablePanel(services, panel, state);
        else panel.dispose();
      },
    }),
    { dispose: () => { for (const panel of [...panels]) panel.dispose(); } },
  );
}

/** The saved state if it is one. */
function restored(saved: unknown): TablePanelState | undefined {
  const { model, file } = (typeof saved === 'object' && saved !== null ? saved : {}) as Record<string, unknown>;
  return typeof model === 'string' && typeof file === 'string' ? { model, file } : undefined;
}

/** From a file of the Explorer, the editor in view, or, from the palette, a file that is asked for. */
async function explainTable(services: Services, uri: vscode.Uri | undefined): Promise<void> {
  if (!mayRun()) return;
  const shown = vscode.window.activeTextEditor?.document.uri;
  const file = uri ?? (shown && /\.[ct]sv$/i.test(shown.path) ? shown : await chooseTable());
  if (!file) return;
  await openPanel(services, file, vscode.l10n.t('Explain this table'));
}

/** Brings a row of a table into view, in a panel that is open already or a new one. */
export async function showRow(services: Services, file: vscode.Uri, row: number): Promise<void> {
  const open = [...panels].find((panel) => panel.showsFile(file.fsPath)) ?? await openPanel(services, file, vscode.l10n.t('Explain this row'));
  open?.showRow(row);
}

/** @returns undefined if nobody chose a model. */
async function openPanel(services: Services, file: vscode.Uri, question: string): Promise<TablePanel | undefined> {
  services.engines.warmUp('explain');
  const model = modelSetting(file) ?? (await chooseModel(services, file, question))?.fsPath;
  if (!model) return undefined;
  return openTablePanel(services, { model, file: file.fsPath });
}

/** Brings the panel of a table and a model into view: the one there is, or a new one. */
export function openTablePanel(services: Services, state: TablePanelState): TablePanel {
  const open = [...panels].find((panel) => panel.shows(state));
  open?.reveal();
  return open ?? new TablePanel(services, vscode.window.createWebviewPanel(viewType, title(state), vscode.ViewColumn.Active, { enableScripts: true, retainContextWhenHidden: true }), state);
}

async function chooseTable(): Promise<vscode.Uri | undefined> {
  const [file] = await vscode.window.showOpenDialog({
    canSelectMany: false, defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri, title: vscode.l10n.t('The table that is explained'), filters: { [vscode.l10n.t('Tables')]: ['csv', 'tsv', 'gz', 'parquet', 'pq', 'arrow', 'arrows', 'feather'] },
  }) ?? [];
  return file;
}

function title({ file, model }: TablePanelState): string {
  return `${path.basename(file)} · ${modelTitle(model)}`;
}

class TablePanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private readonly asking: Asking;
  /** Questions that are being answered: while there are any, the status bar says so. */
  private busy = 0;
  /** Whether the page is there, and what it is to show then. */
  private begun = false;
  private wanted: Extract<ToTablePanel, { type: 'show' }> | undefined;

  constructor(private readonly services: Services, private readonly panel: vscode.WebviewPanel, private state: TablePanelState) {
    panels.add(this);
    const { webview } = panel, { extensionUri } = services.context;
    this.asking = new Asking(services.engines, { openTable: 'explain', savePreprocessing: 'explain', explainTable: 'explain', predictRows: 'explain', tableRows: 'explain', tableQuality: 'explain', treeFile: 'inspect' }, (reply) => this.post(reply));
    panel.title = title(state);
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'lens.svg');
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(extensionUri) };
    this.disposables.push(webview.onDidReceiveMessage((message: FromTablePanel) => void this.receive(message)), panel.onDidDispose(() => this.dispose()));
    webview.html = webviewPage(webview, extensionUri, { bundle: 'tablePanel', title: panel.title });
  }

  shows({ model, file }: TablePanelState): boolean {
    return this.state.model === model && this.state.file === file;
  }

  showsFile(file: string): boolean {
    return this.state.file === file;
  }

  reveal(): void {
    this.panel.reveal();
  }

  /** Now, or as soon as the page is there. */
  showRow(row: number): void {
    this.reveal();
    this.wanted = { type: 'show', tab: 'row', row };
    if (this.begun) this.showWanted();
  }

  private showWanted(): void {
    if (this.wanted) this.post(this.wanted);
    this.wanted = undefined;
  }

  dispose(): void {
    if (!panels.delete(this)) return;
    this.asking.dismissAll();
    this.services.engines.setActivity(this, undefined);
    for (const disposable of this.disposables) disposable.dispose();
    this.panel.dispose();
  }

  private async receive(message: FromTablePanel): Promise<void> {
    switch (message.type) {
      case 'ready': return this.begin();
      case 'chooseModel': return this.chooseModel();
      case 'openModel': return void await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(this.state.model), modelViewType);
      case 'openFile': return void await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(this.state.file));
      case 'showLog': return this.services.log.show();
      case 'copy': return void await vscode.env.clipboard.writeText(message.text);
      case 'save': return this.save(message.name, message.bytes);
      case 'report': return keepTable(this.services, this.state.file, message);
      case 'ask': return this.answer(message);
      case 'dismiss': return this.asking.dismiss(message.id);
    }
  }

  private begin(): void {
    this.post(vscode.workspace.isTrusted ? { type: 'state', state: this.state } : { type: 'failed', error: untrusted() });
    this.begun = true;
    this.showWanted();
  }

  /** The page says what of the table it wants to know; which model and file are meant, and where they run, is said here. */
  private async answer({ id, method, params }: Extract<FromTablePanel, { type: 'ask' }>): Promise<void> {
    if (!vscode.workspace.isTrusted) return this.post({ type: 'answer', id, err: untrusted() });
    const { engines } = this.services;
    this.busy++;
    engines.setActivity(this, { title: vscode.l10n.t('Explaining {0}', path.basename(this.state.file)) });
    await this.asking.ask(id, method, params, { ...this.state, device: deviceSetting() });
    if (--this.busy === 0) engines.setActivity(this, undefined);
  }

  private async chooseModel(): Promise<void> {
    const model = await chooseModel(this.services, vscode.Uri.file(this.state.file), vscode.l10n.t('Explain this table'));
    if (!model || !panels.has(this) || model.fsPath === this.state.model) return;
    this.asking.dismissAll();
    this.state = { ...this.state, model: model.fsPath };
    this.panel.title = title(this.state);
    this.begin();
  }

  private async save(name: string, bytes: Uint8Array): Promise<void> {
    try {
      const file = await askWhere(vscode.Uri.file(this.state.file), name);
      if (file) await writeFile(file, bytes);
    } catch (error) {
      void vscode.window.showErrorMessage(toWireError(error).message);
    }
  }

  private post(message: ToTablePanel): void {
    if (panels.has(this)) void this.panel.webview.postMessage(message);
  }
}
