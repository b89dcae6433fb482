/** Every operator with a gradient has a numeric test, and those without a kernel to compare with agree with what they stand for. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { decompositions } from '../../../src/autodiff/decompose/index';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import { activationRules } from '../../../src/autodiff/rules/activation';
import { standardRules } from '../../../src/autodiff/rules/index';
import type { ModelFile } from '../../../src/graph/graph';
import { vjpOf } from './checkRule';
import { Random } from './random';
import { openSession, runSession, type Values } from './runGraph';
import { init, randomInit, tiny, type NodeLine } from './tinyModel';
import { checkWrittenOut } from './writtenOut';

describe('autodiff: every operator', () => {
  it('is named in a test', () => {
    const text = readdirSync(__dirname).filter((name) => name.endsWith('.test.ts')).map((name) => readFileSync(path.join(__dirname, name), 'utf8')).join('\n');
    const untested = [...Object.keys(standardRules), ...Object.keys(decompositions)].filter((key) => !new RegExp(`\\b${key.split(':').at(-1)!}\\b`).test(text));
    assert.deepEqual(untested, []);
  });

  it('Swish: x·sigmoid(αx)', async () => {
    const [found] = await vjpOf({ rules: activationRules, opType: 'Swish', attributes: { alpha: { float: 1.5 } }, inputs: [{ dims: [4], values: [-2, -0.5, 0, 1.5] }], opset: 24, float32Only: true });
    [-2, -0.5, 0, 1.5].forEach((x, i) => {
      const s = 1 / (1 + Math.exp(-1.5 * x));
      assert.ok(Math.abs(found!.data[i]! - (s + 1.5 * x * s * (1 - s))) < 1e-5, `at ${x}: ${found!.data[i]}`);
    });
  });
});

/** y and the gradient of its elements 1 and 2 (one a row) at x. */
async function gradientOf(model: ModelFile, x: Values): Promise<{ y: Values; gradient: Values }> {
  const built = buildGradientModel({ model, inputDims: { x: x.dims }, target: { output: 'y', space: 'output' }, wrt: ['x'], fetch: ['y'] });
  const session = await openSession(built.model);
  try {
    const found = await runSession(session, { x, [built.targetInput]: { dtype: 'int64', dims: [x.dims[0]!], data: Array.from({ length: x.dims[0]! }, (_, row) => row + 1) } });
    return { y: found[built.fetched.y!]!, gradient: found[built.gradients.x!]! };
  } finally {
    await session.release();
  }
}

describe('fused layers that only other devices have', () => {
  const random = new Random(7);
  const initializers = { a: randomInit(random, [8]), b: randomInit(random, [8]), skip: randomInit(random, [2, 3, 8]) };
  const x: Values = { dtype: 'float32', dims: [2, 3, 8], data: Array.from({ length: 48 }, () => Math.fround(random.float())) };
  const cases: readonly (readonly [string, readonly NodeLine[], readonly NodeLine[]])[] = [
    ['BiasAdd', [['com.microsoft:BiasAdd', ['x', 'a', 'skip'], ['o']]], [['Add', ['x', 'a'], ['s']], ['Add', ['s', 'skip'], ['o']]]],
    ['BiasSplitGelu', [['com.microsoft:BiasSplitGelu', ['x', 'a'], ['o']]], [['Add', ['x', 'a'], ['s']], ['Split', ['s'], ['l', 'r'], { axis: -1 }], ['com.microsoft:Gelu', ['r'], ['g']], ['Mul', ['l', 'g'], ['o']]]],
    ['GroupNorm', [['com.microsoft:GroupNorm', ['x', 'a', 'b'], ['o'], { groups: 8, channels_last: 1, activation: 1, epsilon: { float: 1e-3 } }]],
      [['Transpose', ['x'], ['t'], { perm: [0, 2, 1] }], ['InstanceNormalization', ['t', 'a', 'b'], ['n'], { epsilon: { float: 1e-3 } }], ['Sigmoid', ['n'], ['g']], ['Mul', ['n', 'g'], ['m']], ['Transpose', ['m'], ['o'], { perm: [0, 2, 1] }]]],
  ];
  for (const [name, fused, plain] of cases) {
    it(`${name} has the values and the gradient of its parts`, async () => {
      const model = (nodes: readonly NodeLine[]): ModelFile => tiny({ inputs: { x: ['float32', x.dims] }, outputs: { y: 'float32' }, initializers, nodes: [...nodes, ['Flatten', ['o'], ['y'], { axis: 1 }]], opset: 17 });
      const [found, expected] = [await gradientOf(model(fused), x), await gradientOf(model(plain), x)];
      for (const part of ['y', 'gradient'] as const) {
        assert.deepEqual(found[part].dims, expected[part].dims);
        found[part].data.forEach((value, i) => assert.ok(Math.abs(value - expected[part].data[i]!) < 1e-5, `${part}[${i}]: ${value}, expected ${expected[part].data[i]}`));
      }
    });
  }

  it('TransposeMatMul, FeatureVectorizer and ArrayFeatureExtractor agree with their kernels', async () => {
    const model = (dims: readonly number[], nodes: readonly NodeLine[]): ModelFile => tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, initializers: { w: randomInit(random, [5, 4]) }, nodes: [...nodes, ['Flatten', ['o'], ['y'], { axis: 1 }]], opset: 17 });
    await checkWrittenOut(model([2, 3, 5], [['com.microsoft:TransposeMatMul', ['x', 'w'], ['o'], { alpha: { float: 0.6 } }]]), random, { what: 'TransposeMatMul', gone: ['TransposeMatMul'] });
    await checkWrittenOut(model([2, 4], [['ai.onnx.ml:FeatureVectorizer', ['x'], ['o'], { inputdimensions: [4] }]]), random, { what: 'FeatureVectorizer', gone: ['FeatureVectorizer'] });
    const picked = tiny({ inputs: { x: ['float32', [2, 4]] }, outputs: { y: 'float32' }, nodes: [['ai.onnx.ml:ArrayFeatureExtractor', ['x', 'i'], ['o']], ['Flatten', ['o'], ['y'], { axis: 1 }]], initializers: { i: init([1, 3], [2, 0, 3], 'int64') }, opset: 17 });
    await checkWrittenOut(picked, random, { what: 'ArrayFeatureExtractor', gone: ['ArrayFeatureExtractor'] });
  });
});
