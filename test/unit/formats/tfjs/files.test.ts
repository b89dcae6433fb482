/** model.json files: groups and shards, quantisation, strings, refused paths, damaged and incomplete models. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readInitializer } from '../../../../src/formats/readTensor';
import { openTfjs } from '../../../../src/formats/tfjs/open';
import { initializerType, type ModelFile } from '../../../../src/graph/graph';
import * as ort from 'onnxruntime-node';
import { writeOnnxStandalone } from '../../../../src/formats/onnx/write';
import { attr } from './oracle';

const shared = process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../../shared');

describe('TensorFlow.js files', () => {
  let folder: string;
  beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lens-tfjs-')); });
  afterEach(() => { fs.rmSync(folder, { recursive: true }); });

  function write(json: unknown, files: Readonly<Record<string, Uint8Array>> = {}): string {
    const file = path.join(folder, 'model.json');
    fs.writeFileSync(file, typeof json === 'string' ? json : JSON.stringify(json));
    for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), bytes);
    return file;
  }
  const weightsOnly = (paths: readonly string[], weights: readonly unknown[]): unknown => ({ modelTopology: null, weightsManifest: [{ paths, weights }] });
  const values = async (model: ModelFile, name: string): Promise<number[]> => Array.from((await readInitializer(model.graph.initializers.get(name)!)).data as Iterable<number>, Number);

  it('weights lie in place, over shard boundaries they are put together', async () => {
    const bytes = new Uint8Array(Float32Array.from({ length: 6 }, (_, index) => index + 0.5).buffer);
    const model = await openTfjs(write(weightsOnly(['a.bin', 'b.bin'], [{ name: 'w/first', shape: [2], dtype: 'float32' }, { name: 'w/second', shape: [2, 2], dtype: 'float32' }]), { 'a.bin': bytes.slice(0, 10), 'b.bin': bytes.slice(10) }));
    assert.equal(model.graph.initializers.get('w/first')!.kind, 'ref');
    assert.equal(model.graph.initializers.get('w/second')!.kind, 'deferred');
    assert.deepEqual(await values(model, 'w/first'), [0.5, 1.5]);
    assert.deepEqual(await values(model, 'w/second'), [2.5, 3.5, 4.5, 5.5]);
    assert.match(model.notRunnable!, /holds 2 weights but no architecture \("modelTopology" is null\)/);
    assert.deepEqual(model.layers!.map(({ name, parameters }) => [name, parameters]), [['w', 6]]);
  });

  it('quantised weights are multiplied back by the graph', async () => {
    const half = Uint16Array.from([0x3c00, 0xc000]); // 1, -2
    const weights = [
      { name: 'a', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
      { name: 'b', shape: [2], dtype: 'float32', quantization: { dtype: 'uint16', scale: 0.25, min: 2 } },
      { name: 'c', shape: [2], dtype: 'float32', quantization: { dtype: 'float16' } },
      { name: 'axis', shape: [], dtype: 'int32', quantization: { dtype: 'uint8', scale: 1, min: 0 } },
    ];
    const constants = weights.map(({ name, shape, dtype }) => ({ name, op: 'Const', attr: { dtype: attr.type(dtype as 'float32'), value: { tensor: { dtype: 'DT_FLOAT', tensorShape: { dim: shape.map(String).map((size) => ({ size })) } } } } }));
    const file = write({
      modelTopology: { node: [...constants, { name: 'x', op: 'Placeholder', attr: { dtype: attr.type('float32'), shape: attr.shape([2]) } }, { name: 's', op: 'AddN', input: ['a', 'b', 'c', 'x'] }, { name: 'y', op: 'ExpandDims', input: ['s', 'axis'] }] },
      weightsManifest: [{ paths: ['w.bin'], weights }],
    }, { 'w.bin': Buffer.concat([Uint8Array.from([0, 4]), Buffer.from(Uint16Array.from([0, 8]).buffer), Buffer.from(half.buffer), Uint8Array.from([0])]) });
    const model = await openTfjs(file);
    assert.deepEqual(['a', 'b', 'c'].map((name) => initializerType(model.graph.initializers.get(name)!).dtype), ['uint8', 'uint16', 'float16']);
    const session = await ort.InferenceSession.create(await writeOnnxStandalone(model));
    const result = await session.run({ x: new ort.Tensor('float32', Float32Array.of(10, 20), [2]) });
    // (-1, 1) + (2, 4) + (1, -2) + x
    assert.deepEqual([result.y!.dims, Array.from(result.y!.data as Float32Array)], [[1, 2], [12, 23]]);
    await session.release();
  });

  it('strings are read, and what follows them is found', async () => {
    const text = (value: string): Buffer => Buffer.concat([Buffer.from(Uint32Array.of(Buffer.byteLength(value)).buffer), Buffer.from(value)]);
    const model = await openTfjs(write(weightsOnly(['w.bin'], [{ name: 's', shape: [2], dtype: 'string' }, { name: 'n', shape: [1], dtype: 'float32' }]), { 'w.bin': Buffer.concat([text('héllo'), text(''), Buffer.from(Float32Array.of(7).buffer)]) }));
    const strings = model.graph.initializers.get('s')!;
    assert.deepEqual(strings.kind === 'strings' && strings.strings, ['héllo', '']);
    assert.deepEqual(await values(model, 'n'), [7]);
  });

  it('paths out of the folder are refused', async () => {
    fs.symlinkSync('/', path.join(folder, 'root'));
    for (const [location, why] of [['../w.bin', 'leads out'], ['/etc/hostname', 'absolute path'], ['https://example.org/w.bin', 'a URL'], ['root/etc/hostname', 'a link that leads out'], ['gone.bin', 'does not exist']] as const) {
      const model = await openTfjs(write(weightsOnly([location], [{ name: 'w', shape: [1000], dtype: 'float32' }])));
      const stored = model.graph.initializers.get('w')!;
      assert.ok(stored.kind === 'missing' && stored.reason.includes(why), `${location}: ${JSON.stringify(stored)}`);
      assert.equal(model.warnings.length, 1);
    }
  });

  it('missing weights keep a model from running, not from being seen', async () => {
    const model = await openTfjs(write({
      modelTopology: { node: [{ name: 'x', op: 'Placeholder', attr: { dtype: attr.type('float32'), shape: attr.shape([1, 2]) } }, { name: 'w', op: 'Const', attr: {} }, { name: 'y', op: 'MatMul', input: ['x', 'w'] }] },
      weightsManifest: [{ paths: ['gone.bin'], weights: [{ name: 'w', shape: [2, 3], dtype: 'float32' }] }],
    }));
    assert.deepEqual(model.graph.outputs.map(({ name, type }) => [name, type.kind === 'tensor' && type.dims]), [['y', [1, 3]]]);
    assert.match(model.notRunnable!, /^the weight 'w' cannot be read: its weight file "gone.bin" does not exist$/);
  });

  it('damaged files get one sentence', async () => {
    for (const [json, why] of [
      ['{"modelTopology": {', /^model.json is not valid JSON/], ['[1, 2]', /holds a JSON list/], ['{"name": 1}', /without "modelTopology" and "weightsManifest"/],
      [{ weightsManifest: {} }, /"weightsManifest" is not a list/], [{ weightsManifest: [{ weights: [] }] }, /weight group 0 has no lists/],
      [weightsOnly([], [{ name: 'w', shape: [-1], dtype: 'float32' }]), /the shape of weight 'w' is not a list of sizes/], [weightsOnly([], [{ name: 'w', shape: [1e9, 1e9], dtype: 'float32' }]), /the shape of weight/],
      [weightsOnly([], [{ name: 'w', shape: [1], dtype: 'float99' }]), /unknown type 'float99'/], [weightsOnly([], [{ name: 'w', shape: [1], dtype: 'float32', quantization: { dtype: 'int4' } }]), /quantisation of weight 'w' is of an unknown kind/],
      [{ modelTopology: { node: [{ op: 'Relu' }] } }, /a node without name or op/], [{ modelTopology: { node: [{ name: 'y', op: 'Relu', input: ['gone'] }] } }, /node 'gone' is read but does not exist/],
      [{ modelTopology: { node: [{ name: 'f', op: 'PartitionedCall', attr: { f: { func: { name: 'f' } } } }], library: { function: [{ signature: { name: 'f', outputArg: [{ name: 'o' }] }, nodeDef: [{ name: 'g', op: 'PartitionedCall', attr: { f: { func: { name: 'f' } } } }], ret: { o: 'g:output:0' } }] } } }, /functions call each other more than 64 deep/],
    ] as const) {
      await assert.rejects(() => openTfjs(write(json)), (error: Error) => error.name === 'BadModelFile' && why.test(error.message) && !error.message.includes('\n'), String(why));
    }
  });

  it('loops of nodes and of the old control flow end', async () => {
    const model = await openTfjs(write({ modelTopology: { node: [{ name: 'a', op: 'Merge', input: ['e', 'b'] }, { name: 'e', op: 'Placeholder', attr: { dtype: attr.type('float32') } }, { name: 'b', op: 'NextIteration', input: ['a'] }, { name: 'y', op: 'Exit', input: ['b'] }] } }));
    assert.match(model.notRunnable!, /part of a loop written with Enter and NextIteration/);
  });

  it('layers-models keep their layers; the weights stay in place', async () => {
    const file = write({
      format: 'layers-model', weightsManifest: [{ paths: ['w.bin'], weights: [{ name: 'd/kernel', shape: [2, 3], dtype: 'float32' }, { name: 'd/bias', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 1, min: -1 } }] }],
      modelTopology: { class_name: 'Sequential', config: { name: 's', layers: [{ class_name: 'Dense', config: { name: 'd', units: 3, activation: 'linear', use_bias: true, batch_input_shape: [null, 2] } }] }, training_config: { loss: 'mse' } },
    }, { 'w.bin': Buffer.concat([Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer), Uint8Array.of(0, 1, 2)]) });
    const model = await openTfjs(file);
    assert.equal(model.notRunnable, undefined);
    assert.deepEqual(model.layers!.map(({ name, type, parameters }) => [name, type, parameters]), [['d', 'Dense', 9]]);
    const session = await ort.InferenceSession.create(await writeOnnxStandalone(model));
    const result = await session.run({ [session.inputNames[0]!]: new ort.Tensor('float32', Float32Array.of(1, 1), [1, 2]) });
    assert.deepEqual(Array.from(result[session.outputNames[0]!]!.data as Float32Array), [4, 7, 10]);
    await session.release();
  });

  it('of a graph’s transposes hardly any is left, and none around a convolution', async function () {
    const pack = path.join(shared, 'pack/tfjs');
    if (!fs.existsSync(pack)) {
      console.log(`      skipped: ${pack} is not there`);
      this.skip();
    }
    for (const [name, most] of [['human_meet/meet.json', 4], ['human_movenet-lightning/movenet-lightning.json', 8], ['human_nanodet/nanodet.json', 8]] as const) {
      const { graph } = await openTfjs(path.join(pack, name));
      const constant = new Set(graph.initializers.keys());
      let count = 0;
      for (const node of graph.nodes) {
        if (node.inputs.every((input) => input === '' || constant.has(input))) node.outputs.forEach((output) => constant.add(output));
        else if (node.opType === 'Transpose') count++;
      }
      assert.ok(count <= most, `${name}: ${count} transposes of activations, at most ${most} were expected`);
    }
  });

  it('opening reads no weights', async function () {
    const file = path.join(shared, 'pack/tfjs/human_meet/meet.json');
    if (!fs.existsSync(file)) {
      console.log(`      skipped: ${file} is not there`);
      this.skip();
    }
    const { read, original } = countReads();
    try {
      await openTfjs(file);
    } finally {
      fs.readSync = original;
    }
    const shard = fs.statSync(path.join(path.dirname(file), 'meet.bin')).size;
    assert.ok(read.bytes - fs.statSync(file).size < shard / 100, `${read.bytes} bytes were read, ${fs.statSync(file).size} of them the structure`);
  });
});

function countReads(): { read: { bytes: number }; original: typeof fs.readSync } {
  const original = fs.readSync, read = { bytes: 0 };
  const counting = (...args: Parameters<typeof fs.readSync>): number => {
    const got = original(...args);
    read.bytes += got;
    return got;
  };
  fs.readSync = counting as typeof fs.readSync;
  return { read, original };
}
