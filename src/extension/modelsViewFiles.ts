/** The workspace's models, found by name; a model.json counts only if it is a TensorFlow.js model. */
import * as path from 'node:path';
import type * as vscode from 'vscode';
import { listModels } from './chooseModel';
import { isTfjsModel } from './tfjsModelFiles';

/** More are said to be there, not listed. */
const most = 1000;

export interface FoundModels {
  readonly models: readonly vscode.Uri[];
  readonly more: boolean;
}

export async function findModels(token?: vscode.CancellationToken): Promise<FoundModels> {
  const models: vscode.Uri[] = [];
  for (const uri of await listModels(token)) {
    if (models.length === most) return { models, more: true };
    if (path.posix.basename(uri.path) !== 'model.json' || await isTfjsModel(uri.fsPath)) models.push(uri);
  }
  return { models, more: false };
}
