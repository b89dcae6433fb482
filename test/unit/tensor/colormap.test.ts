import assert from 'node:assert/strict';
import { colorMaps, colorTable, type ColorMapName } from '../../../src/tensor/colormap';

const row = (name: ColorMapName, index: number): number[] => [...colorTable(name).subarray(3 * index, 3 * index + 3)];

describe('colour maps', () => {
  it('begin, pass and end where the published tables do', () => {
    // matplotlib's tables, to what the degree-6 fit leaves (at most 6 of 255).
    const published: [ColorMapName, number, [number, number, number]][] = [
      ['viridis', 0, [68, 1, 84]], ['viridis', 128, [33, 145, 140]], ['viridis', 255, [253, 231, 37]],
      ['magma', 0, [0, 0, 4]], ['magma', 128, [183, 55, 121]], ['magma', 255, [252, 253, 191]],
      ['inferno', 0, [0, 0, 4]], ['inferno', 128, [188, 55, 84]], ['inferno', 255, [252, 255, 164]],
    ];
    for (const [name, index, rgb] of published) {
      row(name, index).forEach((value, channel) => assert.ok(Math.abs(value - rgb[channel]!) <= 6, `${name}[${index}] is ${row(name, index).join()}, expected about ${rgb.join()}`));
    }
  });

  it('sequential maps for light and dark grow steadily lighter', () => {
    const lightness = ([r, g, b]: number[]) => 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    for (const name of ['viridis', 'magma', 'inferno', 'grey'] as const) {
      for (let i = 8; i < 256; i += 8) assert.ok(lightness(row(name, i)) > lightness(row(name, i - 8)), `${name} at ${i}`);
    }
  });

  it('the diverging map is blue below, near white in the middle, red above', () => {
    const [low, middle, high] = [row('blue-white-red', 20), row('blue-white-red', 128), row('blue-white-red', 235)];
    assert.ok(low[2]! > low[0]! + 60 && high[0]! > high[2]! + 60);
    assert.ok(middle.every((value) => value > 240));
  });

  it('has 256 rows for every name, and names the known ones when asked for another', () => {
    for (const name of Object.keys(colorMaps) as ColorMapName[]) assert.equal(colorTable(name).length, 768);
    assert.throws(() => colorTable('jet' as ColorMapName), /no colour map 'jet'; known are viridis/);
    assert.throws(() => colorTable('toString' as ColorMapName), /no colour map/);
  });
});
