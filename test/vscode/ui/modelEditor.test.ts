import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ModelEditorPage, Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

describe('the model editor', () => {
  let workbench: Workbench, window: Window, editor: ModelEditorPage, workspace: string;

  before(async function () {
    const folder = packWorkspace({
      'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx',
      'gpt.onnx': 'structure/gpt_220blocks_random_over10k_nodes.onnx',
    });
    if (!folder) return this.skip();
    workspace = folder;
    fs.writeFileSync(path.join(workspace, 'page.onnx'), '<html><b>no model</b></html>');
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
    editor = new ModelEditorPage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  it('shows the head, the table and the graph of SqueezeNet', async () => {
    await window.openFile('squeezenet.onnx');
    await editor.opened();
    assert.equal(await editor.title.innerText(), 'squeezenet.onnx');
    assert.equal(await editor.figure('Layers'), '66');
    assert.equal(await editor.figure('Parameters'), '1.24 M');
    assert.match(await editor.figure('MACs'), /^\d{3} M$/);
    assert.equal((await editor.root.locator('.port-list').first().innerText()).replace(/\s+/g, ' '), 'Inputs data_0 float32 1 × 3 × 224 × 224');
    assert.equal(await editor.count.innerText(), '66 layers');
    const drawn = await editor.drawn();
    assert.ok(drawn.nodes >= 5 && drawn.edges >= 5, JSON.stringify(drawn));
    await workbench.page.screenshot({ path: path.join(screenshots, 'model-dark.png') });
  });

  it('filters and sorts the table', async () => {
    await editor.filter('conv 13');
    await editor.count.filter({ hasText: 'of 66 layers' }).waitFor();
    assert.ok((await editor.rows.locator('.type').allInnerTexts()).every((type) => type === 'Conv'));
    await editor.filter('no such layer');
    await editor.root.locator('.nothing').waitFor();
    await editor.filter('');
    await editor.sortBy('macs');
    assert.equal(await editor.header('macs').getAttribute('aria-sort'), 'descending');
    assert.equal(await editor.rows.first().locator('.macs .text').innerText().then((text) => text.replace(/\s/g, ' ')), '86.5 M');
    await editor.sortBy('macs');
    await editor.sortBy('macs');
    assert.equal(await editor.header('macs').getAttribute('aria-sort'), 'none');
  });

  it('selects in the table and in the graph alike, with the keyboard too', async () => {
    await editor.rows.nth(3).click();
    const selected = editor.root.locator('.rows .row[aria-selected="true"]');
    assert.equal(await selected.getAttribute('id'), 'layer-3');
    await workbench.page.keyboard.press('ArrowDown');
    await editor.root.locator('#layer-4[aria-selected="true"]').waitFor();
    // From the graph: up along the edge that leads to the selected node.
    await editor.canvas.focus();
    await workbench.page.keyboard.press('ArrowUp');
    await editor.root.locator('#layer-3[aria-selected="true"]').waitFor();
  });

  it('keeps what was chosen when the window is loaded again', async () => {
    await window.reload();
    await editor.opened();
    await editor.root.locator('#layer-3[aria-selected="true"]').waitFor();
  });

  it('reads the file again when it changes on disk', async () => {
    fs.copyFileSync(path.join(workspace, 'gpt.onnx'), path.join(workspace, 'squeezenet.onnx'));
    await editor.root.locator('.count', { hasNotText: /^66 layers$/ }).waitFor({ timeout: 30_000 });
  });

  it('opens a graph of 10,000 nodes quickly and draws only what is visible', async () => {
    await window.closeEditors();
    const started = Date.now();
    await window.openFile('gpt.onnx');
    await editor.opened();
    const opened = Date.now() - started;
    const drawn = await editor.drawn();
    console.log(`      head and table after ${opened} ms, graph after ${Date.now() - started} ms; ${drawn.nodes} nodes and ${drawn.edges} edges in view`);
    assert.ok(drawn.nodes > 0 && drawn.nodes < 500, JSON.stringify(drawn));
    assert.ok(await editor.rows.count() < 100);
    const frames = await editor.canvas.evaluate(async (canvas) => {
      const times: number[] = [];
      let last = performance.now();
      for (let i = 0; i < 40; i++) {
        canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: 60, bubbles: true, cancelable: true }));
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        times.push(now - last);
        last = now;
      }
      return times.sort((a, b) => a - b);
    });
    console.log(`      a frame while panning: median ${frames[20]!.toFixed(1)} ms`);
    await workbench.page.screenshot({ path: path.join(screenshots, 'model-large.png') });
  });

  it('says what is wrong with a file that is no model, and offers the ways out', async () => {
    await window.openFile('page.onnx');
    await editor.error.waitFor({ timeout: 30_000 });
    assert.ok((await editor.error.locator('.error-text').innerText()).length > 20);
    assert.deepEqual(await editor.error.locator('vscode-button').allInnerTexts(), ['Try again', 'Reopen as text', 'Show the log']);
    await workbench.page.screenshot({ path: path.join(screenshots, 'model-error.png') });
    fs.copyFileSync(path.join(workspace, 'gpt.onnx'), path.join(workspace, 'page.onnx'));
    await editor.opened();
  });

  for (const theme of ['Light Modern', 'Dark High Contrast', 'Light High Contrast'] as const) {
    it(`follows the theme ${theme}`, async () => {
      await window.openFile('gpt.onnx');
      await editor.drawn();
      await window.setTheme(theme);
      await workbench.page.screenshot({ path: path.join(screenshots, `model-${theme.toLowerCase().replace(/ /g, '-')}.png`) });
      // The canvas is drawn in the theme's colours: its corner is the editor's background.
      const [corner, background] = await editor.canvas.evaluate((canvas: HTMLCanvasElement) => {
        const [r, g, b] = canvas.getContext('2d')!.getImageData(1, 1, 1, 1).data;
        const probe = document.createElement('span');
        probe.style.color = getComputedStyle(document.body).getPropertyValue('--vscode-editor-background');
        document.body.append(probe);
        const color = getComputedStyle(probe).color;
        probe.remove();
        return [`rgb(${r}, ${g}, ${b})`, color];
      });
      assert.equal(corner, background);
    });
  }

  it('shows graph and table as tabs in a narrow window', async () => {
    await workbench.page.setViewportSize({ width: 700, height: 800 });
    await editor.root.locator('.tab', { hasText: 'Layers' }).click();
    await editor.rows.first().waitFor();
    assert.equal(await editor.canvas.isVisible(), false);
    const overflow = await editor.root.evaluate((root) => root.scrollWidth - root.clientWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    await workbench.page.screenshot({ path: path.join(screenshots, 'model-narrow.png') });
  });
});
