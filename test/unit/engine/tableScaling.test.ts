/** Models that want scaled numbers: noticed, measured and offered; columns that do not fit: something to begin with. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { openTable } from '../../../src/engine/jobs/table';
import { writeOnnxStandalone } from '../../../src/formats/onnx/write';
import type { ModelFile, ValueInfo } from '../../../src/graph/graph';
import type { OpenTableResult, TableSource } from '../../../src/protocol/table';
import { Random } from '../../../src/tensor/random';
import { init, node } from '../autodiff/tinyModel';
import { makeModel } from '../autodiff/runGraph';
import { folderWith } from '../data/support';
import { parquetBytes } from '../data/columnarFiles';

const port = (name: string, width: number): ValueInfo => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: ['N', width] } });

/** The probability that a + 2 b is above 0. */
const network = (): ModelFile => makeModel({
  inputs: [port('x', 2)], outputs: [port('p', 1)], initializers: new Map([['w', init([2, 1], [3, 6])], ['b', init([1], [0])]]), nodes: [node(['Gemm', ['x', 'w', 'b'], ['z']]), node(['Sigmoid', ['z'], ['p']])],
}, 13);

describe('engine/table: unstated scaling', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => { engine = new Engine(__filename); });
  after(() => engine.close());

  async function opened(model: ModelFile, name: string, content: string | Uint8Array, source: Partial<TableSource> = {}): Promise<OpenTableResult> {
    const folder = folderWith({ [name]: content }), file = path.join(folder, 'model.onnx');
    fs.writeFileSync(file, await writeOnnxStandalone(model));
    return openTable(engine, { model: file, file: path.join(folder, name), ...source }, { signal: new AbortController().signal, progress: () => undefined });
  }

  /** Incomes and ages; the class is what the network says of them once they are standardised. */
  function rows(count = 300): { income: number[]; age: number[]; target: number[] } {
    const random = new Random(4), a = Array.from({ length: count }, () => random.normal()), b = Array.from({ length: count }, () => random.normal());
    return { income: a.map((value) => Math.round(50_000 + 9_000 * value)), age: b.map((value) => Math.round(45 + 12 * value)), target: a.map((value, row) => Number(value + 2 * b[row]! > 0)) };
  }
  const csv = ({ income, age, target }: ReturnType<typeof rows>): string => `income,age,target\n${income.map((value, row) => `${value},${age[row]},${target[row]}`).join('\n')}\n`;

  it('standardised is offered with its figures, and not taken', async () => {
    const { reading, scalings } = await opened(network(), 't.csv', csv(rows()));
    assert.ok(reading?.fit && reading.fit.value < 0.65, JSON.stringify(reading?.fit));
    assert.equal(scalings?.better, 'standardise');
    const [plain, standardised] = scalings.tried;
    assert.equal(plain!.sameAnswer, 1);
    assert.ok(standardised!.fit!.value > 0.95);
    const columns = (standardised!.entry.x as { columns: { name: string; mean: number; std: number }[] }).columns;
    assert.ok(Math.abs(columns[0]!.mean - 50_000) < 2000 && Math.abs(columns[1]!.std - 12) < 2);
    const again = await opened(network(), 't.csv', csv(rows()), { preprocessing: standardised!.entry });
    assert.ok(again.reading!.fit!.value > 0.95);
    assert.equal(again.scalings, undefined);
  });

  it('without labels: by the same answer for every row', async () => {
    const { income, age } = rows();
    const { scalings, reading } = await opened(network(), 't.csv', `income,age\n${income.map((value, row) => `${value},${age[row]}`).join('\n')}\n`, { label: '' });
    assert.equal(reading?.fit, undefined);
    assert.deepEqual([scalings?.better !== undefined, scalings?.tried[0]!.sameAnswer], [true, 1]);
  });

  it('nothing is said of a model that does well, nor of stated scaling', async () => {
    const random = new Random(2), a = Array.from({ length: 200 }, () => random.normal()), b = Array.from({ length: 200 }, () => random.normal());
    const table = `a,b,target\n${a.map((value, row) => `${value},${b[row]},${Number(value + 2 * b[row]! > 0)}`).join('\n')}\n`;
    assert.equal((await opened(network(), 't.csv', table)).scalings, undefined);
    const stated = { x: { kind: 'table', columns: [{ name: 'income', mean: 0, std: 2 }, 'age'] } };
    assert.equal((await opened(network(), 't.csv', csv(rows()), { preprocessing: stated })).scalings, undefined);
  });

  it('Parquet is read with the same figures', async () => {
    const { income, age, target } = rows(), text = await opened(network(), 't.csv', csv(rows()));
    const columns = await opened(network(), 't.parquet', parquetBytes([{ name: 'income', data: income, type: 'DOUBLE' }, { name: 'age', data: age, type: 'INT32' }, { name: 'target', data: target, type: 'INT32' }]));
    assert.deepEqual(columns.scalings?.tried.map(({ fit }) => fit), text.scalings?.tried.map(({ fit }) => fit));
    assert.match(columns.notes.join(' '), /Parquet/);
  });

  it('columns that do not fit come with a mapping to complete', async () => {
    const { problem, draft } = await opened(network(), 't.csv', 'id,a,b,c,target\n1,2,3,4,0\n2,5,4,1,1\n3,1,1,2,0\n');
    assert.match(problem!.message, /the model takes 2 numbers a row/);
    assert.deepEqual(draft, { x: { kind: 'table', columns: [{ name: 'id' }, { name: 'a' }] } });
    const few = await opened(network(), 't.csv', 'colour,target\nred,0\nblue,1\ngreen,0\nred,1\n', { label: 'target' });
    assert.deepEqual(few.draft, { x: { kind: 'table', columns: [{ name: 'colour', categories: ['blue', 'green', 'red'], encoding: 'one-hot' }] } });
    const { reading } = await opened(network(), 't.csv', 'id,a,b,c,target\n1,2,3,4,0\n2,5,4,1,1\n3,1,1,2,0\n', { preprocessing: { x: { kind: 'table', columns: ['a', 'c'] } } });
    assert.deepEqual(reading?.mapping.features.map(({ feature }) => feature.name), ['a', 'c']);
  });
});
