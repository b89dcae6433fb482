import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ExplainPage, Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

describe('preprocessing on the explain page', () => {
  let workbench: Workbench, window: Window, panel: ExplainPage, workspace: string;

  before(async function () {
    const folder = packWorkspace({
      'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx', 'chelsea.png': 'images/chelsea.png', 'coffee.png': 'images/coffee.png',
      'flower.jpg': 'images/flower.jpg', 'parrot.jpg': 'images/coral_parrot.jpg',
    });
    if (!folder) return this.skip();
    workspace = folder;
    // What people do: the numbers every PyTorch tutorial uses, for a model that was trained with others.
    fs.writeFileSync(path.join(workspace, 'squeezenet.lens.json'), JSON.stringify({
      inputs: { data_0: { kind: 'image', channels: 'RGB', range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } },
      outputs: { softmaxout_1: { kind: 'probabilities' } },
    }));
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'modelLens.explain.method': 'saliency' } });
    window = new Window(workbench.page);
    panel = new ExplainPage(window);
    await open();
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    await window.fileMenu('chelsea.png', 'Explain this image');
    await window.pick('squeezenet.onnx');
    await panel.mapShown('chelsea.png');
    await panel.ended('finished');
  }
  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `preprocessing-${name}.png`) });
  const part = (selector: string) => panel.preprocessing.locator(selector);
  const says = async (pattern: RegExp): Promise<void> => {
    const until = Date.now() + 30_000;
    for (;;) {
      const text = await panel.predictions.first().innerText();
      if (pattern.test(text) && await panel.body.getAttribute('data-run') === 'finished') return;
      if (Date.now() > until) throw new Error(`the page says '${text}', expected ${pattern}`);
      await workbench.page.waitForTimeout(50);
    }
  };

  it('shows that wrong numbers give a mosquito net, and finds out what fits', async () => {
    assert.match(await panel.predictions.first().innerText(), /mosquito net/);
    assert.match(await panel.preprocessing.innerText(), /from squeezenet\.lens\.json/);
    await part('summary').click();
    await part('.trials[data-verdict]').waitFor({ timeout: 30_000 });
    await part('.seen-figures td').first().waitFor({ timeout: 10_000 });
    assert.equal(await part('.trials').getAttribute('data-verdict'), 'other');
    const verdict = await part('.verdict').innerText();
    console.log(`      ${verdict}`);
    assert.match(verdict, /probably trained with BGR, 0…255, minus/);
    assert.equal(await part('.trial.best').getAttribute('data-trial'), 'caffe');
    await part('.seen-figures').scrollIntoViewIfNeeded();
    await panel.settled();
    await shot('verdict');
    await part('.trial').last().scrollIntoViewIfNeeded();
    await shot('ways');
  });

  it('tries another way with a click: the whole page explains with it', async () => {
    await part('.verdict .link').click();
    await says(/Egyptian cat/);
    assert.match(await panel.preprocessing.innerText(), /tried, not saved/);
    await part('.trials[data-verdict="currentFits"]').waitFor({ timeout: 30_000 });
    await part('h2').first().scrollIntoViewIfNeeded();
    await panel.settled();
    await shot('tried');
  });

  it('follows what is typed, and says what is wrong with it', async () => {
    await part('[data-field="mean0"]').fill('0');
    await part('[data-field="mean1"]').fill('0');
    await part('[data-field="mean2"]').fill('0');
    await panel.preprocessing.locator('.note-words', { hasText: 'BGR, 0…255, resized' }).waitFor({ timeout: 20_000 });
    await part('[data-field="std1"]').fill('0');
    assert.equal(await part('[data-field="std1"]').getAttribute('aria-invalid'), 'true');
    await part('[data-field="std1"]').fill('1');
    await part('.preparation-actions vscode-button').filter({ hasText: 'Discard' }).click();
    await says(/mosquito net/);
    await part('.trials[data-verdict="other"]').waitFor({ timeout: 30_000 });
  });

  it('saves it beside the model; what else the file says stays, and it is used when the picture is opened again', async () => {
    await part('.trial[data-trial="caffe"]').click();
    await says(/Egyptian cat/);
    await part('.preparation-actions vscode-button').filter({ hasText: 'Save' }).click();
    await part('.preparation-said').filter({ hasText: 'squeezenet.lens.json' }).waitFor({ timeout: 10_000 });
    await panel.preprocessing.locator('.note-group', { hasText: 'from squeezenet.lens.json' }).waitFor({ timeout: 20_000 });
    const file = JSON.parse(fs.readFileSync(path.join(workspace, 'squeezenet.lens.json'), 'utf8')) as { inputs: Record<string, { channels: string; mean: number[] }>; outputs: unknown };
    assert.equal(file.inputs.data_0!.channels, 'BGR');
    assert.deepEqual(file.inputs.data_0!.mean, [103.939, 116.779, 123.68]);
    assert.deepEqual(file.outputs, { softmaxout_1: { kind: 'probabilities' } });
    await window.closeEditors();
    await open();
    assert.match(await panel.predictions.first().innerText(), /Egyptian cat/);
    await part('summary').click();
    await part('.trials[data-verdict]').waitFor({ timeout: 30_000 });
    await window.setTheme('Light Modern');
    await part('.seen').scrollIntoViewIfNeeded();
    await panel.settled();
    await shot('light');
    await workbench.page.setViewportSize({ width: 760, height: 900 });
    await part('.preparation-fields').scrollIntoViewIfNeeded();
    await panel.settled();
    await shot('narrow');
  });
});
