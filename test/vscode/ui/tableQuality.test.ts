import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import type { Locator } from 'playwright-core';
import { writeOnnxStandalone } from '../../../src/formats/onnx/write';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { censusColumns } from '../../unit/engine/census';
import { fitLinear, linearRegressor } from '../../unit/engine/linearModels';
import { Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

/** The tab that tells how good a model is. */
class QualityPage {
  constructor(private readonly window: Window) {}

  get body(): Locator { return this.window.webview.locator('body'); }
  get root(): Locator { return this.body.locator('.quality-tab'); }
  get rows(): Locator { return this.root.locator('.listed-rows .listed-row[data-number]'); }
  get listWords(): Locator { return this.root.locator('.row-list-words'); }

  async open(): Promise<void> {
    await this.body.locator('.tab[data-tab="quality"]').click();
    await this.ended();
  }
  async ended(): Promise<void> {
    await this.root.locator('.table-status[data-run="finished"]').waitFor({ timeout: 120_000 });
  }
  figure(id: string): Locator { return this.root.locator(`[data-figure="${id}"] .figure-value`); }
  section(title: string): Locator { return this.root.locator(`.quality-section[aria-label="${title}"]`); }
  /** Says in words which rows are listed, once they have come. */
  async listed(words: RegExp): Promise<void> {
    await this.listWords.filter({ hasText: words }).waitFor({ timeout: 30_000 });
    await this.rows.first().waitFor({ timeout: 30_000 });
  }
}

describe('the quality of a model on a table', () => {
  let workbench: Workbench, window: Window, page: QualityPage, workspace: string | undefined;

  before(async function () {
    workspace = packWorkspace({ 'iris.csv': 'tabular/iris.csv', 'iris.onnx': 'onnx/iris_torch_mlp.onnx', 'lending.csv': 'tabular/lending-club.csv', 'lending.onnx': 'onnx/tabular_lendingclub_xgboost.onnx', 'adult.csv': 'tabular/adult.data', 'adult.h5': 'keras/dice_adult_tf2.h5', 'raw.gz': 'tabular/diabetes_data_raw.csv.gz' });
    if (!workspace) return this.skip();
    const rows = zlib.gunzipSync(fs.readFileSync(path.join(workspace, 'raw.gz'))).toString().trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    fs.rmSync(path.join(workspace, 'raw.gz'));
    fs.writeFileSync(path.join(workspace, 'diabetes.csv'), `age,sex,bmi,bp,s1,s2,s3,s4,s5,target\n${rows.map((row) => row.join(',')).join('\n')}\n`);
    fs.writeFileSync(path.join(workspace, 'linear.onnx'), await writeOnnxStandalone(linearRegressor([fitLinear(rows.map((row) => row.slice(0, -1)), rows.map((row) => row.at(-1)!))])));
    fs.writeFileSync(path.join(workspace, 'adult.lens.json'), JSON.stringify({ inputs: censusColumns }));
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    await workbench.page.setViewportSize({ width: 1600, height: 1000 });
    window = new Window(workbench.page);
    page = new QualityPage(window);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `quality-${name}.png`) });
  const resize = async (width: number, height: number): Promise<void> => { await workbench.page.setViewportSize({ width, height }); await workbench.page.waitForTimeout(500); };

  it('iris: figures, the confusion matrix, a cell of it as rows, and a row to its explanation', async () => {
    await window.fileMenu('iris.csv', 'Explain this table');
    await window.pick('iris.onnx');
    await page.open();
    assert.match(await page.figure('accuracy').innerText(), /98\.0/);
    assert.equal(await page.root.locator('.confusion-cell').count(), 9);
    await page.listed(/All rows.*150 rows/s);
    await shot('iris-dark');
    await page.root.locator('[data-cell="1 2"]').click();
    await page.listed(/versicolor, said to be virginica.*3 rows/s);
    assert.equal(await page.rows.count(), 3);
    await page.rows.first().click();
    const number = await page.rows.first().getAttribute('data-number');
    await page.root.locator('.row-list-foot', { hasText: `Row ${number}` }).waitFor();
    await page.root.locator('.row-list-foot vscode-button').click();
    await page.body.locator('.tab[data-tab="row"][aria-selected="true"]').waitFor();
  });

  it('goes through cells and rows by keyboard, and sorts by a column', async () => {
    await page.body.locator('.tab[data-tab="quality"]').click();
    await page.root.locator('.row-list-words button', { hasText: 'Show all rows' }).click();
    await page.listed(/All rows/);
    await page.root.locator('[data-cell="0 0"]').focus();
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.page.keyboard.press('Enter');
    await page.listed(/versicolor, said to be so.*47 rows/s);
    await page.root.locator('.row-list-scroller').focus();
    await workbench.page.keyboard.press('End');
    await page.root.locator('.listed-row[aria-rowindex="48"][aria-selected="true"]').waitFor();
    await page.root.locator('.listed-row.head button', { hasText: 'Row' }).click();
    await page.root.locator('.listed-row.head [aria-sort="ascending"]', { hasText: 'Row' }).waitFor();
    await page.rows.first().waitFor();
    const numbers = (await page.rows.evaluateAll((rows) => rows.map((row) => Number((row as HTMLElement).dataset.number))));
    assert.ok(numbers.every((number, at) => at === 0 || number > numbers[at - 1]!), numbers.join(' '));
  });

  it('lending club: slices and groups, with their rows', async () => {
    await window.fileMenu('lending.csv', 'Explain this table');
    await window.pick('lending.onnx');
    await page.body.locator('.names', { hasText: 'lending.csv' }).waitFor();
    await page.open();
    const slice = page.root.locator('.slice', { hasText: 'term = 60 months' }).first();
    await slice.click();
    await page.listed(/term = 60 months/);
    assert.equal(await page.root.locator('.slice[aria-pressed="true"]').count(), 1);
    await shot('lending-slices-dark');
    await page.section('Groups').locator('select').selectOption({ label: 'home_ownership' });
    await page.root.locator('.gaps li').first().waitFor({ timeout: 60_000 });
    await page.ended();
    assert.equal(await page.root.locator('.gaps li').count(), 4);
    await page.section('Groups').scrollIntoViewIfNeeded();
    await page.section('Groups').locator('.chart .chart-group text', { hasText: 'MORTGAGE' }).first().click();
    await page.listed(/home_ownership: MORTGAGE.*the worst 1,000 of 1,778/s);
    await shot('lending-groups-dark');
    await window.setTheme('Light Modern');
    await shot('lending-groups-light');
    await page.root.locator('.quality-main').evaluate((main) => { main.scrollTop = 0; });
    await workbench.page.waitForTimeout(300);
    await shot('lending-light');
    await resize(760, 1000);
    await shot('lending-narrow');
    await resize(1600, 1000);
  });

  it('adult: whether men and women are treated alike', async () => {
    await window.fileMenu('adult.csv', 'Explain this table');
    await window.pick('adult.h5');
    await page.body.locator('.names', { hasText: 'adult.csv' }).waitFor();
    await page.open();
    await page.section('Groups').locator('select').selectOption({ label: 'gender' });
    const gap = page.root.locator('[data-gap="demographicParity"]');
    await gap.waitFor({ timeout: 60_000 });
    assert.match(await gap.innerText(), /of Male, [\d.]+.% of Female; a gap of 2\d\.\d ± 0\.\d points, a ratio of 0\.3\d/);
    await page.section('Groups').scrollIntoViewIfNeeded();
    await shot('adult-groups-light');
    await page.section('Groups').locator('.chart-bar rect').first().click();
    await page.listed(/gender: Male.*the worst 1,000 of/s);
  });

  it('values: said and true, residuals, and a point that chooses its row', async () => {
    await window.fileMenu('diabetes.csv', 'Explain this table');
    await window.pick('linear.onnx');
    await page.body.locator('.names', { hasText: 'diabetes.csv' }).waitFor();
    await page.open();
    assert.ok(Number(await page.figure('r2').innerText()) > 0.3);
    assert.equal(await page.section('How far off it is').locator('.chart').count(), 2);
    const first = page.section('How far off it is').locator('.chart').first();
    await first.locator('.chart-row circle').nth(40).waitFor();
    const box = (await first.locator('.chart-row circle').nth(40).boundingBox())!;
    await workbench.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await workbench.page.waitForTimeout(200);
    await workbench.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.root.locator('.row-list-foot', { hasText: /Row \d+/ }).waitFor();
    await first.locator('.chart-numbers summary').click();
    assert.equal(await first.locator('.chart-numbers tbody tr').count(), 442);
    await first.locator('.chart-numbers summary').click();
    await shot('diabetes-light');
    await window.setTheme('Dark High Contrast');
    await shot('diabetes-high-contrast');
  });

  it('without a label it says what to choose, and lists rows all the same', async () => {
    await page.body.locator('.choose', { hasText: 'Label' }).locator('select').selectOption('');
    await page.root.locator('.quality-without', { hasText: 'Choose the column that holds the truth' }).waitFor({ timeout: 60_000 });
    await page.listed(/All rows.*442 rows/s);
    assert.equal(await page.root.locator('.figure-tile').count(), 0);
    await shot('without-label');
  });
});
