/** Full gradients: with the input's share, those of all biases make the score of a rectifier network. */
import assert from 'node:assert/strict';
import { Random } from '../random';
import { init, randomInit, tiny } from '../tinyModel';
import { randomValues, runComposite, sum } from './run';

describe('full gradients', () => {
  it('of one convolution: input × gradient and bias × gradient add up to the score', async () => {
    const random = new Random(4), x = randomValues(random, [1, 1, 4, 4], 0, 1);
    // Positive weights behind the layer, so that the absolute values are the values.
    const model = tiny({
      inputs: { x: ['float32', [1, 1, 4, 4]] }, outputs: { y: 'float32' },
      initializers: { w: randomInit(random, [2, 1, 3, 3]), b: init([2], [0.4, 0.7]), v: init([8, 1], Array.from({ length: 8 }, () => random.float(0.1, 1))), flat: init([2], [1, 8], 'int64') },
      nodes: [['Conv', ['x', 'w', 'b'], ['c']], ['Relu', ['c'], ['r']], ['Reshape', ['r', 'flat'], ['f']], ['MatMul', ['f', 'v'], ['y']]],
    });
    const { result, score, figures } = await runComposite(model, { kind: 'full-gradient' }, x);
    assert.deepEqual(Object.keys(figures), ['bias c']);
    assert.deepEqual(figures['bias c']!.dims, [1, 2, 2, 2]);
    const total = sum(result.map((g, i) => g * x.data[i]!)) + sum(figures['bias c']!.data);
    assert.ok(Math.abs(total - score) < 1e-5, `${total} of ${score}`);
  });
});
