import assert from 'node:assert/strict';
import sharp from 'sharp';
import { previewPicture } from '../../../src/data/image/encode';
import { renderOverlay } from '../../../src/data/image/overlay';
import type { HeatMap } from '../../../src/tensor/heatmap';
import { proceduralPicture } from './support';

const grey = { ...proceduralPicture(20, 10, 1), data: new Uint8Array(200).fill(100) };
const frame = { sourceWidth: 20, sourceHeight: 10, left: 5, top: 0, width: 10, height: 10 };
/** Hot on the left half of the frame, nothing on the right. */
const map: HeatMap = { width: 2, height: 1, values: Float32Array.of(1, 0), signed: false };

async function pixels(png: Uint8Array): Promise<{ width: number; height: number; at(x: number, y: number): number[] }> {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, at: (x, y) => [...data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3)] };
}

describe('data/image/overlay', () => {
  it('covers what the model saw, darkens the rest, lets weak parts through', async () => {
    const result = await pixels(await renderOverlay(grey, map, frame));
    assert.deepEqual([result.width, result.height], [20, 10]);
    assert.deepEqual(result.at(0, 5), [45, 45, 45]);
    assert.deepEqual(result.at(19, 5), [45, 45, 45]);
    assert.deepEqual(result.at(14, 5), [100, 100, 100]);
    const [r, g, b] = result.at(5, 5) as [number, number, number];
    assert.ok(r > 200 && Math.max(g, b) > 100, `hot pixel is ${r}, ${g}, ${b}`);
  });

  it('a letterboxed frame reaches beyond the picture', async () => {
    const result = await pixels(await renderOverlay(grey, { ...map, width: 1, height: 2 }, { ...frame, left: 0, top: -5, width: 20, height: 20 }));
    // Of the frame's 20 rows the picture shows the middle ten, where the map fades from 1 to 0.
    assert.ok(result.at(10, 0)[0]! > 150);
    for (const value of result.at(10, 9)) assert.ok(Math.abs(value - 100) < 6);
  });

  it('large pictures are made smaller, with the frame', async () => {
    const large = { ...proceduralPicture(400, 200, 3), data: new Uint8Array(400 * 200 * 3).fill(100) };
    const result = await pixels(await renderOverlay(large, map, { sourceWidth: 400, sourceHeight: 200, left: 100, top: 0, width: 200, height: 200 }, { maxSide: 20 }));
    assert.deepEqual([result.width, result.height], [20, 10]);
    assert.deepEqual(result.at(0, 5), [45, 45, 45]);
    assert.deepEqual(result.at(14, 5), [100, 100, 100]);
  });

  it('previews: PNG while small, JPEG when large, never larger than asked', async () => {
    const small = await previewPicture(proceduralPicture(30, 20, 3), 100);
    assert.deepEqual([small.mime, small.width, small.height], ['image/png', 30, 20]);
    assert.deepEqual((await pixels(small.bytes)).at(3, 4), [...proceduralPicture(30, 20, 3).data.subarray((4 * 30 + 3) * 3, (4 * 30 + 3) * 3 + 3)]);
    const large = await previewPicture(proceduralPicture(900, 600, 3), 600);
    assert.deepEqual([large.mime, large.width, large.height, large.sourceWidth, large.sourceHeight], ['image/jpeg', 600, 400, 900, 600]);
  });
});
