/** Groups from names and from repeated blocks, and their sums. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { buildHierarchy, type HierarchyNode } from '../../../src/graph/hierarchy';
import { inferShapes } from '../../../src/graph/inference/infer';
import { findRepeats } from '../../../src/graph/repeats';
import { summarise } from '../../../src/graph/summarise';
import type { LayerSummary } from '../../../src/graph/summary';
import { openForInference, sharedFolder, skipWithoutShared } from './shared';

const layer = (name: string, type: string, parameters = 0): LayerSummary => ({ name, type, inputDims: [], outputDims: [], parameters, macs: 2 * parameters, activationBytes: 4 });
const outline = (node: HierarchyNode): unknown => node.kind === 'layer' ? node.name : { [node.kind === 'repeat' ? `${node.count} × ${node.name}` : node.name]: node.children.map(outline) };
const leaves = (node: HierarchyNode): number[] => node.layer === undefined ? node.children.flatMap(leaves) : [node.layer];

describe('hierarchy', () => {
  it('follows the paths PyTorch exports, and calls a lone operator by its module', () => {
    const tree = buildHierarchy([layer('/conv1/Conv', 'Conv', 5), layer('/layer1/layer1.0/conv1/Conv', 'Conv', 7), layer('/layer1/layer1.0/Add', 'Add'), layer('/fc/Gemm', 'Gemm', 3)]);
    assert.deepEqual(outline(tree), { '': ['conv1', { 'layer1/layer1.0': ['conv1', 'Add'] }, 'fc'] });
    assert.equal(tree.parameters, 15);
    assert.equal(tree.macs, 30);
    assert.equal(tree.activationBytes, 16);
    assert.equal(tree.children[1]!.parameters, 7);
  });

  it('drops what all names begin with, though some operators have no path', () => {
    const tree = buildHierarchy([layer('StatefulPartitionedCall/model/conv/BiasAdd', 'Conv'), layer('Conv__227', 'Conv'), layer('StatefulPartitionedCall/model/dense/MatMul', 'MatMul'), layer('StatefulPartitionedCall/model/dense/Add', 'Add')]);
    assert.deepEqual(outline(tree), { '': ['conv', 'Conv__227', { dense: ['MatMul', 'Add'] }] });
  });

  it('finds blocks in flat Keras names', () => {
    const tree = buildHierarchy(['block_1_expand', 'block_1_project', 'conv4_block1_1_conv', 'conv4_block1_out', 'layer_normalization_1', 'conv2d_3'].map((name, at) => layer(name, `T${at}`)));
    assert.deepEqual(outline(tree), { '': [{ block_1: ['expand', 'project'] }, { conv4_block1: ['1_conv', 'out'] }, 'layer_normalization_1', 'conv2d_3'] });
  });

  it('does not take numbered operators for groups', () => {
    const tree = buildHierarchy([layer('p2o.Conv.0', 'Conv'), layer('p2o.Relu.0', 'Relu'), layer('p2o.Conv.1', 'Conv')]);
    assert.deepEqual(outline(tree), { '': ['p2o.Conv.0', 'p2o.Relu.0', 'p2o.Conv.1'] });
  });

  it('puts equal groups and equal runs into repeats that end where branches meet', () => {
    const block = ['Conv', 'BatchNormalization', 'Relu', 'Conv', 'Add', 'Relu'];
    const flat = buildHierarchy(['Conv', 'Relu', ...block, ...block, ...block, 'Gemm'].map((type, at) => layer(`n${at}`, type, 1)));
    const [, , repeat] = flat.children;
    assert.deepEqual(flat.children.map(({ kind }) => kind), ['layer', 'layer', 'repeat', 'layer']);
    assert.equal(repeat!.count, 3);
    assert.equal(repeat!.parameters, 18);
    assert.deepEqual(leaves(repeat!.children[0]!), [2, 3, 4, 5, 6, 7]);
    const named = buildHierarchy([0, 1, 2, 3].flatMap((at) => [layer(`m/h.${at}/a`, 'Gemm'), layer(`m/h.${at}/b`, 'Add')]));
    assert.deepEqual(named.children.map(({ name, count }) => [name, count]), [['h.0 … h.3', 4]]);
  });

  it('is unknown where one layer is', () => {
    assert.equal(buildHierarchy([layer('a/x', 'Conv', 1), { ...layer('a/y', 'Loop'), macs: null }]).macs, null);
  });

  it('takes hostile names and long runs in stride', () => {
    const tree = buildHierarchy([layer('/'.repeat(5000), 'A'), layer('a/'.repeat(5000), 'B'), layer('__proto__/constructor', 'C'), layer('__proto__/x', 'D'), layer('', 'E')]);
    assert.equal(tree.layers, 5);
    const start = performance.now();
    let seed = 1;
    const random = Array.from({ length: 20_000 }, () => (seed = (seed * 48271) % 0x7fffffff) % 3);
    findRepeats(Int32Array.from(random), { isBlock: () => false, reading: () => 1 });
    assert.ok(performance.now() - start < 2000, `${performance.now() - start} ms`);
  });

  for (const [file, blocks] of [['structure/light_densenet121.onnx', [6, 12, 24, 16]], ['structure/gpt_220blocks_random_over10k_nodes.onnx', [220]], ['converted/mnist_vit.onnx', [6]]] as const) {
    it(`${file} is ${blocks.join(', ')} blocks, every layer in its place and the sums complete`, async function () {
      const at = path.join(sharedFolder, 'pack', file);
      skipWithoutShared(this, at);
      const { model } = await openForInference(at);
      const { layers, totals } = summarise(model, inferShapes(model));
      const start = performance.now();
      const tree = buildHierarchy(layers);
      const elapsed = performance.now() - start;
      const repeats = (node: HierarchyNode): number[] => node.kind === 'repeat' ? [node.count!] : node.children.flatMap(repeats);
      assert.deepEqual(repeats(tree), blocks);
      assert.deepEqual(leaves(tree), layers.map((_, index) => index));
      assert.equal(tree.parameters, totals.parameters);
      assert.equal(tree.macs, totals.macs);
      assert.equal(tree.activationBytes, totals.activationBytes);
      assert.ok(elapsed < 500, `${elapsed.toFixed(0)} ms`);
    });
  }
});
