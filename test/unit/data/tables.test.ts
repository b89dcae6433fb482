/** Tables as people have them. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { isMissing, numberOf } from '../../../src/data/tables/cells';
import { labelCandidates } from '../../../src/data/tables/label';
import { readTable, type ReadOptions, type Table } from '../../../src/data/tables/readTable';
import { cellsOf, RecordSplitter } from '../../../src/data/tables/records';
import { Random } from '../../../src/tensor/random';
import { folderWith } from './support';

async function read(content: string | Uint8Array, options: ReadOptions = {}, name = 't.csv'): Promise<Table> {
  return readTable(path.join(folderWith({ [name]: content }), name), options);
}

const types = (table: Table): string[] => table.columns.map(({ name, type }) => `${name}:${type}`);
const cells = (table: Table): string[][] => Array.from({ length: table.count }, (_, row) => table.columns.map((column) => column.cells[row]!));

describe('data/tables', () => {
  const body = [['1', '2.5', 'red'], ['2', '3.5', 'blue'], ['3', '-1e-2', 'red']];

  for (const [name, delimiter] of [['commas', ','], ['semicolons', ';'], ['tabs', '\t'], ['bars', '|'], ['blanks', ' ']] as const) {
    for (const end of ['\n', '\r\n']) {
      it(`${name}, ${end === '\n' ? 'LF' : 'CRLF'}`, async () => {
        const table = await read(['n', 'x', 'colour', ].join(delimiter) + end + body.map((row) => row.join(delimiter)).join(end) + end);
        assert.deepEqual(types(table), ['n:integer', 'x:number', 'colour:category']);
        assert.deepEqual(cells(table), body);
        assert.deepEqual([...table.columns[1]!.numbers], [2.5, 3.5, -0.01]);
        assert.deepEqual([...table.columns[2]!.numbers], [1, 0, 1]);
        assert.equal(table.dialect.delimiter, delimiter);
      });
    }
  }

  it('decimal commas, with thousands', async () => {
    const table = await read('a;b\n1,5;1.234,5\n-2,25;0,5\n3;7\n');
    assert.ok(table.dialect.decimalComma);
    assert.deepEqual([...table.columns[0]!.numbers], [1.5, -2.25, 3]);
    assert.deepEqual([...table.columns[1]!.numbers], [1234.5, 0.5, 7]);
    assert.match(table.notes.join(' '), /semicolons, and numbers have a decimal comma/);
  });

  it('encodings: UTF-8 with and without mark, UTF-16 with and without, Latin-1, also where it comes late', async () => {
    const text = 'Größe,Café\n1,é\n2,ü\n', expected = [['1', 'é'], ['2', 'ü']];
    const utf16 = Buffer.from(text, 'utf16le'), big = Buffer.from(utf16).swap16();
    const variants: [string, Uint8Array][] = [['utf-8', Buffer.from(text)], ['utf-8', Buffer.from(`\ufeff${text}`)], ['utf-16le', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])], ['utf-16be', Buffer.concat([Buffer.from([0xfe, 0xff]), big])], ['utf-16le', utf16], ['windows-1252', Buffer.from(text, 'latin1')]];
    for (const [encoding, bytes] of variants) {
      const table = await read(bytes);
      assert.equal(table.encoding, encoding);
      assert.deepEqual(table.columns.map(({ name }) => name), ['Größe', 'Café']);
      assert.deepEqual(cells(table), expected);
    }
    const late = await read(Buffer.from(`n,word\n${'1,plain\n'.repeat(60_000)}2,caf\u00e9\n`, 'latin1'), { wanted: [60_000] });
    assert.equal(late.encoding, 'windows-1252');
    assert.equal(late.columns[1]!.cells.at(-1), 'café');
  });

  it('quotes: separators, line breaks and quotes inside; blanks around cells go', async () => {
    const table = await read('name,says,n\r\n"Doe, J.","He said ""no""",1\r\n"two\r\nlines", plain ,2\r\nSmith,"",3\r\n');
    assert.deepEqual(cells(table), [['Doe, J.', 'He said "no"', '1'], ['two\r\nlines', 'plain', '2'], ['Smith', '', '3']]);
    const apostrophes = await read("a,b\n'x, y',1\n'it''s',2\nz,3\n");
    assert.deepEqual(cells(apostrophes), [['x, y', '1'], ["it's", '2'], ['z', '3']]);
    const inches = await read('part,size\nbolt,5" long\nnut,3" wide\n');
    assert.deepEqual(cells(inches), [['bolt', '5" long'], ['nut', '3" wide']]);
  });

  it('quoted records are the same wherever pieces end', () => {
    const text = 'a,"b\nc",d\n"e""\n",f,g\n\nh,i,"j"', whole = new RecordSplitter({ delimiter: ',', quote: '"' }).push(text, true);
    assert.deepEqual(whole.map((record) => cellsOf(record, { delimiter: ',', quote: '"' })), [['a', 'b\nc', 'd'], ['e"\n', 'f', 'g'], ['h', 'i', 'j']]);
    for (let cut = 0; cut <= text.length; cut++) {
      const splitter = new RecordSplitter({ delimiter: ',', quote: '"' });
      assert.deepEqual([...splitter.push(text.slice(0, cut)), ...splitter.push(text.slice(cut)), ...splitter.push('', true)], whole, `cut at ${cut}`);
    }
  });

  it('headers: named, none, all words, numbers below words, unnamed and repeated; can be overridden', async () => {
    assert.deepEqual(types(await read('1,2\n3,4\n5,6\n')), ['column 1:integer', 'column 2:integer']);
    assert.equal((await read('1,2\n3,4\n5,6\n', { header: true })).columns[0]!.name, '1');
    assert.equal((await read('x,y\n3,4\n5,6\n', { header: false })).total, 3);
    assert.deepEqual((await read('colour,size\nred,big\nblue,small\nred,small\n')).columns.map(({ name }) => name), ['colour', 'size']);
    assert.equal((await read('red,big\nblue,small\nred,small\nblue,big\n')).total, 4);
    assert.deepEqual((await read(',x,x,\n0,1,2,3\n1,2,3,4\n')).columns.map(({ name }) => name), ['column 1', 'x', 'x (2)', 'column 4']);
    assert.equal((await read('2019,2020\n1,2\n')).dialect.header, 'none');
    assert.deepEqual((await read('sep=;\na;b\n1;2\n')).columns.map(({ name }) => name), ['a', 'b']);
    assert.equal((await read('# made by hand\n# twice\na,b\n1,2\n')).columns[0]!.name, 'a');
  });

  it("scikit-learn's own first line: rows, columns, class names", async () => {
    const table = await read('3,2,no,yes\n1.5,2,0\n2.5,3,1\n3.5,4,0\n');
    assert.deepEqual([table.total, table.dialect.header, table.classNames], [3, 'counts', ['no', 'yes']]);
  });

  it('missing values; words among numbers are said', async () => {
    const table = await read('a,b,c\n1,?,x\nNA,2,\nnull,-,y\n4,nan,n/a\n');
    assert.deepEqual(types(table), ['a:integer', 'b:constant', 'c:category']);
    assert.deepEqual(table.columns.map(({ missing }) => missing), [2, 3, 2]);
    const slips = await read(`n\n${Array.from({ length: 60 }, (_, k) => k * 1.5).join('\n')}\noops\n`);
    assert.equal(slips.columns[0]!.unreadable, 1);
    assert.match(slips.notes.join(' '), /1 of its cells are none \(the first: 'oops'\)/);
    assert.ok(isMissing('') && isMissing('#N/A') && isMissing('-', true) && !isMissing('-') && !isMissing('Namibia'));
    assert.deepEqual(['1,234.5', '1.5e3', '.5', '5.', '1,5', '0x10', '', '1 2'].map((cell) => numberOf(cell, false)), [1234.5, 1500, 0.5, 5, NaN, NaN, NaN, NaN]);
  });

  it('identifiers, constants, texts and labels', async () => {
    const rows = Array.from({ length: 60 }, (_, k) => `${k + 1},7,This is a longer remark about item number ${k} of the whole list of them,${k % 3},${k % 2 ? 'yes' : 'no'},${k / 7}`);
    const table = await read(`customer_id,fixed,remark,grade,outcome,last\n${rows.join('\n')}\n`);
    assert.deepEqual(types(table), ['customer_id:identifier', 'fixed:constant', 'remark:text', 'grade:integer', 'outcome:category', 'last:number']);
    assert.deepEqual(labelCandidates(table.columns), [4, 5]);
  });

  it('gzip; a bomb and a damaged file are refused or read in bounded memory', async () => {
    const table = await read(gzipSync('a,b\n1,2\n3,4\n'), {}, 't.csv.gz');
    assert.equal(table.total, 2);
    const whole = gzipSync(`a,b\n${'1,2\n'.repeat(200_000)}`);
    await assert.rejects(read(whole.subarray(0, whole.length - 20), {}, 't.csv.gz'), /t\.csv\.gz: cannot be unzipped: /);
    await assert.rejects(read(Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from('nonsense')]), {}, 't.csv.gz'), /cannot be unzipped/);
  });

  it('what is no table says so', async () => {
    await assert.rejects(readTable('/no/such.csv'), /such\.csv: no such file/);
    await assert.rejects(read(''), /t\.csv: the file holds no rows/);
    await assert.rejects(read('x'.repeat(2_000_000)), /found no end of the first line in 1048576 characters, expected a table/);
    await assert.rejects(read('a,b\n'), /has a header, but no rows/);
    await assert.rejects(read('PK\u0003\u0004rest'), /a zip archive \(an Excel workbook\?\), expected text/);
    await assert.rejects(read('PAR1....'), /cannot be read as Parquet/);
    await assert.rejects(read(Uint8Array.from([1, 0, 0, 0, 2, 3, 0, 1])), /found zero bytes/);
    await assert.rejects(read('a,b\n1,2\n"open,3\n4,5\n'), /line 3: a quote \("\) that begins in line 3 is never closed/);
    await assert.rejects(read(`a,b\n1,2\n"${'x\n'.repeat(3_000_000)}`), /line 3: the record .* has more than/);
    await assert.rejects(read('a,b\n1,2,3\n1,2,3,4\n1\n1,2\n5,6,7,8,9\n'), /rows do not have/);
    const uneven = await read('a,b\n1,2\n3\n4,5\n6,7,8\n9,10\n11,12,\n');
    assert.deepEqual([uneven.count, uneven.total], [4, 6]);
    assert.match(uneven.notes.join(' '), /2 rows were left out because they do not have 2 columns; the first is row 1 with 1/);
  });

  it('random bytes end with one line or a table', async () => {
    const random = new Random(7);
    for (let round = 0; round < 60; round++) {
      const alphabet = round % 2 ? ',;\t|"\'\n\r 0123456789.-eabcNA\u00e9' : undefined;
      const bytes = Buffer.from(Array.from({ length: 400 }, () => (alphabet ? alphabet.charCodeAt(random.integer(alphabet.length)) : random.integer(256))));
      try {
        const table = await read(bytes);
        assert.ok(table.columns.every((column) => column.cells.length === table.count && column.numbers.length === table.count));
      } catch (error) {
        assert.match((error as Error).message, /^t\.csv: [^\n]+$/);
      }
    }
  });

  it('a long file is sampled by the seed, uniformly; wanted rows are there; a cancel ends it', async () => {
    const folder = folderWith({ 'long.csv': `n,x\n${Array.from({ length: 50_000 }, (_, k) => `${k},${(k * 7) % 13}`).join('\n')}\n` }), file = path.join(folder, 'long.csv');
    const table = await readTable(file, { maxRows: 1000, seed: 1, wanted: [49_999] }), numbers = table.columns[0]!.numbers;
    assert.deepEqual([table.total, table.sampled, table.rows.at(-1)], [50_000, true, 49_999]);
    assert.ok(table.count === 1000 || table.count === 1001);
    assert.match(table.notes[0]!, /of 50000 rows are used, drawn at random/);
    const mean = numbers.reduce((sum, value) => sum + value, 0) / table.count;
    // Six standard errors of a uniform draw.
    assert.ok(Math.abs(mean - 25_000) < 6 * 50_000 / Math.sqrt(12 * 1000), `mean ${mean}`);
    assert.ok(numbers.every((value, row) => value === table.rows[row]));
    assert.deepEqual([...(await readTable(file, { maxRows: 1000, seed: 1, wanted: [49_999] })).rows], [...table.rows]);
    assert.notDeepEqual([...(await readTable(file, { maxRows: 1000, seed: 2 })).rows], [...table.rows]);
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(readTable(file, { signal: controller.signal }));
  });
});
