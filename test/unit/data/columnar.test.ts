/** Parquet and Arrow are the same tables as CSV. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Date_, DateUnit, Decimal, Field, Float32, Int64, List, Struct, Float64, TimestampMillisecond } from 'apache-arrow';
import { lz4Block, lz4Frame } from '../../../src/data/tables/columnar/codecs';
import { readRuns } from '../../../src/data/tables/columnar/runs';
import { readTable, type ReadOptions, type Table as LensTable } from '../../../src/data/tables/readTable';
import { Random } from '../../../src/tensor/random';
import { arrowFile, arrowStream, Dictionary, Int32, parquetBytes, Table, tableFromArrays, Utf8, vectorFromArray } from './columnarFiles';
import { folderWith } from './support';

async function read(bytes: string | Uint8Array, name: string, options: ReadOptions = {}): Promise<LensTable> {
  return readTable(path.join(folderWith({ [name]: bytes }), name), options);
}

const cells = (table: LensTable): string[][] => table.columns.map((column) => [...column.cells]);

/** Columns of many kinds, with missing values. */
const rows = 500;
const some = <T>(make: (row: number) => T, lacks: (row: number) => boolean = () => false): (T | null)[] => Array.from({ length: rows }, (_, row) => (lacks(row) ? null : make(row)));
const kinds = {
  n: some((row) => row * 3 - 100, (row) => row % 7 === 0), x: some((row) => (row - 20) / 8), word: some((row) => ['red', 'grün', 'blue'][row % 3]!, (row) => row % 11 === 5),
  yes: some((row) => row % 2 === 0, (row) => row % 13 === 1), last: some((row) => row % 5),
};
const csv = `n,x,word,yes,last\n${Array.from({ length: rows }, (_, row) => Object.values(kinds).map((column) => column[row] ?? '').join(',')).join('\n')}\n`;

describe('data/tables/columnar', () => {
  let plain: LensTable;
  before(async () => { plain = await read(csv, 't.csv'); });

  const parquet = (options: Partial<Parameters<typeof parquetBytes>[1]> = {}): Uint8Array => parquetBytes([
    { name: 'n', data: kinds.n, type: 'INT32' }, { name: 'x', data: kinds.x, type: 'DOUBLE' }, { name: 'word', data: kinds.word, type: 'STRING' }, { name: 'yes', data: kinds.yes, type: 'BOOLEAN' }, { name: 'last', data: kinds.last, type: 'INT32' },
  ], options);
  const arrow = (): Table => new Table({
    n: vectorFromArray(kinds.n, new Int32()), x: vectorFromArray(kinds.x, new Float64()), word: vectorFromArray(kinds.word, new Dictionary(new Utf8(), new Int32())), yes: vectorFromArray(kinds.yes), last: vectorFromArray(kinds.last, new Int32()),
  });

  function same(table: LensTable): void {
    assert.deepEqual(cells(table), cells(plain));
    assert.deepEqual(table.columns.map(({ type, missing, distinct, categories, minimum }) => ({ type, missing, distinct, categories, minimum })), plain.columns.map(({ type, missing, distinct, categories, minimum }) => ({ type, missing, distinct, categories, minimum })));
    assert.deepEqual([...table.columns[0]!.numbers], [...plain.columns[0]!.numbers]);
    assert.equal(table.total, rows);
  }

  for (const [codec, compress] of [['UNCOMPRESSED', undefined], ['SNAPPY', undefined], ['GZIP', (bytes: Uint8Array) => gzipSync(bytes)], ['BROTLI', (bytes: Uint8Array) => brotliCompressSync(bytes)]] as const) {
    it(`Parquet, ${codec}, in row groups and pages`, async () => {
      same(await read(parquet({ codec, rowGroupSize: 120, pageSize: 300, ...(compress && { compressors: { [codec]: compress } }) }), 't.parquet'));
    });
  }

  it('Arrow: file, stream, several batches, whatever the name', async () => {
    const table = arrow();
    const batches = new Table(table.schema, [table.slice(0, 200), table.slice(200)].flatMap(({ batches: parts }) => parts));
    same(await read(arrowFile(table), 't.arrow'));
    same(await read(arrowFile(batches), 't.feather'));
    same(await read(arrowStream(batches), 't.arrows'));
    same(await read(arrowFile(table), 't.bin'));
    same(await read(parquet(), 't.data'));
  });

  it('draws the same sample of a long table as from text, and rows that are wanted', async () => {
    const options = { maxRows: 40, seed: 3, wanted: [7, 401] };
    const text = await read(csv, 't.csv', options), columns = await read(parquet({ rowGroupSize: 120, pageSize: 200 }), 't.parquet', options), batches = await read(arrowFile(arrow()), 't.arrow', options);
    assert.deepEqual([...columns.rows], [...text.rows]);
    assert.deepEqual(cells(columns), cells(text));
    assert.deepEqual(cells(batches), cells(text));
    assert.ok(columns.sampled && columns.rows.includes(401));
    assert.match(columns.notes.join(' '), /of 500 rows are used/);
  });

  it('dates, decimals, single precision and long whole numbers as people write them', async () => {
    const time = Date.UTC(2024, 0, 31, 13, 5, 0), table = new Table({
      day: vectorFromArray([time, null].map((value) => (value === null ? null : new Date(value))), new Date_(DateUnit.DAY)), at: vectorFromArray([time, time + 250], new TimestampMillisecond()), single: vectorFromArray([5.1, 1 / 3], new Float32()),
      price: vectorFromArray([Uint32Array.of(1234, 0, 0, 0), new Uint32Array([-50, -1, -1, -1])], new Decimal(2, 10)), id: vectorFromArray([2n ** 60n, 1n], new Int64()),
    });
    const found = await read(arrowFile(table), 't.arrow');
    assert.deepEqual(cells(found), [['2024-01-31', ''], ['2024-01-31 13:05:00', '2024-01-31 13:05:00.250'], ['5.1', '0.33333334'], ['12.34', '-0.50'], ['1152921504606846976', '1']]);
    assert.match(found.notes.join(' '), /'id' holds whole numbers beyond 2\^53/);
    const parquet = await read(parquetBytes([
      { name: 'at', data: [new Date(time), new Date(time + 250)], type: 'TIMESTAMP' }, { name: 'single', data: [5.1, 1 / 3], type: 'FLOAT' }, { name: 'id', data: [2n ** 60n, 1n], type: 'INT64' },
    ]), 't.parquet');
    assert.deepEqual(cells(parquet), [cells(found)[1], cells(found)[2], cells(found)[4]]);
  });

  it('an order that a dictionary states is kept, with categories no row has', async () => {
    const levels = vectorFromArray(['mid', 'low', 'mid'], new Dictionary(new Utf8(), new Int32(), 1, true)), found = await read(arrowFile(new Table({ level: levels })), 't.arrow');
    assert.deepEqual(found.columns[0]!.categories, ['mid', 'low']);
    assert.deepEqual([...found.columns[0]!.numbers], [0, 1, 0]);
  });

  it('nested columns are named and not used', async () => {
    const field = new Field('a', new Float64(), true), table = new Table({ list: vectorFromArray([[1, 2], [3]], new List(field)), struct: vectorFromArray([{ a: 1 }, { a: 2 }], new Struct([field])), x: vectorFromArray([1.5, 2.5], new Float64()) });
    for (const [name, bytes] of [['t.arrow', arrowFile(table)], ['t.parquet', parquetBytes([{ name: 'list', data: [[1, 2], [3]] }, { name: 'struct', data: [{ a: 1 }, { a: 2 }] }, { name: 'x', data: [1.5, 2.5] }] as Parameters<typeof parquetBytes>[0], listSchema())]] as const) {
      const found = await read(bytes, name);
      assert.deepEqual(found.columns.map(({ type }) => type), ['text', 'text', 'number']);
      assert.match(found.notes.join(' '), /Column 'list' is nested \(.*list.*\) and is not used.*Column 'struct' is nested/i);
    }
  });

  it('refuses in one line what is damaged, empty, encrypted, or only called so', async () => {
    const bytes = parquet(), file = arrowFile(arrow());
    for (const [name, content, expected] of [
      ['a.parquet', bytes.subarray(0, 900), /a\.parquet: cannot be read as Parquet .*does not end with PAR1/], ['a.arrow', file.subarray(0, 900), /a\.arrow: cannot be read as Arrow .*does not end with ARROW1/],
      ['b.parquet', 'x,y\n1,2\n', /b\.parquet: begins with 'x,y·1,', expected PAR1, as its name says/], ['c.parquet', 'PARE1234', /encrypted/], ['d.feather', 'FEA1\0\0\0\0', /version 1/],
      ['e.parquet', parquetBytes([{ name: 'x', data: [] as number[], type: 'DOUBLE' }]), /1 columns, but no rows/], ['f.csv.gz', gzipSync(bytes), /found Parquet that was zipped/], ['g.arrow', arrowFile(tableFromArrays({})), /has no columns|no rows|damaged/],
    ] as const) {
      const error = await read(content, name).then(() => undefined, (reason: Error) => reason);
      assert.ok(error && error.name === 'DataError' && !error.message.includes('\n'), name);
      assert.match(error.message, expected);
    }
  });

  it('damaged files are read or refused, soon', async function () {
    this.timeout(120_000);
    const random = new Random(5), folder = folderWith({}), table = arrow();
    const files: [string, Uint8Array][] = [['t.parquet', parquet({ rowGroupSize: 200, pageSize: 400 })], ['t.arrow', arrowFile(table)], ['t.arrows', arrowStream(table)]];
    for (let run = 0; run < 400; run++) {
      const [name, whole] = files[run % files.length]!, bytes = Buffer.from(whole), file = path.join(folder, name);
      // The end says where everything is: half of the damage goes there.
      for (let flips = 1 + Math.floor(random.uniform() * 8); flips > 0; flips--) bytes[random.uniform() < 0.5 ? Math.floor(random.uniform() * bytes.length) : bytes.length - 1 - Math.floor(random.uniform() * 1000)] = Math.floor(random.uniform() * 256);
      fs.writeFileSync(file, random.uniform() < 0.2 ? bytes.subarray(0, Math.floor(random.uniform() * bytes.length)) : bytes);
      const began = performance.now(), error = await readTable(file).then(() => undefined, (reason: Error) => reason);
      assert.ok(error === undefined || (error.name === 'DataError' && error.message.startsWith(name)), `${run}: ${error?.stack}`);
      assert.ok(performance.now() - began < 5000, `run ${run} took ${Math.round(performance.now() - began)} ms`);
    }
  });

  it('LZ4: literals, overlapping copies, frames; nothing beyond what was announced', () => {
    // 'abcabcabcabc!': three letters, a copy of nine from three back, one letter.
    const block = Uint8Array.of(0x35, 97, 98, 99, 3, 0, 0x10, 33), frame = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, block.length, 0, 0, 0, ...block, 0, 0, 0, 0);
    const output = new Uint8Array(13);
    assert.equal(lz4Block(block, output, 0), 13);
    assert.equal(Buffer.from(output).toString(), 'abcabcabcabc!');
    assert.deepEqual(lz4Frame(frame, 13), output);
    assert.throws(() => lz4Block(block, new Uint8Array(12), 0), /longer than announced|not there/);
    assert.throws(() => lz4Frame(frame, 14), /13 bytes were uncompressed, 14/);
    assert.throws(() => lz4Block(Uint8Array.of(0xf0, 255, 255, 255, 255), new Uint8Array(64), 0), /too long|longer/);
  });

  it('runs and packed bits, and runs that lie', () => {
    // Parquet's own example: 0 to 7 in three bits; then four times the 5.
    const bytes = Uint8Array.of(0x03, 0x88, 0xc6, 0xfa, 0x08, 0x05);
    assert.deepEqual([...readRuns(bytes, { offset: 0 }, 6, 3, 12)], [0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5]);
    assert.deepEqual([...readRuns(Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 0x01), { offset: 0 }, 6, 1, 3)], [1, 1, 1]);
    assert.throws(() => readRuns(bytes, { offset: 0 }, 4, 3, 12), /end too early/);
  });
});

/** hyparquet-writer has to be told of structures. */
function listSchema(): Partial<Parameters<typeof parquetBytes>[1]> {
  return {
    schema: [
      { name: 'root', num_children: 3 }, { name: 'list', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' }, { name: 'list', repetition_type: 'REPEATED', num_children: 1 }, { name: 'element', repetition_type: 'OPTIONAL', type: 'DOUBLE' },
      { name: 'struct', repetition_type: 'OPTIONAL', num_children: 1 }, { name: 'a', repetition_type: 'OPTIONAL', type: 'DOUBLE' }, { name: 'x', repetition_type: 'OPTIONAL', type: 'DOUBLE' },
    ],
  };
}
