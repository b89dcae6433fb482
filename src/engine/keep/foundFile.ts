/** Files that a kept record names: where they were, else beside it. */
import path from 'node:path';
import { stat } from 'node:fs/promises';
import { LensError } from '../../protocol/rpc';

/** @throws LensError where it is neither where it was nor beside the record. */
export async function found(file: string, folder: string): Promise<string> {
  const there = async (candidate: string): Promise<boolean> => stat(candidate).then(() => true, () => false);
  if (await there(file)) return file;
  const beside = path.join(folder, path.basename(file));
  if (await there(beside)) return beside;
  throw new LensError('notFound', `${file}: no such file any more`, 'put it back, or beside the explanation');
}
