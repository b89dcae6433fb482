import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { suggestedFile, writeFile } from '../../../src/extension/saveFile';
import { TfjsModelFiles, isTfjsModel } from '../../../src/extension/tfjsModelFiles';
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

describe('revealing a layer', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-reveal-'));
  const file = vscode.Uri.file(path.join(folder, 'tiny.onnx'));
  const reveal = (uri: vscode.Uri, key: string): Thenable<unknown> => vscode.commands.executeCommand('modelLens.revealLayer', uri, key);

  before(async () => fs.writeFileSync(file.fsPath, await tinyModel()));
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('opens the editor and selects the node, once the page shows the model', async () => {
    assert.equal(await reveal(file, 'node:1'), true);
    assert.equal((activeInput() as vscode.TabInputCustom).uri.fsPath, file.fsPath);
  });

  it('uses the editor that is open, also from behind another one', async () => {
    assert.equal(await reveal(file, 'input:picture'), true);
    await vscode.commands.executeCommand('workbench.action.files.newUntitledFile');
    assert.equal(await reveal(file, 'output:scores'), true);
    assert.equal(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter(({ input }) => input instanceof vscode.TabInputCustom).length, 1);
  });

  it('says when the model has no such node, and when it is no model', async () => {
    assert.equal(await reveal(file, 'node:99'), false);
    const broken = vscode.Uri.file(path.join(folder, 'page.onnx'));
    fs.writeFileSync(broken.fsPath, '<html></html>');
    assert.equal(await reveal(broken, 'node:0'), false);
  });
});

describe('saving beside a model', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-save-'));
  const model = vscode.Uri.file(path.join(folder, 'nets/tiny.onnx'));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('suggests a file beside the model, whatever a name from a file may hold', () => {
    const name = (text: string): string => path.relative(folder, suggestedFile(model, text).fsPath);
    assert.equal(name('tiny.svg'), 'nets/tiny.svg');
    assert.equal(name('../../etc/passwd'), 'nets/_.._etc_passwd');
    assert.equal(name('layer1/conv:0.npy'), 'nets/layer1_conv_0.npy');
    assert.equal(name('..'), 'nets/export');
    assert.ok(name('x'.repeat(500)).length < 140);
  });

  it('writes the bytes', async () => {
    const file = suggestedFile(model, 'table.csv');
    await writeFile(file, new TextEncoder().encode('#,Name\r\n'));
    assert.equal(fs.readFileSync(file.fsPath, 'utf8'), '#,Name\r\n');
  });
});

describe('model.json', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-json-'));
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name, 'model.json');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  };
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('is known as a TensorFlow.js model by its first bytes', async () => {
    const models = ['{"format": "graph-model", "generatedBy": "2.8"', '\uFEFF{\n  "format" : "layers-model",', '{"modelTopology": {"class_name"', `{"userDefinedMetadata": {}, "weightsManifest": [`];
    for (const [at, text] of models.entries()) assert.equal(await isTfjsModel(write(`model${at}`, text)), true, text);
    const others = ['{}', '', '[{"modelTopology": 1}]', '{"name": "person", "format": "json"}', `{"text": "${'x'.repeat(5000)}", "modelTopology": {}}`, 'modelTopology: {}'];
    for (const [at, text] of others.entries()) assert.equal(await isTfjsModel(write(`other${at}`, text)), false, text);
    assert.equal(await isTfjsModel(path.join(folder, 'none/model.json')), false);
    assert.equal(await isTfjsModel(folder), false);
  });

  it('opens as text, with a context that tells models from others', async () => {
    const model = write('tfjs', '{"format": "layers-model", "modelTopology": {}}'), other = write('data', '{"rows": 3}');
    const commands: string[] = [];
    const files = new TfjsModelFiles((known) => void commands.push(JSON.stringify(known)));
    for (const file of [other, model]) {
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), { preview: false });
      await until(() => activeInput() instanceof vscode.TabInputText && (activeInput() as vscode.TabInputText).uri.fsPath === file);
      await files.look(vscode.window.tabGroups.activeTabGroup.activeTab!);
    }
    assert.deepEqual(commands, [JSON.stringify([model])]);
    // A file that becomes a model, and one that ceases to be one.
    fs.writeFileSync(other, '{"modelTopology": {}}');
    fs.writeFileSync(model, '{}');
    await files.lookAt(vscode.Uri.file(other));
    await files.lookAt(vscode.Uri.file(model));
    assert.deepEqual(commands.slice(1), [JSON.stringify([other, model]), JSON.stringify([other])]);
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
