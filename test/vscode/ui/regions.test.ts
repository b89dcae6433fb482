import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ExplainPage, Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

/** Of chelsea.png (451 × 300 pixels): her face. */
const face = { left: 105, top: 55, right: 290, bottom: 230 };

describe('"What if…" on the explain page', () => {
  let workbench: Workbench, window: Window, panel: ExplainPage, workspace: string;

  before(async function () {
    const folder = packWorkspace({ 'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx', 'chelsea.png': 'images/chelsea.png' });
    if (!folder) return this.skip();
    workspace = folder;
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'modelLens.explain.method': 'saliency' } });
    window = new Window(workbench.page);
    panel = new ExplainPage(window);
    await window.fileMenu('chelsea.png', 'Explain this image');
    await window.pick('squeezenet.onnx');
    await panel.mapShown('chelsea.png');
    await panel.ended('finished');
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `regions-${name}.png`) });
  const part = (selector: string) => panel.root.locator(selector);
  const choice = (name: string) => part(`.what-if [data-choice="${name}"]`);

  /** Places of the picture's pixels on the screen; the page letterboxes the picture in its stage. */
  async function toScreen(): Promise<(x: number, y: number) => { x: number; y: number }> {
    const box = (await panel.canvas.boundingBox())!, margin = 16, scale = Math.min((box.width - 2 * margin) / 451, (box.height - 2 * margin) / 300, 6);
    const left = box.x + (box.width - 451 * scale) / 2, top = box.y + (box.height - 300 * scale) / 2;
    return (x, y) => ({ x: left + x * scale, y: top + y * scale });
  }

  /** Waits for an answer other than `old` and returns the target's score before and after. */
  async function answer(old: string | null = null): Promise<{ text: string; before: number; after: number }> {
    const until = Date.now() + 20_000;
    for (;;) {
      const text = await panel.body.getAttribute('data-what-if');
      if (text !== null && text !== old) {
        const [before = NaN, after = NaN] = text.split(' ').map(Number);
        return { text, before, after };
      }
      if (Date.now() > until) throw new Error(`no answer: ${await part('.what-if-answer').innerText()}`);
      await workbench.page.waitForTimeout(50);
    }
  }

  it('deletes the face by a box: the cat is less likely at once', async () => {
    await part('.what-if-toggle').click();
    await part('.what-if:not([aria-busy])').waitFor({ timeout: 20_000 });
    await shot('ready');
    await choice('box').click();
    const at = await toScreen(), from = at(face.left, face.top), to = at(face.right, face.bottom);
    await workbench.page.mouse.move(from.x, from.y);
    await workbench.page.mouse.down();
    await workbench.page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 3 });
    await workbench.page.mouse.move(to.x, to.y, { steps: 3 });
    await workbench.page.mouse.up();
    await panel.settled();
    const { before, after } = await answer();
    console.log(`      without the face: ${before.toFixed(3)} → ${after.toFixed(3)}`);
    assert.ok(before > 0.5 && after < before - 0.2, `${before} → ${after}`);
    assert.match(await part('.what-if-answer').innerText(), /Egyptian cat/);
    assert.match(await part('.sr-only[role=status]').innerText(), /Egyptian cat falls from/);
    await shot('face-deleted');
  });

  it('keeps only the face, blurs it, and comes back', async () => {
    const deleted = (await answer()).text;
    await choice('keep').click();
    const kept = await answer(deleted);
    await panel.settled();
    await shot('face-kept');
    await choice('blur').click();
    const blurred = await answer(kept.text);
    console.log(`      only the face: ${kept.after.toFixed(3)}; face blurred: ${blurred.after.toFixed(3)}`);
    assert.notEqual(kept.after, blurred.after);
    await part('.what-if-button', ).filter({ hasText: 'Undo' }).click();
    await part('.what-if-hint').waitFor({ timeout: 10_000 });
    assert.equal(await panel.body.getAttribute('data-what-if'), null);
    await choice('delete').click();
  });

  it('takes superpixels by the arrow keys and Space, with a sentence for those who do not see them', async () => {
    await choice('superpixel').click();
    await panel.canvas.focus();
    await workbench.page.keyboard.press('ArrowLeft');
    await workbench.page.keyboard.press('ArrowUp');
    assert.match(await part('.sr-only[role=status]').innerText(), /^Region \d+ of \d+, [\d.]+\s%/);
    await workbench.page.keyboard.press('Space');
    const first = await answer();
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.page.keyboard.press('Space');
    const second = await answer(first.text);
    console.log(`      one region: ${first.after.toFixed(3)}, two: ${second.after.toFixed(3)}`);
    await panel.settled();
    await shot('superpixels');
    await workbench.page.keyboard.press('Control+z');
    await answer(second.text);
  });

  it('paints with the brush, in a light and in a narrow window', async () => {
    const old = (await answer()).text;
    await choice('brush').click();
    const at = await toScreen(), from = at(face.left + 20, face.top + 40), to = at(face.right - 20, face.bottom - 40);
    await workbench.page.mouse.move(from.x, from.y);
    await workbench.page.mouse.down();
    await workbench.page.mouse.move(to.x, to.y, { steps: 8 });
    await workbench.page.mouse.up();
    await answer(old);
    await window.setTheme('Light Modern');
    await panel.settled();
    await shot('light');
    await workbench.page.setViewportSize({ width: 760, height: 900 });
    await panel.settled();
    await shot('narrow');
  });
});
