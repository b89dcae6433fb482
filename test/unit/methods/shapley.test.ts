/** Shapley values by four methods, on models whose values are known or can be enumerated, through the real engine room. */
import assert from 'node:assert/strict';
import type { GraphBuilder } from '../../../src/graph/builder';
import type { Attribution } from '../../../src/methods/method';
import { shapleyValues } from '../../../src/methods/shapley/exactValues';
import { floatTensor, type Tensor } from '../../../src/tensor/tensor';
import { Random } from '../../../src/tensor/random';
import { explain, linearModel, row, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `element ${i}: ${actual[i]}, expected ${expected[i]}`);
};
const check = ({ checks }: Attribution, id: string) => checks.find((item) => item.id === id)!;
const all = ['kernel-shap', 'permutation-shap', 'partition-shap', 'exact-shap'];

/** y = tanh(W₂ tanh(W₁ x)): every feature acts together with every other. */
function tangled(features: number): { file: ReturnType<typeof tinyModel>; value: (x: ArrayLike<number>) => number } {
  const random = new Random(features), first = Array.from({ length: 4 }, () => Array.from({ length: features }, () => random.normal())), second = Array.from({ length: 4 }, () => random.normal());
  const file = tinyModel(['N', features], { y: { dims: ['N', 1] } }, (b: GraphBuilder, x) => ({
    y: b.op('Gemm', [b.op('Tanh', [b.op('Gemm', [x, b.constant(first.flat(), 'float32', [4, features])], { transB: 1 })]), b.constant(second, 'float32', [1, 4])], { transB: 1 }),
  }));
  return { file, value: (x) => first.reduce((sum, weights, k) => sum + second[k]! * Math.tanh(weights.reduce((inner, weight, i) => inner + weight * x[i]!, 0)), 0) };
}

/** Mean marginal contribution over orders of the features, the score of a coalition averaged over the background. */
function byOrders(value: (x: ArrayLike<number>) => number, x: readonly number[], background: readonly (readonly number[])[], orders: readonly (readonly number[])[]): number[] {
  const score = (shown: ReadonlySet<number>): number => background.reduce((sum, other) => sum + value(x.map((own, i) => (shown.has(i) ? own : other[i]!))) / background.length, 0);
  const out = x.map(() => 0);
  for (const order of orders) {
    const shown = new Set<number>();
    for (const feature of order) {
      const before = score(shown);
      shown.add(feature);
      out[feature]! += (score(shown) - before) / orders.length;
    }
  }
  return out;
}

const ordersOf = (items: readonly number[]): number[][] => (items.length < 2 ? [[...items]] : items.flatMap((item) => ordersOf(items.filter((other) => other !== item)).map((rest) => [item, ...rest])));

const x5 = [0.4, -1.2, 0.7, 0.1, 1.5], rows5 = [[0, 0.5, -1, 0.2, 0.3], [1, -0.4, 0.6, -0.9, 0], [-0.3, 0.8, 0.1, 1.1, -1.4]];
const background5 = floatTensor([3, 5], Float32Array.from(rows5.flat()));

after(() => sessions.releaseAll());

describe('Shapley values', () => {
  it('of a linear model: w (x − mean of the background), by every method, with nothing left over', async () => {
    const linear = linearModel([[1, -2, 0.5, 3]], [7]), background = floatTensor([2, 4], Float32Array.of(0, 1, 2, 3, 2, 1, 0, -1));
    for (const id of all) {
      const { result } = await explain(linear, row(4, 3, 2, 1), id, { tensors: { background } });
      close(result.values!.data, [1 * 3, -2 * 2, 0.5 * 1, 3 * 0]);
      assert.ok(check(result, 'additivityDelta').value <= 1e-5, id);
      assert.ok(result.checks.every(({ ok }) => ok), JSON.stringify(result.checks));
      close([result.score], [4 - 6 + 1 + 3 + 7]);
      assert.equal(result.chosen!.background, 'table');
    }
  });

  it('of tangled features: the mean over all 120 orders', async () => {
    const { file, value } = tangled(5), expected = byOrders(value, x5, rows5, ordersOf([0, 1, 2, 3, 4]));
    for (const id of ['exact-shap', 'kernel-shap']) {
      const { result } = await explain(file, row(...x5), id, { tensors: { background: background5 } });
      close(result.values!.data, expected);
    }
    const { result, progress } = await explain(file, row(...x5), 'permutation-shap', { tensors: { background: background5 }, parameters: { nSamples: 400 } });
    result.values!.data.forEach((found, i) => assert.ok(Math.abs(found - expected[i]!) <= 5 * result.standardErrors!.data[i]! + 1e-6, `feature ${i}`));
    assert.ok(progress.length > 1 && progress.at(-1)!.standardError! < 0.05);
    assert.ok(check(result, 'additivityDelta').ok);
  });

  it('of groups (Owen): the mean over the orders that keep groups together', async () => {
    const { file, value } = tangled(4), x = [1, -0.6, 0.8, 0.3], orders = [[0, 1, 2, 3], [1, 0, 2, 3], [0, 1, 3, 2], [1, 0, 3, 2]].flatMap(([a, b, c, d]) => [[a!, b!, c!, d!], [c!, d!, a!, b!]]);
    const { result } = await explain(file, row(...x), 'partition-shap', { kind: 'sound' });
    close(result.values!.data, byOrders(value, x, [[0, 0, 0, 0]], orders));
    assert.equal(check(result, 'groupSize').value, 1);
    const short = await explain(file, row(...x), 'partition-shap', { kind: 'sound', parameters: { maxEvals: 4 } });
    const [a, b, c, d] = short.result.values!.data;
    assert.ok(a === b && c === d, 'undivided groups share evenly');
    assert.ok(check(short.result, 'additivityDelta').ok);
  });

  it('columns that vary together are divided last', async () => {
    const { file } = tangled(4), random = new Random(5), background = floatTensor([40, 4]);
    for (let k = 0; k < 40; k++) {
      const [u, v] = [random.normal(), random.normal()];
      background.data.set([u, v, 2 * u + 0.01 * v, -v], 4 * k);
    }
    const { result } = await explain(file, row(1, 2, 3, 4), 'partition-shap', { tensors: { background }, parameters: { maxEvals: 4 } });
    const [a, b, c, d] = result.values!.data;
    assert.ok(a === c && b === d && a !== b);
  });

  it('drawn coalitions: as far from the exact values as the standard errors say, the same for the same seed', async () => {
    const { file } = tangled(14), random = new Random(3), x = row(...Array.from({ length: 14 }, () => random.normal()));
    const exact = (await explain(file, x, 'exact-shap')).result, { result, progress } = await explain(file, x, 'kernel-shap', { parameters: { nSamples: 900 } });
    const errors = result.standardErrors!.data, off = Array.from(exact.values!.data, (value, i) => Math.abs(value - result.values!.data[i]!));
    off.forEach((value, i) => assert.ok(value > 0 && value <= 5 * errors[i]!, `feature ${i}: off by ${value}, standard error ${errors[i]}`));
    assert.ok(check(result, 'additivityDelta').value <= 1e-5);
    assert.ok(progress.some(({ partial }) => partial));
    const again = await explain(file, x, 'kernel-shap', { parameters: { nSamples: 900 } });
    assert.deepEqual([...again.result.values!.data], [...result.values!.data]);
    const free = (await explain(file, x, 'kernel-shap', { parameters: { tolerance: 0.2 } })).result;
    assert.ok((free.chosen!.nSamples as number) < 2 * 14 + 2048, 'stops once stable');
  });

  it('of columns that are one feature together, painted over both', async () => {
    const linear = linearModel([[1, 2, 4]], [0]);
    for (const id of all) close((await explain(linear, row(1, 1, 1), id, { parameters: { columnGroups: '0,2' } })).result.values!.data, [5, 2, 5]);
  });

  it('of patches, with the background that was asked for', async () => {
    const picture = floatTensor([1, 1, 4, 4], Float32Array.from({ length: 16 }, (_, i) => i));
    const columns = tinyModel(['N', 1, 4, 4], { y: { dims: ['N', 4] } }, (b, input) => ({ y: b.op('ReduceSum', [input, b.constant([1, 2], 'int64', [2])], { keepdims: 0 }) }));
    for (const id of all) {
      const { result } = await explain(columns, picture, id, { index: 1, parameters: { features: 'grid', gridCells: 2, background: 'zeros' } });
      const [left, right] = [1 + 5, 9 + 13];
      close([result.values!.data[0]!, result.values!.data[3]!, result.values!.data[15]!, result.values!.data[12]!], [left, 0, 0, right]);
    }
  });

  it('of token ids: hidden ones become padding', async () => {
    const vectors = [0.5, 1, 10, 100], ids: Tensor = { dtype: 'int64', dims: [1, 3], data: BigInt64Array.of(2n, 3n, 0n) };
    const file = tinyModel(['N', 3], { y: { dims: ['N', 1] } }, (b, x) => ({ y: b.op('ReduceSum', [b.op('Gather', [b.constant(vectors, 'float32', [4]), x]), b.constant([1], 'int64', [1])], { keepdims: 1 }) }));
    const ofIds = { ...file, graph: { ...file.graph, inputs: [{ name: 'x', type: { kind: 'tensor' as const, dtype: 'int64' as const, dims: ['N', 3] } }] } };
    for (const id of [...all, 'lime']) {
      const { result } = await explain(ofIds, ids, id, { kind: 'text', ...(id === 'lime' && { parameters: { alpha: 0 } }) });
      close(result.values!.data, [9.5, 99.5, 0], 1e-4);
    }
  });

  it('refuses what would never end', async () => {
    const { file } = tangled(18), x = row(...new Array<number>(18).fill(1));
    await assert.rejects(explain(file, x, 'exact-shap'), /parameter 'maxFeatures': found 18 columns, expected at most 16/);
    close(shapleyValues([0, 1, 2, 5], 2), [2, 3]);
  });
});
