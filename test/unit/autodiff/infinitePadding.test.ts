/** Max pooling behind padding with −∞, as TensorFlow writes it. */
import assert from 'node:assert/strict';
import { Random } from './random';
import { init, tiny } from './tinyModel';
import { gradientOf } from './wholeModel';

describe('max pooling of values padded with −∞', () => {
  it('has the gradient of one that pads by itself', async () => {
    const random = new Random(1), dims = [1, 2, 5, 5], x = { dtype: 'float32' as const, dims, data: Array.from({ length: 50 }, () => random.float(-1, 1)) };
    const common = { inputs: { x: ['float32', dims] as const }, outputs: { y: 'float32' as const } };
    const initializers = { pads: init([8], [0, 0, 1, 1, 0, 0, 1, 1], 'int64'), low: init([], [-Infinity]), w: init([18, 1], Array.from({ length: 18 }, () => random.float())), flat: init([2], [1, 18], 'int64') };
    const end = [['Reshape', ['p', 'flat'], ['f']], ['MatMul', ['f', 'w'], ['y']]] as const;
    const apart = tiny({ ...common, initializers, nodes: [['Pad', ['x', 'pads', 'low'], ['q']], ['MaxPool', ['q'], ['p'], { kernel_shape: [3, 3], strides: [2, 2] }], ...end] });
    const whole = tiny({ ...common, initializers, nodes: [['MaxPool', ['x'], ['p'], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }], ...end] });
    const [a, b] = await Promise.all([apart, whole].map(async (model) => (await gradientOf({ model, inputDims: { x: dims }, target: { output: 'y', space: 'output' }, wrt: ['x'] }, { x }, 0)).gradients.x!.data));
    assert.ok(a!.some((value) => value !== 0));
    a!.forEach((value, i) => assert.ok(Math.abs(value - b![i]!) < 1e-6, `element ${i}: ${value}, expected ${b![i]}`));
  });
});
