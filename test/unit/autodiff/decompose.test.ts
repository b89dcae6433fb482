import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import type { AttributeInput } from '../../../src/graph/builder';
import type { Initializer, ModelFile } from '../../../src/graph/graph';
import type { DType } from '../../../src/tensor/dtype';
import { Random } from './random';
import { init, randomInit, tiny, type NodeLine } from './tinyModel';
import { checkWrittenOut, type WrittenOut } from './writtenOut';

interface Case {
  readonly x: readonly number[];
  readonly nodes: readonly NodeLine[];
  readonly initializers?: Readonly<Record<string, Initializer>>;
  readonly opset?: number;
  readonly result?: DType;
}

/** x → the nodes, whose last makes `o` → y [batch, …] flat. */
function model({ x, nodes, initializers = {}, opset = 17 }: Case): ModelFile {
  return tiny({ inputs: { x: ['float32', x] }, outputs: { y: 'float32' }, initializers, nodes: [...nodes, ['Flatten', ['o'], ['y'], { axis: 1 }]], opset });
}

async function check(random: Random, what: string, given: Case, more: Partial<WrittenOut> = {}): Promise<void> {
  await checkWrittenOut(model(given), random, { what, gone: given.nodes.map(([opType]) => opType.split(':').at(-1)!).filter((type) => !elementary.has(type)), ...more });
}
const elementary = new Set(['MatMul', 'Identity', 'Split', 'Concat', 'Reshape', 'Slice', 'LayerNormalization', 'Add', 'Mul', 'Transpose', 'Cast', 'Conv', 'Gather', 'Squeeze', 'ReduceSum']);

const ints = (values: readonly number[], dims: readonly number[] = [values.length], dtype: DType = 'int64'): Initializer => init(dims, values, dtype);
const repeat = async (times: number, run: (random: Random) => Promise<void>): Promise<void> => {
  for (let seed = 1; seed <= times; seed++) await run(new Random(seed));
};

describe('fused layers taken apart', () => {
  it('SkipLayerNormalization and its root-mean-square form, with the sum', () => repeat(3, async (random) => {
    const hidden = 6, initializers = { skip: randomInit(random, [4, hidden]), scale: randomInit(random, [hidden]), shift: randomInit(random, [hidden]), bias: randomInit(random, [hidden]) };
    const both: NodeLine[] = [['Add', ['a', 'sum'], ['o']]];
    await check(random, 'plain', { x: [2, 4, hidden], initializers: { ...initializers, skip: randomInit(random, [2, 4, hidden]) }, nodes: [['com.microsoft:SkipLayerNormalization', ['x', 'skip', 'scale', 'shift', 'bias'], ['a', '', '', 'sum'], { epsilon: { float: 1e-3 } }], ...both] });
    await check(random, 'broadcast skip', { x: [2, 4, hidden], initializers, nodes: [['com.microsoft:SkipLayerNormalization', ['x', 'skip', 'scale'], ['o'], { epsilon: { float: 1e-3 } }]] });
    await check(random, 'rms', { x: [2, 4, hidden], initializers: { ...initializers, skip: randomInit(random, [2, 4, hidden]) }, nodes: [['com.microsoft:SkipSimplifiedLayerNormalization', ['x', 'skip', 'scale', 'bias'], ['a', '', '', 'sum'], { epsilon: { float: 1e-3 } }], ...both] });
  }));

  it('FusedMatMul', () => repeat(6, async (random) => {
    const [transA, transB] = [random.int(0, 1), random.int(0, 1)];
    await check(random, `${transA}${transB}`, { x: transA ? [2, 5, 3] : [2, 3, 5], initializers: { w: randomInit(random, transB ? [4, 5] : [5, 4]) }, nodes: [['com.microsoft:FusedMatMul', ['x', 'w'], ['o'], { transA, transB, alpha: { float: 0.7 } }]] });
  }));

  it('FusedConv and FusedGemm with each activation', async () => {
    const random = new Random(5), initializers = { w: randomInit(random, [3, 2, 3, 3]), b: randomInit(random, [3]), z: randomInit(random, [2, 3, 3, 3]) };
    for (const [activation, parameters] of [['Relu', []], ['Sigmoid', []], ['Tanh', []], ['LeakyRelu', [0.2]], ['HardSigmoid', [0.3, 0.4]], ['Clip', [-1.5, 1.5]]] as const) {
      await check(random, activation, { x: [2, 2, 5, 5], initializers, nodes: [['com.microsoft:FusedConv', ['x', 'w', 'b', 'z'], ['o'], { kernel_shape: [3, 3], activation, ...(parameters.length ? { activation_params: { floats: parameters } } : {}) }]] }, { step: 1e-3, tolerance: 5e-2 });
    }
    await check(random, 'gemm', { x: [2, 5], initializers: { w: randomInit(random, [4, 5]), b: randomInit(random, [4]) }, nodes: [['com.microsoft:FusedGemm', ['x', 'w', 'b'], ['o'], { transB: 1, activation: 'LeakyRelu', activation_alpha: { float: 0.3 } }]] }, { step: 1e-3, tolerance: 1e-2 });
  });

  it('EmbedLayerNormalization, to what it reads', async () => {
    const random = new Random(2), initializers = {
      ids: ints([1, 2, 0, 3, 3, 1], [2, 3], 'int32'), segments: ints([0, 1, 1, 0, 0, 1], [2, 3], 'int32'), positions: randomInit(random, [5, 4]), types: randomInit(random, [2, 4]),
      scale: randomInit(random, [4]), shift: randomInit(random, [4]), mask: ints([1, 1, 0, 1, 1, 1], [2, 3], 'int32'), one: init([2, 3, 4], new Array<number>(24).fill(0)),
    };
    // The word table is x's first row, so that the gradient goes through the gather.
    await check(random, 'embeddings', { x: [2, 4, 4], initializers: { ...initializers, first: ints([0]) }, nodes: [
      ['Gather', ['x', 'first'], ['table3'], { axis: 0 }], ['Squeeze', ['table3', 'first'], ['table']],
      ['com.microsoft:EmbedLayerNormalization', ['ids', 'segments', 'table', 'positions', 'types', 'scale', 'shift', 'mask'], ['a', 'count', 'sum'], { epsilon: { float: 1e-3 } }],
      ['Add', ['a', 'sum'], ['b']], ['Cast', ['count'], ['n'], { to: 1 }], ['ReduceSum', ['n'], ['total'], { keepdims: 0 }], ['Add', ['b', 'total'], ['o']],
    ] });
  });

  it('Shrink', () => repeat(2, (random) => check(random, 'shrink', { x: [2, 9], nodes: [['Shrink', ['x'], ['o'], { lambd: { float: 0.4 }, bias: { float: 0.1 } }]] }, { step: 1e-4, tolerance: 3e-2 })));
});

describe('attention taken apart', () => {
  const heads = 2, size = 3, width = heads * size, length = 4, batch = 2;
  const attention = async (random: Random, what: string, opType: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeInput>>, initializers: Readonly<Record<string, Initializer>>, x: readonly number[] = [batch, length, width], opset = 17): Promise<void> =>
    check(random, what, { x, opset, initializers, nodes: [[opType, inputs, 'p' in initializers && opType.endsWith('Attention') ? ['o', 'present'] : 'pk' in initializers ? ['o', 'k2', 'v2'] : ['o'], attributes]] });

  it('com.microsoft Attention with its masks, cache and sizes', async () => {
    const random = new Random(4), weights = { w: randomInit(random, [width, 3 * width]), b: randomInit(random, [3 * width]) };
    const run = (what: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeInput>>, more: Readonly<Record<string, Initializer>> = {}) =>
      attention(random, what, 'com.microsoft:Attention', ['x', 'w', 'b', ...inputs], { num_heads: heads, ...attributes }, { ...weights, ...more });
    await run('no mask', [], {});
    await run('causal, own scale', [], { unidirectional: 1, scale: { float: 0.3 } });
    await run('lengths', ['m'], {}, { m: ints([4, 2], [batch], 'int32') });
    await run('marks', ['m'], {}, { m: ints([1, 1, 1, 0, 0, 1, 1, 1], [batch, length], 'int32') });
    await run('marks for each query', ['m'], {}, { m: ints(Array.from({ length: batch * length * length }, (_, i) => (i % 3 === 0 ? 0 : 1)), [batch, length, length], 'int32') });
    await run('bias', ['', '', 'r'], {}, { r: randomInit(random, [batch, heads, length, length]) });
    await run('past', ['', 'p'], { unidirectional: 1 }, { p: randomInit(random, [2, batch, heads, 3, size]) });
    await attention(random, 'wider values', 'com.microsoft:Attention', ['x', 'v', 'c'], { num_heads: heads, qkv_hidden_sizes: [width, width, 2 * width] }, { v: randomInit(random, [width, 4 * width]), c: randomInit(random, [4 * width]) });
  });

  it('com.microsoft MultiHeadAttention, apart and packed, with biases and cache', async () => {
    const random = new Random(6), type = 'com.microsoft:MultiHeadAttention', attributes = { num_heads: heads };
    await attention(random, 'self', type, ['x', 'x', 'x'], attributes, {});
    await attention(random, 'cross, bias, marks', type, ['x', 'k', 'v', 'b', 'm'], attributes, { k: randomInit(random, [batch, 5, width]), v: randomInit(random, [batch, 5, width]), b: randomInit(random, [3 * width]), m: ints([1, 1, 1, 1, 0, 1, 1, 0, 1, 1], [batch, 5], 'int32') });
    await attention(random, 'keys as heads', type, ['x', 'k', 'v'], attributes, { k: randomInit(random, [batch, heads, 5, size]), v: randomInit(random, [batch, heads, 5, size]) });
    await attention(random, 'added, causal', type, ['x', 'x', 'x', '', '', 'r'], { ...attributes, unidirectional: 1, scale: { float: 0.4 } }, { r: randomInit(random, [1, heads, length, length]) });
    await attention(random, 'past', type, ['x', 'x', 'x', '', '', '', 'pk', 'pv'], attributes, { pk: randomInit(random, [batch, heads, 2, size]), pv: randomInit(random, [batch, heads, 2, size]) });
  });

  it('com.microsoft GroupQueryAttention over a whole sequence, with rotation', async () => {
    const random = new Random(8), kv = 1, even = 16;
    for (const rotary of [0, 1]) {
      const initializers = {
        k: randomInit(random, [batch, length, kv * even]), v: randomInit(random, [batch, length, kv * even]), lengths: ints([length - 1, length - 1], [batch], 'int32'), total: ints([length], [1], 'int32'),
        cos: randomInit(random, [8, even / 2]), sin: randomInit(random, [8, even / 2]),
      };
      const inputs = ['x', 'k', 'v', '', '', 'lengths', 'total', ...(rotary ? ['cos', 'sin'] : [])];
      await check(random, `rotary ${rotary}`, { x: [batch, length, heads * even], initializers, nodes: [['com.microsoft:GroupQueryAttention', inputs, ['o', 'pk', 'pv'], { num_heads: heads, kv_num_heads: kv, do_rotary: rotary, rotary_interleaved: rotary }]] });
    }
  });

  it('ai.onnx Attention: ranks 3 and 4, groups of heads, masks, cap, cache', async () => {
    const random = new Random(9), opset = 23, attributes = { q_num_heads: heads, kv_num_heads: heads };
    await attention(random, 'rank 3', 'Attention', ['x', 'x', 'x'], attributes, {}, undefined, opset);
    await attention(random, 'causal, scale, cap', 'Attention', ['x', 'x', 'x'], { ...attributes, is_causal: 1, scale: { float: 0.6 }, softcap: { float: 1.5 } }, {}, undefined, opset);
    await attention(random, 'rank 4, shared key heads, added mask', 'Attention', ['x', 'k', 'v', 'm'], {}, { k: randomInit(random, [batch, 1, 5, size]), v: randomInit(random, [batch, 1, 5, 2]), m: randomInit(random, [length, 5]) }, [batch, heads, length, size], opset);
    await attention(random, 'boolean mask', 'Attention', ['x', 'x', 'x', 'm'], attributes, { m: ints(Array.from({ length: length * length }, (_, i) => (i % 5 === 2 ? 0 : 1)), [length, length], 'bool') }, undefined, opset);
  });

  it('rotary embeddings, in both spellings', () => repeat(2, async (random) => {
    const positions = { p: ints([3, 1, 0, 2, 2, 2, 5, 1], [batch, length]), cos: randomInit(random, [8, 4]), sin: randomInit(random, [8, 4]) };
    for (const interleaved of [0, 1]) {
      await attention(random, 'contrib', 'com.microsoft:RotaryEmbedding', ['x', 'p', 'cos', 'sin'], { interleaved }, positions, [batch, 3, length, 8]);
      await attention(random, 'contrib, rank 3', 'com.microsoft:RotaryEmbedding', ['x', 'p', 'cos', 'sin'], { interleaved, num_heads: 2 }, { ...positions, p: ints([1]) }, [batch, length, 16]);
      await attention(random, 'standard, part of the head', 'RotaryEmbedding', ['x', 'cos', 'sin', 'p'], { interleaved, rotary_embedding_dim: 8 }, positions, [batch, 3, length, 10], 23);
    }
  }));
});

describe('sampling taken apart', () => {
  for (const padding of ['zeros', 'border', 'reflection']) {
    it(`GridSample, ${padding}, to the picture and to the grid`, () => repeat(3, async (random) => {
      for (const mode of ['linear', 'nearest']) {
        const attributes = { mode, padding_mode: padding, align_corners: random.int(0, 1) }, opset = 20;
        await check(random, mode, { x: [2, 2, 4, 5], opset, initializers: { g: randomInit(random, [2, 3, 2, 2], 1.6) }, nodes: [['GridSample', ['x', 'g'], ['o'], attributes]] });
        if (mode === 'linear') await check(random, 'grid', { x: [2, 3, 2, 2], opset, initializers: { p: randomInit(random, [2, 2, 4, 5]) }, nodes: [['GridSample', ['p', 'x'], ['o'], attributes]] }, { step: 1e-4, tolerance: 0.1 });
      }
    }));
  }
  it('RoiAlign', () => repeat(4, async (random) => {
    const rois = Array.from({ length: 2 }, () => { const [x1, y1] = [random.float(-2, 3), random.float(-1, 3)]; return [x1, y1, x1 + random.float(0.5, 6), y1 + random.float(0.5, 6)]; }).flat();
    const attributes = { output_height: 2, output_width: 3, sampling_ratio: 2, spatial_scale: { float: 0.8 }, coordinate_transformation_mode: random.pick(['half_pixel', 'output_half_pixel']) };
    await check(random, 'rois', { x: [2, 2, 5, 6], initializers: { rois: init([2, 4], rois), batches: ints([1, 0]) }, nodes: [['RoiAlign', ['x', 'rois', 'batches'], ['o'], attributes]] });
  }));
});

describe('classical models taken apart', () => {
  const ml = (random: Random, nodes: readonly NodeLine[], more: Partial<WrittenOut> = {}) => check(random, nodes[0]![0], { x: [3, 4], nodes }, { gone: nodes.map(([type]) => type.split(':')[1]!).filter((type) => type && type !== 'LinearClassifier'), ...more });
  const floats = (random: Random, length: number): { floats: number[] } => ({ floats: Array.from({ length }, () => Math.fround(random.float())) });
  it('scaled, normalised, linear', () => repeat(2, async (random) => {
    await ml(random, [['ai.onnx.ml:Scaler', ['x'], ['o'], { offset: floats(random, 4), scale: floats(random, 4) }]]);
    for (const norm of ['L1', 'L2', 'MAX']) await ml(random, [['ai.onnx.ml:Normalizer', ['x'], ['o'], { norm }]], { range: [0.5, 2], step: 1e-3, tolerance: 1e-2 });
    for (const post_transform of ['NONE', 'SOFTMAX', 'LOGISTIC']) {
      await ml(random, [['ai.onnx.ml:LinearClassifier', ['x'], ['label', 'o'], { classlabels_ints: [4, 5, 6, 7], coefficients: floats(random, 16), intercepts: floats(random, 4), post_transform }]]);
    }
    await ml(random, [['ai.onnx.ml:LinearRegressor', ['x'], ['o'], { targets: 4, coefficients: floats(random, 16), intercepts: floats(random, 4) }]]);
    await ml(random, [['ai.onnx.ml:Imputer', ['x'], ['o'], { imputed_value_floats: floats(random, 4), replaced_value_float: { float: NaN } }]]);
  }));
  it('support vector regression with each kernel', () => repeat(2, async (random) => {
    for (const kernel_type of ['LINEAR', 'RBF', 'POLY', 'SIGMOID']) {
      const parameters = { kernel_type, kernel_params: { floats: [0.5, 0.2, 2] }, n_supports: 5, support_vectors: floats(random, 20), coefficients: floats(random, 5), rho: floats(random, 1) };
      await checkWrittenOut(tiny({
        inputs: { x: ['float32', [1, 4]] }, outputs: { y: 'float32' }, initializers: { two: init([1, 2], [1, 2]) },
        nodes: [['ai.onnx.ml:SVMRegressor', ['x'], ['s'], parameters], ['MatMul', ['s', 'two'], ['y']]],
      }), random, { what: kernel_type, gone: ['SVMRegressor'] });
    }
  }));
});

describe('forms that are not written out', () => {
  it('are named with what can be done', () => {
    const random = new Random(1);
    const given = model({ x: [2, 2, 5, 6], initializers: { rois: randomInit(random, [2, 4]), batches: ints([0, 1]) }, nodes: [['RoiAlign', ['x', 'rois', 'batches'], ['o'], { mode: 'max', sampling_ratio: 2, output_height: 2, output_width: 2 }]] });
    assert.throws(() => buildGradientModel({ model: given, inputDims: { x: [2, 2, 5, 6] }, target: { output: 'y', space: 'output' }, wrt: ['x'] }), /RoiAlign 'RoiAlign_o': this form of it has no gradient here/);
  });
});
