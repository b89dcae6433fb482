/** Guided backpropagation and the deconvolutional network on networks small enough to follow by hand. */
import assert from 'node:assert/strict';
import { Random } from '../random';
import { init, randomInit, tiny } from '../tinyModel';
import { randomValues, runComposite, values } from './run';

/** y = relu(x) · w, element by element, summed. */
const weighted = (op: string, more: readonly string[] = [], initializers = {}) => tiny({
  inputs: { x: ['float32', [1, 4]] }, outputs: { y: 'float32' }, initializers: { w: init([4, 1], [2, -3, 5, -7]), ...initializers },
  nodes: [[op, ['x', ...more], ['h']], ['MatMul', ['h', 'w'], ['y']]],
});

describe('guided and deconvnet', () => {
  const x = values([1, 4], [1, 1, -1, -1]);

  it('rectify what comes back: with the mask of the input, and without', async () => {
    const model = weighted('Relu');
    assert.deepEqual((await runComposite(model, undefined, x)).result, [2, -3, 0, 0]);
    assert.deepEqual((await runComposite(model, { kind: 'guided' }, x)).result, [2, 0, 0, 0]);
    const deconvnet = await runComposite(model, { kind: 'deconvnet' }, x);
    assert.deepEqual(deconvnet.result, [2, 0, 5, 0]);
    assert.deepEqual(deconvnet.figures.rectifiers!.data, [1]);
  });

  it('know ReLU6 and max(x, 0) for rectifiers, and other clips for none', async () => {
    const zero = { zero: init([], [0]), six: init([], [6]), low: init([], [-0.5]) };
    assert.deepEqual((await runComposite(weighted('Clip', ['zero', 'six'], zero), { kind: 'deconvnet' }, x)).result, [2, 0, 5, 0]);
    assert.deepEqual((await runComposite(weighted('Max', ['zero'], zero), { kind: 'guided' }, x)).result, [2, 0, 0, 0]);
    const clip = await runComposite(weighted('Clip', ['low', 'six'], zero), { kind: 'guided' }, x);
    assert.deepEqual(clip.result, [2, -3, 0, 0]);
    assert.deepEqual(clip.figures.rectifiers!.data, [0]);
  });

  it('are the gradient where there is no rectifier', async () => {
    const random = new Random(3);
    const model = tiny({
      inputs: { x: ['float32', [1, 3]] }, outputs: { y: 'float32' }, initializers: { a: randomInit(random, [3, 5]), b: randomInit(random, [5, 2]) },
      nodes: [['MatMul', ['x', 'a'], ['h']], ['Tanh', ['h'], ['t']], ['MatMul', ['t', 'b'], ['y']]],
    });
    const input = randomValues(random, [1, 3]), gradient = (await runComposite(model, undefined, input, 1)).result;
    for (const kind of ['guided', 'deconvnet'] as const) assert.deepEqual((await runComposite(model, { kind }, input, 1)).result, gradient);
  });
});
