/** Figures of values against those worked out by hand, and what must not change them. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { medianOf, valueFigures } from '../../../../src/metrics/table/values';
import { Random } from '../../../../src/tensor/random';

const near = (found: number, expected: number, tolerance = 1e-9): void => assert.ok(Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${found}, expected ${expected}`);

describe('metrics/table/values', () => {
  it('R², MAE, RMSE, median error and bias of four rows', () => {
    const { r2, mae, rmse, medianError, bias } = valueFigures(Float64Array.of(2.5, 0, 2, 8), Float64Array.of(3, -0.5, 2, 7));
    near(r2!.value, 0.9486081370449679);
    near(mae.value, 0.5);
    near(mae.standardError, Math.sqrt(0.5 / 3 / 4));
    near(rmse.value, Math.sqrt(0.375));
    near(rmse.standardError, Math.sqrt((0.140625 + 2 * 0.015625 + 0.390625) / 3 / 4) / (2 * Math.sqrt(0.375)));
    near(medianError.value, 0.5);
    near(bias.value, 0.25);
    assert.equal(valueFigures(Float64Array.of(1, 2), Float64Array.of(3, 3)).r2, undefined);
    assert.equal(valueFigures(Float64Array.of(1, 2), Float64Array.of(1, 2)).rmse.standardError, 0);
  });

  it('a median and its error from the order of the values', () => {
    near(medianOf(Float64Array.of(9, 1, 5)).value, 5);
    near(medianOf(Float64Array.of(4, 1, 2, 3)).value, 2.5);
    // One binomial deviation of 100 rows is 5 rows: from 44.5 to 54.5 of 0 … 99.
    near(medianOf(Float64Array.from({ length: 100 }, (_, i) => i)).standardError, 5);
  });

  it('standard errors are those of drawing the rows again', () => {
    const random = new Random(9), n = 300, truth = Float64Array.from({ length: n }, () => random.normal()), said = truth.map((value) => 0.7 * value + 0.5 * random.normal());
    const whole = valueFigures(said, truth), draws = Array.from({ length: 400 }, () => {
      const rows = Array.from({ length: n }, () => random.integer(n));
      return valueFigures(Float64Array.from(rows, (row) => said[row]!), Float64Array.from(rows, (row) => truth[row]!));
    });
    for (const name of ['r2', 'mae', 'rmse', 'medianError', 'bias'] as const) {
      const values = draws.map((figures) => figures[name]!.value), mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)), told = whole[name]!.standardError;
      assert.ok(told > 0.75 * spread && told < 1.3 * spread, `${name}: ${told}, drawn again ${spread}`);
    }
  });

  it('other units change errors by their factor and R² not at all', () => {
    const number = fc.integer({ min: -800, max: 800 }).map((value) => value / 8);
    fc.assert(fc.property(fc.array(fc.tuple(number, number), { minLength: 3, maxLength: 30 }), fc.integer({ min: 1, max: 50 }), fc.integer({ min: -20, max: 20 }), (pairs, factor, shift) => {
      const of = (map: (value: number) => number): ReturnType<typeof valueFigures> => valueFigures(Float64Array.from(pairs, ([said]) => map(said)), Float64Array.from(pairs, ([, truth]) => map(truth)));
      const plain = of((value) => value), other = of((value) => factor * value + shift);
      for (const name of ['mae', 'rmse', 'medianError', 'bias'] as const) near(other[name].value, factor * plain[name].value, 1e-8);
      if (plain.r2) near(other.r2!.value, plain.r2.value, 1e-6);
    }));
  });
});
