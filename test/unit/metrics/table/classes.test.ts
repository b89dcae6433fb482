/** Figures of classes against those worked out by hand (many are the examples of scikit-learn's documentation), and what must not change them. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { calibrationOf, topClassCalibration } from '../../../../src/metrics/table/calibration';
import { classFigures, confusionOf, logLosses, saidClasses, type ClassFigures, type SaidOfClasses } from '../../../../src/metrics/table/classes';
import { meanOf, normalTail, share } from '../../../../src/metrics/table/estimate';
import { areaUnderRoc } from '../../../../src/metrics/table/rocAuc';
import { Random } from '../../../../src/tensor/random';

const near = (found: number, expected: number, tolerance = 1e-9): void => assert.ok(Math.abs(found - expected) <= tolerance, `${found}, expected ${expected}`);

/** Classes as answers alone: the one that is said has 0.9. */
function answered(answers: readonly number[], truth: readonly number[], classes: number): SaidOfClasses {
  return { classes, truth: Int32Array.from(truth), said: Float64Array.from(answers.flatMap((answer) => Array.from({ length: classes }, (_, k) => (k === answer ? 0.9 : 0.1 / (classes - 1))))) };
}
function two(probabilities: readonly number[], truth: readonly number[]): SaidOfClasses {
  return { classes: 2, truth: Int32Array.from(truth), said: Float64Array.from(probabilities.flatMap((p) => [1 - p, p])) };
}

describe('metrics/table/estimate', () => {
  it('means, shares and tails', () => {
    const { value, standardError } = meanOf([1, 2, 3, 6]);
    near(value, 3);
    near(standardError, Math.sqrt(14 / 3 / 4));
    assert.ok(Number.isNaN(meanOf([1]).standardError) && Number.isNaN(share(0, 0).value));
    near(share(3, 4).value, 0.75);
    near(share(3, 4).standardError, Math.sqrt((0.625 * 0.375) / 8));
    assert.ok(share(3, 3).standardError > 0.1, 'three of three is not certain');
    near(normalTail(0.025), 1.959964, 5e-4);
    near(normalTail(0.00001), 4.264891, 5e-4);
  });
});

describe('metrics/table/classes', () => {
  it('accuracy, balanced accuracy, F1, confusion', () => {
    const uneven = classFigures(answered([0, 1, 0, 0, 0, 1], [0, 1, 0, 0, 1, 0], 2));
    near(uneven.accuracy.value, 4 / 6);
    near(uneven.balancedAccuracy.value, 0.625);
    near(uneven.balancedAccuracy.standardError, Math.hypot(share(3, 4).standardError, share(1, 2).standardError) / 2);
    near(classFigures(answered([0, 2, 1, 0, 0, 1], [0, 1, 2, 0, 1, 2], 3)).macroF1.value, 0.8 / 3);
    assert.deepEqual(confusionOf(Int32Array.of(2, 0, 2, 2, 0, 1), Int32Array.of(0, 0, 2, 2, 0, 2), 3), [[2, 0, 0], [0, 0, 1], [1, 0, 2]]);
    assert.deepEqual(Array.from(saidClasses(Float64Array.of(0.4, 0.4, 0.2, 0.1, 0.2, 0.7), 3)), [0, 2]);
  });

  it('log loss and Brier score', () => {
    const said = two([0.9, 0.1, 0.2, 0.65], [1, 0, 0, 1]);
    near(classFigures(said).logLoss.value, 0.21616187468057912);
    near(classFigures(two([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0])).brier.value, 0.0375);
    // Of three classes all squares count: 0.01 + 0.04 + 0.09.
    near(classFigures({ classes: 3, truth: Int32Array.of(1), said: Float64Array.of(0.1, 0.8, 0.3) }).brier.value, 0.14);
    const [sure] = logLosses(two([0], [1]));
    near(sure!, 52 * Math.log(2));
  });

  it('the area under the ROC curve, with ties, and its error', () => {
    const { auc } = classFigures(two([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]));
    near(auc!.value, 0.75);
    // Placements 0.5 and 1 of both kinds: every row moves it by 0.125.
    near(auc!.standardError, Math.sqrt(((4 * 0.125 ** 2) * 4) / 3));
    near(areaUnderRoc(new Float64Array(5), Uint8Array.of(1, 0, 0, 1, 0)).value, 0.5);
    near(areaUnderRoc(Float64Array.of(1, 2, 2, 3), Uint8Array.of(0, 1, 0, 1)).value, 3.5 / 4);
    assert.equal(classFigures(two([0.2, 0.3], [1, 1])).auc, undefined);
    // Each against the rest: class 0 is told apart wholly, classes 1 and 2 not at all.
    const three = classFigures({ classes: 3, truth: Int32Array.of(0, 1, 2), said: Float64Array.of(0.8, 0.1, 0.1, 0.2, 0.4, 0.4, 0.2, 0.4, 0.4) });
    near(three.auc!.value, (1 + 0.75 + 0.75) / 3);
  });

  it('calibration: what is said, what is so, and the mean gap', () => {
    const { bins, error } = calibrationOf(Float64Array.of(0.05, 0.15, 0.12, 0.95, 1), [0, 1, 0, 1, 1]);
    assert.deepEqual(bins.map(({ rows }) => rows), [1, 2, 2]);
    near(bins[1]!.said, 0.135);
    near(bins[1]!.actual, 0.5);
    near(bins[1]!.standardError, Math.sqrt(0.25 / 6));
    near(error, (0.05 + 2 * 0.365 + 2 * 0.025) / 5);
    // 0.9 is said four times and is right three times; 0.6 is said once and is right.
    const data = two([0.9, 0.9, 0.9, 0.9, 0.6], [1, 1, 1, 0, 1]);
    near(topClassCalibration(data, saidClasses(data.said, 2)).value, (4 * 0.15 + 0.4) / 5);
  });

  it('standard errors are those of drawing the rows again', () => {
    const random = new Random(5), n = 400, truth = Array.from({ length: n }, () => random.integer(3)), said = Float64Array.from(truth.flatMap((actual) => {
      const scores = [0, 1, 2].map((k) => Math.exp((k === actual ? 1 : 0) + random.normal())), sum = scores[0]! + scores[1]! + scores[2]!;
      return scores.map((score) => score / sum);
    }));
    const draw = (rows: readonly number[]): ClassFigures => classFigures({ classes: 3, truth: Int32Array.from(rows, (row) => truth[row]!), said: Float64Array.from(rows.flatMap((row) => Array.from(said.subarray(3 * row, 3 * row + 3)))) });
    const whole = draw([...truth.keys()]), draws = Array.from({ length: 300 }, () => draw(Array.from({ length: n }, () => random.integer(n))));
    for (const name of ['accuracy', 'balancedAccuracy', 'macroF1', 'logLoss', 'auc', 'brier'] as const) {
      const values = draws.map((figures) => figures[name]!.value), mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)), told = whole[name]!.standardError;
      assert.ok(told > 0.8 * spread && told < 1.25 * spread, `${name}: ${told}, drawn again ${spread}`);
    }
  });

  const rows = fc.array(fc.record({ p: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.integer({ min: 0, max: 1 }) }), { minLength: 3, maxLength: 40 });

  it('the order of rows changes nothing, rows twice change no value', () => {
    fc.assert(fc.property(rows, (list) => {
      const of = (some: typeof list): ClassFigures => classFigures(two(some.map(({ p }) => p), some.map(({ y }) => y)));
      const one = of(list), turned = of([...list].reverse()), doubled = of([...list, ...list]);
      for (const name of ['accuracy', 'balancedAccuracy', 'macroF1', 'logLoss', 'auc', 'brier', 'ece'] as const) {
        if (one[name] === undefined) continue;
        near(turned[name]!.value, one[name].value, 1e-9);
        near(doubled[name]!.value, one[name].value, 1e-9);
        near(turned[name]!.standardError, one[name].standardError, 1e-9);
      }
    }));
  });

  it('an area is a matter of order alone, and of the other class it is the rest', () => {
    fc.assert(fc.property(rows.filter((list) => list.some(({ y }) => y === 1) && list.some(({ y }) => y === 0)), (list) => {
      const scores = Float64Array.from(list, ({ p }) => Math.round(8 * p) / 8), is = Uint8Array.from(list, ({ y }) => y), { value } = areaUnderRoc(scores, is);
      near(areaUnderRoc(scores.map((score) => 3 * score ** 3 - 7), is).value, value);
      near(areaUnderRoc(scores.map((score) => -score), is).value, 1 - value);
      near(areaUnderRoc(scores, is.map((one) => 1 - one)).value, 1 - value);
      const { influences } = areaUnderRoc(scores, is);
      near(influences.reduce((sum, one) => sum + one, 0), 0, 1e-9);
    }));
  });
});
