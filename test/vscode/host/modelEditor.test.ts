import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { tinyModel } from './tinyModel';

const activeInput = (): unknown => vscode.window.tabGroups.activeTabGroup.activeTab?.input;

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 50) {
    if (waited > 15_000) throw new Error('the condition did not come true within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the model editor', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-editor-'));
  const file = vscode.Uri.file(path.join(folder, 'tiny.onnx'));

  before(async () => fs.writeFileSync(file.fsPath, await tinyModel()));
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('is what opens an .onnx file', async () => {
    await vscode.commands.executeCommand('vscode.open', file);
    await until(() => activeInput() instanceof vscode.TabInputCustom);
    assert.equal((activeInput() as vscode.TabInputCustom).viewType, 'modelLens.modelEditor');
  });

  it('is what opens Keras files, but model.json only on request', async () => {
    for (const name of ['net.h5', 'net.hdf5', 'net.keras']) {
      const other = vscode.Uri.file(path.join(folder, name));
      fs.writeFileSync(other.fsPath, 'no model');
      await vscode.commands.executeCommand('vscode.open', other);
      await until(() => activeInput() instanceof vscode.TabInputCustom && (activeInput() as vscode.TabInputCustom).uri.fsPath === other.fsPath);
      assert.equal((activeInput() as vscode.TabInputCustom).viewType, 'modelLens.modelEditor');
    }
    const json = vscode.Uri.file(path.join(folder, 'model.json'));
    fs.writeFileSync(json.fsPath, '{}');
    await vscode.commands.executeCommand('vscode.open', json);
    await until(() => activeInput() instanceof vscode.TabInputText);
    await vscode.commands.executeCommand('modelLens.openInModelLens', json);
    await until(() => activeInput() instanceof vscode.TabInputCustom);
    assert.equal((activeInput() as vscode.TabInputCustom).uri.fsPath, json.fsPath);
  });

  it('opens by command', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('modelLens.openModel', file);
    await until(() => activeInput() instanceof vscode.TabInputCustom);
  });

  it('opens the file in any other editor on request', async () => {
    await vscode.commands.executeCommand('modelLens.openAsText');
    await until(() => !(activeInput() instanceof vscode.TabInputCustom));
  });
});

describe('explaining a picture by command', () => {
  it('opens a panel', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-panel-'));
    const picture = vscode.Uri.file(path.join(folder, 'dot.png')), model = path.join(folder, 'tiny.onnx');
    // A PNG of one pixel.
    fs.writeFileSync(picture.fsPath, Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64'));
    fs.writeFileSync(model, await tinyModel());
    await vscode.workspace.getConfiguration('modelLens').update('model', model, vscode.ConfigurationTarget.Global);
    try {
      await vscode.commands.executeCommand('modelLens.explainImage', picture);
      await until(() => activeInput() instanceof vscode.TabInputWebview);
      assert.match((activeInput() as vscode.TabInputWebview).viewType, /modelLens\.explain$/);
      assert.equal(vscode.window.tabGroups.activeTabGroup.activeTab?.label, 'dot.png · tiny');
    } finally {
      await vscode.workspace.getConfiguration('modelLens').update('model', undefined, vscode.ConfigurationTarget.Global);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
