/** Gradient methods of inputs whose numbers stand for words. */
import assert from 'node:assert/strict';
import { methodById } from '../../../src/methods/registry';
import { floatTensor, type FloatTensor } from '../../../src/tensor/tensor';
import { explain, row, runtimeModel, sessions, tinyModel } from './tinyModels';

/** Rows of two numbers for four words, taken by float numbers that the model rounds; y = Σ over words of a·vector². */
const table = [1, 0, 2, -1, 0.5, 3, -2, 1];
const words = tinyModel(['N', 3], { y: { dims: ['N', 1] } }, (b, x) => {
  const vectors = b.op('Gather', [b.constant(table, 'float32', [4, 2]), b.cast(x, 'int64')], { axis: 0 });
  const squares = b.op('MatMul', [b.op('Mul', [vectors, vectors]), b.constant([1, 10], 'float32', [2, 1])]);
  return { y: b.reduce('ReduceSum', squares, [1], false) };
});
const oneHot = tinyModel(['N', 3], { y: { dims: ['N', 2] } }, (b, x) => {
  const marks = b.op('Equal', [b.unsqueeze(b.cast(x, 'int64'), [2]), b.int64s([0, 1, 2, 3])]);
  return { y: b.reduce('ReduceSum', b.op('MatMul', [b.cast(marks, 'float32'), b.constant(table, 'float32', [4, 2])]), [1], false) };
});
const share = (word: number): number => table[2 * word]! ** 2 + 10 * table[2 * word + 1]! ** 2;
const close = (actual: FloatTensor, expected: readonly number[]): void => {
  assert.deepEqual(actual.dims, [1, expected.length]);
  expected.forEach((value, i) => assert.ok(Math.abs(actual.data[i]! - value) < 1e-4 * Math.max(1, Math.abs(value)), `word ${i}: ${actual.data[i]}, expected ${value}`));
};

after(() => sessions.releaseAll());

describe('words at their embedding', () => {
  const sentence = row(3, 0, 2);

  it('get one number each: twice the share as input × gradient, the share by methods that add up', async () => {
    const shares = [3, 0, 2].map(share);
    for (const [id, factor] of [['input-x-gradient', 2], ['deeplift', 1], ['integrated-gradients', 1], ['lrp', 1]] as const) {
      const { result } = await explain(words, sentence, id, id === 'lrp' ? { preset: 'epsilon' } : {});
      close(result.values!, shares.map((value) => factor * value));
      assert.equal(typeof result.chosen!.embedding, 'string');
    }
  });

  it('also where the model marks them instead of looking them up', async () => {
    const { result } = await explain(oneHot, sentence, 'input-x-gradient', { index: 1 });
    close(result.values!, [1, 0, 3]);
  });

  it('apply, for texts as well; an input that stands for itself is left as it is', async () => {
    const method = methodById('saliency'), target = { output: 'y', index: 0, space: 'logit' as const };
    assert.ok(method.kinds.includes('text'));
    assert.deepEqual(await method.applies({ model: runtimeModel(words, [1, 3]), target, input: 'x', kind: 'text' }), { applies: true });
    const plain = tinyModel(['N', 3], { y: { dims: ['N', 3] } }, (b, x) => ({ y: b.op('Mul', [x, x]) }));
    assert.equal(await runtimeModel(plain, [1, 3]).embedding('x'), undefined);
    const { result } = await explain(plain, floatTensor([1, 3], Float32Array.of(1, 2, 3)), 'input-x-gradient', { index: 1 });
    close(result.values!, [0, 8, 0]);
    assert.equal(result.chosen?.embedding, undefined);
  });
});
