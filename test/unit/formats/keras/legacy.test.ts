/** Keras 1 and the Theano backend: the same layers under older names, with weights laid out differently. */
import assert from 'node:assert/strict';
import { NamedWeights } from '../../../../src/formats/keras/weights';
import { translateKeras } from '../../../../src/formats/keras/translate';
import { writeOnnx } from '../../../../src/formats/onnx/write';
import type { LayerVariable } from '../../../../src/formats/keras/layer';
import { loadGraph } from './recurrentGraph';
import { assertClose, numbers, oneLayer, runKeras, variable, type Values } from './recurrentSupport';

function input(dims: readonly number[], seed = 1): Values {
  return { dims, data: Float32Array.from(numbers(size(dims), seed)) };
}

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** Values of `dims` rearranged as numpy.transpose does. */
function transposed(values: readonly number[], dims: readonly number[], permutation: readonly number[]): number[] {
  const strides = dims.map((_, axis) => size(dims.slice(axis + 1)));
  const result: number[] = [];
  const visit = (depth: number, at: number): void => {
    if (depth === dims.length) result.push(values[at]!);
    else for (let i = 0; i < dims[permutation[depth]!]!; i++) visit(depth + 1, at + i * strides[permutation[depth]!]!);
  };
  visit(0, 0);
  return result;
}

describe('Keras 1', () => {
  const kernelDims = [3, 2, 4, 5], kernel = numbers(size(kernelDims), 4), bias = numbers(5, 5);

  it('Convolution2D in Theano ordering keeps its kernels as [out, in, rows, columns]', async () => {
    const x = input([2, 4, 7, 6]);
    const modern = await runKeras(oneLayer('Conv2D', { filters: 5, kernel_size: [3, 2], padding: 'valid', strides: [2, 1], data_format: 'channels_first', activation: 'relu' }, [[null, 4, 7, 6]]),
      [variable('layer/kernel', kernelDims, kernel), variable('layer/bias', [5], bias)], [x]);
    const old = await runKeras(oneLayer('Convolution2D', { nb_filter: 5, nb_row: 3, nb_col: 2, border_mode: 'valid', subsample: [2, 1], dim_ordering: 'th', activation: 'relu', bias: true }, [[null, 4, 7, 6]]),
      [variable('layer_W', [5, 4, 3, 2], transposed(kernel, kernelDims, [3, 2, 0, 1])), variable('layer_b', [5], bias)], [x], 1);
    assertClose(old.outputs[0]!, modern.outputs[0]!, 0, 'Convolution2D');
  });

  it('Convolution1D has kernels of two dimensions, in either order', async () => {
    const x = input([2, 9, 4]), dims = [3, 4, 5], flat = numbers(60, 8);
    const modern = await runKeras(oneLayer('Conv1D', { filters: 5, kernel_size: 3, padding: 'same', use_bias: false }, [[null, 9, 4]]), [variable('layer/kernel', dims, flat)], [x]);
    const config = { nb_filter: 5, filter_length: 3, border_mode: 'same', subsample_length: 1, bias: false };
    const old = await runKeras(oneLayer('Convolution1D', config, [[null, 9, 4]]), [variable('layer_W', [3, 1, 4, 5], flat)], [x], 1);
    assertClose(old.outputs[0]!, modern.outputs[0]!, 0, '[length, 1, in, out]');
    const older = await runKeras(oneLayer('Convolution1D', config, [[null, 9, 4]]), [variable('layer_W', [5, 4, 3, 1], transposed(flat, dims, [2, 1, 0]))], [x], 1);
    assertClose(older.outputs[0]!, modern.outputs[0]!, 0, '[out, in, length, 1]');
  });

  it('kernels of the Theano backend are flipped', async () => {
    const x = input([1, 6, 6, 1]);
    const weights = (values: readonly number[]): LayerVariable[] => [variable('layer/kernel', [3, 3, 1, 1], values)];
    const json = oneLayer('Conv2D', { filters: 1, kernel_size: 3, use_bias: false }, [[null, 6, 6, 1]]);
    const values = numbers(9, 2);
    const { outputs: [straight] } = await runKeras(json, weights([...values].reverse()), [x], 2);
    const { graph, opset } = translateKeras(json, new NamedWeights(weights(values)), { age: 2, theano: true });
    const written = await writeOnnx({ format: 'keras', file: '/none.h5', producer: '', irVersion: 8, opsets: new Map([['', opset]]), metadata: new Map(), graph, functions: [], warnings: [] });
    assertClose((await loadGraph(written.bytes, graph, [x]))[0]!, straight!, 1e-6, 'flipped');
  });

  it('Highway and MaxoutDense', async () => {
    const x = input([2, 3]), w = numbers(9, 3), wc = numbers(9, 4), b = numbers(3, 5), bc = numbers(3, 6);
    const { outputs: [highway] } = await runKeras(oneLayer('Highway', { activation: 'tanh', bias: true }, [[null, 3]]),
      [variable('layer_W', [3, 3], w), variable('layer_b', [3], b), variable('layer_W_carry', [3, 3], wc), variable('layer_b_carry', [3], bc)], [x], 1);
    const affine = (row: number, column: number, kernel: readonly number[], offset: readonly number[]): number => [0, 1, 2].reduce((sum, k) => sum + x.data[row * 3 + k]! * kernel[k * 3 + column]!, offset[column]!);
    const expected = Float32Array.from({ length: 6 }, (_, at) => {
      const row = Math.floor(at / 3), column = at % 3, gate = 1 / (1 + Math.exp(-affine(row, column, wc, bc)));
      return gate * Math.tanh(affine(row, column, w, b)) + (1 - gate) * x.data[at]!;
    });
    assertClose(highway!, { dims: [2, 3], data: expected }, 1e-6, 'Highway');
    const pieces = numbers(2 * 3 * 4, 7), offsets = numbers(8, 8);
    const { outputs: [maxout] } = await runKeras(oneLayer('MaxoutDense', { output_dim: 4, nb_feature: 2, bias: true }, [[null, 3]]), [variable('layer_W', [2, 3, 4], pieces), variable('layer_b', [2, 4], offsets)], [x], 1);
    const largest = Float32Array.from({ length: 8 }, (_, at) => {
      const row = Math.floor(at / 4), column = at % 4;
      return Math.max(...[0, 1].map((piece) => [0, 1, 2].reduce((sum, k) => sum + x.data[row * 3 + k]! * pieces[piece * 12 + k * 4 + column]!, offsets[piece * 4 + column]!)));
    });
    assertClose(maxout!, { dims: [2, 4], data: largest }, 1e-6, 'MaxoutDense');
  });

  it('a Sequential that begins with a Merge of two models', async () => {
    const branch = (name: string, width: number): object => ({ class_name: 'Sequential', config: [{ class_name: 'Dense', config: { name, output_dim: 2, batch_input_shape: [null, width], activation: 'linear', bias: false } }] });
    for (const mode of ['concat', 'sum', 'mul', 'ave', 'max', 'dot'] as const) {
      const json = { class_name: 'Sequential', config: [{ class_name: 'Merge', config: { name: 'merge_1', mode, concat_axis: -1, dot_axes: 1, layers: [branch('left', 3), branch('right', 4)] } }, { class_name: 'Activation', config: { name: 'act', activation: 'linear' } }] };
      const left = numbers(6, 3), right = numbers(8, 4), x = input([2, 3], 1), y = input([2, 4], 2);
      const { outputs, graph } = await runKeras(json, [variable('left_W', [3, 2], left), variable('right_W', [4, 2], right)], [x, y], 1);
      assert.deepEqual(graph.inputs.map(({ name }) => name), ['left_input', 'right_input']);
      const rows = [0, 1].map((row) => [[x, left, 3], [y, right, 4]].map(([values, kernel, width]) => [0, 1].map((column) =>
        Array.from({ length: width as number }, (_, k) => (values as Values).data[row * (width as number) + k]! * (kernel as number[])[k * 2 + column]!).reduce((sum, item) => sum + item, 0))));
      const joined = rows.map(([a, b]) => {
        const pairs = a!.map((item, index) => [item, b![index]!] as const);
        switch (mode) {
          case 'concat': return [...a!, ...b!];
          case 'sum': return pairs.map(([p, q]) => p + q);
          case 'mul': return pairs.map(([p, q]) => p * q);
          case 'ave': return pairs.map(([p, q]) => (p + q) / 2);
          case 'max': return pairs.map(([p, q]) => Math.max(p, q));
          case 'dot': return [pairs.reduce((sum, [p, q]) => sum + p * q, 0)];
        }
      });
      assertClose(outputs[0]!, { dims: [2, joined[0]!.length], data: Float32Array.from(joined.flat()) }, 1e-6, mode);
    }
  });

  it('hard_sigmoid is that of the age', async () => {
    const x: Values = { dims: [1, 5], data: Float32Array.from([-4, -2.7, 0, 1, 2.8]) };
    const run = async (age: 1 | 2 | 3): Promise<Values> => (await runKeras(oneLayer('Activation', { activation: 'hard_sigmoid' }, [[null, 5]]), [], [x], age)).outputs[0]!;
    const old = x.data.map((value) => Math.min(1, Math.max(0, 0.2 * value + 0.5))), new3 = x.data.map((value) => Math.min(6, Math.max(0, value + 3)) / 6);
    assertClose(await run(1), { dims: [1, 5], data: old as Float32Array }, 1e-6, 'Keras 1');
    assertClose(await run(2), { dims: [1, 5], data: old as Float32Array }, 1e-6, 'Keras 2');
    assertClose(await run(3), { dims: [1, 5], data: new3 as Float32Array }, 1e-6, 'Keras 3');
  });

  it('what is missing or wrong is named', () => {
    const reason = (type: string, config: object, weights: readonly LayerVariable[] = []): string | undefined => translateKeras(oneLayer(type, config, [[null, 3]]), new NamedWeights(weights), { age: 3 }).notRunnable;
    assert.equal(reason('Dense', { units: 2 }), "layer 'layer' (Dense): its weight 'kernel' is not in the file");
    assert.equal(reason('Dense', { units: 2 }, [variable('layer/kernel', [4, 2], numbers(8))]), "layer 'layer' (Dense): its weight 'layer/kernel' has dims [4, 2], expected [3, 2]");
    assert.equal(reason('Dense', { units: '2' }), "layer 'layer' (Dense): 'units' is \"2\", expected a whole number");
    assert.equal(reason('Dense', { units: 2, dtype: { class_name: 'QuantizedDTypePolicy', config: {} } }), "layer 'layer' (Dense) keeps its weights quantised (QuantizedDTypePolicy)");
    assert.equal(reason('MyLayer', {}), "layer 'layer' (MyLayer) is no layer of Keras itself, and its code is not in the file");
    assert.equal(reason('__proto__', {}), "layer 'layer' (__proto__) is no layer of Keras itself, and its code is not in the file");
    assert.equal(reason('Activation', { activation: 'my_function' }), "layer 'layer' (Activation) uses the activation 'my_function', which is not one of Keras' own");
    assert.equal(reason('Conv2D', { filters: 2, kernel_size: 3 }), "layer 'layer' (Conv2D) needs an input of 4 dimensions, but gets [batch, 3]");
  });
});
