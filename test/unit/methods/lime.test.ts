/** LIME on models a linear surrogate fits exactly, on a table of known shares, and on the reference's own draws. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Surrogate } from '../../../src/methods/limeSurrogate';
import type { Attribution } from '../../../src/methods/method';
import { toFloat64 } from '../../../src/tensor/convert';
import { parseNpy } from '../../../src/tensor/npy';
import { Random } from '../../../src/tensor/random';
import { floatTensor } from '../../../src/tensor/tensor';
import { explain, linearModel, row, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `element ${i}: ${actual[i]}, expected ${expected[i]}`);
};
const check = ({ checks }: Attribution, id: string) => checks.find((item) => item.id === id)!;
const linear = linearModel([[1, -2, 0.5, 3]], [7]), x = row(4, 3, 2, 1);

/** y = 1 where the first column is above 1, else 0; the other columns do nothing. */
const step = tinyModel(['N', 3], { y: { dims: ['N', 1] } }, (b, input) => ({ y: b.op('Cast', [b.op('Greater', [b.split(input, 1, [1, 2])[0]!, b.constant([1], 'float32', [1])])], { to: 1 }) }));

const cases = path.join(process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared'), 'golden/cases');

after(() => sessions.releaseAll());

describe('LIME', () => {
  it('of a linear model without a penalty: w · x, a perfect fit, and an early stop', async () => {
    const { result, progress } = await explain(linear, x, 'lime', { parameters: { alpha: 0 } });
    close(result.values!.data, [4, -6, 1, 3], 1e-4);
    close([result.score], [9]);
    close(result.standardErrors!.data, [0, 0, 0, 0], 1e-4);
    assert.ok(check(result, 'surrogateR2').value > 0.99999);
    assert.ok(check(result, 'seedStability').value > 0.99999);
    assert.ok((result.chosen!.nSamples as number) < 5000);
    assert.ok(progress.some(({ partial }) => partial));
    assert.equal(check(result, 'background').ok, false, 'no table was given');
  });

  it('the same seed gives the same numbers, another one others', async () => {
    const file = tinyModel(['N', 4], { y: { dims: ['N', 1] } }, (b, input) => ({ y: b.op('ReduceProd', [input, b.constant([1], 'int64', [1])], { keepdims: 1 }) }));
    const of = async (nSamples: number) => (await explain(file, x, 'lime', { kind: 'sound', parameters: { nSamples } })).result;
    const [once, again, more] = [await of(200), await of(200), await of(201)];
    assert.deepEqual([...once.values!.data], [...again.values!.data]);
    assert.notDeepEqual([...once.values!.data], [...more.values!.data]);
    assert.ok(check(once, 'surrogateR2').value < 0.9, 'a product is no sum');
  });

  it('of a picture: patches, cosine distance, the mean colour of each', async () => {
    const picture = floatTensor([1, 1, 4, 4], Float32Array.from({ length: 16 }, (_, i) => i));
    // Σ of the left column: hidden patches keep their mean, so only how they differ from it counts.
    const left = tinyModel(['N', 1, 4, 4], { y: { dims: ['N', 1] } }, (b, input) => ({ y: b.op('ReduceSum', [b.op('Mul', [input, b.constant(Array.from({ length: 16 }, (_, i) => Number(i % 4 === 0)), 'float32', [1, 1, 4, 4])]), b.constant([1, 2, 3], 'int64', [3])], { keepdims: 0 }) }));
    const { result } = await explain(left, picture, 'lime', { parameters: { features: 'grid', gridCells: 2, alpha: 0 } });
    const { data } = result.values!;
    close([data[0]!, data[5]!, data[2]!, data[8]!, data[15]!], [-1, -1, 0, -1, 0], 1e-4);
    assert.equal(result.chosen!.background, 'region-mean');
  });

  it('of thousands of parts is refused: the fit would hold everything up for minutes', async () => {
    const picture = floatTensor([1, 1, 64, 64], Float32Array.from({ length: 4096 }, (_, i) => i)), sum = tinyModel(['N', 1, 64, 64], { y: { dims: ['N', 1] } }, (b, input) => ({ y: b.op('ReduceSum', [input, b.constant([1, 2, 3], 'int64', [3])], { keepdims: 0 }) }));
    await assert.rejects(explain(sum, picture, 'lime', { parameters: { features: 'grid', gridCells: 64, nSamples: 20 } }), /found 4096 patches, expected at most 2048/);
  });

  it("of a table's row: other values as the table has them, quartile by quartile", async () => {
    const random = new Random(1), table = floatTensor([400, 3], Float32Array.from({ length: 1200 }, (_, i) => (i % 3 === 0 ? Math.floor(i / 3) % 4 : random.normal())));
    // The first column is 0, 1, 2 or 3; quartiles part it in ≤ 0.75, ≤ 1.5, ≤ 2.25 and above: the model is 1 in two of four bins.
    const { result } = await explain(step, row(3, 0, 0), 'lime', { parameters: { nSamples: 5000, alpha: 0 }, tensors: { background: table } });
    const [first, second, third] = result.values!.data;
    assert.ok(Math.abs(first! - (1 - 1 / 3)) < 0.05, `1 in its own bin, a third in the three others: ${first}`);
    assert.ok(Math.abs(second!) < 0.05 && Math.abs(third!) < 0.05);
    assert.equal(result.chosen!.background, 'table');
    assert.equal(result.score, 1);
  });

  it('lasso leaves out what does little', async () => {
    const { result } = await explain(linear, x, 'lime', { preset: 'captum', parameters: { nSamples: 2000, alpha: 0.6 } });
    assert.equal(result.values!.data[2], 0);
    assert.ok(result.values!.data[0]! > 1 && result.values!.data[1]! < -1);
  });

  it('standard errors are those of repeated runs', () => {
    const runs = Array.from({ length: 60 }, (_, seed) => {
      const random = new Random(seed), surrogate = new Surrogate(5, { kind: 'ridge', alpha: 1 });
      for (let k = 0; k < 400; k++) {
        const sample = Uint8Array.from({ length: 5 }, () => random.integer(2));
        surrogate.add(sample, 0.2 + 0.8 * random.uniform(), sample[0]! * 2 + sample[1]! * sample[2]! * 4 + random.normal());
      }
      return surrogate.fit();
    });
    for (let i = 0; i < 5; i++) {
      const mean = runs.reduce((sum, { coefficients }) => sum + coefficients[i]! / runs.length, 0);
      const spread = Math.sqrt(runs.reduce((sum, { coefficients }) => sum + (coefficients[i]! - mean) ** 2, 0) / (runs.length - 1));
      assert.ok(spread / runs[0]!.standardErrors[i]! > 0.7 && spread / runs[0]!.standardErrors[i]! < 1.4, `coefficient ${i}: ${spread} against ${runs[0]!.standardErrors[i]}`);
    }
  });

  for (const id of ['breastcancer_lime_tabular', 'iris_lime_tabular', 'treecl_lime_tabular']) {
    it(`on the reference's own draws: ${id}`, function () {
      const folder = path.join(cases, id);
      if (!existsSync(folder)) {
        console.log(`      skipped: there is no ${folder}`);
        return this.skip();
      }
      const read = (name: string): Float64Array => toFloat64(parseNpy(readFileSync(path.join(folder, `oneRun_${name}.npy`)), name));
      const binary = read('binary'), labels = read('labels'), weights = read('weights'), expected = read('expected'), n = expected.length - 1;
      const surrogate = new Surrogate(n, { kind: 'ridge', alpha: 1 });
      labels.forEach((label, k) => surrogate.add(Uint8Array.from(binary.subarray(k * n, (k + 1) * n)), weights[k]!, label));
      const { coefficients, intercept } = surrogate.fit();
      close([...coefficients, intercept], expected, 1e-5);
    });
  }
});
