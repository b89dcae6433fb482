/** Stored tensors as .npy: byte for byte, in pieces, and never over the model. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from '../../../src/formats/open';
import { readInitializer } from '../../../src/formats/readTensor';
import { tensorFromBytes, toFloat64 } from '../../../src/tensor/convert';
import { byteLength, type DType } from '../../../src/tensor/dtype';
import { formatNpy, parseNpy } from '../../../src/tensor/npy';
import { elementCount } from '../../../src/tensor/tensor';
import { tensorProto, writeModel } from '../formats/protoBuilder';
import { asking, externalModel, modelOf, packFile, temporaryFolder } from './tensorSupport';

describe('saveTensor', () => {
  const folder = temporaryFolder(), ask = asking(), to = path.join(folder, 'out.npy');
  let files = 0;
  const file = (): string => path.join(folder, `${files++}.onnx`);
  const noise = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 2654435761) >>> 24);

  for (const dtype of ['float32', 'float64', 'float16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'complex64', 'complex128'] as const) {
    it(`${dtype} is written as it is`, async () => {
      const dims = [3, 5, 7], bytes = noise(byteLength(dtype, 105));
      const saved = await ask.save(modelOf(file(), dtype, dims, bytes), 'tensor:w', to);
      const written = fs.readFileSync(to);
      assert.deepEqual([saved.bytes, saved.dtype, saved.note], [written.length, dtype, undefined]);
      assert.deepEqual(new Uint8Array(written), formatNpy(tensorFromBytes(dtype, dims, bytes)));
      assert.deepEqual(new Uint8Array(written.subarray(written.length - bytes.length)), bytes, 'the very bytes of the model');
    });
  }

  const stands: Readonly<Partial<Record<DType, DType>>> = { bfloat16: 'float32', float8e4m3fn: 'float32', float8e5m2: 'float32', float8e8m0: 'float32', float4e2m1: 'float32', int4: 'int8', uint4: 'uint8', int2: 'int8', uint2: 'uint8' };
  for (const [dtype, wider] of Object.entries(stands) as [DType, DType][]) {
    it(`${dtype} is written as ${wider}, and says so`, async () => {
      const dims = [5, 7], bytes = noise(byteLength(dtype, 35));
      const saved = await ask.save(modelOf(file(), dtype, dims, bytes), 'tensor:w', to);
      assert.match(saved.note!, new RegExp(`NumPy has no type ${dtype}: the values are written as ${wider}`));
      const read = parseNpy(fs.readFileSync(to));
      assert.equal(read.dtype, wider);
      assert.deepEqual(toFloat64(read), toFloat64(tensorFromBytes(dtype, dims, bytes)));
    });
  }

  it('bool, strings, scalars and empty tensors', async () => {
    await ask.save(modelOf(file(), 'bool', [3], Uint8Array.of(1, 0, 1)), 'tensor:w', to);
    assert.deepEqual([parseNpy(fs.readFileSync(to)).dtype, [...fs.readFileSync(to).subarray(-3)]], ['bool', [1, 0, 1]]);
    await ask.save(writeModel(file(), { initializers: [tensorProto(8, [1, 2], (tensor) => { for (const text of ['cat', 'hörnchen']) tensor.bytes(6, new TextEncoder().encode(text)); })] }), 'tensor:w', to);
    assert.deepEqual(parseNpy(fs.readFileSync(to)), { dtype: 'string', dims: [1, 2], data: ['cat', 'hörnchen'] });
    await ask.save(modelOf(file(), 'float32', [], new Uint8Array(Float32Array.of(0.5).buffer)), 'tensor:w', to);
    assert.deepEqual(parseNpy(fs.readFileSync(to)).dims, []);
    await ask.save(modelOf(file(), 'float32', [0, 4], new Uint8Array(0)), 'tensor:w', to);
    assert.deepEqual(parseNpy(fs.readFileSync(to)).dims, [0, 4]);
  });

  it('weights of the pack, ONNX and Keras, come back as they are', async function () {
    for (const [relative, id] of [['converted/imagenet_squeezenet_fp32.onnx', 'tensor:conv1_w_0'], ['onnx/imagenet_squeezenet_fp16.onnx', undefined], ['keras/cifar10_resnet8.h5', 'layer:1/weight:0']] as const) {
      const model = packFile(this, relative), opened = await openModel(model);
      const name = id ?? `tensor:${[...opened.graph.initializers].find(([, init]) => init.kind === 'ref')![0]}`;
      const init = name.startsWith('layer') ? opened.layers![1]!.weights![0]!.init : opened.graph.initializers.get(name.slice('tensor:'.length))!;
      await ask.save(model, name, to);
      assert.deepEqual(new Uint8Array(fs.readFileSync(to)), formatNpy(await readInitializer(init)));
    }
  });

  it('many pieces make one file', async () => {
    const count = 3 * 2 ** 20 + 17, bytes = noise(4 * count);
    fs.writeFileSync(path.join(folder, 'pieces.bin'), bytes);
    const model = externalModel(file(), 'int32', [count], 'pieces.bin', bytes.length);
    await ask.save(model, 'tensor:w', to);
    const written = fs.readFileSync(to);
    assert.ok(written.subarray(written.length - bytes.length).equals(bytes));
    assert.equal(elementCount(parseNpy(written).dims), count);
  });

  it('the model is never written over, and a failure leaves what was there', async () => {
    const bytes = noise(4096);
    fs.writeFileSync(path.join(folder, 'weights.bin'), bytes);
    const model = externalModel(file(), 'uint8', [4096], 'weights.bin', 4096);
    const link = path.join(folder, 'link.npy');
    fs.symlinkSync(model, link);
    for (const target of [model, path.join(folder, 'weights.bin'), link, path.join(folder, '.', 'sub', '..', path.basename(model))]) {
      await assert.rejects(ask.save(model, 'tensor:w', target), /is a file of the model itself/, target);
    }
    assert.deepEqual(new Uint8Array(fs.readFileSync(path.join(folder, 'weights.bin'))), bytes);
    fs.writeFileSync(to, 'before');
    await assert.rejects(ask.save(model, 'tensor:w', to, AbortSignal.abort()), { code: 'cancelled' });
    assert.equal(fs.readFileSync(to, 'utf8'), 'before');
    await assert.rejects(ask.save(model, 'tensor:w', path.join(folder, 'nowhere', 'x.npy')), /cannot be written \(ENOENT\)/);
    await assert.rejects(ask.save(model, 'tensor:none', to), /no stored tensor/);
    assert.deepEqual(fs.readdirSync(folder).filter((name) => name.endsWith('.part')), [], 'no parts are left');
  });
});
