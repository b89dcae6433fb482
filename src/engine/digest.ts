/** SHA-256 of files, read in slices so that the process goes on answering, and remembered while a file stays as it is. */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { throwIfAborted } from '../protocol/rpc';

const sliceBytes = 4 << 20;
const maximumEntries = 64;
const known = new Map<string, string>();

/** Path, size and time of change: what a file is recognised by without reading it. */
export async function fileIdentity(file: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(file);
  return `${file}\0${size}\0${mtimeMs}\0${ino}`;
}

/** The file's SHA-256 in hexadecimal. */
export async function sha256(file: string, signal?: AbortSignal): Promise<string> {
  const identity = await fileIdentity(file);
  const found = known.get(identity);
  if (found !== undefined) return found;
  const hash = createHash('sha256');
  const handle = await open(file);
  try {
    const buffer = Buffer.allocUnsafe(sliceBytes);
    for (;;) {
      throwIfAborted(signal);
      const { bytesRead } = await handle.read(buffer, 0, sliceBytes, null);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
  const digest = hash.digest('hex');
  if (known.size >= maximumEntries) known.delete(known.keys().next().value!);
  known.set(identity, digest);
  return digest;
}
