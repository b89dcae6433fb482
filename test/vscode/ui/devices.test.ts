import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { Window } from '../pages';
import { screenshots } from '../workspaces';

const samples = path.resolve(__dirname, '../../../samples/models');

describe('devices', () => {
  let workbench: Workbench, window: Window, workspace: string;

  before(async () => {
    workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-devices-'));
    fs.mkdirSync(screenshots, { recursive: true });
    fs.cpSync(path.join(samples, 'scenes.onnx'), path.join(workspace, 'scenes.onnx'));
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
  });

  after(async () => {
    await workbench?.close();
    fs.rmSync(workspace, { recursive: true, force: true });
  });

  const rows = (): Locator => workbench.page.locator('.quick-input-list .monaco-list-row');
  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `devices-${name}.png`) });

  it('are listed with what they are or why they cannot be used', async () => {
    await window.command('Model Lens: Show devices');
    await rows().filter({ hasText: 'Look again' }).waitFor({ timeout: 90_000 });
    const texts = await rows().allInnerTexts(), of = (name: string): string => texts.find((text) => text.trimStart().startsWith(name)) ?? '';
    assert.match(of('Automatic'), /in use/);
    assert.match(of('CPU'), /core/);
    for (const name of ['CUDA', 'WebGPU', 'DirectML', 'CoreML']) assert.ok(of(name) !== '', `${name} is missing in ${texts.join(' | ')}`);
    assert.match(of('CoreML'), process.platform === 'darwin' ? /./ : /cannot be used/);
    await shot('list-dark');
    await workbench.page.keyboard.press('Escape');
  });

  it('lead to CUDA, which says what it needs and what is missing, and fetches nothing by itself', async function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') return this.skip();
    await window.command('Model Lens: Enable CUDA');
    await rows().filter({ hasText: 'cuDNN 9' }).waitFor({ timeout: 30_000 });
    const texts = await rows().allInnerTexts();
    assert.ok(texts.some((text) => /Fetch ONNX Runtime \d+\.\d+\.\d+ for CUDA/.test(text)), texts.join(' | '));
    assert.ok(texts.some((text) => text.includes('libcudnn.so.9')));
    await shot('cuda-dark');
    await window.setTheme('Light Modern');
    await window.command('Model Lens: Enable CUDA');
    await rows().filter({ hasText: 'cuDNN 9' }).waitFor({ timeout: 30_000 });
    await shot('cuda-light');
    // Asked for: without a network one sentence says so, with one the size is named and agreed to first.
    await rows().filter({ hasText: 'Fetch ONNX Runtime' }).click();
    const answer = workbench.page.locator('.notification-list-item, .monaco-dialog-box').filter({ hasText: /cannot be reached|MB\?/ });
    await answer.first().waitFor({ timeout: 60_000 });
    await shot('cuda-fetch-light');
  });
});
