import assert from 'node:assert/strict';
import { baselineNames, resolveBaselines } from '../../../src/methods/baselines';
import type { MethodContext, Parameters } from '../../../src/methods/method';
import { ParameterError, ParameterReader, resolveParameters } from '../../../src/methods/parameters';
import { methodById } from '../../../src/methods/registry';
import { floatTensor } from '../../../src/tensor/tensor';

/** 2 channels of 2×2: 1…4 and 10…40, channels first. */
const picture = floatTensor([1, 2, 2, 2], Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40));
const interleaved = floatTensor([1, 2, 2, 2], Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40));

function resolve(given: Parameters, over: Partial<Pick<MethodContext, 'feeds' | 'layout' | 'kind' | 'tensors' | 'seed'>> = {}): number[][] {
  const { parameters } = resolveParameters(methodById('integrated-gradients'), given);
  const context = { feeds: { x: picture }, input: 'x', layout: 'NCHW', kind: 'image', tensors: {}, seed: 5, ...over } as const;
  return resolveBaselines(context, new ParameterReader(parameters)).map((baseline) => [...baseline]);
}

describe('baselines', () => {
  it('black is what the engine resolved, else zeros; zeros are zeros', () => {
    const black = floatTensor([1, 2, 2, 2], new Float32Array(8).fill(-2));
    assert.deepEqual(resolve({ baseline: 'black' }, { tensors: { black } }), [new Array(8).fill(-2)]);
    assert.deepEqual(resolve({ baseline: 'black' }), [new Array(8).fill(0)]);
    assert.deepEqual(resolve({ baseline: 'zeros' }, { tensors: { black } }), [new Array(8).fill(0)]);
  });

  it('mean is each channel\'s own, in either layout', () => {
    assert.deepEqual(resolve({ baseline: 'mean' }), [[2.5, 2.5, 2.5, 2.5, 25, 25, 25, 25]]);
    assert.deepEqual(resolve({ baseline: 'mean' }, { feeds: { x: interleaved }, layout: 'NHWC' }), [[2.5, 25, 2.5, 25, 2.5, 25, 2.5, 25]]);
  });

  it('blur keeps each channel\'s mean and takes away its contrast', () => {
    const [blurred] = resolve({ baseline: 'blur', blurSigma: 5 });
    for (const value of blurred!.slice(0, 4)) assert.ok(Math.abs(value - 2.5) < 0.5);
    for (const value of blurred!.slice(4)) assert.ok(Math.abs(value - 25) < 5);
  });

  it('uniform is drawn from the input\'s own range, by the seed', () => {
    const draws = resolve({ baseline: 'uniform', nBaselines: 3 });
    assert.equal(draws.length, 3);
    assert.ok(draws.flat().every((value) => value >= 1 && value <= 40));
    assert.notDeepEqual(draws[0], draws[1]);
    assert.deepEqual(resolve({ baseline: 'uniform', nBaselines: 3 }), draws);
    assert.notDeepEqual(resolve({ baseline: 'uniform', nBaselines: 3 }, { seed: 6 }), draws);
    const bounds = { black: floatTensor([1, 2, 2, 2], new Float32Array(8).fill(-1)), white: floatTensor([1, 2, 2, 2], new Float32Array(8).fill(1)) };
    assert.ok(resolve({ baseline: 'uniform' }, { tensors: bounds }).flat().every((value) => value >= -1 && value <= 1));
  });

  it('a file is taken as it is, in any real type, with or without the batch dim', () => {
    const tensor = { dtype: 'float64', dims: [2, 2, 2], data: Float64Array.from({ length: 8 }, (_, i) => i) } as const;
    assert.deepEqual(resolve({ baseline: 'file', baselineFile: 'b.npy' }, { tensors: { baselineFile: tensor } }), [[0, 1, 2, 3, 4, 5, 6, 7]]);
  });

  it('refuses what does not fit, naming it', () => {
    const refused = (work: () => unknown, pattern: RegExp) => assert.throws(work, (error) => error instanceof ParameterError && pattern.test(error.message));
    refused(() => resolve({ baseline: 'file' }), /'baselineFile'.*found none/);
    refused(() => resolve({ baseline: 'file' }, { tensors: { baselineFile: floatTensor([1, 3]) } }), /found dims \[1, 3\], expected \[1, 2, 2, 2\]/);
    const row = { feeds: { x: floatTensor([1, 3], Float32Array.of(1, 2, 3)) }, kind: 'table', layout: undefined } as const;
    refused(() => resolve({ baseline: 'blur' }, row), /baseline = blur needs a picture: found an input of dims \[1, 3\]/);
    refused(() => resolve({ baseline: 'mean' }, row), /mean of a table input needs a data set/);
    for (const baseline of baselineNames) if (!['blur', 'mean', 'file'].includes(baseline)) assert.ok(resolve({ baseline }, row).length > 0);
  });
});
