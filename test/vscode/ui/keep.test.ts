import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { keep } from '../../../src/engine/jobs/keep';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ExplainPage, Window } from '../pages';
import { screenshots } from '../workspaces';

const root = path.resolve(__dirname, '../../..');

describe('Kept explanations in the window', () => {
  let workbench: Workbench, window: Window, panel: ExplainPage, workspace: string;

  before(async () => {
    workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-workspace-'));
    for (const name of ['models/scenes.onnx', 'models/scenes.onnx.lens.json', 'models/labels.txt', 'pictures/car_and_tree.png']) fs.copyFileSync(path.join(root, 'samples', name), path.join(workspace, path.basename(name)));
    const engine = new Engine(path.join(root, 'src/engine/main.ts'));
    const explanation = { model: path.join(workspace, 'scenes.onnx'), inputs: { '': path.join(workspace, 'car_and_tree.png') }, method: 'grad-cam', target: { class: 'tree' }, device: 'cpu' as const };
    const context = { signal: new AbortController().signal, progress: () => undefined };
    await keep(engine, { explanation, form: 'html', to: path.join(workspace, 'car_and_tree.grad-cam.html') }, context);
    await engine.close();
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
    panel = new ExplainPage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  it('are explained again from a report, with the class and the method they were made with', async () => {
    await window.file('car_and_tree.grad-cam.html').waitFor({ timeout: 60_000 });
    await window.fileMenu('car_and_tree.grad-cam.html', 'Explain again');
    await panel.mapShown('car_and_tree.png');
    await panel.ended('finished');
    assert.equal(await panel.body.getAttribute('data-method'), 'grad-cam');
    assert.match(await panel.sentence.innerText(), /tree/);
  });

  it('are offered as report, files and layers; the map is told in words', async () => {
    assert.match(await panel.root.locator('.map-words').innerText(), /evidence/);
    await panel.root.locator('.icon-button.keep').click();
    const items = panel.body.locator('.menu .menu-item');
    await items.first().waitFor();
    assert.deepEqual(await items.allInnerTexts(), ['Report (HTML)…', 'Files (JSON, .npy, PNG)…', 'Picture and map as layers (SVG)…', 'Copy the picture']);
    await workbench.page.screenshot({ path: path.join(screenshots, 'keep-menu.png') });
    await workbench.page.keyboard.press('Escape');
  });
});
