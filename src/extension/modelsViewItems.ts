/** Folders and models as rows of the Models view. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ModelOutline } from '../protocol/code';
import type { FolderNode, ModelNode } from './modelsView';
import type { Known } from './modelsViewOutlines';

const portsShown = 6;
const formatNames: Readonly<Record<string, string>> = { onnx: 'ONNX', keras: 'Keras', tfjs: 'TensorFlow.js' };
/** An icon for each format; before a file was read its name tells. */
const icons: Readonly<Record<string, string>> = { onnx: 'symbol-structure', keras: 'layers', tfjs: 'json' };

export function folderItem({ uri, label }: FolderNode): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `folder:${uri.toString()}`;
  item.iconPath = vscode.ThemeIcon.Folder;
  item.contextValue = 'folder';
  return item;
}

/** @param known undefined: not read yet. */
export function modelItem({ uri }: ModelNode, known: Known | undefined, isDefault: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(path.basename(uri.fsPath), vscode.TreeItemCollapsibleState.None);
  const damaged = known !== undefined && 'error' in known;
  item.id = `model:${uri.toString()}`;
  item.contextValue = damaged ? 'model.damaged' : 'model';
  item.iconPath = damaged ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground')) : new vscode.ThemeIcon(icons[formatOf(uri, known)] ?? 'symbol-structure');
  const facts = known === undefined ? '' : 'error' in known ? vscode.l10n.t('cannot be read') : `${countText(known.outline.parameters)} · ${bytesText(known.outline.bytes)}`;
  item.description = [isDefault ? vscode.l10n.t('default') : '', facts].filter(Boolean).join(' · ');
  item.accessibilityInformation = { label: [path.basename(uri.fsPath), isDefault ? vscode.l10n.t('default model') : '', spoken(known)].filter(Boolean).join(', ') };
  item.command = { command: 'modelLens.models.open', title: vscode.l10n.t('Open'), arguments: [{ kind: 'model', uri }] };
  // Made when somebody points at it.
  item.tooltip = undefined;
  return item;
}

function formatOf(uri: vscode.Uri, known: Known | undefined): string {
  if (known && 'outline' in known) return known.outline.format;
  const extension = path.posix.extname(uri.path).toLowerCase();
  return extension === '.onnx' ? 'onnx' : extension === '.json' ? 'tfjs' : 'keras';
}

function spoken(known: Known | undefined): string {
  if (known === undefined) return '';
  return 'error' in known ? known.error.message : vscode.l10n.t('{0} parameters, {1}', countText(known.outline.parameters), bytesText(known.outline.bytes));
}

/** What goes in and comes out, how large it is; or why it cannot be read. Names from files are text, not Markdown. */
export function modelTooltip(uri: vscode.Uri, known: Known): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendText(vscode.workspace.asRelativePath(uri)).appendMarkdown('\n\n');
  if ('error' in known) return text.appendText(known.error.message);
  const { outline } = known;
  text.appendText([formatNames[outline.format] ?? outline.format, outline.producer].filter(Boolean).join(' · ')).appendMarkdown('\n\n');
  ports(text, vscode.l10n.t('Inputs'), outline.inputs);
  ports(text, vscode.l10n.t('Outputs'), outline.outputs);
  text.appendText(vscode.l10n.t('{0} layers, {1} parameters, {2}', outline.layers.toLocaleString(), countText(outline.parameters), bytesText(outline.bytes)));
  for (const warning of outline.warnings.slice(0, 3)) text.appendMarkdown('\n\n').appendText(warning);
  return text;
}

function ports(text: vscode.MarkdownString, title: string, list: ModelOutline['inputs']): void {
  text.appendText(`${title}:`);
  for (const { name, dtype, dims } of list.slice(0, portsShown)) text.appendMarkdown('  \n').appendText(`${name}  ${dtype} ${dims ? dims.map((dim) => dim ?? '?').join(' × ') : ''}`);
  if (list.length > portsShown) text.appendMarkdown('  \n').appendText(vscode.l10n.t('and {0} more', list.length - portsShown));
  text.appendMarkdown('\n\n');
}

/** '1.24 M' */
export function countText(count: number): string {
  for (const [size, prefix] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) if (count >= size) return `${threeDigits(count / size)} ${prefix}`;
  return String(count);
}

function bytesText(bytes: number): string {
  for (const [size, unit] of [[2 ** 30, 'GB'], [2 ** 20, 'MB'], [2 ** 10, 'KB']] as const) if (bytes >= size) return `${threeDigits(bytes / size)} ${unit}`;
  return `${bytes} B`;
}

function threeDigits(value: number): string {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}
