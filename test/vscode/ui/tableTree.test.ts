import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

/** The tab of the distilled tree. */
class TreePage {
  constructor(private readonly window: Window) {}

  get body(): Locator { return this.window.webview.locator('body'); }
  get nodes(): Locator { return this.body.locator('.tree-node'); }
  get leaves(): Locator { return this.body.locator('.tree-node.leaf'); }
  get about(): Locator { return this.body.locator('.distilled .sentence').first(); }

  async open(): Promise<void> {
    await this.body.locator('.tab', { hasText: 'Distilled tree' }).click();
    await this.nodes.first().waitFor({ timeout: 120_000 });
  }

  async taught(): Promise<void> {
    await this.body.locator('.tree-tab .table-status[data-run="finished"]').waitFor({ timeout: 120_000 });
  }
}

describe('The distilled tree of a table', () => {
  let workbench: Workbench, window: Window, page: TreePage, workspace: string | undefined;

  before(async function () {
    workspace = packWorkspace({ 'lending-club.csv': 'tabular/lending-club.csv', 'lending.onnx': 'onnx/tabular_lendingclub_xgboost.onnx', 'iris.csv': 'tabular/iris.csv', 'iris.onnx': 'onnx/iris_torch_mlp.onnx' });
    if (!workspace) return this.skip();
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
    page = new TreePage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `table-tree-${name}.png`) });

  it('is drawn, with the share of classes in every leaf and ways as wide as their rows', async () => {
    await window.fileMenu('lending-club.csv', 'Explain this table');
    await window.pick('lending.onnx');
    await page.open();
    await page.taught();
    assert.ok(await page.leaves.count() >= 4 && await page.leaves.count() <= 8, `${await page.leaves.count()} leaves at depth 3`);
    assert.equal(await page.body.locator('.tree-drawing .way').count(), await page.nodes.count() - 1);
    assert.ok(await page.leaves.first().locator('rect').count() >= 2);
    const [root, ...widths] = [16, ...await page.body.locator('.tree-drawing .way').evaluateAll((ways) => ways.map((way) => Number(way.getAttribute('stroke-width'))))];
    assert.ok(widths.every((width) => width <= root!) && Math.abs(widths[0]! + widths[1]! - root!) < 1, widths.join(' '));
    assert.match(await page.about.innerText(), /3 deep, it gives the model’s class for \d\d\.\d.% of [\d,]+ rows that it has not seen/);
    await shot('lending-dark');
  });

  it('is cut where one likes: by a click in the curve of agreement, by its numbers, by arrow keys', async () => {
    const first = page.body.locator('.distilled .chart').first();
    await first.locator('circle[aria-label="held out"]').nth(1).click();
    await page.body.locator('.depth[data-depth="2"][aria-checked="true"]').waitFor();
    assert.equal(await page.leaves.count(), 4);
    await page.body.locator('.depth[data-depth="2"]').focus();
    await workbench.page.keyboard.press('ArrowLeft');
    await page.body.locator('.depth[data-depth="1"][aria-checked="true"]').waitFor();
    assert.equal(await page.nodes.count(), 3);
    assert.match(await page.about.innerText(), /1 deep/);
    await first.locator('summary').click();
    await first.locator('.chart-numbers button').nth(3).click();
    await page.body.locator('.depth[data-depth="4"][aria-checked="true"]').waitFor();
    await first.locator('summary').click();
  });

  it('is walked through by arrow keys, and tells of the chosen rule in words', async () => {
    await page.body.locator('.depth[data-depth="3"]').click();
    await page.body.locator('.tree-node[data-path=""]').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await workbench.page.keyboard.press(key);
    await page.body.locator('.tree-node[data-path="lr"][aria-selected="true"]').waitFor();
    assert.match(await page.body.locator('.tree-chosen p').innerText(), /^Where .+ and .+: .+%.*rows/s);
    assert.equal(await page.body.locator('.way.on-path').count(), 2);
    await page.body.locator('.tree-chosen').scrollIntoViewIfNeeded();
    await shot('lending-chosen-dark');
    await page.body.locator('.tree-zoom button').nth(1).click();
    await page.body.locator('.tree-zoom button').nth(2).click();
  });

  it('stands as rules in words, too, and as files', async () => {
    await page.body.locator('.rules-details summary').click();
    assert.ok(await page.body.locator('.rules .condition').count() >= 8);
    await page.body.locator('.rules-details summary').click();
    await page.body.locator('.tree-actions vscode-button', { hasText: 'Copy rules' }).click();
    await page.body.locator('.tabs-bar .icon-button', { hasText: 'Copy' }).click();
    assert.match((await page.body.locator('.menu-item').allInnerTexts()).join(' | '), /tree as SVG.*tree as PNG.*tree as CSV.*Copy all that was found as JSON/);
    await workbench.page.keyboard.press('Escape');
    assert.equal(await page.body.locator('.tabs-actions .icon-button', { hasText: 'Save report' }).isEnabled(), true);
  });

  it('leaves importance and effects with files of their own', async () => {
    await page.body.locator('.tab', { hasText: 'Features' }).click();
    await page.body.locator('body[data-run="finished"], .features-tab .table-status[data-run="finished"]').first().waitFor({ timeout: 120_000 });
    await page.body.locator('.tabs-bar .icon-button', { hasText: 'Copy' }).click();
    assert.match((await page.body.locator('.menu-item').allInnerTexts()).join(' | '), /importance as SVG.*importance as PNG.*effect as SVG.*effect as PNG.*effect as CSV/);
    await shot('exports-dark');
    await workbench.page.keyboard.press('Escape');
    await page.open();
  });

  it('stands beside a sum of few features', async () => {
    await page.body.locator('.linear-sum .chart').nth(1).locator('svg.plot').waitFor();
    await page.body.locator('.linear-sum').scrollIntoViewIfNeeded();
    assert.match(await page.body.locator('.linear-sum .sentence').innerText(), /5 features adds/);
    const bars = page.body.locator('.linear-sum rect[aria-label="coefficients"]');
    assert.equal(await bars.count(), 5);
    await page.body.locator('.linear-sum .chart').first().locator('circle[aria-label="held out"]').nth(1).click();
    await page.body.locator('.linear-sum .sentence', { hasText: '2 features' }).waitFor();
    await workbench.page.waitForTimeout(300);
    assert.equal(await bars.count(), 2);
    await page.body.locator('.linear-sum .chart').first().locator('circle[aria-label="held out"]').nth(4).click();
    await workbench.page.waitForTimeout(500);
    await shot('sum-dark');
  });

  it('reads well in light, and where there is little room', async () => {
    await window.setTheme('Light Modern');
    await page.body.locator('.distilled .sentence').first().scrollIntoViewIfNeeded();
    await workbench.page.waitForTimeout(500);
    await shot('lending-light');
    await workbench.page.setViewportSize({ width: 760, height: 900 });
    await workbench.page.waitForTimeout(500);
    await shot('lending-narrow');
    await workbench.page.setViewportSize({ width: 1400, height: 900 });
  });

  it('of three classes has a colour for each', async () => {
    await window.fileMenu('iris.csv', 'Explain this table');
    await window.pick('iris.onnx');
    await page.body.locator('.names', { hasText: 'iris.csv' }).waitFor();
    await page.open();
    await page.taught();
    assert.deepEqual(await page.body.locator('.tree-legend li').allInnerTexts().then((texts) => texts.slice(0, 3)), ['setosa', 'versicolor', 'virginica']);
    await shot('iris-light');
  });
});
