/** SmoothGrad and its kin, and GradientSHAP, on models whose expectations are known, through the real engine room. */
import assert from 'node:assert/strict';
import { Moments } from '../../../src/methods/moments';
import { methodById } from '../../../src/methods/registry';
import { floatTensor } from '../../../src/tensor/tensor';
import { explain, linearModel, row, runtimeModel, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= tolerance, `element ${i}: ${actual[i]}, expected ${value}`));
};

const weights = [[1, -2, 0.5], [3, 0, -1]];
const linear = linearModel(weights, [0.25, -1]);
const x = [0.3, 2, -4];

/** y = x₀² + 3 x₁: gradient (2 x₀, 3). */
const quadratic = tinyModel(['N', 2], { y: { dims: ['N', 1] } }, (b, input) => {
  const [first, second] = b.split(input, 1, [1, 1]);
  return { y: b.op('Add', [b.op('Mul', [first!, first!]), b.op('Mul', [second!, b.constant([3], 'float32', [1])])]) };
});

after(() => sessions.releaseAll());

describe('noise tunnels in closed form', () => {
  it('of a linear model: its weights, their squares, no variance; and they stop at once', async () => {
    const smooth = await explain(linear, row(...x), 'smoothgrad');
    close(smooth.result.values!.data, weights[0]!);
    assert.ok(smooth.result.checks.every(({ ok }) => ok), JSON.stringify(smooth.result.checks));
    assert.ok((smooth.result.chosen!.nSamples as number) < 25, 'without noise in the gradient fewer draws are enough');
    close((await explain(linear, row(...x), 'squaregrad')).result.values!.data, weights[0]!.map((w) => w * w));
    close((await explain(linear, row(...x), 'vargrad')).result.values!.data, [0, 0, 0]);
    close([smooth.result.score], [0.3 - 4 - 2 + 0.25]);
  });

  it('of x²: mean 2x, mean square 4x² + 4σ², variance 4σ²', async () => {
    const parameters = { nSamples: 20_000, sigma: 0.5, sigmaUnit: 'input' };
    const of = async (id: string) => (await explain(quadratic, row(1.5, 2), id, { parameters })).result.values!.data;
    close(await of('smoothgrad'), [3, 3], 0.03);
    close(await of('squaregrad'), [9 + 4 * 0.25, 9], 0.2);
    close(await of('vargrad'), [1, 0], 0.05);
  });

  it('noise in units of the range: σ · (max − min)', async () => {
    const range = await explain(quadratic, row(1.5, -0.5), 'vargrad', { parameters: { nSamples: 4000, sigma: 0.25 } });
    close(range.result.values!.data, [4 * 0.5 ** 2, 0], 0.1);
  });

  it('the same seed gives the same numbers, whatever the batches are', async () => {
    const parameters = { nSamples: 30 };
    const once = await explain(quadratic, row(1.5, 2), 'smoothgrad', { parameters }), again = await explain(quadratic, row(1.5, 2), 'smoothgrad', { parameters });
    assert.deepEqual([...once.result.values!.data], [...again.result.values!.data]);
    const method = methodById('smoothgrad'), single = Object.assign(Object.create(runtimeModel(quadratic, [1, 2])) as ReturnType<typeof runtimeModel>, { batchFor: () => 1 });
    const run = method.explain({ model: single, feeds: { x: row(1.5, 2) }, input: 'x', kind: 'table', target: { output: 'y', index: 0, space: 'logit' }, parameters, tensors: {}, seed: 1, signal: new AbortController().signal });
    let step = await run.next();
    const errors: number[] = [];
    while (!step.done) {
      if (step.value.standardError !== undefined) errors.push(step.value.standardError);
      step = await run.next();
    }
    close(step.value.values!.data, [...once.result.values!.data], 1e-6);
    assert.equal(errors.length, 29, 'a look at every draw, from the second on');
    assert.ok(errors.at(-1)! < errors[3]!, 'the standard error shrinks');
  });

  it('over Integrated Gradients: of a linear model, w · x at every draw', async () => {
    const { result } = await explain(linear, row(...x), 'smoothgrad', { parameters: { over: 'integrated-gradients', nSamples: 4, sigma: 0 } });
    close(result.values!.data, weights[0]!.map((w, i) => w * x[i]!), 1e-4);
  });

  it('draws made elsewhere are taken as they are', async () => {
    const noise = floatTensor([2, 2], Float32Array.of(1, 0, -0.5, 2));
    const { result } = await explain(quadratic, row(1.5, 2), 'smoothgrad', { parameters: { nSamples: 2 }, tensors: { noise } });
    close(result.values!.data, [2 * (1.5 + 0.25), 3]);
    await assert.rejects(explain(quadratic, row(1.5, 2), 'smoothgrad', { tensors: { noise: floatTensor([3]) } }), /noise: found 3 values, expected a multiple of the input's 2/);
  });
});

describe('GradientSHAP in closed form', () => {
  const background = floatTensor([2, 3], Float32Array.of(1, 0, 0, -1, 2, 4));

  it('of a linear model: w · (x − mean of the background), by enough draws; adds up', async () => {
    const { result } = await explain(linear, row(...x), 'gradient-shap', { parameters: { nSamples: 4000 }, tensors: { background } });
    close(result.values!.data, weights[0]!.map((w, i) => w * (x[i]! - (background.data[i]! + background.data[3 + i]!) / 2)), 0.1);
    const [completeness] = result.checks;
    assert.ok(completeness!.ok && Math.abs(completeness!.value) < 1e-3, completeness!.message);
    assert.equal(result.chosen!.background, 'table');
  });

  it('without a background: noise in the input\'s range, said so; a file has to fit', async () => {
    const { result } = await explain(linear, row(...x), 'gradient-shap');
    assert.equal(result.chosen!.background, 'uniform');
    assert.ok((result.chosen!.nSamples as number) <= 200);
    await assert.rejects(explain(linear, row(...x), 'gradient-shap', { parameters: { background: 'file' }, tensors: { backgroundFile: floatTensor([2, 4]) } }), /found samples of dims \[2, 4\], expected \[N, 3\]/);
    await assert.rejects(explain(linear, row(...x), 'gradient-shap', { parameters: { background: 'file' } }), /needs the path of a file/);
  });

  it('ends between batches once cancelled', async () => {
    const controller = new AbortController();
    const run = methodById('gradient-shap').explain({ model: runtimeModel(linear, [1, 3]), feeds: { x: row(...x) }, input: 'x', kind: 'table', target: { output: 'y', index: 0, space: 'logit' }, parameters: { nSamples: 300 }, tensors: {}, seed: 0, signal: controller.signal });
    const first = await run.next();
    assert.ok(!first.done && first.value.partial && first.value.done < 300);
    controller.abort(new Error('cancelled by the test'));
    await assert.rejects(run.next(), /cancelled by the test/);
  });
});

describe('moments', () => {
  it('the standard error of a mean falls with the root of the number of draws', () => {
    const moments = new Moments(2, 'mean');
    for (let k = 0; k < 100; k++) moments.add(Float32Array.of(k % 2 ? 1 : 3, 10));
    assert.ok(Math.abs(moments.standardError()! - 1 / Math.sqrt(99) / Math.sqrt(2) / 10) < 1e-6);
    assert.deepEqual([...moments.estimate([2]).data], [2, 10]);
    assert.equal(new Moments(1, 'square').standardError(), undefined);
  });
});
