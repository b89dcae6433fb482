import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { assertClose, compareWithTfjs, numbers, oneLayer, randomVariable, runKeras, type Values } from './recurrentSupport';

function input(dims: readonly number[], seed = 1): Values {
  return { dims, data: Float32Array.from(numbers(dims.reduce((product, dim) => product * dim, 1), seed)) };
}

type Wrapped = Parameters<typeof tf.layers.timeDistributed>[0]['layer'];

function randomise(model: tf.LayersModel, seed: number): void {
  model.setWeights(model.getWeights().map((weight, index) => tf.tensor(numbers(weight.size, seed + index).map((value) => value * 0.7), weight.shape)));
}

describe('Keras wrappers', () => {
  it('Bidirectional merges in every way', async () => {
    for (const mergeMode of ['concat', 'sum', 'mul', 'ave'] as const) {
      for (const returnSequences of [true, false]) {
        for (const kind of ['lstm', 'gru', 'simpleRNN'] as const) {
          const model = tf.sequential();
          model.add(tf.layers.inputLayer({ inputShape: [5, 3] }));
          model.add(tf.layers.bidirectional({ layer: tf.layers[kind]({ units: 4, returnSequences }) as tf.RNN, mergeMode }));
          randomise(model, 3);
          await compareWithTfjs(model, [input([2, 5, 3])]);
        }
      }
    }
  });

  it('Bidirectional returns both directions and their states', async () => {
    const cell = (direction: string): ReturnType<typeof randomVariable>[] => [
      randomVariable(`layer/${direction}_lstm/lstm_cell/kernel`, [3, 16], direction.length), randomVariable(`layer/${direction}_lstm/lstm_cell/recurrent_kernel`, [4, 16], 5), randomVariable(`layer/${direction}_lstm/lstm_cell/bias`, [16], 6),
    ];
    const inner = (extra: object): object => ({ class_name: 'LSTM', config: { name: 'lstm', units: 4, activation: 'tanh', recurrent_activation: 'sigmoid', return_sequences: true, ...extra } });
    const weights = [...cell('backward'), ...cell('forward')];
    const x = input([2, 5, 3]);
    const { outputs: both } = await runKeras(oneLayer('Bidirectional', { layer: inner({ return_state: true }), merge_mode: null }, [[null, 5, 3]], { outputs: 6 }), weights, [x]);
    assert.deepEqual(both.map(({ dims }) => dims), [[2, 5, 4], [2, 5, 4], [2, 4], [2, 4], [2, 4], [2, 4]]);
    const { outputs: [forward] } = await runKeras(oneLayer('LSTM', { units: 4, return_sequences: true }, [[null, 5, 3]]), cell('forward'), [x]);
    assertClose(both[0]!, forward!, 1e-6, 'forward');
    // The backward direction is the layer on the reversed sequence, turned round.
    const { outputs: [backward] } = await runKeras(oneLayer('LSTM', { units: 4, return_sequences: true }, [[null, 5, 3]]), cell('backward'), [reversedSteps(x)]);
    assertClose(both[1]!, reversedSteps(backward!), 1e-6, 'backward');
  });

  it('masked steps of a Bidirectional are zero in Keras 3', async () => {
    const weights = ['forward', 'backward'].flatMap((direction, index) => [
      randomVariable(`layer/${direction}_gru/gru_cell/kernel`, [3, 12], index + 1), randomVariable(`layer/${direction}_gru/gru_cell/recurrent_kernel`, [4, 12], 5), randomVariable(`layer/${direction}_gru/gru_cell/bias`, [2, 12], 6),
    ]);
    const layers = [
      { class_name: 'InputLayer', config: { batch_shape: [null, 4, 3] } },
      { class_name: 'Masking', config: { name: 'masking', mask_value: 0 } },
      { class_name: 'Bidirectional', config: { name: 'layer', layer: { class_name: 'GRU', config: { name: 'gru', units: 4, reset_after: true, return_sequences: true } }, merge_mode: 'concat' } },
    ];
    const x = input([1, 4, 3]);
    x.data.fill(0, 6, 9);
    const { outputs: [y] } = await runKeras({ class_name: 'Sequential', config: { name: 's', layers } }, weights, [x]);
    assert.deepEqual([...y!.data.slice(16, 24)], new Array(8).fill(0));
    assert.ok(y!.data.slice(24).every((value) => value !== 0));
    // Without the masked step nothing else changes.
    const shorter = { dims: [1, 3, 3], data: Float32Array.from([...x.data.slice(0, 6), ...x.data.slice(9)]) };
    const { outputs: [z] } = await runKeras({ class_name: 'Sequential', config: { name: 's', layers: [{ class_name: 'InputLayer', config: { batch_shape: [null, 3, 3] } }, layers[2]] } }, weights, [shorter]);
    assertClose({ dims: [24], data: Float32Array.from([...y!.data.slice(0, 16), ...y!.data.slice(24)]) }, { dims: [24], data: z!.data }, 1e-5, 'the other steps');
  });

  it('TimeDistributed folds steps into the batch, whatever it wraps', async () => {
    const inner: readonly (readonly [() => Wrapped, number[]])[] = [
      [() => tf.layers.dense({ units: 4, activation: 'tanh' }), [5, 3]],
      [() => tf.layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same' }), [3, 6, 5, 2]],
      [() => tf.layers.flatten(), [3, 4, 2]],
      [() => tf.layers.lstm({ units: 3 }), [2, 4, 3]],
    ];
    for (const [make, dims] of inner) {
      const model = tf.sequential();
      model.add(tf.layers.inputLayer({ inputShape: dims }));
      model.add(tf.layers.timeDistributed({ layer: make() }));
      randomise(model, 3);
      await compareWithTfjs(model, [input([2, ...dims])]);
    }
  });

  it('TimeDistributed around a model, with any number of steps', async () => {
    const model = { class_name: 'Sequential', config: { name: 'inner', layers: [{ class_name: 'InputLayer', config: { batch_shape: [null, 3] } }, { class_name: 'Dense', config: { name: 'dense', units: 2, activation: 'linear' } }] } };
    const weights = [randomVariable('layer/dense/kernel', [3, 2], 1), randomVariable('layer/dense/bias', [2], 2)];
    const { outputs: [y] } = await runKeras(oneLayer('TimeDistributed', { layer: model }, [[null, null, 3]]), weights, [input([2, 7, 3])]);
    const { outputs: [z] } = await runKeras(oneLayer('Dense', { units: 2 }, [[null, 7, 3]]), [randomVariable('layer/kernel', [3, 2], 1), randomVariable('layer/bias', [2], 2)], [input([2, 7, 3])]);
    assertClose(y!, z!, 1e-6, 'every step');
  });
});

function reversedSteps({ dims, data }: Values): Values {
  const [batch, steps, width] = dims as [number, number, number];
  const out = new Float32Array(data.length);
  for (let n = 0; n < batch; n++) for (let t = 0; t < steps; t++) for (let i = 0; i < width; i++) out[(n * steps + t) * width + i] = data[(n * steps + steps - 1 - t) * width + i]!;
  return { dims, data: out };
}
