/** The Model interface on real models: batches, feeds, layers, sessions. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { withoutZipMap } from '../../../src/engine/forwardModel';
import { Models } from '../../../src/engine/models';
import { RuntimeModel } from '../../../src/engine/runtimeModel';
import { Sessions } from '../../../src/engine/sessions';
import type { ModelFile, Node, ValueInfo } from '../../../src/graph/graph';
import type { Target } from '../../../src/methods/model';
import type { LensError } from '../../../src/protocol/rpc';
import { Random } from '../../../src/tensor/random';
import { elementCount, floatTensor, type FloatTensor } from '../../../src/tensor/tensor';

const root = path.resolve(__dirname, '../../..');
const pack = (name: string): string => path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack', name);

function noise(dims: readonly number[], seed: number): FloatTensor {
  const random = new Random(seed);
  return floatTensor(dims, Float32Array.from({ length: elementCount(dims) }, () => random.uniform() * 2 - 1));
}

function close(a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number): void {
  assert.equal(a.length, b.length);
  let worst = 0, scale = 0;
  for (let i = 0; i < a.length; i++) {
    worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  assert.ok(worst <= tolerance * Math.max(scale, 1e-6), `differ by ${worst} of ${scale}`);
}

const target281: Target = { output: 'softmaxout_1', index: 281, space: 'logit' };

describe('engine/runtimeModel', function () {
  this.timeout(30_000);
  const models = new Models();
  const sessions = new Sessions();

  before(function () {
    if (fs.existsSync(pack('onnx/mnist_cntk.onnx'))) return;
    console.log(`      skipped: there is no ${pack('')} (set MODEL_LENS_SHARED)`);
    this.skip();
  });

  after(() => sessions.releaseAll());

  const load = async (name: string, sampleDims: Record<string, readonly number[]>, more: { warn?: (message: string) => void; signal?: AbortSignal; sessions?: Sessions } = {}): Promise<RuntimeModel> => {
    const opened = await models.open(pack(name));
    return new RuntimeModel({ file: opened.runnable, identity: opened.identity, sampleDims, sessions, device: 'cpu', ...more });
  };
  const resnet = 'converted/cifar10_resnet8.onnx', resnetDims = { input_1: [1, 32, 32, 3] };
  const target: Target = { output: 'output_0', index: 4, space: 'logit' };

  it('gives the same outputs and gradients in a batch as one by one, whatever its size', async () => {
    const model = await load(resnet, resnetDims);
    assert.ok(model.batchFor('forward') > 1 && model.batchFor('gradient') > 1);
    const count = model.batchFor('gradient') + 3;
    const batch = noise([count, 32, 32, 3], 7);
    const together = await model.run({ input_1: batch });
    const gradients = await model.gradients({ feeds: { input_1: batch }, target, wrt: ['input_1'] });
    assert.deepEqual(together.output_0!.dims, [count, 10]);
    assert.deepEqual(gradients.gradients.input_1!.dims, batch.dims);
    assert.equal(gradients.scores.length, count);
    const size = 32 * 32 * 3;
    for (const index of [0, count - 1]) {
      const one = floatTensor([1, 32, 32, 3], batch.data.slice(index * size, (index + 1) * size));
      const alone = await model.run({ input_1: one });
      close((together.output_0!.data as Float32Array).slice(index * 10, (index + 1) * 10), alone.output_0!.data as Float32Array, 1e-4);
      const gradient = await model.gradients({ feeds: { input_1: one }, target, wrt: ['input_1'] });
      close(gradients.gradients.input_1!.data.slice(index * size, (index + 1) * size), gradient.gradients.input_1!.data, 1e-3);
      close([gradients.scores[index]!], gradient.scores, 1e-4);
    }
  });

  it('runs a model with a fixed batch of 1 in batches where that is proven to be the same', async () => {
    const warnings: string[] = [];
    const model = await load('onnx/mnist_cntk.onnx', { Input3: [1, 1, 28, 28] }, { warn: (message) => warnings.push(message) });
    assert.ok(model.batchFor('forward') > 1);
    const batch = noise([19, 1, 28, 28], 1), digit: Target = { output: 'Plus214_Output_0', index: 5, space: 'logit' };
    const { Plus214_Output_0: out } = await model.run({ Input3: batch });
    const { scores, gradients } = await model.gradients({ feeds: { Input3: batch }, target: digit, wrt: ['Input3'] });
    assert.deepEqual(out!.dims, [19, 10]);
    assert.deepEqual(gradients.Input3!.dims, [19, 1, 28, 28]);
    for (const at of [0, 7, 18]) {
      const one = floatTensor([1, 1, 28, 28], batch.data.slice(at * 784, (at + 1) * 784));
      const alone = await model.run({ Input3: one }), slope = await model.gradients({ feeds: { Input3: one }, target: digit, wrt: ['Input3'] });
      close((out!.data as Float32Array).slice(at * 10, (at + 1) * 10), alone.Plus214_Output_0!.data as Float32Array, 1e-5);
      close([scores[at]!], slope.scores, 1e-5);
      close(gradients.Input3!.data.slice(at * 784, (at + 1) * 784), slope.gradients.Input3!.data, 1e-4);
    }
    assert.deepEqual(warnings, []);
  });

  it('feeds inner values in batches to a model with a fixed batch of 1', async () => {
    const model = await load('onnx/mnist_cntk.onnx', { Input3: [1, 1, 28, 28] });
    const x = noise([1, 1, 28, 28], 2), inner = noise([5, 16, 14, 14], 3), layer = 'ReLU114_Output_0', digit: Target = { output: 'Plus214_Output_0', index: 2, space: 'logit' };
    const together = await model.scores({ Input3: x, [layer]: inner }, digit);
    for (let at = 0; at < 5; at++) close([together[at]!], await model.scores({ Input3: x, [layer]: floatTensor([1, 16, 14, 14], inner.data.slice(at * 3136, (at + 1) * 3136)) }, digit), 1e-5);
  });

  it('runs a model with a fixed batch of 1 that moves elements between samples one by one, and says so', async () => {
    const warnings: string[] = [], input = 'input.1';
    const model = await load('onnx/coco_fastestdet.onnx', { [input]: [1, 3, 352, 352] }, { warn: (message) => warnings.push(message) });
    assert.equal(model.batchFor('forward'), 1);
    const batch = noise([2, 3, 352, 352], 1), { 758: out } = await model.run({ [input]: batch });
    assert.deepEqual(out!.dims, [2, 85, 22, 22]);
    const last = await model.run({ [input]: floatTensor([1, 3, 352, 352], batch.data.slice(3 * 352 * 352)) });
    close((out!.data as Float32Array).slice(85 * 484), last['758']!.data as Float32Array, 1e-5);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /one sample a run/);
  });

  it('reads out inner values, and inputs as they were fed', async () => {
    const model = await load('onnx/mnist_cntk.onnx', { Input3: [1, 1, 28, 28] });
    const x = noise([1, 1, 28, 28], 2);
    const values = await model.run({ Input3: x }, ['ReLU114_Output_0', 'Input3']);
    assert.deepEqual(values.ReLU114_Output_0!.dims, [1, 16, 14, 14]);
    assert.ok((values.ReLU114_Output_0!.data as Float32Array).every((value) => value >= 0));
    assert.equal(values.Input3, x);
    await assert.rejects(model.run({ Input3: x }, ['nothing']), (error: LensError) => error.code === 'unsupported' && /'nothing'/.test(error.message));
  });

  it('takes float32 for half-precision inputs', async () => {
    const model = await load('onnx/imagenet_squeezenet_fp16.onnx', { data_0: [1, 3, 224, 224] });
    assert.equal(model.inputs[0]!.dtype, 'float16');
    const { softmaxout_1: out } = await model.run({ data_0: noise([1, 3, 224, 224], 3) });
    assert.equal(out!.dtype, 'float16');
  });

  it('gives gradients of a half-precision model as those of its twin in single precision, of unlikely classes too', async () => {
    const dims = { data_0: [1, 3, 224, 224] }, x = noise(dims.data_0, 3);
    x.data.forEach((value, index) => { x.data[index] = 1000 * value; });
    const half = await load('onnx/imagenet_squeezenet_fp16.onnx', dims), single = await load('converted/imagenet_squeezenet_fp32.onnx', dims);
    const probabilities = (await single.run({ data_0: x })).softmaxout_1!.data as Float32Array;
    const unlikely = probabilities.reduce((least, value, index) => (value < probabilities[least]! ? index : least), 0);
    assert.ok(probabilities[unlikely]! > 0 && probabilities[unlikely]! < 2 ** -24, 'nothing in half floats');
    for (const target of [{ output: 'softmaxout_1', index: unlikely, space: 'probability' }, { output: 'softmaxout_1', index: 281, space: 'logit' }] as const) {
      const [found, expected] = await Promise.all([half, single].map((model) => model.gradients({ feeds: { data_0: x }, target, wrt: ['data_0'] })));
      assert.ok(expected!.gradients.data_0!.data.some((value) => value !== 0));
      // The twin was made from these very weights.
      close(found!.gradients.data_0!.data as Float32Array, expected!.gradients.data_0!.data as Float32Array, 1e-5);
      close(found!.scores, expected!.scores, 1e-5);
      close(await half.scores({ data_0: x }, target), expected!.scores, 1e-5);
    }
    const layer = (await half.spatialLayers()).at(-1)!.value, value = (await half.run({ data_0: x }, [layer]))[layer]!;
    const [before, after] = [await half.scores({ data_0: x }, target281), await half.scores({ data_0: x, [layer]: value }, target281)];
    close(after, before, 1e-2);
  });

  describe('refuses feeds that do not fit, before the runtime sees them', () => {
    const cases: readonly (readonly [string, Record<string, FloatTensor>, RegExp])[] = [
      ['missing', {}, /input 'input_1' was not given/],
      ['of another rank', { input_1: floatTensor([32, 32, 3]) }, /takes float32 \[.*, 32, 32, 3\], but a tensor of dims \[32, 32, 3\]/],
      ['of another size', { input_1: floatTensor([1, 32, 33, 3]) }, /\[1, 32, 33, 3\]/],
      ['unknown', { input_1: floatTensor([1, 32, 32, 3]), other: floatTensor([1]) }, /no input 'other'; its inputs are 'input_1'/],
    ];
    for (const [name, feeds, expected] of cases) {
      it(name, async () => {
        const model = await load(resnet, resnetDims);
        await assert.rejects(model.run(feeds), (error: LensError) => error.code === 'badInput' && expected.test(error.message));
        await assert.rejects(model.gradients({ feeds, target, wrt: ['input_1'] }), expected);
      });
    }

    it('whose values are missing', async () => {
      const model = await load(resnet, resnetDims);
      await assert.rejects(model.run({ input_1: { dtype: 'float32', dims: [1, 32, 32, 3], data: new Float32Array(5) } }), /has 3072 elements, but 5 values/);
    });
  });

  it('stops between runs when cancelled', async () => {
    const controller = new AbortController();
    const model = await load(resnet, resnetDims, { signal: controller.signal });
    const running = model.gradients({ feeds: { input_1: noise([600, 32, 32, 3], 4) }, target, wrt: ['input_1'] });
    setTimeout(() => controller.abort(), 30);
    await assert.rejects(running, (error: LensError) => error.code === 'cancelled');
  });

  it('says why a target has no gradient', async () => {
    assert.equal(await (await load(resnet, resnetDims)).whyNotDifferentiable(target), undefined);
    const trees = await load('onnx/tabular_treeensemble_onnx2c.onnx', { float_input: [1, 25] });
    assert.match((await trees.whyNotDifferentiable({ output: 'probabilities', index: 0, space: 'logit' }))!, /TreeEnsembleClassifier/);
  });

  it('unwraps the dictionaries of a converted classifier', async () => {
    const { file } = await models.open(pack('onnx/tabular_treeensemble_onnx2c.onnx'));
    const { graph } = file;
    const zipMap: Node = { name: 'zip', opType: 'ZipMap', domain: 'ai.onnx.ml', inputs: ['probabilities'], outputs: ['dictionaries'], attributes: new Map([['classlabels_strings', { kind: 'strings', value: ['a', 'b', 'c'].map((name) => new TextEncoder().encode(name)) }]]) };
    const dictionaries: ValueInfo = { name: 'dictionaries', type: { kind: 'sequence', element: { kind: 'map', key: 'string', value: { kind: 'tensor', dtype: 'float32' } } } };
    const wrapped: ModelFile = { ...file, graph: { ...graph, nodes: [...graph.nodes, zipMap], outputs: [dictionaries] } };
    const { model: unwrapped, labels } = withoutZipMap(wrapped);
    assert.deepEqual(labels.get('dictionaries'), ['a', 'b', 'c']);
    const model = new RuntimeModel({ file: unwrapped, identity: 'unwrapped', sampleDims: { float_input: [1, 25] }, sessions, device: 'cpu' });
    assert.deepEqual(model.outputs, [{ name: 'dictionaries', dtype: 'float32', dims: [null, 3] }]);
    const { dictionaries: values } = await model.run({ float_input: noise([1, 25], 6) });
    assert.deepEqual(values!.dims, [1, 3]);
  });

  describe('finds layers on a grid', () => {
    it('of a convolutional net, channels first inside, the last one last', async () => {
      const layers = await (await load(resnet, resnetDims)).spatialLayers();
      const last = layers.at(-1)!;
      assert.deepEqual([last.layout, last.channels, last.height, last.width], ['NCHW', 64, 8, 8]);
      assert.ok(layers.length > 10 && layers.every((layer) => layer.height * layer.width > 1));
    });

    it('of a vision transformer, with its class token', async () => {
      const opened = await models.open(pack('converted/mnist_vit.onnx'));
      const input = opened.runnable.graph.inputs[0]!.name;
      const layers = await (await load('converted/mnist_vit.onnx', { [input]: [1, 1, 28, 28] })).spatialLayers();
      const tokens = layers.filter((layer) => layer.layout === 'tokens');
      assert.ok(tokens.length > 5);
      assert.equal(tokens[0]!.prefixTokens, 0, 'patches before the class token joins them');
      assert.ok(tokens.slice(1).every((layer) => layer.height === 7 && layer.width === 7 && layer.prefixTokens === 1));
    });
  });

  it('keeps sessions and releases those not used for longest', async () => {
    const few = new Sessions({ maximumCount: 2 });
    const model = await load(resnet, resnetDims, { sessions: few });
    const one = noise([1, 32, 32, 3], 5);
    await model.run({ input_1: one });
    await model.run({ input_1: one }, ['output_0']);
    assert.equal(few.count, 1);
    await model.gradients({ feeds: { input_1: one }, target, wrt: ['input_1'] });
    await model.gradients({ feeds: { input_1: one }, target: { ...target, index: 1 }, wrt: ['input_1'] });
    assert.equal(few.count, 2, 'the class index is an input, not a session');
    await model.gradients({ feeds: { input_1: one }, target: { ...target, space: 'probability' }, wrt: ['input_1'] });
    assert.equal(few.count, 2);
    await few.releaseAll();
    assert.equal(few.count, 0);
    await model.run({ input_1: one });
    await few.releaseAll();
  });

  it('retries at a lower level where the runtime\'s optimiser stumbles, and says so', async () => {
    const name = 'converted/voc_deeplabv3_mnv2_qdq_uint8.onnx';
    const opened = await models.open(pack(name));
    const [input] = opened.runnable.graph.inputs;
    assert.ok(input && input.type.kind === 'tensor');
    const warnings: string[] = [];
    const model = await load(name, { [input.name]: [1, 513, 513, 3] }, { warn: (message) => warnings.push(message) });
    const results = await model.run({ [input.name]: { dtype: 'uint8', dims: [1, 513, 513, 3], data: new Uint8Array(513 * 513 * 3) } });
    assert.equal(Object.values(results)[0]!.dims.at(-1), 513);
    assert.match(warnings.join(), /graph optimisation 'basic'/);
  });
});
