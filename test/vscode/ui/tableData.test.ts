import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { writeOnnxStandalone } from '../../../src/formats/onnx/write';
import type { ValueInfo } from '../../../src/graph/graph';
import { Random } from '../../../src/tensor/random';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { init, node } from '../../unit/autodiff/tinyModel';
import { makeModel } from '../../unit/autodiff/runGraph';
import { arrowFile, parquetBytes, tableFromArrays } from '../../unit/data/columnarFiles';
import { Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

const port = (name: string, width: number): ValueInfo => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: ['N', width] } });

/** The probability that a standardised income and twice a standardised age are above 0. */
const network = makeModel({
  inputs: [port('x', 2)], outputs: [port('p', 1)], initializers: new Map([['w', init([2, 1], [3, 6])], ['b', init([1], [0])]]), nodes: [node(['Gemm', ['x', 'w', 'b'], ['z']]), node(['Sigmoid', ['z'], ['p']])],
}, 13);

describe('The data of "Explain this table"', () => {
  let workbench: Workbench, window: Window, workspace: string | undefined;

  before(async function () {
    workspace = packWorkspace({ 'iris.csv': 'tabular/iris.csv', 'iris.onnx': 'onnx/iris_torch_mlp.onnx' });
    if (!workspace) return this.skip();
    const [, ...lines] = fs.readFileSync(path.join(workspace, 'iris.csv'), 'utf8').trim().split('\n'), iris = ['sepal length', 'sepal width', 'petal length', 'petal width', 'species'].map((name, at) => ({ name, data: lines.map((line) => Number(line.split(',')[at])) }));
    fs.writeFileSync(path.join(workspace, 'flowers.parquet'), parquetBytes(iris.map((column, at) => ({ ...column, type: at < 4 ? 'FLOAT' as const : 'INT32' as const })), { rowGroupSize: 60 }));
    fs.writeFileSync(path.join(workspace, 'flowers.feather'), arrowFile(tableFromArrays(Object.fromEntries(iris.map(({ name, data }) => [name, Float64Array.from(data)])))));
    fs.writeFileSync(path.join(workspace, 'flowers.arrow'), 'ARROW1');
    const random = new Random(4), rows = Array.from({ length: 400 }, () => [random.normal(), random.normal()] as const);
    fs.writeFileSync(path.join(workspace, 'people.csv'), `name,income,age,target\n${rows.map(([a, b], row) => `person ${row},${Math.round(50_000 + 9_000 * a)},${Math.round(45 + 12 * b)},${a + 2 * b > 0 ? 'yes' : 'no'}`).join('\n')}\n`);
    fs.writeFileSync(path.join(workspace, 'people.onnx'), await writeOnnxStandalone(network));
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    window = new Window(workbench.page);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const body = (): Locator => window.webview.locator('body'), tab = (): Locator => body().locator('.data-tab');
  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `table-data-${name}.png`) });
  const choose = (line: string, part: string): Locator => tab().locator(`[data-line="${line}"] [data-part="${part}"]`);
  async function open(file: string, model: string): Promise<void> {
    await window.fileMenu(file, 'Explain this table');
    await window.pick(model);
    await body().locator('.names', { hasText: file }).waitFor();
    await body().locator('.tab[data-tab="data"]').click();
    await tab().locator('.mapping-lines').waitFor({ timeout: 60_000 });
  }

  it('a Parquet file from the Explorer: what it holds and what feeds the model', async () => {
    await open('flowers.parquet', 'iris.onnx');
    assert.match(await tab().locator('.data-file').innerText(), /150 rows.*The file is Parquet/s);
    assert.match(await body().locator('.mapping-words').innerText(), /4 features become 4 numbers.*98/s);
    assert.equal(await tab().locator('.data-columns tbody tr').count(), 5);
    assert.equal(await tab().locator('.mapping-lines tbody tr[data-line]').count(), 4);
    assert.match(await tab().locator('.data-columns tbody tr').nth(4).innerText(), /species.*whole numbers.*3.*0 … 2.*label/s);
    await shot('parquet-dark');
  });

  it('another column is tried at once; the page explains with it when told to, and goes back', async () => {
    const features = body().locator('.tab[data-tab="features"]');
    await choose('input/0', 'column').focus();
    await choose('input/0', 'column').selectOption({ label: 'petal width' });
    await tab().locator('xpath=self::*[@data-tried="fits"]').waitFor();
    assert.doesNotMatch(await tab().locator('.data-said').innerText(), /98/);
    await tab().locator('vscode-button', { hasText: 'Explain with this' }).click();
    await tab().locator('vscode-badge:visible', { hasText: 'tried, not saved' }).waitFor();
    await features.click();
    await body().locator('.feature-rows .feature-row').first().waitFor();
    await body().locator('.tab[data-tab="data"]').click();
    await tab().locator('vscode-button', { hasText: 'Reset' }).click();
    await body().locator('.mapping-words', { hasText: '98' }).waitFor();
    await tab().locator('.mapping-lines').waitFor();
    assert.equal(await tab().locator('vscode-badge:visible', { hasText: 'tried, not saved' }).count(), 0);
  });

  it('what cannot be is said in place', async () => {
    await choose('input/3', 'kind').waitFor();
    await choose('input/3', 'scale').selectOption('range');
    await choose('input/3', 'high').fill('0.1');
    await choose('input/3', 'high').press('Enter');
    assert.equal(await choose('input/3', 'high').inputValue(), '2.5', 'a range of nothing is not taken');
    await tab().locator('vscode-button', { hasText: 'Reset' }).click();
    await choose('input/3', 'high').waitFor({ state: 'detached' });
  });

  it('columns are left out and added; how many numbers the model takes is said', async () => {
    await choose('input/1', 'out').click();
    await tab().locator('.data-said.wrong', { hasText: /3 numbers.*expected 4/ }).waitFor();
    assert.match(await tab().locator('.mapping-lines .total').innerText(), /3 numbers in all/);
    await tab().locator('[data-more="input"]').click();
    await tab().locator('.data-said:not(.wrong)', { hasText: '4 features' }).waitFor();
    await tab().locator('vscode-button', { hasText: 'Reset' }).click();
    assert.equal(await tab().locator('.mapping-lines tbody tr[data-line]').count(), 4);
  });

  it('scaling nobody stated is offered, tried, and saved beside the model', async () => {
    await open('people.csv', 'people.onnx');
    const offer = tab().locator('.scaling-offer.better');
    assert.match(await offer.innerText(), /seems to expect scaled numbers.*Nothing was changed/s);
    await shot('scaling-dark');
    await offer.locator('[data-take="standardise"]').click();
    await tab().locator('xpath=self::*[@data-tried="fits"]').waitFor();
    assert.match(await tab().locator('.data-said').innerText(), /gives the label of (9\d|100)/);
    assert.match(await choose('x/0', 'mean').inputValue(), /^(49|50)\d{3}/);
    await shot('scaling-tried-dark');
    await tab().locator('vscode-button', { hasText: 'Save beside the model' }).click();
    await tab().locator('.data-said', { hasText: 'Saved in people.lens.json' }).waitFor();
    const saved = JSON.parse(fs.readFileSync(path.join(workspace!, 'people.lens.json'), 'utf8')) as { inputs: { x: { kind: string; columns: { name: string; mean: number }[] } } };
    assert.deepEqual(saved.inputs.x.columns.map(({ name }) => name), ['income', 'age']);
    await tab().locator('.scaling-offer').waitFor({ state: 'detached' });
    await window.setTheme('Light Modern');
    await shot('saved-light');
  });

  it('columns that do not fit can be chosen in place', async () => {
    await open('flowers.feather', 'people.onnx');
    assert.match(await body().locator('.table-status').innerText(), /there is no column 'income'/);
    assert.match(await tab().locator('.data-said').innerText(), /Choose what feeds it/);
    await shot('does-not-fit-light');
    for (const [line, name] of [['x/0', 'petal length'], ['x/1', 'petal width']] as const) {
      await choose(line, 'column').focus();
      await choose(line, 'column').selectOption({ label: name });
    }
    await tab().locator('xpath=self::*[@data-tried="fits"]').waitFor();
    assert.match(await tab().locator('.data-said').innerText(), /2 features become 2 numbers/);
    await tab().locator('vscode-button', { hasText: 'Explain with this' }).click();
    await body().locator('.tab[data-tab="features"]').click();
    await body().locator('.feature-rows .feature-row').nth(1).waitFor();
    await body().locator('.tab[data-tab="data"]').click();
    await workbench.page.setViewportSize({ width: 820, height: 900 });
    await workbench.page.waitForTimeout(500);
    await shot('narrow-light');
    await workbench.page.setViewportSize({ width: 1280, height: 800 });
  });

  it('a damaged file says so in one line', async () => {
    await window.fileMenu('flowers.arrow', 'Explain this table');
    await window.pick('iris.onnx');
    const said = body().locator('.table-status .error-text');
    await said.waitFor({ timeout: 60_000 });
    assert.match(await said.innerText(), /flowers\.arrow: cannot be read as Arrow/);
  });
});
