import assert from 'node:assert/strict';
import { colourTensor, imageDims, pictureToTensor, tensorToPicture } from '../../../src/data/image/toTensor';
import type { ImageSpec } from '../../../src/data/spec';
import { difference, proceduralPicture } from './support';

const picture = proceduralPicture(12, 8, 3);
const stretch = { mode: 'stretch', height: 8, width: 12, interpolation: 'bilinear' } as const;
const plain: ImageSpec = { kind: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 255], mean: [0, 0, 0], std: [1, 1, 1], resize: stretch };

describe('data/image/toTensor', () => {
  it('NCHW: planes in the order of the channels', () => {
    const rgb = pictureToTensor(picture, plain).tensor;
    assert.deepEqual(rgb.dims, [1, 3, 8, 12]);
    const bgr = pictureToTensor(picture, { ...plain, channels: 'BGR' }).tensor;
    for (const [x, y] of [[0, 0], [5, 3], [11, 7]] as const) {
      for (let c = 0; c < 3; c++) {
        const value = picture.data[(y * 12 + x) * 3 + c];
        assert.equal(rgb.data[(c * 8 + y) * 12 + x], value);
        assert.equal(bgr.data[((2 - c) * 8 + y) * 12 + x], value);
      }
    }
  });

  it('NHWC: the picture\'s own order', () => {
    const { tensor } = pictureToTensor(picture, { ...plain, layout: 'NHWC' });
    assert.deepEqual(tensor.dims, [1, 8, 12, 3]);
    assert.deepEqual([...tensor.data], [...picture.data]);
  });

  it('range, mean and std in the tensor\'s channel order', () => {
    const { tensor } = pictureToTensor(picture, { ...plain, channels: 'BGR', layout: 'NHWC', range: [0, 1], mean: [0.1, 0.2, 0.3], std: [1, 2, 4] });
    const [r, g, b] = picture.data as unknown as [number, number, number];
    const expected = [(b / 255 - 0.1) / 1, (g / 255 - 0.2) / 2, (r / 255 - 0.3) / 4];
    expected.forEach((value, c) => assert.ok(Math.abs(tensor.data[c]! - value) < 1e-6));
  });

  it('grey, and RGBA with its fourth channel opaque or as stated', () => {
    const grey = pictureToTensor(picture, { ...plain, channels: 'grey', mean: [0], std: [1] }).tensor;
    assert.deepEqual(grey.dims, [1, 1, 8, 12]);
    const rgba: ImageSpec = { ...plain, channels: 'RGBA', layout: 'NHWC', mean: [0, 0, 0, 0], std: [1, 1, 1, 1] };
    assert.equal(pictureToTensor(picture, rgba).tensor.data[3], 255);
    assert.equal(pictureToTensor(picture, { ...rgba, alpha: 1 }).tensor.data[7], 1);
  });

  it('back to a picture: the same pixels, whatever the scaling', () => {
    for (const spec of [plain, { ...plain, channels: 'BGR', layout: 'NHWC', range: [-1, 1] }, { ...plain, range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }] as const) {
      const { tensor } = pictureToTensor(picture, spec);
      assert.deepEqual(difference(tensorToPicture(tensor, spec).data, picture.data), { count: 0, largest: 0 });
    }
    assert.throws(() => tensorToPicture(pictureToTensor(picture, plain).tensor, { ...plain, layout: 'NHWC' }), /\[1, 3, 8, 12\] .* expected \[N, 8, 12, 3\]/);
  });

  it('a black picture is what zero pixels become', () => {
    const spec: ImageSpec = { ...plain, range: [0, 1], mean: [0.5, 0.25, 0], std: [0.5, 0.5, 2] };
    const black = colourTensor(spec);
    assert.deepEqual(black.dims, imageDims(spec));
    assert.deepEqual([black.data[0], black.data[96], black.data[192]], [-1, -0.5, 0]);
    assert.deepEqual(new Set(colourTensor(plain, [255, 0, 128]).data), new Set([255, 0, 128]));
  });

  it('crop: the middle of the picture, and its frame in source pixels', () => {
    // 40×20, shorter side 10: scaled to 20×10, the middle 8×8 begins at (6, 1).
    const wide = proceduralPicture(40, 20, 3);
    const { tensor, frame } = pictureToTensor(wide, { ...plain, layout: 'NHWC', resize: { mode: 'crop', shorterSide: 10, height: 8, width: 8, interpolation: 'nearest' } });
    assert.deepEqual(frame, { sourceWidth: 40, sourceHeight: 20, left: 12, top: 2, width: 16, height: 16 });
    const at = (3 * 40 + 13) * 3;
    assert.deepEqual([...tensor.data.subarray(0, 3)], [...wide.data.subarray(at, at + 3)]);
  });

  it('letterbox: the whole picture, and a frame that reaches beyond it', () => {
    const wide = proceduralPicture(40, 20, 3);
    const { tensor, frame } = pictureToTensor(wide, { ...plain, layout: 'NHWC', resize: { mode: 'letterbox', height: 10, width: 10, fill: [9, 8, 7], interpolation: 'box' } });
    assert.deepEqual(frame, { sourceWidth: 40, sourceHeight: 20, left: 0, top: -12, width: 40, height: 40 });
    assert.deepEqual([...tensor.data.subarray(0, 3)], [9, 8, 7]);
    assert.deepEqual([...tensor.data.subarray(297, 300)], [9, 8, 7]);
  });
});
