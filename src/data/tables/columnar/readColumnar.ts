/** Parquet and Arrow files, told by their first bytes. */
import { rowsKept, type ReadOptions, type Table, mostColumns } from '../table';
import { RowSample } from '../rowSample';
import { DataError } from '../../errors';
import { readArrow } from './arrow';
import { tableOfColumns, type ColumnarOptions } from './columns';
import { loadColumnar } from './load';
import { readParquet } from './parquet';
import { columnarFormat, Source } from './source';

/**
 * @param file absolute path.
 * @returns undefined for files that begin like neither: they may be text.
 * @throws DataError in one line.
 */
export async function readColumnar(file: string, { seed = 0, wanted = [], signal, progress, maxRows }: ReadOptions): Promise<Table | undefined> {
  const source = await Source.open(file);
  try {
    const format = await columnarFormat(source);
    if (!format) return undefined;
    const options: ColumnarOptions = {
      sample: (width) => {
        if (width > mostColumns) throw new DataError('badFile', `${source.name}: found ${width} columns, expected at most ${mostColumns}`);
        return new RowSample(rowsKept({ maxRows }, width), seed, wanted);
      },
      ...(signal && { signal }), ...(progress && { progress }),
    };
    const library = loadColumnar();
    const rows = await (format === 'parquet' ? readParquet(source, library, options) : readArrow(source, library, options));
    return tableOfColumns(file, source.name, format === 'parquet' ? 'parquet' : 'arrow', rows);
  } finally {
    await source.close();
  }
}
