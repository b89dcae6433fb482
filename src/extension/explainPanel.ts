/**
 * The panel that explains one picture by one model. It owns the run: asks the explaining engine, passes on what
 * streams in, and can tell everything again to a page that was hidden or reloaded in between.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { EngineMethod, ExplainParams, ExplainProgress, ExplainResult, HeatMap, WireError } from '../protocol/engine';
import type { ExplainPanelState, ExplainSubject, ExplainWishes, FromExplainPanel, ToExplainPanel, ToldToExplainPanel } from '../protocol/webview';
import { Asking } from './asking';
import { chooseModel } from './chooseModel';
import type { EngineRole } from './engines';
import { initialState, restoredState, wishesOf } from './explainState';
import { keepExplanation } from './keep';
import { modelViewType } from './modelEditor';
import { askWhere, writeFile } from './saveFile';
import type { Services } from './services';
import { deviceSetting } from './settings';
import { modelTitle } from './titles';
import { untrusted } from './trust';
import { resourceRoots, webviewPage } from './webviewPage';

const viewType = 'modelLens.explain';
/** Larger than any screen area a picture gets, small enough to be sent at once. */
const largestSide = 1600;
/** What the page may ask about its picture and model, and which engine answers. */
const questions: Partial<Readonly<Record<EngineMethod, EngineRole>>> = {
  predict: 'explain', detections: 'explain', estimates: 'explain', layerMaps: 'explain',
  preprocessings: 'explain', inputPicture: 'explain', savePreprocessing: 'explain', whatIf: 'explain', regions: 'explain', trust: 'explain', agreement: 'explain',
};

const panels = new Set<ExplainPanel>();

export function registerExplainPanels(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (panel: vscode.WebviewPanel, saved: unknown) => {
        const state = restoredState(saved);
        if (state) new ExplainPanel(services, panel, state);
        else panel.dispose();
      },
    }),
    { dispose: () => { for (const panel of [...panels]) panel.dispose(); } },
  );
}

/** How something is explained, where it is not left to the last choice. */
export type ExplainWish = Partial<ExplainWishes>;

/** Shows the panel for this picture and model: the one that is open, or a new one beside the editor. */
export function openExplainPanel(services: Services, image: string, model: string, wish?: ExplainWish): void {
  const open = [...panels].find((panel) => panel.explains(image, model));
  if (open) {
    open.reveal();
    return wish && open.explainAs(wish);
  }
  const column = vscode.window.tabGroups.activeTabGroup.activeTab ? vscode.ViewColumn.Active : vscode.ViewColumn.One;
  const panel = vscode.window.createWebviewPanel(viewType, title(image, model), column, { enableScripts: true });
  new ExplainPanel(services, panel, { ...initialState(services, image, model), ...wish });
}

function title(image: string, model: string): string {
  return `${path.basename(image)} · ${modelTitle(model)}`;
}

class ExplainPanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private run: AbortController | undefined;
  /** Work for the page itself (picture, methods, classes); ends with the panel or the model. */
  private reading = new AbortController();
  /** What a page that starts anew must be told again, by kind. */
  private readonly told = new Map<string, ToldToExplainPanel>();
  private toldSoFar = 0;
  private result: ExplainResult | undefined;
  private readonly asking: Asking;

  constructor(private readonly services: Services, private readonly panel: vscode.WebviewPanel, private state: ExplainPanelState) {
    panels.add(this);
    this.asking = new Asking(services.engines, questions, (reply) => this.post(reply));
    const { webview } = panel;
    const { extensionUri } = services.context;
    panel.title = title(state.image, state.model);
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'lens.svg');
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(extensionUri) };
    this.disposables.push(
      webview.onDidReceiveMessage((message: FromExplainPanel) => void this.receive(message)),
      panel.onDidDispose(() => this.dispose()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.start()),
    );
    webview.html = webviewPage(webview, extensionUri, { bundle: 'explainPanel', title: panel.title });
    // While the page loads, the engine works; VS Code delivers what it says as soon as the page listens.
    this.post({ type: 'state', state });
    this.begin();
  }

  explains(image: string, model: string): boolean {
    return this.state.image === image && this.state.model === model;
  }

  reveal(): void {
    this.panel.reveal();
  }

  /** Explains the same picture in another way, unless it is explained so already. */
  explainAs(wish: ExplainWish): void {
    const next = wishesOf({ ...this.state, ...wish });
    if (JSON.stringify(next) === JSON.stringify(wishesOf(this.state))) return;
    this.change(next);
    this.post({ type: 'state', state: this.state });
    void this.start();
  }

  dispose(): void {
    if (!panels.delete(this)) return;
    this.run?.abort();
    this.reading.abort();
    this.asking.dismissAll();
    this.services.engines.setActivity(this, undefined);
    for (const disposable of this.disposables) disposable.dispose();
    this.panel.dispose();
  }

  private async receive(message: FromExplainPanel): Promise<void> {
    switch (message.type) {
      case 'ready': return this.welcome();
      case 'explain':
        this.change(wishesOf(message));
        await this.services.memory.rememberMethod(message.method);
        return this.start();
      case 'viewChanged':
        this.change({ view: message.view });
        return this.services.memory.rememberView(message.view);
      case 'ask':
        if (!vscode.workspace.isTrusted) return this.post({ type: 'answer', id: message.id, err: untrusted() });
        return this.asking.ask(message.id, message.method, message.params, this.subject());
      case 'dismiss': return this.asking.dismiss(message.id);
      case 'copyText': return void await vscode.env.clipboard.writeText(message.text);
      case 'save': return this.save(message.name, message.bytes);
      case 'keep': return keepExplanation(this.services, this.asked(), this.state.image, message);
      case 'cancel': return this.run?.abort();
      case 'tryAgain': return this.begin();
      case 'chooseModel': return this.chooseModel();
      case 'besideModel': return void await vscode.commands.executeCommand('modelLens.explainWithTwo', vscode.Uri.file(this.state.image), vscode.Uri.file(this.state.model), this.state.method);
      case 'openModel': return void await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(this.state.model), modelViewType);
      case 'showDevices': return void await vscode.commands.executeCommand('modelLens.showDevices');
      case 'showLog': return this.services.log.show();
      case 'savePng': return this.savePng(message.bytes);
      case 'copyRecord': return this.copyRecord();
    }
  }

  /** A page has started, the first one or one after a reload: it is told all there is. */
  private welcome(): void {
    this.post({ type: 'state', state: this.state });
    for (const message of this.told.values()) this.post(message);
  }

  /** Runs the explanation, and gets what is missing around it. */
  private begin(): void {
    if (!this.told.has('picture')) void this.loadPicture();
    if (!this.told.has('methods')) void this.loadMethods();
    void this.start();
  }

  private change(change: Partial<ExplainPanelState>): void {
    this.state = { ...this.state, ...change };
  }

  /** What every request of this panel is about. */
  private subject(): Pick<ExplainParams, ExplainSubject> {
    const { model, image, preprocessing } = this.state;
    return { model, inputs: { '': image }, device: deviceSetting(), ...(preprocessing && { preprocessing }) };
  }

  /** The explanation that the state asks for. */
  private asked(): ExplainParams {
    const { method, preset, parameters, target, targetClass, layer, seed } = this.state;
    return { ...this.subject(), method, preset, parameters, target: target ?? (targetClass === undefined ? undefined : { class: targetClass }), layer, seed };
  }

  private async loadPicture(): Promise<void> {
    const { signal } = this.reading;
    try {
      const picture = await this.services.engines.request('inspect', 'picture', { file: this.state.image, maxSide: largestSide }, { signal });
      this.tell('picture', { type: 'picture', name: path.basename(this.state.image), modelName: path.basename(this.state.model), ...picture, bytes: new Uint8Array(picture.bytes) });
    } catch (error) {
      // The run reports the same trouble with the file; what it cannot know about is told here.
      if (!signal.aborted && !this.run) this.fail(toWireError(error));
    }
  }

  private async loadMethods(): Promise<void> {
    const { signal } = this.reading;
    try {
      const methods = await this.services.engines.request('inspect', 'methods', { model: this.state.model }, { signal });
      // The prediction stands beside every map here, so that method has no row of its own.
      if (!signal.aborted) this.tell('methods', { type: 'methods', methods: methods.filter(({ hasMap }) => hasMap) });
    } catch (error) {
      if (!signal.aborted && !this.run) this.fail(toWireError(error));
    }
  }

  /** Runs what the state asks for, in place of what runs now. */
  private async start(): Promise<void> {
    this.run?.abort();
    for (const kind of ['started', 'prepared', 'partial', 'device', 'outcome']) this.told.delete(kind);
    if (!vscode.workspace.isTrusted) return this.fail(untrusted());
    const run = (this.run = new AbortController());
    const current = (): boolean => this.run === run;
    const { engines } = this.services;
    const { state } = this;
    this.result = undefined;
    this.tell('started', { type: 'started', method: state.method });
    engines.setActivity(this, { title: vscode.l10n.t('Explaining {0}', path.basename(state.image)) });
    const onProgress = (value: ExplainProgress): void => {
      if (!current() || run.signal.aborted) return;
      if (value.type === 'prepared') {
        engines.setDevice(value.device);
        this.tell('prepared', { type: 'progress', value });
      } else if (value.type === 'device') {
        engines.setDevice(value.device);
        this.tell('device', { type: 'progress', value });
      } else {
        engines.setActivity(this, { title: vscode.l10n.t('Explaining {0}', path.basename(state.image)), fraction: value.total > 0 ? value.done / value.total : undefined });
        this.tell('partial', { type: 'progress', value: { ...value, map: value.map && compact(value.map) } });
      }
    };
    try {
      const result = await engines.request('explain', 'explain', this.asked(), { signal: run.signal, onProgress });
      if (!current()) return;
      this.result = result;
      engines.setDevice(result.record.device);
      this.tell('outcome', { type: 'finished', result: { ...result, map: result.map && compact(result.map) } });
      this.remember(state, result);
    } catch (error) {
      if (!current()) return;
      const wire = toWireError(error);
      if (wire.code === 'cancelled') this.tell('outcome', { type: 'cancelled' });
      else this.fail(wire);
    } finally {
      if (current()) {
        this.run = undefined;
        engines.setActivity(this, undefined);
      }
    }
  }

  private remember({ image, model, method, preset, targetClass, layer }: ExplainPanelState, { record }: ExplainResult): void {
    const told = this.told.get('methods');
    const methodTitle = told?.type === 'methods' ? told.methods.find(({ id }) => id === method)?.title : undefined;
    void this.services.memory.rememberExplanation({ image, model, method, methodTitle, preset, targetClass, layer, label: record.target.label, at: Date.now() });
  }

  private fail(error: WireError): void {
    this.tell('outcome', { type: 'failed', error });
  }

  private async chooseModel(): Promise<void> {
    const model = await chooseModel(this.services, vscode.Uri.file(this.state.image), vscode.l10n.t('Explain this image'));
    if (!model || !panels.has(this) || model.fsPath === this.state.model) return;
    this.run?.abort();
    this.reading.abort();
    this.reading = new AbortController();
    this.told.clear();
    // Classes and layers are the old model's.
    this.change({ model: model.fsPath, targetClass: undefined, target: undefined, layer: undefined, preprocessing: undefined });
    this.panel.title = title(this.state.image, this.state.model);
    this.welcome();
    this.begin();
  }

  private async savePng(bytes: Uint8Array): Promise<void> {
    const { image, method } = this.state;
    const suggested = path.join(path.dirname(image), `${path.basename(image, path.extname(image))}.${method}.png`);
    const file = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.file(suggested), filters: { PNG: ['png'] } });
    if (!file) return;
    await vscode.workspace.fs.writeFile(file, bytes);
    vscode.window.setStatusBarMessage(vscode.l10n.t('Saved {0}', path.basename(file.fsPath)), 4000);
  }

  private async save(name: string, bytes: Uint8Array): Promise<void> {
    const file = await askWhere(vscode.Uri.file(this.state.image), name);
    if (file) await writeFile(file, bytes);
  }

  private async copyRecord(): Promise<void> {
    if (!this.result) return;
    await vscode.env.clipboard.writeText(JSON.stringify(this.result.record, null, 2));
    vscode.window.setStatusBarMessage(vscode.l10n.t('The explanation was copied as JSON.'), 4000);
  }

  /** Posts a message and keeps it for a page that starts later. */
  private tell(kind: string, message: ToExplainPanel): void {
    const told: ToldToExplainPanel = { ...message, told: ++this.toldSoFar };
    this.told.delete(kind);
    this.told.set(kind, told);
    this.post(told);
  }

  private post(message: ToldToExplainPanel): void {
    if (panels.has(this)) void this.panel.webview.postMessage(message);
  }
}

/** The map over a buffer of its own: a view into a larger message would take all of that along. */
function compact(map: HeatMap): HeatMap {
  return { ...map, values: new Float32Array(map.values) };
}
