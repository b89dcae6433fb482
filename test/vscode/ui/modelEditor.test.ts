import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { longChain } from '../models';
import { ModelEditorPage, Window } from '../pages';
import { packWorkspace, screenshots, shared } from '../workspaces';

describe('the model editor', () => {
  let workbench: Workbench, window: Window, editor: ModelEditorPage, workspace: string;

  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `model-${name}.png`) });
  /** The clipboard's text once it begins as expected: it is written by the extension, a moment after the click. */
  const clipboard = async (beginning: string): Promise<string> => {
    for (let waited = 0; ; waited += 100) {
      const text = await workbench.page.evaluate(() => navigator.clipboard.readText());
      if (text.startsWith(beginning) || waited > 5000) return text;
      await workbench.page.waitForTimeout(100);
    }
  };

  before(async function () {
    const folder = packWorkspace({
      'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx',
      'gpt.onnx': 'structure/gpt_220blocks_random_over10k_nodes.onnx',
      'resnet8.h5': 'keras/cifar10_resnet8.h5',
      'weights.hdf5': 'keras/textgenrnn_weights_only.hdf5',
      'vad.onnx': 'onnx/audio_silero_vad_v5.onnx',
    });
    if (!folder) return this.skip();
    workspace = folder;
    fs.writeFileSync(path.join(workspace, 'page.onnx'), '<html><b>no model</b></html>');
    fs.cpSync(path.join(shared, 'pack/converted/imagenet_mobilenet_v1_025_tfjs'), path.join(workspace, 'mobilenet'), { recursive: true });
    fs.mkdirSync(path.join(workspace, 'settings'));
    fs.writeFileSync(path.join(workspace, 'settings/model.json'), '{ "name": "a table of a database", "columns": [] }');
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'explorer.compactFolders': false, 'workbench.editor.enablePreview': false } });
    window = new Window(workbench.page);
    editor = new ModelEditorPage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  it('says what goes in, what comes out and how big the model is, without a click', async () => {
    await window.openFile('squeezenet.onnx');
    await editor.opened();
    assert.equal(await editor.title.innerText(), 'squeezenet.onnx');
    assert.equal(await editor.figure('Layers'), '66');
    assert.equal(await editor.figure('Parameters'), '1.24 M');
    assert.match(await editor.figure('MACs'), /^\d{3} M$/);
    const ports = await editor.root.locator('.port-list').allInnerTexts();
    assert.equal(ports[0]!.replace(/\s+/g, ' '), 'Inputs data_0 float32 1 × 3 × 224 × 224');
    assert.match(ports[1]!.replace(/\s+/g, ' '), /^Outputs \S+ float32 1 × 1000/);
    assert.match(await editor.root.locator('.facts').innerText(), /ONNX.*opset/);
    assert.equal(await editor.count.innerText(), '66 layers');
    const drawn = await editor.drawn();
    assert.ok(drawn.nodes >= 1, JSON.stringify(drawn));
    await shot('dark');
  });

  it('adds the layers up', async () => {
    const cells = (await editor.totals.locator('.cell').allInnerTexts()).map((text) => text.replace(/\s/g, ' ').trim());
    assert.deepEqual(cells.slice(1, 2), ['Total']);
    assert.equal(await editor.totals.locator('.parameters').innerText().then((text) => text.replace(/\s/g, ' ')), await editor.figure('Parameters'));
    assert.equal(await editor.totals.locator('.macs').innerText().then((text) => text.replace(/\s/g, ' ')), await editor.figure('MACs'));
  });

  it('says where the weights are: one click on Parameters sorts by them', async () => {
    await editor.sortBy('parameters');
    assert.equal(await editor.header('parameters').getAttribute('aria-sort'), 'descending');
    const first = (await editor.rows.first().locator('.parameters .text').innerText()).replace(/\s/g, ' ');
    assert.equal(first, '513 k', 'the last convolution has most weights');
    await editor.sortBy('parameters');
    await editor.sortBy('parameters');
    assert.equal(await editor.header('parameters').getAttribute('aria-sort'), 'none');
  });

  it('says what layer X is: typing its name and Enter, or two clicks (its row, Details)', async () => {
    await editor.rows.nth(3).click();
    assert.equal(await editor.selected.getAttribute('id'), 'layer-3');
    await editor.tab('Details').click();
    await editor.root.locator('.details', { hasText: 'Conv_3' }).waitFor({ timeout: 15_000 });
    await shot('details');
    await editor.search('Conv_62');
    await editor.searchBox.press('Enter');
    await editor.tab('Details').click();
    await editor.root.locator('.details', { hasText: 'Conv_62' }).waitFor({ timeout: 15_000 });
    await editor.searchBox.press('Escape');
    await editor.tab('Layers').click();
  });

  it('is walked with the keyboard: rows, the graph and back', async () => {
    await editor.rows.nth(3).click();
    await workbench.page.keyboard.press('ArrowDown');
    await editor.root.locator('#layer-4[aria-selected="true"]').waitFor();
    await workbench.page.keyboard.press('End');
    await editor.root.locator('#layer-65[aria-selected="true"]').waitFor();
    await workbench.page.keyboard.press('Home');
    await editor.root.locator('#layer-0[aria-selected="true"]').waitFor();
    await workbench.page.keyboard.press(' ');
    await editor.root.locator('.panes[data-tab="details"]').waitFor();
    await editor.tab('Layers').click();
    await editor.canvas.focus();
    await workbench.page.keyboard.press('ArrowDown');
    await editor.root.locator('.rows .row[aria-selected="true"]:not(#layer-0)').waitFor({ state: 'attached' });
    await editor.tab('Layers').click();
  });

  it('searches names, windows, dims and sequences, and walks through what it found', async () => {
    await editor.canvas.focus();
    await workbench.page.keyboard.press('/');
    await workbench.page.keyboard.type('Conv 3x3');
    await editor.matches.filter({ hasText: '9 found' }).waitFor();
    assert.equal(await editor.count.innerText(), '9 of 66 layers');
    assert.ok((await editor.rows.locator('.type').allInnerTexts()).every((type) => type === 'Conv'));
    await workbench.page.keyboard.press('Enter');
    await editor.matches.filter({ hasText: '1 of 9' }).waitFor();
    await workbench.page.keyboard.press('F3');
    await editor.matches.filter({ hasText: '2 of 9' }).waitFor();
    await workbench.page.keyboard.press('Shift+Enter');
    await editor.matches.filter({ hasText: '1 of 9' }).waitFor();
    await workbench.page.waitForTimeout(400);
    await shot('search');
    await editor.search('?x64x?x?');
    assert.notEqual(await editor.count.innerText(), '66 layers');
    await editor.search('Relu → Conv → Relu → Concat');
    assert.match(await editor.matches.innerText(), /^\d+ found$/);
    await editor.searchBox.fill('no such layer');
    await editor.matches.filter({ hasText: 'Nothing found' }).waitFor();
    await editor.root.locator('.nothing').waitFor();
    await shot('search-nothing');
    await editor.searchBox.press('Escape');
    await editor.count.filter({ hasText: /^66 layers$/ }).waitFor();
  });

  it('shows the path between two layers', async () => {
    await editor.rows.nth(4).click();
    await editor.tool('Path from here').click();
    await editor.path.getByText('Select the layer it leads to', { exact: false }).waitFor();
    await editor.tab('Layers').click();
    await workbench.page.keyboard.press('Control+f');
    await editor.search('Softmax');
    await editor.searchBox.press('Enter');
    await editor.path.locator('.path-sums').waitFor();
    assert.match((await editor.path.locator('.path-sums').innerText()).replace(/\s+/g, ' '), /^\d+ layers · \S+ k parameters · \S+ M MACs$/);
    const shortest = await editor.path.locator('.path-item').count();
    assert.ok(shortest > 10 && shortest < 62, String(shortest));
    await workbench.page.waitForTimeout(400);
    await shot('path');
    await editor.path.getByText('All ways').click();
    assert.ok(await editor.path.locator('.path-item').count() > shortest);
    await editor.path.locator('.path-close').click();
    await editor.root.locator('.panes[data-tab="layers"]').waitFor();
    await editor.searchBox.press('Escape');
  });

  it('copies the table as CSV and Markdown, all of it or what was found', async () => {
    const copy = editor.root.locator('.layers-tools button');
    await copy.click();
    await editor.chooseFromMenu('Copy all layers as CSV');
    const csv = (await clipboard('#,')).split('\r\n');
    assert.equal(csv[0], '#,Name,Type,Input,Output,Parameters,MACs,Activation bytes');
    assert.equal(csv.length, 1 + 66 + 1);
    await editor.search('Conv 3x3');
    await editor.rows.first().click({ button: 'right' });
    await shot('menu');
    await editor.chooseFromMenu('Copy 9 found layers as Markdown');
    const lines = (await clipboard('| #')).trim().split('\n');
    assert.equal(lines.length, 2 + 9 + 1);
    await copy.click();
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press('Escape');
    await editor.menu.waitFor({ state: 'hidden' });
    await editor.search('');
  });

  it('keeps selection, search, sort and tab when the window is loaded again', async () => {
    await editor.search('Conv 3x3');
    await editor.sortBy('macs');
    await editor.rows.nth(2).click();
    const selected = await editor.selected.getAttribute('id');
    await workbench.page.waitForTimeout(600);
    await window.reload();
    await editor.opened();
    await editor.root.locator(`#${selected}[aria-selected="true"]`).waitFor();
    assert.equal(await editor.header('macs').getAttribute('aria-sort'), 'descending');
    assert.equal(await editor.searchBox.inputValue(), 'Conv 3x3');
    assert.match(await editor.count.innerText(), /of 66 layers/);
  });

  it('keeps them when the tab moves to another group', async () => {
    const selected = await editor.selected.getAttribute('id');
    await window.command('View: Move Editor into Right Group');
    await workbench.page.waitForTimeout(1000);
    await editor.opened();
    await editor.root.locator(`#${selected}[aria-selected="true"]`).waitFor();
    assert.equal(await editor.searchBox.inputValue(), 'Conv 3x3');
    assert.equal(await editor.header('macs').getAttribute('aria-sort'), 'descending');
    await editor.search('');
  });

  it('reads the file again when it changes on disk, and says when it is deleted', async () => {
    const file = path.join(workspace, 'squeezenet.onnx'), original = fs.readFileSync(file);
    const selected = await editor.selected.getAttribute('id');
    fs.writeFileSync(file, original);
    await workbench.page.waitForTimeout(1500);
    await editor.root.locator(`#${selected}[aria-selected="true"]`).waitFor();
    // While something writes it, it is no model: what was read before stays.
    fs.writeFileSync(file, original.subarray(0, original.length >> 1));
    await editor.notice.filter({ hasText: /cannot be read now: .*damaged.* This is what was read before/ }).waitFor({ timeout: 15_000 });
    assert.equal(await editor.count.innerText(), '66 layers');
    await shot('half-written');
    fs.copyFileSync(path.join(workspace, 'gpt.onnx'), file);
    await editor.root.locator('.count', { hasNotText: /^66 layers$/ }).waitFor({ timeout: 30_000 });
    fs.rmSync(file);
    await editor.notice.filter({ hasText: 'was deleted or moved' }).waitFor({ timeout: 15_000 });
    await shot('deleted');
    fs.writeFileSync(file, original);
    await editor.count.filter({ hasText: /^66 layers$/ }).waitFor({ timeout: 30_000 });
    assert.equal(await editor.notice.count(), 0);
    await window.closeEditors();
  });

  it('opens a graph of 20,000 nodes quickly, searches it at once and draws only what is visible', async () => {
    const started = Date.now();
    await window.openFile('gpt.onnx');
    await editor.opened();
    const opened = Date.now() - started;
    const drawn = await editor.drawn();
    console.log(`      head and table after ${opened} ms, graph after ${Date.now() - started} ms; ${drawn.nodes} nodes and ${drawn.edges} edges in view`);
    assert.ok(drawn.nodes > 0 && drawn.nodes < 1000, JSON.stringify(drawn));
    assert.ok(await editor.rows.count() < 100);
    await editor.search('MatMul → Mul → Softmax → MatMul');
    const matches = await editor.matches.innerText();
    console.log(`      attention blocks: ${matches}`);
    assert.match(matches, /^220 found$/);
    await editor.searchBox.press('Enter');
    await editor.matches.filter({ hasText: '1 of 220' }).waitFor();
    await workbench.page.waitForTimeout(500);
    await shot('large');
    await editor.search('');
  });

  it('opens Keras files, nets inside branches and files of weights only', async () => {
    await window.openFile('resnet8.h5');
    await editor.title.filter({ hasText: 'resnet8.h5' }).waitFor({ timeout: 30_000 });
    await editor.drawn();
    assert.match(await editor.root.locator('.facts').innerText(), /^Keras/);
    await shot('keras');
    await window.openFile('vad.onnx');
    await editor.title.filter({ hasText: 'vad.onnx' }).waitFor({ timeout: 30_000 });
    assert.match(await editor.count.innerText(), /^\d+ layers, \d+ of them in branches$/);
    await editor.search('LSTM');
    await editor.searchBox.press('Enter');
    assert.match((await editor.selected.locator('.name').getAttribute('title'))!, / › then_branch › /);
    await workbench.page.waitForTimeout(800);
    await shot('subgraph');
    await editor.search('');
    await window.openFile('weights.hdf5');
    await editor.title.filter({ hasText: 'weights.hdf5' }).waitFor({ timeout: 30_000 });
    await editor.root.locator('.remark-warning').getByText('but not run').waitFor();
    await shot('weights-only');
  });

  it('offers the button on a model.json that is a TensorFlow.js model, and on no other', async () => {
    await window.closeEditors();
    await window.file('settings').click();
    await window.openFile('model.json');
    await workbench.page.locator('.tab.active', { hasText: 'model.json' }).waitFor();
    await workbench.page.waitForTimeout(2500);
    assert.ok(!(await window.titleButtons()).some((label) => label.includes('Model Lens')), JSON.stringify(await window.titleButtons()));
    await shot('json-text');
    await window.file('settings').click();
    await window.file('mobilenet').click();
    await window.openFile('model.json');
    await window.titleButton('Open in Model Lens').waitFor({ timeout: 15_000 });
    await shot('json-button');
    await window.titleButton('Open in Model Lens').click();
    await editor.opened();
    await editor.drawn();
    assert.match(await editor.root.locator('.facts').innerText(), /^TensorFlow\.js/);
    await shot('tfjs');
    await window.titleButton('Reopen as text').click();
    await workbench.page.locator('.monaco-editor .view-line').first().waitFor({ timeout: 15_000 });
    await window.closeEditors();
  });

  it('says what is wrong with a file that is no model, and offers the ways out', async () => {
    await window.openFile('page.onnx');
    await editor.error.waitFor({ timeout: 30_000 });
    assert.ok((await editor.error.locator('.error-text').innerText()).length > 20);
    assert.deepEqual(await editor.error.locator('vscode-button').allInnerTexts(), ['Try again', 'Reopen as text', 'Show the log']);
    await shot('error');
    fs.copyFileSync(path.join(workspace, 'vad.onnx'), path.join(workspace, 'page.onnx'));
    await editor.opened();
    await window.closeEditors();
  });

  it('can be told to stop reading a big model, and to try again', async () => {
    fs.writeFileSync(path.join(workspace, 'big.onnx'), await longChain(200_000));
    await window.openFile('big.onnx');
    const button = (name: string): Locator => editor.message.locator('vscode-button', { hasText: name });
    await button('Cancel').waitFor();
    await shot('reading');
    await button('Cancel').click();
    await editor.message.getByText('Reading was cancelled').waitFor({ timeout: 10_000 });
    await shot('cancelled');
    await button('Try again').click();
    await button('Cancel').click();
    await editor.message.getByText('Reading was cancelled').waitFor({ timeout: 10_000 });
    await window.closeEditors();
    fs.rmSync(path.join(workspace, 'big.onnx'));
  });

  for (const theme of ['Light Modern', 'Dark High Contrast', 'Light High Contrast'] as const) {
    it(`follows the theme ${theme}`, async () => {
      await window.openFile('squeezenet.onnx');
      await editor.drawn();
      await window.setTheme(theme);
      await editor.search('Conv 3x3');
      await editor.searchBox.press('Enter');
      await workbench.page.waitForTimeout(500);
      await shot(theme.toLowerCase().replace(/ /g, '-'));
      await editor.search('');
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

  it('shows graph, table and details as tabs in a narrow window', async () => {
    await workbench.page.setViewportSize({ width: 700, height: 800 });
    await window.setTheme('Dark Modern');
    await window.command('View: Close Primary Side Bar');
    await workbench.page.setViewportSize({ width: 648, height: 800 });
    const widths = async (): Promise<void> => {
      const overflow = await editor.root.evaluate((root) => root.scrollWidth - root.clientWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    };
    for (const [name, place] of [['Layers', '.rows .row'], ['Details', '.details'], ['Graph', '.graph canvas']] as const) {
      await editor.tab(name).click();
      await editor.root.locator(place).first().waitFor();
      assert.equal(await editor.canvas.isVisible(), name === 'Graph');
      await workbench.page.waitForTimeout(400);
      await widths();
      await shot(`narrow-${name.toLowerCase()}`);
    }
    // Enter on a row shows the layer in the graph.
    await editor.tab('Layers').click();
    await editor.rows.nth(2).click();
    await workbench.page.keyboard.press('Enter');
    await editor.canvas.waitFor();
    await editor.tool('Path from here').click();
    await editor.notice.getByText('Select the layer it leads to').waitFor();
    await editor.root.locator('.port').nth(1).click();
    await editor.path.locator('.path-sums').waitFor();
    await widths();
    await shot('narrow-path');
    await editor.path.locator('.path-close').click();
  });
});
