/** Quickshift, SLIC and Felzenszwalb's segmentation against what scikit-image 0.26 returns, label by label. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { labOfRgb } from '../../../src/tensor/lab';
import { parseNpy } from '../../../src/tensor/npy';
import { NumpyRandom } from '../../../src/tensor/numpyRandom';
import { felzenszwalb, pixelGraph } from '../../../src/tensor/segments/felzenszwalb';
import { quickshift } from '../../../src/tensor/segments/quickshift';
import { segmentCount } from '../../../src/tensor/segments/segmentation';
import { slic } from '../../../src/tensor/segments/slic';

const width = 16, height = 12;
const formulas: readonly ((x: number, y: number) => number)[] = [
  (x, y) => x * x * 7 + y * 31, (x, y) => y * y * 5 + x * 17, (x, y) => Math.floor(x / 5) * 60 + Math.floor(y / 4) * 50,
];
const planes = formulas.map((formula) => Float64Array.from({ length: width * height }, (_, i) => (formula(i % width, Math.floor(i / width)) % 256) / 255));

function rowsOf(labels: Int32Array): string[] {
  return Array.from({ length: height }, (_, y) => [...labels.subarray(y * width, (y + 1) * width)].map((label) => label.toString(36)).join(''));
}

describe('superpixels as in scikit-image', () => {
  it('quickshift(kernel_size=1.5, max_dist=6, ratio=0.1, sigma=0.5)', () => assert.deepEqual(rowsOf(quickshift(planes, width, height, { kernelSize: 1.5, maxDistance: 6, ratio: 0.1, sigma: 0.5 })), [
    '0000000111111111', '0000001111111112', '0000001111111122', '0000011111111222', '0000011111122222', '0000111122222222',
    '0000122222222332', '0001122333333333', '0011111333332223', '1111113222222223', '1222222222222223', '1111133333222223',
  ]));

  it('quickshift(kernel_size=1, max_dist=4, ratio=0.05, rng=7)', () => assert.deepEqual(rowsOf(quickshift(planes, width, height, { kernelSize: 1, maxDistance: 4, ratio: 0.05, seed: 7 })), [
    '0000000221211111', '0000002221211113', '0000002221211133', '0000022211111333', '0000022211133333', '0000222263633333',
    '0000266663665553', '0446666555555555', '4466666555557775', '6666666777777775', '6666666665655555', '6666666666777775',
  ]));

  it('slic(n_segments=12, compactness=10, sigma=0.7)', () => assert.deepEqual(rowsOf(slic(planes, width, height, { segments: 12, compactness: 10, sigma: 0.7 })), [
    '0000111222233333', '0000112222233333', '0001112222333333', '0011122233333333', '1111111233333333', '1111112244433333',
    '1111114444444555', '1116644444555555', '1116644444555555', '6666644777775555', '6888884777777755', '6888877777777755',
  ]));

  it('slic(n_segments=5, compactness=40, enforce_connectivity=False)', () => assert.deepEqual(rowsOf(slic(planes, width, height, { segments: 5, compactness: 40, enforceConnectivity: false })), [
    '0000000101111111', '0000001101111112', '0000001101111122', '0000011111111222', '0000011111122222', '0000111142222222',
    '3331144442452552', '3003340555555555', '0033333555552225', '3333331444244225', '3444444445455551', '3333333355422225',
  ]));

  it('felzenszwalb(scale=60, sigma=0.8, min_size=5)', () => assert.deepEqual(rowsOf(felzenszwalb(pixelGraph(planes, width, height, 0.8), 60, 5).labels), [
    '0000000000111111', '0000000000111112', '0000000000111122', '0000000000111222', '0000000000133322', '0000000044333322',
    '0000054444333333', '0005544444443333', '0055544444446677', '5555444444666677', '5555554444666677', '5555544444666777',
  ]));

  it("LIME's segments of a photograph, every pixel", function () {
    const golden = path.join(process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared'), 'golden');
    const folder = path.join(golden, 'cases/squeezenet_chelsea_lime_image_prob');
    if (!fs.existsSync(folder)) {
      console.log(`      skipped: there is no ${folder} (set MODEL_LENS_SHARED)`);
      this.skip();
    }
    const read = (file: string) => parseNpy(fs.readFileSync(file), file);
    const blueGreenRed = read(path.join(golden, 'inputs/squeezenet_chelsea_57436fb2.npy')).data as Uint8Array, cells = 224 * 224;
    const rgb = [2, 1, 0].map((channel) => Float32Array.from(blueGreenRed.subarray(channel * cells, (channel + 1) * cells), (value) => value / 255));
    const labels = quickshift(rgb, 224, 224, { kernelSize: 4, maxDistance: 200, ratio: 0.2 });
    assert.deepEqual(labels, Int32Array.from(read(path.join(folder, 'segments.npy')).data as Uint8Array));
    assert.equal(segmentCount(labels), 35);
  });

  it('pictures of one pixel, one row, one colour and one channel', () => {
    for (const [w, h] of [[1, 1], [9, 1], [1, 9]] as const) {
      const flat = [0, 1, 2].map(() => new Float32Array(w * h).fill(0.5));
      assert.equal(segmentCount(quickshift(flat, w, h, { kernelSize: 4, maxDistance: 200, ratio: 0.2 })), 1);
      assert.ok(segmentCount(slic(flat, w, h, { segments: 50, compactness: 10 })) <= w * h);
    }
    const halves = [Float32Array.from({ length: 100 }, (_, i) => Number(i % 10 >= 5))];
    const quick = quickshift(halves, 10, 10, { kernelSize: 2, maxDistance: 3, ratio: 1 });
    assert.equal(quick.length, 100);
    const even = slic(halves, 10, 10, { segments: 4, compactness: 0.1 });
    for (let i = 0; i < 100; i++) for (let j = 0; j < 100; j++) if (even[i] === even[j]) assert.equal(halves[0]![i], halves[0]![j]);
  });

  it('what does not fit is refused in words', () => {
    assert.throws(() => quickshift(planes, 5, 5, { kernelSize: 4, maxDistance: 9, ratio: 1 }), /5 × 5 needs 25 values a channel, found 192/);
    assert.throws(() => quickshift(planes, width, height, { kernelSize: 0.5, maxDistance: 9, ratio: 1 }), /at least 1 pixel, found 0.5/);
    assert.throws(() => slic(planes, width, height, { segments: 0, compactness: 1 }), /at least 1 segment/);
    assert.throws(() => slic([], 1, 1, { segments: 1, compactness: 1 }), /at least one channel/);
    assert.throws(() => labOfRgb([[1]]), /found 1 planes/);
  });
});

describe('colours and numbers that segmenters rest on', () => {
  const near = (actual: ArrayLike<number>, expected: readonly number[], by = 1e-12): void => expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) < by, `${actual[i]} is not ${value}`));

  it('Lab of four colours', () => {
    const lab = labOfRgb([[0.2, 0, 1, 0.01], [0.5, 0, 1, 0.02], [0.9, 0, 1, 0.03]]);
    near(lab[0]!, [53.700907177702675, 0, 100, 1.3000539221486065], 1e-9);
    near(lab[1]!, [12.159268605834328, 0, -0.0024549378620508655, -0.31235027728143683], 1e-9);
    near(lab[2]!, [-58.34866544744226, 0, 0.004653421154054982, -1.1997649952041], 1e-9);
  });

  it("NumPy's default_rng: normals and uniforms, seeds above 32 bits, and the ziggurat's tail", () => {
    const normals = (seed: number) => { const random = new NumpyRandom(seed); return [random.normal(), random.normal(), random.normal()]; };
    near(normals(0), [0.1257302210933933, -0.1321048632913019, 0.6404226504432821]);
    near(normals(7), [0.0012301533574825742, 0.2987455375084699, -0.2741378553622176]);
    near(normals(2 ** 40 + 5), [-0.09818552148928854, -0.6994306412054528, 1.0290864089932255]);
    const random = new NumpyRandom(7);
    near([random.uniform(), random.uniform()], [0.625095466604667, 0.8972138009695755]);
    const many = new NumpyRandom(1), drawn = Float64Array.from({ length: 4913 }, () => many.normal());
    near([drawn[860]!, drawn[3284]!, drawn[4912]!], [3.75163497, 3.71764046, 3.93177788], 1e-8);
    assert.throws(() => new NumpyRandom(-1), /found -1/);
  });
});
