/** "Explain these images": the panel of many pictures. It owns the run; the results lie in a folder, so a run can go on later. */
import { createHash } from 'node:crypto';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { PictureRow } from '../protocol/many';
import { toWireError } from '../protocol/rpc';
import type { FromManyPanel, ManyPanelState, ToManyPanel } from '../protocol/webview';
import { Asking } from './asking';
import { chooseModel } from './chooseModel';
import { openExplainPanel } from './explainPanel';
import { modelViewType } from './modelEditor';
import { isPicture } from './pictures';
import { askWhere, writeFile } from './saveFile';
import type { Services } from './services';
import { deviceSetting, methodSetting, modelSetting } from './settings';
import { modelTitle } from './titles';
import { mayRun, untrusted } from './trust';
import { resourceRoots, webviewPage } from './webviewPage';

const viewType = 'modelLens.many';
/** Rows are posted together: a message for each would keep the window busy where pictures are quick. */
const postMs = 150;
const panels = new Set<ManyPanel>();

export function registerManyPanels(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('modelLens.explainImages', (uri?: vscode.Uri, chosen?: readonly vscode.Uri[]) => explainImages(services, uri, chosen ?? [])),
    vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (panel: vscode.WebviewPanel, saved: unknown) => {
        const state = restored(saved);
        if (state) new ManyPanel(services, panel, state);
        else panel.dispose();
      },
    }),
    { dispose: () => { for (const panel of [...panels]) panel.dispose(); } },
  );
}

/** The saved state if it is one. */
function restored(saved: unknown): ManyPanelState | undefined {
  const { model, method, source } = (typeof saved === 'object' && saved !== null ? saved : {}) as Record<string, unknown>;
  const { folder, pictures } = (typeof source === 'object' && source !== null ? source : {}) as Record<string, unknown>;
  if (typeof model !== 'string' || typeof method !== 'string') return undefined;
  if (typeof folder === 'string') return { model, method, source: { folder } };
  return Array.isArray(pictures) && pictures.every((picture) => typeof picture === 'string') ? { model, method, source: { pictures } } : undefined;
}

/** From a folder, or from pictures selected together; from the palette a folder is asked for. */
async function explainImages(services: Services, uri: vscode.Uri | undefined, chosen: readonly vscode.Uri[]): Promise<void> {
  if (!mayRun()) return;
  const pictures = chosen.filter(isPicture);
  const folder = pictures.length > 0 ? undefined : uri instanceof vscode.Uri ? uri : await chooseFolder();
  if (!folder && pictures.length === 0) return;
  const scope = folder ?? pictures[0]!;
  services.engines.warmUp('explain');
  const model = modelSetting(scope) ?? (await chooseModel(services, scope, vscode.l10n.t('Explain these images')))?.fsPath;
  if (!model) return;
  const state: ManyPanelState = { model, method: services.memory.method ?? methodSetting(), source: folder ? { folder: folder.fsPath } : { pictures: pictures.map((picture) => picture.fsPath) } };
  const open = [...panels].find((panel) => panel.shows(state));
  if (open) return open.reveal();
  new ManyPanel(services, vscode.window.createWebviewPanel(viewType, title(state), vscode.ViewColumn.Active, { enableScripts: true }), state);
}

async function chooseFolder(): Promise<vscode.Uri | undefined> {
  const [folder] = await vscode.window.showOpenDialog({
    canSelectFolders: true, canSelectFiles: false, defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri, title: vscode.l10n.t('The folder whose pictures are explained'),
  }) ?? [];
  return folder;
}

function sourceName({ source }: ManyPanelState): string {
  return 'folder' in source ? path.basename(source.folder) : vscode.l10n.t('{0} pictures', source.pictures.length);
}

function title(state: ManyPanelState): string {
  return `${sourceName(state)} · ${modelTitle(state.model)}`;
}

class ManyPanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private readonly asking: Asking;
  private run: AbortController | undefined;
  private waiting: PictureRow[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly services: Services, private readonly panel: vscode.WebviewPanel, private state: ManyPanelState) {
    panels.add(this);
    const { webview } = panel;
    const { extensionUri } = services.context;
    this.asking = new Asking(services.engines, { keptPicture: 'inspect' }, (reply) => this.post(reply));
    panel.title = title(state);
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'lens.svg');
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(extensionUri) };
    this.disposables.push(webview.onDidReceiveMessage((message: FromManyPanel) => void this.receive(message)), panel.onDidDispose(() => this.dispose()));
    webview.html = webviewPage(webview, extensionUri, { bundle: 'manyPanel', title: panel.title });
  }

  shows(state: ManyPanelState): boolean {
    return JSON.stringify({ ...this.state, method: '' }) === JSON.stringify({ ...state, method: '' });
  }

  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    if (!panels.delete(this)) return;
    clearTimeout(this.timer);
    this.run?.abort();
    this.asking.dismissAll();
    this.services.engines.setActivity(this, undefined);
    for (const disposable of this.disposables) disposable.dispose();
    this.panel.dispose();
  }

  private async receive(message: FromManyPanel): Promise<void> {
    switch (message.type) {
      // A page that starts anew is told by the run itself: rows there are come from the folder at once.
      case 'ready': return this.begin();
      case 'run': return this.start();
      case 'cancel': return this.run?.abort();
      case 'chooseModel': return this.chooseModel();
      case 'chooseMethod': return this.change({ method: message.method });
      case 'open': return openExplainPanel(this.services, message.file, this.state.model, { method: this.state.method });
      case 'openModel': return void await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(this.state.model), modelViewType);
      case 'openFolder': return void await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(path.join(this.folder(), 'run.json')));
      case 'showLog': return this.services.log.show();
      case 'copy': return void await vscode.env.clipboard.writeText(message.text);
      case 'save': return this.save(message.name, message.bytes);
      case 'ask': return this.asking.ask(message.id, message.method, message.params, { folder: this.folder() });
      case 'dismiss': return this.asking.dismiss(message.id);
    }
  }

  private async begin(): Promise<void> {
    this.post({ type: 'state', state: this.state, name: sourceName(this.state) });
    void this.loadMethods();
    await this.start();
  }

  private async loadMethods(): Promise<void> {
    try {
      const methods = await this.services.engines.request('inspect', 'methods', { model: this.state.model });
      this.post({ type: 'methods', methods: methods.filter(({ hasMap }) => hasMap) });
    } catch (error) {
      // The run meets the same trouble with the model and tells of it.
      this.services.log.error(toWireError(error).message);
    }
  }

  /** One folder for each model, method and choice of pictures: coming back to one finds its results. */
  private folder(): string {
    const { context } = this.services, { model, method, source } = this.state;
    const key = createHash('sha256').update(JSON.stringify([model, method, source, deviceSetting()])).digest('hex').slice(0, 16);
    return path.join((context.storageUri ?? context.globalStorageUri).fsPath, 'pictures', key);
  }

  private async change(change: Partial<ManyPanelState>): Promise<void> {
    this.state = { ...this.state, ...change };
    this.panel.title = title(this.state);
    await this.begin();
  }

  private async chooseModel(): Promise<void> {
    const { source } = this.state;
    const model = await chooseModel(this.services, vscode.Uri.file('folder' in source ? source.folder : source.pictures[0]!), vscode.l10n.t('Explain these images'));
    if (model && panels.has(this) && model.fsPath !== this.state.model) await this.change({ model: model.fsPath });
  }

  /** Explains what is missing, in place of what runs now. */
  private async start(): Promise<void> {
    this.run?.abort();
    clearTimeout(this.timer);
    this.waiting = [];
    if (!vscode.workspace.isTrusted) return this.post({ type: 'failed', error: untrusted() });
    const run = (this.run = new AbortController());
    const current = (): boolean => this.run === run && panels.has(this);
    const { engines } = this.services, { state } = this, name = vscode.l10n.t('Explaining {0}', sourceName(state));
    engines.setActivity(this, { title: name });
    try {
      const pictures = 'pictures' in state.source ? state.source.pictures : (await engines.request('inspect', 'listPictures', { folder: state.source.folder }, { signal: run.signal })).pictures;
      if (!current()) return;
      this.post({ type: 'begun', total: pictures.length });
      const result = await engines.request('explain', 'explainMany', { model: state.model, method: state.method, device: deviceSetting(), pictures, folder: this.folder() }, {
        signal: run.signal,
        onProgress: (value) => {
          if (!current()) return;
          if (value.type === 'begun') return engines.setDevice(value.device);
          this.later(value.row);
          engines.setActivity(this, { title: name, fraction: (value.row.at + 1) / pictures.length });
        },
      });
      if (!current()) return;
      this.flush();
      this.post({ type: 'finished', result });
    } catch (error) {
      if (!current()) return;
      this.flush();
      const wire = toWireError(error);
      this.post(wire.code === 'cancelled' ? { type: 'cancelled' } : { type: 'failed', error: wire });
    } finally {
      if (this.run === run) {
        this.run = undefined;
        engines.setActivity(this, undefined);
      }
    }
  }

  private later(row: PictureRow): void {
    this.waiting.push(row);
    if (this.waiting.length === 1) this.timer = setTimeout(() => this.flush(), postMs);
  }

  private flush(): void {
    clearTimeout(this.timer);
    if (this.waiting.length > 0) this.post({ type: 'rows', rows: this.waiting });
    this.waiting = [];
  }

  private async save(name: string, bytes: Uint8Array): Promise<void> {
    const { source } = this.state;
    try {
      const file = await askWhere(vscode.Uri.file('folder' in source ? source.folder : source.pictures[0]!), name);
      if (file) await writeFile(file, bytes);
    } catch (error) {
      void vscode.window.showErrorMessage(toWireError(error).message);
    }
  }

  private post(message: ToManyPanel): void {
    if (panels.has(this)) void this.panel.webview.postMessage(message);
  }
}
