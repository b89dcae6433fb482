/**
 * Which open model.json files are TensorFlow.js models: those get a button that opens them in the model editor. Others
 * of that name are somebody's data and stay text without one.
 */
import { open } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

/** What `when` clauses ask: `resourcePath in modelLens.tfjsModels`. */
const contextKey = 'modelLens.tfjsModels';
/** The keys that tell stand first in what TensorFlow.js writes. */
const headBytes = 4096;

export function registerTfjsModelFiles(): vscode.Disposable {
  const files = new TfjsModelFiles((known) => void vscode.commands.executeCommand('setContext', contextKey, known));
  const { tabGroups } = vscode.window;
  for (const tab of tabGroups.all.flatMap(({ tabs }) => tabs)) void files.look(tab);
  return vscode.Disposable.from(
    tabGroups.onDidChangeTabs(({ opened, changed }) => { for (const tab of [...opened, ...changed]) void files.look(tab); }),
    vscode.workspace.onDidSaveTextDocument(({ uri }) => void files.lookAt(uri)),
  );
}

export class TfjsModelFiles {
  private readonly known = new Map<string, boolean>();

  /** @param tell gets the paths of all known models when these change. */
  constructor(private readonly tell: (models: readonly string[]) => void) {}

  async look({ input }: vscode.Tab): Promise<void> {
    if (input instanceof vscode.TabInputText && !this.known.has(input.uri.fsPath)) await this.lookAt(input.uri);
  }

  async lookAt(uri: vscode.Uri): Promise<void> {
    if (uri.scheme !== 'file' || path.posix.basename(uri.path) !== 'model.json') return;
    const before = this.known.get(uri.fsPath) ?? false;
    const now = await isTfjsModel(uri.fsPath);
    this.known.set(uri.fsPath, now);
    if (now === before) return;
    this.tell([...this.known].filter(([, is]) => is).map(([file]) => file));
  }
}

/** Whether a file begins like the JSON of a TensorFlow.js model. Reads a few kilobytes; false for what cannot be read. */
export async function isTfjsModel(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      const head = buffer.toString('utf8', 0, bytesRead).replace(/^\uFEFF/, '');
      return /^\s*\{/.test(head) && /"(modelTopology|weightsManifest)"\s*:|"format"\s*:\s*"(layers|graph)-model"/.test(head);
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}
