/** Pipelines as scikit-learn's converters write them: an input a column, words, dictionaries of probabilities, classes alone, values. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explainTable, openTable } from '../../../src/engine/jobs/table';
import { fitTable, readSource, tableModel } from '../../../src/engine/table/openedTable';
import { writeOnnxStandalone } from '../../../src/formats/onnx/write';
import type { ModelFile, ValueInfo } from '../../../src/graph/graph';
import type { DType } from '../../../src/tensor/dtype';
import { init, node } from '../autodiff/tinyModel';
import { makeModel } from '../autodiff/runGraph';
import { folderWith } from '../data/support';

const signal = new AbortController().signal, context = { signal, progress: () => undefined };
const port = (name: string, dtype: DType, width: number): ValueInfo => ({ name, type: { kind: 'tensor', dtype, dims: width ? ['N', width] : ['N'] } });
const dictionaries: ValueInfo = { name: 'chances', type: { kind: 'sequence', element: { kind: 'map', key: 'string', value: { kind: 'tensor', dtype: 'float32' } } } };

/** z = age / 10 − 4 and one number a city; says 'old' where 2 z + city > 0. */
function pipeline(outputs: readonly ValueInfo[]): ModelFile {
  return makeModel({
    inputs: [port('AGE', 'float32', 1), port('City', 'string', 1)], outputs,
    initializers: new Map([['flat', init([2], [-1, 3], 'int64')]]),
    nodes: [
      node(['ai.onnx.ml:Scaler', ['AGE'], ['scaled'], { offset: { floats: [40] }, scale: { floats: [0.1] } }]),
      node(['ai.onnx.ml:OneHotEncoder', ['City'], ['hot'], { cats_strings: { strings: ['Oslo', 'Paris', 'Rome'] }, zeros: 1 }]),
      node(['Reshape', ['hot', 'flat'], ['city']]),
      node(['Concat', ['scaled', 'city'], ['row'], { axis: 1 }]),
      node(['ai.onnx.ml:LinearClassifier', ['row'], ['label', 'probabilities'], {
        coefficients: { floats: [-2, 1, 0, -1, 2, -1, 0, 1] }, intercepts: { floats: [0, 0] }, classlabels_strings: { strings: ['young', 'old'] }, post_transform: 'SOFTMAX',
      }]),
      node(['ai.onnx.ml:ZipMap', ['probabilities'], ['chances'], { classlabels_strings: { strings: ['young', 'old'] } }]),
    ].filter(({ opType }) => opType !== 'ZipMap' || outputs.some(({ name }) => name === 'chances')),
  }, 13);
}

const people = 'City,remark,Age,target\nParis,1,30,young\nRome,2,50,old\nOslo,3,41,young\nRome,4,38,old\nLima,5,60,young\n';

/** exp(2 z + city) / (… + exp(−2 z − city)) */
const expected = (age: number, city: number): number => 1 / (1 + Math.exp(-2 * (2 * (age / 10 - 4) + city)));

describe('engine/table with pipelines', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => { engine = new Engine(__filename); });
  after(() => engine.close());

  async function written(model: ModelFile, csv: string): Promise<{ model: string; file: string }> {
    const folder = folderWith({ 'people.csv': csv }), file = path.join(folder, 'model.onnx');
    fs.writeFileSync(file, await writeOnnxStandalone(model));
    return { model: file, file: path.join(folder, 'people.csv') };
  }

  it('inputs find their columns by name, words stay words, and dictionaries are probabilities', async () => {
    const source = await written(pipeline([port('label', 'string', 0), dictionaries]), people), { reading, columns } = await openTable(engine, source, context);
    assert.ok(reading);
    assert.deepEqual(reading.mapping.features.map(({ feature, to }) => [feature.name, feature.kind, to]), [['Age', 'integer', 'AGE'], ['City', 'category', 'City']]);
    assert.deepEqual(columns.map(({ role }) => role), ['feature', 'unused', 'feature', 'label']);
    assert.deepEqual([reading.outputs, reading.task, reading.fit?.value], [['young', 'old'], 'classification', 0.8]);
    const table = await readSource(engine, source, signal, () => undefined), opened = await fitTable(engine, source, table, { signal, warn: () => undefined });
    const scores = await (await tableModel(opened, 1, 'probability', signal)).scores(opened.data);
    [expected(30, 0), expected(50, 1), expected(41, -1), expected(38, 1), expected(60, 0)].forEach((value, row) => assert.ok(Math.abs(scores[row]! - value) < 1e-5, `row ${row}: ${scores[row]}, expected ${value}`));
    assert.deepEqual([...opened.labels!], [0, 1, 0, 1, 0]);
    const { finding } = await explainTable(engine, { ...source, method: 'pdp', features: ['City'] }, context);
    assert.ok(finding.kind === 'curves' && finding.curves[0]!.grid.length === 4);
  });

  it('cells as people write them: quotes, decimal commas, missing values, cities the encoder never saw', async () => {
    const source = await written(pipeline([port('label', 'string', 0), dictionaries]), 'City;Age;target\n"Rome";50,5;old\n"Paris";;young\n"Lima ""the old""";60;old\n;30;young\nParis;60;old\n');
    const table = await readSource(engine, source, signal, () => undefined), warnings: string[] = [], opened = await fitTable(engine, source, table, { signal, warn: (message) => warnings.push(message) });
    assert.deepEqual(opened.mapping.features.map(({ feature: { name, kind, categories } }) => [name, kind, categories]), [['Age', 'number', undefined], ['City', 'category', ['Lima "the old"', 'Paris', 'Rome']]]);
    const scores = await (await tableModel(opened, 1, 'probability', signal)).scores(opened.data);
    // A city without a number of its own, and none at all, add nothing; an age that is missing says nothing.
    [expected(50.5, 1), NaN, expected(60, 0), expected(30, 0), expected(60, 0)].forEach((value, row) => assert.ok(Object.is(value, NaN) ? Number.isNaN(scores[row]) : Math.abs(scores[row]! - value) < 1e-5, `row ${row}: ${scores[row]}, expected ${value}`));
  });

  it('words that are stated, and what cannot be stated of them', async () => {
    const source = await written(pipeline([port('label', 'string', 0), dictionaries]), people.replaceAll('City', 'Town'));
    const { problem, draft, words } = await openTable(engine, source, context);
    assert.match(problem!.message, /there is no column 'City'/);
    assert.deepEqual([words, draft], [['City'], { AGE: { kind: 'table', columns: [{ name: 'AGE', from: 'Age' }] }, City: { kind: 'table', columns: [{ name: 'City', from: 'Town' }] } }]);
    const preprocessing = { AGE: { kind: 'table', columns: ['Age'] }, City: { kind: 'table', columns: [{ name: 'Town', categories: ['Oslo', 'Paris', 'Rome'], also: { Oslo: ['Lima'] } }] } };
    const table = await readSource(engine, source, signal, () => undefined), opened = await fitTable(engine, { ...source, preprocessing }, table, { signal, warn: () => undefined });
    const scores = await (await tableModel(opened, 1, 'probability', signal)).scores(opened.data);
    assert.ok(Math.abs(scores[4]! - expected(60, -1)) < 1e-5 && Math.abs(scores[0]! - expected(30, 0)) < 1e-5, String(scores));
    const again = await openTable(engine, { ...source, preprocessing: opened.reading.mapping.entry }, context);
    assert.equal(again.reading?.fit?.value, opened.reading.fit!.value);
    const wrong = await openTable(engine, { ...source, preprocessing: { ...preprocessing, City: { kind: 'table', columns: [{ name: 'Town', mean: 3 }] } } }, context);
    assert.match(wrong.problem!.message, /states scaled numbers for 'Town', but the model takes its words/);
  });

  it('several values at once: each is explained, none is a class', async () => {
    const model = makeModel({
      inputs: [port('x', 'float32', 2)], outputs: [port('y', 'float32', 3)], initializers: new Map([['w', init([2, 3], [1, 0, 2, 0, 1, -1])]]), nodes: [node(['MatMul', ['x', 'w'], ['y']])],
    }, 13);
    const source = await written(model, `a,b,price\n${Array.from({ length: 40 }, (_, row) => `${row / 4},${(row * 7) % 11},${row * 1.3 + 0.1}`).join('\n')}\n`), { reading } = await openTable(engine, source, context);
    assert.deepEqual([reading?.task, reading?.outputs], ['regression', ['y[0]', 'y[1]', 'y[2]']]);
    const { finding } = await explainTable(engine, { ...source, method: 'pdp', features: ['b'], target: 'y[2]' }, context);
    assert.ok(finding.kind === 'curves');
    const [curve] = finding.curves, slope = (curve!.values.at(-1)! - curve!.values[0]!) / (curve!.grid.at(-1)! - curve!.grid[0]!);
    assert.ok(Math.abs(slope + 1) < 1e-5, String(slope));
  });

  it('a class without scores counts as certain', async () => {
    const { reading, methods } = await openTable(engine, await written(pipeline([port('label', 'string', 0)]), people), context);
    assert.deepEqual([reading?.outputs, reading?.fit?.value, reading?.differentiable], [['young', 'old'], 0.8, false]);
    assert.match(reading!.mapping.assumed.join(' '), /says the class without a score/);
    assert.ok(methods.some(({ applies }) => applies));
  });

  it('values: one number for a continuous label', async () => {
    const model = makeModel({
      inputs: [port('x', 'float32', 2)], outputs: [port('y', 'float32', 1)], initializers: new Map([['w', init([2, 1], [2, -1])], ['b', init([1], [0.5])]]),
      nodes: [node(['Gemm', ['x', 'w', 'b'], ['y']])],
    }, 13);
    const { reading } = await openTable(engine, await written(model, 'a,b,price\n1.5,2,1.5\n2.5,1,4.5\n0,3.5,-3\n1,1,1.5\n'), context);
    assert.deepEqual([reading?.task, reading?.fit?.kind, reading?.outputs], ['regression', 'r2', ['y']]);
    assert.ok(reading!.fit!.value > 1 - 1e-6);
    const { finding } = await explainTable(engine, { ...(await written(model, 'a,b,price\n1.5,2,1.5\n2.5,1,4.5\n0,3.5,-3\n1,1,1.5\n')), method: 'pdp', features: ['a'] }, context);
    assert.ok(finding.kind === 'curves');
    const [curve] = finding.curves, slope = (curve!.values.at(-1)! - curve!.values[0]!) / (curve!.grid.at(-1)! - curve!.grid[0]!);
    assert.ok(Math.abs(slope - 2) < 1e-5);
  });

  it("a table's own one-hot columns are one category", async () => {
    const model = makeModel({
      inputs: [port('x', 'float32', 4)], outputs: [port('y', 'float32', 1)], initializers: new Map([['w', init([4, 1], [1, 10, 20, 30])]]), nodes: [node(['MatMul', ['x', 'w'], ['y']])],
    }, 13);
    const source = await written(model, 'n,work_state,work_private,work_own,price\n0.5,1,0,0,10.5\n1.5,0,1,0,21.5\n2.5,0,0,1,32.5\n3,0,1,0,23.5\n'), { reading } = await openTable(engine, source, context);
    assert.deepEqual(reading?.mapping.features.map(({ feature: { name, categories } }) => [name, categories]), [['n', undefined], ['work', ['state', 'private', 'own']]]);
    assert.ok(reading!.fit!.value > 0.99);
    const again = await openTable(engine, { ...source, preprocessing: reading!.mapping.entry }, context);
    assert.equal(again.reading?.fit?.value, reading!.fit!.value);
  });

  it('names of one-hot groups in a sidecar find the words of one column; other words are all zeros', async () => {
    const model = makeModel({
      inputs: [port('x', 'float32', 3)], outputs: [port('y', 'float32', 1)], initializers: new Map([['w', init([3, 1], [1, 10, 20])]]), nodes: [node(['MatMul', ['x', 'w'], ['y']])],
    }, 13);
    const source = await written(model, 'size,work,price\n0.5,Private,10.5\n1.5,State gov,21.5\n2.5,none of them,2.5\n');
    fs.writeFileSync(path.join(path.dirname(source.model), 'model.lens.json'), JSON.stringify({ inputs: { x: { kind: 'table', columns: ['size', 'work_Private', 'work_State-gov'] } }, outputs: { y: { column: 'price' } } }));
    const { reading, problem } = await openTable(engine, source, context);
    assert.equal(problem, undefined);
    assert.equal(reading?.mapping.source, 'MODEL.lens.json');
    assert.deepEqual(reading?.mapping.features.map(({ feature: { name, categories } }) => [name, categories]), [['size', undefined], ['work', ['Private', 'State gov', 'none of them']]]);
    assert.ok(reading!.fit!.value > 1 - 1e-6);
  });
});
