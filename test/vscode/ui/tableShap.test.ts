import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

/** Tabs made of charts. */
class ChartTabs {
  constructor(readonly window: Window) {}

  get body(): Locator { return this.window.webview.locator('body'); }
  get shap(): Locator { return this.body.locator('.shap-tab'); }
  get interactions(): Locator { return this.body.locator('.interactions-tab'); }
  chart(title: string): Locator { return this.body.locator(`.chart:has(.chart-title:has-text("${title}"))`); }

  async open(label: string): Promise<void> {
    await this.body.locator('.tab', { hasText: label }).click();
  }

  async ended(tab: Locator, count = 1): Promise<void> {
    for (let i = 0; i < count; i++) await tab.locator('.table-status').nth(i).and(this.body.locator('[data-run="finished"]')).waitFor({ timeout: 200_000 });
  }

  /** The numbers behind a chart, as its table has them: words, and numbers with all digits. Leaves the table closed. */
  async numbers(chart: Locator): Promise<{ head: string[]; rows: (string | number)[][] }> {
    await chart.locator('.chart-numbers > summary').click();
    await chart.locator('.chart-numbers tbody tr').first().waitFor();
    const table = await chart.locator('.chart-numbers table').evaluate((element) => ({
      head: [...element.querySelectorAll('thead th')].map((cell) => cell.textContent ?? ''),
      rows: [...element.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => { const value = cell.querySelector('data')?.getAttribute('value'); return value === undefined || value === null ? cell.textContent ?? '' : Number(value); })),
    }));
    await chart.locator('.chart-numbers > summary').click();
    return table;
  }
}

describe('charts of a table', () => {
  let workbench: Workbench, window: Window, tabs: ChartTabs, workspace: string | undefined;

  before(async function () {
    workspace = packWorkspace({ 'iris.csv': 'tabular/iris.csv', 'iris.onnx': 'onnx/iris_torch_mlp.onnx', 'loans.csv': 'tabular/lending-club.csv', 'loans.onnx': 'onnx/tabular_lendingclub_xgboost.onnx' });
    if (!workspace) return this.skip();
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
    tabs = new ChartTabs(window);
    workbench.page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) violations.push(message.text()); });
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const violations: string[] = [];
  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `table-${name}.png`) });
  const scrollTo = async (place: Locator): Promise<void> => { await place.evaluate((element) => element.scrollIntoView({ block: 'start' })); await workbench.page.waitForTimeout(400); };

  it('draws a point for every row and feature of iris; what they add leads from the base to the score', async () => {
    await window.fileMenu('iris.csv', 'Explain this table');
    await window.pick('iris.onnx');
    await tabs.open('SHAP');
    await tabs.ended(tabs.shap);
    const swarm = tabs.chart('row by row'), { head, rows } = await tabs.numbers(swarm);
    assert.equal(rows.length, 150);
    assert.equal(head.length, 2 + 4 + 2);
    await swarm.locator('svg.plot .points circle').nth(599).waitFor();
    assert.equal(await swarm.locator('svg.plot .points circle').count(), rows.length * 4);
    for (const [row, base, ...rest] of rows as [string, ...number[]][]) {
      const score = rest.pop()!, sum = rest.reduce((total, value) => total + value, base!);
      assert.ok(Math.abs(sum - score) < 1e-5, `row ${row}: ${sum} for ${score}`);
    }
    const bars = await tabs.numbers(tabs.chart('How much each feature adds'));
    assert.deepEqual(bars.rows.map(([name]) => name), head.slice(2, 6));
    bars.rows.forEach(([name, size], at) => {
      const mean = rows.reduce((sum, cells) => sum + Math.abs(cells[2 + at] as number), 0) / rows.length;
      assert.ok(Math.abs(mean - (size as number)) < 1e-9, `${name}: ${mean} for ${size}`);
    });
    await shot('shap-iris-dark');
  });

  it('goes from a click on a feature or a row of the numbers to the same in every chart', async () => {
    const bars = tabs.chart('How much each feature adds'), swarm = tabs.chart('row by row'), names = await bars.locator('svg.plot .feature text').evaluateAll((texts) => texts.map((text) => text.firstChild!.textContent!));
    await bars.locator('svg.plot .feature text').nth(1).click();
    await swarm.locator('svg.plot .chosen-feature').waitFor({ state: 'attached' });
    await tabs.chart(`What ${names[1]} adds, along its values`).waitFor();
    await swarm.locator('.chart-numbers > summary').click();
    const button = swarm.locator('.chart-numbers tbody .link').nth(3), number = await button.innerText();
    await button.focus();
    await workbench.page.keyboard.press('Enter');
    await tabs.shap.locator('.chosen-row', { hasText: `Row ${number}` }).waitFor();
    assert.equal(await swarm.locator('svg.plot .chosen-row circle').count(), 4);
    await swarm.locator('.chart-numbers > summary').click();
  });

  it('chooses the row of a point that is clicked', async () => {
    const point = tabs.chart('along its values').locator('svg.plot .points circle').nth(10);
    await point.scrollIntoViewIfNeeded();
    const box = (await point.boundingBox())!;
    await workbench.page.mouse.move(box.x + 30, box.y + 5);
    await workbench.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
    const tip = tabs.chart('along its values').locator('svg.plot [aria-label="tip"] text');
    await tip.waitFor();
    const row = /Row (\d+)/.exec((await tip.textContent()) ?? '')![1]!;
    await workbench.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await tabs.shap.locator('.chosen-row', { hasText: `Row ${row}:` }).waitFor();
    await shot('shap-iris-chosen-dark');
  });

  it('copies the numbers, and writes drawings that stand by themselves', async () => {
    const bars = tabs.chart('How much each feature adds');
    await bars.locator('.chart-menu').click();
    assert.deepEqual(await tabs.body.locator('.menu .menu-item').allInnerTexts(), ['Save as SVG…', 'Save as PNG…', 'Save as CSV…', 'Copy as CSV']);
    await tabs.body.locator('.menu-item', { hasText: 'Copy as CSV' }).click();
    await workbench.page.waitForTimeout(500);
    const copied = await workbench.page.evaluate(() => navigator.clipboard.readText());
    assert.equal(Papa.parse<string[]>(copied, { skipEmptyLines: true }).data.length, 5);
    // The picture is made from the SVG file: both are caught on their way, since no file can be chosen here.
    await tabs.body.evaluate(() => {
      const make = URL.createObjectURL.bind(URL), encode = HTMLCanvasElement.prototype.toBlob;
      URL.createObjectURL = (blob: Blob) => { void blob.text().then((text) => { document.body.dataset.caughtSvg = text; }); return make(blob); };
      HTMLCanvasElement.prototype.toBlob = function toBlob(callback: BlobCallback, type?: string) {
        encode.call(this, (blob) => { void blob?.arrayBuffer().then((bytes) => { document.body.dataset.caughtPng = btoa(String.fromCharCode(...new Uint8Array(bytes))); }); callback(blob); }, type);
      };
    });
    await tabs.chart('along its values').locator('.chart-menu').click();
    await tabs.body.locator('.menu-item', { hasText: 'Save as PNG…' }).click();
    await tabs.window.webview.locator('body[data-caught-svg][data-caught-png]').waitFor({ state: 'attached' });
    await workbench.page.keyboard.press('Escape');
    const { caughtSvg, caughtPng } = await tabs.body.evaluate((element) => ({ ...element.dataset })), svg = caughtSvg!, png = Buffer.from(caughtPng!, 'base64');
    fs.writeFileSync(path.join(screenshots, 'table-saved.svg'), svg);
    fs.writeFileSync(path.join(screenshots, 'table-saved.png'), png);
    assert.ok(!/var\(|color-mix|class=|<style|aria-/.test(svg), 'colours are written in');
    assert.equal(svg.match(/<circle /g)!.length, 151, 'every row, and a ring around the chosen one');
    const [, width, height] = /^<\?xml[^>]*>\s*<svg[^>]* width="(\d+)" height="(\d+)"/.exec(svg)!;
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [2 * Number(width), 2 * Number(height)]);
    assert.ok(png.length > 10_000);
  });

  it('shows what pairs of features do, one pair as a map, and sensitivities', async () => {
    await tabs.open('Interactions');
    await tabs.ended(tabs.interactions, 3);
    const { rows } = await tabs.numbers(tabs.chart('The strongest pairs'));
    assert.equal(rows.length, 6);
    assert.ok(rows.every(([, value], at) => at === 0 || (value as number) <= (rows[at - 1]![1] as number)), JSON.stringify(rows));
    assert.equal(await tabs.chart('Every pair').locator('svg.plot .cells rect').count(), 12);
    const map = await tabs.numbers(tabs.chart('Partial dependence')), cells = await tabs.chart('Partial dependence').locator('svg.plot .cells rect').count();
    assert.equal(cells, map.rows.length);
    assert.equal(await tabs.chart('Partial dependence').locator('svg.plot .no-rows-near rect').count(), map.rows.filter((row) => row[3] === 'no').length);
    const effects = await tabs.numbers(tabs.chart('beyond each alone'));
    assert.ok(effects.rows.length >= 9 && effects.rows.every((row) => Number.isFinite(row[2])));
    const sobol = await tabs.numbers(tabs.chart('Sobol'));
    assert.equal(sobol.rows.length, 4);
    assert.ok((sobol.rows[0]![3] as number) > 0.1, JSON.stringify(sobol.rows));
    assert.equal(await tabs.chart('Morris').locator('svg.plot .features circle').count(), 4);
    await shot('interactions-iris-dark');
    await scrollTo(tabs.chart('Partial dependence'));
    await shot('interactions-iris-maps-dark');
    await scrollTo(tabs.chart('Sobol'));
    await shot('interactions-iris-sensitivity-dark');
  });

  it('looks into a pair that is clicked', async () => {
    const cell = tabs.chart('Every pair').locator('svg.plot .cells rect').nth(9);
    await cell.scrollIntoViewIfNeeded();
    await cell.click();
    await tabs.ended(tabs.interactions, 2);
    const labels = await tabs.interactions.locator('select').evaluateAll((elements) => elements.map((element) => (element as HTMLSelectElement).selectedOptions[0]!.textContent!));
    assert.equal(await tabs.chart('Partial dependence').locator('svg.plot [aria-label="x-axis label"]').textContent(), labels[1]);
  });

  it('draws 16 features of loans, numbers and words, in every theme', async () => {
    await window.fileMenu('loans.csv', 'Explain this table');
    await window.pick('loans.onnx');
    await tabs.body.locator('.names', { hasText: 'loans.csv' }).waitFor();
    await tabs.open('SHAP');
    const count = tabs.shap.locator('input[name="rows"]');
    await count.waitFor();
    await count.fill('40');
    await count.press('Enter');
    await tabs.ended(tabs.shap);
    const swarm = tabs.chart('row by row'), { head, rows } = await tabs.numbers(swarm);
    assert.equal(rows.length, 40);
    assert.equal(head.length, 2 + 12 + 2);
    await swarm.locator('svg.plot .points circle').nth(12 * 40 - 1).waitFor();
    assert.equal(await swarm.locator('svg.plot .points circle').count(), 12 * 40);
    for (const [row, base, ...rest] of rows as [string, ...number[]][]) {
      const score = rest.pop()!, sum = rest.reduce((total, value) => total + value, base!);
      assert.ok(Math.abs(sum - score) < 1e-5, `row ${row}: ${sum} for ${score}`);
    }
    await tabs.shap.locator('vscode-button', { hasText: 'Show more features' }).click();
    await swarm.locator('svg.plot .points circle').nth(16 * 40 - 1).waitFor();
    await shot('shap-loans-dark');
    await scrollTo(swarm);
    await window.setTheme('Light Modern');
    await shot('shap-loans-light');
    await window.setTheme('Dark High Contrast');
    await shot('shap-loans-contrast');
    await workbench.page.setViewportSize({ width: 860, height: 900 });
    await workbench.page.waitForTimeout(600);
    await shot('shap-loans-narrow');
    await workbench.page.setViewportSize({ width: 1280, height: 800 });
    await window.setTheme('Light Modern');
  });

  it('draws pairs of numbers and words of loans', async () => {
    await tabs.open('Interactions');
    await tabs.interactions.locator('.table-status').nth(0).and(tabs.body.locator('[data-run="finished"]')).waitFor({ timeout: 200_000 });
    await tabs.interactions.locator('select').nth(1).selectOption({ label: 'term' });
    await tabs.interactions.locator('select').nth(2).selectOption({ label: 'fico_score' });
    const map = tabs.chart('Partial dependence');
    await map.locator('svg.plot [aria-label="x-axis label"]', { hasText: 'term' }).waitFor({ state: 'attached' });
    await tabs.interactions.locator('.table-status').nth(1).and(tabs.body.locator('[data-run="finished"]')).waitFor({ timeout: 200_000 });
    assert.deepEqual(await map.locator('svg.plot [aria-label="x-axis tick label"] text').allTextContents(), ['36 months', '60 months']);
    // Of 500 rows those within the map: partial dependence ends at the 5th and 95th percentile.
    await map.locator('svg.plot .rows circle').nth(399).waitFor();
    assert.ok(await map.locator('svg.plot .rows circle').count() <= 500);
    await scrollTo(map);
    await shot('interactions-loans-light');
  });

  it('breaks none of the rules of its page', () => {
    assert.deepEqual(violations, []);
  });
});
