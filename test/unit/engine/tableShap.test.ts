/** What rows add up to, through the engine: real models with their tables, one-hot groups as one feature, words, missing cells. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explainTable } from '../../../src/engine/jobs/table';
import { fitTable, readSource, tableModel, type OpenedTable } from '../../../src/engine/table/openedTable';
import { writeOnnxStandalone } from '../../../src/formats/onnx/write';
import type { Background } from '../../../src/methods/table/tableMethod';
import type { Space } from '../../../src/engine/table/tableModel';
import type { ExplainTableParams, TableSource } from '../../../src/protocol/table';
import { Random } from '../../../src/tensor/random';
import { init, node } from '../autodiff/tinyModel';
import { makeModel } from '../autodiff/runGraph';
import { folderWith, needShared } from '../data/support';

const { signal } = new AbortController(), local = ['kernel-shap', 'exact-shap', 'permutation-shap', 'lime', 'ceteris-paribus', 'nearest-rows'], slopes = ['integrated-gradients', 'deeplift'];

describe('engine/table, rows explained', function () {
  this.timeout(120_000);
  let engine: Engine;
  before(() => { engine = new Engine(__filename); });
  after(() => engine.close());

  const fit = async (source: TableSource): Promise<OpenedTable> => fitTable(engine, source, await readSource(engine, source, signal, () => undefined), { signal, warn: () => undefined });
  const explain = (params: ExplainTableParams) => explainTable(engine, params, { signal, progress: () => undefined });

  /** Mixed rows written straight into the model's numbers score as rows mixed by hand do. */
  async function agree(opened: OpenedTable, targets: readonly (readonly [number, Space])[]): Promise<void> {
    const { data } = opened, width = opened.mapping.features.length, random = new Random(4), weights = Float64Array.of(0.5, 0.25, 0.125, 0.0625, 0.0625);
    for (const [target, space] of targets) {
      const view = await tableModel(opened, target, space, signal), row = data.values.slice(7 * width, 8 * width);
      const backgrounds: readonly Background[] = [{ count: 5, values: data.values.slice(0, 5 * width), weights }, { count: 3, values: data.values.slice(20 * width, 23 * width) }];
      for (const background of backgrounds) {
        const coalitions = Array.from({ length: 60 }, () => Uint8Array.from({ length: width }, () => random.integer(2))), found = await view.mixedScores!(row, background, coalitions);
        const values = Float64Array.from({ length: 60 * background.count * width }, (_, i) => {
          const feature = i % width, mixed = Math.floor(i / width);
          return coalitions[Math.floor(mixed / background.count)]![feature] ? row[feature]! : background.values[(mixed % background.count) * width + feature]!;
        });
        const scores = await view.scores({ count: 60 * background.count, values });
        found.forEach((value, k) => {
          const expected = Array.from({ length: background.count }, (_, b) => scores[k * background.count + b]! * (background.weights?.[b] ?? 1 / background.count)).reduce((sum, part) => sum + part, 0);
          assert.ok(Math.abs(value - expected) < 1e-5 * Math.max(1, Math.abs(expected)), `${space} of ${target}, coalition ${k}: ${value} and ${expected}`);
        });
      }
    }
  }

  it('mixed rows score as rows mixed by hand: one matrix, probabilities and logits', async function () {
    await agree(await fit({ model: needShared(this, 'golden/models/breast_cancer_mlp.onnx'), file: needShared(this, 'pack/tabular/breast_cancer.csv') }), [[0, 'probability'], [1, 'probability'], [0, 'logit'], [1, 'output']]);
    await agree(await fit({ model: needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file: needShared(this, 'pack/tabular/iris.csv') }), [[0, 'probability'], [2, 'logit']]);
  });

  it('… and one-hot groups of a tree ensemble', async function () {
    await agree(await fit({ model: needShared(this, 'pack/onnx/tabular_lendingclub_xgboost.onnx'), file: needShared(this, 'pack/tabular/lending-club.csv') }), [[0, 'probability'], [1, 'probability']]);
  });

  it('iris: all methods about a row, in probability and logit; a summary names its rows', async function () {
    const base = { model: needShared(this, 'pack/onnx/iris_torch_mlp.onnx'), file: needShared(this, 'pack/tabular/iris.csv') };
    for (const method of [...local, ...slopes]) {
      for (const space of ['probability', 'logit'] as const) {
        const { finding, record, numbers } = await explain({ ...base, method, row: 60, space });
        assert.equal(record.target.name, 'versicolor');
        if (finding.kind !== 'attributions') continue;
        assert.deepEqual(numbers, [60]);
        assert.deepEqual([...finding.rows], [5, 2, 3.5, 1]);
        if (method === 'lime') continue;
        const sum = finding.base + finding.values.reduce((total, value) => total + value, 0), off = slopes.includes(method) ? 0.01 * Math.abs(finding.scores[0]! - finding.base) : 1e-5;
        assert.ok(Math.abs(sum - finding.scores[0]!) <= off + 1e-6, `${method} in ${space}: ${sum} and ${finding.scores[0]}`);
      }
    }
    const { finding, numbers } = await explain({ ...base, method: 'shap-summary', parameters: { rows: 12 } });
    assert.ok(finding.kind === 'attributions' && numbers!.length === 12 && new Set(numbers).size === 12);
  });

  it('lending club: categories are one feature each, and no gradient is asked of trees', async function () {
    const base = { model: needShared(this, 'pack/onnx/tabular_lendingclub_xgboost.onnx'), file: needShared(this, 'pack/tabular/lending-club.csv') };
    const { finding, record } = await explain({ ...base, method: 'permutation-shap', row: 3 });
    assert.ok(finding.kind === 'attributions' && finding.values.length === record.reading.mapping.features.length);
    assert.ok(record.checks.find(({ id }) => id === 'additivityDelta')!.ok);
    await assert.rejects(explain({ ...base, method: 'integrated-gradients', row: 3 }), /no gradient to its features/);
    for (const method of ['ceteris-paribus', 'nearest-rows', 'lime', 'morris']) assert.ok((await explain({ ...base, method, row: 3, parameters: method === 'morris' ? { nSamples: 5 } : {} })).record.numbers);
  });

  it('words, missing cells and a value: linear in closed form', async () => {
    // 3 · size + price of the town; an unknown town costs nothing.
    const model = makeModel({
      inputs: [{ name: 'Town', type: { kind: 'tensor', dtype: 'string', dims: ['N', 1] } }, { name: 'Size', type: { kind: 'tensor', dtype: 'float32', dims: ['N', 1] } }],
      outputs: [{ name: 'price', type: { kind: 'tensor', dtype: 'float32', dims: ['N', 1] } }],
      initializers: new Map([['flat', init([2], [-1, 2], 'int64')], ['costs', init([2, 1], [10, 40])], ['three', init([1], [3])]]),
      nodes: [
        node(['ai.onnx.ml:OneHotEncoder', ['Town'], ['hot'], { cats_strings: { strings: ['Bergen', 'Cork'] }, zeros: 1 }]), node(['Reshape', ['hot', 'flat'], ['town']]),
        node(['MatMul', ['town', 'costs'], ['cost']]), node(['Mul', ['Size', 'three'], ['ground']]), node(['Add', ['cost', 'ground'], ['price']]),
      ],
    }, 13);
    const folder = folderWith({ 'towns.csv': 'town,size,price\nBergen,1,13\nCork,2,46\nBergen,,10\n,3,9\nCork,6,58\nBergen,4,22\n' }), file = path.join(folder, 'towns.onnx');
    fs.writeFileSync(file, await writeOnnxStandalone(model));
    const source = { model: file, file: path.join(folder, 'towns.csv'), label: 'price' };
    for (const method of ['kernel-shap', 'exact-shap', 'permutation-shap']) {
      const { finding, record } = await explain({ ...source, method, row: 4 });
      assert.ok(finding.kind === 'attributions');
      assert.equal(record.reading.task, 'regression');
      // The row without a size has no score, and stands for nothing: sizes 1, 2, 3, 6, 4 and towns 10, 40, 0, 40, 10 are left.
      const names = record.reading.mapping.features.map(({ feature }) => feature.name), value = (name: string): number => finding.values[names.findIndex((other) => other.toLowerCase() === name)]!;
      assert.ok(Math.abs(value('size') - 3 * (6 - 3.2)) < 1e-4 && Math.abs(value('town') - (40 - 20)) < 1e-4, `${method}: ${[...finding.values].join()}`);
      assert.equal(record.checks.find(({ id }) => id === 'finite')!.value, 1);
    }
    await assert.rejects(explain({ ...source, method: 'kernel-shap', row: 2 }), /score of this row is no number \(it lacks values\)/);
    const { finding } = await explain({ ...source, method: 'shap-summary' });
    assert.ok(finding.kind === 'attributions' && finding.places.length === 5);
  });
});
