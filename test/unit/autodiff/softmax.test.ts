import assert from 'node:assert/strict';
import { softmaxRules } from '../../../src/autodiff/rules/softmax';
import { checkRule, vjpOf } from './checkRule';

const rules = softmaxRules;

describe('autodiff: softmax rules', () => {
  for (const opType of ['Softmax', 'LogSoftmax']) {
    it(`${opType} over any axis`, () => checkRule((random) => {
      const rank = random.int(1, 4), axis = random.int(-rank, rank - 1);
      return { rules, opType, ...(random.bool() ? { attributes: { axis } } : {}), opset: random.pick([13, 18]), inputs: [{ dims: random.dims(rank, 5) }] };
    }, 10));
  }
  it('a saturated Softmax passes nothing, and no NaN', async () => {
    const [x] = await vjpOf({ rules, opType: 'Softmax', inputs: [{ dims: [1, 3], values: [500, -500, 0] }] }, 'cpu', [[1, 0, 0]]);
    assert.deepEqual(x!.data, [0, 0, 0]);
  });
  it('equal logits share', async () => {
    const [x] = await vjpOf({ rules, opType: 'Softmax', inputs: [{ dims: [1, 2], values: [3, 3] }] }, 'cpu', [[1, 0]]);
    assert.deepEqual(x!.data, [0.25, -0.25]);
  });
});
