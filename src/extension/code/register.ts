/** What Model Lens adds to source code: hovers, lenses, completions and hints. Nothing is read before VS Code asks. */
import * as vscode from 'vscode';
import { chooseModel } from '../chooseModel';
import { modelViewType } from '../modelEditor';
import type { Services } from '../services';
import { Associations } from './associate';
import { CodeLenses } from './codeLens';
import { CodeCompletions, completionTriggers } from './completion';
import { linkCommands } from './describe';
import { CodeDiagnostics } from './diagnostics';
import { CodeHovers } from './hover';
import { LayerHovers } from './layerHover';
import { LayerInlayHints } from './layerInlayHints';
import { layerLanguages, ownerOf, programLanguages, Sources, textLanguages } from './sources';

export function registerCode(services: Services): vscode.Disposable {
  const modelFiles = new ModelFileWatch(() => associations.refresh(), () => refresh());
  const sources = new Sources(services.engines, () => modelFiles.start());
  const associations = new Associations(services, sources);
  const lenses = new CodeLenses(services, sources, associations);
  const diagnostics = new CodeDiagnostics(services, sources, associations);
  const layerHints = new LayerInlayHints(sources);
  const { languages, workspace, commands } = vscode;
  const refresh = (): void => {
    lenses.refresh();
    diagnostics.scheduleAll();
  };
  diagnostics.scheduleAll();
  return vscode.Disposable.from(
    lenses, diagnostics, layerHints, modelFiles,
    languages.registerHoverProvider(layerLanguages, new LayerHovers(sources)),
    languages.registerInlayHintsProvider(layerLanguages, layerHints),
    languages.registerHoverProvider([...programLanguages, ...textLanguages], new CodeHovers(services, sources, associations)),
    languages.registerCodeLensProvider(programLanguages, lenses),
    languages.registerCompletionItemProvider(programLanguages, new CodeCompletions(services, sources, associations), ...completionTriggers),
    languages.registerCodeActionsProvider(programLanguages, diagnostics, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }),
    workspace.onDidOpenTextDocument((document) => diagnostics.schedule(document)),
    workspace.onDidChangeTextDocument(({ document }) => diagnostics.schedule(document)),
    workspace.onDidCloseTextDocument((document) => diagnostics.forget(document)),
    workspace.onDidChangeConfiguration((event) => { if (event.affectsConfiguration('modelLens.inlayHints')) layerHints.refresh(); }),
    workspace.onDidChangeConfiguration((event) => { if (['codeLens', 'diagnostics', 'modelRoots'].some((key) => event.affectsConfiguration(`modelLens.${key}`))) refresh(); }),
    commands.registerCommand(linkCommands.open, (file: string) => commands.executeCommand('vscode.openWith', vscode.Uri.file(file), modelViewType)),
    commands.registerCommand(linkCommands.show, (file: string, key: string) => commands.executeCommand('modelLens.revealLayer', vscode.Uri.file(file), key)),
    commands.registerCommand(linkCommands.choose, async (owner?: string) => {
      const active = vscode.window.activeTextEditor?.document;
      const uri = typeof owner === 'string' ? vscode.Uri.parse(owner, true) : active && ownerOf(active);
      if (!uri) return;
      const model = await chooseModel(services, uri, vscode.l10n.t('The model that the names in this file are of'));
      if (!model) return;
      await associations.choose(uri, model.fsPath);
      refresh();
    }),
  );
}

/** Tells when a model of the workspace was made, changed or removed; a file written in steps counts once. */
class ModelFileWatch implements vscode.Disposable {
  private watcher: vscode.FileSystemWatcher | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly atOnce: () => void, private readonly later: () => void) {}

  start(): void {
    if (this.watcher) return;
    this.watcher = vscode.workspace.createFileSystemWatcher('**/{*.onnx,*.h5,*.hdf5,*.keras,model.json}');
    for (const event of [this.watcher.onDidChange, this.watcher.onDidCreate, this.watcher.onDidDelete]) event(() => this.changed());
  }

  private changed(): void {
    this.atOnce();
    clearTimeout(this.timer);
    this.timer = setTimeout(this.later, 600);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watcher?.dispose();
  }
}
