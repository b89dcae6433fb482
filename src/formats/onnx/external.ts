/**
 * External data: weights in files beside the model. The location comes from an untrusted file, so it may only name a
 * file inside the model's own folder, by plain relative path, also after symbolic links are followed.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { shown } from '../badModelFile';

export type External = { readonly file: string; readonly offset: number; readonly length: number } | { readonly refused: string };

/**
 * Where the bytes of an external tensor lie, or why they are not read.
 * @param entries TensorProto.external_data: location, offset, length, checksum (the checksum is not verified).
 * @param needed bytes that the tensor's type and dims take.
 */
export function resolveExternal(folder: string, entries: ReadonlyMap<string, string>, needed: number): External {
  const location = entries.get('location') ?? '';
  const problem = whyNotPlain(location);
  if (problem) return { refused: `its data file "${shown(location)}" is refused: ${problem}` };
  const offset = parseCount(entries.get('offset') ?? '0');
  if (offset === undefined) return { refused: `its data offset "${shown(entries.get('offset') ?? '')}" is not a whole number of bytes` };
  const lengthText = entries.get('length') ?? '';
  const length = lengthText === '' ? needed : parseCount(lengthText);
  if (length === undefined) return { refused: `its data length "${shown(lengthText)}" is not a whole number of bytes` };
  if (length !== needed) return { refused: `its data has ${length} bytes, but its type and dims take ${needed}` };

  const file = path.join(folder, ...location.split('/'));
  const size = sizeInside(folder, file);
  if (typeof size === 'string') return { refused: `its data file "${shown(location)}" ${size}` };
  if (offset + length > size) {
    return { refused: `its data (${length} bytes at ${offset}) goes past the end of "${shown(location)}", which has ${size} bytes` };
  }
  return { file, offset, length };
}

/** What speaks against opening a location an untrusted file names; undefined for a plain relative path. */
export function whyNotPlain(location: string): string | undefined {
  if (location === '') return 'no location is given';
  if (location.includes('\0')) return 'the location contains a NUL character';
  if (location.includes('\\')) return 'the location contains a backslash, a relative path with / is expected';
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(location)) return 'the location is a URL or has a drive letter, a relative path is expected';
  if (location.startsWith('/')) return 'the location is an absolute path, a relative path is expected';
  if (location.split('/').includes('..')) return "the location leads out of the model's folder";
  if (location.length > 4096) return 'the location is longer than any path';
  return undefined;
}

function parseCount(text: string): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Size of a regular file that really lies inside `folder`, or what is wrong with it. */
export function sizeInside(folder: string, file: string): number | string {
  try {
    const root = fs.realpathSync(folder), real = fs.realpathSync(file);
    const inside = path.relative(root, real);
    if (inside === '' || inside.startsWith('..') || path.isAbsolute(inside)) return "is refused: it is a link that leads out of the model's folder";
    const stat = fs.statSync(real);
    return stat.isFile() ? stat.size : 'is not a regular file';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be opened (${code ?? 'unknown error'})`;
  }
}
