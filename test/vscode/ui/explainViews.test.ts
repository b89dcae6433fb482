import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ExplainPage, Window, type Theme } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

/** A page may not keep its user waiting longer. */
const longestTask = 50;

describe('the explain panel', () => {
  let workbench: Workbench, window: Window, panel: ExplainPage, workspace: string;

  before(async function () {
    const folder = packWorkspace({
      'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx',
      'chelsea.png': 'images/chelsea.png',
      'both.png': 'images/gradcam_both.png',
    });
    if (!folder) return this.skip();
    workspace = folder;
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'modelLens.explain.method': 'grad-cam' } });
    window = new Window(workbench.page);
    panel = new ExplainPage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `views-${name}.png`) });
  /** Pixels of the stage as one string of numbers, to be compared. */
  const pixels = (): Promise<string> => panel.canvas.evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let sum = '';
    for (let at = 0; at < data.length; at += 4 * 97) sum += String.fromCharCode(data[at]!, data[at + 2]!);
    return sum;
  });
  /** Milliseconds of the page's longest task so far. */
  const longest = (): Promise<number> => panel.root.evaluate(() => new Promise<number>((resolve) => {
    let most = 0;
    const observer = new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) most = Math.max(most, duration); });
    observer.observe({ type: 'longtask', buffered: true });
    setTimeout(() => { observer.disconnect(); resolve(most); }, 300);
  }));

  it('the first Enter picks a model of the list', async () => {
    await window.fileMenu('chelsea.png', 'Explain this image');
    const rows = await window.pickerRows();
    assert.ok(rows.includes('squeezenet.onnx'), rows.join(', '));
    const started = Date.now();
    await workbench.page.keyboard.press('Enter');
    await panel.mapShown('chelsea.png');
    console.log(`      first overlay ${Date.now() - started} ms after Enter (engine cold)`);
    await panel.finishedWith('grad-cam');
    assert.match(await panel.sentence.innerText(), /Egyptian cat/);
  });

  it('shows a small map of every layer, and takes the map to the one that is clicked', async () => {
    const layers = panel.root.locator('.strip-layer');
    await panel.root.locator('.strip-about', { hasText: 'Grad-CAM' }).waitFor({ timeout: 60_000 });
    assert.ok(await layers.count() > 40, `${await layers.count()} layers`);
    await panel.settled();
    await shot('layers');
    const before = await pixels(), earlier = layers.nth(30);
    await earlier.click();
    await panel.root.locator('.strip-layer[aria-selected="true"]').nth(0).waitFor();
    await panel.running().catch(() => undefined);
    await panel.ended('finished');
    assert.equal(await earlier.getAttribute('aria-selected'), 'true');
    assert.notEqual(await pixels(), before);
    await workbench.page.keyboard.press('End');
    await workbench.page.keyboard.press('Enter');
    await panel.root.locator('.strip-layer[aria-selected="true"]').last().waitFor();
    await panel.ended('finished');
  });

  it('has a gallery of methods with times, found by typing', async () => {
    await panel.openGallery();
    await panel.settled();
    await shot('gallery');
    assert.match(await panel.method('grad-cam').innerText(), /Grad-CAM[\s\S]*\d s[\s\S]*In which region/);
    await workbench.page.keyboard.type('integrated');
    await shot('gallery-search');
    await workbench.page.keyboard.press('Enter');
    await panel.finishedWith('integrated-gradients');
    assert.match(await panel.card.innerText(), /Integrated Gradients/);
  });

  for (const mode of ['overlay', 'sideBySide', 'slider', 'contour', 'masked'] as const) {
    it(`has the view ${mode}`, async () => {
      const before = await pixels();
      await panel.view(mode);
      if (mode !== 'overlay') assert.notEqual(await pixels(), before);
      await shot(mode);
    });
  }

  it('moves the border of the slider with the keys', async () => {
    await panel.view('slider');
    const handle = panel.root.locator('.wipe'), before = await pixels();
    await handle.focus();
    await workbench.page.keyboard.press('Home');
    await panel.settled();
    assert.equal(await handle.getAttribute('aria-valuenow'), '0');
    assert.notEqual(await pixels(), before);
  });

  it('smooths a speckled map for display', async () => {
    await panel.view('overlay');
    const before = await pixels();
    await panel.root.locator('[aria-label="Smooth"]').click();
    await panel.settled();
    assert.notEqual(await pixels(), before);
    await shot('smooth');
    await panel.root.locator('[aria-label="Smooth"]').click();
  });

  it('no task of the page was long', async () => {
    const ms = await longest();
    console.log(`      longest task of the page: ${ms} ms`);
    assert.ok(ms <= longestTask, `${ms} ms`);
  });

  for (const theme of ['Light Modern', 'Dark High Contrast'] satisfies Theme[]) {
    it(`follows the theme ${theme}`, async () => {
      await window.setTheme(theme);
      await panel.settled();
      await shot(theme.toLowerCase().replace(/ /g, '-'));
    });
  }
});
