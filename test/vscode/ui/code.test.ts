import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ModelEditorPage, Window } from '../pages';
import { screenshots } from '../workspaces';

const samples = path.resolve(__dirname, '../../../samples');

describe('models in source code, in the window', () => {
  let workbench: Workbench, window: Window, workspace: string;

  before(async () => {
    workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-scripts-'));
    fs.cpSync(path.join(samples, 'models'), path.join(workspace, 'models'), { recursive: true });
    for (const name of ['look_inside.py', 'look_inside.ts']) fs.copyFileSync(path.join(samples, 'scripts', name), path.join(workspace, name));
    for (const name of ['look_inside.py', 'look_inside.ts']) {
      const file = path.join(workspace, name);
      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('.parent.parent', '.parent').replace("__dirname, '..', ", '__dirname, '));
    }
    fs.writeFileSync(path.join(workspace, 'wrong.py'), 'import keras\nimport numpy as np\n\nmodel = keras.models.load_model("models/scenes.h5")\nmodel.get_layer("conv_2")\nmodel.predict(np.zeros((1, 32, 32, 3)))\nother = keras.models.load_model("models/gone.h5")\n');
    fs.writeFileSync(path.join(workspace, 'ask.py'), 'import keras\n\ndef look(model):\n    return model.get_layer("conv2")\n');
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'editor.stickyScroll.enabled': false, 'editor.minimap.enabled': false } });
    window = new Window(workbench.page);
  });

  after(async () => {
    await workbench?.close();
    fs.rmSync(workspace, { recursive: true, force: true });
  });

  const lens = (text: string) => workbench.page.locator('.codelens-decoration a, .codelens-decoration span', { hasText: text }).first();
  const shot = (name: string) => workbench.page.screenshot({ path: path.join(screenshots, `${name}.png`) });
  /** Takes the mouse off, so that the next hover is a new one. */
  const leave = async (): Promise<void> => {
    await workbench.page.keyboard.press('Escape');
    await workbench.page.mouse.move(5, 5);
    await workbench.page.locator('.monaco-hover:visible').first().waitFor({ state: 'hidden', timeout: 10_000 });
  };

  it('lenses stand above the lines that load a model', async () => {
    await window.openFile('look_inside.py');
    await lens('Open model · 15 layers').waitFor({ timeout: 60_000 });
    await lens('Open model · 10 layers').waitFor();
    await shot('code-lens-dark');
  });

  it('a path tells what the model is', async () => {
    const text = (await window.hover('"scenes.h5"')).replace(/\u00a0/g, ' ');
    assert.match(text, /scenes\.h5 — Keras/);
    assert.match(text, /image\s+float32\s+batch × 64 × 64 × 3/);
    assert.match(text, /10 layers · 47\.1 k parameters · [\d.]+ M MACs · 196 KB/);
    assert.match(text, /Open in Model Lens/);
    await shot('code-hover-path-dark');
    await leave();
  });

  it("a layer's name tells what the layer is, and a click shows it in the editor", async () => {
    const text = await window.hover('"conv1"');
    assert.match(text, /conv1 — Conv2D/);
    assert.match(text, /batch × 64 × 64 × 3 → batch × 64 × 64 × 16/);
    await shot('code-hover-layer-dark');
    await workbench.page.locator('.monaco-hover:visible a', { hasText: 'Show in Model Lens' }).first().click();
    const editor = new ModelEditorPage(window);
    await editor.opened();
    assert.equal(await editor.title.innerText(), 'scenes.h5');
    await window.closeEditors();
  });

  it('in a light theme too, and in TypeScript', async () => {
    await window.setTheme('Light Modern');
    await window.openFile('look_inside.ts');
    await lens('Open model · 15 layers').waitFor({ timeout: 60_000 });
    assert.match(await window.hover("'scenes.onnx'"), /scenes\.onnx — ONNX/);
    await shot('code-hover-path-light');
    await leave();
    await window.openFile('look_inside.py');
    await lens('Open model · 10 layers').waitFor({ timeout: 60_000 });
    assert.match(await window.hover('"probabilities"'), /probabilities — output of Softmax/);
    await shot('code-hover-tensor-light');
    await leave();
  });

  it('asks which model is meant where nothing says so, and remembers the answer', async () => {
    await window.openFile('ask.py');
    assert.match(await window.hover('"conv2"'), /conv2: a layer or tensor of which model\?/);
    await shot('code-ask-light');
    await workbench.page.locator('.monaco-hover:visible a', { hasText: 'Choose the model for this file' }).first().click();
    await window.pick('scenes.h5');
    await window.picker.waitFor({ state: 'hidden' });
    assert.match(await window.hover('"conv2"'), /conv2 — Conv2D[\s\S]*in scenes\.h5, chosen for this file/);
    await leave();
  });

  it('what the model does not have is hinted at, with a fix', async () => {
    await window.openFile('wrong.py');
    await lens('Model file not found: models/gone.h5').waitFor({ timeout: 60_000 });
    const text = await window.hover('"conv_2"');
    assert.match(text, /has no layer 'conv_2'/);
    assert.doesNotMatch(text, /has nothing named/, 'the hint and the hover say the same');
    await shot('code-hint-light');
    await leave();
    await workbench.page.locator('.view-line', { hasText: '"conv_2"' }).locator('span span', { hasText: '"conv_2"' }).first().click();
    await workbench.page.keyboard.press('Control+.');
    const fix = workbench.page.locator('.action-widget .monaco-list-row', { hasText: "Change to 'conv2'" }).first();
    await fix.waitFor({ timeout: 20_000 });
    await shot('code-fix-light');
    await fix.click();
    await workbench.page.locator('.view-line', { hasText: 'get_layer("conv2")' }).waitFor();
  });

  it('names are completed inside strings', async () => {
    await workbench.page.locator('.view-line', { hasText: 'get_layer("conv2")' }).locator('span span', { hasText: '"conv2"' }).first().dblclick();
    await workbench.page.keyboard.press('Backspace');
    await workbench.page.keyboard.type('conv');
    await workbench.page.keyboard.press('Control+Space');
    const row = workbench.page.locator('.suggest-widget .monaco-list-row', { hasText: 'conv3' }).first();
    await row.waitFor({ timeout: 20_000 });
    await shot('code-completion-light');
    await row.click();
    await workbench.page.locator('.view-line', { hasText: 'get_layer("conv3")' }).waitFor();
  });
});
