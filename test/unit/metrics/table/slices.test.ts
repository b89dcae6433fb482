/** Slices where errors were planted, groups counted by hand, and tables without any pattern. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gapOf, groupMean, groupRates } from '../../../../src/metrics/table/groups';
import { levelsOf, type LevelOptions, type Levels } from '../../../../src/metrics/table/levels';
import { searchSlices, type SliceSearch } from '../../../../src/metrics/table/slices';
import { Random } from '../../../../src/tensor/random';

const options: LevelOptions = { bins: 4, mostValues: 5, mostCategories: 3 };

function search(errors: Float64Array, columns: readonly Levels[]): SliceSearch {
  const run = searchSlices(errors, columns);
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
  }
}
const words = (columns: readonly Levels[], { parts }: SliceSearch['slices'][number]): string => parts.map(({ column, level }) => columns[column]!.conditions[level]!).join(' and ');

describe('metrics/table/levels', () => {
  it('numbers by quantiles, few values one by one, words by how often they come, missing ones apart', () => {
    const numbers = levelsOf({ name: 'age', numbers: Float64Array.from({ length: 101 }, (_, i) => i) }, options)!;
    assert.deepEqual(numbers.conditions, ['age ≤ 25', '25 < age ≤ 50', '50 < age ≤ 75', 'age > 75']);
    assert.deepEqual(numbers.names, ['≤ 25', '25 < … ≤ 50', '50 < … ≤ 75', '> 75']);
    assert.deepEqual([numbers.of[0], numbers.of[25], numbers.of[26], numbers.of[100]], [0, 0, 1, 3]);
    const few = levelsOf({ name: 'n', numbers: Float64Array.of(2, 0, NaN, 2) }, options)!;
    assert.deepEqual(few.conditions, ['n = 0', 'n = 2', 'n is missing']);
    assert.deepEqual(Array.from(few.of), [1, 0, 2, 1]);
    const categories = ['a', 'b', 'c', 'd', 'e'], cells = Float64Array.of(4, 4, 4, 1, 1, 0, 2, 3);
    const rare = levelsOf({ name: 'w', numbers: cells, categories }, options)!;
    assert.deepEqual([rare.names, Array.from(rare.of)], [['e', 'b', 'a'], [0, 0, 0, 1, 1, 2, -1, -1]]);
    const others = levelsOf({ name: 'w', numbers: cells, categories }, { ...options, others: true })!;
    assert.deepEqual([others.names.at(-1), others.of[6], others.of[7]], ['2 others', 3, 3]);
    assert.equal(levelsOf({ name: 'same', numbers: Float64Array.of(1, 1) }, options), undefined);
  });

  it('every row is on one level, and the levels of numbers follow their order', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noNaN: true, min: -5, max: 5 })), { minLength: 2, maxLength: 60 }), (list) => {
      const found = levelsOf({ name: 'x', numbers: Float64Array.from(list) }, options);
      if (!found) return;
      list.forEach((one, a) => {
        assert.ok(found.of[a]! >= 0 && found.of[a]! < found.names.length);
        list.forEach((other, b) => { if (one < other) assert.ok(found.of[a]! <= found.of[b]!); });
      });
    }));
  });
});

describe('metrics/table/slices', () => {
  /** Columns of random levels, and errors that are random but for one corner. */
  function planted(n: number, seed: number, extra: (age: number, city: number) => number): { errors: Float64Array; columns: Levels[] } {
    const random = new Random(seed), age = Float64Array.from({ length: n }, () => random.uniform() * 80), city = Float64Array.from({ length: n }, () => random.integer(3)), other = Float64Array.from({ length: n }, () => random.normal());
    const columns = [{ name: 'age', numbers: age }, { name: 'city', numbers: city, categories: ['Oslo', 'Paris', 'Rome'] }, { name: 'other', numbers: other }].map((column) => levelsOf(column, options)!);
    return { columns, errors: Float64Array.from(age, (value, row) => -Math.log(1 - random.uniform()) * 0.3 + extra(value, city[row]!)) };
  }

  it('finds the corner where the model errs, and counts what it tried', () => {
    const { errors, columns } = planted(2000, 1, (age, city) => (age > 60 && city === 2 ? 1 : 0)), found = search(errors, columns), [first] = found.slices;
    assert.match(words(columns, first!), /^age > [\d.]+ and city = Rome$/);
    assert.ok(first!.lowerBound > 0.5 && first!.difference > first!.lowerBound);
    const mean = first!.rows.reduce((sum, row) => sum + errors[row]!, 0) / first!.rows.length;
    assert.ok(Math.abs(mean - first!.error) < 1e-9);
    // 4 + 3 + 4 levels, and 12 + 16 + 12 corners.
    assert.deepEqual([found.tried, found.fewestRows, found.paired], [51, 20, 3]);
  });

  it('one condition is enough where one condition explains it', () => {
    const { errors, columns } = planted(2000, 2, (_, city) => (city === 0 ? 0.5 : 0)), held = search(errors, columns).slices.filter(({ lowerBound }) => lowerBound > 0);
    assert.equal(words(columns, held[0]!), 'city = Oslo');
  });

  it('finds nothing where there is nothing, in 19 of 20 tables', () => {
    const wrong = Array.from({ length: 40 }, (_, seed) => { const { errors, columns } = planted(500, 100 + seed, () => 0); return search(errors, columns).slices.some(({ lowerBound }) => lowerBound > 0); }).filter(Boolean).length;
    assert.ok(wrong <= 4, `${wrong} of 40`);
  });

  it('of very many columns, those that tell of the error are combined', () => {
    const random = new Random(4), n = 400, columns = Array.from({ length: 260 }, (_, j) => levelsOf({ name: `c${j}`, numbers: Float64Array.from({ length: n }, () => random.integer(3)) }, options)!);
    const errors = Float64Array.from({ length: n }, (_, row) => random.uniform() + (columns[255]!.of[row] === 1 && columns[7]!.of[row] === 2 ? 3 : 0)), found = search(errors, columns);
    assert.equal(found.paired, 200);
    assert.equal(words(columns, found.slices[0]!), 'c7 = 2 and c255 = 1');
  });
});

describe('metrics/table/groups', () => {
  it('rates of a group, counted by hand', () => {
    //          group a: rows 0 … 4, group b: rows 5 … 7
    const actual = Uint8Array.of(1, 1, 1, 0, 0, 1, 0, 0), said = Uint8Array.of(1, 1, 0, 1, 0, 0, 0, 1);
    const a = groupRates(actual, said, Int32Array.of(0, 1, 2, 3, 4)), b = groupRates(actual, said, Int32Array.of(5, 6, 7));
    assert.deepEqual([a.rows, a.positives, a.selected], [5, 3, 3]);
    assert.deepEqual([a.selectionRate.value, a.truePositiveRate.value, a.falsePositiveRate.value, a.precision.value], [3 / 5, 2 / 3, 1 / 2, 2 / 3]);
    assert.deepEqual([b.selectionRate.value, b.truePositiveRate.value, b.falsePositiveRate.value, b.precision.value], [1 / 3, 0, 1 / 2, 0]);
    const gap = gapOf([{ name: 'a', rows: 5, ...a.selectionRate }, { name: 'b', rows: 3, ...b.selectionRate }, { name: 'none', rows: 0, value: NaN, standardError: NaN }])!;
    assert.ok(Math.abs(gap.value - (3 / 5 - 1 / 3)) < 1e-12 && Math.abs(gap.ratio - 5 / 9) < 1e-12);
    assert.deepEqual([gap.high.name, gap.low.name], ['a', 'b']);
    assert.equal(gapOf([{ name: 'a', rows: 5, ...a.selectionRate }]), undefined);
    const even = gapOf([{ name: 'a', rows: 2, value: 1, standardError: 0 }, { name: 'b', rows: 2, value: 1, standardError: 0 }])!;
    assert.deepEqual([even.value, even.ratio, even.high.name, even.low.name], [0, 1, 'a', 'b']);
    assert.equal(groupMean(Float64Array.of(1, 2, 3, 9), Int32Array.of(0, 3)).value, 5);
  });

  it('groups together are the whole table', () => {
    const row = fc.record({ actual: fc.integer({ min: 0, max: 1 }), said: fc.integer({ min: 0, max: 1 }), group: fc.integer({ min: 0, max: 2 }) });
    fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 50 }), (rows) => {
      const actual = Uint8Array.from(rows, (one) => one.actual), said = Uint8Array.from(rows, (one) => one.said), places = (group?: number): Int32Array => Int32Array.from(rows.flatMap((one, at) => (group === undefined || one.group === group ? [at] : [])));
      const whole = groupRates(actual, said, places()), parts = [0, 1, 2].map((group) => groupRates(actual, said, places(group)));
      const weighted = (of: 'selectionRate' | 'truePositiveRate', weight: 'rows' | 'positives'): number => parts.reduce((sum, part) => sum + (part[weight] ? part[of].value * part[weight] : 0), 0);
      assert.ok(Math.abs(weighted('selectionRate', 'rows') - whole.selected) < 1e-9);
      if (whole.positives) assert.ok(Math.abs(weighted('truePositiveRate', 'positives') / whole.positives - whole.truePositiveRate.value) < 1e-9);
    }));
  });
});
