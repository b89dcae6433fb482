/** The settings of `modelLens.*`, read where they are needed so that a change counts at once. */
import * as vscode from 'vscode';
import type { DeviceId } from '../protocol/engine';

function read<T>(key: string, scope: vscode.Uri | undefined, fallback: T): T {
  return vscode.workspace.getConfiguration('modelLens', scope).get<T>(key) ?? fallback;
}

export function deviceSetting(): DeviceId | 'auto' {
  return read<DeviceId | 'auto'>('device', undefined, 'auto');
}

export async function setDevice(device: DeviceId | 'auto'): Promise<void> {
  await vscode.workspace.getConfiguration('modelLens').update('device', device, vscode.ConfigurationTarget.Global);
}

export function methodSetting(): string {
  return read('explain.method', undefined, 'integrated-gradients');
}

export function viewSetting(): { opacity: number; colorMap: string; signed: boolean } {
  return {
    opacity: Math.min(1, Math.max(0, read('explain.opacity', undefined, 0.7))),
    colorMap: read('explain.colorMap', undefined, 'auto'),
    signed: read('explain.signed', undefined, true),
  };
}

/** The model set for a folder (`modelLens.model`), as an absolute path; undefined: ask. */
export function modelSetting(scope: vscode.Uri): string | undefined {
  const value = read('model', scope, '').trim();
  if (!value) return undefined;
  const folder = vscode.workspace.getWorkspaceFolder(scope);
  if (/^([/\\]|[A-Za-z]:)/.test(value) || !folder) return value;
  return vscode.Uri.joinPath(folder.uri, value).fsPath;
}

/** Makes `model` the folder's model; a path inside the folder is written relative to it. */
export async function setModel(scope: vscode.Uri, model: vscode.Uri): Promise<void> {
  const folder = vscode.workspace.getWorkspaceFolder(scope);
  const inside = folder && vscode.workspace.getWorkspaceFolder(model) === folder;
  const value = inside ? vscode.workspace.asRelativePath(model, false) : model.fsPath;
  await vscode.workspace.getConfiguration('modelLens', scope).update('model', value, folder ? vscode.ConfigurationTarget.WorkspaceFolder : vscode.ConfigurationTarget.Global);
}

/** Folders in which paths of programs are looked for (`modelLens.modelRoots`), as they are written. */
export function modelRootsSetting(scope: vscode.Uri): readonly string[] {
  const roots = read<unknown>('modelRoots', scope, []);
  return Array.isArray(roots) ? roots.filter((root): root is string => typeof root === 'string' && root.trim() !== '') : [];
}

/** Whether programs have lenses above lines that load a model, and hints about names and shapes. */
export function codeSetting(feature: 'codeLens' | 'diagnostics' | 'inlayHints', scope: vscode.Uri): boolean {
  return read(feature, scope, feature !== 'inlayHints');
}
