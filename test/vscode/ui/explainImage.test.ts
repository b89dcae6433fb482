import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ExplainPage, Window, type Theme } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

describe('"Explain this image"', () => {
  let workbench: Workbench, window: Window, panel: ExplainPage, workspace: string;

  before(async function () {
    const folder = packWorkspace({
      'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx',
      'mobilenet.onnx': 'converted/imagenet_mobilenet_v1_025.onnx',
      'chelsea.png': 'images/chelsea.png',
    });
    if (!folder) return this.skip();
    workspace = folder;
    fs.writeFileSync(path.join(workspace, 'notes.txt'), 'no picture\n');
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
    panel = new ExplainPage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `explain-${name}.png`) });

  it('is in the menu of pictures and of nothing else', async () => {
    await window.file('notes.txt').waitFor({ timeout: 60_000 });
    assert.ok(!(await window.fileMenuItems('notes.txt')).includes('Explain this image'));
    assert.ok((await window.fileMenuItems('chelsea.png')).includes('Explain this image'));
  });

  it('asks for a model, predicts "Egyptian cat" and lays a map over the picture', async () => {
    await window.fileMenu('chelsea.png', 'Explain this image');
    const rows = await window.pickerRows();
    assert.ok(rows.includes('mobilenet.onnx') && rows.includes('squeezenet.onnx'), rows.join(', '));
    const started = Date.now();
    await window.pick('squeezenet.onnx');
    await panel.mapShown('chelsea.png');
    console.log(`      first overlay ${Date.now() - started} ms after the model was chosen (engine cold)`);
    await panel.ended('finished');
    assert.match(await panel.predictions.first().innerText(), /Egyptian cat/);
    assert.ok(await panel.checks.count() > 0);
    assert.match(await panel.preprocessing.innerText(), /assumed/);
    await panel.settled();
    await shot('integrated-gradients');
    assert.ok(await panel.mapCoverage() > 0.02, 'the map changes the picture');
  });

  it('streams: a map arrives in at least two partial steps', async () => {
    await panel.choosePreset('captum');
    await panel.running();
    await panel.ended('finished');
    const partials = await panel.partials();
    console.log(`      ${partials} partial maps`);
    assert.ok(partials >= 2, `${partials} partial maps`);
  });

  it('explains by saliency and Grad-CAM too', async () => {
    for (const method of ['saliency', 'grad-cam']) {
      const started = Date.now();
      await panel.chooseMethod(method);
      await panel.finishedWith(method);
      console.log(`      ${method} after ${Date.now() - started} ms (engine warm)`);
      await panel.settled();
      await shot(method);
      assert.ok(await panel.mapCoverage() > 0.02, `${method} changes the picture`);
    }
  });

  it('explains another class, found by its name', async () => {
    await panel.chooseClass('golden retriever');
    await panel.explains(/^golden retriever/);
    await panel.predictions.first().click();
    await panel.explains(/^Egyptian cat/);
  });

  it('takes Grad-CAM at another layer', async () => {
    const before = await panel.layer.inputValue();
    await panel.chooseLayer(3);
    await panel.running().catch(() => undefined);
    await panel.ended('finished');
    assert.notEqual(await panel.layer.inputValue(), before);
  });

  it('tells the value under the cursor', async () => {
    const box = (await panel.canvas.boundingBox())!;
    await workbench.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await panel.root.locator('.reading strong').waitFor();
    assert.match(await panel.root.locator('.reading.numeric').innerText(), /^\d+, \d+ · /);
  });

  it('can be cancelled', async () => {
    // A method of seconds, so that the button is reached in time.
    await panel.chooseMethod('blur-ig');
    await panel.runningWith('blur-ig');
    const started = Date.now();
    await panel.button('Cancel').dispatchEvent('click');
    await panel.ended('cancelled');
    const took = Date.now() - started;
    assert.ok(took < 1000, `cancelled after ${took} ms`);
    await shot('cancelled');
    await panel.button('Run again').click();
    await panel.runningWith('blur-ig');
  });

  it('says so when the engine is killed in mid-run, and "Try again" works', async () => {
    const pids = workbench.enginePids();
    assert.ok(pids.length > 0);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await panel.ended('failed');
    assert.match(await panel.failure.innerText(), /engine/i);
    await shot('engine-killed');
    await panel.button('Try again').click();
    await panel.finishedWith('blur-ig');
    assert.match(await panel.predictions.first().innerText(), /Egyptian cat/);
    await panel.chooseMethod('integrated-gradients');
    await panel.finishedWith('integrated-gradients');
  });

  it('offers the last model first, and opens a second picture while the engine is warm', async () => {
    fs.copyFileSync(path.join(workspace, 'chelsea.png'), path.join(workspace, 'second.png'));
    await window.fileMenu('second.png', 'Explain this image');
    assert.equal((await window.pickerRows())[0], 'squeezenet.onnx');
    const started = Date.now();
    await workbench.page.keyboard.press('Enter');
    await panel.mapShown('second.png');
    console.log(`      first overlay ${Date.now() - started} ms after the model was chosen (engine warm)`);
    await panel.ended('finished');
    await window.command('View: Close Editor');
  });

  it('comes back after the window was loaded again', async () => {
    await window.reload();
    await panel.ended('finished');
    assert.match(await panel.predictions.first().innerText(), /Egyptian cat/);
    assert.match(await panel.card.innerText(), /Integrated Gradients/);
  });

  it('names the device in the status bar, and lists the devices', async () => {
    await window.statusBar.getByText('Model Lens: CPU').click();
    // The first row is 'Automatic', whose description names the CPU too.
    await window.picker.locator('.monaco-list-row .label-name', { hasText: /^\s*CPU\s*$/ }).waitFor({ timeout: 60_000 });
    await shot('devices');
    await workbench.page.keyboard.press('Escape');
    await workbench.page.mouse.move(640, 20);
  });

  for (const theme of ['Light Modern', 'Dark High Contrast', 'Light High Contrast'] satisfies Theme[]) {
    it(`follows the theme ${theme}`, async () => {
      await window.setTheme(theme);
      await panel.settled();
      await shot(theme.toLowerCase().replace(/ /g, '-'));
      assert.equal(await panel.body.getAttribute('data-vscode-theme-kind'), { 'Light Modern': 'vscode-light', 'Dark High Contrast': 'vscode-high-contrast', 'Light High Contrast': 'vscode-high-contrast-light' }[theme]);
    });
  }

  it('fits a narrow window', async () => {
    await workbench.page.setViewportSize({ width: 640, height: 900 });
    await panel.settled();
    const overflow = await panel.root.evaluate((root) => root.scrollWidth - root.clientWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    await shot('narrow');
  });
});
