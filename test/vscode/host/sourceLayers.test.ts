import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';

const keras = `from tensorflow import keras
from tensorflow.keras import layers

def build(classes):
    inputs = keras.Input(shape=(224, 224, 3))
    x = layers.Conv2D(64, 7, strides=2, padding="same")(inputs)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes)(x))
`;
const script = `import * as tf from '@tensorflow/tfjs';
const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [784], units: 32 }), tf.layers.dense({ units: 10 })] });
`;

describe('layers in source code', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-layers-'));
  const open = (name: string, text: string): Thenable<vscode.TextDocument> => {
    fs.writeFileSync(path.join(folder, name), text);
    return vscode.workspace.openTextDocument(vscode.Uri.file(path.join(folder, name)));
  };
  const hover = async (document: vscode.TextDocument, marker: string): Promise<string> => {
    const at = document.positionAt(document.getText().indexOf(marker) + 2);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, at);
    return hovers.flatMap(({ contents }) => contents.map((content) => (content as vscode.MarkdownString).value)).filter((text) => text.includes('→') || text.includes('parameter')).join('\n').replace(/\\([!-/:-@[-`{-~])/g, '$1');
  };
  const hints = async (document: vscode.TextDocument): Promise<string[]> =>
    (await vscode.commands.executeCommand<vscode.InlayHint[]>('vscode.executeInlayHintProvider', document.uri, new vscode.Range(0, 0, document.lineCount, 0))).map(({ label }) => String(label).replaceAll('\u00a0', ' ')).filter((label) => label.includes('→'));
  const set = (value: boolean | undefined): Thenable<void> => vscode.workspace.getConfiguration('modelLens').update('inlayHints', value, vscode.ConfigurationTarget.Global);

  after(async () => {
    await set(undefined);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('a hover tells dims, parameters and the total so far', async () => {
    const document = await open('build.py', keras);
    const conv = await hover(document, 'layers.Conv2D');
    assert.match(conv, /\*\*Conv2D\*\*\s+N × 224 × 224 × 3 → N × 112 × 112 × 64/);
    assert.match(conv, /9,472 parameters/);
    assert.match(await hover(document, 'layers.Dense'), /N × 64 → N × classes[\s\S]*65·classes parameters · 65·classes \+ 9472 up to here/);
    assert.match(await hover(document, 'keras.Model'), /65·classes \+ 9472 parameters/);
    assert.equal(await hover(document, 'build(classes)'), '');
    const warm = performance.now();
    await hover(document, 'layers.Conv2D');
    const took = performance.now() - warm;
    console.log(`      warm hover: ${took.toFixed(1)} ms`);
    assert.ok(took < 500, `${took} ms`);
  });

  it('TypeScript as well', async () => {
    const document = await open('build.ts', script);
    assert.match(await hover(document, 'tf.layers.dense({ units'), /N × 32 → N × 10[\s\S]*330 parameters · 25,450 up to here/);
  });

  it('a text that changes is read again', async () => {
    const document = await open('change.py', keras);
    assert.match(await hover(document, 'layers.Conv2D'), /112 × 112 × 64/);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(document.positionAt(keras.indexOf('64, 7')), document.positionAt(keras.indexOf('64, 7') + 2)), '16');
    await vscode.workspace.applyEdit(edit);
    assert.match(await hover(document, 'layers.Conv2D'), /112 × 112 × 16/);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('inlay hints are off, and on by the setting', async () => {
    const document = await open('hints.py', keras);
    assert.deepEqual(await hints(document), []);
    await set(true);
    assert.deepEqual(await hints(document), ['→ N × 224 × 224 × 3', '→ N × 112 × 112 × 64 · 9.5 k', '→ N × 64', '→ N × classes · 65·classes + 9472']);
  });
});
