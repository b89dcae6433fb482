/** What the details view makes of numbers: colours, cells, and the text that is copied. */
import assert from 'node:assert/strict';
import { colourScale } from '../../../src/webview/model/details/colours';
import { asText, cellText } from '../../../src/webview/model/details/valuesGrid';

const place = { rowStart: 0, columnStart: 0, index: [] };

describe('values on screen', () => {
  const colour = (scale: ReturnType<typeof colourScale>, value: number): number[] => {
    const pixels = new Uint8ClampedArray(4);
    scale.paint(pixels, 0, value);
    return [...pixels];
  };

  it('two signs: white is 0 and both sides are alike; one sign: from the smallest to the largest', () => {
    const both = colourScale(-1, 4);
    assert.deepEqual([both.diverging, both.minimum, both.maximum], [true, -4, 4]);
    const [red, green, blue] = colour(both, 0) as [number, number, number];
    assert.ok(Math.min(red, green, blue) > 235, 'nearly white');
    assert.ok(colour(both, 4)[0]! > colour(both, 4)[2]!, 'red for positive');
    assert.ok(colour(both, -4)[0]! < colour(both, -4)[2]!, 'blue for negative');
    const one = colourScale(2, 10);
    assert.deepEqual([one.diverging, one.minimum, one.maximum], [false, 2, 10]);
    assert.notDeepEqual(colour(one, 2), colour(one, 10));
  });

  it('what is not finite has no colour; constants and the largest numbers there are have one', () => {
    for (const value of [NaN, Infinity, -Infinity]) assert.deepEqual(colour(colourScale(0, 1), value), [0, 0, 0, 0]);
    assert.equal(colour(colourScale(3, 3), 3)[3], 255);
    assert.equal(colour(colourScale(-1.7e308, 1.7e308), 1e308)[3], 255);
  });

  it('cells are short, copies are exact', () => {
    const values = Float32Array.of(0.1, -1 / 3, 1e-20, 12345678);
    const slice = { ...place, rows: 2, columns: 2, values };
    assert.deepEqual([cellText(slice, 0, 0, 'float32'), cellText(slice, 0, 1, 'float32'), cellText(slice, 1, 1, 'float32')], ['0.1', '-0.333333', '1.23457e+7']);
    const copied = asText(slice).split('\n').map((line) => line.split('\t').map(Number));
    assert.deepEqual(Float32Array.from(copied.flat()), values);
    const whole = { ...place, rows: 1, columns: 2, values: Float64Array.of(1, 2147483647) };
    assert.deepEqual([cellText(whole, 0, 0, 'bool'), cellText(whole, 0, 1, 'int32')], ['true', '2147483647']);
    const texts = { ...place, rows: 1, columns: 2, values: new Float32Array(0), strings: ['9223372036854775807', 'x'] };
    assert.deepEqual([cellText(texts, 0, 0, 'int64'), asText(texts)], ['9223372036854775807', '9223372036854775807\tx']);
  });
});
