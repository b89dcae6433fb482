/** Which TensorFlow.js there is: the native package if somebody installed it and it loads, else our own bundle. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import { LensError, oneLine } from '../../protocol/rpc';
import type * as Library from './library';

export type TfjsLibrary = typeof Library;

export interface LoadedTfjs {
  readonly id: 'tfjs' | 'tfjs-node';
  readonly library: TfjsLibrary;
  readonly version: string;
  /** Why the native package is not used; undefined where it is, or where it is not installed. */
  readonly note?: string;
}

const native = '@tensorflow/tfjs-node';
const requireHere = createRequire(__filename);
let loaded: Promise<LoadedTfjs> | undefined;

/** Whether the native package is installed; whether it loads is only known after trying. */
export function nativeInstalled(): boolean {
  try {
    requireHere.resolve(native);
    return true;
  } catch {
    return false;
  }
}

export function loadTfjs(): Promise<LoadedTfjs> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw new LensError('failed', oneLine(`TensorFlow.js could not be loaded: ${error instanceof Error ? error.message : String(error)}`));
  });
  return loaded;
}

async function load(): Promise<LoadedTfjs> {
  let note: string | undefined;
  if (nativeInstalled()) {
    try {
      return await started('tfjs-node', loadNative());
    } catch (error) {
      note = oneLine(`${native} is installed but does not load: ${error instanceof Error ? error.message : String(error)}`, 200);
    }
  }
  // In a checkout that runs from source there is no bundle; the loader of TypeScript takes the source itself.
  const bundle = path.join(__dirname, 'tfjs.cjs');
  const library = requireHere(fs.existsSync(bundle) ? bundle : path.join(__dirname, 'library')) as TfjsLibrary;
  // Advice for its own developers is none for people who look at a model.
  library.env().set('PROD', true);
  await library.setBackend('cpu');
  return { ...await started('tfjs', library), ...(note !== undefined && { note }) };
}

function loadNative(): TfjsLibrary {
  // Node 23 took this function away, and the package's last release calls it.
  const legacy = util as unknown as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
  return requireHere(native) as TfjsLibrary;
}

async function started(id: LoadedTfjs['id'], library: TfjsLibrary): Promise<LoadedTfjs> {
  await library.ready();
  return { id, library, version: library.version_core };
}
