/** Ops on every element alike against TensorFlow.js. */
import fc from 'fast-check';
import { attr, bools, compare, floats, ints, op, scalar, type Values } from './oracle';

const unary: readonly (readonly [string, (values: Values) => Values])[] = [
  ...['Abs', 'Neg', 'Sign', 'Exp', 'Expm1', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Atanh', 'Ceil', 'Floor', 'Round', 'Erf', 'Reciprocal', 'Square', 'Relu', 'Relu6', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus', 'IsNan', 'ZerosLike', 'OnesLike', 'Identity', 'IsInf', 'IsFinite']
    .map((name) => [name, (values: Values) => values] as const),
  ...['Log', 'Log1p', 'Sqrt', 'Rsqrt'].map((name) => [name, (values: Values) => ({ ...values, data: values.data.map((value) => Math.abs(value) + 0.1) })] as const),
  ['Acosh', (values: Values) => ({ ...values, data: values.data.map((value) => Math.abs(value) + 1.1) })],
];

const dims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 4 });

describe('TensorFlow ops on every element', () => {
  for (const [name, domain] of unary) {
    it(name, async () => {
      await fc.assert(fc.asyncProperty(dims, fc.integer(), async (shape, seed) => {
        await op(name, { x: domain(floats(shape, seed)) });
      }), { numRuns: 3 });
    });
  }

  it('integers stay integers', async () => {
    for (const name of ['Abs', 'Neg', 'Sign', 'Square', 'Relu', 'Relu6', 'ZerosLike', 'OnesLike']) await op(name, { x: ints([3, 4], -9, 9) });
  });

  it('infinite and not a number', async () => {
    for (const name of ['IsNan', 'IsInf', 'IsFinite']) await op(name, { x: { dtype: 'float32', dims: [4], data: [1, Infinity, -Infinity, NaN] } });
  });

  it('rounds halves to even', () => op('Round', { x: { dtype: 'float32', dims: [6], data: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5] } }));

  it('LeakyRelu, Prelu, ClipByValue', async () => {
    await op('LeakyRelu', { x: floats([2, 5]) }, { alpha: attr.float(0.1) });
    await op('LeakyRelu', { x: floats([2, 5]) });
    await op('Prelu', { x: floats([2, 3, 4, 5]), slope: floats([3, 1, 5], 2) });
    await op('ClipByValue', { x: floats([2, 5]), low: scalar(-0.3, 'float32'), high: scalar(0.4, 'float32') }, {}, { constant: ['low', 'high'] });
  });

  const broadcasting = fc.record({ rank: fc.integer({ min: 0, max: 4 }), cut: fc.integer({ min: 0, max: 4 }), ones: fc.integer({ min: 0, max: 15 }), seed: fc.integer(), swap: fc.boolean() }).map((c) => {
    const full = [2, 3, 4, 5].slice(4 - c.rank);
    const part = full.slice(Math.min(c.cut, c.rank)).map((dim, axis) => ((c.ones >> axis) & 1 ? 1 : dim));
    return { a: c.swap ? part : full, b: c.swap ? full : part, seed: c.seed };
  });
  for (const name of ['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Div', 'DivNoNan', 'FloorDiv', 'FloorMod', 'Mod', 'Maximum', 'Minimum', 'SquaredDifference', 'Atan2', 'Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual']) {
    it(`${name} with broadcasting`, async () => {
      await fc.assert(fc.asyncProperty(broadcasting, async ({ a, b, seed }) => {
        await op(name, { a: floats(a, seed, 3), b: floats(b, seed + 1, 3) });
        if (!['Atan2', 'DivNoNan'].includes(name)) await op(name, { a: ints(a, -7, 7, seed), b: ints(b, 1, 5, seed + 1) });
      }), { numRuns: 5 });
    });
  }

  it('whole numbers divided by negative ones', async () => {
    for (const name of ['FloorDiv', 'FloorMod', 'Div', 'RealDiv']) await op(name, { a: ints([6, 5], -20, 20), b: ints([5], -5, -1) });
  });

  it('powers', async () => {
    await op('Pow', { a: { ...floats([2, 3]), data: [0.5, 1, 2, 3, 0.1, 4] }, b: floats([3]) });
    await op('Pow', { a: ints([2, 3], 1, 5), b: ints([3], 0, 4) });
  });

  it('logic', async () => {
    for (const name of ['LogicalAnd', 'LogicalOr']) await op(name, { a: bools([3, 4]), b: bools([4], 2) });
    await op('LogicalNot', { a: bools([3, 4]) });
  });

  it('Select and SelectV2', async () => {
    await op('SelectV2', { c: bools([4]), a: floats([3, 4]), b: floats([3, 1], 2) });
    await op('Select', { c: bools([3, 4]), a: floats([3, 4]), b: floats([3, 4], 2) });
    await op('SelectV2', { c: bools([3, 4]), a: ints([3, 4], 0, 9), b: ints([], 0, 9, 4) });
  });

  it('casts', async () => {
    for (const [from, to] of [['float32', 'int32'], ['int32', 'float32'], ['bool', 'float32'], ['int32', 'bool'], ['bool', 'int32']] as const) {
      const x = from === 'float32' ? floats([7], 1, 5) : from === 'int32' ? ints([7], -3, 3) : bools([7]);
      await op('Cast', { x }, { SrcT: attr.type(from), DstT: attr.type(to) });
    }
  });

  it('AddN and chains of identities', async () => {
    await op('AddN', { a: floats([2, 3]), b: floats([2, 3], 2), c: floats([2, 3], 3) }, { N: attr.int(3) });
    await compare({ nodes: [{ name: 'n', op: 'IdentityN', input: ['a', 'b'] }, { name: 's', op: 'Sub', input: ['n:0', 'n:1'] }, { name: 'y', op: 'StopGradient', input: ['s', '^n'] }], inputs: { a: floats([2]), b: floats([2], 2) }, outputs: ['y'] });
  });

  it('BiasAdd in both data formats', async () => {
    await op('BiasAdd', { x: floats([2, 3, 4, 5]), b: floats([5], 2) }, { data_format: attr.text('NHWC') });
    await op('BiasAdd', { x: floats([2, 5]), b: floats([5], 2) });
  });
});
