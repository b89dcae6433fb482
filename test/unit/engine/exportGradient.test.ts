/** The exported gradient file is run by plain ONNX Runtime, and checked against differences of its own y. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Engine } from '../../../src/engine/engine';
import { exportGradient, type ExportedGradient, type ExportGradientParams } from '../../../src/engine/jobs/exportGradient';
import { openModel } from '../../../src/formats/open';
import { formatNpy } from '../../../src/tensor/npy';
import { Random } from '../../../src/tensor/random';

const root = path.join(__dirname, '../../..');
const pack = path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack');
const samples = (name: string): string => path.join(root, 'samples/models', name);

describe('export-gradient', () => {
  const engine = new Engine(__filename);
  after(() => engine.close());

  async function check(file: string, more: Partial<ExportGradientParams> = {}): Promise<void> {
    const batch = more.batch ?? 1;
    const { bytes, ports } = await exportGradient(engine, { model: file, space: 'logit', wrt: [], dims: {}, dialect: 'cpu', batch, ...more }, { signal: new AbortController().signal });
    const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
    assert.deepEqual([session.inputNames, session.outputNames], [['x', 'target'], ['y', 'gradient']]);
    assert.deepEqual([Object.keys(ports.inputs), Object.keys(ports.outputs)], [['x', 'target'], ['y', 'gradient']]);
    const dims = JSON.parse(ports.inputs.x!.split(':')[0]!) as number[], length = dims.reduce((product, d) => product * d, 1);
    const random = new Random(3), x = Float32Array.from({ length }, () => random.uniform());
    // Along the gradient the change is largest, and kinks and rounding weigh least.
    let direction = new Float32Array(length);
    const target = new Tensor('int64', BigInt64Array.from({ length: batch }, (_, n) => BigInt(n + 1)), [batch]);
    const run = async (step: number) => {
      const outputs = await session.run({ x: new Tensor('float32', x.map((value, i) => value + step * direction[i]!), dims), target });
      const [n, classes] = outputs.y!.dims as [number, number];
      assert.equal(n, batch);
      const y = outputs.y!.data as Float32Array;
      return { scores: Array.from({ length: n }, (_, row) => y[row * classes + row + 1]!), gradient: outputs.gradient!.data as Float32Array };
    };
    const { gradient } = await run(0), norm = Math.hypot(...gradient), step = 0.01;
    direction = gradient.map((value) => value / norm);
    const [ahead, behind] = [await run(step), await run(-step)];
    for (let row = 0; row < batch; row++) {
      let expected = 0;
      for (let i = (row * length) / batch; i < ((row + 1) * length) / batch; i++) expected += gradient[i]! * direction[i]!;
      const found = (ahead.scores[row]! - behind.scores[row]!) / (2 * step);
      assert.ok(Math.abs(found - expected) <= 0.02 * Math.max(Math.abs(expected), 0.1), `${path.basename(file)} row ${row}: differences say ${found}, the gradient ${expected}`);
    }
    await session.release();
  }

  it('of the ONNX sample, one and two at a time, portable too', async () => {
    await check(samples('scenes.onnx'));
    await check(samples('scenes.onnx'), { batch: 2, dialect: 'portable' });
  });
  it('of a Keras and a TensorFlow.js model', async () => {
    await check(samples('scenes.h5'));
    await check(samples('scenes_tfjs/model.json'));
  });
  it('of models whose own values carry the names of the ports', async function () {
    const file = path.join(pack, 'onnx/mnist_cntk.onnx');
    if (!fs.existsSync(file)) {
      console.log('      no reference models: skipped');
      return this.skip();
    }
    await check(file);
    // The file that was written is a model whose values are called x, y, target and gradient.
    const { bytes } = await exportGradient(engine, { model: samples('scenes.onnx'), space: 'logit', wrt: [], dims: {}, dialect: 'cpu', batch: 1 }, { signal: new AbortController().signal });
    const again = path.join(fs.mkdtempSync(path.join(root, 'out-')), 'again.onnx');
    try {
      fs.writeFileSync(again, bytes);
      const twice = await exportGradient(engine, { model: again, output: 'y', space: 'output', wrt: ['x'], dims: {}, dialect: 'cpu', batch: 1 }, { signal: new AbortController().signal });
      assert.deepEqual(Object.keys(twice.ports.outputs), ['y', 'gradient']);
      await (await InferenceSession.create(twice.bytes, { logSeverityLevel: 4 })).release();
    } finally {
      fs.rmSync(path.dirname(again), { recursive: true });
    }
  });

  describe('with a target of its own', () => {
    const scenes = samples('scenes.onnx'), dims = [1, 3, 64, 64], random = new Random(8);
    const x = new Tensor('float32', Float32Array.from({ length: 3 * 64 * 64 }, () => random.uniform()), dims);
    let flat = '', conv1 = '';
    before(async () => {
      const { nodes } = (await openModel(scenes)).graph, of = (name: string): string => nodes.find((node) => node.name === name)!.outputs[0]!;
      [flat, conv1] = [of('flatten'), of('conv1/relu')];
    });
    type Outputs = Readonly<Record<string, Float32Array>>;

    async function written(file: string, more: Partial<ExportGradientParams>): Promise<{ inputs: readonly string[]; run(feeds: Record<string, Tensor>): Promise<Outputs>; ports: ExportedGradient['ports'] }> {
      const { bytes, ports } = await exportGradient(engine, { model: file, wrt: [], dims: {}, dialect: 'cpu', batch: 1, ...more }, { signal: new AbortController().signal });
      const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
      assert.deepEqual([session.inputNames, session.outputNames].map((names) => [...names].sort()), [Object.keys(ports.inputs).sort(), Object.keys(ports.outputs).sort()]);
      return { inputs: session.inputNames, ports, run: async (feeds) => Object.fromEntries(Object.entries(await session.run(feeds)).map(([name, tensor]) => [name, tensor.data as Float32Array])) };
    }
    const of = async (target: string, more: Partial<ExportGradientParams> = {}): Promise<Outputs> => (await written(scenes, { target, ...more })).run({ x });
    const ofClass = async (index: number, space: 'logit' | 'output' = 'logit'): Promise<Outputs> => (await written(scenes, { space })).run({ x, target: new Tensor('int64', BigInt64Array.of(BigInt(index)), [1]) });
    const near = (found: ArrayLike<number>, expected: ArrayLike<number>): void => {
      assert.equal(found.length, expected.length);
      for (let i = 0; i < expected.length; i++) assert.ok(Math.abs(found[i]! - expected[i]!) <= 1e-5, `${found[i]} at ${i}, expected ${expected[i]}`);
    };

    it('a class by number and label, and a difference of two, agree with the file that is told the class', async () => {
      const [first, second] = [await ofClass(1), await ofClass(4)];
      const labels = fs.readFileSync(samples('labels.txt'), 'utf8').split('\n');
      for (const target of ['1', labels[1]!]) {
        const found = await of(target);
        near(found.gradient!, first.gradient!);
        near(found.score!, [first.y![1]!]);
        near(found.y!, first.y!);
      }
      const difference = await of(`${labels[1]} - ${labels[4]}`);
      near(difference.score!, [first.y![1]! - first.y![4]!]);
      near(difference.gradient!, first.gradient!.map((value, index) => value - second.gradient![index]!));
      assert.deepEqual((await of('1-4')).gradient, difference.gradient);
    });
    it('elements and means of outputs and inner values', async () => {
      const output = await ofClass(2, 'output');
      near((await of('probabilities[0,2]')).gradient!, output.gradient!);
      const inner = await of(`mean('${flat}'[0,:3])`);
      near(inner.score!, [(inner.y![0]! + inner.y![1]! + inner.y![2]!) / 3]);
      assert.equal(inner.y!.length, 64);
      assert.ok(inner.gradient!.some((value) => value !== 0));
    });
    it('two samples at a time', async () => {
      const { run } = await written(scenes, { target: '3', batch: 2 }), one = await of('3');
      const twice = await run({ x: new Tensor('float32', Float32Array.from([...x.data as Float32Array, ...x.data as Float32Array]), [2, 3, 64, 64]) });
      near(twice.score!, [one.score![0]!, one.score![0]!]);
      near(twice.gradient!.slice(one.gradient!.length), one.gradient!);
    });
    it('a similarity, whose other embedding is given when it runs', async () => {
      const { inputs, run } = await written(scenes, { target: `similarity(${flat})` });
      assert.deepEqual([...inputs].sort(), ['target', 'x']);
      const any = await run({ x, target: new Tensor('float32', new Float32Array(64).fill(1), [1, 64]) }), embedding = any.embedding!;
      const length = Math.hypot(...embedding), sum = embedding.reduce((total, entry) => total + entry, 0);
      near(any.score!, [sum / (length * 8)]);
      const own = await run({ x, target: new Tensor('float32', embedding, [1, 64]) });
      near(own.score!, [1]);
      near(own.gradient!, own.gradient!.map(() => 0));
      assert.ok(any.gradient!.some((entry) => Math.abs(entry) > 1e-6));
    });
    it('says what cannot be known without an input', async () => {
      const fails = (target: string, message: RegExp, more: Partial<ExportGradientParams> = {}) => assert.rejects(() => written(scenes, { target, ...more }), message);
      await fails('region(conv1/relu, 1)', /region.*expected a rectangle/);
      await fails('nobody', /no class is called 'nobody'/);
      await fails('9', /class 9 was asked for, but output 'probabilities' has 6 classes/);
      await fails('2-2', /difference of class 2 and itself/);
      await fails('image', /no class is called 'image'/);
      await fails('probabilities[0,:]', /takes 6 elements/);
      await fails(`similarity(${flat})`, /compares values as they are/, { space: 'logit' });
    });
    it('of a part of a mask', async () => {
      const region = await of(`region(${conv1}, 7, 2,1,5,4)`), sum = await of(`sum(${conv1}[0,7,1:4,2:5])`);
      near(region.score!, sum.score!);
      near(region.gradient!, sum.gradient!);
    });
  });

  describe('with inputs of its own', () => {
    const vad = path.join(pack, 'onnx/audio_silero_vad_v5.onnx'), dims = { input: [1, 512], state: [2, 1, 128] };
    before(function () {
      if (fs.existsSync(vad)) return;
      console.log('      no reference models: skipped');
      this.skip();
    });
    const write = (inputs: Record<string, string>, more: Partial<ExportGradientParams> = {}) => exportGradient(engine, { model: vad, wrt: [], dims, dialect: 'cpu', batch: 1, inputs, ...more }, { signal: new AbortController().signal });

    it('a switch decides which branch is differentiated', async () => {
      const { bytes, ports } = await write({ sr: '16000' }), session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
      assert.deepEqual(Object.keys(ports.inputs), ['x', 'state', 'target']);
      const random = new Random(4), x = Float32Array.from({ length: 512 }, () => random.uniform() - 0.5);
      const { gradient, y } = await session.run({ x: new Tensor('float32', x, [1, 512]), state: new Tensor('float32', new Float32Array(256), [2, 1, 128]), target: new Tensor('int64', BigInt64Array.of(0n), [1]) });
      assert.equal(gradient!.data.length, 512);
      assert.equal(y!.data.length, 1);
      assert.ok((gradient!.data as Float32Array).some((value) => value !== 0));
      await session.release();
    });
    it('a tensor from a file', async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lens-export-')), file = path.join(folder, 'state.npy');
      try {
        fs.writeFileSync(file, formatNpy({ dtype: 'float32', dims: [2, 1, 128], data: new Float32Array(256) }));
        const { ports } = await write({ sr: '16000', state: file });
        assert.deepEqual(Object.keys(ports.inputs), ['x', 'target']);
      } finally {
        fs.rmSync(folder, { recursive: true });
      }
    });
    it('says what is wrong with them', async () => {
      await assert.rejects(() => write({ rate: '1' }), /no input 'rate'; its inputs are 'input', 'state', 'sr'/);
      await assert.rejects(() => write({ sr: 'fast' }), /input 'sr': 'fast' is no number/);
      await assert.rejects(() => write({ sr: '1.5' }), /'sr' takes int64 values, not 1.5/);
      await assert.rejects(() => write({ state: '0' }), /holds more than the one number 0/);
      await assert.rejects(() => write({ sr: '16000', state: '/nowhere/state.npy' }), /state\.npy/);
    });
  });
});
