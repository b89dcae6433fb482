/** Writing what a view made: asks where, beside the model by default, then writes. */
import * as path from 'node:path';
import * as vscode from 'vscode';

/** Asks where to save. @returns undefined if nobody chose. */
export async function askWhere(model: vscode.Uri, name: string): Promise<vscode.Uri | undefined> {
  const suggested = suggestedFile(model, name);
  const kind = path.posix.extname(suggested.path).slice(1).toLowerCase();
  return vscode.window.showSaveDialog({ defaultUri: suggested, ...(kind && { filters: { [kind.toUpperCase()]: [kind] } }) });
}

/** A file beside the model. `name` comes from a page or from the model itself: what no file system takes is replaced. */
export function suggestedFile(model: vscode.Uri, name: string): vscode.Uri {
  const safe = name.replace(/[<>:"/\\|?*\u0000-\u001f\u007f]+/g, '_').replace(/^[\s.]+|[\s.]+$/g, '').slice(-120);
  return vscode.Uri.joinPath(model, '..', safe || 'export');
}

/** Writes bytes and says so in the status bar. */
export async function writeFile(file: vscode.Uri, bytes: Uint8Array): Promise<void> {
  await vscode.workspace.fs.writeFile(file, bytes);
  tellSaved(file);
}

export function tellSaved(file: vscode.Uri): void {
  vscode.window.setStatusBarMessage(vscode.l10n.t('Saved {0}', path.posix.basename(file.path)), 4000);
}
