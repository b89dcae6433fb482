/** Asking for a model: the last choice first, then the workspace's models, then any file on this machine. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Services } from './services';
import { setModel } from './settings';

/** Files that may be models, by their names. */
export const modelPattern = '{**/*.onnx,**/*.h5,**/*.hdf5,**/*.keras,**/model.json}';
export const modelExtensions = ['onnx', 'h5', 'hdf5', 'keras', 'json'];
const excluded = '**/{node_modules,.git,.venv,venv,__pycache__,dist,out}/**';
const most = 2000;

interface ModelItem extends vscode.QuickPickItem {
  readonly uri?: vscode.Uri;
  readonly browse?: true;
}

export interface ModelChoice {
  /** Whether the answer is offered first the next time. Default true. */
  readonly remember?: boolean;
  /** A model that is no answer. */
  readonly except?: vscode.Uri;
}

/**
 * Asks which model to use for `scope` (a picture or a folder) and remembers the answer.
 * @returns undefined if nobody chose.
 */
export async function chooseModel(services: Services, scope: vscode.Uri | undefined, title: string, { remember = true, except }: ModelChoice = {}): Promise<vscode.Uri | undefined> {
  const chosen = await ask(services, scope, title, except);
  const uri = chosen?.browse ? await browse(scope) : chosen?.uri;
  if (uri && remember) await services.memory.rememberModel(scope, uri.fsPath);
  return uri;
}

function ask(services: Services, scope: vscode.Uri | undefined, title: string, except: vscode.Uri | undefined): Promise<ModelItem | undefined> {
  const pick = vscode.window.createQuickPick<ModelItem>();
  const search = new vscode.CancellationTokenSource();
  const pin: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('pin'), tooltip: vscode.l10n.t('Always use this model here (setting modelLens.model)') };
  pick.title = title;
  pick.placeholder = vscode.l10n.t('Choose a model');
  pick.matchOnDescription = true;
  pick.busy = true;
  pick.items = recentItems(services, scope, pin, except);
  pick.show();
  return new Promise((resolve) => {
    const take = (item: ModelItem): void => { resolve(item); pick.hide(); };
    // Enter before the list is there takes its first row as soon as it is.
    let hasty = false;
    pick.onDidAccept(() => {
      const item = pick.selectedItems[0] ?? pick.activeItems[0];
      if (item) take(item);
      else hasty = pick.busy;
    });
    pick.onDidTriggerItemButton(({ item }) => {
      if (item.uri && scope) void setModel(scope, item.uri);
      resolve(item);
      pick.hide();
    });
    pick.onDidHide(() => { resolve(undefined); search.cancel(); search.dispose(); pick.dispose(); });
    void listModels(search.token).then((found) => {
      if (search.token.isCancellationRequested) return;
      pick.busy = false;
      // Kept as they are while someone may already be choosing among them; the rest follows.
      const recent = recentItems(services, scope, pin, except);
      const known = new Set(recent.map((item) => item.uri?.fsPath));
      // One that lies beside what is explained was most likely put there for it.
      const beside = (uri: vscode.Uri): boolean => scope !== undefined && path.dirname(uri.fsPath) === path.dirname(scope.fsPath);
      const others = found.filter((uri) => !known.has(uri.fsPath) && uri.fsPath !== except?.fsPath).sort((a, b) => Number(beside(b)) - Number(beside(a)));
      pick.items = [
        ...recent,
        ...(others.length ? [{ label: vscode.l10n.t('in this workspace'), kind: vscode.QuickPickItemKind.Separator }] : []),
        ...others.map((uri) => modelItem(uri, pin)),
        { label: '', kind: vscode.QuickPickItemKind.Separator },
        { label: `$(folder-opened) ${vscode.l10n.t('Browse…')}`, browse: true, alwaysShow: true },
      ];
      const [first] = others;
      if (hasty && first && pick.value === '') take(modelItem(first, pin));
    });
  });
}

function recentItems(services: Services, scope: vscode.Uri | undefined, pin: vscode.QuickInputButton, except: vscode.Uri | undefined): ModelItem[] {
  const recent = services.memory.recentModels(scope).filter((file) => file !== except?.fsPath);
  if (!recent.length) return [];
  return [
    { label: vscode.l10n.t('used last'), kind: vscode.QuickPickItemKind.Separator },
    ...recent.slice(0, 5).map((file) => modelItem(vscode.Uri.file(file), pin)),
  ];
}

function modelItem(uri: vscode.Uri, pin: vscode.QuickInputButton): ModelItem {
  const folder = path.dirname(vscode.workspace.asRelativePath(uri));
  return { label: path.basename(uri.fsPath), description: folder === '.' ? undefined : folder, uri, iconPath: new vscode.ThemeIcon('symbol-structure'), buttons: [pin] };
}

/** The workspace's models, by path. */
export async function listModels(token?: vscode.CancellationToken): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(modelPattern, excluded, most, token);
  return found.filter((uri) => uri.scheme === 'file').sort((a, b) => a.fsPath.localeCompare(b.fsPath));
}

async function browse(scope: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const folder = (scope && vscode.workspace.getWorkspaceFolder(scope)?.uri) ?? vscode.workspace.workspaceFolders?.[0]?.uri;
  const chosen = await vscode.window.showOpenDialog({
    canSelectMany: false, defaultUri: folder, openLabel: vscode.l10n.t('Choose'),
    filters: { [vscode.l10n.t('Models')]: modelExtensions },
  });
  return chosen?.[0];
}
