/** Saliency and Integrated Gradients against closed forms, through the real engine room. */
import assert from 'node:assert/strict';
import type { Parameters } from '../../../src/methods/method';
import { methodById } from '../../../src/methods/registry';
import { floatTensor } from '../../../src/tensor/tensor';
import { explain, linearModel, row, runtimeModel, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= tolerance, `element ${i}: ${actual[i]}, expected ${value}`));
};

const weights = [[1, -2, 0.5], [3, 0, -1]];
const linear = linearModel(weights, [0.25, -1]);

/** y = Σ aᵢ xᵢ² + x₀ x₁. */
const a = [1, -2, 3];
const quadratic = tinyModel(['N', 3], { y: { dims: ['N', 1] } }, (b, x) => {
  const squares = b.op('MatMul', [b.op('Mul', [x, x]), b.constant(a, 'float32', [3, 1])]);
  const [first, second] = b.split(x, 1, [1, 1, 1]);
  return { y: b.op('Add', [squares, b.op('Mul', [first!, second!])]) };
});

/** y = relu(x₀ + x₁ − 1): along the path from 0 the gradient jumps once, at α = 1 / (x₀ + x₁). */
const hinge = tinyModel(['N', 2], { y: { dims: ['N', 1] } }, (b, x) => {
  const total = b.op('MatMul', [x, b.constant([1, 1], 'float32', [2, 1])]);
  return { y: b.op('Relu', [b.op('Sub', [total, b.constant([1], 'float32', [1])])]) };
});

after(() => sessions.releaseAll());

describe('saliency in closed form', () => {
  it('of a linear model: the weights', async () => {
    for (const index of [0, 1]) {
      const signed = await explain(linear, row(0.3, 2, -4), 'saliency', { index, parameters: { abs: false } });
      close(signed.result.values!.data, weights[index]!);
      const { result } = await explain(linear, row(0.3, 2, -4), 'saliency', { index });
      close(result.values!.data, weights[index]!.map(Math.abs));
      assert.ok(result.checks[0]!.ok);
      close([result.checks[0]!.value], [Math.max(...weights[index]!.map(Math.abs))]);
    }
    const { result, progress } = await explain(linear, row(0.3, 2, -4), 'saliency', { index: 1 });
    close([result.score], [3 * 0.3 + 4 - 1]);
    assert.deepEqual(progress.map(({ done, total }) => [done, total]), [[0, 1], [1, 1]]);
  });

  it('of a probability: p (w − Σ p w) for a softmax', async () => {
    const x = [0.1, 0.2, 0.3];
    const { result } = await explain(linear, row(...x), 'saliency', { index: 0, space: 'probability', parameters: { abs: false } });
    const logits = weights.map((w, k) => w.reduce((sum, value, i) => sum + value * x[i]!, [0.25, -1][k]!));
    const p = 1 / (1 + Math.exp(logits[1]! - logits[0]!));
    close([result.score], [p]);
    close(result.values!.data, weights[0]!.map((value, i) => p * (1 - p) * (value - weights[1]![i]!)));
  });

  it('says why a gradient is zero: a saturated probability, or units switched off', async () => {
    const saturated = await explain(linearModel([[100, 0], [0, 100]], [0, 0]), row(10, -10), 'saliency', { space: 'probability' });
    assert.equal(saturated.result.checks[0]!.ok, false);
    assert.match(saturated.result.checks[0]!.message, /saturated.*look at the logit/);
    const off = await explain(hinge, row(0.2, 0.25), 'saliency', { parameters: {} });
    assert.equal(off.result.checks[0]!.ok, false);
    assert.match(off.result.checks[0]!.message, /zero everywhere.*switched off/);
  });

  it('does not apply behind an argmax, and says which node is in the way', async () => {
    const model = tinyModel(['N', 3], { y: { dims: ['N'], dtype: 'int64' } }, (b, x) => ({ y: b.op('ArgMax', [x], { axis: 1, keepdims: 0 }) }));
    const answer = await methodById('saliency').applies({ model: runtimeModel(model, [1, 3]), target: { output: 'y', index: 0, space: 'output' }, input: 'x', kind: 'table' });
    assert.equal(answer.applies, false);
    assert.match(answer.reason!, /ArgMax/);
  });
});

describe('integrated gradients in closed form', () => {
  it('of a linear model: w · (x − b), with any rule and any number of steps', async () => {
    const x = [0.3, 2, -4], baseline = floatTensor([1, 3], Float32Array.of(1, -1, 0.5));
    const expected = weights[0]!.map((w, i) => w * (x[i]! - baseline.data[i]!));
    const variants: Parameters[] = [{}, { nSteps: 1 }, { nSteps: 7 }, { nSteps: 5, quadrature: 'riemann_middle' }, { nSteps: 4, quadrature: 'riemann_left' }];
    for (const parameters of variants) {
      const { result } = await explain(linear, row(...x), 'integrated-gradients', { parameters: { ...parameters, baseline: 'file', baselineFile: 'b.npy' }, tensors: { baselineFile: baseline } });
      close(result.values!.data, expected);
      assert.ok(result.checks[0]!.ok && Math.abs(result.checks[0]!.value) < 1e-4, result.checks[0]!.message);
    }
  });

  it("captum's trapezoid falls short by 1/n, and the check says so", async () => {
    const { result } = await explain(linear, row(0.3, 2, -4), 'integrated-gradients', { parameters: { nSteps: 20, quadrature: 'riemann_trapezoid', baseline: 'zeros' } });
    close(result.values!.data, weights[0]!.map((w, i) => (19 / 20) * w * [0.3, 2, -4][i]!));
    assert.equal(result.checks[0]!.ok, false);
    assert.match(result.checks[0]!.message, /5\.0 % off, more than the 1 % wanted/);
  });

  it('of a quadratic model: exact with two Gauss–Legendre nodes', async () => {
    const x = [2, -1, 0.5];
    // ∂y/∂x₀ = 2 a₀ x₀ + x₁ and so on; along x′ = 0 the mean gradient is half of that at x.
    const expected = [a[0]! * x[0]! ** 2 + (x[0]! * x[1]!) / 2, a[1]! * x[1]! ** 2 + (x[0]! * x[1]!) / 2, a[2]! * x[2]! ** 2];
    const { result } = await explain(quadratic, row(...x), 'integrated-gradients', { parameters: { nSteps: 2 } });
    close(result.values!.data, expected);
    const { result: captum } = await explain(quadratic, row(...x), 'integrated-gradients', { preset: 'captum' });
    close(captum.values!.data, expected, 1e-4);
    assert.deepEqual(captum.chosen, {});
  });

  it('of a hinge: x (1 − 1/Σx); steps are added until it adds up', async () => {
    const x = [1.7, 0.9], share = 1 - 1 / (x[0]! + x[1]!);
    const { result } = await explain(hinge, row(...x), 'integrated-gradients');
    close(result.values!.data, x.map((value) => value * share), 0.02);
    const [check] = result.checks;
    assert.ok(check!.ok && Math.abs(check!.value) <= 0.01 * result.score, check!.message);
    assert.ok((result.chosen!.nSteps as number) >= 12 && (result.chosen!.nSteps as number) < 40);
    const { result: exact } = await explain(hinge, row(...x), 'integrated-gradients', { parameters: { tolerance: 1e-5, maxSteps: 500 } });
    close(exact.values!.data, x.map((value) => value * share), 1e-4);
  });

  it('stops at the budget and says that it did not add up', async () => {
    // A hundred hinges of wildly varying weight along the path: no few steps can follow them.
    const teeth = Array.from({ length: 100 }, (_, k) => (k + 0.5) / 100);
    const saw = tinyModel(['N', 1], { y: { dims: ['N', 1] } }, (b, x) => {
      const hidden = b.op('Relu', [b.op('Sub', [b.op('MatMul', [x, b.constant(teeth.map(() => 1), 'float32', [1, 100])]), b.constant(teeth, 'float32', [100])])]);
      return { y: b.op('MatMul', [hidden, b.constant(teeth.map((_, k) => 40 * Math.sin(k * k)), 'float32', [100, 1])]) };
    });
    const { result } = await explain(saw, row(1), 'integrated-gradients', { parameters: { maxSteps: 13, tolerance: 1e-6 } });
    assert.equal(result.chosen!.nSteps, 12, 'steps are taken in pairs');
    assert.equal(result.checks[0]!.ok, false);
    assert.match(result.checks[0]!.message, /take more steps/);
  });

  it('every partial estimate is one of the whole', async () => {
    const { result, progress } = await explain(linear, row(0.3, 2, -4), 'integrated-gradients', { parameters: { nSteps: 300, baseline: 'zeros' } });
    const partials = progress.filter(({ partial }) => partial);
    assert.ok(partials.length >= 2, `${partials.length} partial results`);
    for (const { partial, done, total } of partials) {
      assert.deepEqual(partial!.dims, [1, 3]);
      close(partial!.data, [...result.values!.data], 1e-4);
      assert.ok(done <= total);
    }
    const refined = await explain(hinge, row(1.7, 0.9), 'integrated-gradients');
    assert.ok(refined.progress.filter(({ partial }) => partial).length >= 2);
    const last = refined.progress[refined.progress.length - 1]!;
    assert.equal(last.done, last.total);
  });

  it('uniform baselines are averaged: w · (x − mean of the draws)', async () => {
    const x = [0.3, 2, -4];
    const once = await explain(linear, row(...x), 'integrated-gradients', { parameters: { baseline: 'uniform', nBaselines: 6, nSteps: 3 } });
    const again = await explain(linear, row(...x), 'integrated-gradients', { parameters: { baseline: 'uniform', nBaselines: 6, nSteps: 3 } });
    assert.deepEqual([...once.result.values!.data], [...again.result.values!.data]);
    // All draws lie within the input's range, so each attribution has the sign and size of w · (x − something there).
    once.result.values!.data.forEach((value, i) => {
      const ends = [-4, 2].map((end) => weights[0]![i]! * (x[i]! - end));
      assert.ok(value >= Math.min(...ends) - 1e-5 && value <= Math.max(...ends) + 1e-5);
    });
    assert.ok(once.result.checks[0]!.ok);
  });

  it('a baseline that scores as the input does leaves nothing to explain', async () => {
    const { result } = await explain(linear, row(0, 0, 0), 'integrated-gradients');
    assert.match(result.checks[0]!.message, /nothing to explain/);
  });

  it('ends between batches once cancelled', async () => {
    const controller = new AbortController();
    const method = methodById('integrated-gradients');
    const run = method.explain({
      model: runtimeModel(linear, [1, 3]), feeds: { x: row(1, 2, 3) }, input: 'x', kind: 'table', target: { output: 'y', index: 0, space: 'logit' },
      parameters: { nSteps: 40 }, tensors: {}, seed: 0, signal: controller.signal,
    });
    const first = await run.next();
    assert.ok(!first.done && first.value.partial);
    controller.abort(new Error('cancelled by the test'));
    await assert.rejects(run.next(), /cancelled by the test/);
  });
});
