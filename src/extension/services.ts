/** What every feature is given: made once by activate, owned by the extension's context. */
import path from 'node:path';
import type * as vscode from 'vscode';
import { cudaFolder } from './cuda/folder';
import { Engines } from './engines';
import { Log } from './log';
import { Memory } from './memory';

export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  readonly engines: Engines;
  readonly memory: Memory;
}

export function createServices(context: vscode.ExtensionContext): Services {
  const log = new Log();
  const storage = context.globalStorageUri.fsPath;
  const engines = new Engines(context.asAbsolutePath('dist/engine.cjs'), path.join(storage, 'sessions'), cudaFolder(storage), log);
  const memory = new Memory(context.workspaceState);
  context.subscriptions.push(engines, log, memory);
  return { context, log, engines, memory };
}
