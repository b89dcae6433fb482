/** "Explain this row": from the line of the cursor in a CSV or TSV to that row in the panel of the table. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { TableRowAtResult } from '../protocol/table';
import { listModels } from './chooseModel';
import type { Services } from './services';
import { codeSetting, modelSetting } from './settings';
import { showRow } from './tablePanel';
import { mayRun } from './trust';

const command = 'modelLens.explainRow';
const tables: vscode.DocumentSelector = { scheme: 'file', pattern: '**/*.{csv,tsv,CSV,TSV}' };
/** A cursor that moves on asks for no lens. */
const restMs = 150;
/** How long it is believed that a workspace has models, or none. */
const believedMs = 30_000;

export function registerExplainRow(services: Services): vscode.Disposable {
  const lens = new RowLens(services);
  return vscode.Disposable.from(
    lens,
    vscode.languages.registerCodeLensProvider(tables, lens),
    vscode.commands.registerCommand(command, (uri?: vscode.Uri, line?: number) => explainRow(services, uri, line)),
  );
}

/** @param line from 0; without it that of the cursor or of the selection's beginning. */
async function explainRow(services: Services, uri: vscode.Uri | undefined, line: number | undefined): Promise<void> {
  if (!mayRun()) return;
  const editor = vscode.window.activeTextEditor, document = uri && editor?.document.uri.toString() !== uri.toString() ? await vscode.workspace.openTextDocument(uri) : editor?.document;
  if (!document || document.uri.scheme !== 'file') return void vscode.window.showInformationMessage(vscode.l10n.t('Put the cursor into a row of a CSV or TSV file first.'));
  const at = line ?? (document === editor?.document ? editor.selection.start.line : 0);
  if (document.isDirty && !(await decideUnsaved(document))) return;
  try {
    const found = await services.engines.request('inspect', 'tableRowAt', { file: document.uri.fsPath, line: at + 1 });
    if (found.kind !== 'row') return void vscode.window.showInformationMessage(noRow(found, at + 1));
    await showRow(services, document.uri, found.row);
  } catch (error) {
    void vscode.window.showErrorMessage(toWireError(error).message);
  }
}

/** The engine reads what is on the disk: lines may stand elsewhere there. @returns whether to go on. */
async function decideUnsaved(document: vscode.TextDocument): Promise<boolean> {
  const save = vscode.l10n.t('Save and explain'), saved = vscode.l10n.t('Explain the saved file');
  const answer = await vscode.window.showWarningMessage(vscode.l10n.t('{0} has unsaved changes. Rows are explained as they are in the saved file.', path.basename(document.fileName)), save, saved);
  return answer === saved || (answer === save && document.save());
}

function noRow({ kind }: Exclude<TableRowAtResult, { kind: 'row' }>, line: number): string {
  return kind === 'header' ? vscode.l10n.t('Line {0} is the table’s head, no row. Put the cursor into a row.', line) : vscode.l10n.t('Line {0} holds no row. Put the cursor into a row.', line);
}

/** A lens above the row of the cursor, in tables of workspaces that have a model. */
class RowLens implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly subscriptions: vscode.Disposable[] = [this.changed];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private shown: number | undefined;
  private models: { readonly asked: number; readonly any: Promise<boolean> } | undefined;

  constructor(private readonly services: Services) {
    this.subscriptions.push(
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
        if (vscode.languages.match(tables, textEditor.document) > 0 && selections[0]?.active.line !== this.shown) this.later();
      }),
      vscode.workspace.onDidSaveTextDocument((document) => { if (vscode.languages.match(tables, document) > 0) this.later(); }),
      vscode.window.onDidChangeActiveTextEditor((editor) => { if (editor && vscode.languages.match(tables, editor.document) > 0) this.later(); }),
      vscode.workspace.onDidChangeConfiguration((event) => { if (event.affectsConfiguration('modelLens.codeLens')) this.changed.fire(); }),
    );
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.changed.fire(), restMs);
  }

  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    const editor = vscode.window.activeTextEditor, line = editor?.selection.active.line;
    this.shown = line;
    if (editor?.document !== document || line === undefined || !codeSetting('codeLens', document.uri) || document.lineAt(line).isEmptyOrWhitespace || !(await this.anyModel(document.uri))) return [];
    if (token.isCancellationRequested) return [];
    const stop = new AbortController(), listening = token.onCancellationRequested(() => stop.abort());
    try {
      const found = await this.services.engines.request('inspect', 'tableRowAt', { file: document.uri.fsPath, line: line + 1 }, { signal: stop.signal });
      if (found.kind !== 'row' || found.firstLine > document.lineCount) return [];
      const title = document.isDirty ? vscode.l10n.t('Explain this row as it is saved') : vscode.l10n.t('Explain this row');
      return [new vscode.CodeLens(document.lineAt(found.firstLine - 1).range, { title, command, arguments: [document.uri, line], tooltip: vscode.l10n.t('Row {0}, the first below the header being 0', found.row) })];
    } catch {
      // What is no table has no rows; the command says why.
      return [];
    } finally {
      listening.dispose();
    }
  }

  /** Whether there is a model to ask: one that was chosen, or any in the workspace. */
  private anyModel(uri: vscode.Uri): Promise<boolean> | boolean {
    if (modelSetting(uri) !== undefined || this.services.memory.recentModels(uri).length > 0) return true;
    if (!this.models || Date.now() - this.models.asked > believedMs) this.models = { asked: Date.now(), any: listModels().then((found) => found.length > 0, () => false) };
    return this.models.any;
  }
}
