/** Lenses above lines that load a model: what it is, and a click that opens it. */
import * as vscode from 'vscode';
import type { ModelLoad } from '../../protocol/code';
import type { Services } from '../services';
import { codeSetting } from '../settings';
import type { Associations } from './associate';
import { linkCommands } from './describe';
import { rangeIn } from './hover';
import { isOnThisMachine, looksLikeModelPath } from './modelFiles';
import type { Sources } from './sources';
import { countText } from './text';

/** Writes a file that need not be there yet. */
const writes = new Set(['export', 'save', 'weights']);

class LoadLens extends vscode.CodeLens {
  constructor(range: vscode.Range, readonly document: vscode.TextDocument, readonly load: ModelLoad) {
    super(range);
  }
}

export class CodeLenses implements vscode.CodeLensProvider<LoadLens>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(private readonly services: Services, private readonly sources: Sources, private readonly associations: Associations) {}

  /** Asks VS Code for the lenses anew: a setting or a model file changed. */
  refresh(): void {
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<LoadLens[]> {
    if (!codeSetting('codeLens', document.uri) || !this.sources.mentions(document).models) return [];
    const analysis = await this.sources.analyse(document);
    const lenses: LoadLens[] = [];
    for (const load of analysis?.loads ?? []) {
      if (load.path === undefined || !isOnThisMachine(load.path)) continue;
      const known = writes.has(load.kind) || !looksLikeModelPath(load.path) ? await this.associations.find(document, load.path) : load.path;
      if (known !== undefined) lenses.push(new LoadLens(rangeIn(document, load.call), document, load));
    }
    return lenses;
  }

  async resolveCodeLens(lens: LoadLens): Promise<LoadLens> {
    const { t } = vscode.l10n;
    const path = lens.load.path!;
    const file = await this.associations.find(lens.document, path);
    if (file === undefined) {
      lens.command = { title: t('Model file not found: {0}', path), command: '' };
      return lens;
    }
    const opens = (title: string): vscode.Command => ({ title, command: linkCommands.open, arguments: [file], tooltip: file });
    try {
      const { layers, parameters } = await this.services.engines.request('inspect', 'outline', { file });
      lens.command = opens([t('Open model'), layers === 1 ? t('1 layer') : t('{0} layers', layers), t('{0} parameters', countText(parameters))].join(' · '));
    } catch (error) {
      lens.command = opens(`${t('Open model')} · ${error instanceof Error ? error.message : String(error)}`);
    }
    return lens;
  }
}
