/** Blur IG, Guided IG and XRAI on small models and pictures, through the real engine room. */
import assert from 'node:assert/strict';
import type { Parameters } from '../../../src/methods/method';
import { methodById } from '../../../src/methods/registry';
import { floatTensor } from '../../../src/tensor/tensor';
import { zeroBlur } from '../../../src/tensor/zeroBlur';
import { explain, linearModel, row, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `element ${i}: ${actual[i]}, expected ${expected[i]}`);
};

const side = 16, cells = side * side;
const weights = Array.from({ length: cells }, (_, i) => Math.sin(i * 1.7));
/** y = w · picture. */
const linear = tinyModel(['N', 1, side, side], { y: { dims: ['N', 1] } }, (b, x) => ({
  y: b.op('MatMul', [b.op('Flatten', [x], { axis: 1 }), b.constant(weights, 'float32', [cells, 1])]),
}));
const picture = floatTensor([1, 1, side, side], Float32Array.from({ length: cells }, (_, i) => (i % side > 7 ? 1 : 0) + ((i * 7) % 5) / 10));

after(() => sessions.releaseAll());

describe('Blur Integrated Gradients in closed form', () => {
  it('of a linear model: w · (x − blurred x), and it adds up', async () => {
    const { result, progress } = await explain(linear, picture, 'blur-ig', { parameters: { maxSigma: 4, nSteps: 800, gradStep: 0.001 } });
    const blurred = zeroBlur(picture.data, 1, side, side, 4);
    close(result.values!.data, weights.map((w, i) => w * (picture.data[i]! - blurred[i]!)), 0.05);
    assert.ok(result.checks[0]!.ok, result.checks[0]!.message);
    assert.ok(progress.some(({ partial }) => partial !== undefined));
    const sqrt = await explain(linear, picture, 'blur-ig', { parameters: { maxSigma: 4, nSteps: 800, gradStep: 0.001, sqrt: true } });
    assert.ok(sqrt.result.checks[0]!.ok, sqrt.result.checks[0]!.message);
  });

  it('channels last are blurred one by one', async () => {
    const last = tinyModel(['N', side, side, 1], { y: { dims: ['N', 1] } }, (b, x) => ({ y: b.op('MatMul', [b.op('Flatten', [x], { axis: 1 }), b.constant(weights, 'float32', [cells, 1])]) }));
    const parameters = { maxSigma: 3, nSteps: 20 };
    const a = await explain(linear, picture, 'blur-ig', { parameters }), b = await explain(last, floatTensor([1, side, side, 1], picture.data), 'blur-ig', { parameters });
    close(b.result.values!.data, a.result.values!.data);
  });
});

describe('Guided Integrated Gradients', () => {
  it('of a linear model: w · (x − baseline), whichever way the path takes', async () => {
    const model = linearModel([[1, -2, 0.5, 0]], [0]), x = [3, -1, 2, 5];
    const variants: Parameters[] = [{}, { fraction: 0.5, maxDist: 1 }, { maxDist: 0 }, { nSteps: 7 }];
    for (const parameters of variants) {
      const { result } = await explain(model, row(...x), 'guided-ig', { parameters });
      close(result.values!.data, [3, 2, 1, 0]);
      assert.ok(result.checks[0]!.ok);
    }
  });

  it('moves first what matters least: x₀ x₁² from 0', async () => {
    // Along the straight path the parts are x₀: 1/3, x₁: 2/3 of 1. The gradient to x₁ is larger (2 x₀ x₁ > x₁²), so x₀ runs ahead.
    const model = tinyModel(['N', 2], { y: { dims: ['N', 1] } }, (b, x) => {
      const [p, q] = b.split(x, 1, [1, 1]);
      return { y: b.op('Mul', [p!, b.op('Mul', [q!, q!])]) };
    });
    const { result: straight } = await explain(model, row(1, 1), 'guided-ig', { parameters: { nSteps: 2000, fraction: 0, maxDist: 0 } });
    close(straight.values!.data, [1 / 3, 2 / 3], 5e-3);
    const { result } = await explain(model, row(1, 1), 'guided-ig', { parameters: { nSteps: 2000, fraction: 0, maxDist: 1 } });
    assert.ok(result.values!.data[0]! < 0.3, `${result.values!.data[0]}`);
    close([result.values!.data[0]! + result.values!.data[1]!], [1], 5e-3);
  });

  it('of an input that equals the baseline: nothing', async () => {
    const { result } = await explain(linearModel([[1, 2]], [1]), row(0, 0), 'guided-ig', { parameters: { nSteps: 3 } });
    close(result.values!.data, [0, 0]);
  });
});

describe('XRAI', () => {
  it('marks the half of the picture that makes the score, evenly', async () => {
    const right = tinyModel(['N', 1, 32, 32], { y: { dims: ['N', 1] } }, (b, x) => ({ y: b.op('ReduceSum', [b.slice(x, [16], [32], [3]), b.int64s([1, 2, 3])], { keepdims: 0 }) }));
    const halves = floatTensor([1, 1, 32, 32], Float32Array.from({ length: 1024 }, (_, i) => (i % 32 < 16 ? -1 : 1)));
    const { result } = await explain(right, halves, 'xrai', { parameters: { nSteps: 4, dilation: 0 } });
    const at = (y: number, x: number) => result.values!.data[y * 32 + x]!;
    assert.ok(at(16, 28) > at(16, 4) + 0.5, `${at(16, 28)} on the right, ${at(16, 4)} on the left`);
    assert.equal(at(4, 28), at(28, 28), 'one region, one value');
    assert.ok(result.checks.every(({ ok }) => ok), JSON.stringify(result.checks));
    await assert.rejects(explain(right, halves, 'xrai', { parameters: { scales: '50,x' } }), /parameter 'scales': found '50,x'/);
    assert.equal(methodById('xrai').onePlane, true);
  });
});
