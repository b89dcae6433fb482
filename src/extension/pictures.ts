/** Asking for a picture, when a command was not given one. */
import * as path from 'node:path';
import * as vscode from 'vscode';

export const pictureExtensions = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'bmp', 'tif', 'tiff'];
const most = 2000;

interface PictureItem extends vscode.QuickPickItem {
  readonly uri?: vscode.Uri;
}

export function isPicture(uri: vscode.Uri): boolean {
  return pictureExtensions.includes(path.extname(uri.path).slice(1).toLowerCase());
}

/** The picture shown in the active tab, if it is one. */
export function activePicture(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText ? input.uri : undefined;
  return uri && isPicture(uri) ? uri : undefined;
}

/** Asks for a picture of the workspace or any other. */
export async function choosePicture(): Promise<vscode.Uri | undefined> {
  const items = (async (): Promise<PictureItem[]> => {
    const found = await vscode.workspace.findFiles(`**/*.{${pictureExtensions.join(',')}}`, '**/{node_modules,.git}/**', most);
    const pictures = found.filter((uri) => uri.scheme === 'file').sort((a, b) => a.fsPath.localeCompare(b.fsPath));
    return [
      ...pictures.map((uri): PictureItem => {
        const folder = path.dirname(vscode.workspace.asRelativePath(uri));
        return { label: path.basename(uri.fsPath), description: folder === '.' ? undefined : folder, uri, iconPath: new vscode.ThemeIcon('file-media') };
      }),
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      { label: `$(folder-opened) ${vscode.l10n.t('Browse…')}`, alwaysShow: true },
    ];
  })();
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Explain a picture'), placeHolder: vscode.l10n.t('Choose a picture'), matchOnDescription: true });
  if (!chosen) return undefined;
  if (chosen.uri) return chosen.uri;
  const browsed = await vscode.window.showOpenDialog({
    canSelectMany: false, defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri, openLabel: vscode.l10n.t('Explain'),
    filters: { [vscode.l10n.t('Pictures')]: pictureExtensions },
  });
  return browsed?.[0];
}
