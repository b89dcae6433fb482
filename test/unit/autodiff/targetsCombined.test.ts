/** Targets of more than one element: closed forms, and central differences through whole models. */
import assert from 'node:assert/strict';
import type { TargetForm } from '../../../src/autodiff/targetScore';
import { buildGradientModel, type GradientSpec } from '../../../src/autodiff/gradientModel';
import { Random } from './random';
import { runSession } from './runGraph';
import { randomInit, tiny } from './tinyModel';
import { openModelSession } from './wholeModel';

const random = new Random(11), batch = 3;
/** x [N, 6] → tanh(x·W) = inner [N, 5] → inner·V = y [N, 4] → softmax. */
const file = tiny({
  inputs: { x: ['float32', [batch, 6]] }, outputs: { p: 'float32' }, initializers: { W: randomInit(random, [6, 5]), V: randomInit(random, [5, 4]) },
  nodes: [['MatMul', ['x', 'W'], ['h']], ['Tanh', ['h'], ['inner']], ['MatMul', ['inner', 'V'], ['y']], ['Softmax', ['y'], ['p'], { axis: 1 }]],
});
const x = Array.from({ length: batch * 6 }, () => random.float());

async function session(target: GradientSpec['target'], composite?: GradientSpec['composite'], fetch: readonly string[] = []) {
  const built = buildGradientModel({ model: file, inputDims: { x: [batch, 6] }, target, wrt: ['x'], fetch, ...(composite && { composite }) });
  const open = await openModelSession(built.model);
  return {
    built, release: () => open.release(),
    run: async (data: readonly number[], vector: readonly number[], more = {}) => {
      const out = await runSession(open, { x: { dtype: 'float32', dims: [batch, 6], data }, [built.targetInput]: { dtype: 'float32', dims: [1, vector.length], data: vector }, ...more });
      return { score: out[built.scoreOutput]!.data, gradient: out[built.gradients.x!]!.data, fetched: fetch.map((name) => out[built.fetched[name]!]!.data) };
    },
  };
}

const near = (found: number, expected: number, within: number, what: string): void => assert.ok(Math.abs(found - expected) <= within * Math.max(1, Math.abs(expected)), `${what}: ${found}, expected ${expected}`);

describe('autodiff: targets of more than one element', () => {
  const cases: readonly (readonly [string, string, 'logit' | 'probability' | 'output', TargetForm, readonly number[], string])[] = [
    ['difference of two logits', 'p', 'logit', 'weighted', [1, 0, -1, 0], 'y'],
    ['difference of two probabilities', 'p', 'probability', 'weighted', [0, 1, -1, 0], 'p'],
    ['sum of an inner value', 'inner', 'output', 'weighted', [1, 1, 1, 1, 1], 'inner'],
    ['mean of a part of it', 'inner', 'output', 'weighted', [0, 1 / 3, 1 / 3, 1 / 3, 0], 'inner'],
    ['cosine of an inner value', 'inner', 'output', 'cosine', [2, -1, 0.5, 3, -2], 'inner'],
    ['cosine of the logits', 'p', 'logit', 'cosine', [0.1, 0.2, -0.3, 0.05], 'y'],
    ['product of two probabilities, each to a power', 'p', 'output', 'product', [0.6, 0, 0.4, 0], 'p'],
    ['square of a probability', 'p', 'output', 'product', [0, 2, 0, 0], 'p'],
  ];
  for (const [name, output, space, form, vector, rowsOf] of cases) {
    it(`${name}: score in closed form, gradient by central differences`, async () => {
      const s = await session({ output, space, form }, undefined, [rowsOf]);
      const { score, gradient, fetched } = await s.run(x, vector), rows = fetched[0]!, size = vector.length;
      for (let n = 0; n < batch; n++) {
        const row = rows.slice(n * size, (n + 1) * size), dot = row.reduce((sum, value, i) => sum + value * vector[i]!, 0);
        const expected = form === 'weighted' ? dot : form === 'product' ? row.reduce((all, value, i) => all * value ** vector[i]!, 1) : dot / Math.hypot(...row) / Math.hypot(...vector);
        near(score[n]!, expected, 1e-5, `score ${n}`);
      }
      for (let at = 0; at < x.length; at++) {
        const moved = async (by: number): Promise<number> => (await s.run(x.map((value, i) => (i === at ? value + by : value)), vector)).score[Math.floor(at / 6)]!;
        near(gradient[at]!, (await moved(0.01) - await moved(-0.01)) / 0.02, 2e-3, `gradient ${at}`);
      }
      await s.release();
    });
  }

  it('the vector is given when it runs: one session, any classes', async () => {
    const s = await session({ output: 'p', space: 'logit', form: 'weighted' });
    const [a, b, both] = [await s.run(x, [1, 0, 0, 0]), await s.run(x, [0, 0, 0, 1]), await s.run(x, [1, 0, 0, -1])];
    both.gradient.forEach((value, i) => near(value, a.gradient[i]! - b.gradient[i]!, 1e-5, `element ${i}`));
    await s.release();
  });

  it('relevance that flows in is weight × value, and DeepLIFT adds up to the change of score', async () => {
    const lrp = await session({ output: 'p', space: 'logit', form: 'weighted' }, { kind: 'lrp', composite: 'epsilon', epsilon: 1e-6, gamma: 0.25 });
    const { score, gradient } = await lrp.run(x, [1, -1, 0, 0]);
    for (let n = 0; n < batch; n++) near(gradient.slice(n * 6, n * 6 + 6).reduce((a, b) => a + b, 0), score[n]!, 0.02, `relevance ${n}`);
    await lrp.release();
    for (const form of ['weighted', 'cosine'] as const) {
      const s = await session({ output: 'p', space: 'logit', form }, { kind: 'deeplift', inputs: ['x'], epsilon: 1e-7, pooling: 'captum' });
      const base = x.map(() => 0.1), name = s.built.referenceInputs.x!, vector = [1, -1, 0.5, 0];
      const { score: now, gradient: multipliers } = await s.run(x, vector, { [name]: { dtype: 'float32', dims: [batch, 6], data: base } });
      const { score: then } = await s.run(base, vector, { [name]: { dtype: 'float32', dims: [batch, 6], data: base } });
      for (let n = 0; n < batch; n++) {
        const total = multipliers.slice(n * 6, n * 6 + 6).reduce((sum, m, i) => sum + m * (x[n * 6 + i]! - base[n * 6 + i]!), 0);
        near(total, now[n]! - then[n]!, 1e-3, `${form} ${n}`);
      }
      await s.release();
    }
  });
});
