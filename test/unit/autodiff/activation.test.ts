import assert from 'node:assert/strict';
import type { AttributeInput } from '../../../src/graph/builder';
import { activationRules } from '../../../src/autodiff/rules/activation';
import { checkRule, vjpOf, type RuleCase } from './checkRule';

const rules = activationRules;
const dialects = ['cpu', 'portable'] as const;

/** The gradient at exact points, in both dialects. */
async function at(ruleCase: Omit<RuleCase, 'rules' | 'inputs'> & { extra?: RuleCase['inputs'] }, points: readonly number[], expected: readonly number[]): Promise<void> {
  for (const dialect of dialects) {
    const [x] = await vjpOf({ ...ruleCase, rules, inputs: [{ dims: [points.length], values: points }, ...(ruleCase.extra ?? [])] }, dialect);
    assert.deepEqual(x!.data.map((value) => Math.round(value * 1e5) / 1e5), expected, dialect);
  }
}

const bound = (value: number) => ({ dims: [], constant: [value] });

describe('autodiff: activation rules', () => {
  const smooth: Record<string, { attributes?: (pick: (low: number, high: number) => number) => Record<string, AttributeInput>; avoid?: number[]; opset?: number; domain?: string }> = {
    Relu: { avoid: [0] },
    LeakyRelu: { avoid: [0], attributes: (pick) => ({ alpha: { float: pick(-0.5, 1.5) } }) },
    Elu: { avoid: [0], attributes: (pick) => ({ alpha: { float: pick(-0.5, 2) } }) },
    Selu: { avoid: [0], attributes: (pick) => ({ alpha: { float: pick(0.5, 2) }, gamma: { float: pick(0.5, 2) } }) },
    Celu: { avoid: [0], attributes: (pick) => ({ alpha: { float: pick(0.5, 2) } }) },
    ThresholdedRelu: { avoid: [0.5], attributes: () => ({ alpha: { float: 0.5 } }) },
    HardSigmoid: { avoid: [-2, 1], attributes: () => ({ alpha: { float: 1 / 3 }, beta: { float: 2 / 3 } }) },
    HardSwish: { avoid: [-3, 3] }, Mish: { opset: 18 }, Sigmoid: {}, Tanh: {}, Softplus: {}, Softsign: {},
    Gelu: { opset: 20 }, 'com.microsoft:Gelu': {}, 'com.microsoft:QuickGelu': { attributes: (pick) => ({ alpha: { float: pick(0.5, 2) } }) },
  };
  for (const [key, options] of Object.entries(smooth)) {
    it(key, () => checkRule((random) => {
      const [domain, opType] = key.includes(':') ? key.split(':') as [string, string] : ['', key];
      return {
        rules, opType, domain, attributes: options.attributes?.((low, high) => random.float(low, high)), opset: options.opset ?? random.pick([13, 16, 21]),
        inputs: [{ dims: random.dims(random.int(1, 4)), range: [-4, 4], avoid: options.avoid }],
      };
    }, 6));
  }
  it('Gelu with the tanh formula', () => checkRule((random) => ({
    rules, opType: 'Gelu', attributes: { approximate: 'tanh' }, opset: 20, inputs: [{ dims: random.dims(3), range: [-3, 3] }],
  })));
  for (const opType of ['BiasGelu', 'FastGelu']) {
    it(`com.microsoft:${opType} with a bias`, () => checkRule((random) => {
      const dims = random.dims(3);
      return { rules, opType, domain: 'com.microsoft', inputs: [{ dims }, { dims: dims.slice(-1) }] };
    }));
  }
  it('com.microsoft:FastGelu without a bias', () => checkRule((random) => ({ rules, opType: 'FastGelu', domain: 'com.microsoft', inputs: [{ dims: random.dims(2) }] })));

  it('PRelu with one slope, one a channel, or one an element', () => checkRule((random) => {
    const dims = [random.int(1, 3), random.int(1, 4), random.int(1, 3), random.int(1, 3)];
    return { rules, opType: 'PRelu', opset: random.pick([13, 16]), inputs: [{ dims, avoid: [0] }, { dims: random.pick([[1], [dims[1]!, 1, 1], dims]) }] };
  }, 8));
  it('PRelu at 0 takes the slope', async () => {
    const [x] = await vjpOf({ rules, opType: 'PRelu', inputs: [{ dims: [3], values: [-1, 0, 1] }, { dims: [1], constant: [0.25] }] });
    assert.deepEqual(x!.data, [0.25, 0.25, 1]);
  });

  it('Clip with constant bounds, either of them, or none', () => checkRule((random) => {
    const inputs = random.pick([[bound(-1), bound(1.5)], [bound(0), bound(6)], [bound(-1)], [undefined, bound(1)], []]);
    return { rules, opType: 'Clip', opset: random.pick([13, 18]), inputs: [{ dims: random.dims(3), range: [-3, 8], avoid: [-1, 0, 1, 1.5, 6] }, ...inputs] };
  }, 12));
  it('Clip with bounds that are computed, gradients to them too', () => checkRule((random) => ({
    rules, opType: 'Clip', inputs: [{ dims: random.dims(3), range: [-3, 3], avoid: [-1, 1], margin: 0.3 }, { dims: [], range: [-1.1, -0.9] }, { dims: [], range: [0.9, 1.1] }],
  })));

  it('Relu passes nothing at 0, and everything just above it', () =>
    at({ opType: 'Relu' }, [-1, -1e-38, 0, 1e-37, 1e-10, 1, 3e38], [0, 0, 0, 1, 1, 1, 1]));
  it('Relu6 as Clip passes nothing at either bound', () =>
    at({ opType: 'Clip', extra: [bound(0), bound(6)] }, [-1, 0, 1e-30, 3, 5.9999995, 6, 7], [0, 0, 1, 1, 1, 0, 0]));
  it('Clip between odd bounds is exact next to them', () =>
    at({ opType: 'Clip', extra: [bound(-0.30000001192092896), bound(1000)] }, [-0.3000001, -0.30000001192092896, -0.29999998211860657, 999.99993896484375, 1000], [0, 0, 1, 1, 0]));
  it('Clip with a huge or infinite bound', () =>
    at({ opType: 'Clip', extra: [bound(-Infinity), bound(3.4028234663852886e38)] }, [-5, 0, 7], [1, 1, 1]));
  it('LeakyRelu over 16 channels of a picture, which stays in blocked layout', () => checkRule((random) => ({
    rules: activationRules, opType: 'LeakyRelu', attributes: { alpha: { float: random.float(0, 1) } }, inputs: [{ dims: [2, 16, random.int(1, 3), 2], avoid: [0] }],
  })));
  it('LeakyRelu at 0 takes the slope', () => at({ opType: 'LeakyRelu', attributes: { alpha: { float: 0.5 } } }, [-1, 0, 1], [0.5, 0.5, 1]));
  it('Elu and Celu at 0 take the left slope', async () => {
    await at({ opType: 'Elu', attributes: { alpha: { float: 2 } } }, [0, 1], [2, 1]);
    await at({ opType: 'Celu', attributes: { alpha: { float: 2 } } }, [0, 1], [1, 1]);
  });
  it('ThresholdedRelu passes nothing at its threshold', () => at({ opType: 'ThresholdedRelu', attributes: { alpha: { float: 1 } } }, [0.9, 1, 1.1], [0, 0, 1]));
  it('HardSigmoid is flat at its corners', () => at({ opType: 'HardSigmoid', attributes: { alpha: { float: 0.5 }, beta: { float: 0.5 } } }, [-2, -1, 0, 1, 2], [0, 0, 0.5, 0, 0]));
  it('HardSwish at −3 and 3', () => at({ opType: 'HardSwish' }, [-4, -3, 0, 3, 4], [0, 0, 0.5, 1, 1]));
});
