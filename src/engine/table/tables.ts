/** Tables read last, kept while the files stay as they are: a page asks about the same one again and again. */
import path from 'node:path';
import { stat } from 'node:fs/promises';
import { readTable, type ReadOptions, type Table } from '../../data/tables/readTable';

const mostKept = 2;

export class Tables {
  private readonly kept = new Map<string, Table>();

  /** @throws DataError as readTable does; that is not kept. */
  async read(file: string, options: ReadOptions): Promise<Table> {
    const { signal: _, progress: __, wanted = [], ...stated } = options, absolute = path.resolve(file);
    const found = await stat(absolute).catch(() => undefined), keyFor = (rows: readonly number[]): string => JSON.stringify([absolute, found?.size, found?.mtimeMs, found?.ino, stated, rows]);
    // A table that holds the wanted rows anyway is not read again for them.
    const usual = this.kept.get(keyFor([])), holds = usual && wanted.every((row) => !usual.sampled || usual.rows.includes(row));
    const key = keyFor(holds ? [] : wanted), table = this.kept.get(key) ?? await readTable(absolute, options);
    this.kept.delete(key);
    this.kept.set(key, table);
    for (const old of this.kept.keys()) {
      if (this.kept.size <= mostKept) break;
      this.kept.delete(old);
    }
    return table;
  }
}
