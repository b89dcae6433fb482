/** The commands of the palette and the menus. */
import * as vscode from 'vscode';
import { chooseModel } from './chooseModel';
import { enableCuda } from './cuda/enableCuda';
import { showDevices } from './devices';
import { openExplainPanel } from './explainPanel';
import { modelViewType } from './modelEditor';
import { activePicture, choosePicture } from './pictures';
import type { Services } from './services';
import { modelSetting } from './settings';
import { mayRun } from './trust';

export function registerCommands(services: Services): vscode.Disposable {
  const { registerCommand } = vscode.commands;
  return vscode.Disposable.from(
    registerCommand('modelLens.explainImage', (uri?: vscode.Uri) => explainImage(services, uri)),
    registerCommand('modelLens.explainWithModel', (model?: vscode.Uri) => openExplainWith(services, model)),
    registerCommand('modelLens.openModel', (uri?: vscode.Uri) => openModel(services, uri)),
    registerCommand('modelLens.openInModelLens', (uri?: vscode.Uri) => openModel(services, uri instanceof vscode.Uri ? uri : vscode.window.activeTextEditor?.document.uri)),
    registerCommand('modelLens.chooseModel', () => chooseModel(services, vscode.workspace.workspaceFolders?.[0]?.uri, vscode.l10n.t('The model that explains pictures of this workspace'))),
    registerCommand('modelLens.showDevices', () => showDevices(services)),
    registerCommand('modelLens.enableCuda', () => enableCuda(services)),
    registerCommand('modelLens.restartEngine', () => restartEngine(services)),
    registerCommand('modelLens.showLog', () => services.log.show()),
    registerCommand('modelLens.openAsText', () => reopenAsText()),
  );
}

/** "Explain this image": a picture, then a model (once), then the panel. */
async function explainImage(services: Services, uri: vscode.Uri | undefined): Promise<void> {
  if (!mayRun()) return;
  const picture = uri instanceof vscode.Uri ? uri : activePicture() ?? await choosePicture();
  if (!picture || !onDisk(picture)) return;
  // While the model is being chosen the engines start.
  services.engines.warmUp('inspect');
  services.engines.warmUp('explain');
  const model = modelSetting(picture) ?? (await chooseModel(services, picture, vscode.l10n.t('Explain this image')))?.fsPath;
  if (model) openExplainPanel(services, picture.fsPath, model);
}

/** From a model's editor or the models view: which picture shall it explain? */
export async function openExplainWith(services: Services, model: vscode.Uri | undefined): Promise<void> {
  if (!mayRun() || !model || !onDisk(model)) return;
  const picture = await choosePicture();
  if (!picture || !onDisk(picture)) return;
  await services.memory.rememberModel(picture, model.fsPath);
  openExplainPanel(services, picture.fsPath, model.fsPath);
}

async function openModel(services: Services, uri: vscode.Uri | undefined): Promise<void> {
  const model = uri instanceof vscode.Uri ? uri : await chooseModel(services, vscode.workspace.workspaceFolders?.[0]?.uri, vscode.l10n.t('Open a model'));
  if (model) await vscode.commands.executeCommand('vscode.openWith', model, modelViewType);
}

function restartEngine(services: Services): void {
  services.engines.restart();
  vscode.window.setStatusBarMessage(vscode.l10n.t('The engines were stopped; they start anew when they are needed.'), 5000);
}

async function reopenAsText(): Promise<void> {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputCustom) await vscode.commands.executeCommand('vscode.openWith', input.uri, 'default');
}

function onDisk(uri: vscode.Uri): boolean {
  if (uri.scheme === 'file') return true;
  void vscode.window.showErrorMessage(vscode.l10n.t('{0} is not a file on this machine.', uri.toString(true)));
  return false;
}
