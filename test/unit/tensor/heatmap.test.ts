import assert from 'node:assert/strict';
import { attributionMap, composite, heatmapToRgba, normaliseMap, resizeMap, type HeatMap } from '../../../src/tensor/heatmap';
import { floatTensor } from '../../../src/tensor/tensor';

const map = (values: readonly number[], signed: boolean, width = values.length): HeatMap => ({ width, height: values.length / width, values: Float32Array.from(values), signed });

describe('heat maps', () => {
  const channelsFirst = floatTensor([1, 2, 1, 3], Float32Array.of(1, -2, 3, 4, 5, -6));
  const channelsLast = floatTensor([1, 1, 3, 2], Float32Array.of(1, 4, -2, 5, 3, -6));

  it('sum channels with their sign, in either layout', () => {
    for (const [tensor, layout] of [[channelsFirst, 'NCHW'], [channelsLast, 'NHWC']] as const) {
      const made = attributionMap(tensor, { layout, reduction: 'sum' });
      assert.deepEqual([made.width, made.height, made.signed, ...made.values], [3, 1, true, 5, 3, -3]);
    }
  });

  it('take the largest absolute value among the channels', () => {
    const made = attributionMap(channelsFirst, { layout: 'NCHW', reduction: 'maxAbs' });
    assert.deepEqual([made.signed, ...made.values], [false, 4, 5, 6]);
    assert.throws(() => attributionMap(floatTensor([2, 3]), { layout: 'NCHW', reduction: 'sum' }), /found \[2, 3\]/);
  });

  it('a sum without a negative value is not signed, unless said otherwise', () => {
    const tensor = floatTensor([1, 1, 1, 2], Float32Array.of(0, 2));
    assert.equal(attributionMap(tensor, { layout: 'NCHW', reduction: 'sum' }).signed, false);
    assert.equal(attributionMap(tensor, { layout: 'NCHW', reduction: 'sum', signed: true }).signed, true);
  });

  it('scale signed maps around zero and others from their minimum', () => {
    assert.deepEqual([...normaliseMap(map([-2, 0, 4], true), { percentile: 100 })], [-0.5, 0, 1]);
    assert.deepEqual([...normaliseMap(map([2, 3, 4], false), { percentile: 100 })], [0, 0.5, 1]);
    assert.deepEqual([...normaliseMap(map([-2, 0, 4], true), { signed: false, percentile: 100 })], [0.5, 0, 1], 'by strength');
  });

  it('one extreme pixel does not darken the rest', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i / 1000);
    values[500] = 1e6;
    const scaled = normaliseMap(map(values, false));
    assert.equal(scaled[500], 1);
    assert.ok(scaled[990]! > 0.98 && scaled[990]! <= 1);
  });

  it('constant, nearly empty and broken maps', () => {
    assert.deepEqual([...normaliseMap(map([3, 3], false))], [0, 0]);
    const sparse = new Array<number>(1000).fill(0);
    sparse[3] = 5;
    assert.equal(normaliseMap(map(sparse, false))[3], 1, 'the percentile is 0, the maximum is not');
    assert.deepEqual([...normaliseMap(map([NaN, 0, 1], false), { percentile: 100 })], [0, 0, 1]);
    assert.deepEqual([...normaliseMap(map([NaN, NaN], true))], [0, 0]);
  });

  it('colours: sign by hue, strength by opacity', () => {
    const rgba = heatmapToRgba(map([-1, 0, 1], true), { opacity: 1, percentile: 100 });
    const [against, none, speaking] = [rgba.subarray(0, 4), rgba.subarray(4, 8), rgba.subarray(8, 12)];
    assert.ok(against[2]! > against[0]! && speaking[0]! > speaking[2]!);
    assert.deepEqual([against[3], none[3], speaking[3]], [255, 0, 255]);
    const even = heatmapToRgba(map([0, 1], false), { opacity: 0.5, opacityMode: 'uniform', colorMap: 'viridis', percentile: 100 });
    assert.deepEqual([even[3], even[7]], [128, 128]);
    assert.ok(even[4]! > 240 && even[2]! > 60, 'viridis runs from violet to yellow');
  });

  it('lie over a picture', () => {
    const picture = Uint8Array.of(100, 100, 100, 200, 200, 200);
    const overlay = Uint8ClampedArray.of(255, 0, 0, 255, 0, 0, 0, 0);
    assert.deepEqual([...composite(picture, 3, overlay)], [255, 0, 0, 255, 200, 200, 200, 255]);
    assert.throws(() => composite(picture, 4, overlay), /the overlay has 2 pixels, the picture 1.5/);
  });

  it('are stretched cell by cell', () => {
    const big = resizeMap(map([0, 1], true), 4, 2);
    assert.deepEqual([big.width, big.height, big.signed], [4, 2, true]);
    assert.deepEqual([...big.values], [0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1]);
  });
});
