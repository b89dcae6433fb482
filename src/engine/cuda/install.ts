/** Unpacks the CUDA libraries of a fetched archive: checked as a whole first, moved into place last. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { FileSource } from '../../formats/bytes';
import { dataOffset, readZip } from '../../formats/keras/zip';
import type { InstallCudaParams } from '../../protocol/cuda';
import { cudaProviderFiles } from '../../protocol/cudaLibraries';
import { LensError } from '../../protocol/rpc';

/** The largest library is some hundred megabytes. */
const mostBytes = 3 * 2 ** 30;

/** @throws LensError if the archive is not what it must be; the folder is then as it was before. */
export async function installCuda({ archive, sha512, folder }: InstallCudaParams, signal: AbortSignal, progress: (value: { done: number; total: number }) => void): Promise<void> {
  if (!path.isAbsolute(folder) || !path.isAbsolute(archive)) throw new LensError('badInput', 'folder and archive must be absolute paths');
  const found = await digest(archive, signal);
  if (found !== sha512) throw new LensError('badFile', `the archive is not what was published: its SHA-512 begins with ${found.slice(0, 12)}, expected ${sha512.slice(0, 12)}`, 'fetch it again');
  const parent = path.dirname(folder);
  await fs.promises.mkdir(parent, { recursive: true });
  const made = await fs.promises.mkdtemp(path.join(parent, 'unpacking-')), source = new FileSource(archive);
  try {
    const entries = readZip(source), wanted = cudaProviderFiles.map((name) => {
      const entry = entries.get(`runtimes/linux-x64/native/${name}`);
      if (!entry) throw new LensError('badFile', `${path.basename(archive)} holds no ${name}`);
      if (entry.encrypted || entry.method === 'other' || !(entry.size <= mostBytes)) throw new LensError('badFile', `'${name}' in ${path.basename(archive)} cannot be unpacked: ${entry.size} bytes, at most ${mostBytes} are`);
      return { name, entry };
    });
    const total = wanted.reduce((sum, { entry }) => sum + entry.size, 0);
    await needSpace(made, total);
    let done = 0;
    for (const { name, entry } of wanted) {
      const start = dataOffset(source, entry), before = done;
      await pipeline(
        fs.createReadStream(archive, { start, end: start + entry.compressedSize - 1 }), entry.method === 'deflated' ? zlib.createInflateRaw() : new PassThrough(),
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            if ((done += chunk.length) - before > entry.size) throw new LensError('badFile', `'${name}' in ${path.basename(archive)} is larger than it claims`);
            progress({ done, total });
            yield chunk;
          }
        },
        fs.createWriteStream(path.join(made, name), { mode: 0o644 }), { signal },
      );
      if (done - before !== entry.size) throw new LensError('badFile', `'${name}' in ${path.basename(archive)} is damaged`);
    }
    await fs.promises.rm(folder, { recursive: true, force: true });
    await fs.promises.rename(made, folder);
  } finally {
    source.close();
    await fs.promises.rm(made, { recursive: true, force: true });
  }
}

async function needSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await fs.promises.statfs(folder);
  if (bavail * bsize < bytes * 1.1) throw new LensError('failed', `the disk has ${Math.floor((bavail * bsize) / 1e6)} MB left, ${Math.ceil(bytes / 1e6)} MB are needed`, 'make room and try again');
}

async function digest(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest('hex');
}
