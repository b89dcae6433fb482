import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { translateKeras } from '../../../../src/formats/keras/translate';
import { NamedWeights } from '../../../../src/formats/keras/weights';
import { assertClose, assertDims, numbers, oneLayer, runKeras, tensorOf, type Values } from './recurrentSupport';

function input(dims: readonly number[], seed = 1): Values {
  return { dims, data: Float32Array.from(numbers(dims.reduce((product, dim) => product * dim, 1), seed)) };
}

const open = (dims: readonly number[]): (number | null)[] => [null, ...dims.slice(1)];
const toTf = ({ dims, data }: Values): tf.Tensor => tf.tensor(data, [...dims], 'float32');
const A = tensorOf('a'), B = tensorOf('b');
const slice = (start: number | null, stop: number | null, step: number | null = null): object => ({ start, stop, step });
const slice3 = (start: number | null, stop: number | null, step: number | null = null): object => ({ class_name: '__slice__', config: { start, stop, step } });
const ellipsis = { class_name: '__ellipsis__', config: {} };

interface Call { args?: unknown[]; kwargs?: object; config?: object; inputs?: Values[] }
type Row = [name: string, call: Call, expected: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor | tf.Tensor[]];

const a = input([2, 3, 4], 1), b = input([2, 3, 4], 2), matrix = input([2, 4, 5], 3), picture = input([2, 4, 6, 3], 4);
const two = [a, b];

const tensorflow: Row[] = [
  ['__operators__.add', { args: [A], kwargs: { y: B }, inputs: two }, (x, y) => tf.add(x, y)],
  ['math.subtract', { args: [1], kwargs: { y: A } }, (x) => tf.sub(1, x)],
  ['math.multiply', { kwargs: { y: 0.5, name: null } }, (x) => tf.mul(x, 0.5)],
  ['math.truediv', { kwargs: { y: 2 } }, (x) => tf.div(x, 2)],
  ['math.pow', { kwargs: { y: 2.0 } }, (x) => tf.pow(x, 2)],
  ['math.add', { kwargs: { y: [1, 2, 3, 4] } }, (x) => tf.add(x, [1, 2, 3, 4])],
  ['math.maximum', { kwargs: { y: 0 } }, (x) => tf.maximum(x, 0)],
  ['math.squared_difference', { kwargs: { y: B }, inputs: two }, (x, y) => tf.squaredDifference(x, y)],
  ['math.abs', {}, (x) => tf.abs(x)], ['math.exp', {}, (x) => tf.exp(x)], ['math.tanh', {}, (x) => tf.tanh(x)], ['math.sin', {}, (x) => tf.sin(x)],
  ['math.sigmoid', {}, (x) => tf.sigmoid(x)], ['nn.relu', {}, (x) => tf.relu(x)], ['nn.softmax', { kwargs: { axis: -1 } }, (x) => tf.softmax(x)],
  ['nn.leaky_relu', { kwargs: { alpha: 0.1 } }, (x) => tf.leakyRelu(x, 0.1)], ['nn.elu', {}, (x) => tf.elu(x)], ['nn.silu', {}, (x) => tf.mul(x, tf.sigmoid(x))],
  ['clip_by_value', { kwargs: { clip_value_min: -0.5, clip_value_max: 0.25 } }, (x) => tf.clipByValue(x, -0.5, 0.25)],
  ['reshape', { kwargs: { shape: [-1, 12] } }, (x) => tf.reshape(x, [-1, 12])],
  ['compat.v1.transpose', { kwargs: { perm: [0, 2, 1] } }, (x) => tf.transpose(x, [0, 2, 1])],
  ['expand_dims', { kwargs: { axis: -2 } }, (x) => tf.expandDims(x, -2)],
  ['concat', { args: [A, B], kwargs: { axis: -1 }, inputs: two }, (x, y) => tf.concat([x, y], -1)],
  ['stack', { args: [A, B], kwargs: { axis: 1 }, inputs: two }, (x, y) => tf.stack([x, y], 1)],
  ['unstack', { kwargs: { axis: 1 } }, (x) => tf.unstack(x, 1)],
  ['split', { kwargs: { num_or_size_splits: 2, axis: -1 } }, (x) => tf.split(x, 2, -1)],
  ['split', { kwargs: { num_or_size_splits: [1, 3], axis: 2 } }, (x) => tf.split(x, [1, 3], 2)],
  ['tile', { kwargs: { multiples: [1, 2, 1] } }, (x) => tf.tile(x, [1, 2, 1])],
  ['compat.v1.pad', { kwargs: { paddings: [[0, 0], [1, 2], [0, 1]], constant_values: 3 } }, (x) => tf.pad(x, [[0, 0], [1, 2], [0, 1]], 3)],
  ['math.reduce_mean', { kwargs: { axis: 1 } }, (x) => tf.mean(x, 1)], ['math.reduce_sum', { kwargs: { axis: [1, 2], keepdims: true } }, (x) => tf.sum(x, [1, 2], true)],
  ['math.reduce_max', { kwargs: { axis: -1 } }, (x) => tf.max(x, -1)], ['math.reduce_std', { kwargs: { axis: 1 } }, (x) => tf.sqrt(tf.moments(x, 1).variance)],
  ['math.reduce_logsumexp', { kwargs: { axis: 2 } }, (x) => tf.logSumExp(x, 2)],
  ['math.l2_normalize', { kwargs: { axis: -1 } }, (x) => tf.div(x, tf.norm(x, 2, -1, true))], ['norm', { kwargs: { axis: 1 } }, (x) => tf.norm(x, 2, 1)],
  ['linalg.matmul', { kwargs: { b: B }, inputs: [a, matrix] }, (x, y) => tf.matMul(x, y)],
  ['linalg.matmul', { kwargs: { b: B, transpose_b: true }, inputs: two }, (x, y) => tf.matMul(x, y, false, true)],
  ['tensordot', { kwargs: { b: [[1, 2], [3, 4], [5, 6], [7, 8]], axes: 1 } }, (x) => tf.matMul(x, tf.tile(tf.tensor([[[1, 2], [3, 4], [5, 6], [7, 8]]]), [2, 1, 1]))],
  ['einsum', { args: ['btc,bcd->btd', A, B], inputs: [a, matrix] }, (x, y) => tf.einsum('btc,bcd->btd', x, y)],
  ['math.argmax', { kwargs: { axis: -1 } }, (x) => tf.argMax(x, -1)],
  ['where', { args: [A], kwargs: { x: A, y: B }, inputs: [{ ...a, data: a.data.map((value) => (value > 0 ? 1 : 0)) }, b] }, (x, y) => tf.where(x.cast('bool'), x, y)],
  ['gather', { kwargs: { indices: [2, 0], axis: 1 } }, (x) => tf.gather(x, [2, 0], 1)],
  ['reverse', { kwargs: { axis: [1] } }, (x) => tf.reverse(x, 1)],
  ['cast', { kwargs: { dtype: 'int32' } }, (x) => tf.cast(x, 'int32')],
  ['one_hot', { inputs: [{ dims: [2, 3], data: Float32Array.from([0, 2, 1, 3, 1, 0]) }], kwargs: { depth: 4, dtype: 'float32' } }, (x) => tf.oneHot(x.cast('int32'), 4).cast('float32')],
  ['math.cumsum', { kwargs: { axis: 1 } }, (x) => tf.cumsum(x, 1)],
  ['math.greater', { kwargs: { y: 0.1 } }, (x) => tf.greater(x, 0.1)],
  ['image.resize', { kwargs: { size: [8, 3] }, inputs: [picture] }, (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [8, 3], false, true)],
  ['image.resize', { kwargs: { size: [8, 12], method: 'nearest' }, inputs: [picture] }, (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 12], false, true)],
  ['nn.max_pool2d', { kwargs: { ksize: 2, strides: 2, padding: 'VALID' }, inputs: [picture] }, (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid')],
  ['nn.depth_to_space', { kwargs: { block_size: 2 }, inputs: [input([2, 3, 3, 8])] }, (x) => tf.depthToSpace(x as tf.Tensor4D, 2)],
  ['compat.v1.shape', {}, () => tf.tensor1d([2, 3, 4])],
  ['zeros_like', {}, (x) => tf.zerosLike(x)],
];

const slicing: Row[] = [
  ['__operators__.getitem', { kwargs: { slice_spec: [slice(null, null), 1] } }, (x) => tf.squeeze(tf.slice(x, [0, 1, 0], [-1, 1, -1]), [1])],
  ['__operators__.getitem', { kwargs: { slice_spec: [slice(null, null), slice(0, -1), slice(null, null, 2)] } }, (x) => tf.stridedSlice(x, [0, 0, 0], [2, 2, 4], [1, 1, 2])],
  ['__operators__.getitem', { kwargs: { slice_spec: [ellipsis, slice(1, 3)] } }, (x) => tf.slice(x, [0, 0, 1], [-1, -1, 2])],
  ['__operators__.getitem', { kwargs: { slice_spec: [ellipsis, -1] } }, (x) => tf.squeeze(tf.slice(x, [0, 0, 3], [-1, -1, 1]), [2])],
  ['__operators__.getitem', { kwargs: { slice_spec: [slice(null, null), null, slice(null, null, -1)] } }, (x) => tf.expandDims(tf.reverse(x, 1), 1)],
];

const operations: Row[] = [
  ['Add', { args: [A, B], inputs: two }, (x, y) => tf.add(x, y)], ['Subtract', { args: [1.0, A] }, (x) => tf.sub(1, x)], ['TrueDivide', { args: [A, 4] }, (x) => tf.div(x, 4)],
  ['Multiply', { args: [A, B], inputs: two }, (x, y) => tf.mul(x, y)], ['Power', { args: [A, 2] }, (x) => tf.pow(x, 2)], ['Maximum', { args: [A, B], inputs: two }, (x, y) => tf.maximum(x, y)],
  ['GetItem', { args: [A, [slice3(null, null), -1]] }, (x) => tf.squeeze(tf.slice(x, [0, 2, 0], [-1, 1, -1]), [1])],
  ['GetItem', { args: [A, [ellipsis, slice3(0, 2)]] }, (x) => tf.slice(x, [0, 0, 0], [-1, -1, 2])],
  ['Mean', { config: { axis: -1, keepdims: true } }, (x) => tf.mean(x, -1, true)], ['Sum', { config: { axis: [1, 2] } }, (x) => tf.sum(x, [1, 2])], ['Max', { config: { axis: 1, keepdims: false } }, (x) => tf.max(x, 1)],
  ['Concatenate', { args: [[A, B]], inputs: two, config: { axis: 1 } }, (x, y) => tf.concat([x, y], 1)], ['Stack', { args: [[A, B]], inputs: two, config: { axis: 0 } }, (x, y) => tf.stack([x, y], 0)],
  ['Reshape', { config: { newshape: [-1, 12] } }, (x) => tf.reshape(x, [-1, 12])], ['Transpose', { config: { axes: [0, 2, 1] } }, (x) => tf.transpose(x, [0, 2, 1])],
  ['Swapaxes', { config: { axis1: 1, axis2: 2 } }, (x) => tf.transpose(x, [0, 2, 1])], ['Moveaxis', { config: { source: -1, destination: 1 } }, (x) => tf.transpose(x, [0, 2, 1])],
  ['ExpandDims', { config: { axis: 1 } }, (x) => tf.expandDims(x, 1)], ['Squeeze', { config: { axis: 1 }, inputs: [input([2, 1, 3])] }, (x) => tf.squeeze(x, [1])],
  ['Matmul', { args: [A, B], inputs: [a, matrix] }, (x, y) => tf.matMul(x, y)], ['Einsum', { args: [A, B], inputs: [a, matrix], config: { subscripts: 'btc,bcd->btd' } }, (x, y) => tf.einsum('btc,bcd->btd', x, y)],
  ['Clip', { config: { x_min: -0.2, x_max: 0.3 } }, (x) => tf.clipByValue(x, -0.2, 0.3)], ['Cast', { config: { dtype: 'int32' } }, (x) => tf.cast(x, 'int32')],
  ['Relu', {}, (x) => tf.relu(x)], ['Softmax', { config: { axis: -1 } }, (x) => tf.softmax(x)], ['Sqrt', { inputs: [{ ...a, data: a.data.map(Math.abs) }] }, (x) => tf.sqrt(x)], ['Rsqrt', { inputs: [{ ...a, data: a.data.map((v) => Math.abs(v) + 0.1) }] }, (x) => tf.rsqrt(x)],
  ['Split', { config: { indices_or_sections: [1, 3], axis: 2 } }, (x) => tf.split(x, [1, 2, 1], 2)], ['Split', { config: { indices_or_sections: 2, axis: 2 } }, (x) => tf.split(x, 2, 2)],
  ['Repeat', { config: { repeats: 2, axis: 1 } }, (x) => tf.reshape(tf.tile(tf.expandDims(x, 2), [1, 1, 2, 1]), [2, 6, 4])], ['Tile', { config: { repeats: [1, 2, 1] } }, (x) => tf.tile(x, [1, 2, 1])],
  ['Flip', { config: { axis: 1 } }, (x) => tf.reverse(x, 1)], ['Take', { args: [A, [0, 2]], config: { axis: 1 } }, (x) => tf.gather(x, [0, 2], 1)],
  ['Pad', { config: { pad_width: [[0, 0], [1, 1], [0, 0]], mode: 'constant' } }, (x) => tf.pad(x, [[0, 0], [1, 1], [0, 0]])],
  ['OneHot', { inputs: [{ dims: [2, 3], data: Float32Array.from([0, 2, 1, 3, 1, 0]) }], config: { num_classes: 4, axis: -1 } }, (x) => tf.oneHot(x.cast('int32'), 4).cast('float32')],
  ['Argmax', { config: { axis: -1, keepdims: false } }, (x) => tf.argMax(x, -1)], ['Normalize', { config: { axis: -1, order: 2 } }, (x) => tf.div(x, tf.norm(x, 2, -1, true))],
  ['Var', { config: { axis: [1] } }, (x) => tf.moments(x, 1).variance], ['Where', { args: [A, A, 0.5], inputs: [{ ...a, data: a.data.map((value) => (value > 0 ? 1 : 0)) }] }, (x) => tf.where(x.cast('bool'), x, tf.fill(x.shape, 0.5))],
];

async function check([name, call, expected]: Row, type: string, module?: string): Promise<void> {
  const inputs = call.inputs ?? [a];
  const wanted = [expected(toTf(inputs[0]!), toTf(inputs[1] ?? inputs[0]!))].flat();
  const config = type === '' ? call.config ?? {} : { function: name };
  const json = oneLayer(type === '' ? name : type, config, inputs.map(({ dims }) => open(dims)), { args: call.args ?? [A], kwargs: call.kwargs ?? {}, outputs: wanted.length, ...(module ? { module } : {}) });
  const { outputs, graph } = await runKeras(json, [], inputs, type === '' ? 3 : 2);
  wanted.forEach((tensor, index) => assertClose(outputs[index]!, { dims: tensor.shape, data: Float32Array.from(tensor.dataSync()) }, 2e-5, `${name} ${index}`));
  assertDims(graph, outputs);
}

describe('functions among Keras layers', () => {
  for (const row of tensorflow) it(`tf.${row[0]} ${JSON.stringify(row[1].kwargs ?? {}).replace(/\{"class_name":"__keras_tensor__".*?\}\}/g, 'b')}`, () => check(row, 'TFOpLambda'));
  for (const row of slicing) it(`x[…] ${JSON.stringify(row[1].kwargs)}`, () => check(row, 'SlicingOpLambda'));
  for (const row of operations) it(`keras.ops ${row[0]} ${JSON.stringify(row[1].config ?? {})}`, () => check(row, '', 'keras.src.ops.numpy'));

  it('the wiring that tf.keras wrote: constants first, tensors by name', async () => {
    const json = {
      class_name: 'Functional', config: {
        name: 'm', input_layers: [['a', 0, 0]], output_layers: [['out', 0, 0]],
        layers: [
          { class_name: 'InputLayer', name: 'a', config: { name: 'a', batch_input_shape: [null, 3], dtype: 'float32' }, inbound_nodes: [] },
          { class_name: 'TFOpLambda', name: 'sub', config: { name: 'sub', function: 'math.subtract', dtype: 'float32' }, inbound_nodes: [['_CONSTANT_VALUE', -1, 2.5, { y: ['a', 0, 0], name: null }]] },
          { class_name: 'TFOpLambda', name: 'mul', config: { name: 'mul', function: 'math.multiply' }, inbound_nodes: [['sub', 0, 0, { y: ['a', 0, 0] }]] },
          { class_name: 'TFOpLambda', name: 'out', config: { name: 'out', function: 'concat' }, inbound_nodes: [[['mul', 0, 0, { axis: -1 }], ['a', 0, 0, { axis: -1 }]]] },
        ],
      },
    };
    const x = { dims: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) };
    const { outputs } = await runKeras(json, [], [x], 2);
    assertClose(outputs[0]!, { dims: [2, 6], data: Float32Array.from([1.5, 1, -1.5, 1, 2, 3, -6, -12.5, -21, 4, 5, 6]) }, 1e-6, 'wired');
  });

  it('TensorFlowOpLayer: nodes as objects and as the bytes of 1.14', async () => {
    const object = { name: 'mul', op: 'Mul', input: ['a', 'mul/y'], attr: { T: { type: 'DT_FLOAT' } } };
    // NodeDef {name: "mul", op: "Mul", input: "a", input: "mul/y", attr {key: "T", value {type: DT_FLOAT}}}
    const bytes = '\n\u0003mul\u0012\u0003Mul\u001a\u0001a\u001a\u0005mul/y*\u0007\n\u0001T\u0012\u00020\u0001';
    for (const node_def of [object, JSON.stringify(object), bytes]) {
      const { outputs } = await runKeras(oneLayer('TensorFlowOpLayer', { node_def, constants: { 1: 3 } }, [[null, 3, 4]]), [], [a], 2);
      assertClose(outputs[0]!, { dims: a.dims, data: a.data.map((value) => value * 3) }, 1e-6, 'times three');
    }
    const reversed = { name: 'sub', op: 'Sub', input: ['sub/x', 'a'], attr: { T: { type: 'DT_FLOAT' } } };
    const { outputs } = await runKeras(oneLayer('TensorFlowOpLayer', { node_def: reversed, constants: { 0: 1 } }, [[null, 3, 4]]), [], [a], 2);
    assertClose(outputs[0]!, { dims: a.dims, data: a.data.map((value) => 1 - value) }, 1e-6, 'one minus');
    const mean = { name: 'm', op: 'Mean', input: ['a', 'axes'], attr: { T: { type: 'DT_FLOAT' }, Tidx: { type: 'DT_INT32' }, keep_dims: { b: true } } };
    const reduced = await runKeras(oneLayer('TensorFlowOpLayer', { node_def: mean, constants: { 1: [1, 2] } }, [[null, 3, 4]]), [], [a], 2);
    assert.deepEqual(reduced.outputs[0]!.dims, [2, 1, 1]);
  });

  it('a function that is not known names layer and function, and the model is still shown', () => {
    for (const name of ['strings.length', 'signal.fft', 'math.bessel_i0', 'constructor']) {
      const { notRunnable, layers } = translateKeras(oneLayer('TFOpLambda', { function: name }, [[null, 3]]), new NamedWeights([]), { age: 2 });
      assert.equal(notRunnable, `layer 'layer' (TFOpLambda) calls tf.${name}, which has no translation to ONNX here`);
      assert.deepEqual(layers.map(({ type }) => type), ['InputLayer', 'TFOpLambda']);
    }
    const greedy = translateKeras(oneLayer('TFOpLambda', { function: 'one_hot' }, [[null, 3]], { kwargs: { depth: 2_000_000_000 } }), new NamedWeights([]), { age: 2 });
    assert.match(greedy.notRunnable!, /makes 2000000000 classes, where at most 1000000 are translated$/);
    const { notRunnable } = translateKeras(oneLayer('TensorFlowOpLayer', { node_def: { op: 'Betainc', attr: {} } }, [[null, 3]]), new NamedWeights([]), { age: 2 });
    assert.match(notRunnable!, /^layer 'layer' \(TensorFlowOpLayer\) calls TensorFlow's 'Betainc', which has no translation to ONNX here$/);
  });
});
