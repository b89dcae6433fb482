import assert from 'node:assert/strict';
import { elementwiseRules } from '../../../src/autodiff/rules/elementwise';
import { checkRule, vjpOf, type InputSpec } from './checkRule';
import type { Random } from './random';

const rules = elementwiseRules;

/** Two inputs that broadcast against each other, either of which may be the smaller one. */
function pair(random: Random, options: { range?: [number, number]; avoid?: number[] } = {}): InputSpec[] {
  const dims = random.dims(random.int(1, 4)), other = random.broadcastable(dims);
  const inputs = [{ dims, ...options }, { dims: other, ...options }];
  return random.bool() ? inputs : inputs.reverse();
}

describe('autodiff: elementwise rules', () => {
  for (const opType of ['Add', 'Sub', 'Mul']) {
    it(`${opType} with broadcasting`, () => checkRule((random) => ({ rules, opType, inputs: pair(random), opset: random.pick([13, 17, 21]) }), 8));
  }
  it('Div with broadcasting', () => checkRule((random) => ({ rules, opType: 'Div', inputs: pair(random, { avoid: [0], range: [-2, 2] }).map((spec) => ({ ...spec!, margin: 0.3 })) }), 8));
  it('both inputs the same size 1', () => checkRule(() => ({ rules, opType: 'Mul', inputs: [{ dims: [1, 1] }, { dims: [1] }] }), 1));
  it('broadcasting in both directions at once', () => checkRule(() => ({ rules, opType: 'Mul', inputs: [{ dims: [3, 1, 2] }, { dims: [4, 1] }] }), 2));

  it('Pow with a constant exponent', () => checkRule((random) => ({
    rules, opType: 'Pow', inputs: [{ dims: random.dims(3), range: [0.3, 2] }, { dims: [], constant: [random.pick([-1, 0, 0.5, 1, 2, 2.5, 3, 4])] }],
  }), 12));
  it('Pow with whole exponents of negative numbers', () => checkRule((random) => ({
    rules, opType: 'Pow', inputs: [{ dims: random.dims(3) }, { dims: [1], constant: [random.pick([2, 3])] }],
  })));
  it('Pow with exponents that are values', () => checkRule((random) => {
    const [x, p] = pair(random);
    return { rules, opType: 'Pow', inputs: [{ ...x!, range: [0.3, 2] }, p] };
  }, 8));
  it('Pow at zero: x⁰ is flat, and 0^p has no slope in p', async () => {
    const [x, p] = await vjpOf({ rules, opType: 'Pow', inputs: [{ dims: [3], values: [0, 0, 2] }, { dims: [3], values: [0, 2, 0] }] });
    assert.deepEqual(x!.data, [0, 0, 0]);
    assert.deepEqual(p!.data.map((value) => Math.round(value * 1e4) / 1e4), [0, 0, 0.6931]);
  });
  it('Mod', () => checkRule((random) => {
    const dims = random.dims(2);
    return { rules, opType: 'Mod', attributes: { fmod: 1 }, inputs: [{ dims, range: [2.1, 2.9] }, { dims, range: [0.95, 1.04] }], float32Only: true, step: 1e-3 };
  }));

  for (const opType of ['Max', 'Min']) {
    it(`${opType} of one to four inputs`, () => checkRule((random) => {
      const dims = random.dims(random.int(1, 3)), n = random.int(1, 4);
      return { rules, opType, inputs: Array.from({ length: n }, (_, index) => ({ dims: random.bool() ? dims : random.broadcastable(dims), range: [index * 0.1 - 1, index * 0.1 + 1] as [number, number] })), step: 1e-5, tolerance: 1e-2 };
    }, 8));
    it(`${opType} shares a tie evenly`, async () => {
      const [a, b, c] = await vjpOf({ rules, opType, inputs: [{ dims: [2], values: [1, 1] }, { dims: [2], values: [1, 1] }, { dims: [2], values: [1, opType === 'Max' ? 0 : 2] }] });
      assert.deepEqual([a!.data, b!.data, c!.data].map((data) => data.map((value) => Math.round(value * 1e4) / 1e4)), [[0.3333, 0.5], [0.3333, 0.5], [0.3333, 0]]);
    });
  }
  for (const opType of ['Sum', 'Mean']) {
    it(`${opType} of one to four inputs`, () => checkRule((random) => {
      const dims = random.dims(3);
      return { rules, opType, inputs: [{ dims }, ...Array.from({ length: random.int(0, 3) }, () => ({ dims: random.broadcastable(dims) }))] };
    }));
  }
  it('Where with broadcasting', () => checkRule((random) => {
    const dims = random.dims(3), condition = random.broadcastable(dims);
    return {
      rules, opType: 'Where',
      inputs: [{ dims: condition, fed: Array.from({ length: condition.reduce((a, b) => a * b, 1) }, () => random.int(0, 1)), dtype: 'bool' }, { dims }, { dims: random.broadcastable(dims) }],
    };
  }, 8));

  const domains: Record<string, { range: [number, number]; avoid?: number[] }> = {
    Neg: { range: [-2, 2] }, Sqrt: { range: [0.2, 3] }, Exp: { range: [-2, 2] }, Log: { range: [0.2, 3] }, Abs: { range: [-2, 2], avoid: [0] },
    Reciprocal: { range: [0.3, 3] }, Sin: { range: [-4, 4] }, Cos: { range: [-4, 4] }, Tan: { range: [-1, 1] }, Asin: { range: [-0.8, 0.8] }, Acos: { range: [-0.8, 0.8] },
    Atan: { range: [-3, 3] }, Sinh: { range: [-2, 2] }, Cosh: { range: [-2, 2] }, Asinh: { range: [-3, 3] }, Acosh: { range: [1.3, 4] }, Atanh: { range: [-0.8, 0.8] },
    Erf: { range: [-2, 2] }, Identity: { range: [-2, 2] },
  };
  for (const [opType, domain] of Object.entries(domains)) {
    it(opType, () => checkRule((random) => ({ rules, opType, inputs: [{ dims: random.dims(random.int(0, 4)), ...domain }] })));
  }
  it('Abs has no slope at 0', async () => {
    const [x] = await vjpOf({ rules, opType: 'Abs', inputs: [{ dims: [3], values: [-1, 0, 1] }] });
    assert.deepEqual(x!.data, [-1, 0, 1]);
  });
  it('Sqrt sends nothing back where it is 0', async () => {
    const [x] = await vjpOf({ rules, opType: 'Sqrt', inputs: [{ dims: [2], values: [0, 4] }] });
    assert.deepEqual(x!.data, [0, 0.25]);
  });
  it('Cast between float types, and CastLike', async () => {
    await checkRule((random) => ({ rules, opType: 'Cast', attributes: { to: 1 }, inputs: [{ dims: random.dims(3) }], float32Only: true, step: 1e-1 }));
    await checkRule((random) => ({ rules, opType: 'CastLike', inputs: [{ dims: random.dims(3) }, { dims: [], constant: [1] }], float32Only: true, step: 1e-1 }));
  });
  it('Dropout passes everything when a model is used', () => checkRule((random) => ({ rules, opType: 'Dropout', inputs: [{ dims: random.dims(3) }] })));
  it('Dropout in training mode is refused by name', async () => {
    await assert.rejects(vjpOf({ rules, opType: 'Dropout', inputs: [{ dims: [3] }, { dims: [], constant: [0.5] }, { dims: [], constant: [1], dtype: 'bool' }], wrt: [0] }), /Dropout 'underTest': it is in training mode/);
  });
});
