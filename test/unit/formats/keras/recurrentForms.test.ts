import assert from 'node:assert/strict';
import { TreeWeights, type VariableTree } from '../../../../src/formats/keras/weights';
import type { KerasAge, LayerVariable } from '../../../../src/formats/keras/layer';
import { assertClose, numbers, oneLayer, randomVariable, runKeras, tensorOf, variable, type Values } from './recurrentSupport';

const steps = 5, features = 3, units = 4, batch = 2;
const dims = [null, steps, features];

function input(shape: readonly number[], seed = 1): Values {
  return { dims: shape, data: Float32Array.from(numbers(shape.reduce((product, dim) => product * dim, 1), seed)) };
}

const x = input([batch, steps, features]);
const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
const hardSigmoid = (age: KerasAge) => (value: number): number => Math.min(1, Math.max(0, age === 3 ? value / 6 + 0.5 : 0.2 * value + 0.5));

function valuesOf({ init }: LayerVariable): Float32Array {
  assert.equal(init.kind, 'inline');
  return init.kind === 'inline' ? new Float32Array(init.bytes.buffer, init.bytes.byteOffset, init.bytes.byteLength / 4) : new Float32Array();
}

/** Columns `gate` of a [rows, gates · units] array, times a vector. */
function product(vector: ArrayLike<number>, matrix: Float32Array, width: number, column: number): number {
  let sum = 0;
  for (let row = 0; row < vector.length; row++) sum += vector[row]! * matrix[row * width + column]!;
  return sum;
}

interface Gates { kernel: Float32Array; recurrent: Float32Array; bias: Float32Array; recurrentBias?: Float32Array }

/** An LSTM written out in plain numbers; gates i, f, c, o. Gives the last output. */
function lstm({ kernel, recurrent, bias, recurrentBias }: Gates, gate: (value: number) => number): Values {
  const out = new Float32Array(batch * units);
  for (let n = 0; n < batch; n++) {
    let h = new Array<number>(units).fill(0), c = new Array<number>(units).fill(0);
    for (let t = 0; t < steps; t++) {
      const step = x.data.subarray((n * steps + t) * features, (n * steps + t + 1) * features);
      const at = (index: number, unit: number): number => {
        const column = index * units + unit;
        return product(step, kernel, 4 * units, column) + product(h, recurrent, 4 * units, column) + bias[column]! + (recurrentBias?.[column] ?? 0);
      };
      const next = c.map((value, unit) => gate(at(1, unit)) * value + gate(at(0, unit)) * Math.tanh(at(2, unit)));
      h = next.map((value, unit) => gate(at(3, unit)) * Math.tanh(value));
      c = next;
    }
    out.set(h, n * units);
  }
  return { dims: [batch, units], data: out };
}

/** A GRU with the reset behind the product; gates z, r, h. */
function gru({ kernel, recurrent, bias, recurrentBias }: Required<Gates>): Values {
  const out = new Float32Array(batch * units);
  for (let n = 0; n < batch; n++) {
    let h = new Array<number>(units).fill(0);
    for (let t = 0; t < steps; t++) {
      const step = x.data.subarray((n * steps + t) * features, (n * steps + t + 1) * features);
      const fromX = (index: number, unit: number): number => product(step, kernel, 3 * units, index * units + unit) + bias[index * units + unit]!;
      const before = h;
      const fromH = (index: number, unit: number): number => product(before, recurrent, 3 * units, index * units + unit) + recurrentBias[index * units + unit]!;
      h = before.map((value, unit) => {
        const z = sigmoid(fromX(0, unit) + fromH(0, unit)), r = sigmoid(fromX(1, unit) + fromH(1, unit));
        return z * value + (1 - z) * Math.tanh(fromX(2, unit) + r * fromH(2, unit));
      });
    }
    out.set(h, n * units);
  }
  return { dims: [batch, units], data: out };
}

const lstmWeights = [randomVariable('layer/lstm_cell/kernel', [features, 4 * units], 1), randomVariable('layer/lstm_cell/recurrent_kernel', [units, 4 * units], 2), randomVariable('layer/lstm_cell/bias', [4 * units], 3)];
const lstmGates: Gates = { kernel: valuesOf(lstmWeights[0]!), recurrent: valuesOf(lstmWeights[1]!), bias: valuesOf(lstmWeights[2]!) };
const gruWeights = [randomVariable('layer/gru_cell/kernel', [features, 3 * units], 1), randomVariable('layer/gru_cell/recurrent_kernel', [units, 3 * units], 2), randomVariable('layer/gru_cell/bias', [2, 3 * units], 3)];
const gruBias = valuesOf(gruWeights[2]!);
const gruGates = { kernel: valuesOf(gruWeights[0]!), recurrent: valuesOf(gruWeights[1]!), bias: gruBias.subarray(0, 3 * units), recurrentBias: gruBias.subarray(3 * units) };

/** Column blocks of a [rows, blocks · units] array. */
function block(matrix: Float32Array, rows: number, blocks: number, index: number): number[] {
  return Array.from({ length: rows * units }, (_, flat) => matrix[Math.floor(flat / units) * blocks * units + index * units + (flat % units)]!);
}

describe('forms of Keras recurrent layers', () => {
  it('hard_sigmoid is that of the age that wrote the file', async () => {
    for (const age of [2, 3] as const) {
      const { outputs } = await runKeras(oneLayer('LSTM', { units, recurrent_activation: 'hard_sigmoid' }, [dims]), lstmWeights, [x], age);
      assertClose(outputs[0]!, lstm(lstmGates, hardSigmoid(age)), 1e-5, `Keras ${age}`);
    }
  });

  it('Keras 1: twelve arrays of an LSTM, in its own order', async () => {
    const gates = { i: 0, c: 2, f: 1, o: 3 };
    const weights = Object.entries(gates).flatMap(([gate, index]) => [
      variable(`layer_W_${gate}`, [features, units], block(lstmGates.kernel, features, 4, index)),
      variable(`layer_U_${gate}`, [units, units], block(lstmGates.recurrent, units, 4, index)),
      variable(`layer_b_${gate}`, [units], block(lstmGates.bias, 1, 4, index)),
    ]);
    const json = { class_name: 'Sequential', config: [{ class_name: 'LSTM', config: { name: 'layer', output_dim: units, batch_input_shape: dims, inner_activation: 'hard_sigmoid', activation: 'tanh', consume_less: 'cpu', return_sequences: false } }] };
    const { outputs } = await runKeras(json, weights, [x], 1);
    assertClose(outputs[0]!, lstm(lstmGates, hardSigmoid(1)), 1e-5, 'Keras 1');
  });

  it('Keras 1: one array when it was told to use the GPU', async () => {
    const weights = [variable('layer_W', [features, 4 * units], lstmGates.kernel), variable('layer_U', [units, 4 * units], lstmGates.recurrent), variable('layer_b', [4 * units], lstmGates.bias)];
    const json = { class_name: 'Sequential', config: [{ class_name: 'LSTM', config: { name: 'layer', output_dim: units, batch_input_shape: dims, inner_activation: 'sigmoid', consume_less: 'gpu' } }] };
    const { outputs } = await runKeras(json, weights, [x], 1);
    assertClose(outputs[0]!, lstm(lstmGates, sigmoid), 1e-5, 'one array');
  });

  it('GRU with the reset behind the product, as an operator and in a Scan', async () => {
    const expected = gru(gruGates);
    const { outputs, graph } = await runKeras(oneLayer('GRU', { units, reset_after: true }, [dims]), gruWeights, [x]);
    assertClose(outputs[0]!, expected, 1e-5, 'operator');
    assert.ok(graph.nodes.some(({ opType }) => opType === 'GRU'));
    const masked = { class_name: 'Sequential', config: { name: 's', layers: [
      { class_name: 'InputLayer', config: { batch_shape: dims } }, { class_name: 'Masking', config: { name: 'm', mask_value: 99 } },
      { class_name: 'GRU', config: { name: 'layer', units, reset_after: true } },
    ] } };
    const scanned = await runKeras(masked, gruWeights, [x]);
    assertClose(scanned.outputs[0]!, expected, 1e-5, 'Scan');
    assert.ok(scanned.graph.nodes.some(({ opType }) => opType === 'Scan'));
  });

  it('the CuDNN layers: each block holds its transpose, two biases', async () => {
    // From the ordinary weights: block [rows, units] becomes the bytes of [units, rows].
    const cudnn = (matrix: Float32Array, rows: number, gates: number): number[] => {
      const out = new Array<number>(matrix.length);
      for (let gate = 0; gate < gates; gate++) {
        const own = block(matrix, rows, gates, gate);
        const transposed = Array.from({ length: own.length }, (_, flat) => own[(flat % rows) * units + Math.floor(flat / rows)]!);
        transposed.forEach((value, flat) => { out[Math.floor(flat / units) * gates * units + gate * units + (flat % units)] = value; });
      }
      return out;
    };
    const second = numbers(4 * units, 8);
    const { outputs: [y] } = await runKeras(oneLayer('CuDNNLSTM', { units }, [dims]), [
      variable('layer/kernel', [features, 4 * units], cudnn(lstmGates.kernel, features, 4)), variable('layer/recurrent_kernel', [units, 4 * units], cudnn(lstmGates.recurrent, units, 4)),
      variable('layer/bias', [8 * units], [...lstmGates.bias, ...second]),
    ], [x], 2);
    assertClose(y!, lstm({ ...lstmGates, recurrentBias: Float32Array.from(second) }, sigmoid), 1e-5, 'CuDNNLSTM');
    const { outputs: [z] } = await runKeras(oneLayer('CuDNNGRU', { units }, [dims]), [
      variable('layer/kernel', [features, 3 * units], cudnn(gruGates.kernel, features, 3)), variable('layer/recurrent_kernel', [units, 3 * units], cudnn(gruGates.recurrent, units, 3)),
      variable('layer/bias', [6 * units], gruBias),
    ], [x], 2);
    assertClose(z!, gru(gruGates), 1e-5, 'CuDNNGRU');
  });

  it('masked, with any number of steps and any batch', async () => {
    const masked = (length: number | null): object => ({ class_name: 'Sequential', config: { name: 's', layers: [
      { class_name: 'InputLayer', config: { batch_shape: [null, length, features] } }, { class_name: 'Masking', config: { name: 'm', mask_value: 99 } },
      { class_name: 'LSTM', config: { name: 'layer', units, return_sequences: false } },
    ] } });
    const { outputs } = await runKeras(masked(null), lstmWeights, [x]);
    assertClose(outputs[0]!, lstm(lstmGates, sigmoid), 1e-5, 'open');
  });

  it('initial_state by name; states come back', async () => {
    const states = [input([batch, units], 5), input([batch, units], 6)];
    const named = oneLayer('LSTM', { units, return_state: true }, [dims, [null, units], [null, units]], { args: [tensorOf('a')], kwargs: { initial_state: [tensorOf('b'), tensorOf('c')] }, outputs: 3 });
    const placed = oneLayer('LSTM', { units, return_state: true }, [dims, [null, units], [null, units]], { outputs: 3 });
    const [first, second] = [await runKeras(named, lstmWeights, [x, ...states]), await runKeras(placed, lstmWeights, [x, ...states])];
    first.outputs.forEach((output, index) => assertClose(output, second.outputs[index]!, 0, `output ${index}`));
    assertClose(first.outputs[0]!, first.outputs[1]!, 0, 'the last output is the last state');
    const { outputs: [plain] } = await runKeras(oneLayer('LSTM', { units }, [dims]), lstmWeights, [x]);
    assert.notDeepEqual(plain!.data, first.outputs[0]!.data);
  });

  it('steps before the first one that counts show zero, not the initial state', async () => {
    const start = input([batch, units], 5);
    const layers = [
      { class_name: 'InputLayer', name: 'a', config: { name: 'a', batch_shape: dims }, inbound_nodes: [] },
      { class_name: 'InputLayer', name: 'b', config: { name: 'b', batch_shape: [null, units] }, inbound_nodes: [] },
      { class_name: 'Masking', name: 'm', config: { name: 'm', mask_value: 0 }, inbound_nodes: [{ args: [tensorOf('a')], kwargs: {} }] },
      { class_name: 'GRU', name: 'layer', config: { name: 'layer', units, reset_after: true, return_sequences: true, return_state: true }, inbound_nodes: [{ args: [tensorOf('m')], kwargs: { initial_state: [tensorOf('b')] } }] },
    ];
    const hidden = { ...x, data: Float32Array.from(x.data) };
    hidden.data.fill(0, 0, 2 * features);
    hidden.data.fill(0, 4 * features, 5 * features);
    const json = { class_name: 'Functional', config: { name: 'f', layers, input_layers: [['a', 0, 0], ['b', 0, 0]], output_layers: [['layer', 0, 0], ['layer', 0, 1]] } };
    const { outputs: [sequence, state] } = await runKeras(json, gruWeights, [hidden, start]);
    const row = (step: number): number[] => [...sequence!.data.slice(step * units, (step + 1) * units)];
    assert.deepEqual([row(0), row(1)], [[0, 0, 0, 0], [0, 0, 0, 0]]);
    assert.deepEqual(row(4), row(3));
    assert.deepEqual([...state!.data.slice(0, units)], row(3));
  });

  it('weights of a .keras archive, by the paths of Keras 3', async () => {
    const leaf = (variables: readonly LayerVariable[]): VariableTree => ({ variables: variables.map(({ init }, index) => ({ name: String(index), init })), groups: new Map() });
    const tree = (groups: Record<string, VariableTree>): VariableTree => ({ variables: [], groups: new Map(Object.entries(groups)) });
    const at = (groups: Record<string, VariableTree>): TreeWeights => new TreeWeights(tree({ layers: tree(groups) }));
    const single = await runKeras(oneLayer('LSTM', { units }, [dims]), at({ lstm: tree({ cell: leaf(lstmWeights) }) }), [x]);
    assertClose(single.outputs[0]!, lstm(lstmGates, sigmoid), 1e-5, 'LSTM');
    // Groups come in the order of their names: backward before forward.
    const other = [randomVariable('k', [features, 4 * units], 11), randomVariable('r', [units, 4 * units], 12), randomVariable('b', [4 * units], 13)];
    const inner = { class_name: 'LSTM', config: { name: 'lstm', units } };
    const both = await runKeras(oneLayer('Bidirectional', { layer: inner, merge_mode: null }, [dims], { outputs: 2 }),
      at({ bidirectional: tree({ backward_layer: tree({ cell: leaf(other) }), forward_layer: tree({ cell: leaf(lstmWeights) }) }) }), [x]);
    assertClose(both.outputs[0]!, lstm(lstmGates, sigmoid), 1e-5, 'forward');
    // As Keras 3 writes it: both directions in the config, named after the copies.
    const copy = (direction: string): object => ({ class_name: 'LSTM', config: { name: `${direction}_lstm`, units, go_backwards: direction === 'backward' } });
    const path = (direction: string, list: readonly LayerVariable[]): LayerVariable[] => list.map(({ init }, index) => ({ name: `layer/${direction}_lstm/lstm_cell/${['kernel', 'recurrent_kernel', 'bias'][index]!}`, init }));
    const written = await runKeras(oneLayer('Bidirectional', { layer: copy('forward'), backward_layer: copy('backward'), merge_mode: null }, [dims], { outputs: 2 }), [...path('backward', other), ...path('forward', lstmWeights)], [x]);
    written.outputs.forEach((output, index) => assertClose(output, both.outputs[index]!, 0, `direction ${index}`));
    const second = [randomVariable('k', [units, 3 * units], 21), randomVariable('r', [units, 3 * units], 22), randomVariable('b', [2, 3 * units], 23)];
    const cells = [{ class_name: 'LSTMCell', config: { name: 'one', units } }, { class_name: 'GRUCell', config: { name: 'two', units, reset_after: true } }];
    const rnn = (weights: TreeWeights | LayerVariable[]): ReturnType<typeof runKeras> => runKeras(oneLayer('RNN', { cell: { class_name: 'StackedRNNCells', config: { name: 'cells', cells } } }, [dims]), weights, [x]);
    const named = [...lstmWeights.map(({ init }, index) => ({ name: `layer/one/${['kernel', 'recurrent_kernel', 'bias'][index]!}`, init })), ...second.map(({ init }, index) => ({ name: `layer/two/${['kernel', 'recurrent_kernel', 'bias'][index]!}`, init }))];
    const stacked = await rnn(at({ rnn: tree({ cell: tree({ cells: tree({ gru_cell: leaf(second), lstm_cell: leaf(lstmWeights) }) }) }) }));
    assertClose(stacked.outputs[0]!, (await rnn(named)).outputs[0]!, 0, 'stacked cells');
  });
});
