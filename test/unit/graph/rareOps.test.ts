/** Ops that few exports hold, run in ONNX Runtime: inferred dims and types are the real ones. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { DType } from '../../../src/tensor/dtype';
import { tensorFromNumbers } from '../../../src/tensor/convert';
import { elementCount } from '../../../src/tensor/tensor';
import type { GraphFunction } from '../../../src/graph/graph';
import { inferShapes } from '../../../src/graph/inference/infer';
import { summarise } from '../../../src/graph/summarise';
import { scanOnnx } from '../../../src/formats/onnx/scan';
import { checkInference, inline, int64s, makeModel, node } from './nodeModel';
import type { AttributeValue, Recipe } from './nodeModel';
import { runModel } from './run';
import { sharedFolder, skipWithoutShared } from './shared';

const filled = (dims: readonly number[], dtype: DType = 'float32', value = 0.5) => inline(dtype, dims, new Array<number>(elementCount(dims)).fill(value));

interface Case { readonly x?: Recipe['inputs']; readonly weights?: Recipe['initializers']; readonly inputs: readonly string[]; readonly outputs?: readonly string[]; readonly attributes?: Readonly<Record<string, AttributeValue>>; readonly domain?: string; readonly opset?: number; readonly open?: readonly string[] }

/** The op must run, and must be inferred as it runs. */
function runs(opType: string, { x = { x: { dims: [2, 3, 8] } }, weights, inputs, outputs = ['y'], attributes, domain = 'com.microsoft', opset = 21, open }: Case): void {
  it(opType, async () => {
    const recipe: Recipe = { opset, inputs: x, ...(weights ? { initializers: weights } : {}), outputs: outputs.filter((name) => name !== ''), nodes: [node(opType, inputs, outputs, attributes, domain)] };
    assert.ok(await checkInference(recipe, open), `ONNX Runtime refuses ${opType}`);
  });
}

describe('com.microsoft ops in ONNX Runtime', function () {
  this.timeout(60_000);

  runs('GroupQueryAttention', {
    x: { x: { dims: [2, 3, 32] }, k: { dims: [2, 3, 16] }, v: { dims: [2, 3, 16] } },
    weights: { lengths: inline('int32', [2], [2, 2]), total: inline('int32', [1], [3]) },
    inputs: ['x', 'k', 'v', '', '', 'lengths', 'total'], outputs: ['y', 'key', 'value'], open: ['key', 'value'],
    attributes: { num_heads: 4, kv_num_heads: 2 },
  });
  runs('MultiHeadAttention', { x: { x: { dims: [2, 3, 8] }, k: { dims: [2, 5, 8] }, v: { dims: [2, 5, 8] } }, inputs: ['x', 'k', 'v'], outputs: ['y', 'key', 'value'], attributes: { num_heads: 2 } });
  runs('Attention', { weights: { w: filled([8, 24]), b: filled([24]) }, inputs: ['x', 'w', 'b'], outputs: ['y', 'present'], attributes: { num_heads: 2 } });
  runs('MatMulNBits', {
    x: { x: { dims: [2, 3, 32] } }, weights: { w: inline('uint8', [6, 1, 16], new Array<number>(96).fill(0x77)), s: filled([6]) },
    inputs: ['x', 'w', 's'], attributes: { K: 32, N: 6, bits: 4, block_size: 32 },
  });
  runs('MoE', {
    x: { x: { dims: [6, 8] }, gate: { dims: [6, 4] } }, weights: { w1: filled([4, 16, 8]), b1: filled([4, 16]), w2: filled([4, 8, 16]), b2: filled([4, 8]) },
    inputs: ['x', 'gate', 'w1', 'b1', 'w2', 'b2'], attributes: { k: 1, activation_type: 'relu' },
  });
  runs('SkipSimplifiedLayerNormalization', { x: { x: { dims: [2, 3, 8] }, s: { dims: [2, 3, 8] } }, weights: { g: filled([8]) }, inputs: ['x', 's', 'g'], outputs: ['y', '', '', 'sum'] });
  runs('RotaryEmbedding', {
    x: { x: { dims: [2, 3, 16] } }, weights: { p: inline('int64', [2, 3], [0, 1, 2, 0, 1, 2]), c: filled([8, 4]), s: filled([8, 4]) },
    inputs: ['x', 'p', 'c', 's'], attributes: { num_heads: 2 },
  });
  runs('CropAndResize', {
    x: { x: { dims: [1, 3, 8, 8] } }, weights: { rois: inline('float32', [2, 4], [0, 0, 1, 1, 0, 0, 0.5, 0.5]), batch: inline('int32', [2], [0, 0]), size: inline('int32', [2], [4, 5]) },
    inputs: ['x', 'rois', 'batch', 'size'],
  });
  runs('UnfoldTensor', { x: { x: { dims: [2, 9] } }, inputs: ['x'], attributes: { dim: 1, size: 4, step: 2 } });
  runs('MurmurHash3', { x: { x: { dtype: 'int32', dims: [2, 3] } }, inputs: ['x'] });
  runs('NGramRepeatBlock', {
    x: { scores: { dims: [2, 6] } }, weights: { ids: inline('int64', [2, 3], [1, 2, 1, 3, 3, 3]) }, inputs: ['ids', 'scores'], attributes: { ngram_size: 2 },
  });
  runs('QEmbedLayerNormalization', {
    x: {}, weights: {
      ids: inline('int32', [2, 3], [0, 1, 2, 0, 1, 2]), types: inline('int32', [2, 3], [0, 0, 0, 1, 1, 1]), words: filled([5, 8], 'uint8', 7), places: filled([4, 8], 'uint8', 7),
      segments: filled([2, 8], 'uint8', 7), gamma: filled([8], 'uint8', 7), beta: filled([8], 'uint8', 7), scale: inline('float32', [], [0.1]), zero: inline('uint8', [], [3]),
    },
    inputs: ['ids', 'types', 'words', 'places', 'segments', 'gamma', 'beta', '', 'scale', 'scale', 'scale', 'scale', 'scale', 'zero', 'zero', 'zero', 'zero', 'zero'], outputs: ['y', 'mask'],
  });
  runs('Tokenizer', {
    x: {}, weights: { text: { kind: 'strings', dtype: 'string', dims: [2], strings: ['a b', 'c'] } }, inputs: ['text'], open: ['y'],
    attributes: { mark: 0, pad_value: '#', mincharnum: 1, separators: { kind: 'strings', value: [new TextEncoder().encode(' ')] } },
  });
});

describe('ai.onnx ops of the newest sets in ONNX Runtime', () => {
  const onnx = { domain: '' };
  runs('Attention', { ...onnx, opset: 23, x: { q: { dims: [2, 4, 3, 8] }, k: { dims: [2, 2, 5, 8] }, v: { dims: [2, 2, 5, 6] } }, inputs: ['q', 'k', 'v'], outputs: ['y', 'key', 'value', 'scores'], attributes: {} });
  runs('RMSNormalization', { ...onnx, opset: 23, weights: { g: filled([8]) }, inputs: ['x', 'g'] });
  runs('RotaryEmbedding', { ...onnx, opset: 23, x: { x: { dims: [2, 4, 3, 8] } }, weights: { c: filled([2, 3, 4]), s: filled([2, 3, 4]) }, inputs: ['x', 'c', 's'] });
  runs('TensorScatter', { ...onnx, opset: 24, x: { past: { dims: [2, 2, 6, 4] }, update: { dims: [2, 2, 1, 4] } }, weights: { at: int64s(1, 3) }, inputs: ['past', 'update', 'at'] });
  runs('Swish', { ...onnx, opset: 24, inputs: ['x'] });
  runs('DFT', { ...onnx, opset: 17, x: { x: { dims: [1, 6, 10, 1] } }, inputs: ['x'], attributes: { axis: 1, onesided: 1 } });
});

describe('work and weights of transformers', () => {
  const summaryOf = (recipe: Recipe) => { const model = makeModel(recipe); return summarise(model, inferShapes(model)); };
  const macs = (recipe: Recipe) => summaryOf(recipe).totals.macs;
  const ms = 'com.microsoft';

  it('attention takes batch · queries · keys · heads · (key size + value size)', () => {
    const onnx = (inputs: Recipe['inputs'], attributes: Readonly<Record<string, AttributeValue>> = {}) => macs({ opset: 23, inputs, outputs: ['y'], nodes: [node('Attention', ['q', 'k', 'v'], ['y'], attributes)] });
    assert.equal(onnx({ q: { dims: [2, 4, 3, 8] }, k: { dims: [2, 2, 5, 8] }, v: { dims: [2, 2, 5, 6] } }), 2 * 3 * 5 * 4 * (8 + 6));
    assert.equal(onnx({ q: { dims: [2, 3, 32] }, k: { dims: [2, 5, 16] }, v: { dims: [2, 5, 12] } }, { q_num_heads: 4, kv_num_heads: 2 }), 2 * 3 * 5 * 4 * (8 + 6));
    assert.equal(macs({ opset: 21, inputs: { q: { dims: [2, 3, 4, 3, 8] } }, outputs: ['y'], nodes: [node('MultiHeadAttention', ['q'], ['y'], { num_heads: 4 }, ms)] }), 2 * 3 * 3 * 4 * (8 + 8));
    assert.equal(macs({
      opset: 21, inputs: { q: { dims: [2, 3, 64] } }, initializers: { l: inline('int32', [2], [2, 2]), t: inline('int32', [1], [3]) }, outputs: ['y'],
      nodes: [node('GroupQueryAttention', ['q', '', '', '', '', 'l', 't'], ['y', 'a', 'b'], { num_heads: 4, kv_num_heads: 2 }, ms)],
    }), 2 * 3 * 3 * 4 * (8 + 8));
  });

  it('experts count for the tokens they are chosen for, recurrent layers for each direction', () => {
    assert.equal(macs({
      opset: 21, inputs: { x: { dims: [6, 8] }, gate: { dims: [6, 4] } }, initializers: { a: filled([4, 16, 8]), b: filled([4, 8, 16]) }, outputs: ['y'],
      nodes: [node('MoE', ['x', 'gate', 'a', '', 'b'], ['y'], { k: 2 }, ms)],
    }), 6 * 2 * (16 * 8 + 8 * 16));
    assert.equal(macs({
      opset: 14, inputs: { x: { dims: [5, 1, 3] } }, initializers: { w: filled([2, 12, 3]), r: filled([2, 12, 4]) }, outputs: ['y'],
      nodes: [node('GRU', ['x', 'w', 'r'], ['y'], { hidden_size: 4, direction: 'bidirectional' })],
    }), 5 * 2 * 3 * 4 * (3 + 4));
  });

  it('a packed weight has as many parameters as it stands for, tables of angles none', () => {
    const { totals } = summaryOf({
      opset: 21, inputs: { x: { dims: [1, 2, 32] } }, outputs: ['y'],
      initializers: { w: filled([32, 1, 16], 'uint8', 7), s: filled([32]), p: inline('int64', [1, 2], [0, 1]), cos: filled([8, 16]), sin: filled([8, 16]) },
      nodes: [node('MatMulNBits', ['x', 'w', 's'], ['h'], { K: 32, N: 32, bits: 4, block_size: 32 }, ms), node('RotaryEmbedding', ['h', 'p', 'cos', 'sin'], ['y'], { num_heads: 1 }, ms)],
    });
    assert.equal(totals.parameters, 32 * 32);
    assert.equal(totals.macs, 2 * 32 * 32);
  });

  it('a function costs what its body does for the call', () => {
    const inner: GraphFunction = {
      name: 'Outer', domain: 'local', overload: '', inputs: ['a', 'b'], outputs: ['c'], attributes: [], defaults: new Map(), opsets: new Map([['', 18]]),
      nodes: [node('Product', ['a', 'b'], ['m'], {}, 'local'), node('Relu', ['m'], ['c'])],
    };
    const product: GraphFunction = { ...inner, name: 'Product', nodes: [node('MatMul', ['a', 'b'], ['c'])] };
    const model = makeModel({
      opset: 18, inputs: { x: { dims: [2, 3] }, z: { dims: [5, 3] } }, initializers: { w: filled([3, 4]) }, outputs: ['y', 'u'],
      nodes: [node('Outer', ['x', 'w'], ['y'], {}, 'local'), node('Outer', ['z', 'w'], ['u'], {}, 'local')],
    });
    const called = { ...model, functions: [inner, product] };
    const { layers, totals } = summarise(called, inferShapes(called));
    assert.deepEqual(layers.map(({ macs: work }) => work), [2 * 3 * 4, 5 * 3 * 4]);
    assert.equal(totals.parameters, 12);
  });

  it('a quantised model costs what its float twin does', () => {
    const quantise = (from: string, to: string, scale: string, zero: string): Recipe['nodes'] => [node('QuantizeLinear', [from, scale, zero], [`${to}q`]), node('DequantizeLinear', [`${to}q`, scale, zero], [to])];
    const twin: Recipe = { opset: 13, inputs: { x: { dims: [1, 4, 9, 9] } }, initializers: { w: filled([6, 2, 3, 3]) }, outputs: ['y'], nodes: [node('Conv', ['x', 'w'], ['y'], { group: 2 })] };
    const { totals } = summaryOf({
      ...twin, initializers: { wq: filled([6, 2, 3, 3], 'int8', 3), s: inline('float32', [], [0.1]), z: inline('int8', [], [0]) },
      nodes: [...quantise('x', 'xd', 's', 'z'), node('DequantizeLinear', ['wq', 's', 'z'], ['w']), node('Conv', ['xd', 'w'], ['c'], { group: 2 }), ...quantise('c', 'y', 's', 'z')],
    });
    const float = summaryOf(twin).totals;
    assert.deepEqual([totals.parameters, totals.macs], [float.parameters, float.macs]);
    assert.equal(float.macs, 6 * 7 * 7 * 2 * 9);
  });
});

describe('optimised and training files', () => {
  it('optimizer steps give back values and state without the gradients', () => {
    const inputs = Object.fromEntries([['r', []], ['t', []], ['x1', [2]], ['x2', [3]], ['g1', [2]], ['g2', [3]], ['v1', [2]], ['v2', [3]], ['h1', [2]], ['h2', [3]]].map(([name, dims]) => [name as string, { dims: dims as number[] }]));
    const outputs = ['x1n', 'x2n', 'v1n', 'v2n', 'h1n', 'h2n'];
    const { types } = inferShapes(makeModel({ opset: 21, inputs, outputs, nodes: [node('Adam', Object.keys(inputs), outputs, {}, 'ai.onnx.preview.training')] }));
    assert.deepEqual(outputs.map((name) => (types.get(name) as { dims?: unknown }).dims), [[2], [3], [2], [3], [2], [3]]);
  });

  it('blocked layouts keep the order of axes, and their exit names the channels', () => {
    const nchwc = 'com.microsoft.nchwc';
    const { types } = inferShapes(makeModel({
      opset: 21, inputs: { x: { dims: [1, 3, 8, 8] } }, initializers: { w: filled([16, 3, 3, 3]) }, outputs: ['y'],
      nodes: [node('Conv', ['x', 'w'], ['c'], { strides: [2, 2], pads: [1, 1, 1, 1] }, nchwc), node('ReorderOutput', ['c'], ['y'], { channels: 12 }, nchwc)],
    }));
    assert.deepEqual([types.get('c'), types.get('y')].map((type) => (type as { dims?: unknown }).dims), [[1, 16, 4, 4], [1, 12, 4, 4]]);
  });
});

describe('models of PyTorch 0.2 without operator sets', () => {
  const folder = path.join(sharedFolder, 'pack/malformed/misc');
  for (const name of ['embedding', 'smcnn', 'superres']) {
    it(name, async function () {
      skipWithoutShared(this, folder);
      const model = await scanOnnx(path.join(folder, `onnx_ir1_no_opset_${name}.onnx`));
      const feeds = Object.fromEntries(model.graph.inputs.map(({ name: input, type }) => {
        assert.ok(type.kind === 'tensor');
        const dims = type.dims as readonly number[];
        return [input, tensorFromNumbers(type.dtype, dims, Array.from({ length: elementCount(dims) }, (_, at) => at % 3))];
      }));
      const results = await runModel(model, feeds);
      const { types, warnings } = inferShapes({ ...model, graph: { ...model.graph, outputs: model.graph.outputs.map((output) => ({ ...output, type: { kind: 'unknown' as const } })) } });
      assert.deepEqual(warnings, []);
      for (const [output, result] of Object.entries(results)) {
        assert.deepEqual((types.get(output) as { dims?: unknown }).dims, result.dims);
        assert.ok(Array.from(result.data as ArrayLike<number>).every(Number.isFinite));
      }
    });
  }
});
