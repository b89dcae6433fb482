/** Inputs cut into features, what takes the place of hidden ones, and the scores of coalitions. */
import assert from 'node:assert/strict';
import { CoalitionScores, MaskedSamples } from '../../../src/methods/features/coalitions';
import { columnGroups } from '../../../src/methods/features/columnGroups';
import { featureParameters, featuresOf, paint } from '../../../src/methods/features/features';
import { fillParameters, fillsOf } from '../../../src/methods/features/fills';
import type { MethodContext, Parameters } from '../../../src/methods/method';
import { ParameterReader, resolveParameters } from '../../../src/methods/parameters';
import { forwardBatch } from '../../../src/methods/samples';
import { floatTensor, type Tensor } from '../../../src/tensor/tensor';
import { linearModel, row, runtimeModel, sessions } from './tinyModels';

const described = { id: 'test', parameters: [...featureParameters(), ...fillParameters], presets: { plain: {} } };
const reader = (given: Parameters = {}): ParameterReader => new ParameterReader(resolveParameters(described, given).parameters);

/** A context around one input; only tables get a model that is run. */
function contextOf(x: Tensor, more: Partial<MethodContext> = {}): MethodContext {
  const model = runtimeModel(linearModel([[1, 10, 100, 1000]], [0]), [1, 4]);
  return { model, feeds: { x }, input: 'x', kind: x.dims.length === 4 ? 'image' : 'table', target: { output: 'y', index: 0, space: 'logit' }, parameters: {}, tensors: {}, seed: 1, signal: new AbortController().signal, ...more };
}

after(() => sessions.releaseAll());

describe('features', () => {
  it('columns, one each or in groups', () => {
    assert.deepEqual([...featuresOf(contextOf(row(1, 2, 3, 4)), reader()).labels], [0, 1, 2, 3]);
    const grouped = featuresOf(contextOf(row(1, 2, 3, 4)), reader({ columnGroups: '1, 3' }));
    assert.deepEqual([...grouped.labels], [0, 1, 2, 1]);
    assert.equal(grouped.count, 3);
    assert.deepEqual([...grouped.spans[1]!], [1, 2, 3, 4]);
    assert.deepEqual([...columnGroups('2-3; 0,5', 6)], [0, 1, 2, 2, 3, 0]);
    assert.throws(() => columnGroups('1-2; 2', 4), /column 2 is in two/);
    assert.throws(() => columnGroups('4', 4), /found '4', expected a column from 0 to 3/);
    assert.throws(() => featuresOf(contextOf(row(1, 2)), reader({ features: 'felzenszwalb' })), /divides pictures/);
  });

  it('patches of a picture in either layout: all channels of a pixel together', () => {
    const first = featuresOf(contextOf(floatTensor([1, 2, 4, 6])), reader({ features: 'grid', gridCells: 2 }));
    assert.equal(first.count, 6);
    assert.deepEqual([...first.spans[1]!], [2, 4, 8, 10, 26, 28, 32, 34]);
    const last = featuresOf(contextOf(floatTensor([1, 4, 6, 3]), { layout: 'NHWC' }), reader({ features: 'grid', gridCells: 2 }));
    assert.deepEqual([...last.spans[1]!], [6, 12, 24, 30]);
    assert.deepEqual([...paint(last, [0, 7, 0, 0, 0, 0], [1, 4, 6, 3]).data.subarray(3, 13)], [0, 0, 0, 7, 7, 7, 7, 7, 7, 0]);
    assert.equal(featuresOf(contextOf(floatTensor([1, 1, 3, 3])), reader({ features: 'elements' })).count, 9);
  });

  it('superpixels of two halves, whatever the preprocessing; patches where there are none', () => {
    const halves = floatTensor([1, 3, 16, 16], Float32Array.from({ length: 768 }, (_, i) => (i % 16 < 8 ? -2 : 2)));
    const found = featuresOf(contextOf(halves), reader({ features: 'felzenszwalb' }));
    assert.equal(found.count, 2);
    assert.equal(found.noun, 'superpixels');
    const plain = featuresOf(contextOf(floatTensor([1, 1, 16, 16])), reader());
    assert.deepEqual([plain.noun, plain.count, plain.chosen.features], ['patches', 64, 'grid']);
  });

  it('segments given from outside are taken as they are', () => {
    const segments: Tensor = { dtype: 'int32', dims: [2, 2], data: Int32Array.of(0, 0, 1, 1) };
    const found = featuresOf(contextOf(floatTensor([1, 3, 2, 2]), { tensors: { segments } }), reader());
    assert.deepEqual([...found.spans[1]!], [2, 4, 6, 8, 10, 12]);
    assert.throws(() => featuresOf(contextOf(floatTensor([1, 3, 3, 2]), { tensors: { segments } }), reader()), /expected a region number for every pixel, \[3, 2\]/);
  });
});

describe('coalitions', () => {
  const ones = { count: 4, labels: Int32Array.of(0, 1, 2, 3), spans: [0, 1, 2, 3].map((i) => Int32Array.of(i, i + 1)), noun: 'columns' as const, chosen: {} };

  it('are scored with hidden columns averaged over the background, each only once', async () => {
    const background = floatTensor([2, 4], Float32Array.of(0, 0, 0, 0, 2, 4, 6, 8));
    const context = contextOf(row(1, 1, 1, 1), { tensors: { background } });
    const fills = fillsOf(context, ones, reader(), 'mean'), scores = new CoalitionScores(context, ones, fills);
    assert.equal(fills.chosen.background, 'table');
    const found = await scores.of([Uint8Array.of(1, 1, 1, 1), Uint8Array.of(0, 1, 1, 0), Uint8Array.of(0, 1, 1, 0), Uint8Array.of(0, 0, 0, 0)]);
    assert.deepEqual([...found], [1111, 1 + 10 + 100 + 4000, 1 + 10 + 100 + 4000, 1 + 20 + 300 + 4000]);
    assert.equal(scores.runs, 5, 'the whole input once, two coalitions under two fills');
    assert.deepEqual(await scores.ends(), { whole: 1111, nothing: 4321 });
    assert.equal(scores.runs, 5, 'known scores are not computed again');
    // A buffer that holds other coalitions already: 1000 random ones against the formula.
    const list = Array.from({ length: 1000 }, (_, k) => Uint8Array.from([1, 2, 3, 5], (step) => ((k * step * 7919) >> 4) & 1));
    const means = [1, 20, 300, 4000];
    (await scores.of(list, false)).forEach((score, k) => assert.equal(score, list[k]!.reduce((sum, shown, i) => sum + (shown ? 10 ** i : means[i]!), 0)));
  });

  it('touch only what changes', () => {
    const input = row(1, 2, 3, 4), fills = { samples: [Float32Array.of(-1, -2, -3, -4), Float32Array.of(9, 9, 9, 9)], chosen: {}, fromTable: false };
    const slots = new MaskedSamples(input, ones, fills, 2);
    slots.write(1, Uint8Array.of(1, 0, 1, 0), 0);
    assert.deepEqual([...slots.batch.data as Float32Array], [1, 2, 3, 4, 1, -2, 3, -4]);
    slots.write(1, Uint8Array.of(0, 0, 1, 1), 1);
    assert.deepEqual([...slots.batch.data as Float32Array], [1, 2, 3, 4, 9, 9, 3, 4]);
    slots.write(1, Uint8Array.of(1, 1, 1, 1), 0);
    assert.deepEqual([...slots.batch.data as Float32Array], [1, 2, 3, 4, 1, 2, 3, 4]);
  });

  it('hide token ids as padding, and pictures as the parameters say', () => {
    const ids: Tensor = { dtype: 'int64', dims: [1, 4], data: BigInt64Array.of(7n, 8n, 9n, 10n) };
    const context = contextOf(ids, { kind: 'text' }), found = featuresOf(context, reader());
    assert.equal(found.noun, 'tokens');
    const slots = new MaskedSamples(ids, found, fillsOf(context, found, reader(), 'mean'), 1);
    slots.write(0, Uint8Array.of(1, 0, 1, 0), 0);
    assert.deepEqual([...slots.batch.data as BigInt64Array], [7n, 0n, 9n, 0n]);
    const picture = contextOf(floatTensor([1, 1, 2, 2], Float32Array.of(1, 3, 5, 9)), { tensors: { segments: { dtype: 'int32', dims: [2, 2], data: Int32Array.of(0, 0, 1, 1) } } });
    const regions = featuresOf(picture, reader()), fillOf = (choice: string): number[] => [...fillsOf(picture, regions, reader({ background: choice }), 'mean').samples[0] as Float32Array];
    assert.deepEqual(fillOf('region-mean'), [2, 2, 7, 7]);
    assert.deepEqual(fillOf('auto'), [4.5, 4.5, 4.5, 4.5]);
    assert.deepEqual(fillOf('zeros'), [0, 0, 0, 0]);
    assert.throws(() => fillOf('file'), /needs the path of a file/);
  });

  it('run one by one where another input cannot be repeated', async () => {
    const context = contextOf(row(1, 1, 1, 1)), among = (feeds: MethodContext['feeds']): number => forwardBatch({ ...context, feeds: { ...context.feeds, ...feeds } });
    assert.ok(among({ rate: { dtype: 'int64', dims: [], data: BigInt64Array.of(1n) }, mask: floatTensor([1, 4]) }) > 1);
    assert.equal(among({ state: floatTensor([2, 1, 8]) }), 1, 'its batch is its second dim');
  });

  it('stop when the explanation is cancelled', async () => {
    const stop = new AbortController(), context = contextOf(row(1, 1, 1, 1), { signal: stop.signal });
    const scores = new CoalitionScores(context, ones, fillsOf(context, ones, reader(), 'mean'));
    stop.abort(new Error('enough'));
    await assert.rejects(scores.of([Uint8Array.of(1, 0, 0, 0)]), /enough/);
  });
});
