/** In an untrusted workspace models are viewed, not run. */
import * as vscode from 'vscode';
import type { WireError } from '../protocol/engine';

/** True if models may be run here; else says so and offers the way out. */
export function mayRun(): boolean {
  if (vscode.workspace.isTrusted) return true;
  const manage = vscode.l10n.t('Manage Workspace Trust');
  void vscode.window.showWarningMessage(untrusted().message, manage).then((answer) => {
    if (answer === manage) void vscode.commands.executeCommand('workbench.trust.manage');
  });
  return false;
}

export function untrusted(): WireError {
  return {
    code: 'unsupported',
    message: vscode.l10n.t('This workspace is not trusted: models can be viewed here, but not run.'),
    remedy: vscode.l10n.t('Trust the workspace, then try again.'),
  };
}
