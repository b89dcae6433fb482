/** The panel of two models on one picture: both explanations and their difference. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { MethodInfo } from '../protocol/engine';
import type { FromPairPanel, PairPanelState, ToPairPanel } from '../protocol/webview';
import { chooseModel } from './chooseModel';
import { openComparePanel } from './comparePanel';
import { activePicture, choosePicture } from './pictures';
import type { Services } from './services';
import { deviceSetting, methodSetting } from './settings';
import { modelTitle } from './titles';
import { mayRun, untrusted } from './trust';
import { resourceRoots, webviewPage } from './webviewPage';

const viewType = 'modelLens.pair';
const largestSide = 1024;
const panels = new Set<PairPanel>();

/** @param explain opens the panel of one explanation (passed in, because that panel opens this one, too). */
export function registerPairPanels(services: Services, explain: OpenExplanation): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('modelLens.explainWithTwo', (image?: vscode.Uri, a?: vscode.Uri, method?: string) => explainWithTwo(services, explain, image, a, method)),
    vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (panel: vscode.WebviewPanel, saved: unknown) => {
        const { a, b, image, method } = (typeof saved === 'object' && saved !== null ? saved : {}) as Record<string, unknown>;
        if (typeof a === 'string' && typeof b === 'string' && typeof image === 'string' && typeof method === 'string') new PairPanel(services, explain, panel, { a, b, image, method });
        else panel.dispose();
      },
    }),
    { dispose: () => { for (const panel of [...panels]) panel.dispose(); } },
  );
}

type OpenExplanation = (image: string, model: string, method: string) => void;

/** Asks for what is missing: the picture, the first model, the second. */
async function explainWithTwo(services: Services, explain: OpenExplanation, image: vscode.Uri | undefined, first: vscode.Uri | undefined, method: string | undefined): Promise<void> {
  if (!mayRun()) return;
  const picture = image instanceof vscode.Uri ? image : activePicture() ?? await choosePicture();
  if (!picture) return;
  services.engines.warmUp('explain');
  const a = first instanceof vscode.Uri ? first : await chooseModel(services, picture, vscode.l10n.t('Two models on one picture: the first'), { remember: false });
  const b = a && await chooseModel(services, picture, vscode.l10n.t('Beside {0}: the other model', path.basename(a.fsPath)), { remember: false, except: a });
  if (!a || !b) return;
  const state: PairPanelState = { a: a.fsPath, b: b.fsPath, image: picture.fsPath, method: method ?? services.memory.method ?? methodSetting() };
  const open = [...panels].find((panel) => panel.shows(state));
  if (open) return open.reveal();
  new PairPanel(services, explain, vscode.window.createWebviewPanel(viewType, title(state), vscode.ViewColumn.Active, { enableScripts: true }), state);
}

function title({ a, b, image }: PairPanelState): string {
  return `${path.basename(image)} · ${modelTitle(a)} | ${modelTitle(b)}`;
}

class PairPanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private run: AbortController | undefined;
  /** What a page that starts anew must be told again, by kind. */
  private readonly told = new Map<string, ToPairPanel>();

  constructor(private readonly services: Services, private readonly explain: OpenExplanation, private readonly panel: vscode.WebviewPanel, private state: PairPanelState) {
    panels.add(this);
    const { webview } = panel;
    const { extensionUri } = services.context;
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'lens.svg');
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(extensionUri) };
    this.disposables.push(webview.onDidReceiveMessage((message: FromPairPanel) => void this.receive(message)), panel.onDidDispose(() => this.dispose()));
    webview.html = webviewPage(webview, extensionUri, { bundle: 'pairPanel', title: title(state) });
    this.begin();
  }

  shows({ a, b, image }: PairPanelState): boolean {
    return this.state.a === a && this.state.b === b && this.state.image === image;
  }

  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    if (!panels.delete(this)) return;
    this.run?.abort();
    this.services.engines.setActivity(this, undefined);
    for (const disposable of this.disposables) disposable.dispose();
    this.panel.dispose();
  }

  private async receive(message: FromPairPanel): Promise<void> {
    const { state } = this;
    switch (message.type) {
      case 'ready': for (const told of this.told.values()) this.post(told); return;
      case 'run': return this.start();
      case 'cancel': return this.run?.abort();
      case 'swap': return this.change({ a: state.b, b: state.a });
      case 'chooseOther': return this.chooseOther();
      case 'chooseMethod': return this.change({ method: message.method });
      case 'open': return this.explain(state.image, state[message.side], state.method);
      case 'compareModels': return openComparePanel(this.services, { a: state.a, b: state.b });
      case 'showLog': return this.services.log.show();
    }
  }

  private change(change: Partial<PairPanelState>): void {
    this.state = { ...this.state, ...change };
    this.begin();
  }

  private async chooseOther(): Promise<void> {
    const first = vscode.Uri.file(this.state.a);
    const other = await chooseModel(this.services, vscode.Uri.file(this.state.image), vscode.l10n.t('Beside {0}: the other model', path.basename(first.fsPath)), { remember: false, except: first });
    if (other && panels.has(this)) this.change({ b: other.fsPath });
  }

  private begin(): void {
    this.panel.title = title(this.state);
    this.tell('state', { type: 'state', state: this.state });
    void this.loadPicture();
    void this.loadMethods();
    void this.start();
  }

  private async loadPicture(): Promise<void> {
    if (this.told.has('picture')) return;
    try {
      const { sourceWidth, sourceHeight, mime, bytes } = await this.services.engines.request('inspect', 'picture', { file: this.state.image, maxSide: largestSide });
      this.tell('picture', { type: 'picture', sourceWidth, sourceHeight, mime, bytes: new Uint8Array(bytes) });
    } catch (error) {
      // The run meets the same trouble with the file and tells of it.
      this.services.log.error(toWireError(error).message);
    }
  }

  private async loadMethods(): Promise<void> {
    const { a, b } = this.state;
    try {
      const of = (model: string): Promise<readonly MethodInfo[]> => this.services.engines.request('inspect', 'methods', { model });
      const [first, second] = [await of(a), await of(b)];
      if (this.state.a !== a || this.state.b !== b) return;
      this.tell('methods', { type: 'methods', methods: first.filter((method) => method.hasMap && method.applies && second.some(({ id, applies }) => applies && id === method.id)) });
    } catch (error) {
      this.services.log.error(toWireError(error).message);
    }
  }

  private async start(): Promise<void> {
    this.run?.abort();
    for (const kind of ['progress-a', 'progress-b', 'outcome']) this.told.delete(kind);
    if (!vscode.workspace.isTrusted) return this.tell('outcome', { type: 'failed', error: untrusted() });
    const run = (this.run = new AbortController());
    const current = (): boolean => this.run === run && panels.has(this);
    const { engines } = this.services, { a, b, image, method } = this.state;
    this.tell('started', { type: 'started' });
    engines.setActivity(this, { title: vscode.l10n.t('Explaining {0}', path.basename(image)) });
    try {
      const result = await engines.request('explain', 'explainPair', { a, b, inputs: { '': image }, method, device: deviceSetting() }, {
        signal: run.signal,
        onProgress: ({ side, value }) => { if (current()) this.tell(`progress-${side}`, { type: 'progress', side, value }); },
      });
      if (current()) this.tell('outcome', { type: 'finished', result });
    } catch (error) {
      if (!current()) return;
      const wire = toWireError(error);
      this.tell('outcome', wire.code === 'cancelled' ? { type: 'cancelled' } : { type: 'failed', error: wire });
    } finally {
      if (this.run === run) {
        this.run = undefined;
        engines.setActivity(this, undefined);
      }
    }
  }

  /** Posts a message and keeps it for a page that starts later. */
  private tell(kind: string, message: ToPairPanel): void {
    this.told.delete(kind);
    this.told.set(kind, message);
    this.post(message);
  }

  private post(message: ToPairPanel): void {
    if (panels.has(this)) void this.panel.webview.postMessage(message);
  }
}
