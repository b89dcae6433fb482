/** Layers, parameters, multiply-accumulates, and the architecture graph. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { architectureView } from '../../../src/graph/architecture';
import { constantOf, constantValues, consumersOf, isConstantValue, producersOf } from '../../../src/graph/indexes';
import { inferShapes } from '../../../src/graph/inference/infer';
import { prefetchConstants, wantedConstants } from '../../../src/graph/inference/wanted';
import type { Initializer, ModelFile } from '../../../src/graph/graph';
import { summarise } from '../../../src/graph/summarise';
import { tensorFromNumbers } from '../../../src/tensor/convert';
import { inline, int64s, makeModel, node } from './nodeModel';
import type { Recipe } from './nodeModel';
import { openForInference, sharedFolder, skipWithoutShared } from './shared';

const ones = (...dims: readonly number[]) => inline('float32', dims, new Array<number>(dims.reduce((count, dim) => count * dim, 1)).fill(1));
const summaryOf = (recipe: Recipe) => { const model = makeModel(recipe); return summarise(model, inferShapes(model)); };

describe('summary', () => {
  // Published figures: parameters with running statistics, multiply-accumulates of one 224 × 224 picture.
  const known: readonly (readonly [string, number, number])[] = [
    ['structure/light_resnet50.onnx', 25.610e6, 4.089e9],
    ['structure/light_vgg19.onnx', 143.667e6, 19.632e9],
    ['structure/light_squeezenet.onnx', 1.235e6, 0.349e9],
    ['structure/light_bvlc_alexnet.onnx', 60.965e6, 0.655e9],
    ['converted/imagenet_mobilenet_v2_dequant_fp32.onnx', 3.489e6, 0.3008e9],
    ['converted/imagenet_mobilenet_v2_qdq_uint8.onnx', 3.489e6, 0.3008e9],
  ];
  for (const [file, parameters, macs] of known) {
    it(`${file} has ${(parameters / 1e6).toFixed(2)} M parameters and ${(macs / 1e9).toFixed(2)} G multiply-accumulates`, async function () {
      const at = path.join(sharedFolder, 'pack', file);
      skipWithoutShared(this, at);
      const { model } = await openForInference(at);
      const { totals } = summarise(model, inferShapes(model));
      assert.ok(Math.abs(totals.parameters / parameters - 1) < 1e-3, `${totals.parameters} parameters`);
      assert.ok(Math.abs(totals.macs! / macs - 1) < 1e-3, `${totals.macs} multiply-accumulates`);
    });
  }

  it('counts a shared weight once, through Transpose and DequantizeLinear for their consumer', () => {
    const { layers, totals } = summaryOf({
      opset: 13, inputs: { x: { dims: [1, 4] } }, outputs: ['y'],
      initializers: { w: ones(4, 4), q: inline('int8', [4, 4], new Array<number>(16).fill(1)), s: inline('float32', [], [0.1]) },
      nodes: [
        node('MatMul', ['x', 'w'], ['a']), node('Transpose', ['w'], ['t']), node('MatMul', ['a', 't'], ['b']),
        node('DequantizeLinear', ['q', 's'], ['d']), node('MatMul', ['b', 'd'], ['y']),
      ],
    });
    assert.deepEqual(layers.map(({ type, parameters, macs }) => [type, parameters, macs]), [['MatMul', 16, 16], ['MatMul', 0, 16], ['MatMul', 16, 16]]);
    assert.deepEqual(layers[0]!.inputDims, [[1, 4]]);
    assert.equal(totals.weightBytes, 64 + 16 + 4);
  });

  it('leaves out constants, identities and shape arithmetic, and steering constants from parameters', () => {
    const { layers } = summaryOf({
      opset: 13, inputs: { x: { dims: [2, 4] } }, outputs: ['y'], initializers: { zero: int64s(0), minus: int64s(-1), half: inline('float32', [], [0.5]) },
      nodes: [
        node('Shape', ['x'], ['s']), node('Gather', ['s', 'zero'], ['n']), node('Concat', ['n', 'minus'], ['t'], { axis: 0 }),
        node('Identity', ['x'], ['i']), node('Mul', ['i', 'half'], ['m']), node('Reshape', ['m', 't'], ['y']),
      ],
    });
    assert.deepEqual(layers.map(({ type, parameters }) => [type, parameters]), [['Mul', 0], ['Reshape', 0]]);
    assert.deepEqual(layers[1]!.inputDims, [[2, 4]]);
  });

  it('counts a symbolic batch as one sample, and nothing where a size is unknown', () => {
    const recipe: Recipe = { opset: 13, inputs: { x: { dims: [1, 3, 8, 8] } }, outputs: ['y'], initializers: { w: ones(2, 3, 3, 3) }, nodes: [node('Conv', ['x', 'w'], ['y'])] };
    const macs = (dims: readonly (number | string)[]) => { const model = makeModel(recipe, () => dims); return summarise(model, inferShapes(model)).totals.macs; };
    assert.equal(macs([1, 3, 8, 8]), 2 * 36 * 27);
    assert.equal(macs(['batch', 3, 8, 8]), 2 * 36 * 27);
    assert.equal(macs([1, 3, 'height', 8]), null);
  });

  it('counts grouped, transposed and depthwise convolutions, Gemm, Einsum, LSTM', () => {
    const { layers } = summaryOf({
      opset: 13, inputs: { x: { dims: [1, 4, 6, 6] }, v: { dims: [5, 7] }, s: { dims: [3, 1, 2] } }, outputs: ['c', 't', 'g', 'e', 'l'],
      initializers: { w: ones(4, 1, 3, 3), u: ones(4, 2, 2, 2), m: ones(7, 3), lw: ones(1, 8, 2), lr: ones(1, 8, 2) },
      nodes: [
        node('Conv', ['x', 'w'], ['c'], { group: 4 }), node('ConvTranspose', ['x', 'u'], ['t'], { strides: [2, 2] }), node('Gemm', ['v', 'm'], ['g']),
        node('Einsum', ['v', 'm'], ['e'], { equation: 'ij,jk->ik' }), node('LSTM', ['s', 'lw', 'lr'], ['l'], { hidden_size: 2 }),
      ],
    });
    assert.deepEqual(layers.map(({ macs }) => macs), [4 * 16 * 9, 4 * 36 * 2 * 4, 5 * 7 * 3, 5 * 7 * 3, 3 * 4 * 2 * (2 + 2)]);
  });
});

describe('architecture view', () => {
  it('draws ports and operators with dims on the edges', () => {
    const model = makeModel({
      opset: 13, inputs: { x: { dims: [1, 3, 8, 8] } }, outputs: ['y'], initializers: { w: ones(4, 3, 3, 3) },
      nodes: [node('Conv', ['x', 'w'], ['c'], { strides: [2, 2] }), node('Relu', ['c'], ['r']), node('Add', ['r', 'r'], ['y'])],
    });
    const { nodes, edges } = architectureView(model, inferShapes(model));
    assert.deepEqual(nodes.map(({ kind, opType, family, detail }) => [kind, opType, family, detail]), [
      ['input', 'Input', 'port', 'float32 [1, 3, 8, 8]'], ['op', 'Conv', 'conv', '3×3 / 2, 4'], ['op', 'Relu', 'activation', ''], ['op', 'Add', 'merge', ''],
      ['output', 'Output', 'port', 'float32 [1, 4, 3, 3]'],
    ]);
    assert.deepEqual(edges.map(({ from, to, value }) => [from, to, value]), [[0, 1, 'x'], [1, 2, 'c'], [2, 3, 'r'], [2, 3, 'r'], [3, 4, 'y']]);
    assert.deepEqual(edges[0]!.dims, [1, 3, 8, 8]);
  });

  it('takes a graph of 20,000 nodes within budget', async function () {
    const at = path.join(sharedFolder, 'pack/structure/gpt_220blocks_random_over10k_nodes.onnx');
    skipWithoutShared(this, at);
    const { model } = await openForInference(at);
    const start = performance.now();
    const inference = inferShapes(model);
    summarise(model, inference);
    const view = architectureView(model, inference);
    const elapsed = performance.now() - start;
    assert.equal(model.graph.nodes.length, 20461);
    assert.ok(view.nodes.length > 5000);
    // Quadratic work would take minutes; the limit leaves room for a busy machine.
    assert.ok(elapsed < 4000, `${Math.round(elapsed)} ms`);
  });
});

describe('indexes and wanted constants', () => {
  const model = makeModel({
    opset: 13, inputs: { x: { dims: [2, 2] } }, outputs: ['y'], initializers: { w: ones(2, 2) },
    nodes: [
      node('Constant', [], ['k'], { value: { kind: 'tensor', value: int64s(4) } }), node('Transpose', ['w'], ['t']), node('MatMul', ['x', 't'], ['m']), node('Reshape', ['m', 'k'], ['y']),
    ],
  });

  it('find producers, consumers and constants', () => {
    const producers = producersOf(model.graph), consumers = consumersOf(model.graph);
    assert.equal(producers.get('m')?.opType, 'MatMul');
    assert.deepEqual(consumers.get('m')?.map(({ opType }) => opType), ['Reshape']);
    assert.deepEqual([...constantValues(model.graph)], ['w', 'k', 't']);
    assert.equal(isConstantValue(model.graph, 'k', producers), true);
    assert.equal(isConstantValue(model.graph, 't', producers), false);
    assert.equal(constantOf(model.graph, 'k', producers)?.kind, 'inline');
  });

  it('names small tensors that lie in files, and prefetches them for inference', async () => {
    const shape = { kind: 'ref' as const, ref: { file: 'weights', offset: 0, length: 16, dtype: 'int64' as const, dims: [2] } };
    const base = makeModel({ opset: 13, inputs: { x: { dims: [2, 6] } }, outputs: ['y'], nodes: [node('Reshape', ['x', 's'], ['y'])] });
    const onDisk: ModelFile = { ...base, graph: { ...base.graph, initializers: new Map<string, Initializer>([['s', shape], ['big', { kind: 'ref', ref: { ...shape.ref, dtype: 'float32', dims: [4096] } }]]) } };
    assert.deepEqual(wantedConstants(onDisk), ['s']);
    assert.deepEqual(inferShapes(onDisk).types.get('y'), { kind: 'tensor', dtype: 'float32', dims: [null, null] });
    const reader = await prefetchConstants(onDisk, async () => tensorFromNumbers('int64', [2], [3, -1]));
    const { types, constants } = inferShapes(onDisk, {}, reader);
    assert.deepEqual(types.get('y'), { kind: 'tensor', dtype: 'float32', dims: [3, 4] });
    assert.deepEqual(constants.get('s'), [3, -1]);
  });
});
