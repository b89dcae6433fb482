/** The folder results are written to: made before the work begins, so that nobody waits for a result that cannot be kept. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LensError } from '../../protocol/rpc';

/**
 * Makes `folder` and the folders above it. (Not mkdir's own `recursive`: on file systems that answer "no such file" to
 * every mkdir, such as /proc, Node.js repeats that for ever.)
 * @throws LensError if it is a file, or cannot be made.
 */
export async function makeOutputFolder(folder: string): Promise<void> {
  if (folder === '') throw new LensError('badInput', 'no folder was named for the results');
  await make(path.resolve(folder), folder);
}

/** Writes files by name into `folder`, which is made. @returns their paths. */
export async function writeInto(folder: string, files: readonly (readonly [name: string, content: string | Uint8Array])[]): Promise<string[]> {
  await makeOutputFolder(folder);
  const written: string[] = [];
  for (const [name, content] of files) {
    const file = path.resolve(folder, name);
    await writeFile(file, content);
    written.push(file);
  }
  return written;
}

async function make(folder: string, asked: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  if (found) throw new LensError('badInput', `${asked}: ${folder} is a file, expected a folder`);
  const above = path.dirname(folder);
  if (above !== folder) await make(above, asked);
  try {
    await mkdir(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Another process may have made it meanwhile.
    if (code === 'EEXIST') return;
    throw new LensError('failed', `${asked}: the folder ${folder} cannot be made (${code ?? String(error)})`);
  }
}
