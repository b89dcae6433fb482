import assert from 'node:assert/strict';
import { assertClose, assertDims, numbers, oneLayer, randomVariable, runKeras, variable, type Values } from './recurrentSupport';
import type { LayerVariable } from '../../../../src/formats/keras/layer';

function input(dims: readonly number[], seed = 1): Values {
  return { dims, data: Float32Array.from(numbers(dims.reduce((product, dim) => product * dim, 1), seed)) };
}

function kernels(size: readonly number[], channels: number, filters: number): LayerVariable[] {
  return [randomVariable('layer/kernel', [...size, channels, 4 * filters], 1), randomVariable('layer/recurrent_kernel', [...size, filters, 4 * filters], 2), randomVariable('layer/bias', [4 * filters], 3)];
}

/** The same numbers under other dims. */
function reshaped(weights: readonly LayerVariable[], size: readonly number[]): LayerVariable[] {
  return weights.map(({ name, init }) => {
    assert.equal(init.kind, 'inline');
    if (init.kind !== 'inline') throw new Error('inline');
    const dims = init.dims.length === 1 ? init.dims : [...size, ...init.dims.slice(-2)];
    return { name, init: { ...init, dims } };
  });
}

const config = { filters: 2, padding: 'same', recurrent_activation: 'hard_sigmoid', return_sequences: true };

describe('ConvLSTM of Keras', () => {
  const x = input([2, 3, 5, 4, 3]);
  const weights = kernels([3, 2], 3, 2);

  it('one axis and three axes are two axes of which one has the size 1', async () => {
    const line = input([2, 3, 6, 3]);
    const one = kernels([3], 3, 2);
    const { outputs: [a], graph } = await runKeras(oneLayer('ConvLSTM1D', { ...config, kernel_size: [3] }, [[null, 3, 6, 3]]), one, [line]);
    const { outputs: [b] } = await runKeras(oneLayer('ConvLSTM2D', { ...config, kernel_size: [3, 1] }, [[null, 3, 6, 1, 3]]), reshaped(one, [3, 1]), [{ ...line, dims: [2, 3, 6, 1, 3] }]);
    assertClose(a!, { dims: [2, 3, 6, 2], data: b!.data }, 1e-6, '1D');
    assertDims(graph, [a!]);
    const { outputs: [c] } = await runKeras(oneLayer('ConvLSTM2D', { ...config, kernel_size: [3, 2] }, [[null, 3, 5, 4, 3]]), weights, [x]);
    const { outputs: [d] } = await runKeras(oneLayer('ConvLSTM3D', { ...config, kernel_size: [3, 2, 1] }, [[null, 3, 5, 4, 1, 3]]), reshaped(weights, [3, 2, 1]), [{ ...x, dims: [2, 3, 5, 4, 1, 3] }]);
    assertClose(d!, { dims: [2, 3, 5, 4, 1, 2], data: c!.data }, 1e-6, '3D');
  });

  it('channels first: sequence, last output and states', async () => {
    const swapped: Values = { dims: [2, 3, 3, 5, 4], data: new Float32Array(x.data.length) };
    const place = (index: readonly number[], dims: readonly number[]): number => index.reduce((offset, i, axis) => offset * dims[axis]! + i, 0);
    for (let n = 0; n < 2; n++) for (let t = 0; t < 3; t++) for (let r = 0; r < 5; r++) for (let s = 0; s < 4; s++) for (let c = 0; c < 3; c++) swapped.data[place([n, t, c, r, s], swapped.dims)] = x.data[place([n, t, r, s, c], x.dims)]!;
    const states = { ...config, return_sequences: false, return_state: true, kernel_size: [3, 2] };
    const { outputs: last } = await runKeras(oneLayer('ConvLSTM2D', states, [[null, 3, 5, 4, 3]], { outputs: 3 }), weights, [x]);
    const { outputs: first } = await runKeras(oneLayer('ConvLSTM2D', { ...states, data_format: 'channels_first' }, [[null, 3, 3, 5, 4]], { outputs: 3 }), weights, [swapped]);
    last.forEach((output, index) => {
      const other = first[index]!;
      assert.deepEqual([output.dims, other.dims], [[2, 5, 4, 2], [2, 2, 5, 4]]);
      for (let n = 0; n < 2; n++) for (let r = 0; r < 5; r++) for (let s = 0; s < 4; s++) for (let c = 0; c < 2; c++) {
        assert.ok(Math.abs(output.data[place([n, r, s, c], output.dims)]! - other.data[place([n, c, r, s], other.dims)]!) < 1e-6);
      }
    });
  });

  it('Keras 1: an array for each gate, [out, in, rows, columns] with Theano’s dim ordering', async () => {
    const gates = { i: 0, c: 2, f: 1, o: 3 };
    const values = weights.map(({ init }) => (init.kind === 'inline' ? new Float32Array(init.bytes.buffer) : new Float32Array()));
    // […, in, 4 · out] → the gate's [out, in, rows, columns]
    const cut = (array: Float32Array, channels: number, gate: number): number[] => {
      const out: number[] = [];
      for (let o = 0; o < 2; o++) for (let c = 0; c < channels; c++) for (let k = 0; k < 6; k++) out.push(array[(k * channels + c) * 8 + gate * 2 + o]!);
      return out;
    };
    const old = Object.entries(gates).flatMap(([gate, index]) => [
      variable(`layer_W_${gate}`, [2, 3, 3, 2], cut(values[0]!, 3, index)), variable(`layer_U_${gate}`, [2, 2, 3, 2], cut(values[1]!, 2, index)), variable(`layer_b_${gate}`, [2], values[2]!.slice(index * 2, index * 2 + 2)),
    ]);
    const swapped = input([2, 3, 3, 5, 4], 8);
    const json = { class_name: 'Sequential', config: [{ class_name: 'ConvLSTM2D', config: { name: 'layer', nb_filter: 2, nb_row: 3, nb_col: 2, border_mode: 'same', dim_ordering: 'th', inner_activation: 'hard_sigmoid', return_sequences: true, batch_input_shape: [null, 3, 3, 5, 4] } }] };
    const { outputs: [a] } = await runKeras(json, old, [swapped], 1);
    const { outputs: [b] } = await runKeras(oneLayer('ConvLSTM2D', { ...config, kernel_size: [3, 2], data_format: 'channels_first' }, [[null, 3, 3, 5, 4]]), weights, [swapped], 2);
    assertClose(a!, b!, 1e-6, 'Keras 1');
  });

  it('runs backwards, in strides and dilated', async () => {
    const config = { filters: 2, return_sequences: false, kernel_size: [3, 2] };
    const turned = { ...x, data: new Float32Array(x.data.length) };
    const step = 5 * 4 * 3;
    for (let n = 0; n < 2; n++) for (let t = 0; t < 3; t++) turned.data.set(x.data.subarray((n * 3 + 2 - t) * step, (n * 3 + 3 - t) * step), (n * 3 + t) * step);
    for (const extra of [{ strides: [2, 1], padding: 'valid' }, { dilation_rate: [2, 1], padding: 'valid' }, { strides: [2, 2], padding: 'same' }]) {
      const { outputs: [a], graph } = await runKeras(oneLayer('ConvLSTM2D', { ...config, ...extra, go_backwards: true }, [[null, 3, 5, 4, 3]]), weights, [x]);
      const { outputs: [b] } = await runKeras(oneLayer('ConvLSTM2D', { ...config, ...extra }, [[null, 3, 5, 4, 3]]), weights, [turned]);
      assertClose(a!, b!, 1e-6, JSON.stringify(extra));
      assertDims(graph, [a!]);
    }
  });
});
