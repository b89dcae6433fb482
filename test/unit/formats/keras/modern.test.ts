/** Layers that TensorFlow.js does not have (or has wrong), against their formulas; and pictures of open size. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { assertClose, compareWithTfjs, numbers, oneLayer, runKeras, variable, type Values } from './recurrentSupport';

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

function input(dims: readonly number[], seed = 1): Values {
  return { dims, data: Float32Array.from(numbers(size(dims), seed)) };
}

async function one(type: string, config: object, x: Values, weights: readonly (readonly [string, readonly number[], readonly number[]])[] = [], age: 1 | 2 | 3 = 3, dtype = 'float32'): Promise<Values> {
  const { outputs } = await runKeras(oneLayer(type, config, [[null, ...x.dims.slice(1)]], { dtypes: [dtype] }), weights.map(([name, dims, values]) => variable(`layer/${name}`, dims, values)), [x], age);
  return outputs[0]!;
}

function mapped(x: Values, f: (value: number, at: number) => number): Values {
  return { dims: x.dims, data: Float32Array.from(x.data, f) };
}

/** Error function (Abramowitz and Stegun 7.1.26, to 1.5e-7). */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const y = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
  return Math.sign(x) * y;
}

describe('newer Keras layers', () => {
  it('activations and their parameters', async () => {
    const x = mapped(input([2, 9]), (value) => 4 * value);
    const rows: readonly (readonly [string, object | string, (value: number) => number])[] = [
      ['ReLU', { max_value: 2, negative_slope: 0.1, threshold: 0 }, (v) => Math.min(2, v >= 0 ? v : 0.1 * v)],
      ['ReLU', { max_value: 3, negative_slope: 0.1, threshold: 1 }, (v) => (v >= 1 ? Math.min(3, v) : 0.1 * (v - 1))],
      ['ReLU', { max_value: null, negative_slope: [0].at(0), threshold: 0 }, (v) => Math.max(0, v)],
      ['LeakyReLU', { negative_slope: 0.25 }, (v) => (v >= 0 ? v : 0.25 * v)],
      ['LeakyReLU', { alpha: { class_name: '__numpy__', config: { value: 0.5, dtype: 'float32' } } }, (v) => (v >= 0 ? v : 0.5 * v)],
      ['Activation', { activation: 'gelu' }, (v) => 0.5 * v * (1 + erf(v / Math.SQRT2))],
      ['Activation', { activation: { module: 'builtins', class_name: 'function', config: 'silu', registered_name: 'function' } }, (v) => v / (1 + Math.exp(-v))],
      ['Activation', { activation: { class_name: 'LeakyReLU', config: { alpha: 0.1 } } }, (v) => (v >= 0 ? v : 0.1 * v)],
      ['Activation', { activation: 'hard_silu' }, (v) => (v * Math.min(6, Math.max(0, v + 3))) / 6],
      ['Activation', { activation: 'exponential' }, Math.exp],
      ['Activation', { activation: 'log_sigmoid' }, (v) => -Math.log(1 + Math.exp(-v))],
      ['Activation', { activation: 'soft_shrink' }, (v) => Math.sign(v) * Math.max(0, Math.abs(v) - 0.5)],
      ['Activation', { activation: 'hard_shrink' }, (v) => (Math.abs(v) > 0.5 ? v : 0)],
      ['Activation', { activation: 'squareplus' }, (v) => (v + Math.sqrt(v * v + 4)) / 2],
      ['Activation', { activation: 'sparse_plus' }, (v) => (v <= -1 ? 0 : v < 1 ? ((v + 1) ** 2) / 4 : v)],
      ['Activation', { activation: 'Custom>relu6' }, (v) => Math.min(6, Math.max(0, v))],
    ];
    for (const [type, config, f] of rows) assertClose(await one(type, config as object, x), mapped(x, f), 2e-6, JSON.stringify(config));
  });

  it('softmax over two axes', async () => {
    const x = input([2, 3, 4]);
    const sums = [0, 1].map((row) => Array.from(x.data).slice(row * 12, row * 12 + 12).reduce((sum, value) => sum + Math.exp(value), 0));
    assertClose(await one('Softmax', { axis: [1, 2] }, x), mapped(x, (value, at) => Math.exp(value) / sums[Math.floor(at / 12)]!), 1e-6, 'softmax');
  });

  it('causal convolutions look only back', async () => {
    const x = input([1, 8, 2]), kernel = numbers(3 * 2 * 3, 4);
    const found = await one('Conv1D', { filters: 3, kernel_size: 3, padding: 'causal', dilation_rate: 2, use_bias: false }, x, [['kernel', [3, 2, 3], kernel]]);
    const expected = Float32Array.from({ length: 24 }, (_, at) => {
      const step = Math.floor(at / 3), filter = at % 3;
      let sum = 0;
      for (let k = 0; k < 3; k++) for (let c = 0; c < 2; c++) {
        const from = step - 2 * (2 - k);
        if (from >= 0) sum += x.data[from * 2 + c]! * kernel[(k * 2 + c) * 3 + filter]!;
      }
      return sum;
    });
    assertClose(found, { dims: [1, 8, 3], data: expected }, 1e-6, 'causal');
  });

  it('grouped convolutions', async () => {
    const x = input([1, 5, 5, 4]), kernel = numbers(3 * 3 * 2 * 6, 4);
    const found = await one('Conv2D', { filters: 6, kernel_size: 3, groups: 2, use_bias: false }, x, [['kernel', [3, 3, 2, 6], kernel]]);
    const halves = [0, 1].map((group) => {
      const part = tf.tensor4d(Array.from(x.data), [1, 5, 5, 4]).slice([0, 0, 0, group * 2], [1, 5, 5, 2]);
      return tf.conv2d(part as tf.Tensor4D, tf.tensor4d(kernel, [3, 3, 2, 6]).slice([0, 0, 0, group * 3], [3, 3, 2, 3]) as tf.Tensor4D, 1, 'valid');
    });
    const expected = tf.concat(halves, 3);
    assertClose(found, { dims: expected.shape, data: expected.dataSync() as Float32Array }, 1e-5, 'groups');
  });

  it('transposed convolutions with output padding and in one dimension', async () => {
    const x = input([1, 4, 2]), kernel = numbers(3 * 3 * 2, 4);
    // Every input element adds its kernel at stride · position; the result is cut or padded to its length.
    const full = (stride: number, length: number, begin: number): Values => {
      const data = new Float32Array(length * 3);
      for (let step = 0; step < 4; step++) for (let k = 0; k < 3; k++) for (let c = 0; c < 2; c++) for (let f = 0; f < 3; f++) {
        const to = step * stride + k - begin;
        if (to >= 0 && to < length) data[to * 3 + f]! += x.data[step * 2 + c]! * kernel[(k * 3 + f) * 2 + c]!;
      }
      return { dims: [1, length, 3], data };
    };
    const run = (config: object): Promise<Values> => one('Conv1DTranspose', { filters: 3, kernel_size: 3, use_bias: false, ...config }, x, [['kernel', [3, 3, 2], kernel]]);
    assertClose(await run({ strides: 2, padding: 'valid' }), full(2, 9, 0), 1e-6, 'valid');
    assertClose(await run({ strides: 2, padding: 'same' }), full(2, 8, 0), 1e-6, 'same');
    assertClose(await run({ strides: 1, padding: 'same' }), full(1, 4, 1), 1e-6, 'same, stride 1');
    assertClose(await run({ strides: 4, padding: 'valid' }), full(4, 16, 0), 1e-6, 'gaps');
    assertClose(await run({ strides: 3, padding: 'valid', output_padding: 2 }), full(3, 14, 0), 1e-6, 'output padding');
    assertClose(await run({ strides: 2, padding: 'same', output_padding: 0 }), full(2, 7, 1), 1e-6, 'same with output padding');
  });

  it('group, unit and RMS normalisation', async () => {
    const x = input([2, 2, 3, 4]), gamma = numbers(4, 5), beta = numbers(4, 6);
    const group = (groups: number): Values => mapped(x, (value, at) => {
      const c = at % 4, per = 4 / groups, first = Math.floor(c / per) * per, sample = Math.floor(at / 24);
      const members = Array.from(x.data.slice(sample * 24, sample * 24 + 24)).filter((_, index) => index % 4 >= first && index % 4 < first + per);
      const mean = members.reduce((sum, item) => sum + item, 0) / members.length;
      const variance = members.reduce((sum, item) => sum + (item - mean) ** 2, 0) / members.length;
      return ((value - mean) / Math.sqrt(variance + 1e-3)) * gamma[c]! + beta[c]!;
    });
    for (const groups of [1, 2, 4]) {
      assertClose(await one('GroupNormalization', { groups, axis: -1, epsilon: 1e-3 }, x, [['gamma', [4], gamma], ['beta', [4], beta]]), group(groups), 1e-5, `groups ${groups}`);
    }
    const row = (at: number): Float32Array => x.data.slice(Math.floor(at / 4) * 4, Math.floor(at / 4) * 4 + 4) as Float32Array;
    const squares = (at: number): number => row(at).reduce((sum, item) => sum + item * item, 0);
    assertClose(await one('UnitNormalization', { axis: -1 }, x), mapped(x, (value, at) => value / Math.sqrt(squares(at))), 1e-6, 'unit');
    assertClose(await one('RMSNormalization', { axis: -1, epsilon: 1e-6 }, x, [['scale', [4], gamma]]), mapped(x, (value, at) => (value / Math.sqrt(squares(at) / 4 + 1e-6)) * gamma[at % 4]!), 1e-5, 'rms');
  });

  it('Normalization from weights, from the config, and inverted', async () => {
    const x = input([3, 2]), mean = [0.5, -1], variance = [4, 0.25];
    const expected = mapped(x, (value, at) => (value - mean[at % 2]!) / Math.sqrt(variance[at % 2]!));
    assertClose(await one('Normalization', { axis: [-1] }, x, [['mean', [2], mean], ['variance', [2], variance], ['count', [], [9]]]), expected, 1e-6, 'weights');
    assertClose(await one('Normalization', { axis: -1, mean: [mean], variance: [variance] }, x), expected, 1e-6, 'config');
    assertClose(await one('Normalization', { axis: -1, mean, variance, invert: true }, expected), x, 1e-6, 'inverted');
    assertClose(await one('Normalization', { axis: null, mean: 2, variance: 4 }, x), mapped(x, (value) => (value - 2) / 2), 1e-6, 'one for all');
  });

  it('categories and bins', async () => {
    const x: Values = { dims: [2, 3], data: Int32Array.from([0, 2, 2, 3, 1, 0]) };
    const rows = (data: readonly number[], dims: readonly number[]): Values => ({ dims, data: Float32Array.from(data) });
    assertClose(await one('CategoryEncoding', { num_tokens: 4, output_mode: 'multi_hot' }, x, [], 3, 'int32'), rows([1, 0, 1, 0, 1, 1, 0, 1], [2, 4]), 0, 'multi_hot');
    assertClose(await one('CategoryEncoding', { num_tokens: 4, output_mode: 'count' }, x, [], 3, 'int32'), rows([1, 0, 2, 0, 1, 1, 0, 1], [2, 4]), 0, 'count');
    const column: Values = { dims: [3, 1], data: Int32Array.from([2, 0, 1]) };
    assertClose(await one('CategoryEncoding', { num_tokens: 3, output_mode: 'one_hot' }, column, [], 3, 'int32'), rows([0, 0, 1, 1, 0, 0, 0, 1, 0], [3, 3]), 0, 'one_hot');
    const numbersIn: Values = { dims: [1, 5], data: Float32Array.from([-1.5, 1, 3.4, 0.5, 0]) };
    assertClose(await one('Discretization', { bin_boundaries: [0, 1, 2] }, numbersIn), rows([0, 2, 3, 1, 1], [1, 5]), 0, 'bins');
  });

  it('resizing with half-pixel centres', async () => {
    const x = input([1, 3, 4, 2]);
    for (const [height, width] of [[6, 8], [5, 3], [2, 7]] as const) {
      const tensor = tf.tensor4d(Array.from(x.data), [1, 3, 4, 2]);
      const linear = tf.image.resizeBilinear(tensor, [height, width], false, true), nearest = tf.image.resizeNearestNeighbor(tensor, [height, width], false, true);
      assertClose(await one('Resizing', { height, width, interpolation: 'bilinear' }, x), { dims: linear.shape, data: linear.dataSync() as Float32Array }, 1e-6, `bilinear ${height}x${width}`);
      assertClose(await one('Resizing', { height, width, interpolation: 'nearest' }, x), { dims: nearest.shape, data: nearest.dataSync() as Float32Array }, 1e-6, `nearest ${height}x${width}`);
    }
    const doubled = tf.image.resizeBilinear(tf.tensor4d(Array.from(x.data), [1, 3, 4, 2]), [6, 12], false, true);
    assertClose(await one('UpSampling2D', { size: [2, 3], interpolation: 'bilinear' }, x), { dims: doubled.shape, data: doubled.dataSync() as Float32Array }, 1e-6, 'UpSampling2D');
    const wide = input([1, 5, 4, 1]);
    const centre = tf.tensor4d(Array.from(wide.data), [1, 5, 4, 1]).slice([0, 1, 1, 0], [1, 3, 2, 1]);
    assertClose(await one('CenterCrop', { height: 3, width: 2 }, wide), { dims: [1, 3, 2, 1], data: centre.dataSync() as Float32Array }, 0, 'CenterCrop');
  });

  it('padding and upsampling in one and three dimensions, with Keras 1’s names too', async () => {
    const x = input([1, 3, 2]);
    assertClose(await one('ZeroPadding1D', { padding: [1, 2] }, x), { dims: [1, 6, 2], data: Float32Array.from([0, 0, ...x.data, 0, 0, 0, 0]) }, 0, 'ZeroPadding1D');
    assertClose(await one('UpSampling1D', { length: 2 }, x, [], 1), { dims: [1, 6, 2], data: Float32Array.from([0, 0, 1, 1, 2, 2].flatMap((step) => [...x.data.slice(step * 2, step * 2 + 2)])) }, 0, 'UpSampling1D');
    assertClose(await one('Cropping1D', { cropping: [1, 1] }, x), { dims: [1, 1, 2], data: x.data.slice(2, 4) as Float32Array }, 0, 'Cropping1D');
    const cube = input([1, 2, 2, 2, 1]);
    const padded = await one('ZeroPadding3D', { padding: [1, 0, 0] }, cube);
    assert.deepEqual(padded.dims, [1, 4, 2, 2, 1]);
    assert.deepEqual([...padded.data], [0, 0, 0, 0, ...cube.data, 0, 0, 0, 0]);
    assert.deepEqual((await one('UpSampling3D', { size: [1, 2, 3] }, cube)).dims, [1, 2, 4, 6, 1]);
    assert.deepEqual((await one('Cropping3D', { cropping: [[1, 0], [0, 1], [0, 0]] }, cube)).dims, [1, 1, 1, 2, 1]);
  });

  it('pictures of open size', async () => {
    const model = tf.sequential({ layers: [
      tf.layers.conv2d({ inputShape: [null, null, 3] as unknown as number[], filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
      tf.layers.separableConv2d({ filters: 5, kernelSize: 3, padding: 'same' }), tf.layers.batchNormalization(),
      tf.layers.maxPooling2d({ poolSize: 2, padding: 'same' }), tf.layers.upSampling2d({ size: [2, 2] }), tf.layers.zeroPadding2d({ padding: 1 }),
      tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }), tf.layers.globalAveragePooling2d({}), tf.layers.dense({ units: 2 }),
    ] });
    for (const [height, width] of [[9, 7], [8, 12]] as const) await compareWithTfjs(model, [input([2, height, width, 3])]);
  });
});
