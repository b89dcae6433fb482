import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import { readTable } from '../../../src/data/tables/readTable';
import { rowAtLine } from '../../../src/data/tables/rowAtLine';
import { folderWith } from './support';

async function at(text: string | Uint8Array, ...lines: number[]): Promise<(number | string)[]> {
  const file = path.join(folderWith({ 'table.csv': text }), 'table.csv');
  return Promise.all(lines.map(async (line) => { const found = await rowAtLine(file, line); return found.kind === 'row' ? found.row : found.kind; }));
}

describe('the row in a line of a table', () => {
  it('counts below the header, a line of counts, comments and blank lines', async () => {
    assert.deepEqual(await at('age,pay\n39,1\n\n50,2\n', 1, 2, 3, 4, 5, 6), ['header', 0, 'blank', 1, 'blank', 'blank']);
    assert.deepEqual(await at('2,4,setosa,versicolor\r\n5.1,3.5,1.4,0.2,0\r\n4.9,3.0,1.4,0.2,1', 1, 2, 3), ['header', 0, 1]);
    assert.deepEqual(await at('# made by hand\n# twice\nage,pay\n39,1\n50,2\n', 1, 3, 4, 5), ['header', 'header', 0, 1]);
    assert.deepEqual(await at('1,2\n3,4\n5,6\n', 1, 3), [0, 2]);
  });

  it('a row goes over several lines where a quoted cell does', async () => {
    assert.deepEqual(await at('name,pay\n"Ada\nLovelace",1\n"Grace\r\nHopper\n",2\nMary,3\n', 1, 2, 3, 4, 5, 6, 7), ['header', 0, 0, 1, 1, 1, 2]);
  });

  it('in other encodings, also where that shows late', async () => {
    assert.deepEqual(await at(Buffer.from('\ufeffname\tpay\nJosé\t1\nZoë\t2\n', 'utf16le'), 2, 3), [0, 1]);
    const late = Buffer.concat([Buffer.from(`name,pay\n${'anna,1\n'.repeat(200_000)}`), Buffer.from('Jos\xe9,2\n', 'latin1')]);
    assert.deepEqual(await at(late, 200_001, 200_002), [199_999, 200_000]);
  });

  it('files that are no tables are refused by name', async () => {
    await assert.rejects(at('', 1), /table\.csv: found no rows/);
    await assert.rejects(at('name,pay\n"Ada,1\nGrace,2\n', 3), /table\.csv: line 2: a quote .* is never closed/);
  });

  it('is the row that readTable gives that number, whatever the cells hold', async () => {
    const cell = fc.stringMatching(/^[a-z \n"]{1,8}$/), rows = fc.array(fc.tuple(cell, fc.integer({ min: 0, max: 999 })), { minLength: 2, maxLength: 8 });
    await fc.assert(fc.asyncProperty(rows, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (list, blank) => {
      const first: number[] = [];
      let text = 'word,number\n';
      list.forEach(([word, number], row) => {
        if (blank[row]) text += '\n';
        first.push(text.split('\n').length);
        text += `"x${word.replaceAll('"', '""')}",${number}\n`;
      });
      const file = path.join(folderWith({ 'table.csv': text }), 'table.csv'), table = await readTable(file, { header: true, delimiter: ',' });
      assert.deepEqual(table.columns[1]!.cells, list.map(([, number]) => String(number)));
      for (const [row, line] of first.entries()) assert.deepEqual(await rowAtLine(file, line, { header: true, delimiter: ',' }).then((found) => found.kind === 'row' && found.row), row);
    }), { numRuns: 40 });
  });
});
