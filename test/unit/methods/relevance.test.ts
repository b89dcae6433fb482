/** Methods built on other rules than the gradient's, through the real engine room: closed forms, presets, self-checks. */
import assert from 'node:assert/strict';
import { methodById } from '../../../src/methods/registry';
import { floatTensor } from '../../../src/tensor/tensor';
import { explain, linearModel, row, runtimeModel, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-4): void => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= tolerance, `element ${i}: ${actual[i]}, expected ${value}`));
};
const check = (result: { checks: readonly { id: string; ok: boolean; value: number; message: string }[] }, id: string) => {
  const found = result.checks.find((item) => item.id === id);
  assert.ok(found, `no check '${id}'`);
  return found;
};

const weights = [[1, -2, 0.5], [3, 0, -1]];
const linear = linearModel(weights, [0.25, -1]);

/** y = relu(x₀ + x₁) − 2·relu(x₀ − x₁), without biases. */
const twoUnits = tinyModel(['N', 2], { y: { dims: ['N', 1] } }, (b, x) => ({
  y: b.op('MatMul', [b.op('Relu', [b.op('MatMul', [x, b.constant([1, 1, 1, -1], 'float32', [2, 2])])]), b.constant([1, -2], 'float32', [2, 1])]),
}));

/** A picture's convolution with a bias, pooled: [1, 3, 4, 4] → 2 classes. */
const pictures = (layout: 'NCHW' | 'NHWC') => tinyModel(layout === 'NCHW' ? ['N', 3, 4, 4] : ['N', 4, 4, 3], { y: { dims: ['N', 2] } }, (b, x) => {
  const first = layout === 'NCHW' ? x : b.transpose(x, [0, 3, 1, 2]);
  const kernel = b.constant(Array.from({ length: 2 * 3 * 9 }, (_, i) => Math.sin(i + 1)), 'float32', [2, 3, 3, 3]);
  const hidden = b.op('Relu', [b.op('Conv', [first, kernel, b.constant([0.5, -0.25], 'float32', [2])], { pads: [1, 1, 1, 1] })]);
  return { y: b.reshape(b.op('GlobalAveragePool', [hidden]), [-1, 2]) };
});
const picture = (layout: 'NCHW' | 'NHWC') => {
  const at = (c: number, i: number): number => Math.cos(3 * i + c);
  return floatTensor(layout === 'NCHW' ? [1, 3, 4, 4] : [1, 4, 4, 3], Float32Array.from({ length: 48 }, (_, k) => (layout === 'NCHW' ? at(Math.floor(k / 16), k % 16) : at(k % 3, Math.floor(k / 3)))));
};

after(() => sessions.releaseAll());

describe('input × gradient', () => {
  it('of a linear model: weight × input, of a network of rectifiers without biases: the score in all', async () => {
    const { result } = await explain(linear, row(2, 3, -4), 'input-x-gradient', { index: 1 });
    close(result.values!.data, [6, 0, 4]);
    const relu = await explain(twoUnits, row(3, 1), 'input-x-gradient');
    close([relu.result.values!.data.reduce((a, b) => a + b, 0)], [relu.result.score]);
  });
});

describe('guided backpropagation and deconvnet', () => {
  it('hand back only what raises the score, and say what the maps are worth', async () => {
    close((await explain(twoUnits, row(3, 1), 'guided-backprop')).result.values!.data, [1, 1]);
    const deconvnet = await explain(twoUnits, row(1, -3), 'deconvnet'); // its first unit is off here
    close(deconvnet.result.values!.data, [1, 1]);
    close((await explain(twoUnits, row(1, -3), 'guided-backprop')).result.values!.data, [0, 0]);
    assert.match(check(deconvnet.result, 'parameterRandomisation').message, /fails the parameter-randomisation check/);
    const none = await explain(linear, row(1, 1, 1), 'guided-backprop', { index: 1 });
    close(none.result.values!.data, weights[1]!);
    assert.match(check(none.result, 'rectifiers').message, /no rectifiers.*plain gradient/);
  });

  it('guided Grad-CAM lies over the picture in either layout; as captum, over the last two axes', async () => {
    const options = { kind: 'image' as const };
    const first = (await explain(pictures('NCHW'), picture('NCHW'), 'guided-grad-cam', options)).result, last = (await explain(pictures('NHWC'), picture('NHWC'), 'guided-grad-cam', options)).result;
    close(last.values!.data, Array.from({ length: 48 }, (_, k) => first.values!.data[(k % 3) * 16 + Math.floor(k / 3)]!));
    assert.ok(first.values!.data.some((value) => value !== 0));
    const captum = (await explain(pictures('NCHW'), picture('NCHW'), 'guided-grad-cam', { ...options, preset: 'captum' })).result;
    close(captum.values!.data, [...first.values!.data]);
  });
});

describe('DeepLIFT', () => {
  it('of a linear model: weight × (input − baseline), and it adds up', async () => {
    const baseline = floatTensor([1, 3], Float32Array.of(1, 1, 1));
    const { result } = await explain(linear, row(2, 3, -4), 'deeplift', { parameters: { baseline: 'file' }, tensors: { baselineFile: baseline } });
    close(result.values!.data, [1, -4, -2.5]);
    assert.ok(check(result, 'completenessDelta').ok);
  });

  it('adds up for the probability behind a softmax as well', async () => {
    for (const preset of ['captum', 'shap']) {
      const { result } = await explain(linear, row(0.3, 1, -0.5), 'deeplift', { space: 'probability', preset });
      const delta = check(result, 'completenessDelta');
      assert.ok(delta.ok && Math.abs(delta.value) < 1e-5, delta.message);
    }
  });

  it('averages over several baselines', async () => {
    const { result, progress } = await explain(linear, row(1, 2, 3), 'deeplift', { parameters: { baseline: 'uniform', nBaselines: 3 } });
    assert.equal(progress.at(-1)!.done, 3);
    assert.ok(check(result, 'completenessDelta').ok);
  });
});

describe('LRP', () => {
  it('of a linear model: weight × input, and what the bias took', async () => {
    const { result } = await explain(linear, row(2, 3, -4), 'lrp', { index: 1, preset: 'epsilon' });
    close(result.values!.data, [6, 0, 4]);
    const conservation = check(result, 'conservation');
    assert.ok(conservation.ok);
    assert.match(conservation.message, /add up to 10\.00 of the score 9\.000; biases took -1\.000, which accounts/);
  });

  it('says so when relevance vanishes into biases', async () => {
    const { result } = await explain(linearModel([[1e-4, 0]], [5]), row(1, 1), 'lrp', { preset: 'epsilon' });
    const conservation = check(result, 'conservation');
    assert.ok(!conservation.ok);
    assert.match(conservation.message, /biases took 5\.000: the map shares out the little that is left/);
  });

  it('knows the range of the box rule from black and white, from files, or from the input', async () => {
    const x = picture('NHWC'), file = pictures('NHWC'), options = { kind: 'image' as const, preset: 'epsilon-gamma-box' };
    const black = floatTensor(x.dims, new Float32Array(48).fill(-1)), white = floatTensor(x.dims, new Float32Array(48).fill(1));
    const known = await explain(file, x, 'lrp', { ...options, tensors: { black, white } });
    assert.match(String(known.result.chosen!.range), /black to white/);
    const given = await explain(file, x, 'lrp', { ...options, tensors: { low: floatTensor([3], Float32Array.of(-1, -1, -1)), high: floatTensor([1], Float32Array.of(1)) } });
    close(given.result.values!.data, [...known.result.values!.data]);
    assert.equal((await explain(file, x, 'lrp', options)).result.chosen!.range, 'of this input itself');
    await assert.rejects(explain(file, x, 'lrp', { ...options, tensors: { low: black } }), /parameter 'high': found none/);
    await assert.rejects(explain(file, x, 'lrp', { ...options, tensors: { low: floatTensor([5], new Float32Array(5)), high: white } }), /found dims \[5\], expected one number, \d \(one a channel\)/);
  });

  it('every preset gives finite relevances', async () => {
    for (const preset of Object.keys(methodById('lrp').presets)) {
      const { result } = await explain(pictures('NCHW'), picture('NCHW'), 'lrp', { preset, kind: 'image' });
      assert.ok(result.values!.data.every(Number.isFinite) && result.values!.data.some((value) => value !== 0), preset);
    }
  });
});

describe('FullGrad', () => {
  it('is a map from 0 to 1 over the picture, the same in either layout', async () => {
    const maps = await Promise.all((['NCHW', 'NHWC'] as const).map(async (layout) => (await explain(pictures(layout), picture(layout), 'full-grad', { kind: 'image' })).result));
    close(maps[1]!.cam!.data, [...maps[0]!.cam!.data]);
    close([Math.max(...maps[0]!.cam!.data), Math.min(...maps[0]!.cam!.data)], [1, 0], 1e-5);
    assert.equal(check(maps[0]!, 'biasLayers').value, 1);
  });

  it('does not apply to what is no picture', async () => {
    const applies = await methodById('full-grad').applies({ model: runtimeModel(linear, [1, 3]), target: { output: 'y', index: 0, space: 'logit' }, input: 'x', kind: 'table' });
    assert.deepEqual([applies.applies, /has 2 dims, not 4/.test(applies.reason!)], [false, true]);
  });
});

describe('methods of other rules', () => {
  it('name the op where no path leads from the target to the input', async () => {
    const rounded = tinyModel(['N', 2], { y: { dims: ['N', 2] } }, (b, x) => ({ y: b.op('Round', [x]) }));
    for (const id of ['input-x-gradient', 'guided-backprop', 'deconvnet', 'deeplift', 'lrp']) {
      const { applies, reason } = await methodById(id).applies({ model: runtimeModel(rounded, [1, 2]), target: { output: 'y', index: 0, space: 'output' }, input: 'x', kind: 'table' });
      assert.ok(!applies && /Round/.test(reason!), `${id}: ${reason}`);
    }
  });
});
