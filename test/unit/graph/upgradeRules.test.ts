/** Each old form of an op computes the same in its new form; forms ONNX Runtime no longer runs are compared by hand. */
import assert from 'node:assert/strict';
import type { Graph, ModelFile } from '../../../src/graph/graph';
import { upgradeOpset } from '../../../src/graph/upgrade';
import { feedsOf, inline, int64s, makeModel, node } from './nodeModel';
import type { Recipe } from './nodeModel';
import { assertClose, runModel } from './run';
import type { Result } from './run';

/** Runs the recipe as it is and upgraded to 13 and 18. */
async function same(recipe: Recipe): Promise<void> {
  const model = makeModel(recipe), feeds = feedsOf(recipe);
  const expected = await runModel(model, feeds);
  for (const version of [13, 18]) {
    const upgraded = upgradeOpset(model, version);
    assert.equal(upgraded.opsets.get(''), version);
    assertClose(await runModel(upgraded, feeds), expected, 1e-6);
  }
}

/** Runs the upgraded recipe and compares with numbers computed by hand. */
async function gives(recipe: Recipe, expected: Readonly<Record<string, { dims: readonly number[]; data: readonly number[] }>>): Promise<void> {
  const results = await runModel(upgradeOpset(makeModel(recipe)), feedsOf(recipe));
  const wanted = Object.fromEntries(Object.entries(expected).map(([name, item]): [string, Result] => [name, { dtype: 'float32', ...item }]));
  assertClose(results, wanted, 1e-6);
}

const x4 = { x: { dims: [2, 3, 4, 5] } };
const one = (opType: string, attributes: Parameters<typeof node>[3] = {}, opset = 11, extra: Partial<Recipe> = {}, inputs: readonly string[] = ['x']): Recipe =>
  ({ opset, inputs: x4, outputs: ['y'], nodes: [node(opType, inputs, ['y'], attributes)], ...extra });

describe('upgrade of old forms', () => {
  for (const op of ['Softmax', 'LogSoftmax', 'Hardmax']) {
    it(`${op} over all axes from one on`, async () => {
      for (const axis of [0, 1, 2, 3, -1]) await same(one(op, { axis }));
      await same(one(op));
      await same(one(op, { axis: 1 }, 11, { inputs: { x: { dims: [2, 3, 1, 1] } } }));
      await same(one(op, { axis: 1 }, 11, { inputs: { x: { dims: [2, 1, 3, 1] } } }));
    });
  }

  it('Softmax of symbolic dims', async () => {
    const recipe = one('Softmax', { axis: 1 });
    const model = makeModel(recipe, () => ['n', 3, 'h', 'w']);
    assertClose(await runModel(upgradeOpset(model), feedsOf(recipe)), await runModel(model, feedsOf(recipe)), 1e-6);
  });

  it('Softmax keeps one node where one axis is meant', () => {
    const upgraded = upgradeOpset(makeModel(one('Softmax', { axis: 1 }, 11, { inputs: { x: { dims: [2, 3, 1, 1] } } })));
    assert.deepEqual(upgraded.graph.nodes.map(({ opType }) => opType), ['Softmax']);
  });

  it('Squeeze, Unsqueeze, ReduceSum, ReduceMean', async () => {
    await same(one('Unsqueeze', { axes: [0, 3] }));
    await same(one('Squeeze', { axes: [1] }, 11, { inputs: { x: { dims: [2, 1, 3] } } }));
    await same(one('Squeeze', {}, 11, { inputs: { x: { dims: [2, 1, 3] } } }));
    await same(one('ReduceSum', { axes: [1, 3], keepdims: 0 }));
    await same(one('ReduceSum'));
    await same(one('ReduceMean', { axes: [2] }));
  });

  it('Split with and without sizes', async () => {
    await same({ opset: 11, inputs: x4, outputs: ['y', 'z'], nodes: [node('Split', ['x'], ['y', 'z'], { axis: 2, split: [1, 3] })] });
    await same({ opset: 11, inputs: x4, outputs: ['y', 'z'], nodes: [node('Split', ['x'], ['y', 'z'], { axis: 2 })] });
  });

  it('Slice, Pad, TopK, Clip, Dropout', async () => {
    await same(one('Slice', { starts: [0, 1], ends: [2, -1], axes: [1, 3] }, 9));
    await same(one('Slice', { starts: [1], ends: [9] }, 7));
    await same(one('Pad', { pads: [0, 0, 1, 0, 0, 0, 2, 1], value: { float: 2.5 } }, 9));
    await same(one('Pad', { pads: [0, 0, 1, 0, 0, 0, 2, 1], mode: 'reflect' }, 9));
    await same({ opset: 9, inputs: x4, outputs: ['y', 'i'], nodes: [node('TopK', ['x'], ['y', 'i'], { k: 2, axis: 1 })] });
    await same(one('Clip', { min: { float: -0.5 }, max: { float: 0.7 } }, 7));
    await same(one('Clip', { max: { float: 0.7 } }, 7));
    await same(one('Clip', {}, 7));
    await same({ opset: 8, inputs: x4, outputs: ['y'], nodes: [node('Dropout', ['x'], ['y'], { ratio: { float: 0.3 } })] });
  });

  it('Upsample and Resize 10', async () => {
    for (const mode of ['nearest', 'linear']) {
      await same(one('Upsample', { mode, scales: { floats: [1, 1, 2, 3] } }, 7));
      await same(one('Upsample', { mode }, 9, { initializers: { s: inline('float32', [4], [1, 1, 1.5, 2]) } }, ['x', 's']));
      await same(one('Resize', { mode }, 10, { initializers: { s: inline('float32', [4], [1, 1, 2, 2]) } }, ['x', 's']));
      await same(one('Resize', { mode }, 10, { initializers: { s: inline('float32', [4], [1, 1, 0.6, 0.5]) } }, ['x', 's']));
    }
    await same(one('Resize', { mode: 'nearest' }, 10, { initializers: { s: inline('float32', [4], [1, 1, 0.6, 2]) } }, ['x', 's']));
  });

  it('Scatter, BatchNormalization, RoiAlign', async () => {
    const c = (values: readonly number[]) => inline('float32', [3], values);
    await same({ opset: 9, inputs: { x: { dims: [3, 3] } }, outputs: ['y'], initializers: { i: inline('int64', [1, 2], [0, 2]), u: inline('float32', [1, 2], [9, 8]) }, nodes: [node('Scatter', ['x', 'i', 'u'], ['y'], { axis: 1 })] });
    await same(one('BatchNormalization', {}, 7, { initializers: { s: c([1, 2, 3]), b: c([0, 1, 0]), m: c([0.5, 0, 1]), v: c([1, 2, 4]) } }, ['x', 's', 'b', 'm', 'v']));
    await same(one('RoiAlign', { output_height: 2, output_width: 2 }, 11, { initializers: { r: inline('float32', [1, 4], [0, 0, 3, 3]), i: inline('int64', [1], [0]) } }, ['x', 'r', 'i']));
  });

  it('BatchNormalization of single activations', () => gives(
    { opset: 7, inputs: { x: { dims: [1, 1, 2], values: [3, 5] } }, outputs: ['y'], initializers: { s: inline('float32', [1, 2], [2, 1]), b: inline('float32', [1, 2], [1, 0]), m: inline('float32', [1, 2], [1, 1]), v: inline('float32', [1, 2], [4, 16]) },
      nodes: [node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['y'], { spatial: 0, epsilon: { float: 0 } })] },
    { y: { dims: [1, 1, 2], data: [3, 1] } }));

  it('arithmetic that broadcasts along an axis', () => gives(
    { opset: 6, inputs: { x: { dims: [1, 2, 2], values: [1, 2, 3, 4] } }, outputs: ['y'], initializers: { b: inline('float32', [2], [10, 20]) }, nodes: [node('Add', ['x', 'b'], ['y'], { broadcast: 1, axis: 1 })] },
    { y: { dims: [1, 2, 2], data: [11, 12, 23, 24] } }));

  it('arithmetic that broadcasts to the last axes', () => gives(
    { opset: 6, inputs: { x: { dims: [1, 2, 2], values: [1, 2, 3, 4] } }, outputs: ['y'], initializers: { b: inline('float32', [2], [10, 20]) }, nodes: [node('Mul', ['x', 'b'], ['y'], { broadcast: 1, consumed_inputs: [0, 0] })] },
    { y: { dims: [1, 2, 2], data: [10, 40, 30, 80] } }));

  it('PRelu slopes per channel', () => gives(
    { opset: 6, inputs: { x: { dims: [1, 2, 1, 2], values: [-1, 1, -2, 2] } }, outputs: ['y'], initializers: { s: inline('float32', [2], [0.5, 0.25]) }, nodes: [node('PRelu', ['x', 's'], ['y'])] },
    { y: { dims: [1, 2, 1, 2], data: [-0.5, 1, -0.5, 2] } }));

  it('opset 1: Reshape, Concat, Cast, Tile, Dropout mask', () => gives(
    { opset: 1, inputs: { x: { dims: [2, 2], values: [1, 2, 3, 4] } }, outputs: ['r', 'c', 't', 'y', 'm'], initializers: { n: inline('int64', [], [2]), a: inline('int64', [], [0]) },
      nodes: [
        node('Reshape', ['x'], ['r'], { shape: [4, 1] }), node('Concat', ['x', 'x'], ['c']), node('Cast', ['x'], ['t'], { to: 'FLOAT' }),
        node('Tile', ['x', 'n', 'a'], ['w']), node('Dropout', ['w'], ['y', 'm'], { is_test: 1 }),
      ] },
    {
      r: { dims: [4, 1], data: [1, 2, 3, 4] }, c: { dims: [2, 4], data: [1, 2, 1, 2, 3, 4, 3, 4] }, t: { dims: [2, 2], data: [1, 2, 3, 4] },
      y: { dims: [4, 2], data: [1, 2, 3, 4, 1, 2, 3, 4] }, m: { dims: [4, 2], data: [1, 1, 1, 1, 1, 1, 1, 1] },
    }));

  it('opset 1 experiments: ImageScaler, Affine, Crop, ScaledTanh', () => gives(
    { opset: 1, inputs: { x: { dims: [1, 1, 3, 3], values: [1, 2, 3, 4, 5, 6, 7, 8, 9] } }, outputs: ['i', 'a', 'c', 't'],
      nodes: [
        node('ImageScaler', ['x'], ['i'], { scale: { float: 2 }, bias: { floats: [1] } }), node('Affine', ['x'], ['a'], { alpha: { float: 3 }, beta: { float: 1 } }),
        node('Crop', ['x'], ['c'], { border: [1, 1, 0, 1] }), node('ScaledTanh', ['x'], ['t'], { alpha: { float: 2 }, beta: { float: 0 } }),
      ] },
    {
      i: { dims: [1, 1, 3, 3], data: [3, 5, 7, 9, 11, 13, 15, 17, 19] }, a: { dims: [1, 1, 3, 3], data: [4, 7, 10, 13, 16, 19, 22, 25, 28] },
      c: { dims: [1, 1, 1, 2], data: [5, 6] }, t: { dims: [1, 1, 3, 3], data: [0, 0, 0, 0, 0, 0, 0, 0, 0] },
    }));

  it('Scan 8 over a batch', async () => {
    const float = (name: string, dims: readonly number[]): Graph['inputs'][number] => ({ name, type: { kind: 'tensor', dtype: 'float32', dims } });
    const body: Graph = { name: 'body', inputs: [float('a', [2]), float('b', [2])], outputs: [float('n', [2]), float('o', [2])], nodes: [node('Add', ['a', 'b'], ['n']), node('Identity', ['n'], ['o'])], initializers: new Map(), valueInfo: new Map() };
    const recipe: Recipe = { opset: 8, inputs: { h: { dims: [3, 2] }, x: { dims: [3, 4, 2] } }, outputs: ['last', 'all'], nodes: [node('Scan', ['', 'h', 'x'], ['last', 'all'], { body: { kind: 'graph', value: body }, num_scan_inputs: 1 })] };
    await same(recipe);
  });

  it('inside branches and functions', async () => {
    const branch = (shift: number): Graph => ({ name: 'b', inputs: [], outputs: [{ name: `y${shift}`, type: { kind: 'tensor', dtype: 'float32' } }], initializers: new Map(), valueInfo: new Map(), nodes: [node('Unsqueeze', ['x'], [`u${shift}`], { axes: [shift] }), node('Softmax', [`u${shift}`], [`y${shift}`], { axis: 2 })] });
    await same({ opset: 11, inputs: { x: { dims: [2, 3, 4] }, c: { dtype: 'bool', dims: [], values: [1] } }, outputs: ['y'], nodes: [node('If', ['c'], ['y'], { then_branch: { kind: 'graph', value: branch(0) }, else_branch: { kind: 'graph', value: branch(1) } })] });

    const recipe: Recipe = { opset: 10, inputs: { x: { dims: [2, 3, 4] } }, outputs: ['y'], nodes: [node('Act', ['x'], ['y'], {}, 'custom')] };
    const base = makeModel(recipe);
    const model: ModelFile = { ...base, opsets: new Map([...base.opsets, ['custom', 1]]), functions: [{ name: 'Act', domain: 'custom', overload: '', inputs: ['a'], outputs: ['b'], attributes: [], defaults: new Map(), opsets: new Map([['', 10]]), nodes: [node('Clip', ['a'], ['k'], { max: { float: 0.5 } }), node('Softmax', ['k'], ['b'], { axis: 1 })] }] };
    const plain: Recipe = { ...recipe, nodes: [node('Clip', ['x'], ['k'], { max: { float: 0.5 } }), node('Softmax', ['k'], ['y'], { axis: 1 })] };
    assertClose(await runModel(upgradeOpset(model), feedsOf(recipe)), await runModel(makeModel(plain), feedsOf(plain)), 1e-6);
  });

  it('leaves new models alone and says what cannot be done', () => {
    const recent = makeModel({ opset: 17, inputs: x4, outputs: ['y'], nodes: [node('Relu', ['x'], ['y'])] });
    assert.equal(upgradeOpset(recent), recent);
    assert.throws(() => upgradeOpset(recent, 12), /opset 13 to 21, not 12/);
    const computed = makeModel({ opset: 1, inputs: { ...x4, n: { dtype: 'int64', dims: [1] } }, outputs: ['y'], initializers: { a: int64s(0) }, nodes: [node('Tile', ['x', 'n', 'a'], ['y'])] });
    assert.throws(() => upgradeOpset(computed), /Tile 'Tile:y' of opset 1 cannot be written for opset 13: its repeats are computed/);
  });
});
