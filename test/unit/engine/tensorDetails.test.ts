/** A look at stored tensors: figures, slices and tiles against straightforward computations and other readers. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import * as fc from 'fast-check';
import type * as h5wasm from 'h5wasm';
import path from 'node:path';
import { openModel } from '../../../src/formats/open';
import { readInitializer } from '../../../src/formats/readTensor';
import type { TensorDetails } from '../../../src/protocol/details';
import { tensorFromBytes, toFloat64 } from '../../../src/tensor/convert';
import { byteLength, type DType } from '../../../src/tensor/dtype';
import { elementCount } from '../../../src/tensor/tensor';
import { nodeProto, tensorProto, writeModel } from '../formats/protoBuilder';
import { asking, externalModel, modelOf, packFile, temporaryFolder } from './tensorSupport';

/** Figures and histogram against loops over all values. */
function checkFigures({ statistics, histogram }: TensorDetails, values: Float64Array): void {
  const finite = values.filter(Number.isFinite), n = finite.length;
  assert.ok(statistics);
  assert.deepEqual([statistics.nans, statistics.infinities], [values.filter(Number.isNaN).length, values.length - n - values.filter(Number.isNaN).length]);
  assert.equal(statistics.sparsity, finite.filter((value) => value === 0).length / values.length);
  if (n === 0) return assert.equal(histogram, null);
  const mean = finite.reduce((sum, value) => sum + value / n, 0);
  const size = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Sums of numbers near the largest are infinite on both sides.
  const near = (found: number, expected: number, what: string): void => assert.ok(found === expected || Math.abs(found - expected) <= 1e-9 * Math.max(size, Math.abs(expected)) + 1e-300, `${what}: ${found}, expected ${expected}`);
  assert.equal(statistics.min, finite.reduce((least, value) => Math.min(least, value), Infinity));
  assert.equal(statistics.max, finite.reduce((most, value) => Math.max(most, value), -Infinity));
  near(statistics.mean, mean, 'mean');
  near(statistics.std, Math.sqrt(finite.reduce((sum, value) => sum + ((value - mean) / (size || 1)) ** 2, 0) / n) * size, 'std');
  near(statistics.l1, finite.reduce((sum, value) => sum + Math.abs(value), 0), 'L1');
  near(statistics.l2, Math.sqrt(finite.reduce((sum, value) => sum + (value / (size || 1)) ** 2, 0)) * size, 'L2');
  assert.ok(histogram);
  assert.equal(histogram.counts.reduce((sum, count) => sum + count, 0), n);
  const { edges, counts } = histogram;
  counts.forEach((count, bin) => assert.equal(count, finite.filter((value) => value >= edges[bin]! && (bin === counts.length - 1 ? value <= edges[bin + 1]! : value < edges[bin + 1]!)).length));
}

describe('tensorDetails', () => {
  const folder = temporaryFolder(), ask = asking();
  let files = 0;
  const file = (extension = 'onnx'): string => path.join(folder, `${files++}.${extension}`);

  const real: readonly DType[] = [
    'float32', 'float64', 'float16', 'bfloat16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64',
    'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float8e8m0', 'int4', 'uint4', 'int2', 'uint2', 'float4e2m1',
  ];
  for (const dtype of real) {
    it(`${dtype}: any bytes, figures and slices`, async () => {
      const dims = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 0, maxLength: 4 });
      await fc.assert(fc.asyncProperty(dims, fc.infiniteStream(fc.integer({ min: 0, max: 255 })), async (shape, stream) => {
        const bytes = Uint8Array.from({ length: byteLength(dtype, elementCount(shape)) }, () => stream.next().value as number);
        const values = toFloat64(tensorFromBytes(dtype, shape, bytes));
        const index = shape.slice(0, -2).map((length) => length - 1);
        const found = await ask.tensor(modelOf(file(), dtype, shape, bytes), 'tensor:w', { index });
        assert.deepEqual([found.dtype, found.dims, found.count], [dtype, shape, values.length]);
        checkFigures(found, values);
        const rows = shape.at(-2) ?? 1, columns = shape.at(-1) ?? 1, start = values.length - rows * columns;
        assert.deepEqual([found.slice.rows, found.slice.columns], [rows, columns]);
        const expected = Array.from(values.slice(start));
        assert.deepEqual(Array.from(found.slice.values), dtype === 'float64' || /int/.test(dtype) ? expected : expected.map(Math.fround));
      }), { numRuns: 25 });
    });
  }

  it('64-bit integers beyond 2^53 are told exactly', async () => {
    const bytes = new Uint8Array(BigInt64Array.of(2n ** 63n - 1n, -5n).buffer);
    const { slice } = await ask.tensor(modelOf(file(), 'int64', [2], bytes), 'tensor:w');
    assert.deepEqual(slice.strings, ['9223372036854775807', '-5']);
  });

  it('bool, strings, complex numbers and empty tensors', async () => {
    const bool = await ask.tensor(modelOf(file(), 'bool', [4], Uint8Array.of(1, 0, 1, 1)), 'tensor:w');
    assert.deepEqual([bool.statistics!.mean, bool.statistics!.sparsity, bool.histogram!.counts], [0.75, 0.25, [1, 3]]);
    const texts = writeModel(file(), { initializers: [tensorProto(8, [2, 2], (tensor) => { for (const text of ['a', 'b', 'ü', '']) tensor.bytes(6, new TextEncoder().encode(text)); })] });
    const strings = await ask.tensor(texts, 'tensor:w', { rowStart: 1 });
    assert.deepEqual([strings.statistics, strings.histogram, strings.slice.strings], [null, null, ['ü', '']]);
    const complex = await ask.tensor(modelOf(file(), 'complex64', [2], new Uint8Array(Float32Array.of(1, 2, 0.5, -3).buffer)), 'tensor:w');
    assert.deepEqual([complex.statistics, complex.slice.strings], [null, ['1 + 2i', '0.5 − 3i']]);
    const empty = await ask.tensor(modelOf(file(), 'float32', [3, 0], new Uint8Array(0)), 'tensor:w');
    assert.deepEqual([empty.count, empty.statistics, empty.slice.rows], [0, null, 0]);
  });

  it('windows of large matrices, at any place', async () => {
    const [rows, columns] = [700, 1900];
    const values = Float32Array.from({ length: 2 * rows * columns }, (_, i) => i);
    const model = modelOf(file(), 'float32', [2, rows, columns], new Uint8Array(values.buffer));
    for (const [rowStart, columnStart] of [[0, 0], [10, 1700], [699, 1899], [500, 256]] as const) {
      const { slice } = await ask.tensor(model, 'tensor:w', { index: [1], rowStart, columnStart });
      assert.deepEqual([slice.rows, slice.columns], [Math.min(256, rows - rowStart), Math.min(256, columns - columnStart)]);
      for (let row = 0; row < slice.rows; row += 51) for (let column = 0; column < slice.columns; column += 37) {
        assert.equal(slice.values[row * slice.columns + column], Math.fround(rows * columns + (rowStart + row) * columns + columnStart + column));
      }
    }
  });

  it('wrong questions are refused in words', async () => {
    const model = modelOf(file(), 'float32', [2, 3, 4], new Uint8Array(96));
    await assert.rejects(ask.tensor(model, 'tensor:nothing'), /no stored tensor 'tensor:nothing'/);
    await assert.rejects(ask.tensor(model, 'tensor:w', { index: [2] }), /index is \[2\], expected 1 whole numbers below \[2\]/);
    await assert.rejects(ask.tensor(model, 'tensor:w', { index: [] }), /index/);
    await assert.rejects(ask.tensor(model, 'tensor:w', { rowStart: 3 }), /rowStart is 3, expected a whole number from 0 to 2/);
    await assert.rejects(ask.tensor(model, 'tensor:w', { bins: 0 }), /bins is 0/);
  });

  it('a missing tensor is answered by its reason', async () => {
    const model = externalModel(file(), 'float32', [4], 'not-there.bin', 16);
    await assert.rejects(ask.tensor(model, 'tensor:w'), { code: 'badFile', message: /'w' cannot be read: its data file "not-there.bin" does not exist/ });
    const details = await ask.layer(model, 'node:0');
    assert.deepEqual([details.tensors[0]!.readable, details.tensors[0]!.place], [false, 'cannot be read: its data file "not-there.bin" does not exist']);
  });

  it('weights of the pack: figures as of the whole tensor, and filters as the tensor has them', async function () {
    this.timeout(60_000);
    const squeezenet = packFile(this, 'converted/imagenet_squeezenet_fp32.onnx');
    const model = await openModel(squeezenet);
    for (const [name, init] of [...model.graph.initializers].slice(0, 12)) {
      checkFigures(await ask.tensor(squeezenet, `tensor:${name}`), toFloat64(await readInitializer(init)));
    }
    const weight = toFloat64(await readInitializer(model.graph.initializers.get('conv1_w_0')!));
    const { tiles } = await ask.tensor(squeezenet, 'tensor:conv1_w_0');
    assert.ok(tiles);
    assert.deepEqual([tiles.count, tiles.filters, tiles.height, tiles.width, tiles.channels], [64, 64, 3, 3, 3]);
    assert.deepEqual([tiles.minimum, tiles.maximum], [Math.min(...weight), Math.max(...weight)]);
    for (const [filter, row, column, channel] of [[0, 0, 0, 0], [63, 2, 1, 2], [17, 1, 2, 1]] as const) {
      const value = weight[((filter * 3 + channel) * 3 + row) * 3 + column]!;
      const shown = tiles.values[((filter * 3 + row) * 3 + column) * 3 + channel]!;
      assert.ok(Math.abs(shown - (value - tiles.minimum) / (tiles.maximum - tiles.minimum)) < 1e-6);
    }
    // A later convolution over 64 channels has no pictures.
    assert.equal((await ask.tensor(squeezenet, [...model.graph.initializers.keys()].filter((name) => name.includes('fire2')).map((name) => `tensor:${name}`)[0]!)).tiles, undefined);
    const quantised = packFile(this, 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx'), qdq = await openModel(quantised);
    const first = qdq.graph.nodes.find(({ opType }) => opType === 'Conv')!;
    const key = `node:${qdq.graph.nodes.indexOf(first)}`, stored = (await ask.layer(quantised, key)).tensors.find(({ role, dims }) => role === 'W' && dims.length === 4)!;
    assert.match(stored.dtype, /^u?int8$/);
    checkFigures(await ask.tensor(quantised, stored.id), toFloat64(await readInitializer(qdq.graph.initializers.get(stored.name)!)));
  });

  it('a Keras kernel as h5wasm reads it, filters in Keras’ order of axes', async function () {
    const keras = packFile(this, 'keras/cifar10_resnet8.h5');
    const h5 = (await import('h5wasm/node')) as unknown as typeof h5wasm;
    await h5.ready;
    const opened = new (h5.File as unknown as new (...args: unknown[]) => InstanceType<typeof h5wasm.File>)(keras, 'r');
    const kernel = opened.get('model_weights/conv2d/conv2d/kernel:0') as InstanceType<typeof h5wasm.Dataset>;
    const expected = Float64Array.from(kernel.value as Float32Array);
    opened.close();
    const model = await openModel(keras), layer = model.layers!.findIndex(({ name }) => name === 'conv2d');
    const found = await ask.tensor(keras, `layer:${layer}/weight:0`, { index: [1, 2] });
    checkFigures(found, expected);
    assert.deepEqual(found.dims, [3, 3, 3, 16]);
    assert.deepEqual(Array.from(found.slice.values), Array.from(expected.slice((1 * 3 + 2) * 48, (1 * 3 + 3) * 48)));
    const { tiles } = found;
    assert.ok(tiles);
    const value = expected[((2 * 3 + 1) * 3 + 2) * 16 + 5]!;
    assert.ok(Math.abs(tiles.values[((5 * 3 + 2) * 3 + 1) * 3 + 2]! - (value - tiles.minimum) / (tiles.maximum - tiles.minimum)) < 1e-6);
  });

  it('a slice after the first look reads the slice alone; the structure reads nothing of it', async () => {
    const dims = [64, 128, 512], bytes = byteLength('float32', elementCount(dims));
    fs.writeFileSync(path.join(folder, 'counted.bin'), Buffer.alloc(bytes, 1));
    const model = externalModel(file(), 'float32', dims, 'counted.bin', bytes);
    const counted = await watched(async () => { await ask.layer(model, 'node:0'); });
    assert.equal(counted, 0, 'layerDetails reads no weights');
    const first = await watched(async () => { await ask.tensor(model, 'tensor:w'); });
    assert.ok(first >= bytes && first <= 2.2 * bytes, `${first} bytes of ${bytes} in two passes`);
    const second = await watched(async () => { await ask.tensor(model, 'tensor:w', { index: [63] }); });
    assert.ok(second > 0 && second <= 128 * 512 * 4, `${second} bytes for a slice`);
  });

  it('2 GB of external data in bounded memory, with progress, and a cancel in the middle', function () {
    this.timeout(120_000);
    const size = 2 * 2 ** 30, handle = fs.openSync(path.join(folder, 'sparse.bin'), 'w');
    fs.ftruncateSync(handle, size);
    fs.writeSync(handle, Buffer.from(Float32Array.of(42, -1).buffer), 0, 8, size - 8);
    fs.closeSync(handle);
    const model = externalModel(file(), 'float32', [1024, 1024, 512], 'sparse.bin', size);
    const measured = JSON.parse(execFileSync(process.execPath, ['--require', 'tsx/cjs', path.join(__dirname, 'measureTensor.ts'), model, 'tensor:w'], { encoding: 'utf8', cwd: path.join(__dirname, '../../..') })) as { megabytes: number; seconds: number; progress: number; min: number; max: number; cancelled: number };
    console.log(`      ${measured.megabytes.toFixed(0)} MB more memory, ${measured.seconds.toFixed(1)} s, ${measured.progress} reports, cancelled after ${measured.cancelled.toFixed(0)} ms`);
    assert.deepEqual([measured.min, measured.max], [-1, 42]);
    assert.ok(measured.megabytes < 250, `${measured.megabytes} MB`);
    assert.ok(measured.progress > 100);
    assert.ok(measured.cancelled < 500);
  });

  it('filters that many operators read, of one channel', async () => {
    const bytes = new Uint8Array(Float32Array.from({ length: 8 * 25 }, (_, i) => Math.sin(i)).buffer);
    const model = modelOf(file(), 'float32', [8, 1, 5, 5], bytes, nodeProto('Conv', ['x', 'w'], ['y'], 'conv'));
    const { tiles } = await ask.tensor(model, 'tensor:w');
    assert.deepEqual([tiles?.count, tiles?.channels, tiles?.height], [8, 1, 5]);
    assert.ok(tiles!.values.every((value) => value >= 0 && value <= 1));
    assert.equal((await ask.tensor(modelOf(file(), 'float32', [8, 1, 5, 5], bytes), 'tensor:w')).tiles, undefined, 'no convolution reads it');
  });
});

/** Bytes that FileHandle.read takes while `work` runs. */
async function watched(work: () => Promise<void>): Promise<number> {
  const probe = await fs.promises.open(__filename);
  const handles = Object.getPrototypeOf(probe) as { read: (...args: unknown[]) => Promise<{ bytesRead: number }> };
  await probe.close();
  const { read } = handles;
  let bytes = 0;
  handles.read = async function (this: unknown, ...args: unknown[]) {
    const done = await read.apply(this, args);
    bytes += done.bytesRead;
    return done;
  };
  try {
    await work();
    return bytes;
  } finally {
    handles.read = read;
  }
}
