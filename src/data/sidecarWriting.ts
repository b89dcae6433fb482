/** Saving what a person found out about a model's inputs into its MODEL.lens.json; all else in the file stays. */
import { randomBytes } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import path from 'node:path';
import { isObject, ModelFolder } from './beside';
import { DataError, reasonOf } from './errors';
import { parseSidecar, sidecarName } from './sidecar';

export interface SavedSidecar {
  /** Absolute path. */
  readonly file: string;
  /** False where there was one that was added to. */
  readonly created: boolean;
}

/**
 * Writes `inputs` into the model's sidecar: each replaces what the file says of that input. A new file is called
 * MODEL.lens.json. It is written beside its place and renamed, so that nobody reads half of it.
 *
 * @param check called before anything is written; what it throws is passed on.
 * Throws DataError, and leaves everything as it is, where the file that is there cannot be understood, leads out of the
 * folder, or `inputs` are none a sidecar could hold.
 */
export async function saveSidecarInputs(modelFile: string, inputs: Readonly<Record<string, unknown>>, check: () => Promise<void> = async () => undefined): Promise<SavedSidecar> {
  const folder = new ModelFolder(modelFile), found = sidecarName(folder);
  const name = found ?? `${folder.stem}.lens.json`, file = path.join(folder.folder, name);
  const before = found === undefined ? {} : existing(folder, found);
  const old = isObject(before.inputs) ? before.inputs : {};
  const content = { ...before, inputs: { ...old, ...inputs } };
  parseSidecar(content, name);
  await check();
  await replaceFile(file, `${prettyJson(content)}\n`);
  return { file, created: found === undefined };
}

/** What the file says now. @throws DataError for one that is damaged: it is not overwritten. */
function existing(folder: ModelFolder, name: string): Record<string, unknown> {
  try {
    const content = folder.json(name);
    parseSidecar(content, name);
    return content;
  } catch (error) {
    throw new DataError('badFile', `${name} was left as it is, because it cannot be understood: ${reasonOf(error)}`, `correct or delete ${name}, then save again`);
  }
}

/** Objects and lists over several lines, but lists of numbers and texts in one. */
export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/\[\n\s+((?:-?[\d.eE+-]+|"(?:[^"\\]|\\.)*"|true|false|null)(?:,\n\s+(?:-?[\d.eE+-]+|"(?:[^"\\]|\\.)*"|true|false|null)){0,15})\n\s+\]/g,
    (_, items: string) => `[${items.replace(/,\n\s+/g, ', ')}]`);
}

async function replaceFile(file: string, text: string): Promise<void> {
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}.part`);
  try {
    const mode = await fs.stat(file).then((stat) => stat.mode, () => undefined);
    await fs.access(path.dirname(file), constants.W_OK);
    await fs.writeFile(draft, text, { flag: 'wx', ...(mode !== undefined && { mode }) });
    await fs.rename(draft, file);
  } catch (error) {
    await fs.rm(draft, { force: true }).catch(() => undefined);
    throw new DataError('badFile', `${path.basename(file)} could not be written beside the model: ${reasonOf(error)}`, 'check whether the folder may be written to');
  }
}
