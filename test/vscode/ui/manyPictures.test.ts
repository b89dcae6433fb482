import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ExplainPage, Window } from '../pages';
import { screenshots } from '../workspaces';

const root = path.resolve(__dirname, '../../..');
const count = 100;

/** The panel of many pictures. */
class ManyPage {
  constructor(private readonly window: Window) {}

  get body(): Locator { return this.window.webview.locator('body'); }
  get rows(): Locator { return this.body.locator('.pictures .rows .row'); }
  get status(): Locator { return this.body.locator('.many-status'); }
  head(column: string): Locator { return this.body.locator(`.pictures .head [data-column="${column}"]`); }
  button(label: string): Locator { return this.status.locator('vscode-button', { hasText: label }); }
  tab(label: string): Locator { return this.body.locator('.tab', { hasText: label }); }

  async ended(state: 'finished' | 'cancelled' | 'failed', timeout = 180_000): Promise<void> {
    await this.window.webview.locator(`body[data-run="${state}"]`).waitFor({ timeout });
  }

  async rowsDone(): Promise<number> {
    return Number(await this.body.getAttribute('data-rows'));
  }

  async texts(column: string): Promise<string[]> {
    return this.rows.locator(`.cell.${column} .text`).allInnerTexts();
  }
}

describe('"Explain these images"', () => {
  let workbench: Workbench, window: Window, many: ManyPage, workspace: string;

  before(async () => {
    workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-workspace-'));
    for (const name of ['scenes.onnx', 'scenes.onnx.lens.json', 'labels.txt']) fs.copyFileSync(path.join(root, 'samples/models', name), path.join(workspace, name));
    const folder = path.join(workspace, 'pictures'), samples = path.join(root, 'samples/pictures'), names = fs.readdirSync(samples);
    fs.mkdirSync(folder);
    for (let k = 0; k < count - 1; k++) fs.copyFileSync(path.join(samples, names[k % names.length]!), path.join(folder, `${String(k).padStart(3, '0')}_${names[k % names.length]}`));
    fs.writeFileSync(path.join(folder, 'zz_broken.png'), 'no picture');
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
    many = new ManyPage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `many-${name}.png`) });

  it('explains a folder, row by row, and can be stopped', async () => {
    await window.file('pictures').waitFor({ timeout: 60_000 });
    await window.fileMenu('pictures', 'Explain these images');
    await window.pick('scenes.onnx');
    await many.rows.first().waitFor({ timeout: 60_000 });
    await many.button('Cancel').click();
    await many.ended('cancelled');
    const done = await many.rowsDone();
    assert.ok(done > 0 && done < count, `${done} of ${count} when it was stopped`);
    assert.match(await many.status.innerText(), /Stopped after \d+ of 100 pictures/);
    await shot('stopped');
  });

  it('goes on where it was, and says of a broken picture what is wrong', async () => {
    const before = await many.rowsDone();
    await many.button('Go on').click();
    await many.ended('finished');
    assert.equal(await many.rowsDone(), count);
    const words = await many.status.innerText(), kept = Number(/(\d+) of them before/.exec(words)?.[1]);
    assert.ok(kept >= before, `${kept} kept of ${before}: ${words}`);
    assert.match(words, /99 pictures explained.*1 could not be/);
    await many.body.locator('.pictures .words').fill('broken');
    await many.body.locator('.row.failed .error', { hasText: 'zz_broken.png' }).waitFor();
    await many.body.locator('.pictures .words').fill('');
  });

  it('sorts by confidence, entropy and trust', async () => {
    const numbers = async (column: string): Promise<number[]> => (await many.texts(column)).map((text) => Number(text.replace('−', '-').replace(/[^\d.e+-]/g, '')));
    for (const [column, sign] of [['confidence', 1], ['entropy', -1], ['trust', 1]] as const) {
      await many.head(column).click();
      await many.body.locator(`[role="columnheader"].${column}[aria-sort="${sign > 0 ? 'ascending' : 'descending'}"]`).waitFor();
      await workbench.page.waitForTimeout(300);
      const found = await numbers(column);
      assert.ok(found.length > 5 && found.every((value, at) => at === 0 || sign * (value - found[at - 1]!) >= -1e-9), `${column}: ${found.join(' ')}`);
    }
    await many.rows.first().locator('canvas').waitFor();
    await workbench.page.waitForTimeout(500);
    await shot('by-trust-dark');
    await window.setTheme('Light Modern');
    await shot('by-trust-light');
  });

  it('shows average maps, and the pictures of a class', async () => {
    await many.tab('Average maps').click();
    const tiles = many.body.locator('.average');
    await tiles.first().waitFor();
    assert.ok(await tiles.count() >= 5);
    await shot('averages-light');
    const name = await tiles.first().locator('.average-name').innerText();
    await tiles.first().click();
    await many.rows.first().waitFor();
    assert.ok((await many.texts('label')).every((label) => label === name));
    await window.setTheme('Dark Modern');
  });

  it('opens a picture of the table in a panel of its own, by keyboard', async () => {
    await many.body.locator('.pictures .scroller').focus();
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press('Enter');
    const panel = new ExplainPage(window);
    await panel.root.waitFor({ timeout: 60_000 });
    await panel.ended('finished');
  });
});
