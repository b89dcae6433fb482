import assert from 'node:assert/strict';
import { describePrediction, entropyBits, isDistribution, margin, softmax, topK } from '../../../src/methods/distribution';

const close = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}, expected ${expected}`);

describe('distribution', () => {
  it('softmax: closed forms, no overflow, temperature', () => {
    const [a, b] = softmax([0, Math.log(3)]) as unknown as [number, number];
    close(a, 0.25);
    close(b, 0.75);
    assert.deepEqual([...softmax([1000, -1000])], [1, 0]);
    close(softmax([0, 2 * Math.log(3)], 2)[1]!, 0.75);
    assert.throws(() => softmax([1], 0), /above 0, found 0/);
  });

  it('entropy in bits: none when certain, log2 C when clueless', () => {
    assert.equal(entropyBits([1, 0, 0]), 0);
    close(entropyBits(new Array<number>(8).fill(1 / 8)), 3);
    close(entropyBits([0.5, 0.25, 0.25]), 1.5);
  });

  it('top k: order, ties by index, values that are no numbers last', () => {
    assert.deepEqual(topK([1, 3, NaN, 3, 2], 3), [{ index: 1, value: 3 }, { index: 3, value: 3 }, { index: 4, value: 2 }]);
    assert.equal(topK([5], 4).length, 1);
    assert.equal(topK([NaN, 1], 1)[0]!.index, 1);
    close(margin([0.1, 0.7, 0.2]), 0.5);
    assert.ok(Number.isNaN(margin([1])));
  });

  it('tells a distribution from scores', () => {
    assert.ok(isDistribution([0.2, 0.8]) && isDistribution([0, 1, 0]));
    assert.ok(!isDistribution([0.2, 0.2]) && !isDistribution([2, -1]) && !isDistribution([1]) && !isDistribution([NaN, 1]));
  });

  it('describes probabilities, logits and scores', () => {
    const probabilities = describePrediction([0.1, 0.7, 0.2], { top: 2 });
    assert.deepEqual([probabilities.kind, probabilities.top.map(({ index }) => index)], ['probabilities', [1, 2]]);
    close(probabilities.margin!, 0.5);
    const logits = describePrediction([0, Math.log(3)], { logits: true });
    close(logits.top[0]!.probability!, 0.75);
    assert.equal(logits.top[0]!.value, Math.log(3));
    const scores = describePrediction([17, -3]);
    assert.deepEqual([scores.kind, scores.entropy, scores.margin, scores.top[0]!.probability], ['scores', null, null, null]);
  });
});
