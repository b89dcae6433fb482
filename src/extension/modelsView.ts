/**
 * The side bar's Models: the workspace's models by folder, with size and parameters, and what can be done with one.
 * Nothing is looked for before the view is shown; facts are asked of the inspecting engine one model at a time, and
 * kept until the file changes.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { modelPattern } from './chooseModel';
import { findModels, type FoundModels } from './modelsViewFiles';
import { folderItem, modelItem, modelTooltip } from './modelsViewItems';
import { Outlines } from './modelsViewOutlines';
import { registerRecentView } from './modelsViewRecent';
import { openExplainWith } from './commands';
import { modelViewType } from './modelEditor';
import type { Services } from './services';
import { modelSetting, setModel } from './settings';

const viewId = 'modelLens.models';
/** A file that is written in steps, or a folder of many, counts once. */
const quietMs = 500;

export interface ModelNode { readonly kind: 'model'; readonly uri: vscode.Uri; readonly folder: FolderNode | undefined }
export interface FolderNode { readonly kind: 'folder'; readonly uri: vscode.Uri; readonly label: string; readonly models: readonly ModelNode[] }
export type TreeNode = ModelNode | FolderNode;

export function registerModelsView(services: Services): vscode.Disposable {
  const provider = new ModelsProvider(services);
  const view = vscode.window.createTreeView<TreeNode>(viewId, { treeDataProvider: provider, showCollapseAll: true });
  provider.attach(view);
  const { registerCommand } = vscode.commands;
  const withModel = (run: (uri: vscode.Uri) => unknown) => (node?: TreeNode) => { if (node?.kind === 'model') return run(node.uri); };
  return vscode.Disposable.from(
    provider, view, registerRecentView(services),
    registerCommand('modelLens.models.refresh', () => provider.refresh(true)),
    registerCommand('modelLens.models.open', withModel((uri) => vscode.commands.executeCommand('vscode.openWith', uri, modelViewType))),
    registerCommand('modelLens.models.explain', withModel((uri) => openExplainWith(services, uri))),
    registerCommand('modelLens.models.copyPath', withModel((uri) => vscode.env.clipboard.writeText(uri.fsPath))),
    registerCommand('modelLens.models.reveal', withModel((uri) => vscode.commands.executeCommand('revealInExplorer', uri))),
    registerCommand('modelLens.models.useAsDefault', withModel((uri) => useAsDefault(uri))),
  );
}

/** Makes a model the one that explains pictures of its workspace folder, without being asked for. */
async function useAsDefault(uri: vscode.Uri): Promise<void> {
  const scope = vscode.workspace.getWorkspaceFolder(uri)?.uri ?? vscode.workspace.workspaceFolders?.[0]?.uri ?? uri;
  await setModel(scope, uri);
  vscode.window.setStatusBarMessage(vscode.l10n.t('{0} now explains pictures of this workspace.', path.basename(uri.fsPath)), 5000);
}

class ModelsProvider implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly disposables: vscode.Disposable[] = [this.changed];
  private readonly outlines: Outlines;
  private view: vscode.TreeView<TreeNode> | undefined;
  private tree: Promise<readonly TreeNode[]> | undefined;
  private watcher: vscode.FileSystemWatcher | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(services: Services) {
    this.outlines = new Outlines(services, (node) => this.changed.fire(node));
  }

  attach(view: vscode.TreeView<TreeNode>): void {
    this.view = view;
    this.disposables.push(
      view.onDidChangeVisibility(({ visible }) => this.outlines.setActive(visible)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.refresh(false)),
      vscode.workspace.onDidChangeConfiguration((event) => { if (event.affectsConfiguration('modelLens.model')) this.changed.fire(undefined); }),
    );
    this.outlines.setActive(view.visible);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watcher?.dispose();
    this.outlines.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** Looks for models again. @param all also forgets what is known of those that did not change. */
  refresh(all: boolean): void {
    if (all) this.outlines.clear();
    this.tree = undefined;
    this.changed.fire(undefined);
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node) return node.kind === 'folder' ? [...node.models] : [];
    this.watch();
    return [...await (this.tree ??= this.build())];
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.kind === 'model' ? node.folder : undefined;
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    if (node.kind === 'folder') return folderItem(node);
    const isDefault = modelSetting(node.uri) === node.uri.fsPath;
    return modelItem(node, this.outlines.get(node), isDefault);
  }

  async resolveTreeItem(item: vscode.TreeItem, node: TreeNode, token: vscode.CancellationToken): Promise<vscode.TreeItem> {
    if (node.kind !== 'model') return item;
    const known = await this.outlines.wanted(node, token);
    if (known && !token.isCancellationRequested) item.tooltip = modelTooltip(node.uri, known);
    return item;
  }

  private async build(): Promise<readonly TreeNode[]> {
    const found: FoundModels = await findModels();
    if (this.view) this.view.message = found.more ? vscode.l10n.t('There are more; the first {0} models are shown.', found.models.length) : undefined;
    return treeOf(found.models);
  }

  /** From the first look on, models that come, go or change are noticed. */
  private watch(): void {
    if (this.watcher) return;
    this.watcher = vscode.workspace.createFileSystemWatcher(modelPattern);
    const later = (structure: boolean) => (uri: vscode.Uri): void => {
      this.outlines.forget(uri);
      if (structure) this.tree = undefined;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.changed.fire(undefined), quietMs);
    };
    this.watcher.onDidCreate(later(true));
    this.watcher.onDidDelete(later(true));
    this.watcher.onDidChange(later(false));
  }
}

/** Models by folder; those of a workspace's top stand at the top. */
function treeOf(models: readonly vscode.Uri[]): readonly TreeNode[] {
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const folders = new Map<string, { readonly uri: vscode.Uri; readonly models: ModelNode[] }>();
  const tops: TreeNode[] = [];
  for (const uri of models) {
    const parent = vscode.Uri.joinPath(uri, '..');
    // A TensorFlow.js model is a folder of files, called as its folder is.
    const isTop = !several && vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() === parent.toString();
    if (isTop) {
      tops.push({ kind: 'model', uri, folder: undefined });
      continue;
    }
    let folder = folders.get(parent.toString());
    if (!folder) folders.set(parent.toString(), folder = { uri: parent, models: [] });
    folder.models.push({ kind: 'model', uri, folder: undefined });
  }
  const nodes = [...folders.values()].map(({ uri, models: inside }): FolderNode => {
    const node: { -readonly [K in keyof FolderNode]: FolderNode[K] } = { kind: 'folder', uri, label: vscode.workspace.asRelativePath(uri, several), models: [] };
    node.models = inside.map((model): ModelNode => ({ ...model, folder: node }));
    return node;
  });
  return [...nodes.sort((a, b) => a.label.localeCompare(b.label)), ...tops];
}
