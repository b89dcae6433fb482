import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import type { TargetSpace } from '../../../src/autodiff/targets';
import { Random } from './random';
import { randomInit, tiny, init, type NodeLine } from './tinyModel';
import { gradientOf } from './wholeModel';

const random = new Random(7);
const W = randomInit(random, [3, 4]), x = Array.from({ length: 6 }, () => random.float());

/** x [2, 3] · W [3, 4] = logits [2, 4], then `tail`. */
function model(tail: readonly NodeLine[], output: string, extra = {}) {
  return tiny({ inputs: { x: ['float32', [2, 3]] }, outputs: { [output]: 'float32' }, initializers: { W, ...extra }, nodes: [['MatMul', ['x', 'W'], ['logits']], ...tail] });
}

async function scores(tail: readonly NodeLine[], output: string, space: TargetSpace, extra = {}, index: readonly number[] = [1, 3]): Promise<{ score: number[]; gradient: number[] }> {
  const run = await gradientOf({ model: model(tail, output, extra), inputDims: { x: [2, 3] }, target: { output, space }, wrt: ['x'] }, { x: { dtype: 'float32', dims: [2, 3], data: x } }, index);
  return { score: [...run.score.data], gradient: [...run.gradients.x!.data] };
}

function close(found: readonly number[], expected: readonly number[], message?: string): void {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-5, `${message ?? ''} element ${i}: ${value}, expected ${expected[i]}`));
}

/** The logit's gradient is a column of W; the probability's is p·(column − Σ p·columns). */
const weights = Array.from(new Float32Array(W.kind === 'inline' ? W.bytes.slice().buffer : new ArrayBuffer(0)));
const column = (j: number): number[] => [0, 1, 2].map((i) => weights[i * 4 + j]!);
const logits = [0, 1].map((n) => [0, 1, 2, 3].map((j) => column(j).reduce((sum, w, i) => sum + w * Math.fround(x[n * 3 + i]!), 0)));
const probabilities = logits.map((row) => { const e = row.map(Math.exp), s = e.reduce((a, b) => a + b, 0); return e.map((v) => v / s); });
const picked = [1, 3];
const logitScore = picked.map((j, n) => logits[n]![j]!), logitGradient = picked.flatMap(column);
const probabilityScore = picked.map((j, n) => probabilities[n]![j]!);
const probabilityGradient = picked.flatMap((j, n) => {
  const mean = [0, 1, 2].map((i) => [0, 1, 2, 3].reduce((sum, k) => sum + probabilities[n]![k]! * column(k)[i]!, 0));
  return [0, 1, 2].map((i) => probabilities[n]![j]! * (column(j)[i]! - mean[i]!));
});

describe('autodiff: targets', () => {
  const tails: Record<string, { nodes: NodeLine[]; output: string; extra?: Record<string, ReturnType<typeof init>> }> = {
    'Softmax': { nodes: [['Softmax', ['logits'], ['p']]], output: 'p' },
    'Softmax, Reshape and Identity': { nodes: [['Softmax', ['logits'], ['p0']], ['Reshape', ['p0', 'shape'], ['p1']], ['Identity', ['p1'], ['p']]], output: 'p', extra: { shape: init([3], [2, 2, 2], 'int64') } },
    'Unsqueeze, Softmax over axis 1, Squeeze': {
      nodes: [['Unsqueeze', ['logits', 'axis'], ['u']], ['Softmax', ['u'], ['p0'], { axis: 1 }], ['Squeeze', ['p0', 'axis'], ['p']]], output: 'p', extra: { axis: init([1], [2], 'int64') },
    },
    'exp / sum': { nodes: [['Exp', ['logits'], ['e']], ['ReduceSum', ['e', 'axis'], ['s']], ['Div', ['e', 's'], ['p']]], output: 'p', extra: { axis: init([1], [1], 'int64') } },
    'exp / sum after subtracting the maximum': {
      nodes: [['ReduceMax', ['logits'], ['m'], { axes: [-1] }], ['Sub', ['logits', 'm'], ['d']], ['Exp', ['d'], ['e']], ['ReduceSum', ['e', 'axis'], ['s']], ['Div', ['e', 's'], ['p']]],
      output: 'p', extra: { axis: init([1], [1], 'int64') },
    },
    // As JAX's converter writes it.
    'exp / sum, reshaped and expanded, after subtracting a bounded maximum': {
      nodes: [
        ['ReduceMax', ['logits'], ['m'], { axes: [1], keepdims: 0 }], ['Max', ['low', 'm'], ['bounded']], ['Reshape', ['bounded', 'column'], ['m1']], ['Expand', ['m1', 'whole'], ['mm']],
        ['Sub', ['logits', 'mm'], ['d']], ['Exp', ['d'], ['e']], ['ReduceSum', ['e', 'axis'], ['s'], { keepdims: 0 }], ['Reshape', ['s', 'column'], ['s1']], ['Expand', ['s1', 'whole'], ['ss']], ['Div', ['e', 'ss'], ['p']],
      ],
      output: 'p', extra: { axis: init([1], [1], 'int64'), low: init([], [-1e30]), column: init([2], [2, 1], 'int64'), whole: init([2], [2, 4], 'int64') },
    },
    'Exp of LogSoftmax': { nodes: [['LogSoftmax', ['logits'], ['l']], ['Exp', ['l'], ['p']]], output: 'p' },
    'LogSoftmax': { nodes: [['LogSoftmax', ['logits'], ['p']]], output: 'p' },
    'nothing': { nodes: [], output: 'logits' },
  };
  for (const [name, { nodes, output, extra }] of Object.entries(tails)) {
    it(`${name}: logit and probability`, async () => {
      const logit = await scores(nodes, output, 'logit', extra), probability = await scores(nodes, output, 'probability', extra);
      close(logit.score, logitScore, 'logit');
      close(logit.gradient, logitGradient, 'gradient of the logit');
      close(probability.score, probabilityScore, 'probability');
      close(probability.gradient, probabilityGradient, 'gradient of the probability');
    });
  }
  it('Sigmoid: the logit before it, the probability after it', async () => {
    const tail: NodeLine[] = [['Sigmoid', ['logits'], ['p']]];
    close((await scores(tail, 'p', 'logit')).score, logitScore);
    const { score, gradient } = await scores(tail, 'p', 'probability'), s = logitScore.map((v) => 1 / (1 + Math.exp(-v)));
    close(score, s);
    close(gradient, logitGradient.map((v, i) => v * s[i < 3 ? 0 : 1]! * (1 - s[i < 3 ? 0 : 1]!)));
  });
  it("'output' is the output as it is", async () => {
    close((await scores([['LogSoftmax', ['logits'], ['l']]], 'l', 'output')).score, picked.map((j, n) => Math.log(probabilities[n]![j]!)));
    close((await scores([], 'logits', 'output')).gradient, logitGradient);
  });
  it('index i counts in the output, also behind a Transpose that moves elements', async () => {
    // logits [2, 4] as [2, 2, 2], softmax over axis 1, transposed: element 1 of a row is [0, 1] there, [1, 0] before
    const extra = { shape: init([3], [2, 2, 2], 'int64') };
    const tail: NodeLine[] = [['Reshape', ['logits', 'shape'], ['r']], ['Softmax', ['r'], ['p0'], { axis: 1 }], ['Transpose', ['p0'], ['p'], { perm: [0, 2, 1] }]];
    close((await scores(tail, 'p', 'logit', extra, [1, 0])).score, [logits[0]![2]!, logits[1]![0]!]);
    const p = (n: number, i: number, j: number): number => Math.exp(logits[n]![i]!) / (Math.exp(logits[n]![i]!) + Math.exp(logits[n]![j]!));
    close((await scores(tail, 'p', 'probability', extra, [1, 0])).score, [p(0, 2, 0), p(1, 0, 2)]);
  });
  it('a single class without an activation is a Sigmoid in probability space', async () => {
    const one = tiny({ inputs: { x: ['float32', [2, 3]] }, outputs: { z: 'float32' }, initializers: { w: init([3, 1], [1, 2, 3]) }, nodes: [['MatMul', ['x', 'w'], ['z']]] });
    const run = await gradientOf({ model: one, inputDims: { x: [2, 3] }, target: { output: 'z', space: 'probability' }, wrt: ['x'] }, { x: { dtype: 'float32', dims: [2, 3], data: [0, 0, 0, 1, 0, 0] } }, 0);
    close(run.score.data, [0.5, 1 / (1 + Math.exp(-1))]);
  });

  const build = (m: ReturnType<typeof model>, output: string, dims: readonly number[] = [2, 3]) => () =>
    buildGradientModel({ model: m, inputDims: { x: dims }, target: { output, space: 'logit' }, wrt: ['x'] });
  it('errors say what is wrong with an output, and what to choose', () => {
    assert.throws(build(model([], 'logits'), 'nonsense'), /the model has no value 'nonsense'/);
    assert.throws(build(model([['ArgMax', ['logits'], ['label'], { axis: 1 }]], 'label'), 'label'), /output 'label' holds int64 values, which have no gradient; choose 'logits', from which ArgMax makes it/);
    assert.throws(build(model([['ReduceSum', ['logits'], ['s'], { keepdims: 0 }]], 's'), 's'), /output 's' has dims \[\]: a scalar for the whole batch of 2/);
    assert.throws(build(model([['Transpose', ['logits'], ['t']]], 't'), 't'), /output 't' has dims \[4, 2\]: its first dim is not the batch \(2\)/);
    assert.throws(build(model([], 'logits'), 'logits', [2, 3, 1]), /input 'x' has 2 dims, but \[2, 3, 1\] was given/);
  });
  it('one sample without a batch dim is [1, C]', async () => {
    const squeezed = tiny({ inputs: { x: ['float32', [1, 3]] }, outputs: { s: 'float32' }, initializers: { W, axis: init([1], [0], 'int64') }, nodes: [['MatMul', ['x', 'W'], ['z']], ['Squeeze', ['z', 'axis'], ['s']]] });
    const run = await gradientOf({ model: squeezed, inputDims: { x: [1, 3] }, target: { output: 's', space: 'logit' }, wrt: ['x'] }, { x: { dtype: 'float32', dims: [1, 3], data: x.slice(0, 3) } }, 2);
    close(run.score.data, [logits[0]![2]!]);
    close(run.gradients.x!.data, column(2));
  });
});
