import assert from 'node:assert/strict';
import { normalizationRules } from '../../../src/autodiff/rules/normalization';
import { checkRule, vjpOf } from './checkRule';

const rules = normalizationRules;
const epsilon = { float: 1e-3 };

describe('autodiff: normalisation rules', () => {
  for (const outputs of [1, 3]) {
    it(`LayerNormalization with ${outputs} output(s)`, () => checkRule((random) => {
      const rank = random.int(2, 4), dims = random.dims(rank, 4).map((dim) => dim + 1), axis = random.int(1, rank - 1);
      const shape = dims.slice(axis);
      return {
        rules, opType: 'LayerNormalization', attributes: { axis: random.bool() ? axis : axis - rank, epsilon }, outputs, cotangentsFor: [0], opset: random.pick([17, 21]),
        inputs: [{ dims }, { dims: shape }, ...(random.bool() ? [{ dims: shape }] : [])],
      };
    }, 8));
  }
  it('GroupNormalization, scale per group (18) or per channel (21)', () => checkRule((random) => {
    const groups = random.int(1, 3), channels = groups * random.int(2, 3), opset = random.pick([18, 21]), scale = [opset === 18 ? groups : channels];
    return { rules, opType: 'GroupNormalization', attributes: { num_groups: groups, epsilon }, opset, step: 2e-3, inputs: [{ dims: [2, channels, 3, 2] }, { dims: scale }, { dims: scale }] };
  }, 8));
  it('MeanVarianceNormalization', () => checkRule((random) => ({
    rules, opType: 'MeanVarianceNormalization', attributes: { axes: random.pick([[0, 2, 3], [2, 3], [1]]) }, inputs: [{ dims: [2, 3, 3, 4] }],
  })));
  it('RMSNormalization', () => checkRule((random) => {
    const dims = random.dims(3).map((dim) => dim + 1);
    return { rules, opType: 'RMSNormalization', attributes: { epsilon }, opset: 23, inputs: [{ dims }, { dims: dims.slice(-1) }] };
  }));
  it('SimplifiedLayerNormalization', () => checkRule((random) => {
    const dims = random.dims(3).map((dim) => dim + 1);
    return { rules, opType: 'SimplifiedLayerNormalization', attributes: { epsilon }, inputs: [{ dims }, { dims: dims.slice(-1) }] };
  }));
  it('LpNormalization with p 1 and 2', () => checkRule((random) => ({
    rules, opType: 'LpNormalization', attributes: { p: random.int(1, 2), axis: random.int(-3, 2) }, inputs: [{ dims: random.dims(3), avoid: [0] }],
  }), 8));
  it('a constant row of LayerNormalization passes nothing in the mean direction, and no NaN', async () => {
    const [x] = await vjpOf({ rules, opType: 'LayerNormalization', attributes: { epsilon }, inputs: [{ dims: [1, 4], values: [2, 2, 2, 2] }, { dims: [4], constant: [1, 1, 1, 1] }] });
    assert.deepEqual(x!.data, [0, 0, 0, 0]);
  });
});
