/** What was found of a table as one page. The findings are given: nothing is run. */
import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import type { KeepRequests } from '../../protocol/keep';
import { LensError } from '../../protocol/rpc';
import { tableReport } from '../keep/table/tableReport';

/** @throws LensError for findings that are none, and for a file that cannot be written. */
export async function keepTable({ results, qualities = [], to }: KeepRequests['keepTable']['params']): Promise<KeepRequests['keepTable']['result']> {
  for (const [name, list] of Object.entries({ results, qualities })) if (!Array.isArray(list)) throw new LensError('badInput', `${name}: found ${typeof list}, expected a list`);
  const content = tableReport(results, qualities);
  try {
    await writeFile(to, content);
  } catch (error) {
    throw new LensError('failed', `${to}: cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return { files: [path.resolve(to)] };
}
