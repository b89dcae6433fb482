/** "Explain again": from what was kept of an explanation back to the panel, with everything as it was. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { ExplainParams } from '../protocol/engine';
import { openExplainPanel, type ExplainWish } from './explainPanel';
import { openTablePanel } from './tablePanel';
import type { Services } from './services';
import { mayRun } from './trust';

export function registerExplainAgain(services: Services): vscode.Disposable {
  return vscode.commands.registerCommand('modelLens.explainAgain', (uri?: vscode.Uri) => explainAgain(services, uri));
}

/** From an explanation.json or a report: opens the panel with everything as it was. */
async function explainAgain(services: Services, uri: vscode.Uri | undefined): Promise<void> {
  if (!mayRun()) return;
  const file = uri instanceof vscode.Uri ? uri : await chooseKept();
  if (!file) return;
  try {
    const kept = await services.engines.request('inspect', 'kept', { file: file.fsPath });
    if ('table' in kept) return void openTablePanel(services, kept.table);
    const { explanation } = kept;
    const [picture] = Object.values(explanation.inputs);
    if (!picture || Object.keys(explanation.inputs).length > 1 || !/\.(png|jpe?g|webp|gif|bmp|tiff?)$/i.test(picture)) {
      throw new Error(vscode.l10n.t('{0} explains something other than one picture; the terminal makes it again: model-lens again', path.basename(file.fsPath)));
    }
    openExplainPanel(services, picture, explanation.model, wishOf(explanation));
  } catch (error) {
    void vscode.window.showErrorMessage(toWireError(error).message);
  }
}

function wishOf({ method, preset, parameters, target, layer, preprocessing, seed }: ExplainParams): ExplainWish {
  return { method, preset, parameters, target, layer, preprocessing, seed };
}

async function chooseKept(): Promise<vscode.Uri | undefined> {
  const [file] = await vscode.window.showOpenDialog({ filters: { [vscode.l10n.t('Explanations')]: ['json', 'html'] }, title: vscode.l10n.t('Explain again') }) ?? [];
  return file;
}

