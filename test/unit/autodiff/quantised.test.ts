/** Quantised layers: what is computed stays what ONNX Runtime computes, and the gradient is that of the float layers. */
import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import type { Initializer, ModelFile } from '../../../src/graph/graph';
import type { DType } from '../../../src/tensor/dtype';
import { Random } from './random';
import { count, openSession, runSession, type Values } from './runGraph';
import { init, tiny, type NodeLine } from './tinyModel';

const batch = 2;

function steps(random: Random, dims: readonly number[], dtype: DType, low: number, high: number): Initializer {
  return stepsOf(dims, Array.from({ length: count(dims) }, () => random.int(low, high)), dtype);
}

/** Bytes of small integers, which the graph builder does not write. */
function stepsOf(dims: readonly number[], values: readonly number[], dtype: DType): Initializer {
  return dtype === 'int8' ? { kind: 'inline', dtype, dims, bytes: new Uint8Array(Int8Array.from(values).buffer) } : init(dims, values, dtype);
}

async function run(model: ModelFile, x: Values): Promise<{ y: Values; fetched: Values; gradient: Values }> {
  const built = buildGradientModel({ model, inputDims: { x: x.dims }, target: { output: 'y', space: 'output' }, wrt: ['x'], fetch: ['y'] });
  const forward = await openSession(model, { graphOptimizationLevel: 'disabled' }), backward = await openSession(built.model, { graphOptimizationLevel: 'disabled' });
  try {
    const results = await runSession(backward, { x, [built.targetInput]: { dtype: 'int64', dims: [batch], data: [0, 1] } });
    return { y: (await runSession(forward, { x })).y!, fetched: results[built.fetched.y!]!, gradient: results[built.gradients.x!]! };
  } finally {
    await forward.release();
    await backward.release();
  }
}

interface Twins {
  readonly dims: readonly number[];
  readonly nodes: readonly NodeLine[];
  /** The same layers in floats. */
  readonly float: readonly NodeLine[];
  readonly initializers: Readonly<Record<string, Initializer>>;
  readonly range?: number;
}

/** The quantised layers agree with ONNX Runtime's, and their gradient with that of the float layers. */
async function checkTwins(random: Random, what: string, { dims, nodes, float, initializers, range = 0.9 }: Twins): Promise<void> {
  const build = (lines: readonly NodeLine[]): ModelFile => tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, initializers, nodes: lines, opset: 17 });
  const x: Values = { dtype: 'float32', dims, data: Array.from({ length: count(dims) }, () => Math.fround(random.float(-range, range))) };
  const quantised = await run(build(nodes), x), real = await run(build(float), x);
  // One step of rounding may fall the other way, since real numbers are added in another order.
  const largest = Math.max(...quantised.y.data.map(Math.abs)), tolerance = 0.03 * Math.max(largest, 0.1);
  quantised.y.data.forEach((value, index) => assert.ok(Math.abs(value - quantised.fetched.data[index]!) <= tolerance, `${what}: y[${index}] is ${quantised.fetched.data[index]}, the operator gives ${value}`));
  const norm = Math.hypot(...real.gradient.data);
  assert.ok(norm > 0.01, `${what}: the gradient is all but zero`);
  const apart = Math.hypot(...real.gradient.data.map((value, index) => value - quantised.gradient.data[index]!));
  assert.ok(apart <= 1e-4 * norm, `${what}: the gradients differ by ${(apart / norm).toExponential(1)}`);
}

const scales = { sx: init([], [0.01]), zx: init([], [128], 'uint8'), sy: init([], [0.05]), zy: init([], [120], 'uint8'), one: init([], [1]) };
const toInt: NodeLine = ['QuantizeLinear', ['x', 'sx', 'zx'], ['q']];
const flat = (from: string): NodeLine => ['Flatten', [from], ['y'], { axis: 1 }];

describe('autodiff: quantised layers', () => {
  it('QDQ, with moves between the two', async () => {
    const random = new Random(1);
    await checkTwins(random, 'pairs', {
      dims: [batch, 2, 4, 4], initializers: { ...scales, shape: init([2], [0, -1], 'int64'), w: steps(random, [32, 5], 'int8', -90, 90), sw: init([5], [0.01, 0.02, 0.015, 0.005, 0.03]), zw: stepsOf([5], [0, 1, -2, 3, 0], 'int8') },
      nodes: [toInt, ['Transpose', ['q'], ['t'], { perm: [0, 2, 1, 3] }], ['Reshape', ['t', 'shape'], ['r']], ['DequantizeLinear', ['r', 'sx', 'zx'], ['d']], ['DequantizeLinear', ['w', 'sw', 'zw'], ['wd'], { axis: 1 }], ['MatMul', ['d', 'wd'], ['m']], ['QuantizeLinear', ['m', 'sy', 'zy'], ['qm']], ['DequantizeLinear', ['qm', 'sy', 'zy'], ['y']]],
      float: [['Transpose', ['x'], ['t'], { perm: [0, 2, 1, 3] }], ['Reshape', ['t', 'shape'], ['r']], ['DequantizeLinear', ['w', 'sw', 'zw'], ['wd'], { axis: 1 }], ['MatMul', ['r', 'wd'], ['y']]],
      range: 0.2,
    });
  });

  it('a max pool of integers sends it to the largest', async () => {
    const random = new Random(2), dims = [batch, 1, 4, 4];
    const given = tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, initializers: scales, nodes: [toInt, ['MaxPool', ['q'], ['p'], { kernel_shape: [2, 2], strides: [2, 2] }], ['DequantizeLinear', ['p', 'sx', 'zx'], ['d']], flat('d')] });
    const data = random.shuffle(Array.from({ length: batch * 16 }, (_, index) => Math.fround(index * 0.05 - 0.8)));
    const { gradient, y, fetched } = await run(given, { dtype: 'float32', dims, data });
    assert.deepEqual(fetched.data, y.data);
    for (let sample = 0; sample < batch; sample++) {
      // Target 0 and 1: the windows at the top.
      const window = [0, 1, 4, 5].map((at) => 16 * sample + at + 2 * sample), best = window.reduce((a, b) => (data[a]! >= data[b]! ? a : b));
      assert.deepEqual(Array.from({ length: 16 }, (_, at) => 16 * sample + at).filter((at) => gradient.data[at] !== 0), [best]);
    }
  });

  it('outside the range nothing flows', async () => {
    const given = tiny({ inputs: { x: ['float32', [batch, 3]] }, outputs: { y: 'float32' }, initializers: { ...scales, zero: init([], [0], 'uint8') }, nodes: [['QuantizeLinear', ['x', 'sx', 'zero'], ['q']], ['DequantizeLinear', ['q', 'sx', 'zero'], ['y']]] });
    const slopes = async (data: number[]): Promise<readonly number[]> => (await run(given, { dtype: 'float32', dims: [batch, 3], data })).gradient.data.map(Math.abs);
    assert.deepEqual(await slopes([-0.5, 0.4, 9, 7, 1.2, -3]), [0, 0, 0, 0, 1, 0]);
    assert.deepEqual(await slopes([0.5, 0.4, 9, 7, 3.2, -3]), [1, 0, 0, 0, 0, 0]);
  });

  it('QLinearConv with scales a channel and a bias, QLinearAdd, QLinearGlobalAveragePool', async () => {
    const random = new Random(3), ms = (type: string): string => `com.microsoft:${type}`;
    const initializers = { ...scales, w: steps(random, [3, 2, 3, 3], 'int8', -60, 60), sw: init([3], [0.01, 0.02, 0.015]), zw: stepsOf([3], [0, 0, 0], 'int8'), bias: steps(random, [3], 'int32', -3000, 3000), sb: init([3], [0.0001, 0.0002, 0.00015]) };
    await checkTwins(random, 'conv', {
      dims: [batch, 2, 5, 5], initializers,
      nodes: [toInt, ['QLinearConv', ['q', 'sx', 'zx', 'w', 'sw', 'zw', 'sy', 'zy', 'bias'], ['c'], { pads: [1, 1, 1, 1] }], [ms('QLinearAdd'), ['c', 'sy', 'zy', 'c', 'sy', 'zy', 'sy', 'zy'], ['a']], [ms('QLinearGlobalAveragePool'), ['a', 'sy', 'zy', 'sx', 'zx'], ['g'], { channels_last: 0 }], ['DequantizeLinear', ['g', 'sx', 'zx'], ['d']], flat('d')],
      float: [['DequantizeLinear', ['w', 'sw', 'zw'], ['wd'], { axis: 0 }], ['DequantizeLinear', ['bias', 'sb'], ['bd'], { axis: 0 }], ['Conv', ['x', 'wd', 'bd'], ['c'], { pads: [1, 1, 1, 1] }], ['Add', ['c', 'c'], ['a']], ['GlobalAveragePool', ['a'], ['g']], flat('g')],
      range: 0.5,
    });
  });

  it('QLinearMatMul, QGemm and dynamic quantisation', async () => {
    const random = new Random(4), initializers = { ...scales, w: steps(random, [6, 4], 'int8', -60, 60), sw: init([], [0.01]), zw: stepsOf([], [2], 'int8'), bias: init([4], [0.1, -0.2, 0.3, 0.4]) };
    const float: NodeLine[] = [['DequantizeLinear', ['w', 'sw', 'zw'], ['wd']], ['MatMul', ['x', 'wd'], ['y']]];
    await checkTwins(random, 'matmul', { dims: [batch, 6], initializers, float, nodes: [toInt, ['QLinearMatMul', ['q', 'sx', 'zx', 'w', 'sw', 'zw', 'sy', 'zy'], ['m']], ['DequantizeLinear', ['m', 'sy', 'zy'], ['y']]] });
    await checkTwins(random, 'gemm', { dims: [batch, 6], initializers, float, nodes: [toInt, ['com.microsoft:QGemm', ['q', 'sx', 'zx', 'w', 'sw', 'zw', '', 'sy', 'zy'], ['m']], ['DequantizeLinear', ['m', 'sy', 'zy'], ['y']]] });
    await checkTwins(random, 'dynamic', {
      dims: [batch, 6], initializers, float,
      nodes: [['DynamicQuantizeLinear', ['x'], ['q', 's', 'z']], ['MatMulInteger', ['q', 'w', 'z', 'zw'], ['i']], ['Cast', ['i'], ['f'], { to: 1 }], ['Mul', ['s', 'sw'], ['both']], ['Mul', ['f', 'both'], ['y']]],
    });
    await checkTwins(random, 'dynamic, fused', { dims: [batch, 6], initializers, float: [float[0]!, ['MatMul', ['x', 'wd'], ['m']], ['Add', ['m', 'bias'], ['y']]], nodes: [['com.microsoft:DynamicQuantizeMatMul', ['x', 'w', 'sw', 'zw', 'bias'], ['y']]] });
  });

  it('ConvInteger', async () => {
    const random = new Random(5), initializers = { ...scales, w: steps(random, [3, 2, 3, 3], 'uint8', 60, 190), zw: init([], [128], 'uint8'), sw: init([], [0.02]) };
    await checkTwins(random, 'conv', {
      dims: [batch, 2, 5, 5], initializers,
      nodes: [['DynamicQuantizeLinear', ['x'], ['q', 's', 'z']], ['ConvInteger', ['q', 'w', 'z', 'zw'], ['i']], ['Cast', ['i'], ['f'], { to: 1 }], ['Mul', ['s', 'sw'], ['both']], ['Mul', ['f', 'both'], ['c']], flat('c')],
      float: [['DequantizeLinear', ['w', 'sw', 'zw'], ['wd']], ['Conv', ['x', 'wd'], ['c']], flat('c')],
    });
  });
});
