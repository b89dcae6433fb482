import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import { openModel } from '../../../src/formats/open';
import type { Comparison } from '../../../src/graph/compare/types';
import type { ModelFile } from '../../../src/graph/graph';
import { compareFiles, compareModels, hasPack, inserted, nameless, pack, replaced, samples, sideOf, without } from './compareSupport';
import { quantisedTwin } from './compareTwins';
import { alignModels } from '../../../src/graph/compare/compare';

/** The largest relative error of any weight. */
function worst({ layers }: Comparison): number {
  return layers.reduce((most, { weights }) => weights.reduce((error, { relativeError }) => Math.max(error, relativeError ?? Infinity), most), 0);
}

const names = ({ layers }: Comparison, kind: string): string[] => layers.filter((layer) => layer.kind === kind).map(({ a, b }) => (b ?? a)!.name);

describe('models compared', () => {
  const formats = { onnx: path.join(samples, 'scenes.onnx'), h5: path.join(samples, 'scenes.h5'), tfjs: path.join(samples, 'scenes_tfjs/model.json') };

  for (const [a, b] of [['onnx', 'h5'], ['h5', 'tfjs'], ['tfjs', 'onnx'], ['onnx', 'onnx']] as const) {
    it(`one network in two formats is the same: ${a} and ${b}`, async () => {
      const result = await compareFiles(formats[a], formats[b]);
      const { same, ...others } = result.totals;
      assert.deepEqual(others, { changed: 0, added: 0, removed: 0 });
      assert.equal(same, a === 'onnx' && b === 'onnx' ? 15 : 9);
      assert.ok(worst(result) < 1e-6, String(worst(result)));
      assert.ok(result.layers.some(({ weights }) => weights.length === 2), 'weights and biases were compared');
    });
  }

  describe('of the pack', () => {
    before(function () { if (!hasPack()) this.skip(); });

    /** [a, b, same, changed, largest relative error of a weight] */
    const twins: readonly (readonly [string, string, number, number, number])[] = [
      ['converted/imagenet_squeezenet_fp32.onnx', 'onnx/imagenet_squeezenet_fp16.onnx', 40, 26, 1e-3],
      ['converted/imagenet_mobilenet_v2_dequant_fp32.onnx', 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx', 50, 53, 1e-6],
      ['converted/voc_deeplabv3_mnv2_dequant_fp32.onnx', 'converted/voc_deeplabv3_mnv2_qdq_uint8.onnx', 56, 55, 1e-6],
      ['keras/cifar10_resnet8.h5', 'converted/cifar10_resnet8.onnx', 29, 0, 1e-6],
      ['keras/cifar10_resnet8.h5', 'converted/cifar10_resnet8.keras', 29, 0, 1e-6],
      ['converted/imagenet_mobilenet_v1_025.h5', 'converted/imagenet_mobilenet_v1_025.onnx', 61, 14, 1e-6],
      ['converted/imagenet_mobilenet_v1_025.h5', 'converted/imagenet_mobilenet_v1_025.keras', 90, 0, 1e-6],
      ['converted/imagenet_mobilenet_v1_025.h5', 'converted/imagenet_mobilenet_v1_025_tfjs/model.json', 85, 0, 1e-6],
    ];
    for (const [a, b, same, changed, error] of twins) {
      it(`lines up ${path.basename(a)} and ${b}`, async () => {
        const result = await compareFiles(path.join(pack, a), path.join(pack, b));
        assert.deepEqual(result.totals, { same, changed, added: 0, removed: 0 });
        assert.ok(worst(result) <= error, String(worst(result)));
      });
    }

    it('normalisations folded into convolutions are told, and their weights still agree', async () => {
      const { layers } = await compareFiles(path.join(pack, 'converted/imagenet_mobilenet_v1_025.h5'), path.join(pack, 'converted/imagenet_mobilenet_v1_025.onnx'));
      const folded = layers.filter(({ changes }) => changes.includes('BatchNormalization folded into the weights'));
      assert.equal(folded.length, 14);
      for (const { weights } of folded) assert.deepEqual(weights.map(({ role }) => role), ['weight', 'bias']);
    });

    it('a quantised twin says which weights are quantised', async () => {
      const { layers, warnings } = await compareFiles(path.join(pack, 'converted/imagenet_mobilenet_v2_dequant_fp32.onnx'), path.join(pack, 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx'), false);
      assert.equal(layers.filter(({ changes }) => changes.join() === 'weights float32 → uint8').length, 53);
      assert.ok(warnings.some((line) => /operators of quantisation are counted with the layers they serve/.test(line)));
    });

    for (const file of ['structure/light_resnet50.onnx', 'structure/light_inception_v1.onnx', 'structure/bert_mlm_random_vespa.onnx', 'onnx/ocr_ch_PP-OCRv4_rec_infer.onnx', 'onnx/coco_fastestdet.onnx', 'onnx/audio_silero_vad_v5.onnx', 'keras/filetype_magika_v1.h5', 'tfjs/human_movenet-lightning/movenet-lightning.json', 'onnx/tabular_sklearn_treecl.onnx']) {
      it(`finds ${path.basename(file)} the same as itself, with or without names`, async () => {
        const model = await openModel(path.join(pack, file));
        const itself = await compareModels(model, model);
        assert.deepEqual({ changed: itself.totals.changed, added: itself.totals.added, removed: itself.totals.removed }, { changed: 0, added: 0, removed: 0 });
        if (model.layers) return;
        const { totals } = await compareModels(nameless(model), nameless(model, 1000), false);
        assert.deepEqual({ changed: totals.changed, added: totals.added, removed: totals.removed }, { changed: 0, added: 0, removed: 0 });
      });
    }

    for (const [how, prepare] of [['named', (model: ModelFile) => model], ['nameless', (model: ModelFile) => nameless(model, 7)]] as const) {
      it(`reports exactly what was changed in a copy (${how})`, async function () {
        this.timeout(120_000);
        const models = await Promise.all(['converted/imagenet_squeezenet_fp32.onnx', 'structure/light_resnet50.onnx', 'onnx/mnist_cntk.onnx'].map((file) => openModel(path.join(pack, file))));
        await fc.assert(fc.asyncProperty(fc.constantFrom(...models), fc.nat(), fc.constantFrom('remove', 'insert', 'alter'), async (original, seed, what) => {
          const { graph } = original;
          // Elementwise nodes can go, come and change without making the rest impossible.
          const places = graph.nodes.map(({ opType }, at) => ({ opType, at })).filter(({ opType }) => opType === 'Relu');
          const { at } = places[seed % places.length]!;
          const copy = what === 'remove' ? without(original, at) : what === 'insert' ? inserted(original, at, 'Tanh') : replaced(original, at, (node) => ({ ...node, opType: 'Sigmoid' }));
          const { totals, layers } = await compareModels(original, prepare(copy), false);
          assert.deepEqual({ removed: totals.removed, added: totals.added, changed: totals.changed }, { removed: +(what === 'remove'), added: +(what === 'insert'), changed: +(what === 'alter') }, `${path.basename(original.file)} ${what} ${graph.nodes[at]!.name || at}`);
          const [told] = layers.filter(({ kind }) => kind !== 'same');
          if (what === 'alter') assert.deepEqual(told!.changes, ['type Relu → Sigmoid']);
          if (what === 'insert') assert.equal(told!.b!.type, 'Tanh');
          if (what === 'remove') assert.equal(told!.a!.type, 'Relu');
          if (what === 'remove' && how === 'named' && graph.nodes[at]!.name) assert.equal(told!.a!.name, graph.nodes[at]!.name);
        }), { numRuns: 40, seed: 11 });
      });
    }

    it('settings and dims that differ are told in words', async () => {
      const model = await openModel(path.join(pack, 'converted/imagenet_squeezenet_fp32.onnx'));
      const at = model.graph.nodes.findIndex(({ opType }) => opType === 'MaxPool');
      const copy = replaced(model, at, (node) => ({ ...node, attributes: new Map([...node.attributes, ['kernel_shape', { kind: 'ints', value: [2n, 2n] } as const], ['pads', { kind: 'ints', value: [0n, 0n, 1n, 1n] } as const]]) }));
      const result = await compareModels(model, copy, false);
      const told = result.layers.find(({ a }) => a?.type === 'MaxPool' && a.name === model.graph.nodes[at]!.name);
      assert.ok(told!.changes.some((words) => words === 'window 3 × 3 → 2 × 2'), told!.changes.join('; '));
      assert.ok(told!.changes.some((words) => words === 'pads 0 → 0, 0, 1, 1'), told!.changes.join('; '));
    });

    it('weights and operators inside the branches of an If are compared', async () => {
      const model = await openModel(path.join(pack, 'onnx/audio_silero_vad_v5.onnx'));
      const itself = await compareModels(model, model);
      const inner = itself.layers.flatMap(({ weights }) => weights).filter(({ role }) => role.startsWith('inside: '));
      assert.ok(inner.length > 10, String(inner.length));
      assert.ok(inner.every(({ relativeError }) => relativeError === 0));
      const at = model.graph.nodes.findIndex(({ opType }) => opType === 'If');
      const changed = replaced(model, at, (node) => ({
        ...node,
        attributes: new Map([...node.attributes].map(([name, attribute]) => [name, attribute.kind === 'graph' && name === 'then_branch'
          ? { kind: 'graph' as const, value: { ...attribute.value, nodes: attribute.value.nodes.map((inside) => inside.opType === 'Relu' ? { ...inside, opType: 'Tanh' } : inside) } } : attribute])),
      }));
      const { totals, layers } = await compareModels(model, changed, false);
      assert.deepEqual([totals.changed, totals.added, totals.removed], [1, 0, 0], layers.filter(({ kind }) => kind !== 'same').map(({ changes }) => changes.join('; ')).join('\n'));
    });

    it('weights behind arithmetic of constants are read: quantised shards, filled and joined tensors', async () => {
      for (const file of ['tfjs/nsfwjs_mobilenet_v2_uint8/model.json', 'structure/light_squeezenet.onnx', 'keras_dl4j/rnn_0.h5']) {
        const { warnings, layers } = await compareFiles(path.join(pack, file), path.join(pack, file));
        assert.deepEqual(warnings, [], file);
        assert.ok(layers.some(({ weights }) => weights.length > 0) && worst({ layers } as Comparison) === 0, file);
      }
    });

    it('one threshold of a tree ensemble is a change', async () => {
      const model = await openModel(path.join(pack, 'onnx/tabular_sklearn_treecl.onnx'));
      const at = model.graph.nodes.findIndex(({ attributes }) => attributes.has('nodes_values'));
      const changed = replaced(model, at, (node) => {
        const values = node.attributes.get('nodes_values')!;
        return { ...node, attributes: new Map([...node.attributes, ['nodes_values', { kind: 'floats' as const, value: values.kind === 'floats' ? values.value.map((value, index) => index === values.value.length - 2 ? value + 1 : value) : [] }]]) };
      });
      const { totals, layers } = await compareModels(model, changed, false);
      assert.equal(totals.changed, 1);
      assert.deepEqual(layers.find(({ kind }) => kind === 'changed')!.changes, ['nodes_values differs inside']);
    });

    it('two different networks are compared without end or error', async () => {
      const { totals, layers, view } = await compareFiles(path.join(pack, 'structure/light_resnet50.onnx'), path.join(pack, 'onnx/ocr_ch_PP-OCRv4_rec_infer.onnx'), false);
      assert.equal(totals.same + totals.changed + totals.added + totals.removed, layers.length);
      for (const { from, to } of view.edges) assert.ok(from < to);
    });
  });

  for (const form of ['QLinear', 'dynamic', 'QDQ'] as const) {
    it(`lines up a float network and its ${form} twin, and compares dequantised weights`, async () => {
      const model = await openModel(formats.onnx);
      const result = await compareModels(model, await quantisedTwin(model, form));
      assert.deepEqual({ added: result.totals.added, removed: result.totals.removed }, { added: 0, removed: 0 }, result.layers.map(({ kind, a, b, changes }) => `${kind} ${a?.name} ${b?.name} ${changes.join('; ')}`).join('\n'));
      const weighted = result.layers.filter(({ a }) => a!.type === 'Conv' || a!.type === 'Gemm');
      assert.equal(weighted.length, 5);
      for (const { changes, weights } of weighted) {
        assert.ok(changes.some((words) => /^weights float32 → int8/.test(words)), changes.join('; '));
        const error = weights.find(({ role }) => role === 'weight')!.relativeError!;
        assert.ok(error > 1e-4 && error < 0.01, String(error));
        const bias = weights.find(({ role }) => role === 'bias');
        if (bias) assert.ok(bias.relativeError! < (form === 'QLinear' ? 0.01 : 1e-6), String(bias.relativeError));
      }
      assert.equal(weighted.filter(({ weights }) => weights.some(({ role }) => role === 'bias')).length, form === 'QLinear' ? 4 : 5);
    });
  }

  it('weights that were trained further are told by how far', async () => {
    const model = await openModel(formats.onnx);
    const { graph } = model;
    const name = graph.nodes.find((node) => node.name === 'conv2')!.inputs[2]!;
    const bias = graph.initializers.get(name)!;
    assert.equal(bias.kind, 'inline');
    if (bias.kind !== 'inline') return;
    const values = new Float32Array(bias.bytes.slice().buffer).map((value) => value * 1.5);
    const copy = { ...model, graph: { ...graph, initializers: new Map([...graph.initializers, [name, { ...bias, bytes: new Uint8Array(values.buffer) }] as const]) } };
    const result = await compareModels(model, copy);
    assert.deepEqual(names(result, 'changed'), ['conv2']);
    const { weights, changes } = result.layers.find(({ kind }) => kind === 'changed')!;
    assert.ok(Math.abs(weights.find(({ role }) => role === 'bias')!.relativeError! - 0.5) < 1e-6);
    assert.equal(weights.find(({ role }) => role === 'weight')!.relativeError, 0);
    assert.deepEqual(changes, ['weights differ by 50 %']);
  });

  it('20,000 nodes against 20,000 take seconds, in whatever way they differ', function () {
    this.timeout(240_000);
    const model = blocks(4000), nodes = model.graph.nodes.length;
    assert.equal(nodes, 20_000);
    const a = sideOf(model);
    const cases = { 'itself without names': nameless(model, 3), 'a block less in the middle': blocks(4000, 2000), 'half as deep': blocks(2000) };
    for (const [what, other] of Object.entries(cases)) {
      const b = sideOf(other);
      // Processor time: other work on the machine does not count.
      const started = process.cpuUsage();
      const { union } = alignModels(a, b);
      const { user, system } = process.cpuUsage(started);
      const took = (user + system) / 1000;
      const counts = union.kinds.reduce<Record<string, number>>((sums, kind) => ({ ...sums, [kind]: (sums[kind] ?? 0) + 1 }), {});
      console.log(`      ${what}: ${Math.round(took)} ms of a processor, ${JSON.stringify(counts)}`);
      assert.ok(took < 10_000, `${what} took ${took} ms`);
      assert.equal(counts.removed ?? 0, nodes - other.graph.nodes.length);
      assert.equal(counts.added ?? 0, 0);
    }
  });

  it('says nothing of types that a model does not state', async () => {
    const stated = blocks(1), type = { kind: 'tensor', dtype: 'undefined', dims: ['N', 4] } as const;
    const unstated: ModelFile = { ...stated, graph: { ...stated.graph, inputs: [{ name: 'x', type }], outputs: stated.graph.outputs.map(({ name }) => ({ name, type })) } };
    assert.deepEqual((await compareModels(unstated, stated)).warnings, []);
    const doubles: ModelFile = { ...stated, graph: { ...stated.graph, outputs: stated.graph.outputs.map(({ name }) => ({ name, type: { kind: 'tensor', dtype: 'float64', dims: ['N', 4] } })) } };
    assert.ok((await compareModels(stated, doubles)).warnings.every((line) => !/1 layers/.test(line)));
  });
});

/** Residual blocks: MatMul, Add, Relu, MatMul, Add, each over the same few channels. */
function blocks(count: number, skip = -1): ModelFile {
  const nodes: ModelFile['graph']['nodes'][number][] = [];
  const weight = { kind: 'inline' as const, dtype: 'float32' as const, dims: [4, 4], bytes: new Uint8Array(64) };
  const bias = { kind: 'inline' as const, dtype: 'float32' as const, dims: [4], bytes: new Uint8Array(16) };
  const initializers = new Map<string, typeof weight | typeof bias>();
  let value = 'x';
  for (let block = 0; block < count; block++) {
    if (block === skip) continue;
    const own = (name: string): string => `layers.${block}.${name}`;
    initializers.set(own('w1'), weight).set(own('w2'), weight).set(own('b'), bias);
    const add = (opType: string, inputs: readonly string[], name: string): string => {
      nodes.push({ name: own(name), opType, domain: '', inputs, outputs: [own(name)], attributes: new Map() });
      return own(name);
    };
    const hidden = add('Relu', [add('Add', [add('MatMul', [value, own('w1')], 'mm1'), own('b')], 'bias')], 'relu');
    value = add('Add', [value, add('MatMul', [hidden, own('w2')], 'mm2')], 'sum');
  }
  return {
    format: 'onnx', file: 'blocks.onnx', producer: 'test', irVersion: 8, opsets: new Map([['', 17]]), metadata: new Map(), functions: [], warnings: [],
    graph: { name: 'blocks', nodes, inputs: [{ name: 'x', type: { kind: 'tensor', dtype: 'float32', dims: ['N', 4] } }], outputs: [{ name: value, type: { kind: 'tensor', dtype: 'float32', dims: ['N', 4] } }], initializers, valueInfo: new Map() },
  };
}
