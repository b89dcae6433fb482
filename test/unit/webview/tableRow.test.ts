import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Feature } from '../../../src/protocol/table';
import { desiredText, isReached, limitCount, limitParameters, type Limit } from '../../../src/webview/table/row/limits';
import { LivePredictor, type LiveAnswer } from '../../../src/webview/table/row/live';
import { changedFeatures, editText, valueText } from '../../../src/webview/table/row/values';
import { force, waterfall } from '../../../src/webview/table/row/waterfall';

const finite = fc.double({ min: -1e3, max: 1e3, noNaN: true });

describe('the waterfall of a row', () => {
  it('goes from the base to the score without a gap, the largest first, whatever is folded', () => {
    fc.assert(fc.property(finite, fc.array(finite, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (base, values, most) => {
      const score = base + values.reduce((sum, value) => sum + value, 0), steps = waterfall({ base, score, values }, most);
      assert.ok(Math.abs(steps.at(-1)!.from - base) < 1e-9 && Math.abs(steps[0]!.to - score) < 1e-6);
      for (let at = 1; at < steps.length; at++) assert.equal(steps[at - 1]!.from, steps[at]!.to);
      const single = steps.filter(({ features }) => features.length === 1).map(({ value }) => Math.abs(value));
      assert.ok(single.slice(0, most - 1).every((value, at) => at === 0 || value <= single[at - 1]!));
      assert.deepEqual(steps.flatMap(({ features }) => features).sort((a, b) => a - b), values.map((_, at) => at));
    }));
  });

  it('says what a method leaves, and adds errors of what is folded as independent', () => {
    const steps = waterfall({ base: 0, score: 10, values: [5, 1, 2], standardErrors: [0.5, 0.3, 0.4] }, 2);
    assert.deepEqual(steps.map(({ features, value }) => [features, value]), [[[0], 5], [[2, 1], 3], [[], 2]]);
    assert.ok(Math.abs(steps[1]!.error! - 0.5) < 1e-12);
  });

  it('as one bar: what pushes up ends at the score, what pushes down begins there', () => {
    const bar = force(waterfall({ base: 1, score: 4, values: [4, -2, 1] }, 9), 4);
    assert.deepEqual(bar.map(({ features, from, to }) => [features[0], from, to]), [[0, 4, 0], [2, 0, -1], [1, 4, 6]]);
  });
});

describe('a row that is moved', () => {
  it('is asked about once at a time, the newest next, and what was dropped is not told', async () => {
    const asked: number[] = [], told: number[] = [], answers: ((prediction: number[]) => void)[] = [];
    const live = new LivePredictor((values) => { asked.push(values[0]!); return new Promise((resolve) => { answers.push(resolve); }); }, ({ values }: LiveAnswer) => told.push(values[0]!), () => assert.fail('nothing fails'));
    const answer = async (): Promise<void> => { answers.shift()!([1]); await new Promise((resolve) => { setImmediate(resolve); }); };
    for (const value of [1, 2, 3, 4]) live.ask([value]);
    assert.deepEqual(asked, [1]);
    await answer();
    assert.deepEqual([asked, told], [[1, 4], [1]]);
    live.drop();
    await answer();
    live.ask([5]);
    await answer();
    assert.deepEqual([asked, told], [[1, 4, 5], [1, 5]]);
  });

  it('goes on after a question that failed', async () => {
    const errors: unknown[] = [], told: number[] = [];
    const live = new LivePredictor((values) => (values[0] === 1 ? Promise.reject(new Error('no')) : Promise.resolve([2])), ({ values }) => told.push(values[0]!), (error) => errors.push(error));
    live.ask([1]);
    live.ask([2]);
    await new Promise((resolve) => { setImmediate(resolve); });
    assert.deepEqual([errors.length, told], [1, [2]]);
  });
});

describe('a row in words', () => {
  const age: Feature = { name: 'age', kind: 'integer' }, school: Feature = { name: 'education', kind: 'category', categories: ['HS-grad', 'Bachelors'] };
  it('names categories, and what is missing', () => {
    assert.deepEqual([editText(age, 39, 45), editText(school, 0, 1), valueText(age, null), valueText(age, -1.5)], ['age 39 → 45', 'education HS-grad → Bachelors', 'missing', '−1.5']);
    assert.deepEqual(changedFeatures([1, null, NaN, 2], [1, null, null, 3]), [3]);
  });
});

describe('limits of a counterfactual', () => {
  const features: Feature[] = [{ name: 'a, b', kind: 'number' }, { name: 'x = 1', kind: 'integer' }, { name: 'c', kind: 'category', categories: ['u'] }];
  it('are parameters by number, and the features that are left', () => {
    const limits = new Map<number, Limit>([[2, { locked: true }], [0, { low: -1.5 }], [1, { low: 0, high: 9, direction: 1 }]]);
    assert.deepEqual(limitParameters(features, limits), { features: ['a, b', 'x = 1'], ranges: '#0 = -1.5..; #1 = 0..9', monotone: '#1 +' });
    assert.equal(limitCount(limits), 3);
    assert.deepEqual(limitParameters(features, new Map([[0, {}]])), { ranges: '', monotone: '' });
  });

  it('what is wanted is said, and seen when it is reached', () => {
    assert.deepEqual([desiredText({ kind: 'any' }), desiredText({ kind: 'class', name: 'yes' }), desiredText({ kind: 'above', value: 3 }), desiredText({ kind: 'between', low: -1, high: 2 })], ['', 'yes', '>3', '-1..2']);
    const yes = { outputs: ['no', 'yes'], own: [0.9, 0.1], task: 'classification', target: 1 } as const, values = { outputs: ['y', 'z'], own: [2, 5], task: 'regression', target: 1 } as const;
    assert.equal(isReached({ kind: 'any' }, [0.4, 0.6], yes), true);
    assert.equal(isReached({ kind: 'class', name: 'yes' }, [0.6, 0.4], yes), false);
    assert.equal(isReached({ kind: 'any' }, [3, 9], values), undefined);
    assert.equal(isReached({ kind: 'between', low: 2, high: 4 }, [9, 3], values), true);
  });
});
