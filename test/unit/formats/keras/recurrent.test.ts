import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { compareWithTfjs, numbers, type Values } from './recurrentSupport';

function input(dims: readonly number[], seed = 1): Values {
  return { dims, data: Float32Array.from(numbers(dims.reduce((product, dim) => product * dim, 1), seed)) };
}

/** Some steps of some sequences are exactly zero, which Masking hides: leading, inner and trailing ones, and all. */
function maskedInput(batch: number, steps: number, features: number, seed: number): Values {
  const values = input([batch, steps, features], seed);
  const hide = numbers(batch * steps, seed + 1).map((value) => value < -0.2);
  hide.forEach((hidden, step) => { if (hidden) values.data.fill(0, step * features, (step + 1) * features); });
  return values;
}

const activations = ['tanh', 'sigmoid', 'relu', 'linear', 'hardSigmoid', 'elu', 'softsign', 'softplus', 'selu', 'swish'] as const;
const layer = fc.record({
  kind: fc.constantFrom('lstm', 'gru', 'simpleRNN'),
  units: fc.integer({ min: 1, max: 5 }),
  activation: fc.constantFrom(...activations.slice(0, 4), ...activations.slice(4)),
  recurrentActivation: fc.constantFrom('sigmoid' as const, 'hardSigmoid' as const, 'softsign' as const),
  useBias: fc.boolean(),
  returnSequences: fc.boolean(),
  goBackwards: fc.boolean(),
});
type LayerConfig = typeof layer extends fc.Arbitrary<infer T> ? T : never;

function recurrent({ kind, ...config }: LayerConfig): tf.RNN {
  const args = { ...config, biasInitializer: 'glorotNormal' as const };
  switch (kind) {
    case 'lstm': return tf.layers.lstm(args) as tf.RNN;
    case 'gru': return tf.layers.gru(args) as tf.RNN;
    default: return tf.layers.simpleRNN(args) as tf.RNN;
  }
}

/** Biases that are zero would hide where they belong. */
function randomise(model: tf.LayersModel, seed: number): void {
  model.setWeights(model.getWeights().map((weight, index) =>
    tf.tensor(numbers(weight.size, seed + index).map((value) => value * 0.7), weight.shape)));
}

describe('Keras recurrent layers against TensorFlow.js', () => {
  it('LSTM, GRU and SimpleRNN of any activation, direction and output', async () => {
    await fc.assert(fc.asyncProperty(layer, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 99 }), async (config, steps, batch, seed) => {
      const model = tf.sequential();
      model.add(tf.layers.inputLayer({ inputShape: [steps, 3] }));
      model.add(recurrent(config));
      randomise(model, seed);
      await compareWithTfjs(model, [input([batch, steps, 3], seed)]);
    }), { numRuns: 60 });
  });

  it('masked steps keep the state they found', async () => {
    await fc.assert(fc.asyncProperty(layer, fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 99 }), async (config, steps, seed) => {
      const model = tf.sequential();
      model.add(tf.layers.masking({ inputShape: [steps, 3], maskValue: 0 }));
      model.add(recurrent({ ...config, goBackwards: false }));
      randomise(model, seed);
      await compareWithTfjs(model, [maskedInput(3, steps, 3, seed)]);
    }), { numRuns: 25 });
  });

  it('a mask reaches the layers behind', async () => {
    const model = tf.sequential();
    model.add(tf.layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true, inputLength: 5 }));
    model.add(tf.layers.lstm({ units: 4, returnSequences: true }));
    model.add(tf.layers.gru({ units: 3 }));
    randomise(model, 4);
    await compareWithTfjs(model, [{ dims: [3, 5], data: Float32Array.from([1, 2, 0, 0, 0, 3, 0, 4, 5, 0, 1, 1, 2, 3, 5]) }]);
  });

  it('states go in and come out', async () => {
    for (const kind of ['lstm', 'gru', 'simpleRNN'] as const) {
      const count = kind === 'lstm' ? 2 : 1;
      const sequence = tf.input({ shape: [4, 3] });
      const states = Array.from({ length: count }, () => tf.input({ shape: [5] }));
      const made = tf.layers[kind]({ units: 5, returnState: true, returnSequences: true }).apply([sequence, ...states]) as tf.SymbolicTensor[];
      const model = tf.model({ inputs: [sequence, ...states], outputs: made });
      randomise(model, 9);
      await compareWithTfjs(model, [input([2, 4, 3]), ...states.map((_, index) => input([2, 5], index + 7))]);
    }
  });

  it('any number of steps', async () => {
    const model = tf.sequential();
    model.add(tf.layers.lstm({ units: 4, returnSequences: true, inputShape: [null as unknown as number, 3] }));
    model.add(tf.layers.simpleRNN({ units: 2, goBackwards: true, returnSequences: true }));
    randomise(model, 3);
    await compareWithTfjs(model, [input([2, 7, 3])]);
  });

  it('RNN around cells, one and several', async () => {
    for (const returnSequences of [false, true]) {
      for (const cells of [1, 3]) {
        const list = [tf.layers.lstmCell({ units: 4 }), tf.layers.gruCell({ units: 3 }), tf.layers.simpleRNNCell({ units: 5 })].slice(0, cells);
        const model = tf.sequential();
        model.add(tf.layers.inputLayer({ inputShape: [4, 2] }));
        model.add(tf.layers.rnn({ cell: cells === 1 ? list[0]! : tf.layers.stackedRNNCells({ cells: list }), returnSequences }) as tf.RNN);
        randomise(model, 5);
        await compareWithTfjs(model, [input([2, 4, 2])]);
      }
    }
  });

  it('ConvLSTM2D', async () => {
    await fc.assert(fc.asyncProperty(fc.record({
      padding: fc.constantFrom('same' as const, 'valid' as const),
      kernelSize: fc.integer({ min: 1, max: 3 }),
      useBias: fc.boolean(),
      returnSequences: fc.boolean(),
      recurrentActivation: fc.constantFrom('sigmoid' as const, 'hardSigmoid' as const),
    }), fc.integer({ min: 1, max: 99 }), async (config, seed) => {
      const model = tf.sequential();
      model.add(tf.layers.convLstm2d({ ...config, filters: 3, inputShape: [3, 6, 5, 2], dataFormat: 'channelsLast' }));
      randomise(model, seed);
      await compareWithTfjs(model, [input([2, 3, 6, 5, 2], seed)]);
    }), { numRuns: 10 });
  });
});
