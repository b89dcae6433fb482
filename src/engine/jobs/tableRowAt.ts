/** Which row of a table the cursor of an editor is in. */
import { rowAtLine } from '../../data/tables/rowAtLine';
import { LensError, type JobContext } from '../../protocol/rpc';
import type { TableRowAtParams, TableRowAtResult } from '../../protocol/table';

/** @throws LensError for a line that is none; DataError for a file that is no table. */
export async function tableRowAt({ file, line, reading }: TableRowAtParams, { signal }: JobContext<never>): Promise<TableRowAtResult> {
  if (!Number.isInteger(line) || line < 1) throw new LensError('badInput', `line: found ${String(line)}, expected a whole number from 1`);
  return rowAtLine(file, line, { ...reading, signal });
}
