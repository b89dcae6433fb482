import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { Window } from '../pages';
import { packWorkspace, screenshots, shared } from '../workspaces';

/** The page of a table. */
class TablePage {
  constructor(private readonly window: Window) {}

  get body(): Locator { return this.window.webview.locator('body'); }
  get rows(): Locator { return this.body.locator('.feature-rows .feature-row'); }
  tab(label: string): Locator { return this.body.locator('.tab', { hasText: label }); }

  async ended(state: 'finished' | 'cancelled' | 'failed', timeout = 120_000): Promise<void> {
    await this.window.webview.locator(`body[data-run="${state}"]`).waitFor({ timeout });
  }

  /** Means, from the top. */
  async importances(): Promise<number[]> {
    return (await this.rows.locator('.importance .numeric').allInnerTexts()).map((text) => Number(text.split('±')[0]!.replace('−', '-')));
  }
}

describe('"Explain this table"', () => {
  let workbench: Workbench, window: Window, page: TablePage, workspace: string | undefined;

  before(async function () {
    workspace = packWorkspace({ 'iris.csv': 'tabular/iris.csv', 'iris.onnx': 'onnx/iris_torch_mlp.onnx', 'breast_cancer.csv': 'tabular/breast_cancer.csv' });
    if (!workspace) return this.skip();
    fs.copyFileSync(path.join(shared, 'golden/models/breast_cancer_mlp.onnx'), path.join(workspace, 'breast_cancer_mlp.onnx'));
    // As many rows as are looked at: long enough for a click to come in between.
    const [, ...rows] = fs.readFileSync(path.join(workspace, 'breast_cancer.csv'), 'utf8').trim().split('\n');
    fs.writeFileSync(path.join(workspace, 'long.csv'), [`${40 * rows.length},30,malignant,benign`, ...Array.from({ length: 40 }, () => rows).flat(), ''].join('\n'));
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
    page = new TablePage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `table-${name}.png`) });

  it('sorts the features of iris by importance and draws what each does', async () => {
    await window.fileMenu('iris.csv', 'Explain this table');
    await window.pick('iris.onnx');
    await page.ended('finished');
    assert.match(await page.body.locator('.mapping-words').innerText(), /150 rows.*4 features.*98\.0/s);
    const found = await page.importances();
    assert.equal(found.length, 4);
    assert.ok(found[0]! > 0.1 && found.every((value, at) => at === 0 || value <= found[at - 1]!), found.join(' '));
    assert.equal(await page.rows.locator('.sparkline .line').count(), 8);
    assert.equal(await page.body.locator('.effect-chart .ice').count(), 40);
    await shot('iris-dark');
  });

  it('goes from feature to feature by keyboard, and gives the chart as numbers', async () => {
    const before = await page.body.locator('.effect-view h2').innerText();
    await page.body.locator('.feature-scroller').focus();
    await workbench.page.keyboard.press('ArrowDown');
    await page.body.locator('.feature-row[aria-rowindex="3"][aria-selected="true"]').waitFor();
    assert.notEqual(await page.body.locator('.effect-view h2').innerText(), before);
    await page.body.locator('.numbers-of summary').click();
    assert.ok(await page.body.locator('.numbers-of tbody tr').count() > 20);
    await page.body.locator('.numbers-of summary').click();
  });

  it('turns to the distilled tree and back', async () => {
    await page.tab('Distilled tree').click();
    await page.body.locator('.tree-node').first().waitFor();
    await page.tab('Features').click();
    await window.setTheme('Light Modern');
  });

  it('tells what was assumed, and goes without labels by how much the prediction changes', async () => {
    await page.body.locator('.mapping summary').click();
    assert.match(await page.body.locator('.assumed').innerText(), /'column 5' is taken as what a row really is/);
    assert.equal(await page.body.locator('.mapping .numbers tbody tr').count(), 5);
    await shot('iris-mapping-light');
    await page.body.locator('.choose', { hasText: 'Label' }).locator('select').selectOption('');
    await page.body.locator('.feature-row.head .importance', { hasText: '(score)' }).waitFor();
    await page.ended('finished');
    assert.ok((await page.importances()).every((value) => value >= 0));
    await page.body.locator('.choose', { hasText: 'Label' }).locator('select').selectOption('4');
    await page.body.locator('.feature-row.head .importance', { hasText: 'accuracy' }).waitFor();
    await page.ended('finished');
  });

  it('is the same after the window was loaded again', async () => {
    const name = await page.body.locator('.effect-view h2').innerText();
    await window.reload();
    await page.ended('finished');
    assert.equal(await page.body.locator('.effect-view h2').innerText(), name);
  });

  it('can be stopped, and starts again', async () => {
    await window.fileMenu('long.csv', 'Explain this table');
    await window.pick('breast_cancer_mlp.onnx');
    await page.body.locator('.table-status vscode-button', { hasText: 'Cancel' }).click();
    await page.ended('cancelled');
    await page.body.locator('.table-status vscode-button', { hasText: 'Start again' }).click();
    await page.ended('finished');
  });

  it('explains the 30 features of breast cancer', async () => {
    await window.fileMenu('breast_cancer.csv', 'Explain this table');
    await window.pick('breast_cancer_mlp.onnx');
    await page.body.locator('.names', { hasText: 'breast_cancer.csv' }).waitFor();
    await page.ended('finished');
    const found = await page.importances();
    assert.ok(found[0]! > 0, found.join(' '));
    await workbench.page.setViewportSize({ width: 1500, height: 900 });
    await workbench.page.waitForTimeout(500);
    await shot('breast-cancer-light');
    await window.setTheme('Dark Modern');
    await shot('breast-cancer-dark');
    await workbench.page.setViewportSize({ width: 900, height: 900 });
    await workbench.page.waitForTimeout(500);
    await shot('breast-cancer-narrow');
  });

  it('says what does not fit, and what to do', async () => {
    // Away from the tabs, whose hover would lie over the button.
    await workbench.page.mouse.move(600, 700);
    await workbench.page.locator('.hover-contents').waitFor({ state: 'hidden' });
    await page.body.locator('[aria-label="Choose another model"]').click();
    await window.pick('iris.onnx');
    await page.ended('failed');
    assert.ok((await page.body.locator('.table-status .error-text').innerText()).length > 20);
    await shot('does-not-fit');
  });
});
