import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ExplainPage, Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

describe('Two models on one picture', () => {
  let workbench: Workbench, window: Window, workspace: string;
  const body = (): Locator => window.webview.locator('body');
  const finished = (): Promise<void> => window.webview.locator('body[data-run="finished"] .pair').waitFor({ timeout: 120_000 });

  before(async function () {
    const folder = packWorkspace({
      'fp32.onnx': 'converted/imagenet_mobilenet_v2_dequant_fp32.onnx', 'uint8.onnx': 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx',
      'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx', 'chelsea.png': 'images/chelsea.png',
    });
    if (!folder) return this.skip();
    workspace = folder;
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'modelLens.explain.method': 'grad-cam' } });
    window = new Window(workbench.page);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `pair-${name}.png`) });

  it('opens from an explanation: fp32 beside its quantised twin look at the same places', async () => {
    await window.fileMenu('chelsea.png', 'Explain this image');
    await window.pick('fp32.onnx');
    const panel = new ExplainPage(window);
    await panel.ended('finished');
    await panel.root.locator('[aria-label="Beside another model…"]').click();
    await window.pick('uint8.onnx');
    await finished();
    assert.match(await body().locator('.pair-status').innerText(), /Both name the same class\. They look at the same places\./);
    assert.match(await body().locator('.class-table').innerText(), /Egyptian cat/);
    assert.ok(await body().locator('.class-table tbody tr').count() >= 5);
    assert.match(await body().locator('.pair-notes').innerText(), /prepared differently/);
    await workbench.page.waitForTimeout(500);
    await shot('dark');
    await window.setTheme('Light Modern');
    await shot('light');
    await window.setTheme('Dark Modern');
  });

  it('explains by another method, and by another model', async () => {
    await body().locator('[aria-label="Another model…"]').click();
    await window.pick('squeezenet.onnx');
    await window.webview.locator('.pane-head', { hasText: 'squeezenet.onnx' }).waitFor();
    await finished();
    const rank = Number(await body().locator('.figure-table td').first().innerText());
    assert.ok(rank < 0.9, `two networks of their own: rank correlation ${rank}`);
    await workbench.page.setViewportSize({ width: 760, height: 900 });
    await workbench.page.waitForTimeout(600);
    await shot('narrow');
    await workbench.page.setViewportSize({ width: 1280, height: 800 });
  });
});
