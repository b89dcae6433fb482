/** The side bar's Recent explanations: what was explained by which model and how; a click opens it again as it was. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { openExplainPanel } from './explainPanel';
import type { RecentExplanation } from './memory';
import type { Services } from './services';

const viewId = 'modelLens.recent';

export function registerRecentView(services: Services): vscode.Disposable {
  const provider = new RecentProvider(services);
  const { registerCommand } = vscode.commands;
  return vscode.Disposable.from(
    vscode.window.registerTreeDataProvider(viewId, provider), provider,
    registerCommand('modelLens.recent.open', (entry?: RecentExplanation) => { if (entry) open(services, entry); }),
    registerCommand('modelLens.recent.remove', (entry?: RecentExplanation) => entry && services.memory.forgetExplanation(entry)),
    registerCommand('modelLens.recent.clear', () => services.memory.forgetExplanations()),
  );
}

function open(services: Services, { image, model, method, preset, targetClass, layer }: RecentExplanation): void {
  openExplainPanel(services, image, model, { method, preset, targetClass, layer });
}

class RecentProvider implements vscode.TreeDataProvider<RecentExplanation>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly listening: vscode.Disposable;

  constructor(private readonly services: Services) {
    this.listening = services.memory.onDidChangeExplanations(() => this.changed.fire(undefined));
  }

  dispose(): void {
    this.listening.dispose();
    this.changed.dispose();
  }

  getChildren(entry?: RecentExplanation): RecentExplanation[] {
    return entry ? [] : [...this.services.memory.recentExplanations];
  }

  getTreeItem(entry: RecentExplanation): vscode.TreeItem {
    const item = new vscode.TreeItem(path.basename(entry.image), vscode.TreeItemCollapsibleState.None);
    const model = path.basename(entry.model);
    item.description = [entry.label, entry.methodTitle ?? entry.method, model].filter(Boolean).join(' · ');
    item.iconPath = new vscode.ThemeIcon('eye');
    item.contextValue = 'explanation';
    item.tooltip = new vscode.MarkdownString()
      .appendText(vscode.workspace.asRelativePath(entry.image)).appendMarkdown('  \n')
      .appendText(vscode.workspace.asRelativePath(entry.model)).appendMarkdown('  \n')
      .appendText([entry.methodTitle ?? entry.method, entry.preset, entry.layer].filter(Boolean).join(' · ')).appendMarkdown('  \n')
      .appendText(new Date(entry.at).toLocaleString());
    item.command = { command: 'modelLens.recent.open', title: vscode.l10n.t('Open'), arguments: [entry] };
    return item;
  }
}
