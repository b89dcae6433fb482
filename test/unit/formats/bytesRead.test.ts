/** Opening a model of any format leaves its weights in the file: reads are watched where they leave Node. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Models } from '../../../src/engine/models';
import { summarise } from '../../../src/graph/summarise';
import { byteLength } from '../../../src/tensor/dtype';
import { elementCount } from '../../../src/tensor/tensor';
import { shared } from './support';

interface Read { readonly file: string; readonly offset: number; readonly length: number }

/** Every read through a file descriptor while `work` runs; whole-file reads count as what they return. */
async function watchReads<T>(work: () => Promise<T>): Promise<{ result: T; reads: Read[] }> {
  const { openSync, readSync, readFileSync } = fs;
  const reads: Read[] = [];
  const names = new Map<number, string>();
  const patched = fs as { openSync: unknown; readSync: unknown; readFileSync: unknown };
  patched.openSync = (file: string, ...rest: [string]) => {
    const handle = openSync(file, ...rest);
    names.set(handle, path.resolve(file));
    return handle;
  };
  patched.readSync = (handle: number, buffer: Uint8Array, offset: number, length: number, position: number) => {
    const got = readSync(handle, buffer, offset, length, position);
    reads.push({ file: names.get(handle) ?? '', offset: position, length: got });
    return got;
  };
  patched.readFileSync = (file: string, ...rest: []) => {
    const content = readFileSync(file, ...rest);
    reads.push({ file: path.resolve(file), offset: 0, length: content.length });
    return content;
  };
  // The asynchronous half: FileHandle.read, by which single tensors are read.
  const probe = await fs.promises.open(__filename);
  const handles = Object.getPrototypeOf(probe) as { read: (...args: unknown[]) => Promise<{ bytesRead: number }> };
  await probe.close();
  const { read } = handles;
  handles.read = async function (this: unknown, ...args: unknown[]) {
    const done = await read.apply(this, args);
    reads.push({ file: '', offset: Number(args[3]), length: done.bytesRead });
    return done;
  };
  try {
    return { result: await work(), reads };
  } finally {
    Object.assign(fs, { openSync, readSync, readFileSync });
    handles.read = read;
  }
}

describe('bytes read to show a structure', () => {
  for (const relative of [
    'converted/imagenet_squeezenet_fp32.onnx', 'converted/imagenet_mobilenet_v1_025.h5', 'converted/imagenet_mobilenet_v1_025.keras', 'keras/fer2013_mini_xception.hdf5',
    'converted/imagenet_mobilenet_v1_025_tfjs/model.json', 'tfjs/nsfwjs_mobilenet_v2_uint8/model.json', 'tfjs/human_movenet-lightning/movenet-lightning.json', 'keras/textgenrnn_weights_only.hdf5',
  ]) {
    it(relative, async function () {
      const file = shared(this, `pack/${relative}`);
      const { result, reads } = await watchReads(async () => {
        const opened = await new Models().open(file);
        return { model: opened.file, summary: summarise(opened.file, opened.inference) };
      });
      assert.ok(reads.length > 0, 'nothing was read, so nothing was watched');
      let weights = 0, touched = 0;
      for (const init of result.model.graph.initializers.values()) {
        if (init.kind !== 'ref') continue;
        const { ref } = init;
        // Small tensors are steering constants, read on purpose, and lie between what is structure.
        if (byteLength(ref.dtype, elementCount(ref.dims)) < 16_384) continue;
        weights += ref.length;
        for (const read of reads) {
          if (read.file !== ref.file) continue;
          touched += Math.max(0, Math.min(read.offset + read.length, ref.offset + ref.length) - Math.max(read.offset, ref.offset));
        }
      }
      const total = reads.reduce((sum, { length }) => sum + length, 0);
      console.log(`      ${(total / 1024).toFixed(0)} KiB read, ${(touched / 1024).toFixed(0)} KiB of them inside ${(weights / 1024).toFixed(0)} KiB of weights`);
      assert.ok(weights > 100_000, 'the weights are where they were: in the file');
      // Read-ahead windows may reach into the beginnings of weights: a constant, or little of them.
      assert.ok(touched < Math.max(weights / 10, 128 * 1024), `${touched} bytes of weights were read`);
      assert.ok(result.summary.totals.parameters > 0);
    });
  }
});
