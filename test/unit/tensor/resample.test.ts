import assert from 'node:assert/strict';
import { gaussianBlur, gaussianKernel, resizeBilinear, resizeNearest } from '../../../src/tensor/resample';

const near = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-6): void => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= tolerance, `element ${i}: ${actual[i]}, expected ${value}`));
};

describe('resampling', () => {
  it('stretches with half-pixel centres and repeated edges, as torch and OpenCV do', () => {
    // torch.nn.functional.interpolate(torch.tensor([[[0., 1.]]]), size=4, mode='linear', align_corners=False)
    near(resizeBilinear([0, 1], 2, 1, 4, 1), [0, 0.25, 0.75, 1]);
    // torch: interpolate of [[1,2],[3,4]] to 4×4, bilinear, align_corners=False
    near(resizeBilinear([1, 2, 3, 4], 2, 2, 4, 4), [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4]);
  });

  it('shrinks without antialiasing', () => {
    near(resizeBilinear([0, 1, 2, 3, 4, 5], 6, 1, 2, 1), [1, 4]);
    near(resizeBilinear([0, 1, 2, 3], 4, 1, 2, 1), [0.5, 2.5]);
  });

  it('keeps a plane that has the size already, and constants at any size', () => {
    near(resizeBilinear([3, 1, 4, 1, 5, 9], 3, 2, 3, 2), [3, 1, 4, 1, 5, 9]);
    assert.ok(resizeBilinear(new Float32Array(35).fill(2.5), 7, 5, 13, 3).every((value) => value === 2.5));
  });

  it('takes the nearest pixel at floor(i · from / to)', () => {
    near(resizeNearest([1, 2, 3, 4], 2, 2, 3, 3), [1, 1, 2, 1, 1, 2, 3, 3, 4]);
    near(resizeNearest([0, 1, 2, 3, 4], 5, 1, 2, 1), [0, 2]);
  });

  it('refuses sides and lengths that do not fit', () => {
    assert.throws(() => resizeBilinear([1, 2, 3], 2, 2, 4, 4), /2×2 has 4 values, but 3 were given/);
    assert.throws(() => resizeNearest([1], 1, 1, 0, 1), /at least 1/);
  });

  it('blurs by a normalised Gaussian: the mass stays, an impulse becomes the kernel', () => {
    const kernel = gaussianKernel(1.5);
    assert.ok(Math.abs(kernel.reduce((a, b) => a + b, 0) - 1) < 1e-12);
    const size = 31, impulse = new Float32Array(size * size);
    impulse[15 * size + 15] = 1;
    const blurred = gaussianBlur(impulse, size, size, 1.5);
    assert.ok(Math.abs(blurred.reduce((a, b) => a + b, 0) - 1) < 1e-5);
    const radius = (kernel.length - 1) / 2;
    assert.ok(Math.abs(blurred[15 * size + 17]! - kernel[radius]! * kernel[radius + 2]!) < 1e-7);
    assert.ok(gaussianBlur(new Float32Array(12).fill(7), 4, 3, 2).every((value) => Math.abs(value - 7) < 1e-5), 'edges are repeated, so a constant stays');
    assert.throws(() => gaussianKernel(0), /positive number of pixels, found 0/);
  });
});
