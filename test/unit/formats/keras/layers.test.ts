/** Keras layers through our translation and ONNX Runtime against TensorFlow.js. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { assertClose, compareWithTfjs, numbers, oneLayer, runKeras, variable, type Values } from './recurrentSupport';

type Args = Parameters<typeof tf.layers.conv2d>[0];

function input(dims: readonly number[], seed = 1): Values {
  return { dims, data: Float32Array.from(numbers(dims.reduce((product, dim) => product * dim, 1), seed)) };
}

/** Random weights; variances are positive. */
function randomise(model: tf.LayersModel, seed: number): void {
  model.setWeights(model.weights.map((weight, index) => {
    const values = numbers(weight.read().size, seed + index);
    return tf.tensor(weight.originalName.includes('variance') ? values.map((value) => Math.abs(value) + 0.1) : values.map((value) => value * 0.7), weight.shape as number[]);
  }));
}

/** One layer on one input. */
async function check(layer: tf.layers.Layer, dims: readonly number[], seed = 3): Promise<void> {
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: dims.slice(1) }), layer] });
  randomise(model, seed);
  await compareWithTfjs(model, [input(dims, seed)]);
}

const padding = fc.constantFrom('valid' as const, 'same' as const);
const activation = fc.constantFrom('linear', 'relu', 'sigmoid', 'tanh', 'elu', 'selu', 'relu6', 'softplus', 'softsign', 'hardSigmoid', 'swish', 'mish') as fc.Arbitrary<'relu'>;
const small = fc.integer({ min: 1, max: 3 });

describe('Keras layers against TensorFlow.js', () => {
  it('activations', async () => {
    for (const name of ['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'softplus', 'softsign', 'tanh', 'softmax', 'logSoftmax', 'swish', 'mish'] as const) {
      await check(tf.layers.activation({ activation: name as 'relu' }), [2, 3, 5]);
    }
    await check(tf.layers.reLU({ maxValue: 0.5 }), [2, 7]);
    await check(tf.layers.leakyReLU({ alpha: 0.2 }), [2, 7]);
    await check(tf.layers.elu({ alpha: 1 }), [2, 7]);
    await check(tf.layers.thresholdedReLU({ theta: 0.3 }), [2, 7]);
    await check(tf.layers.softmax({ axis: -1 }), [2, 4, 5]);
    await check(tf.layers.prelu({}), [2, 3, 4, 5]);
    await check(tf.layers.prelu({ sharedAxes: [1, 2] }), [2, 3, 4, 5]);
  });

  it('convolutions in one, two and three dimensions', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ rank: small, kernel: small, stride: small, dilation: fc.integer({ min: 1, max: 2 }), padding, activation, useBias: fc.boolean(), filters: small, channels: small }), async (c) => {
      // TensorFlow.js shifts a padded 3-D window that is smaller than its stride.
      fc.pre(c.rank < 3 || c.kernel >= c.stride);
      const args = { filters: c.filters, kernelSize: c.kernel, padding: c.padding, activation: c.activation, useBias: c.useBias, strides: c.dilation > 1 ? 1 : c.stride, ...(c.rank < 3 && { dilationRate: c.dilation }) };
      const sizes = [7, 6, 5].slice(0, c.rank);
      const layer = c.rank === 1 ? tf.layers.conv1d(args) : c.rank === 2 ? tf.layers.conv2d(args) : tf.layers.conv3d(args);
      await check(layer, [2, ...sizes, c.channels]);
    }), { numRuns: 60 });
  });

  it('channels_first', async () => {
    for (const args of [{ padding: 'same' }, { padding: 'valid', strides: 2 }] as Partial<Args>[]) {
      await check(tf.layers.conv2d({ filters: 3, kernelSize: 3, dataFormat: 'channelsFirst', ...args }), [2, 2, 7, 6]);
    }
    await check(tf.layers.maxPooling2d({ poolSize: 2, dataFormat: 'channelsFirst' }), [2, 3, 6, 5]);
    await check(tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same', dataFormat: 'channelsFirst' }), [2, 3, 6, 5]);
    await check(tf.layers.globalAveragePooling2d({ dataFormat: 'channelsFirst' }), [2, 3, 6, 5]);
    await check(tf.layers.globalMaxPooling2d({ dataFormat: 'channelsFirst' }), [2, 3, 6, 5]);
    await check(tf.layers.upSampling2d({ size: [2, 3], dataFormat: 'channelsFirst' }), [2, 3, 4, 5]);
    await check(tf.layers.flatten({ dataFormat: 'channelsFirst' }), [2, 3, 4, 5]);
    await check(tf.layers.zeroPadding2d({ padding: [[1, 2], [0, 3]], dataFormat: 'channelsFirst' }), [2, 3, 4, 5]);
    await check(tf.layers.cropping2D({ cropping: [[1, 0], [1, 2]], dataFormat: 'channelsFirst' }), [2, 3, 4, 5]);
  });

  it('depthwise and separable convolutions', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ kernel: small, stride: small, padding, depthMultiplier: small, useBias: fc.boolean(), separable: fc.boolean(), channels: small }), async (c) => {
      const args = { kernelSize: c.kernel, strides: c.stride, padding: c.padding, depthMultiplier: c.depthMultiplier, useBias: c.useBias };
      await check(c.separable ? tf.layers.separableConv2d({ ...args, filters: 4 }) : tf.layers.depthwiseConv2d(args), [2, 8, 7, c.channels]);
    }), { numRuns: 40 });
  });

  it('transposed convolutions', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ kernel: fc.integer({ min: 1, max: 5 }), stride: fc.integer({ min: 1, max: 4 }), padding, filters: small, channels: small, useBias: fc.boolean() }), async (c) => {
      await check(tf.layers.conv2dTranspose({ filters: c.filters, kernelSize: c.kernel, strides: c.stride, padding: c.padding, useBias: c.useBias }), [2, 5, 4, c.channels]);
    }), { numRuns: 40 });
    await check(tf.layers.conv3dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' }), [1, 3, 4, 2, 2]);
  });

  it('pools', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ rank: small, pool: small, stride: small, padding, max: fc.boolean() }), async (c) => {
      const args = { poolSize: c.pool, strides: c.stride, padding: c.padding } as const;
      const { layers } = tf;
      // TensorFlow.js shifts a padded 3-D window that is smaller than its stride.
      fc.pre(c.rank < 3 || c.pool >= c.stride);
      const layer = c.rank === 1 ? (c.max ? layers.maxPooling1d(args) : layers.averagePooling1d(args))
        : c.rank === 2 ? (c.max ? layers.maxPooling2d(args) : layers.averagePooling2d(args))
        : c.max ? layers.maxPooling3d(args as never) : layers.averagePooling3d(args as never);
      await check(layer, [2, ...[7, 6, 5].slice(0, c.rank), 2]);
    }), { numRuns: 60 });
    await check(tf.layers.globalAveragePooling1d({}), [2, 5, 3]);
    await check(tf.layers.globalMaxPooling1d({}), [2, 5, 3]);
    await check(tf.layers.globalAveragePooling2d({}), [2, 5, 4, 3]);
    await check(tf.layers.globalMaxPooling2d({}), [2, 5, 4, 3]);
  });

  it('normalisation', async () => {
    await check(tf.layers.batchNormalization(), [2, 3, 4, 5]);
    await check(tf.layers.batchNormalization({ scale: false }), [2, 3, 4]);
    await check(tf.layers.batchNormalization({ center: false }), [3, 6]);
    await check(tf.layers.layerNormalization({}), [2, 3, 4]);
    await check(tf.layers.layerNormalization({ axis: [1, 2] }), [2, 3, 4]);
    await check(tf.layers.layerNormalization({ axis: [-1], scale: false }), [2, 3, 4]);
    await check(tf.layers.layerNormalization({ axis: [-1], center: false }), [2, 3, 4]);
  });

  it('batch normalisation along inner axes, which TensorFlow.js itself gets wrong', async () => {
    const dims = [2, 3, 4, 5], x = input(dims);
    for (const axis of [1, 2]) {
      const size = dims[axis]!, after = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
      const parameters = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name, index) => variable(`layer/${name}`, [size], numbers(size, index + 1).map((value) => Math.abs(value) + 0.1)));
      const { outputs } = await runKeras(oneLayer('BatchNormalization', { axis: [axis], epsilon: 0.01 }, [[null, ...dims.slice(1)]]), parameters, [x]);
      const [gamma, beta, mean, variance] = parameters.map(({ init }) => new Float32Array((init as { bytes: Uint8Array }).bytes.buffer));
      const expected = x.data.map((value, at) => {
        const c = Math.floor(at / after) % size;
        return (gamma![c]! * (value - mean![c]!)) / Math.sqrt(variance![c]! + 0.01) + beta![c]!;
      });
      assertClose(outputs[0]!, { dims, data: expected as Float32Array }, 1e-5, `axis ${axis}`);
    }
  });

  it('layer normalisation of an inner axis', async () => {
    const dims = [2, 3, 4], x = input(dims);
    const gamma = numbers(3, 7), beta = numbers(3, 8);
    const { outputs } = await runKeras(oneLayer('LayerNormalization', { axis: [1], epsilon: 0.001 }, [[null, 3, 4]]), [variable('layer/gamma', [3], gamma), variable('layer/beta', [3], beta)], [x]);
    const expected = x.data.map((value, at) => {
      const start = Math.floor(at / 12) * 12 + (at % 4), c = Math.floor(at / 4) % 3;
      const column = [0, 4, 8].map((step) => x.data[start + step]!);
      const mean = column.reduce((sum, item) => sum + item, 0) / 3, variance = column.reduce((sum, item) => sum + (item - mean) ** 2, 0) / 3;
      return (gamma[c]! * (value - mean)) / Math.sqrt(variance + 0.001) + beta[c]!;
    });
    assertClose(outputs[0]!, { dims, data: expected as Float32Array }, 1e-5, 'axis 1');
  });

  it('dense layers, shapes and sizes', async () => {
    await check(tf.layers.dense({ units: 4, activation: 'softmax' }), [3, 5]);
    await check(tf.layers.dense({ units: 4, useBias: false }), [3, 2, 5]);
    await check(tf.layers.flatten(), [2, 3, 4, 5]);
    await check(tf.layers.reshape({ targetShape: [2, -1] }), [2, 3, 4]);
    await check(tf.layers.permute({ dims: [3, 1, 2] }), [2, 3, 4, 5]);
    await check(tf.layers.repeatVector({ n: 3 }), [2, 4]);
    await check(tf.layers.zeroPadding2d({ padding: 2 }), [1, 3, 4, 2]);
    await check(tf.layers.cropping2D({ cropping: [[1, 0], [1, 2]] }), [2, 4, 5, 3]);
    await check(tf.layers.upSampling2d({ size: [2, 3] }), [2, 3, 4, 2]);
    await check(tf.layers.rescaling({ scale: 0.5, offset: -1 }), [2, 3]);
    await check(tf.layers.dropout({ rate: 0.5 }), [2, 3]);
    await check(tf.layers.gaussianNoise({ stddev: 1 }), [2, 3]);
  });

  it('masking', async () => {
    const values = input([2, 4, 3]);
    values.data.fill(0, 3, 9);
    await compareWithTfjs(tf.sequential({ layers: [tf.layers.masking({ inputShape: [4, 3], maskValue: 0 }), tf.layers.dense({ units: 2 })] }), [values]);
  });

  it('merges of two and three inputs', async () => {
    const build = (join: tf.layers.Layer, shapes: readonly (readonly number[])[]): [tf.LayersModel, Values[]] => {
      const inputs = shapes.map((shape) => tf.input({ shape: shape.slice(1) }));
      return [tf.model({ inputs, outputs: join.apply(inputs) as tf.SymbolicTensor }), shapes.map((shape, index) => input(shape, index + 1))];
    };
    const same = [[2, 3, 4], [2, 3, 4], [2, 3, 4]];
    for (const join of [tf.layers.add(), tf.layers.multiply(), tf.layers.average(), tf.layers.maximum(), tf.layers.minimum(), tf.layers.concatenate({ axis: 1 }), tf.layers.concatenate()]) {
      await compareWithTfjs(...build(join, same));
    }
    await compareWithTfjs(...build(tf.layers.dot({ axes: 1 }), [[2, 4], [2, 4]]));
    await compareWithTfjs(...build(tf.layers.dot({ axes: [2, 1] }), [[2, 3, 4], [2, 4, 5]]));
    await compareWithTfjs(...build(tf.layers.dot({ axes: [2, 2], normalize: true }), [[2, 3, 4], [2, 5, 4]]));
    await compareWithTfjs(...build(tf.layers.dot({ axes: [1, 1] }), [[2, 3], [2, 3, 4]]));
  });

  it('random networks of pictures, with branches', async () => {
    type Step = (x: tf.SymbolicTensor) => tf.SymbolicTensor;
    const apply = (layer: tf.layers.Layer): Step => (x) => layer.apply(x) as tf.SymbolicTensor;
    const steps: readonly Step[] = [
      (x) => apply(tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }))(x),
      (x) => apply(tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', strides: 2 }))(x),
      (x) => apply(tf.layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' }))(x),
      (x) => apply(tf.layers.batchNormalization())(x),
      (x) => apply(tf.layers.activation({ activation: 'swish' as 'relu' }))(x),
      (x) => apply(tf.layers.maxPooling2d({ poolSize: 2, padding: 'same' }))(x),
      (x) => apply(tf.layers.upSampling2d({ size: [2, 2] }))(x),
      (x) => apply(tf.layers.zeroPadding2d({ padding: 1 }))(x),
      (x) => apply(tf.layers.layerNormalization({}))(x),
      (x) => apply(tf.layers.dense({ units: 3 }))(x),
      (x) => tf.layers.add().apply([x, apply(tf.layers.conv2d({ filters: x.shape.at(-1)!, kernelSize: 1 }))(x)]) as tf.SymbolicTensor,
      (x) => tf.layers.concatenate().apply([x, apply(tf.layers.dense({ units: 2, activation: 'tanh' }))(x)]) as tf.SymbolicTensor,
      (x) => tf.layers.multiply().apply([x, apply(tf.layers.reshape({ targetShape: [1, 1, x.shape.at(-1)!] }))(apply(tf.layers.globalAveragePooling2d({}))(x))]) as tf.SymbolicTensor,
      (x) => apply(tf.layers.permute({ dims: [2, 1, 3] }))(x),
    ];
    const ends: readonly Step[] = [(x) => x, (x) => apply(tf.layers.globalMaxPooling2d({}))(x), (x) => apply(tf.layers.dense({ units: 2 }))(apply(tf.layers.flatten())(x))];
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(steps.length - 1), { minLength: 2, maxLength: 7 }), fc.nat(2), fc.integer({ min: 1, max: 99 }), async (picks, end, seed) => {
      const start = tf.input({ shape: [6, 5, 2] });
      const last = ends[end]!(picks.reduce((x, pick) => steps[pick]!(x), start as tf.SymbolicTensor));
      const model = tf.model({ inputs: start, outputs: last });
      randomise(model, seed);
      await compareWithTfjs(model, [input([2, 6, 5, 2], seed)]);
    }), { numRuns: 40 });
  });

  it('shared layers and nested models', async () => {
    const shared = tf.layers.dense({ units: 4, activation: 'tanh' });
    const inner = tf.sequential({ name: 'inner', layers: [tf.layers.dense({ units: 5, inputShape: [4] }), tf.layers.batchNormalization(), tf.layers.dense({ units: 3 })] });
    const a = tf.input({ shape: [6] }), b = tf.input({ shape: [6] });
    const x = shared.apply(a) as tf.SymbolicTensor, y = shared.apply(b) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [a, b], outputs: [tf.layers.concatenate().apply([inner.apply(x) as tf.SymbolicTensor, inner.apply(y) as tf.SymbolicTensor]) as tf.SymbolicTensor, y] });
    randomise(model, 5);
    await compareWithTfjs(model, [input([2, 6], 1), input([2, 6], 2)]);
  });

  it('embeddings', async () => {
    const model = tf.sequential({ layers: [tf.layers.embedding({ inputDim: 7, outputDim: 3, inputLength: 4 }), tf.layers.flatten()] });
    randomise(model, 2);
    await compareWithTfjs(model, [{ dims: [2, 4], data: Int32Array.from([0, 1, 2, 3, 6, 5, 4, 0]) }]);
  });
});
