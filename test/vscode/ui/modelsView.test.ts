import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ExplainPage, ModelEditorPage, Window } from '../pages';
import { screenshots } from '../workspaces';

const samples = path.resolve(__dirname, '../../../samples');

describe('the models view', () => {
  let workbench: Workbench, window: Window, workspace: string;

  const row = (text: string | RegExp): Locator => workbench.page.locator('.part.sidebar .pane-body .monaco-list-row', { hasText: text });
  const open = async (): Promise<void> => {
    const action = workbench.page.locator('.activitybar .action-item a[aria-label^="Model Lens"]').first();
    if (await action.getAttribute('aria-expanded') !== 'true') await action.click();
    await workbench.page.locator('.part.sidebar .composite.title', { hasText: /model lens/i }).waitFor({ timeout: 30_000 });
  };
  const menu = async (of: Locator, item: string): Promise<void> => {
    await of.click({ button: 'right' });
    const label = workbench.page.locator('.monaco-menu .action-label', { hasText: item }).first();
    await label.waitFor({ timeout: 30_000 });
    await workbench.page.waitForTimeout(400);
    await label.click();
  };

  before(async () => {
    workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-workspace-'));
    fs.mkdirSync(path.join(workspace, 'models'));
    fs.mkdirSync(path.join(workspace, 'other'));
    fs.cpSync(path.join(samples, 'models/scenes_tfjs'), path.join(workspace, 'models/web'), { recursive: true });
    for (const name of ['scenes.onnx', 'scenes.h5', 'labels.txt', 'scenes.onnx.lens.json']) fs.copyFileSync(path.join(samples, 'models', name), path.join(workspace, 'models', name));
    const picture = fs.readdirSync(path.join(samples, 'pictures')).find((name) => /\.(png|jpe?g)$/.test(name))!;
    fs.copyFileSync(path.join(samples, 'pictures', picture), path.join(workspace, 'picture.png'));
    fs.writeFileSync(path.join(workspace, 'other/model.json'), '{ "name": "somebody\'s data" }');
    fs.writeFileSync(path.join(workspace, 'other/damaged.onnx'), 'no model');
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  it('starts no engine before it is looked at', async () => {
    await window.file('models').waitFor({ timeout: 30_000 });
    await workbench.page.waitForTimeout(1500);
    assert.deepEqual(workbench.enginePids(), []);
  });

  it('lists the models by folder, with parameters and size; what is damaged says so; other model.json files are none', async () => {
    await open();
    await row('scenes.onnx').filter({ hasText: '47.1 k · 185 KB' }).waitFor({ timeout: 30_000 });
    await row('scenes.h5').filter({ hasText: '47.1 k · 196 KB' }).waitFor({ timeout: 30_000 });
    await row('damaged.onnx').filter({ hasText: 'cannot be read' }).waitFor({ timeout: 30_000 });
    assert.equal(await row('model.json').count(), 1);
    await workbench.page.screenshot({ path: path.join(screenshots, 'models-view-dark.png') });
  });

  it('tells inputs and outputs where somebody points', async () => {
    const box = (await row('scenes.onnx').boundingBox())!;
    await workbench.page.mouse.move(box.x + 60, box.y + 8);
    await workbench.page.mouse.move(box.x + 64, box.y + 9);
    const hover = workbench.page.locator('.monaco-hover:visible', { hasText: 'probabilities' }).first();
    await hover.waitFor({ timeout: 30_000 });
    assert.match(await hover.innerText(), /image\s+float32\s+batch\s×\s3\s×\s64\s×\s64/);
    await workbench.page.screenshot({ path: path.join(screenshots, 'models-view-hover.png') });
    await workbench.page.mouse.move(900, 600);
  });

  it('opens a model with a click', async () => {
    await row('scenes.onnx').click();
    const editor = new ModelEditorPage(window);
    await editor.opened();
    assert.equal(await editor.title.innerText(), 'scenes.onnx');
  });

  it('makes a model the default', async () => {
    await menu(row('scenes.onnx'), 'Use as the default model');
    await row('scenes.onnx').filter({ hasText: 'default · 47.1 k' }).waitFor({ timeout: 30_000 });
  });

  it('notices models that come and go', async () => {
    fs.copyFileSync(path.join(workspace, 'models/scenes.onnx'), path.join(workspace, 'top.onnx'));
    await row('top.onnx').waitFor({ timeout: 30_000 });
    fs.rmSync(path.join(workspace, 'top.onnx'));
    await row('top.onnx').waitFor({ state: 'detached', timeout: 30_000 });
  });

  it('compares a model from its menu', async () => {
    await menu(row('scenes.onnx'), 'Compare with');
    await window.pick('scenes.h5');
    await window.webview.locator('body[data-compared="weights"]').waitFor({ timeout: 60_000 });
    await window.closeEditors();
  });

  it('lists what was explained, and opens it again as it was', async () => {
    await workbench.page.keyboard.press('Control+Shift+E');
    await window.fileMenu('picture.png', 'Explain this image');
    const explain = new ExplainPage(window);
    await explain.ended('finished');
    await explain.chooseMethod('saliency');
    await explain.finishedWith('saliency');
    await open();
    const entry = row('picture.png').filter({ hasText: 'Saliency' });
    await entry.waitFor({ timeout: 30_000 });
    assert.equal(await row('picture.png').count(), 2);
    await window.setTheme('Light Modern');
    await workbench.page.screenshot({ path: path.join(screenshots, 'models-view-light.png') });
    await window.closeEditors();
    await row('picture.png').filter({ hasText: 'Integrated' }).click();
    await explain.finishedWith('integrated-gradients');
  });

  it('forgets explanations when asked', async () => {
    await window.command('Model Lens: Clear recent explanations');
    await row('picture.png').first().waitFor({ state: 'detached', timeout: 30_000 });
    await workbench.page.locator('.part.sidebar .welcome-view-content', { hasText: 'What you explain is listed here' }).waitFor({ timeout: 30_000 });
  });
});
