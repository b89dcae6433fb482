import assert from 'node:assert/strict';
import path from 'node:path';
import { readRow, rowToTensor, splitRowReference } from '../../../src/data/table';
import { readTensorFile } from '../../../src/data/tensorFile';
import { formatNpy } from '../../../src/tensor/npy';
import { tensorFromNumbers } from '../../../src/tensor/convert';
import { folderWith } from './support';

const folder = folderWith({
  'people.csv': 'age,sex,"height, cm",label\n31,f,170.5,yes\n44,m,181,no\n\n29,f,160,yes\n',
  'plain.csv': '1;2;3\n4;5;6\n',
  'empty.csv': '',
});
const people = path.join(folder, 'people.csv');
const plain = path.join(folder, 'plain.csv');
const columns = [{ name: 'height, cm' }, { name: 'sex', categories: ['f', 'm'] }, { name: 'age' }];

describe('data/table', () => {
  it('splits file and row', () => {
    assert.deepEqual(splitRowReference('a/b.csv#12'), { file: 'a/b.csv', row: 12 });
    assert.deepEqual(splitRowReference('a/b.csv'), { file: 'a/b.csv', row: 0 });
    assert.deepEqual(splitRowReference('a#1.png'), { file: 'a#1.png', row: 0 });
    assert.throws(() => splitRowReference('a.csv#x'), /a\.csv: found row "x", expected a number from 0/);
  });

  it('rows count from 0 below the header; empty lines do not count', async () => {
    assert.deepEqual((await readRow(people, 2)).cells, ['29', 'f', '160', 'yes']);
    assert.deepEqual((await readRow(people, 0)).header, ['age', 'sex', 'height, cm', 'label']);
    assert.deepEqual(await readRow(plain, 1), { header: [], cells: ['4', '5', '6'], row: 1 });
  });

  it('columns by name, categories by place', async () => {
    const tensor = rowToTensor(await readRow(people, 1), { kind: 'table', columns }, 3, people);
    assert.deepEqual([...tensor.dims, ...tensor.data], [1, 3, 181, 1, 44]);
  });

  it('without columns: the cells as they come, one more for a label', async () => {
    const table = { kind: 'table', columns: [] } as const;
    assert.deepEqual([...rowToTensor(await readRow(plain, 0), table, 3, plain).data], [1, 2, 3]);
    assert.deepEqual([...rowToTensor(await readRow(plain, 0), table, 2, plain).data], [1, 2]);
    assert.deepEqual([...rowToTensor(await readRow(plain, 0), table, undefined, plain).data], [1, 2, 3]);
  });

  it('errors name file, row, column, found and expected', async () => {
    const table = { kind: 'table', columns: [] } as const;
    const row = await readRow(people, 0);
    assert.throws(() => rowToTensor(row, table, 4, people), /people\.csv: row 0, sex: found "f", expected a number/);
    assert.throws(() => rowToTensor(row, table, 9, people), /row 0 has 4 cells, expected 9/);
    assert.throws(() => rowToTensor(row, { kind: 'table', columns: [{ name: 'weight' }] }, 1, people), /found no column weight/);
    assert.throws(() => rowToTensor(row, { kind: 'table', columns: [{ name: 'sex', categories: ['male'] }] }, 1, people), /sex: found "f", expected one of male/);
    assert.throws(() => rowToTensor(row, { kind: 'table', columns }, 5, people), /names 3 columns, expected 5/);
    await assert.rejects(readRow(people, 7), /people\.csv: found 3 rows, row 7 does not exist/);
    await assert.rejects(readRow(path.join(folder, 'empty.csv'), 0), /no rows/);
    await assert.rejects(readRow(path.join(folder, 'none.csv'), 0), { code: 'notFound' });
  });
});

describe('data/tensorFile', () => {
  const values = Float32Array.from([0.5, -1, 2, 3, 4, 5]);
  const files = folderWith({
    'a.npy': formatNpy({ dtype: 'float32', dims: [2, 3], data: values }),
    'whole.npy': formatNpy({ dtype: 'float64', dims: [1, 3], data: Float64Array.from([0, 7, 255]) }),
    'bad.npy': 'no array',
  });

  it('is the exact tensor; a missing batch dim is added', async () => {
    assert.deepEqual(await readTensorFile(path.join(files, 'a.npy'), 'float32', ['N', 3]), { dtype: 'float32', dims: [2, 3], data: values });
    assert.deepEqual((await readTensorFile(path.join(files, 'a.npy'), 'float32', [1, 2, null])).dims, [1, 2, 3]);
  });

  it('converts where nothing is lost', async () => {
    assert.deepEqual(await readTensorFile(path.join(files, 'whole.npy'), 'uint8', [1, 3]), { dtype: 'uint8', dims: [1, 3], data: Uint8Array.of(0, 7, 255) });
    const half = await readTensorFile(path.join(files, 'a.npy'), 'float16', [2, 3]);
    assert.deepEqual(half, tensorFromNumbers('float16', [2, 3], values));
    await assert.rejects(readTensorFile(path.join(files, 'a.npy'), 'int32', [2, 3]), /a\.npy: found a tensor of type float32, expected int32, and 0\.5 does not fit/);
  });

  it('says what does not fit', async () => {
    await assert.rejects(readTensorFile(path.join(files, 'a.npy'), 'float32', ['N', 4]), /a\.npy: found a tensor of dims \[2, 3\], expected \[N, 4\]/);
    await assert.rejects(readTensorFile(path.join(files, 'bad.npy'), 'float32', []), { code: 'badFile' });
    await assert.rejects(readTensorFile(path.join(files, 'none.npy'), 'float32', []), { code: 'notFound' });
  });
});
