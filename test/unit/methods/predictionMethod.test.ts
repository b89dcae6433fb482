import assert from 'node:assert/strict';
import { floatTensor } from '../../../src/tensor/tensor';
import { explain, sessions, tinyModel } from './tinyModels';

const x = floatTensor([1, 3], Float32Array.of(0, Math.log(2), Math.log(5)));
const near = (actual: number | null | undefined, expected: number): void => assert.ok(Math.abs(actual! - expected) < 1e-6, `${actual}, expected ${expected}`);

describe('prediction as a method', () => {
  after(() => sessions.releaseAll());

  it('describes softmax(0, ln 2, ln 5) = 1/8, 2/8, 5/8, and the same at temperature 2', async () => {
    const model = tinyModel(['N', 3], { y: { dims: ['N', 3] } }, (b, value) => ({ y: b.op('Softmax', [value], { axis: 1 }) }));
    const { result } = await explain(model, x, 'prediction', { index: 2, space: 'output' });
    assert.equal(result.values, undefined);
    near(result.score, 5 / 8);
    assert.deepEqual(result.distribution!.top.map(({ index }) => index), [2, 1, 0]);
    near(result.distribution!.margin, 3 / 8);
    near(result.distribution!.entropy, 3 / 8 + 2 / 8 * 2 + 5 / 8 * Math.log2(8 / 5));
    assert.ok(result.checks[0]!.id === 'probabilitySum' && result.checks[0]!.ok);
    const warm = await explain(model, x, 'prediction', { parameters: { temperature: 2, top: 1 } });
    assert.equal(warm.result.distribution!.top.length, 1);
    near(warm.result.distribution!.top[0]!.probability, Math.sqrt(5) / (1 + Math.sqrt(2) + Math.sqrt(5)));
  });

  it('says so when the output is no distribution, and when it is no number', async () => {
    const scores = tinyModel(['N', 3], { y: { dims: ['N', 3] } }, (b, value) => ({ y: b.op('Mul', [value, b.constant(10, 'float32')]) }));
    const plain = (await explain(scores, x, 'prediction')).result;
    assert.ok(plain.distribution!.kind === 'scores' && plain.checks[0]!.ok && /scores/.test(plain.checks[0]!.message));
    const broken = tinyModel(['N', 3], { y: { dims: ['N', 3] } }, (b, value) => ({ y: b.op('Log', [b.op('Neg', [value])]) }));
    assert.equal((await explain(broken, x, 'prediction')).result.checks[0]!.ok, false);
  });
});
