/** Keeping the explanation of a panel as files. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { ExplainParams } from '../protocol/engine';
import type { KeepForm } from '../protocol/keep';
import type { FromExplainPanel, FromTablePanel } from '../protocol/webview';
import { askWhere, tellSaved } from './saveFile';
import type { Services } from './services';

/** Asks where, and has the engine write the explanation. */
export async function keepExplanation(services: Services, explanation: ExplainParams, image: string, { form, colors, sections }: Extract<FromExplainPanel, { type: 'keep' }>): Promise<void> {
  const name = `${path.basename(image, path.extname(image))}.${explanation.method}`;
  const to = form === 'folder' ? await chooseFolder(image, name) : await askWhere(vscode.Uri.file(image), `${name}.${fileEnding[form]}`);
  if (!to) return;
  try {
    const { files } = await services.engines.request('explain', 'keep', { explanation, form, to: to.fsPath, colors, sections });
    tellSaved(to);
    if (form === 'html') await offerToOpen(vscode.Uri.file(files[0]!));
  } catch (error) {
    void vscode.window.showErrorMessage(toWireError(error).message);
  }
}

/** Asks where, and has the engine write what was found of a table as one page. */
export async function keepTable(services: Services, file: string, { results, qualities }: Extract<FromTablePanel, { type: 'report' }>): Promise<void> {
  const to = await askWhere(vscode.Uri.file(file), `${path.basename(file, path.extname(file))}.html`);
  if (!to) return;
  try {
    const { files } = await services.engines.request('explain', 'keepTable', { results, qualities, to: to.fsPath });
    tellSaved(to);
    await offerToOpen(vscode.Uri.file(files[0]!));
  } catch (error) {
    void vscode.window.showErrorMessage(toWireError(error).message);
  }
}

const fileEnding: Readonly<Record<Exclude<KeepForm, 'folder'>, string>> = { html: 'html', svg: 'svg', png: 'png' };

/** A new folder inside one that is chosen, so that files of several explanations do not mix. */
async function chooseFolder(image: string, name: string): Promise<vscode.Uri | undefined> {
  const [folder] = await vscode.window.showOpenDialog({
    canSelectFolders: true, canSelectFiles: false, defaultUri: vscode.Uri.file(path.dirname(image)),
    openLabel: vscode.l10n.t('Save here'), title: vscode.l10n.t('The folder in which "{0}" is made', name),
  }) ?? [];
  return folder && vscode.Uri.joinPath(folder, name);
}

async function offerToOpen(file: vscode.Uri): Promise<void> {
  const open = vscode.l10n.t('Open');
  if (await vscode.window.showInformationMessage(vscode.l10n.t('The report was saved as {0}.', path.basename(file.fsPath)), open) === open) await vscode.env.openExternal(file);
}
