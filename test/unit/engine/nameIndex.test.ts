import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { lookUp } from '../../../src/engine/jobs/lookUp';
import { names } from '../../../src/engine/jobs/names';
import { outline } from '../../../src/engine/jobs/outline';
import { inspect } from '../../../src/engine/jobs/inspect';
import { Engine } from '../../../src/engine/engine';
import { editDistance, nearest } from '../../../src/engine/similarNames';
import type { ArchitectureView } from '../../../src/graph/summary';

const root = path.resolve(__dirname, '../../..');
const samples = path.join(root, 'samples/models');
const pack = path.join(path.resolve(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared')), 'pack');

describe('names of a model', () => {
  const engine = new Engine(__filename);
  const h5 = path.join(samples, 'scenes.h5'), onnx = path.join(samples, 'scenes.onnx');

  it('the outline agrees with the inspection', async () => {
    for (const file of [h5, onnx, path.join(samples, 'scenes_tfjs/model.json')]) {
      const { summary, file: { bytes } } = await inspect(engine, { file });
      const found = await outline(engine, { file });
      assert.deepEqual([found.layers, found.parameters, found.macs, found.bytes, found.inputs, found.outputs], [summary.totals.layers, summary.totals.parameters, summary.totals.macs, bytes, summary.inputs, summary.outputs]);
    }
  });

  it('a layer of a Keras file', async () => {
    const { things, similar } = await lookUp(engine, { file: h5, name: 'conv2', kind: 'layer' });
    assert.deepEqual(things.map(({ name, kind, type, inputDims, outputDims, parameters, dtype, key }) => ({ name, kind, type, inputDims, outputDims, parameters, dtype, key })),
      [{ name: 'conv2', kind: 'layer', type: 'Conv2D', inputDims: [['batch', 32, 32, 16]], outputDims: [['batch', 32, 32, 32]], parameters: 4640, dtype: 'float32', key: 'layer:3' }]);
    assert.deepEqual(similar, []);
  });

  it('inputs and outputs, each only as what it is', async () => {
    assert.deepEqual((await lookUp(engine, { file: onnx, name: 'image', kind: 'input' })).things.map(({ key }) => key), ['input:image']);
    const wrong = await lookUp(engine, { file: onnx, name: 'image', kind: 'output' });
    assert.deepEqual([wrong.things, wrong.similar], [[], ['probabilities']]);
  });

  it('a name that is not there, with what may be meant', async () => {
    assert.deepEqual((await lookUp(engine, { file: h5, name: 'conv_2', kind: 'layer' })).similar[0], 'conv2');
    assert.deepEqual(await lookUp(engine, { file: h5, name: 'somethingElse', kind: 'layer' }), { things: [], similar: [] });
  });

  it('completions: ports and layers first, beginnings before middles', async () => {
    assert.deepEqual((await names(engine, { file: h5, part: 'conv', limit: 10, kind: 'layer' })).map(({ name }) => name), ['conv1', 'conv2', 'conv3', 'conv4']);
    const all = await names(engine, { file: h5, part: '', limit: 100 });
    assert.deepEqual(all.slice(0, 3).map(({ name }) => name), ['image', 'probabilities', 'conv1']);
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    assert.equal((await names(engine, { file: h5, part: '', limit: 2 })).length, 2);
  });

  it('every key is a node of the drawn graph', async function () {
    const models = [h5, onnx, ...(fs.existsSync(pack) ? ['onnx/audio_silero_vad_v5.onnx', 'onnx/iris_torch_mlp.onnx', 'converted/mnist_vit.onnx', 'keras/cifar10_resnet8.h5', 'tfjs/filetype_magika_v1/model.json'].map((name) => path.join(pack, name)) : [])];
    for (const file of models) {
      const keys = new Set<string>();
      const visit = (view: ArchitectureView): void => view.nodes.forEach((node) => {
        keys.add(node.key);
        node.subgraphs?.forEach((subgraph) => visit(subgraph.view));
      });
      visit((await inspect(engine, { file })).architecture);
      const layers = await names(engine, { file, part: '', limit: 1000, kind: 'layer' });
      assert.ok(layers.length > 0);
      assert.deepEqual(layers.filter(({ key }) => key !== undefined && !keys.has(key)).map(({ name, key }) => `${name} ${key}`), [], file);
    }
  });

  it("PyTorch's module names find the layers that read their weights", async function () {
    const file = path.join(pack, 'converted/mnist_vit.onnx');
    if (!fs.existsSync(file)) {
      console.log(`    (skipped: ${file} is not there)`);
      return this.skip();
    }
    const weight = (await names(engine, { file, part: '.weight', limit: 100, kind: 'tensor' })).find(({ kind, name }) => kind === 'weight' && name.split('.').length > 2);
    assert.ok(weight, 'the model has weights with dotted names');
    const module = weight.name.split('.').slice(0, -1).join('.');
    const { things } = await lookUp(engine, { file, name: module });
    assert.equal(things[0]?.kind, 'layer', module);
    const block = module.split('.').slice(0, 1).join('.');
    const { things: [whole] } = await lookUp(engine, { file, name: block });
    assert.ok(whole && whole.parameters >= things[0]!.parameters);
  });
});

describe('similar names', () => {
  it('the distance is that of single letters', () => {
    for (const [a, b, distance] of [['conv1', 'conv1', 0], ['conv1', 'conv2', 1], ['conv_1', 'conv1', 1], ['covn', 'conv', 1], ['', 'abc', 3], ['kitten', 'sitting', 3]] as const) assert.equal(editDistance(a, b, 10), distance);
    fc.assert(fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
      const distance = editDistance(a, b, 99);
      assert.ok(distance === editDistance(b, a, 99) && distance <= Math.max(a.length, b.length) && (distance === 0) === (a === b) && distance >= Math.abs(a.length - b.length));
    }));
  });

  it('of 100,000 names are found soon', () => {
    const all = Array.from({ length: 100_000 }, (_, index) => `/model/layers.${index}/attention/MatMul_output_0`);
    const started = process.cpuUsage();
    assert.equal(nearest('/model/layers.77/atention/MatMul_output_0', all, 3)[0], '/model/layers.77/attention/MatMul_output_0');
    const { user } = process.cpuUsage(started);
    assert.ok(user / 1000 < 3000, `${user / 1000} ms`);
  });
});
