/** The page a webview starts with: one script, one style sheet, no network, nothing from a model file in its HTML. */
import * as vscode from 'vscode';
import { randomBytes } from 'node:crypto';

export interface Page {
  /** Name of the bundle in dist/webview. */
  readonly bundle: 'modelEditor' | 'explainPanel' | 'comparePanel' | 'manyPanel' | 'pairPanel' | 'tablePanel';
  readonly title: string;
}

/** Folders a webview of ours may load files from. */
export function resourceRoots(extensionUri: vscode.Uri): vscode.Uri[] {
  return [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')];
}

export function webviewPage(webview: vscode.Webview, extensionUri: vscode.Uri, page: Page): string {
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', name)).toString();
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'", `script-src 'nonce-${nonce}'`, `style-src ${webview.cspSource}`,
    // Pictures and the layout worker are made in the page from bytes it was sent.
    'img-src blob:', 'worker-src blob:',
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(vscode.env.language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(page.title)}</title>
<link rel="stylesheet" href="${file(`${page.bundle}.css`)}">
</head>
<body>
<main id="app"></main>
<script type="application/json" id="strings" nonce="${nonce}">${json(vscode.l10n.bundle ?? {})}</script>
<script nonce="${nonce}" src="${file(`${page.bundle}.js`)}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON that cannot end the script element it stands in. */
function json(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}
