import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { decodePicture } from '../../../src/data/image/decode';
import { encodePng } from '../../../src/data/image/encode';
import { toRgb } from '../../../src/data/image/picture';
import { ExplainPage, Window } from '../pages';
import { packWorkspace, screenshots, shared } from '../workspaces';

const patience = 120_000;
/** gradcam_both.png, its dog's box by FastestDet, and places inside the cat that DeepLab finds. */
const both = { width: 224, height: 224 }, dogsHead = { x: 122, y: 60 }, catsBody = { x: 90, y: 175 };

describe('detectors and segmenters in the explain panel', () => {
  let workbench: Workbench, window: Window, panel: ExplainPage, workspace: string;

  before(async function () {
    const folder = packWorkspace({
      'fastestdet.onnx': 'onnx/coco_fastestdet.onnx', 'deeplab.onnx': 'converted/voc_deeplabv3_mnv2_dequant_fp32.onnx', 'emotion.hdf5': 'keras/fer2013_mini_xception.hdf5',
      'portrait.onnx': 'onnx/portraitseg_sinet.onnx', 'both.png': 'images/gradcam_both.png', 'astronaut.png': 'images/astronaut.png',
    });
    if (!folder) return this.skip();
    workspace = folder;
    await cropFace(path.join(workspace, 'face.png'));
    // As its authors feed it: blue first, minus a mean, divided by deviations and by 255.
    fs.writeFileSync(path.join(workspace, 'portrait.lens.json'), JSON.stringify({
      inputs: { data: { kind: 'image', channels: 'BGR', range: [0, 255], mean: [102.890434, 111.25247, 126.91212], std: [62.93292, 62.82138, 66.355705].map((deviation) => deviation * 255) } },
      outputs: { 'Softmax/1': { kind: 'mask', labels: ['background', 'person'] } },
    }));
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'modelLens.explain.method': 'grad-cam' } });
    window = new Window(workbench.page);
    panel = new ExplainPage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const part = () => panel.root.locator('.detections');
  const rows = () => part().locator('.detection');
  const shot = async (name: string): Promise<void> => {
    await panel.settled();
    await workbench.page.screenshot({ path: path.join(screenshots, `detections-${name}.png`) });
  };
  /** Explains a picture by a model in a panel of its own. */
  const open = async (picture: string, model: string): Promise<void> => {
    await window.closeEditors();
    await window.fileMenu(picture, 'Explain this image');
    await window.pick(model);
    await panel.mapShown(picture);
    await panel.ended('finished', patience);
  };
  const onScreen = async ({ x, y }: { x: number; y: number }, size = both): Promise<{ x: number; y: number }> => {
    const box = (await panel.canvas.boundingBox())!, scale = Math.min((box.width - 32) / size.width, (box.height - 32) / size.height, 6);
    return { x: box.x + box.width / 2 + (x - size.width / 2) * scale, y: box.y + box.height / 2 + (y - size.height / 2) * scale };
  };
  const click = async (at: { x: number; y: number }): Promise<void> => {
    const place = await onScreen(at);
    await workbench.page.mouse.click(place.x, place.y);
  };
  /** Share of the map's positive values, read off on a grid of places, that lies inside. */
  const massInside = async (inside: (x: number, y: number) => boolean): Promise<number> => {
    let within = 0, all = 0;
    for (let y = 10; y < both.height; y += 24) {
      for (let x = 10; x < both.width; x += 24) {
        const value = Math.max(0, await panel.valueAt(x, y, both));
        all += value;
        if (inside(x, y)) within += value;
      }
    }
    return within / all;
  };

  it('FastestDet: dog and cat in boxes, the best one is explained', async () => {
    await open('both.png', 'fastestdet.onnx');
    await part().locator('[data-detection]').first().waitFor({ timeout: patience });
    assert.match(await rows().first().innerText(), /dog\s+8\d/);
    assert.ok((await rows().allInnerTexts()).some((text) => text.includes('cat')));
    assert.equal(await rows().first().getAttribute('aria-pressed'), 'true');
    assert.match(await rows().first().getAttribute('aria-label') ?? '', /^dog, score 8\d.*pixels at .*explain it$/);
    assert.match(await part().locator('.note').innerText(), /a guess[^]*FastestDet[^]*COCO labels assumed/);
    await shot('fastestdet-dark');
  });

  it('a click on a box explains that box: the map lies on the animal', async () => {
    const cat = rows().filter({ hasText: 'cat' }).first();
    await cat.click();
    await panel.running().catch(() => undefined);
    await panel.ended('finished', patience);
    assert.equal(await cat.getAttribute('aria-pressed'), 'true');
    const catInBox = await massInside((x, y) => x >= 16 && x < 186 && y >= 136);
    await click(dogsHead);
    await panel.running().catch(() => undefined);
    await panel.ended('finished', patience);
    assert.match(await rows().and(part().locator('[aria-pressed="true"]')).innerText(), /dog/);
    const dogInBox = await massInside((x, y) => x >= 76 && x < 170 && y >= 11 && y < 152);
    console.log(`      mass in the box: dog ${dogInBox.toFixed(2)} (of 0.26 of the picture), cat ${catInBox.toFixed(2)} (of 0.30)`);
    assert.ok(dogInBox > 0.6 && catInBox > 0.7, `dog ${dogInBox}, cat ${catInBox}`);
    await shot('fastestdet-dog');
  });

  it('a higher threshold leaves fewer, arrow keys and Enter choose, and they can be hidden', async () => {
    const before = await rows().count();
    await part().locator('input[type=range]').fill('0.7');
    assert.ok(await rows().count() < before);
    await part().locator('input[type=range]').fill('0.5');
    await rows().first().focus();
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press('Enter');
    await panel.running().catch(() => undefined);
    await panel.ended('finished', patience);
    assert.equal(await rows().nth(1).getAttribute('aria-pressed'), 'true');
    await part().locator('[data-choice="none"]').click();
    await shot('hidden');
    await part().locator('[data-choice="all"]').click();
  });

  it('in light and in a narrow window', async () => {
    await window.setTheme('Light Modern');
    await shot('fastestdet-light');
    await workbench.page.setViewportSize({ width: 820, height: 900 });
    await shot('fastestdet-narrow');
    await workbench.page.setViewportSize({ width: 1400, height: 900 });
    await window.setTheme('Dark Modern');
  });

  it('DeepLab: a click on the cat explains the cat', async () => {
    await open('both.png', 'deeplab.onnx');
    await part().locator('[data-detection]').first().waitFor({ timeout: patience });
    assert.deepEqual((await rows().allInnerTexts()).map((text) => /[a-z]+/.exec(text)![0]), ['background', 'dog', 'cat']);
    assert.equal(await rows().filter({ hasText: 'dog' }).getAttribute('aria-pressed'), 'true');
    await shot('deeplab-dark');
    await click(catsBody);
    await panel.running().catch(() => undefined);
    await panel.ended('finished', patience);
    assert.equal(await rows().filter({ hasText: 'cat' }).getAttribute('aria-pressed'), 'true');
    const onCat = await massInside((x, y) => y > 125 && x < 200);
    console.log(`      mass on the lower part, where the cat lies: ${onCat.toFixed(2)}`);
    assert.ok(onCat > 0.75, `${onCat}`);
    await shot('deeplab-cat');
    await window.setTheme('Light Modern');
    await shot('deeplab-light');
    await window.setTheme('Dark Modern');
  });

  it('portraits: person and background', async () => {
    await open('astronaut.png', 'portrait.onnx');
    await part().locator('[data-detection]').first().waitFor({ timeout: patience });
    assert.match(await rows().filter({ hasText: 'person' }).innerText(), /person\s+5\d/);
    assert.equal(await part().locator('.detection-guess').count(), 0);
    await shot('portrait');
  });

  it('a classifier has no detections: the emotion of a face', async () => {
    await open('face.png', 'emotion.hdf5');
    assert.equal(await panel.predictions.count() > 0, true);
    assert.equal(await part().isVisible(), false);
    await shot('emotion');
  });
});

/** The astronaut's face, cut out of her portrait. */
async function cropFace(file: string): Promise<void> {
  const { width, data } = toRgb(await decodePicture(path.join(shared, 'pack/images/astronaut.png'))), side = 110, left = 168, top = 62;
  const pixels = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) for (let x = 0; x < side * 3; x++) pixels[y * side * 3 + x] = data[((top + y) * width + left) * 3 + x]!;
  fs.writeFileSync(file, await encodePng({ width: side, height: side, channels: 3, data: pixels }));
}
