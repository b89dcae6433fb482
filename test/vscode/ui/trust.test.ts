import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ExplainPage, Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

const patience = 180_000;

describe('how far to trust a map', () => {
  let workbench: Workbench, window: Window, panel: ExplainPage, workspace: string;

  before(async function () {
    const folder = packWorkspace({ 'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx', 'chelsea.png': 'images/chelsea.png' });
    if (!folder) return this.skip();
    workspace = folder;
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'modelLens.explain.method': 'grad-cam' } });
    window = new Window(workbench.page);
    panel = new ExplainPage(window);
    await window.fileMenu('chelsea.png', 'Explain this image');
    await window.pick('squeezenet.onnx');
    await panel.finishedWith('grad-cam');
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const section = () => panel.root.locator('.trust-figures');
  const stage = (name: string) => window.webview.locator(`body[data-trust="${name}"]`).waitFor({ timeout: patience });
  const figure = (id: string) => section().locator(`.figure[data-metric="${id}"]`);
  /** Scrolls the column beside the picture, and nothing else, until this part is at its top. */
  const shot = async (name: string, part = ''): Promise<void> => {
    await section().locator(part || 'h2').first().evaluate((element) => {
      const column = element.closest('.side-scroll')!;
      column.scrollTop += element.getBoundingClientRect().top - column.getBoundingClientRect().top - 8;
    });
    await panel.settled();
    await workbench.page.screenshot({ path: path.join(screenshots, `trust-${name}.png`) });
  };

  it('measures in the background, figure by figure, and says a verdict with its reasons', async () => {
    await section().waitFor();
    await stage('done');
    for (const id of ['sparseness', 'infidelity', 'faithfulness-correlation', 'deletion', 'insertion', 'road', 'parameter-randomisation', 'max-sensitivity']) {
      assert.equal(await figure(id).count(), 1, id);
      assert.match(await figure(id).locator('.bullet').getAttribute('aria-label') ?? '', /this map .* random map .* edges .* better/);
    }
    assert.equal(await section().locator('.trust-verdict').getAttribute('data-level'), 'good');
    assert.match(await section().locator('.trust-verdict').innerText(), /says something about the model[^]*Better than a random map in [345] of 5 checks[^]*Passes the randomised-model check/);
    await shot('dark');
  });

  it('a figure opens into what it says, its curve and the numbers', async () => {
    await figure('deletion').locator('summary').first().focus();
    await workbench.page.keyboard.press('Enter');
    assert.equal(await figure('deletion').locator('svg .line').count(), 3);
    await figure('deletion').locator('.as-table summary').click();
    const rows = await figure('deletion').locator('tr').allInnerTexts();
    assert.equal(rows.length, 7);
    assert.match(rows[0]!, /share removed\s+This map\s+Random map\s+Edges/);
    await figure('parameter-randomisation').locator('summary').first().click();
    await shot('curves-dark', '.figures');
  });

  it('compares methods, and a name in the matrix chooses its method', async () => {
    await section().locator('.compare-methods').click();
    const matrix = section().locator('.agreement');
    await matrix.waitFor({ timeout: patience });
    await section().locator('.compare-methods').waitFor({ timeout: patience });
    assert.ok(await matrix.locator('.cell').count() >= 12);
    await shot('agreement-dark', '.agreement-block');
    await window.setTheme('Light Modern');
    await shot('agreement-light', '.agreement-block');
    await matrix.locator('button[data-method="guided-backprop"]').click();
    await panel.finishedWith('guided-backprop');
  });

  it('says of guided backpropagation that it fails the randomised-model check', async () => {
    await stage('done');
    assert.equal(await section().locator('.trust-verdict').getAttribute('data-level'), 'poor');
    assert.match(await section().locator('.trust-verdict').innerText(), /Fails the randomised-model check/);
    await shot('guided-light');
  });

  it('gives way to another explanation, and can be stopped', async () => {
    await panel.chooseMethod('saliency');
    await panel.finishedWith('saliency');
    await stage('quick');
    const before = Date.now();
    await panel.chooseMethod('input-x-gradient');
    await panel.finishedWith('input-x-gradient');
    console.log(`      another map ${Date.now() - before} ms after its choice, while figures were measured`);
    await stage('quick');
    await section().getByText('Stop', { exact: true }).click();
    await stage('cancelled');
    await section().getByText('Measure again').click();
    await stage('quick');
  });
});
