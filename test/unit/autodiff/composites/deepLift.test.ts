/** DeepLIFT: multipliers in closed form, and that they add up through every op they have a rule for. */
import assert from 'node:assert/strict';
import type { Initializer } from '../../../../src/graph/graph';
import { Random } from '../random';
import { count, type Values } from '../runGraph';
import { init, randomInit, tiny, type NodeLine } from '../tinyModel';
import { randomValues, runComposite, sum, values } from './run';

const spec = (pooling: 'captum' | 'shap' = 'captum', epsilon = 1e-10) => ({ kind: 'deeplift' as const, inputs: ['x'], epsilon, pooling });

const attribution = (multipliers: readonly number[], x: Values, baseline: Values): number[] => multipliers.map((m, i) => m * (x.data[i]! - baseline.data[i]!));

describe('DeepLIFT multipliers', () => {
  it('are quotients of changes at a nonlinearity, and the gradient where nothing changed', async () => {
    // y = relu(x₀ + x₁ − 1) + 3·relu(x₂)
    const model = tiny({
      inputs: { x: ['float32', [1, 3]] }, outputs: { y: 'float32' }, initializers: { w: init([3, 2], [1, 0, 1, 0, 0, 1]), b: init([2], [-1, 0]), v: init([2, 1], [1, 3]) },
      nodes: [['Gemm', ['x', 'w', 'b'], ['h']], ['Relu', ['h'], ['r']], ['MatMul', ['r', 'v'], ['y']]],
    });
    const { result, figures } = await runComposite(model, spec(), values([1, 3], [2, 1, 0.5]), 0, values([1, 3], [0, 0, 0.5]));
    // h₀ went from −1 to 2, r₀ from 0 to 2; h₁ stayed at 0.5, where the slope is 1.
    [2 / 3, 2 / 3, 3].forEach((value, i) => assert.ok(Math.abs(result[i]! - value) < 1e-6, `${i}: ${result[i]}`));
    assert.equal(figures.referenceScore!.data[0], 1.5);
  });

  it('at a max pooling that fell, blame the present maximum or the one of the baseline', async () => {
    const model = tiny({
      inputs: { x: ['float32', [1, 1, 1, 2]] }, outputs: { y: 'float32' }, initializers: { flat: init([2], [1, 1], 'int64') },
      nodes: [['MaxPool', ['x'], ['p'], { kernel_shape: [1, 2] }], ['Reshape', ['p', 'flat'], ['y']]],
    });
    const x = values([1, 1, 1, 2], [0, 1]), baseline = values([1, 1, 1, 2], [3, 2]); // the maximum fell from 3 to 1
    assert.deepEqual((await runComposite(model, spec('captum'), x, 0, baseline)).result, [0, 2]);
    for (const dialect of ['cpu', 'portable'] as const) {
      const { result } = await runComposite(model, spec('shap'), x, 0, baseline, dialect);
      assert.ok(Math.abs(result[0]! - 2 / 3) < 1e-6 && result[1] === 0, result.join(', '));
    }
  });

  it('at a max pooling whose present maximum did not change, blame that of the baseline rather than lose the change', async () => {
    const model = tiny({
      inputs: { x: ['float32', [1, 1, 1, 2]] }, outputs: { y: 'float32' }, initializers: { flat: init([2], [1, 1], 'int64') },
      nodes: [['MaxPool', ['x'], ['p'], { kernel_shape: [1, 2] }], ['Reshape', ['p', 'flat'], ['y']]],
    });
    const x = values([1, 1, 1, 2], [1, 0]), baseline = values([1, 1, 1, 2], [1, 4]);
    for (const dialect of ['cpu', 'portable'] as const) {
      const { result, score, figures } = await runComposite(model, spec('captum'), x, 0, baseline, dialect);
      assert.equal(sum(attribution(result, x, baseline)), score - figures.referenceScore!.data[0]!);
    }
  });

  it('at max poolings with ties, padding and overlaps, are the same with and without the pool\'s Indices', async () => {
    const pools: readonly Record<string, number[]>[] = [{ kernel_shape: [2, 2], strides: [2, 2] }, { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }, { kernel_shape: [3, 2], strides: [1, 2], dilations: [2, 1], pads: [0, 1, 2, 0] }];
    for (const [seed, attributes] of pools.entries()) {
      const random = new Random(seed + 1), dims = [1, 2, 7, 6];
      const model = tiny({
        inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, initializers: {},
        nodes: [['MaxPool', ['x'], ['p'], attributes], ['Tanh', ['p'], ['t']], ['ReduceSum', ['t'], ['y'], { keepdims: 0 }]],
      });
      // Few levels: many ties, in the picture and between picture and baseline.
      const drawn = (): Values => values(dims, Array.from({ length: count(dims) }, () => random.int(-2, 2) / 2));
      const x = drawn(), baseline = drawn();
      const [cpu, portable] = await Promise.all((['cpu', 'portable'] as const).map((dialect) => runComposite(model, spec('captum'), x, 0, baseline, dialect)));
      portable!.result.forEach((value, i) => assert.ok(Math.abs(value - cpu!.result[i]!) < 1e-5, `pool ${seed}, element ${i}: ${value}, with Indices ${cpu!.result[i]}`));
      assert.ok(portable!.result.some((value) => value !== 0));
    }
  });
});

/** Nodes from `h` [1, 12] to `o`, of 12 elements in some dims. */
const blocks: Readonly<Record<string, { readonly nodes: readonly NodeLine[]; readonly initializers?: (random: Random) => Record<string, Initializer> }>> = {
  ...Object.fromEntries(['Relu', 'Sigmoid', 'Tanh', 'Softplus', 'Elu', 'HardSigmoid', 'HardSwish', 'Erf', 'Abs', 'Exp', 'Identity'].map((op) => [op, { nodes: [[op, ['h'], ['o']]] as NodeLine[] }])),
  LeakyRelu: { nodes: [['LeakyRelu', ['h'], ['o'], { alpha: { float: 0.3 } }]] },
  ReLU6: { nodes: [['Clip', ['h', 'zero', 'one'], ['o']]], initializers: () => ({ zero: init([], [0]), one: init([], [1]) }) },
  square: { nodes: [['Pow', ['h', 'two'], ['o']]], initializers: () => ({ two: init([], [2]) }) },
  'product with itself': { nodes: [['Mul', ['h', 'h'], ['o']]] },
  'gated product': { nodes: [['Sigmoid', ['h'], ['s']], ['Mul', ['h', 's'], ['o']]] },
  quotient: { nodes: [['Exp', ['h'], ['e']], ['Add', ['e', 'one'], ['d']], ['Div', ['h', 'd'], ['o']]], initializers: () => ({ one: init([], [1]) }) },
  Softmax: { nodes: [['Softmax', ['h'], ['o'], { axis: -1 }]] },
  LogSoftmax: { nodes: [['LogSoftmax', ['h'], ['o'], { axis: -1 }]] },
  LayerNormalization: { nodes: [['Reshape', ['h', 'rows'], ['a']], ['LayerNormalization', ['a', 'gain', 'shift'], ['o'], { axis: -1 }]], initializers: (random) => ({ rows: init([3], [1, 3, 4], 'int64'), gain: randomInit(random, [4]), shift: randomInit(random, [4]) }) },
  InstanceNormalization: { nodes: [['Reshape', ['h', 'grid'], ['a']], ['InstanceNormalization', ['a', 'gain', 'shift'], ['o']]], initializers: (random) => ({ grid: init([4], [1, 3, 2, 2], 'int64'), gain: randomInit(random, [3]), shift: randomInit(random, [3]) }) },
  LRN: { nodes: [['Reshape', ['h', 'grid'], ['a']], ['LRN', ['a'], ['o'], { size: 3, alpha: { float: 0.5 } }]], initializers: () => ({ grid: init([4], [1, 3, 2, 2], 'int64') }) },
  MaxPool: { nodes: [['Reshape', ['h', 'grid'], ['a']], ['MaxPool', ['a'], ['o'], { kernel_shape: [2, 2], pads: [0, 0, 1, 1] }]], initializers: () => ({ grid: init([4], [1, 1, 3, 4], 'int64') }) },
  'norm': { nodes: [['ReduceL2', ['h'], ['n'], { axes: [1] }], ['Mul', ['n', 'h'], ['o']]] },
  'maximum of two': { nodes: [['Neg', ['h'], ['m']], ['Exp', ['m'], ['e']], ['Max', ['h', 'e'], ['o']]] },
  'minimum of two': { nodes: [['Neg', ['h'], ['m']], ['Exp', ['m'], ['e']], ['Min', ['h', 'e'], ['o']]] },
  attention: {
    nodes: [['Reshape', ['h', 'rows'], ['q']], ['Transpose', ['q'], ['t'], { perm: [0, 2, 1] }], ['MatMul', ['q', 't'], ['s']], ['Softmax', ['s'], ['p'], { axis: -1 }], ['MatMul', ['p', 'q'], ['o']]],
    initializers: () => ({ rows: init([3], [1, 3, 4], 'int64') }),
  },
};

describe('DeepLIFT adds up', () => {
  for (const [name, block] of Object.entries(blocks)) {
    it(`through ${name}`, async () => {
      for (let seed = 1; seed <= 3; seed++) {
        const random = new Random(seed);
        const model = tiny({
          inputs: { x: ['float32', [1, 6]] }, outputs: { y: 'float32' },
          initializers: { w: randomInit(random, [6, 12]), b: randomInit(random, [12]), v: randomInit(random, [12, 2]), flat: init([2], [1, 12], 'int64'), ...block.initializers?.(random) },
          nodes: [['Gemm', ['x', 'w', 'b'], ['h']], ...block.nodes, ['Reshape', ['o', 'flat'], ['f']], ['MatMul', ['f', 'v'], ['y']]],
        });
        const x = randomValues(random, [1, 6], -2, 2), baseline = randomValues(random, [1, 6], -2, 2);
        for (const pooling of ['captum', 'shap'] as const) {
          const { result, score, figures } = await runComposite(model, spec(pooling), x, seed % 2, baseline);
          assert.equal(count(x.dims), result.length);
          const found = sum(attribution(result, x, baseline)), wanted = score - figures.referenceScore!.data[0]!;
          const scale = Math.max(1, ...attribution(result, x, baseline).map(Math.abs));
          assert.ok(Math.abs(found - wanted) <= 1e-4 * scale, `seed ${seed}, ${pooling}: ${found}, the score changed by ${wanted}`);
        }
      }
    });
  }

  it('exactly in random networks of rectifiers and poolings', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const random = new Random(seed);
      const model = tiny({
        inputs: { x: ['float32', [1, 2, 8, 8]] }, outputs: { y: 'float32' },
        initializers: { a: randomInit(random, [4, 2, 3, 3]), c: randomInit(random, [4]), d: randomInit(random, [4, 4, 3, 3]), w: randomInit(random, [36, 3]), flat: init([2], [1, 36], 'int64') },
        nodes: [['Conv', ['x', 'a', 'c'], ['h1'], { pads: [1, 1, 1, 1] }], ['Relu', ['h1'], ['r1']], ['MaxPool', ['r1'], ['p1'], { kernel_shape: [3, 3], strides: [2, 2] }], ['Conv', ['p1', 'd'], ['h2'], { pads: [1, 1, 1, 1] }], ['Add', ['p1', 'h2'], ['s']], ['Relu', ['s'], ['r2']], ['Reshape', ['r2', 'flat'], ['f']], ['MatMul', ['f', 'w'], ['y']]],
      });
      const x = randomValues(random, [1, 2, 8, 8]), baseline = values([1, 2, 8, 8], new Array<number>(128).fill(0));
      for (const pooling of ['captum', 'shap'] as const) {
        const { result, score, figures } = await runComposite(model, spec(pooling), x, 1, baseline);
        const shares = attribution(result, x, baseline), miss = sum(shares) - (score - figures.referenceScore!.data[0]!);
        assert.ok(Math.abs(miss) <= 1e-5 * sum(shares.map(Math.abs)), `seed ${seed}, ${pooling}: off by ${miss}`);
      }
    }
  });
});
