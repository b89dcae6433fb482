/** Our HDF5 reader against files that the HDF5 library itself writes (h5wasm). */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import os from 'node:os';
import type * as h5wasm from 'h5wasm';
import path from 'node:path';
import fc from 'fast-check';
import { FileSource } from '../../../../src/formats/bytes';
import { datasetInitializer } from '../../../../src/formats/keras/hdf5/dataset';
import { Hdf5File, type Hdf5Group } from '../../../../src/formats/keras/hdf5/file';
import { readInitializer } from '../../../../src/formats/readTensor';
import { toFloat64 } from '../../../../src/tensor/convert';

type H5 = typeof h5wasm;
type Writable = InstanceType<H5['File']>;

describe('HDF5 files', () => {
  let folder: string, h5: H5;
  let count = 0;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lens-hdf5-'));
    h5 = (await import('h5wasm/node')) as unknown as H5;
    await h5.ready;
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  function written(write: (file: Writable) => void, ...options: readonly unknown[]): string {
    const file = path.join(folder, `${count++}.h5`);
    const open = new (h5.File as unknown as new (...args: unknown[]) => Writable)(file, 'w', ...options);
    write(open);
    open.close();
    return file;
  }

  function opened<T>(file: string, body: (hdf5: Hdf5File, source: FileSource) => T): T {
    const source = new FileSource(file);
    try {
      return body(new Hdf5File(source), source);
    } finally {
      source.close();
    }
  }

  async function values(file: string, name: string): Promise<{ kind: string; dims: readonly number[]; data: number[] }> {
    const init = opened(file, (hdf5) => datasetInitializer(hdf5.view, hdf5.root.dataset(name)!, { place: { file, offset: 0 }, open: () => new FileSource(file) }));
    const tensor = await readInitializer(init);
    return { kind: init.kind, dims: tensor.dims, data: [...toFloat64(tensor)] };
  }

  it('attributes: texts of any length, lists, numbers', () => {
    const long = JSON.stringify({ text: 'ä'.repeat(200_000) });
    const file = written((out) => {
      out.create_attribute('model_config', long, null, 'S');
      out.create_attribute('fixed', 'abc', null, 'S5');
      out.create_attribute('names', ['conv2d/kernel:0', 'b'], null, 'S20');
      out.create_attribute('number', 7, null, '<i4');
      out.create_attribute('numbers', [1.5, -2], null, '<f8');
    });
    opened(file, ({ root }) => {
      assert.equal(root.attribute('model_config'), long);
      assert.equal(root.attribute('fixed'), 'abc');
      assert.deepEqual(root.attribute('names'), ['conv2d/kernel:0', 'b']);
      assert.equal(root.attribute('number'), 7);
      assert.deepEqual(root.attribute('numbers'), [1.5, -2]);
      assert.equal(root.attribute('__proto__'), undefined);
    });
  });

  for (const [what, options] of [['old groups', []], ['tracked groups', [{ track_order: true }]]] as const) {
    it(`${what}: a few and very many names`, () => {
      for (const size of [3, 40, 3000]) {
        const file = written((out) => {
          const group = out.create_group('layers', options.length > 0);
          for (let index = 0; index < size; index++) group.create_group(`layer_${index}`);
        }, ...options);
        opened(file, ({ root }) => {
          assert.deepEqual(root.names, ['layers']);
          const group = root.group('layers')!;
          assert.equal(group.names.length, size);
          assert.equal(new Set(group.names).size, size);
          for (const index of [0, 1, size - 1]) assert.ok(group.group(`layer_${index}`));
          assert.equal(group.group(`layer_${size}`), undefined);
        });
      }
    });
  }

  it('more attributes than an object header holds', () => {
    const file = written((out) => {
      const group = out.create_group('many', true);
      for (let index = 0; index < 200; index++) group.create_attribute(`a${index}`, `value ${index}`, null, 'S10');
    });
    opened(file, ({ root }) => {
      for (const index of [0, 99, 199]) assert.equal(root.group('many')!.attribute(`a${index}`), `value ${index}`);
    });
  });

  it('datasets that lie in one piece stay where they are', async () => {
    const data = Float32Array.from({ length: 24 }, (_, index) => index / 3);
    const file = written((out) => { out.create_dataset({ name: 'kernel', data, shape: [2, 3, 4], dtype: '<f4' }); });
    assert.deepEqual(await values(file, 'kernel'), { kind: 'ref', dims: [2, 3, 4], data: [...data] });
  });

  it('chunked and compressed datasets are decoded to the same numbers', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 4 }), fc.constantFrom('<f4', '<f8', '<i4', '<i2', '<B'), async (dims, level, chunk, dtype) => {
      const size = dims.reduce((product, dim) => product * dim, 1);
      const data = Array.from({ length: size }, (_, index) => (index * 7) % 100);
      const typed = dtype === '<f4' ? Float32Array.from(data) : dtype === '<f8' ? Float64Array.from(data) : dtype === '<i4' ? Int32Array.from(data) : dtype === '<i2' ? Int16Array.from(data) : Uint8Array.from(data);
      const file = written((out) => { out.create_dataset({ name: 'w', data: typed, shape: dims, dtype, chunks: dims.map((dim) => Math.min(dim, chunk)), ...(level > 0 && { compression: 'gzip' as never, compression_opts: [level] as never }) }); });
      const found = await values(file, 'w');
      assert.deepEqual(found, { kind: 'deferred', dims, data });
    }), { numRuns: 60 });
  });

  it('big-endian numbers are turned round', async () => {
    const file = written((out) => { out.create_dataset({ name: 'w', data: Float32Array.from([1, -2.5]), shape: [2], dtype: '<f4' }); });
    // Byte order of the element type: bit 0 of its class bits.
    const bytes = fs.readFileSync(file);
    const type = bytes.indexOf(Buffer.from([0x11, 0x20, 31, 0, 4, 0, 0, 0]));
    assert.ok(type > 0);
    bytes[type + 1]! |= 1;
    const at = opened(file, (hdf5) => hdf5.root.dataset('w')!.layout) as { offset: number };
    bytes.subarray(at.offset, at.offset + 8).swap32();
    fs.writeFileSync(file, bytes);
    assert.deepEqual(await values(file, 'w'), { kind: 'deferred', dims: [2], data: [1, -2.5] });
  });

  it('the structure is read, not the weights', () => {
    const file = written((out) => {
      for (let index = 0; index < 4; index++) out.create_dataset({ name: `w${index}`, data: new Float32Array(2_000_000), shape: [2_000_000], dtype: '<f4' });
    });
    opened(file, (hdf5, source) => {
      for (const name of hdf5.root.names) assert.deepEqual(hdf5.root.dataset(name)!.dims, [2_000_000]);
      assert.ok(source.size > 32_000_000);
      assert.ok(source.bytesRead < 100_000, `${source.bytesRead} bytes were read`);
    });
  });

  it('damage ends in one line, soon', () => {
    const whole = fs.readFileSync(written((out) => {
      const group = out.create_group('a');
      group.create_dataset({ name: 'w', data: new Float32Array(64), shape: [8, 8], dtype: '<f4', chunks: [4, 4], compression: 'gzip' as never });
      for (let index = 0; index < 30; index++) out.create_attribute(`a${index}`, `value ${index}`, null, 'S');
    }));
    const walk = (group: Hdf5Group, depth = 0): void => {
      group.attribute('a1');
      for (const name of group.names.slice(0, 50)) {
        const inner = depth < 5 ? group.group(name) : undefined;
        if (inner) walk(inner, depth + 1);
        else group.dataset(name);
      }
    };
    const file = path.join(folder, 'damaged.h5');
    fc.assert(fc.property(fc.array(fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) }), { minLength: 1, maxLength: 20 }), fc.option(fc.nat(whole.length)), (changes, cut) => {
      const bytes = Buffer.from(whole);
      for (const { at, value } of changes) bytes[at] = value;
      fs.writeFileSync(file, cut === null ? bytes : bytes.subarray(0, cut));
      const source = new FileSource(file);
      const start = Date.now();
      try {
        walk(new Hdf5File(source).root);
      } catch (error) {
        assert.equal((error as Error).name, 'BadModelFile', (error as Error).stack);
        assert.doesNotMatch((error as Error).message, /\n/);
      } finally {
        source.close();
      }
      assert.ok(Date.now() - start < 2000);
    }), { numRuns: 300 });
  });
});
