import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { openModel } from '../../../src/formats/open';
import { inserted, replaced, samples, save, without } from '../../unit/graph/compareSupport';
import { Window } from '../pages';
import { screenshots, shared } from '../workspaces';

/** The panel of two models compared. */
class ComparePage {
  constructor(private readonly window: Window) {}

  get body(): Locator { return this.window.webview.locator('body'); }
  get rows(): Locator { return this.body.locator('.rows .row'); }
  /** The first row of a kind. */
  row(kind: string): Locator { return this.body.locator(`.rows .row[data-kind="${kind}"]`).first(); }
  get chips(): Locator { return this.body.locator('.chips .chip'); }
  get difference(): Locator { return this.body.locator('.difference'); }
  get canvas(): Locator { return this.body.locator('canvas.graph-canvas'); }

  async finished(timeout = 60_000): Promise<void> {
    await this.window.webview.locator('body[data-compared="weights"]').waitFor({ timeout });
  }

  /** Counts by kind, as the chips tell them. */
  async counts(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const chip of await this.chips.all()) found[(await chip.getAttribute('data-kind'))!] = Number((await chip.locator('.chip-count').innerText()).replace(/\D/g, ''));
    return found;
  }

  tab(name: string): Locator {
    return this.body.locator('.tab', { hasText: name });
  }
}

describe('models compared', () => {
  let workbench: Workbench, window: Window, compare: ComparePage, workspace: string;

  before(async () => {
    workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-workspace-'));
    for (const name of ['scenes.onnx', 'scenes.h5']) fs.copyFileSync(path.join(samples, name), path.join(workspace, name));
    const model = await openModel(path.join(samples, 'scenes.onnx'));
    const at = (name: string): number => model.graph.nodes.findIndex((node) => node.name === name);
    // One layer less, one more, and one that does something else.
    let changed = replaced(model, at('pool3'), (node) => ({ ...node, opType: 'AveragePool' }));
    changed = without(changed, at('conv2/relu'));
    changed = inserted(changed, changed.graph.nodes.findIndex(({ name }) => name === 'conv4'), 'Sigmoid');
    await save(changed, path.join(workspace, 'changed.onnx'));
    const twins = { 'gpt.onnx': '../structure/gpt_220blocks_random_over10k_nodes.onnx', 'mobilenet.onnx': 'imagenet_mobilenet_v2_dequant_fp32.onnx', 'mobilenet_uint8.onnx': 'imagenet_mobilenet_v2_qdq_uint8.onnx' };
    for (const [name, source] of Object.entries(twins)) {
      const file = path.join(shared, 'pack/converted', source);
      if (fs.existsSync(file)) fs.copyFileSync(file, path.join(workspace, name));
      else console.log(`    (skipped: ${file} is not there)`);
    }
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
    compare = new ComparePage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  it('opens from the Explorer, and names what was removed, added and changed', async () => {
    await window.fileMenu('scenes.onnx', 'Compare with');
    await window.pick('changed.onnx');
    await compare.finished();
    assert.deepEqual(await compare.counts(), { changed: 1, added: 1, removed: 1, same: 13 });
    await workbench.page.screenshot({ path: path.join(screenshots, 'compare-dark.png') });
  });

  it('shows only changes, and all the words of one', async () => {
    await compare.body.locator('.chip.only').click();
    assert.equal(await compare.rows.count(), 3);
    assert.match(await compare.row('changed').innerText(), /type MaxPool → AveragePool/);
    await compare.rows.first().dblclick();
    await compare.difference.locator('h2', { hasText: 'Removed' }).waitFor();
    assert.match(await compare.difference.innerText(), /Only in the first model/);
    await workbench.page.screenshot({ path: path.join(screenshots, 'compare-difference.png') });
  });

  it('selects in the table and in the graph alike, with the keyboard', async () => {
    await compare.tab('Layers').click();
    await compare.rows.first().click();
    await workbench.page.keyboard.press('ArrowDown');
    const selected = compare.body.locator('.rows .row[aria-selected="true"]');
    const before = await selected.getAttribute('id');
    await compare.canvas.focus();
    await workbench.page.keyboard.press('ArrowUp');
    await compare.body.locator(`.rows .row[aria-selected="true"]:not(#${before})`).waitFor();
    // What the graph leads to is shown even if it was filtered away.
    assert.deepEqual(await selected.count(), 1);
  });

  it('survives a reload of the window', async () => {
    const selected = await compare.body.locator('.rows .row[aria-selected="true"]').getAttribute('id');
    await window.reload();
    await compare.finished();
    await compare.body.locator(`#${selected}[aria-selected="true"]`).waitFor({ timeout: 30_000 });
  });

  it('copies the table as Markdown', async () => {
    await compare.body.locator('.layers-tools .icon-button', { hasText: 'Copy' }).click();
    await compare.body.locator('.menu-item', { hasText: 'Copy as Markdown' }).click();
    await workbench.page.waitForTimeout(500);
    const text = await workbench.page.evaluate(() => navigator.clipboard.readText());
    assert.match(text, /^\| Kind \| # \| Name \|/);
    assert.match(text, /\| Changed \|.*type MaxPool → AveragePool/);
  });

  it('lines up two formats of one model: all the same, weights too', async () => {
    await window.closeEditors();
    await window.fileMenu('scenes.onnx', 'Compare with');
    await window.pick('scenes.h5');
    await compare.finished();
    assert.deepEqual(await compare.counts(), { changed: 0, added: 0, removed: 0, same: 9 });
    await window.setTheme('Light Modern');
    await workbench.page.screenshot({ path: path.join(screenshots, 'compare-light.png') });
  });

  it('lines up a model with its quantised twin', async function () {
    if (!fs.existsSync(path.join(workspace, 'mobilenet.onnx'))) return this.skip();
    await window.closeEditors();
    await window.file('mobilenet.onnx').click();
    await window.file('mobilenet_uint8.onnx').click({ modifiers: ['Control'] });
    await window.fileMenu('mobilenet_uint8.onnx', 'Compare these models');
    await compare.finished();
    assert.deepEqual(await compare.counts(), { changed: 53, added: 0, removed: 0, same: 50 });
    assert.match(await compare.row('changed').innerText(), /weights float32 → uint8|weights uint8 → float32/);
    await workbench.page.screenshot({ path: path.join(screenshots, 'compare-quantised-light.png') });
    await window.setTheme('Dark High Contrast');
    await workbench.page.screenshot({ path: path.join(screenshots, 'compare-high-contrast.png') });
    await window.setTheme('Dark Modern');
  });

  it('compares 10,000 nodes in seconds and draws only what is visible', async function () {
    if (!fs.existsSync(path.join(workspace, 'gpt.onnx'))) return this.skip();
    const model = await openModel(path.join(workspace, 'gpt.onnx'));
    const gelu = model.graph.nodes.map(({ opType }, at) => ({ opType, at })).filter(({ opType }) => opType === 'Tanh' || opType === 'Erf' || opType === 'Softmax');
    await save(without(model, gelu[Math.floor(gelu.length / 2)]!.at), path.join(workspace, 'gpt_changed.onnx'));
    await window.closeEditors();
    await window.file('gpt_changed.onnx').waitFor({ timeout: 30_000 });
    await window.fileMenu('gpt.onnx', 'Compare with');
    const started = Date.now();
    await window.pick('gpt_changed.onnx');
    await window.webview.locator('body[data-compared]').waitFor({ timeout: 60_000 });
    const structure = Date.now() - started;
    await compare.finished();
    console.log(`      structure after ${structure} ms, weights after ${Date.now() - started} ms`);
    const counts = await compare.counts();
    assert.deepEqual([counts.changed, counts.added, counts.removed], [0, 0, 1]);
    assert.ok(await compare.rows.count() < 100);
    await compare.body.locator('.chip.only').click();
    await compare.rows.first().click();
    await workbench.page.waitForTimeout(1500);
    await workbench.page.screenshot({ path: path.join(screenshots, 'compare-large.png') });
  });

  it('fits a narrow window', async () => {
    await workbench.page.setViewportSize({ width: 720, height: 800 });
    await compare.tab('Layers').click();
    await compare.rows.first().waitFor();
    const overflow = await compare.body.evaluate((body) => body.scrollWidth - body.clientWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    await workbench.page.screenshot({ path: path.join(screenshots, 'compare-narrow.png') });
    await workbench.page.setViewportSize({ width: 1280, height: 800 });
  });

  it('compares again when a file changes, and says what is wrong with one that is no model', async () => {
    await window.closeEditors();
    await window.fileMenu('scenes.onnx', 'Compare with');
    await window.pick('changed.onnx');
    await compare.finished();
    fs.copyFileSync(path.join(workspace, 'scenes.onnx'), path.join(workspace, 'changed.onnx'));
    await compare.body.locator('.chip.kind-same .chip-count', { hasText: /^15$/ }).waitFor({ timeout: 30_000 });
    fs.writeFileSync(path.join(workspace, 'changed.onnx'), 'no model');
    await compare.body.locator('.message[role=alert]').waitFor({ timeout: 30_000 });
    await workbench.page.screenshot({ path: path.join(screenshots, 'compare-error.png') });
  });
});
