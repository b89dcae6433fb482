/** Attention rollout and gradient-weighted attention on hand-made attentions, plain and fused, through the real engine room. */
import assert from 'node:assert/strict';
import type { GraphBuilder } from '../../../src/graph/builder';
import { methodById } from '../../../src/methods/registry';
import { floatTensor } from '../../../src/tensor/tensor';
import { explain, row, runtimeModel, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-4): void => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= tolerance, `element ${i}: ${actual[i]}, expected ${value}`));
};

const tokens = 3, width = 2;
const x = floatTensor([1, tokens, width], Float32Array.of(1, 0, 0.5, -1, 2, 1));

/** softmax(x xᵀ / √2 + bias) x + x. */
function block(b: GraphBuilder, input: string, bias: number[]): string {
  const scores = b.op('Add', [b.op('Mul', [b.op('MatMul', [input, b.transpose(input, [0, 2, 1])]), b.constant(1 / Math.sqrt(2), 'float32')]), b.constant(bias, 'float32', [1, tokens, tokens])]);
  return b.op('Add', [b.op('MatMul', [b.op('Softmax', [scores], { axis: -1 }), input]), input]);
}

const none = new Array<number>(9).fill(0), causal = [0, -1e9, -1e9, 0, 0, -1e9, 0, 0, 0];
const stacked = (bias: number[]) => tinyModel(['N', tokens, width], { y: { dims: ['N', width] } }, (b, input) => {
  const through = block(b, block(b, input, bias), bias);
  return { y: b.squeeze(b.slice(through, [tokens - 1], [tokens], [1]), [1]) };
});

/** The attentions of both blocks, computed here. */
function attentions(bias: number[]): number[][][] {
  let state = Array.from({ length: tokens }, (_, t) => [...x.data.slice(t * width, (t + 1) * width)]);
  return [0, 1].map(() => {
    const rows = state.map((q, i) => {
      const scores = state.map((k, j) => q.reduce((sum, value, c) => sum + value * k[c]!, 0) / Math.sqrt(2) + bias[i * tokens + j]!), top = Math.max(...scores);
      const e = scores.map((value) => Math.exp(value - top)), total = e.reduce((a, c) => a + c, 0);
      return e.map((value) => value / total);
    });
    state = state.map((own, i) => own.map((value, c) => value + rows[i]!.reduce((sum, p, j) => sum + p * state[j]![c]!, 0)));
    return rows;
  });
}

const times = (a: number[][], b: number[][]) => a.map((r) => b[0]!.map((_, j) => r.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const half = (a: number[][]) => a.map((r, i) => r.map((value, j) => (value + Number(i === j)) / 2));

after(() => sessions.releaseAll());

describe('attention methods', () => {
  it('rollout: the product of (A + I) / 2 over the layers, row by row', async () => {
    const joint = times(half(attentions(none)[1]!), half(attentions(none)[0]!));
    for (const query of [0, 1, 2]) {
      const { result } = await explain(stacked(none), x, 'attention-rollout', { parameters: { query: String(query) } });
      close(result.layerValues!.data, joint[query]!);
      close([result.layerValues!.data.reduce((a, b) => a + b, 0)], [1]);
      assert.match(result.checks[0]!.message, /2 attention blocks over 3 tokens/);
    }
    const { result: mean } = await explain(stacked(none), x, 'attention-rollout');
    assert.equal(mean.chosen!.query, 'mean');
    close(mean.layerValues!.data, [0, 1, 2].map((j) => (joint[0]![j]! + joint[1]![j]! + joint[2]![j]!) / 3));
    const { result: later } = await explain(stacked(none), x, 'attention-rollout', { parameters: { query: '1', startLayer: 1 } });
    close(later.layerValues!.data, half(attentions(none)[1]!)[1]!);
    await assert.rejects(explain(stacked(none), x, 'attention-rollout', { parameters: { query: '3' } }), /expected a token's number from 0 to 2, or mean/);
    await assert.rejects(explain(stacked(none), x, 'attention-rollout', { parameters: { startLayer: 2 } }), /has 2 attention blocks/);
  });

  it('a model that only looks back is traced from its last token', async () => {
    const { result } = await explain(stacked(causal), x, 'attention-rollout');
    assert.equal(result.chosen!.query, '2');
    close(result.layerValues!.data, times(half(attentions(causal)[1]!), half(attentions(causal)[0]!))[2]!);
  });

  it('gradient-weighted: what attention adds to the target', async () => {
    // One block read at the last token: ∂y_c / ∂A[2, j] = x[j, c], so the row is max(0, x[j, c] A[2, j]).
    const one = tinyModel(['N', tokens, width], { y: { dims: ['N', width] } }, (b, input) => ({ y: b.squeeze(b.slice(block(b, input, none), [2], [3], [1]), [1]) }));
    const attention = attentions(none)[0]![2]!;
    for (const index of [0, 1]) {
      const { result } = await explain(one, x, 'attention-gradient', { index, parameters: { query: '2' } });
      close(result.layerValues!.data, attention.map((p, j) => Math.max(0, p * x.data[j * width + index]!)));
    }
  });

  it('fused attention is written out: the same as the plain one', async () => {
    const identity = [1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1];
    const fused = tinyModel(['N', tokens, width], { y: { dims: ['N', width] } }, (b, input) => {
      const out = b.op('Attention', [input, b.constant(identity, 'float32', [2, 6]), b.constant(new Array<number>(6).fill(0), 'float32', [6])], { num_heads: 1 }, 'com.microsoft');
      return { y: b.squeeze(b.slice(b.op('Add', [out, input]), [2], [3], [1]), [1]) };
    });
    const model = { ...fused, opsets: new Map([...fused.opsets, ['com.microsoft', 1]]) };
    const { result } = await explain(model, x, 'attention-rollout', { parameters: { query: '2' } });
    close(result.layerValues!.data, half(attentions(none)[0]!)[2]!);
    const { result: weighted } = await explain(model, x, 'attention-gradient', { parameters: { query: '2' }, index: 0 });
    close(weighted.layerValues!.data, attentions(none)[0]![2]!.map((p, j) => Math.max(0, p * x.data[j * width]!)));
  });

  it('apply only where there is attention from all tokens to all, and say so', async () => {
    const plain = tinyModel(['N', 2], { y: { dims: ['N', 2] } }, (b, input) => ({ y: b.op('Softmax', [input], { axis: -1 }) }));
    const question = { model: runtimeModel(plain, [1, 2]), target: { output: 'y', index: 0, space: 'logit' as const }, input: 'x', kind: 'table' as const };
    for (const id of ['attention-rollout', 'attention-gradient']) {
      const answer = await methodById(id).applies(question);
      assert.equal(answer.applies, false);
      assert.match(answer.reason!, /no attention: no MatMul → Softmax → MatMul/);
    }
    await assert.rejects(explain(plain, row(1, 2), 'attention-rollout'), /no attention/);
  });
});
