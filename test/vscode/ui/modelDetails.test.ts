/** Details of the selection in a real VS Code: what is said, what is read on demand, and how it looks. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ModelEditorPage, Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

describe('the details of a layer', () => {
  let workbench: Workbench, window: Window, editor: ModelEditorPage, workspace: string;

  before(async function () {
    const folder = packWorkspace({
      'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx',
      'resnet8.h5': 'keras/cifar10_resnet8.h5',
      'quantised.onnx': 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx',
      'lstm.onnx': 'onnx/text_g2p_lstm_arpabet.onnx',
    });
    if (!folder) return this.skip();
    workspace = folder;
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
    editor = new ModelEditorPage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const details = () => editor.root.locator('.details');
  const shot = (name: string) => workbench.page.screenshot({ path: path.join(screenshots, `details-${name}.png`) });

  /** Opens a model and the details of a row of its layer table. */
  async function open(file: string, filter: string): Promise<void> {
    await window.closeEditors();
    await window.openFile(file);
    await editor.opened();
    await editor.root.locator('.tab', { hasText: 'Layers' }).click();
    const row = editor.rows.filter({ has: window.webview.locator('.cell.type', { hasText: new RegExp(`^${filter}$`) }) }).first();
    await row.waitFor({ timeout: 30_000 });
    await row.click();
    await editor.root.locator('.tab', { hasText: 'Details' }).click();
    await details().locator('.details-head').waitFor();
  }

  /** Opens the values of a stored tensor by its place in the list. */
  async function showValues(position: number): Promise<void> {
    const toggle = details().locator('.tensor-toggle').nth(position);
    await toggle.click();
    await details().locator('.tensor').nth(position).locator('.slice').waitFor({ timeout: 30_000 });
    await workbench.page.waitForTimeout(200);
  }

  it('SqueezeNet’s first convolution: documentation, attributes, values, and its filters as tiles', async () => {
    await open('squeezenet.onnx', 'Conv');
    assert.equal(await details().locator('h2').innerText(), 'Conv');
    assert.match(await details().locator('.sentence').innerText(), /^Slides learned filters/);
    assert.deepEqual(await details().locator('.value > .role').allInnerTexts(), ['X', 'W', 'B', 'Y']);
    assert.match(await details().locator('.attribute', { hasText: 'kernel_shape' }).innerText(), /\[3, 3\]/);
    assert.match(await details().locator('.attribute', { hasText: 'group' }).innerText(), /default/);
    await shot('conv-dark');
    await showValues(0);
    const tensor = details().locator('.tensor').first();
    assert.match(await tensor.locator('.statistics').innerText(), /1,728/);
    await tensor.locator('.filters').scrollIntoViewIfNeeded();
    assert.match(await tensor.locator('.filters figcaption').innerText(), /64 filters, 3 × 3: red, green and blue/);
    await shot('conv-values-dark');
    await tensor.locator('.values').scrollIntoViewIfNeeded();
    await shot('conv-slice-dark');
  });

  it('moves over the heat map with the keyboard, and the grid follows', async () => {
    const tensor = details().locator('.tensor').first();
    await tensor.locator('.heat-map canvas').focus();
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.page.keyboard.press('ArrowDown');
    assert.match(await tensor.locator('.cursor-status').innerText(), /^\[0, 0, 1, 1\] = -?\d/);
    assert.equal(await tensor.locator('.values-cell.current').getAttribute('data-cell'), '1 1');
    const value = (await tensor.locator('.cursor-status').innerText()).split('= ')[1];
    assert.equal(await tensor.locator('.values-cell.current').innerText(), value);
    // Another filter by the stepper.
    const stepper = tensor.locator('.stepper input').first();
    await stepper.fill('5');
    await stepper.press('Enter');
    await tensor.locator('.cursor-status').filter({ hasNotText: '=' }).waitFor();
    await tensor.locator('.heat-map canvas').focus();
    await workbench.page.keyboard.press('ArrowRight');
    assert.match(await tensor.locator('.cursor-status').innerText(), /^\[5, 0, /);
  });

  it('jumps to the node that reads the output, and to the input', async () => {
    await details().locator('.jump', { hasText: 'Relu' }).first().click();
    await details().locator('h2', { hasText: 'Relu' }).waitFor();
    await details().locator('.jump', { hasText: 'Conv' }).first().click();
    await details().locator('h2', { hasText: 'Conv' }).waitFor();
    await details().locator('.jump', { hasText: 'data_0' }).click();
    await details().locator('h2', { hasText: 'Input' }).waitFor();
    await details().locator('.attribute', { hasText: 'image' }).first().waitFor();
    await shot('input-dark');
  });

  it('a Keras Dense: its settings, and its kernel', async () => {
    await open('resnet8.h5', 'Dense');
    assert.equal(await details().locator('h2').innerText(), 'Dense');
    assert.match(await details().locator('.attribute', { hasText: 'units' }).innerText(), /10/);
    assert.match(await details().locator('.tensor').first().innerText(), /kernel/);
    await showValues(0);
    await shot('dense-dark');
    await details().locator('.values').scrollIntoViewIfNeeded();
    await shot('dense-values-dark');
  });

  it('a quantised weight shows its stored integers', async () => {
    await open('quantised.onnx', 'Conv');
    await showValues(0);
    assert.match(await details().locator('.tensor').first().innerText(), /u?int8/);
    await details().locator('.histogram').scrollIntoViewIfNeeded();
    await shot('quantised-dark');
  });

  it('values that cannot be read say why, and are read when the file is back', async () => {
    const whole = fs.readFileSync(path.join(workspace, 'lstm.onnx'));
    fs.writeFileSync(path.join(workspace, 'cut.onnx'), whole);
    await open('cut.onnx', 'LSTM');
    // The file goes away under the open editor: the values are asked for in vain, and the way on is offered.
    fs.rmSync(path.join(workspace, 'cut.onnx'));
    await details().locator('.tensor-toggle').first().click();
    await details().locator('.tensor .details-error').waitFor({ timeout: 30_000 });
    assert.match(await details().locator('.tensor .details-error').innerText(), /no such file/);
    await shot('error-dark');
    fs.writeFileSync(path.join(workspace, 'cut.onnx'), whole);
    await details().locator('.details-error vscode-button', { hasText: 'Try again' }).click({ timeout: 5000 }).catch(() => undefined);
    await details().locator('.tensor .slice').first().waitFor({ timeout: 30_000 });
  });

  it('an LSTM, in light and high contrast', async () => {
    await open('lstm.onnx', 'LSTM');
    assert.deepEqual((await details().locator('.tensor .role').allInnerTexts()).slice(0, 3), ['W', 'R', 'B']);
    await window.setTheme('Light Modern');
    await showValues(0);
    await shot('lstm-light');
    await details().locator('.values').scrollIntoViewIfNeeded();
    await shot('lstm-values-light');
    await window.setTheme('Dark High Contrast');
    await shot('lstm-contrast');
    await window.setTheme('Light High Contrast');
    await details().locator('.histogram').scrollIntoViewIfNeeded();
    await shot('lstm-light-contrast');
    await window.setTheme('Light Modern');
  });

  it('fits a narrow pane', async () => {
    await workbench.page.setViewportSize({ width: 700, height: 900 });
    await workbench.page.waitForTimeout(400);
    await editor.root.locator('.tab', { hasText: 'Details' }).click();
    const overflow = await details().evaluate((element) => element.scrollWidth - element.clientWidth);
    assert.ok(overflow <= 0, `the details are ${overflow} px too wide`);
    await details().evaluate((element) => { element.scrollTop = 0; });
    await shot('narrow-light');
    await workbench.page.setViewportSize({ width: 700, height: 1300 });
    await window.closeEditors();
    await window.openFile('squeezenet.onnx');
    await editor.opened();
    await editor.root.locator('.tab', { hasText: 'Layers' }).click();
    await editor.rows.filter({ has: window.webview.locator('.cell.type', { hasText: /^Conv$/ }) }).first().click();
    await editor.root.locator('.tab', { hasText: 'Details' }).click();
    await showValues(0);
    await details().locator('.values').first().scrollIntoViewIfNeeded();
    await shot('narrow-values-light');
  });
});
