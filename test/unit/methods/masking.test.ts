/** Occlusion, feature ablation, RISE, Sobol, HSIC and Morris on models whose answers are known, through the real engine room. */
import assert from 'node:assert/strict';
import type { ModelFile } from '../../../src/graph/graph';
import type { MethodContext, Parameters as Given } from '../../../src/methods/method';
import { coarseToFine, windowGrid, windowMap } from '../../../src/methods/occlusionWindows';
import { resolveParameters } from '../../../src/methods/parameters';
import { methodById } from '../../../src/methods/registry';
import { RiseMasks } from '../../../src/methods/riseMasks';
import { SobolSequence } from '../../../src/tensor/lowDiscrepancy';
import { floatTensor, type FloatTensor } from '../../../src/tensor/tensor';
import { explain, linearModel, row, runtimeModel, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= tolerance, `element ${i}: ${actual[i]}, expected ${value}`));
};

/** y = Σ w x + 1 over a picture. */
function linearPicture(dims: readonly number[], weights: readonly number[]): ModelFile {
  return tinyModel(['N', ...dims.slice(1)], { y: { dims: ['N', 1] } }, (b, x) => ({
    y: b.op('Gemm', [b.op('Flatten', [x]), b.constant([...weights], 'float32', [1, weights.length]), b.constant([1], 'float32', [1])], { transB: 1 }),
  }));
}

const wave = (count: number, phase: number): number[] => Array.from({ length: count }, (_, i) => Math.fround(Math.sin(2.3 * i + phase)));
const picture = (...dims: number[]): FloatTensor => floatTensor(dims, Float32Array.from(wave(dims.reduce((a, b) => a * b), 0.4)));

/** What occlusion must give on Σ w x + 1: each pixel's mean (or sum) over the windows that cover it of what they take away. */
function occluded(x: FloatTensor, weights: readonly number[], options: { window: number; stride: number; fill?: number; inside?: boolean; sum?: boolean; channelsLast?: boolean }): number[] {
  const [, a, b, c] = x.dims as [number, number, number, number], [channels, height, width] = options.channelsLast ? [c, a, b] : [a, b, c];
  const at = (channel: number, row: number, column: number): number => (options.channelsLast ? (row * width + column) * channels + channel : (channel * height + row) * width + column);
  const sums = new Array<number>(height * width).fill(0), covers = new Array<number>(height * width).fill(0);
  const wide = Math.min(options.window, width), high = Math.min(options.window, height);
  const last = (size: number, window: number): number => (options.inside ? size - window : size - window + options.stride - 1);
  for (let top = 0; top <= last(height, high); top += options.stride) {
    for (let left = 0; left <= last(width, wide); left += options.stride) {
      let fall = 0;
      const cells: number[] = [];
      for (let row = top; row < Math.min(height, top + high); row++) for (let column = left; column < Math.min(width, left + wide); column++) {
        cells.push(row * width + column);
        for (let channel = 0; channel < channels; channel++) fall += weights[at(channel, row, column)]! * (x.data[at(channel, row, column)]! - (options.fill ?? 0));
      }
      for (const cell of cells) { sums[cell]! += fall; covers[cell]!++; }
    }
  }
  const out = new Array<number>(x.data.length);
  for (let cell = 0; cell < sums.length; cell++) for (let channel = 0; channel < channels; channel++) out[at(channel, Math.floor(cell / width), cell % width)] = covers[cell] === 0 ? 0 : options.sum ? sums[cell]! : sums[cell]! / covers[cell]!;
  return out;
}

after(() => sessions.releaseAll());

describe('occlusion in closed form', () => {
  const cases: readonly [title: string, dims: readonly number[], options: Parameters<typeof occluded>[2], parameters: Given][] = [
    ['a stride that leaves a rest', [1, 2, 5, 7], { window: 2, stride: 3 }, { window: 2, stride: 3 }],
    ['windows that overlap, channels last, a fill of its own', [1, 6, 5, 3], { window: 3, stride: 1, fill: 0.5, channelsLast: true }, { window: 3, stride: 1, fill: 0.5 }],
    ['only windows inside, summed up', [1, 1, 5, 6], { window: 3, stride: 2, inside: true, sum: true }, { window: 3, stride: 2, edges: 'inside', combine: 'sum' }],
    ['a window larger than the picture', [1, 3, 4, 6], { window: 50, stride: 9 }, { window: 50, stride: 9 }],
    ['a picture of one pixel', [1, 1, 1, 1], { window: 1, stride: 1 }, {}],
  ];
  for (const [title, dims, options, parameters] of cases) {
    it(title, async () => {
      const x = picture(...dims), weights = wave(x.data.length, 1.7);
      const { result, progress } = await explain(linearPicture(dims, weights), x, 'occlusion', { parameters });
      close(result.values!.data, occluded(x, weights, options), 1e-4);
      assert.equal(progress.at(-1)!.done, progress.at(-1)!.total);
      assert.ok(result.checks[0]!.ok);
    });
  }

  it('of a row: every column by itself; of a signal: a window along it', async () => {
    const { result } = await explain(linearModel([[1, -2, 0.5]], [3]), row(0.3, 2, -4), 'occlusion');
    close(result.values!.data, [0.3, -4, -2]);
    assert.deepEqual([result.chosen!.window, result.chosen!.stride], [1, 1]);
    const signal = floatTensor([1, 6], Float32Array.from([1, 2, 3, 4, 5, 6]));
    const long = await explain(linearModel([[1, 1, 1, 1, 1, 1]], [0]), signal, 'occlusion', { kind: 'sound', parameters: { window: 4, stride: 2 } });
    close(long.result.values!.data, [10, 10, 14, 14, 18, 18]);
  });

  it('coarse places come first, and a map of some of them has no holes', () => {
    const grid = windowGrid({ outer: 1, height: 9, width: 9, inner: 1 }, 1, 1, 1, 'clip'), order = coarseToFine(grid);
    assert.deepEqual([...order.subarray(0, 4)], [0, 8, 72, 80]);
    assert.equal(new Set(order).size, 81);
    const values = new Float64Array(81).fill(NaN);
    for (const index of order.subarray(0, 4)) values[index] = index;
    const map = windowMap(grid, values, 'mean');
    assert.deepEqual([map[0], map[7], map[8], map[71], map[79], map[80]], [0, 0, 8, 8, 72, 80]);
  });

  it('a model that does not look is told so', async () => {
    const dims = [1, 1, 4, 4], { result } = await explain(linearPicture(dims, new Array<number>(16).fill(0)), picture(...dims), 'occlusion');
    assert.equal(result.checks[0]!.ok, false);
    assert.match(result.checks[0]!.message, /leaves the score .* as it is/);
  });
});

describe('feature ablation in closed form', () => {
  it('of a linear row: w x without a table, w (x − mean of the table) with one', async () => {
    const model = linearModel([[1, -2, 0.5]], [3]), x = row(0.3, 2, -4);
    close((await explain(model, x, 'feature-ablation')).result.values!.data, [0.3, -4, -2]);
    const background = floatTensor([2, 3], Float32Array.from([1, 0, 2, 3, 1, 4]));
    const { result } = await explain(model, x, 'feature-ablation', { tensors: { background } });
    close(result.values!.data, [0.3 - 2, -2 * (2 - 0.5), 0.5 * (-4 - 3)]);
    assert.equal(result.chosen!.background, 'table');
  });

  it('of a grid over a picture: what each patch adds, in all channels', async () => {
    const dims = [1, 2, 6, 6], x = picture(...dims), weights = wave(72, 0.9);
    const { result } = await explain(linearPicture(dims, weights), x, 'feature-ablation', { preset: 'captum', parameters: { gridCells: 2 } });
    const patch = (i: number): number => Math.floor((i % 36) / 18) * 2 + Math.floor((i % 6) / 3), sums = [0, 0, 0, 0];
    x.data.forEach((value, i) => { sums[patch(i)]! += weights[i]! * value; });
    close(result.values!.data, Array.from(x.data, (_, i) => sums[patch(i)]!), 1e-4);
  });
});

describe('RISE', () => {
  const dims = [1, 1, 4, 6], x = picture(...dims), weights = wave(24, 2.2), model = linearPicture(dims, weights), cells = 2, p = 0.4;

  /** E[f(x m) m] / p over all masks there are, less E f(x m) if it is centred. */
  function expectation(centred: boolean): number[] {
    const masks = new RiseMasks(cells, 4, 6), mask = new Float32Array(24), sums = new Array<number>(24).fill(0), shifts = masks.cellHeight * masks.cellWidth;
    let usual = 0;
    for (let pattern = 0; pattern < 16; pattern++) {
      const grid = [0, 1, 2, 3].map((bit) => (pattern >> bit) & 1), chance = grid.reduce((product, shown) => product * (shown ? p : 1 - p), 1);
      for (let shift = 0; shift < shifts; shift++) {
        masks.write({ cells: () => grid, offset: () => [Math.floor(shift / masks.cellWidth), shift % masks.cellWidth] }, 0, mask);
        const score = 1 + weights.reduce((sum, weight, i) => sum + weight * x.data[i]! * mask[i]!, 0);
        usual += (chance / shifts) * score;
        mask.forEach((shown, i) => { sums[i]! += (chance / shifts) * score * shown / p; });
      }
    }
    return sums.map((sum) => sum - (centred ? usual : 0));
  }

  for (const centred of [true, false]) {
    it(`approaches the expectation over all masks, within its standard errors (${centred ? 'centred' : "the authors' formula"})`, async () => {
      const { result } = await explain(model, x, 'rise', { parameters: { nSamples: 6000, cells, p, centred } }), expected = expectation(centred);
      result.values!.data.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 4.5 * result.standardErrors!.data[i]! + 1e-6, `pixel ${i}: ${value} ± ${result.standardErrors!.data[i]}, expected ${expected[i]}`));
      assert.deepEqual(result.chosen, {});
    });
  }

  it('a model that does not look has the same value everywhere, without noise; p = 1 shows everything', async () => {
    const blind = linearPicture(dims, new Array<number>(24).fill(0));
    const { result } = await explain(blind, x, 'rise', { parameters: { nSamples: 64 } });
    close(result.values!.data, new Array<number>(24).fill(0));
    assert.match(result.checks[0]!.message, /every place has the same value/);
    const all = await explain(model, x, 'rise', { parameters: { p: 1, centred: false } });
    close(all.result.values!.data, new Array<number>(24).fill(all.result.score), 1e-4);
    assert.ok((all.result.chosen!.nSamples as number) < 300, 'nothing is random: it stops after the first batch');
  });

  it('pictures of one pixel, more cells than pixels, one cell', async () => {
    const dot = linearPicture([1, 1, 1, 1], [2]);
    close((await explain(dot, floatTensor([1, 1, 1, 1], Float32Array.of(3)), 'rise', { parameters: { p: 1, nSamples: 3, centred: false } })).result.values!.data, [7]);
    for (const many of [1, 64]) assert.equal((await explain(model, x, 'rise', { parameters: { cells: many, nSamples: 40 } })).result.values!.data.every(Number.isFinite), true);
  });
});

describe("Sobol' points", () => {
  it('fill every axis evenly: 2^k points, one in each of 2^k parts', () => {
    const sequence = new SobolSequence(300, 7);
    const points = Array.from({ length: 64 }, (_, index) => sequence.point(index));
    for (let dim = 0; dim < 300; dim++) assert.equal(new Set(points.map((point) => Math.floor(64 * point[dim]!))).size, 64, `axis ${dim}`);
    for (let dim = 0; dim < 300; dim++) for (let other = 0; other < dim; other++) assert.ok(points.some((point) => Math.abs(point[dim]! - point[other]!) > 0.05), `axes ${dim} and ${other} are the same`);
    assert.throws(() => new SobolSequence(0, 1), /from 1 to 2048 dims, found 0/);
  });

  it('fill the square: of 2^8 points, 16 in each of 4 × 4 parts of the first two axes', () => {
    const sequence = new SobolSequence(2, 3), counts = new Map<string, number>();
    for (let index = 0; index < 256; index++) {
      const key = [...sequence.point(index)].map((value) => Math.floor(4 * value)).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    assert.deepEqual([...counts.values()], new Array<number>(16).fill(16));
  });
});

describe('Sobol, HSIC and Morris in closed form', () => {
  const additive = linearModel([[1, -2, 0.5, 0]], [3]), x = row(2, 1, 2, 5);
  /** y = x₀ x₁. */
  const product = tinyModel(['N', 2], { y: { dims: ['N', 1] } }, (b, input) => {
    const [first, second] = b.split(input, 1, [1, 1]);
    return { y: b.op('Mul', [first!, second!]) };
  });

  it('Sobol of an additive function: the shares of the squares; of a product of two: 4/7 each', async () => {
    const { result } = await explain(additive, x, 'sobol', { parameters: { nSamples: 1024 } });
    close(result.values!.data, [4 / 9, 4 / 9, 1 / 9, 0], 0.02);
    assert.ok(Math.abs(result.checks[0]!.value - 1) < 0.03);
    close((await explain(product, row(1, 1), 'sobol', { parameters: { nSamples: 1024 } })).result.values!.data, [4 / 7, 4 / 7], 0.03);
  });

  it('Sobol over a table: columns vary between their own values', async () => {
    const background = floatTensor([4, 4], Float32Array.from([0, 0, 0, 0, 1, 0, 9, 1, 2, 0, 0, 2, 3, 0, 9, 3]));
    const { result } = await explain(additive, x, 'sobol', { parameters: { nSamples: 2048 }, tensors: { background } });
    // Var of 1 · {0…3} at their quantiles against that of 0.5 · {0, 9}; the second column never changes.
    assert.equal(result.values!.data[1], 0);
    assert.ok(result.values!.data[2]! > 3 * result.values!.data[0]! && result.values!.data[0]! > 0.05);
    assert.equal(result.values!.data[3], 0);
  });

  it('HSIC where one feature decides: ¼ (1 − e^−½), and next to nothing for those that do nothing', async () => {
    const { result } = await explain(linearModel([[2, 0, 0]], [0]), row(1, 1, 1), 'hsic', { parameters: { nSamples: 2000 } });
    close(result.values!.data, [0.25 * (1 - Math.exp(-0.5)), 0, 0], 0.002);
    const both = await explain(product, row(1, 1), 'hsic', { parameters: { nSamples: 1000 } });
    assert.ok(both.result.values!.data.every((value) => value > 0.005));
  });

  it('Morris of a linear row: |w x| of every column, the same everywhere; of a product: together', async () => {
    const { result } = await explain(additive, x, 'morris');
    close(result.values!.data, [2, 2, 1, 0], 1e-4);
    assert.equal(result.checks.find(({ id }) => id === 'interactions')!.value, 0);
    assert.ok((result.chosen!.nSamples as number) < 100, 'no effect differs: it stops after the first batch');
    const mixed = await explain(product, row(1, 1), 'morris', { parameters: { nSamples: 2000 } });
    // With 4 levels the other column is at 0, 1/3, 2/3 or 1: effects of 1/2 on average.
    close(mixed.result.values!.data, [0.5, 0.5], 0.03);
  });

  it('constant models: zeros, and words', async () => {
    const blind = linearModel([[0, 0]], [1]);
    for (const id of ['sobol', 'hsic', 'morris']) {
      const { result } = await explain(blind, row(1, 2), id, { parameters: { nSamples: 20 } });
      close(result.values!.data, [0, 0]);
    }
    assert.match((await explain(blind, row(1, 2), 'sobol', { parameters: { nSamples: 4 } })).result.checks[0]!.message, /no variance to divide/);
  });
});

describe('methods that hide parts', () => {
  const dims = [1, 3, 12, 12], x = picture(...dims), weights = wave(432, 0.2), model = linearPicture(dims, weights);
  const all: readonly [string, Given][] = [['occlusion', {}], ['feature-ablation', { features: 'grid', gridCells: 3 }], ['rise', { nSamples: 70 }], ['sobol', { nSamples: 3, gridCells: 3 }], ['hsic', { nSamples: 70, gridCells: 3 }], ['morris', { nSamples: 20, gridCells: 3 }]];

  const run = async (id: string, parameters: Given, batch: number, signal = new AbortController().signal) => {
    const method = methodById(id), batched = Object.assign(Object.create(runtimeModel(model, dims)) as ReturnType<typeof runtimeModel>, { batchFor: () => batch });
    const context: MethodContext = { model: batched, feeds: { x }, input: 'x', kind: 'image', target: { output: 'y', index: 0, space: 'logit' }, parameters: resolveParameters(method, parameters).parameters, tensors: {}, seed: 5, signal };
    const steps = method.explain(context);
    let step = await steps.next(), looks = 0;
    while (!step.done) {
      looks += Number(step.value.partial !== undefined);
      step = await steps.next();
    }
    return { result: step.value, looks };
  };

  for (const [id, parameters] of all) {
    it(`${id}: the same numbers for the same seed, whatever the batches are, and partial maps on the way`, async () => {
      const one = await run(id, parameters, 16), other = await run(id, parameters, 5);
      close(one.result.values!.data, [...other.result.values!.data], 2e-4);
      assert.deepEqual([...(await run(id, parameters, 16)).result.values!.data], [...one.result.values!.data]);
      assert.ok(other.looks > 1, `${other.looks} partial maps`);
    });

    it(`${id}: ends between batches once it is cancelled`, async () => {
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      await assert.rejects(run(id, parameters, 4, stop.signal), /enough/);
    });
  }
});

