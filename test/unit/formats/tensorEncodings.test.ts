/** Every way in which TensorProto may hold values. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { scanOnnx } from '../../../src/formats/onnx/scan';
import type { WireWriter } from '../../../src/formats/onnx/wire';
import { writeOnnx } from '../../../src/formats/onnx/write';
import { readInitializer } from '../../../src/formats/readTensor';
import type { Initializer } from '../../../src/graph/graph';
import { toFloat64 } from '../../../src/tensor/convert';
import { message, tensorProto, writeModel } from './protoBuilder';
import { sessionOf, temporaryFolder } from './support';

describe('tensor encodings', () => {
  const folder = temporaryFolder();
  let counter = 0;

  async function scanned(tensor: WireWriter): Promise<{ init: Initializer; warnings: readonly string[]; file: string }> {
    const file = writeModel(path.join(folder, `${counter++}.onnx`), { initializers: [tensor] });
    const model = await scanOnnx(file);
    const init = model.graph.initializers.get('w');
    assert.ok(init);
    return { init, warnings: model.warnings, file };
  }

  async function values(tensor: WireWriter): Promise<unknown[]> {
    const { init, warnings } = await scanned(tensor);
    assert.deepEqual(warnings, []);
    return Array.from((await readInitializer(init)).data as ArrayLike<unknown>);
  }

  const doubles = (list: number[]): Uint8Array => new Uint8Array(Float64Array.from(list).buffer);

  it('float_data packed and unpacked', async () => {
    assert.deepEqual(await values(tensorProto(1, [3], (t) => t.packedFloats(4, [1, -2.5, 3]))), [1, -2.5, 3]);
    assert.deepEqual(await values(tensorProto(1, [3], (t) => t.float(4, 1).float(4, -2.5).float(4, 3))), [1, -2.5, 3]);
    assert.deepEqual(await values(tensorProto(1, [3], (t) => t.packedFloats(4, [1]).float(4, -2.5).packedFloats(4, [3]))), [1, -2.5, 3]);
    assert.deepEqual(await values(tensorProto(14, [1], (t) => t.packedFloats(4, [1, 2]))), [1, 2]);
  });

  it('double_data', async () => {
    assert.deepEqual(await values(tensorProto(11, [2], (t) => t.bytes(10, doubles([0.1, -7])))), [0.1, -7]);
    assert.deepEqual(await values(tensorProto(15, [1], (t) => t.bytes(10, doubles([3, 4])))), [3, 4]);
  });

  it('int32_data for every type that uses it', async () => {
    assert.deepEqual(await values(tensorProto(6, [3], (t) => t.packedInts(5, [1, -2, 2 ** 31 - 1]))), [1, -2, 2 ** 31 - 1]);
    assert.deepEqual(await values(tensorProto(6, [2], (t) => t.int(5, -5).int(5, 6))), [-5, 6]);
    assert.deepEqual(await values(tensorProto(3, [2], (t) => t.packedInts(5, [-128, 127]))), [-128, 127]);
    assert.deepEqual(await values(tensorProto(2, [2], (t) => t.packedInts(5, [0, 255]))), [0, 255]);
    assert.deepEqual(await values(tensorProto(5, [2], (t) => t.packedInts(5, [-32768, 32767]))), [-32768, 32767]);
    assert.deepEqual(await values(tensorProto(4, [1], (t) => t.packedInts(5, [65535]))), [65535]);
    assert.deepEqual(await values(tensorProto(9, [3], (t) => t.packedInts(5, [1, 0, 1]))), [1, 0, 1]);
    assert.deepEqual(await values(tensorProto(10, [2], (t) => t.packedInts(5, [0x3c00, 0xc000]))), [0x3c00, 0xc000]);
    assert.deepEqual(await values(tensorProto(16, [1], (t) => t.packedInts(5, [0x3f80]))), [0x3f80]);
    assert.deepEqual(await values(tensorProto(17, [1], (t) => t.packedInts(5, [0x38]))), [0x38]);
    // Two nibbles share one number, the first in the low half.
    assert.deepEqual(await values(tensorProto(22, [3], (t) => t.packedInts(5, [0xf1, 0x07]))), [1, -1, 7]);
    assert.deepEqual(await values(tensorProto(21, [3], (t) => t.packedInts(5, [0xf1, 0x07]))), [1, 15, 7]);
  });

  it('int64_data and uint64_data', async () => {
    assert.deepEqual(await values(tensorProto(7, [2], (t) => t.packedInts(7, [-(2n ** 63n), 5]))), [-(2n ** 63n), 5n]);
    assert.deepEqual(await values(tensorProto(13, [1], (t) => t.packedInts(11, [2n ** 64n - 1n]))), [2n ** 64n - 1n]);
    assert.deepEqual(await values(tensorProto(12, [1], (t) => t.packedInts(11, [2 ** 32 - 1]))), [2 ** 32 - 1]);
  });

  it('string_data', async () => {
    assert.deepEqual(await values(tensorProto(8, [2], (t) => t.text(6, 'π').text(6, ''))), ['π', '']);
  });

  it('raw_data of every width', async () => {
    assert.deepEqual(await values(tensorProto(1, [2], (t) => t.bytes(9, new Uint8Array(Float32Array.of(1, 2).buffer)))), [1, 2]);
    assert.deepEqual(await values(tensorProto(22, [3], (t) => t.bytes(9, Uint8Array.of(0x8f, 0x01)))), [-1, -8, 1]);
    assert.deepEqual(await values(tensorProto(1, [0, 4], () => undefined)), []);
  });

  it('a large packed float_data block stays in the file', async () => {
    const list = Array.from({ length: 5000 }, (_, i) => i / 8);
    const { init } = await scanned(tensorProto(1, [50, 100], (t) => t.packedFloats(4, list)));
    assert.equal(init.kind, 'ref');
    assert.deepEqual(Array.from(toFloat64(await readInitializer(init))), list);
  });

  it('large number-encoded tensors are decoded when they are asked for, not before', async () => {
    const list = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 65536);
    const { init, file } = await scanned(tensorProto(10, [100_000], (t) => t.packedInts(5, list)));
    assert.equal(init.kind, 'inline');
    const stored = fs.readFileSync(file);
    fs.writeFileSync(file, stored.subarray(0, 10));
    await assert.rejects(async () => readInitializer(init), /cut short|fewer|claims/);
    fs.writeFileSync(file, stored);
    assert.deepEqual(Array.from((await readInitializer(init)).data as Uint16Array), list);
  });

  it('sparse tensors are filled in, by flat index and by coordinates', async () => {
    const weights = tensorProto(1, [2], (t) => t.packedFloats(4, [5, 7]));
    const flat = message().message(1, weights).message(2, tensorProto(7, [2], (t) => t.packedInts(7, [1, 5]), 'i')).packedInts(3, [2, 3]);
    const coordinates = message().message(1, weights).message(2, tensorProto(7, [2, 2], (t) => t.packedInts(7, [0, 1, 1, 2]), 'i')).packedInts(3, [2, 3]);
    for (const sparse of [flat, coordinates]) {
      const model = await scanOnnx(writeModel(path.join(folder, 'sparse.onnx'), { sparse: [sparse] }));
      assert.deepEqual(Array.from(toFloat64(await readInitializer(model.graph.initializers.get('w')!))), [0, 5, 0, 0, 0, 7]);
      const session = await sessionOf(await writeOnnx(model));
      assert.deepEqual(Array.from((await session.run({}))['y']!.data as Float32Array), [0, 5, 0, 0, 0, 7]);
      await session.release();
    }
    const huge = message().message(1, weights).message(2, tensorProto(7, [2], (t) => t.packedInts(7, [1, 5]), 'i')).packedInts(3, [100_000, 100_000]);
    const model = await scanOnnx(writeModel(path.join(folder, 'sparse.onnx'), { sparse: [huge] }));
    assert.equal(model.graph.initializers.get('w')?.kind, 'missing');
    assert.match(model.warnings[0]!, /dense tensor of more than 268435456 bytes/);
  });

  const damaged: [string, WireWriter, RegExp][] = [
    ['too few raw bytes', tensorProto(1, [2], (t) => t.bytes(9, new Uint8Array(4))), /it holds 4 bytes, but its type float32 and dims \[2\] take 8/],
    ['too few floats', tensorProto(1, [2], (t) => t.packedFloats(4, [1])), /it holds 1 values, but its dims take 2/],
    ['too many numbers', tensorProto(6, [2], (t) => t.packedInts(5, [1, 2, 3])), /it holds more than the 2 values/],
    ['far too few numbers', tensorProto(6, [1_000_000], (t) => t.packedInts(5, [1])), /fewer values than its dims/],
    ['strings that are not there', tensorProto(8, [3], (t) => t.text(6, 'a')), /it holds 1 strings, but its dims take 3/],
    ['no data at all', tensorProto(1, [2], () => undefined), /the file holds no values for it/],
    ['data of another type', tensorProto(1, [2], (t) => t.packedInts(7, [1, 2])), /the file holds no values for it/],
    ['a negative dim', tensorProto(1, [-1], (t) => t.packedFloats(4, [1])), /not all whole numbers/],
    ['a type that does not exist', tensorProto(77, [1], (t) => t.packedFloats(4, [1])), /its element type 77 is unknown/],
  ];
  for (const [what, tensor, reason] of damaged) {
    it(`${what}: the weight is missing, the model opens`, async () => {
      const { init, warnings } = await scanned(tensor);
      assert.equal(init.kind, 'missing');
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, reason);
      await assert.rejects(readInitializer(init), { name: 'BadModelFile' });
    });
  }
});
