/** Relevance propagation against its formulas in plain arithmetic, and by what it must conserve. */
import assert from 'node:assert/strict';
import type { LrpComposite } from '../../../../src/autodiff/composites/lrp';
import { Random } from '../random';
import { init, randomInit, tiny, type NodeLine, type TinyModel } from '../tinyModel';
import { randomValues, runComposite, sum, values } from './run';

const spec = (composite: LrpComposite, more: { low?: number[]; high?: number[] } = {}) => ({ kind: 'lrp' as const, composite, epsilon: 1e-6, gamma: 0.25, ...more });
const close = (actual: readonly number[], expected: readonly number[], tolerance = 1e-4): void => {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= tolerance * scale, `element ${i}: ${actual[i]}, expected ${value} of ${expected.join(', ')}`));
};

const inputs = 5, outputs = 3;
const up = (v: number): number => Math.max(v, 0), down = (v: number): number => Math.min(v, 0);

/** A 1×1 convolution with bias over one cell: y = W x + b. Rules of the field in plain arithmetic, for output `k`. */
const formulas: Readonly<Record<string, (x: number[], w: number[], b: number) => number[]>> = {
  epsilon: (x, w, b) => shared(x.map((v, i) => v * w[i]!), b, dot(x, w) + b),
  'epsilon-plus': (x, w, b) => shared(x.map((v, i) => up(v * w[i]!)), up(b), dot(x, w) + b),
  'alpha2-beta1': (x, w, b) => {
    const total = dot(x, w) + b;
    const excited = shared(x.map((v, i) => up(v * w[i]!)), up(b), total), inhibited = shared(x.map((v, i) => down(v * w[i]!)), down(b), total);
    return excited.map((v, i) => 2 * v - inhibited[i]!);
  },
  gamma: (x, w, b) => {
    const total = dot(x, w) + b, favour = (v: number): number => v + 0.25 * (total > 0 ? up(v) : down(v));
    return shared(x.map((v, i) => favour(v * w[i]!)), favour(b), total);
  },
  'epsilon-plus-flat': (x, w, b) => x.map(() => (dot(x, w) + b) / x.length),
  'epsilon-gamma-box': (x, w, b) => shared(x.map((v, i) => v * w[i]! - low * up(w[i]!) - high * down(w[i]!)), 0, dot(x, w) + b),
};
const low = -1.5, high = 2;
const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((v, i) => v * b[i]!));

/** `relevance` in proportion to the parts; the bias keeps its own. */
function shared(parts: number[], bias: number, relevance: number): number[] {
  const z = sum(parts) + bias;
  return parts.map((part) => (part * relevance) / z);
}

describe('LRP rules', () => {
  for (const [composite, formula] of Object.entries(formulas)) {
    it(`${composite}: one layer with a bias, data of both signs`, async () => {
      for (let seed = 1; seed <= 5; seed++) {
        const random = new Random(seed), x = randomValues(random, [1, inputs, 1, 1]);
        const w = Array.from({ length: outputs * inputs }, () => Math.fround(random.float())), b = Array.from({ length: outputs }, () => Math.fround(random.float()));
        const model = tiny({
          inputs: { x: ['float32', [1, inputs, 1, 1]] }, outputs: { y: 'float32' },
          initializers: { w: init([outputs, inputs, 1, 1], w), b: init([outputs], b), shape: init([2], [1, outputs], 'int64') },
          nodes: [['Conv', ['x', 'w', 'b'], ['c']], ['Reshape', ['c', 'shape'], ['y']]],
        });
        for (let k = 0; k < outputs; k++) {
          const { result } = await runComposite(model, spec(composite as LrpComposite, { low: [low], high: [high] }), x, k);
          close(result, formula([...x.data], w.slice(k * inputs, (k + 1) * inputs), b[k]!), 2e-3);
        }
      }
    });
  }

  it('merge what is constant behind a layer: bias, scale and shift, batch normalisation', async () => {
    const random = new Random(11), x = randomValues(random, [1, 2, 3, 3], 0, 1);
    const w = randomInit(random, [4, 2, 2, 2]), half = init([4, 1, 1], [0.5, 2, -1, 0.25]), offset = init([4, 1, 1], [0.1, -0.2, 0.3, 0]);
    const common = { w, half, offset, gain: init([4], [1, 2, 0.5, 1.5]), shift: init([4], [0, 0.1, -0.3, 0.2]), mean: init([4], [0.2, -0.1, 0, 0.3]), variance: init([4], [1, 0.5, 2, 0.25]), v: randomInit(random, [16, 2]), flat: init([2], [1, 16], 'int64') };
    const apart = tiny({
      inputs: { x: ['float32', [1, 2, 3, 3]] }, outputs: { y: 'float32' }, initializers: common,
      nodes: [['Conv', ['x', 'w'], ['c']], ['Mul', ['c', 'half'], ['m']], ['Add', ['offset', 'm'], ['a']], ['BatchNormalization', ['a', 'gain', 'shift', 'mean', 'variance'], ['n']], ['Relu', ['n'], ['r']], ['Reshape', ['r', 'flat'], ['f']], ['MatMul', ['f', 'v'], ['y']]],
    });
    // The same as one convolution: scale s·gain/√(var + ε), shift (offset − mean)·gain/√(var + ε) + shift.
    const scale = [0.5, 2, -1, 0.25].map((s, i) => (s * [1, 2, 0.5, 1.5][i]!) / Math.sqrt([1, 0.5, 2, 0.25][i]! + 1e-5));
    const bias = [0.1, -0.2, 0.3, 0].map((o, i) => ((o - [0.2, -0.1, 0, 0.3][i]!) * [1, 2, 0.5, 1.5][i]!) / Math.sqrt([1, 0.5, 2, 0.25][i]! + 1e-5) + [0, 0.1, -0.3, 0.2][i]!);
    const kernel = new Float32Array((w as { bytes: Uint8Array }).bytes.slice().buffer);
    const merged = tiny({
      inputs: { x: ['float32', [1, 2, 3, 3]] }, outputs: { y: 'float32' },
      initializers: { ...common, w: init([4, 2, 2, 2], [...kernel].map((value, i) => value * scale[Math.floor(i / 8)]!)), b: init([4], bias) },
      nodes: [['Conv', ['x', 'w', 'b'], ['n']], ['Relu', ['n'], ['r']], ['Reshape', ['r', 'flat'], ['f']], ['MatMul', ['f', 'v'], ['y']]],
    });
    for (const composite of ['epsilon', 'epsilon-plus', 'alpha2-beta1', 'gamma'] as const) {
      const [a, b] = [await runComposite(apart, spec(composite), x, 1), await runComposite(merged, spec(composite), x, 1)];
      close(a.result, b.result, 1e-3);
      close(a.figures.absorbed!.data, b.figures.absorbed!.data, 1e-3);
    }
  });

  it('the box follows the input through its preparation, also one that turns it round', async () => {
    const random = new Random(5), x = randomValues(random, [1, 1, 3, 3], 0, 255), w = randomInit(random, [2, 1, 2, 2]);
    const bare = tiny({ inputs: { x: ['float32', [1, 1, 3, 3]] }, outputs: { y: 'float32' }, initializers: { w, flat: init([2], [1, 8], 'int64') }, nodes: [['Conv', ['x', 'w'], ['c']], ['Reshape', ['c', 'flat'], ['y']]] });
    const prepared = tiny({
      inputs: { x: ['float32', [1, 1, 3, 3]] }, outputs: { y: 'float32' }, initializers: { w, scale: init([], [-127.5]), one: init([], [1]), flat: init([2], [1, 8], 'int64') },
      nodes: [['Div', ['x', 'scale'], ['d']], ['Add', ['d', 'one'], ['p']], ['Conv', ['p', 'w'], ['c']], ['Reshape', ['c', 'flat'], ['y']]],
    });
    const { result } = await runComposite(prepared, spec('epsilon-gamma-box', { low: [0], high: [255] }), x, 3);
    const seen = values([1, 1, 3, 3], x.data.map((value) => value / -127.5 + 1));
    close(result, (await runComposite(bare, spec('epsilon-gamma-box', { low: [-1], high: [1] }), seen, 3)).result, 1e-3);
  });
});

/** A small convolutional network without biases. */
function network(random: Random, biased = false): TinyModel {
  const b = (count: number): readonly number[] => Array.from({ length: count }, () => (biased ? random.float() : 0));
  const nodes: NodeLine[] = [
    ['Conv', ['x', 'w1', 'b1'], ['c1'], { pads: [1, 1, 1, 1] }], ['Relu', ['c1'], ['r1']], ['Conv', ['r1', 'w2', 'b2'], ['c2'], { pads: [1, 1, 1, 1] }],
    ['Add', ['r1', 'c2'], ['s']], ['Relu', ['s'], ['r2']], ['MaxPool', ['r2'], ['p'], { kernel_shape: [2, 2], strides: [2, 2] }],
    ['Conv', ['p', 'w3', 'b3'], ['c3']], ['Relu', ['c3'], ['r3']], ['GlobalAveragePool', ['r3'], ['g']], ['Flatten', ['g'], ['f']], ['Gemm', ['f', 'v'], ['y'], { transB: 1 }],
  ];
  return {
    inputs: { x: ['float32', [1, 2, 6, 6]] }, outputs: { y: 'float32' }, nodes,
    initializers: {
      w1: randomInit(random, [4, 2, 3, 3]), b1: init([4], b(4)), w2: randomInit(random, [4, 4, 3, 3]), b2: init([4], b(4)),
      w3: randomInit(random, [6, 4, 2, 2]), b3: init([6], b(6)), v: randomInit(random, [3, 6]),
    },
  };
}

describe('LRP of whole networks', () => {
  it('epsilon is input × gradient in rectifier networks', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const random = new Random(seed), model = tiny(network(random, true)), x = randomValues(random, [1, 2, 6, 6]);
      const gradient = (await runComposite(model, undefined, x, 2)).result;
      close((await runComposite(model, spec('epsilon'), x, 2)).result, gradient.map((g, i) => g * x.data[i]!), 1e-3);
    }
  });

  it('keeps the sum of relevances where there are no biases, and says what biases took where there are', async () => {
    for (const composite of ['epsilon', 'epsilon-plus', 'epsilon-plus-flat', 'epsilon-gamma-box', 'z-plus', 'gamma'] as const) {
      for (const biased of [false, true]) {
        const random = new Random(7), model = tiny(network(random, biased)), x = randomValues(random, [1, 2, 6, 6]);
        const { result, score, figures } = await runComposite(model, spec(composite, { low: [-1], high: [1] }), x, 1);
        const absorbed = figures.absorbed!.data[0]!;
        if (!biased) assert.ok(Math.abs(absorbed) < 1e-6);
        assert.ok(Math.abs(sum(result) + absorbed - score) <= 2e-3 * Math.max(1, Math.abs(score), Math.abs(absorbed)), `${composite}: ${sum(result)} + ${absorbed} of ${score}`);
      }
    }
  });

  it('is the same in the dialect for GPUs', async () => {
    for (const composite of ['epsilon-plus', 'epsilon-gamma-box', 'alpha2-beta1-flat'] as const) {
      const random = new Random(9), model = tiny(network(random, true)), x = randomValues(random, [1, 2, 6, 6]);
      const [cpu, portable] = [await runComposite(model, spec(composite), x, 0), await runComposite(model, spec(composite), x, 0, undefined, 'portable')];
      close(portable.result, cpu.result, 1e-3);
    }
  });

  it('shares products of activations in halves, and gives gates nothing', async () => {
    const model = (nodes: NodeLine[]) => tiny({ inputs: { x: ['float32', [1, 4]] }, outputs: { y: 'float32' }, initializers: { two: init([1], [2], 'int64'), halves: init([2], [2, 2], 'int64') }, nodes });
    const x = values([1, 4], [1, 2, 3, 4]);
    const product = await runComposite(model([['Split', ['x', 'halves'], ['a', 'b'], { axis: 1 }], ['Mul', ['a', 'b'], ['y']]]), spec('epsilon'), x, 1);
    close(product.result, [0, 4, 0, 4]);
    const gated = await runComposite(model([['Split', ['x', 'halves'], ['a', 'b'], { axis: 1 }], ['Sigmoid', ['b'], ['s']], ['Mul', ['a', 's'], ['y']]]), spec('epsilon'), x, 1);
    close(gated.result, [0, 2 / (1 + Math.exp(-4)), 0, 0]);
  });

  it('attention: softmax and both products by AttnLRP, masked entries left out', async () => {
    // y = softmax(q·kᵀ + mask)·v with q = k = v = x [1, 3, 2]; the relevance of one output in plain arithmetic.
    const random = new Random(2), x = randomValues(random, [1, 3, 2], 0.2, 1), mask = [0, 0, -Infinity, 0, 0, 0, 0, 0, 0];
    const model = tiny({
      inputs: { x: ['float32', [1, 3, 2]] }, outputs: { y: 'float32' }, initializers: { mask: init([1, 3, 3], mask), flat: init([2], [1, 6], 'int64') },
      nodes: [['Transpose', ['x'], ['t'], { perm: [0, 2, 1] }], ['MatMul', ['x', 't'], ['s']], ['Add', ['s', 'mask'], ['m']], ['Softmax', ['m'], ['p']], ['MatMul', ['p', 'x'], ['o']], ['Reshape', ['o', 'flat'], ['y']]],
    });
    const X = [0, 1, 2].map((i) => [x.data[2 * i]!, x.data[2 * i + 1]!]), at = (i: number): number[] => [0, 1, 2].map((j) => dot(X[i]!, X[j]!) + mask[3 * i + j]!);
    const scores = at(0), e = scores.map(Math.exp), p = e.map((v) => v / sum(e)), y = sum(p.map((v, j) => v * X[j]![1]!));
    const expected = [0, 0, 0, 0, 0, 0];
    const rp = p.map((v, j) => (v * X[j]![1]! * y) / (2 * y)); // halves: p and v
    p.forEach((v, j) => { expected[2 * j + 1]! += (v * X[j]![1]!) / 2; });
    const rs = scores.map((s, j) => (p[j]! > 0 ? s * (rp[j]! - p[j]! * sum(rp)) : 0));
    rs.forEach((r, j) => [0, 1].forEach((c) => { // s = Σ_c q_c k_c, halves again; q is row 0
      const part = p[j]! > 0 ? (X[0]![c]! * X[j]![c]! * r) / (2 * scores[j]!) : 0;
      expected[c]! += part;
      expected[2 * j + c]! += part;
    }));
    close((await runComposite(model, spec('epsilon'), x, 1)).result, expected, 1e-3);
  });
});
