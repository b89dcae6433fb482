/** Models for one sample rewritten for many: what is changed, what is refused, and that real ones give the same. */
import assert from 'node:assert/strict';
import { countsSamples, makeBatchable } from '../../../src/graph/batchable';
import { init, randomInit, tiny, type NodeLine } from '../autodiff/tinyModel';
import { Random } from '../autodiff/random';
import { openModelSession } from '../autodiff/wholeModel';
import { runSession } from '../autodiff/runGraph';

const random = new Random(3), xDims = [1, 2, 4, 3];
const constants = {
  shape1: init([2], [1, 24], 'int64'), shapeOpen: init([2], [-1, 24], 'int64'), shape2: init([3], [2, 4, 3], 'int64'), shape6: init([3], [1, 6, -1], 'int64'),
  w: randomInit(random, [24, 5]), k: randomInit(random, [3, 2, 1, 1]), row: randomInit(random, [1, 2, 1, 3]), two: randomInit(random, [1, 1, 2, 4, 3]), axis0: init([1], [0], 'int64'), axis2: init([1], [2], 'int64'),
  scales: init([4], [1, 1, 2, 2]), sizes: init([4], [1, 2, 8, 6], 'int64'), odd: init([4], [1, 2, 7, 5], 'int64'), zero: init([1], [0], 'int64'), one: init([1], [1], 'int64'), big: init([1], [2 ** 31 - 1], 'int64'),
};
const model = (nodes: readonly NodeLine[], opset = 17) => tiny({ inputs: { x: ['float32', xDims] }, outputs: { y: 'float32' }, initializers: constants, nodes, opset });

describe('graph/batchable', () => {
  const safe: Record<string, readonly NodeLine[]> = {
    'Reshape to a row, MatMul': [['Reshape', ['x', 'shape1'], ['r']], ['MatMul', ['r', 'w'], ['y']]],
    'Reshape with -1 and with several dims': [['Reshape', ['x', 'shapeOpen'], ['r']], ['Reshape', ['r', 'shape6'], ['y']]],
    'Conv, BatchNorm-like arithmetic, Softmax': [['Conv', ['x', 'k'], ['c']], ['Relu', ['c'], ['r']], ['Softmax', ['r'], ['y'], { axis: 1 }]],
    'broadcast of one row, mean over the grid, Transpose': [['Add', ['x', 'row'], ['a']], ['Transpose', ['a'], ['t'], { perm: [0, 2, 3, 1] }], ['ReduceMean', ['t'], ['y'], { axes: [1, 2], keepdims: 0 }]],
    'shapes taken from the batch': [['Shape', ['x'], ['s']], ['Slice', ['s', 'zero', 'one'], ['n']], ['Slice', ['shape1', 'one', 'big'], ['rest']], ['Concat', ['n', 'rest'], ['to'], { axis: 0 }], ['Reshape', ['x', 'to'], ['y']]],
    'Resize by scales': [['Resize', ['x', '', 'scales'], ['y'], { mode: 'nearest' }]],
    'Resize by sizes that are whole multiples': [['Resize', ['x', '', '', 'sizes'], ['y'], { mode: 'linear' }]],
    'two samples multiplied': [['Transpose', ['x'], ['t'], { perm: [0, 1, 3, 2] }], ['MatMul', ['x', 't'], ['y']]],
    'Concat of channels': [['Concat', ['x', 'x'], ['y'], { axis: 1 }]],
  };
  for (const [name, nodes] of Object.entries(safe)) {
    it(`${name}: three samples together as each alone`, async () => {
      const file = model(nodes), { model: open, reason } = makeBatchable(file, { x: xDims });
      assert.ok(open, reason);
      const data = Array.from({ length: 72 }, () => random.float());
      const [many, single] = [await openModelSession(open), await openModelSession(file)];
      const { y } = await runSession(many, { x: { dtype: 'float32', dims: [3, ...xDims.slice(1)], data } });
      assert.equal(y!.dims[0], 3);
      const size = y!.data.length / 3;
      for (let at = 0; at < 3; at++) {
        const alone = (await runSession(single, { x: { dtype: 'float32', dims: xDims, data: data.slice(at * 24, at * 24 + 24) } })).y!;
        assert.deepEqual(y!.dims.slice(1), alone.dims.slice(1));
        alone.data.forEach((value, i) => assert.ok(Math.abs(value - y!.data[at * size + i]!) < 1e-5));
      }
      await many.release();
      await single.release();
    });
  }

  const unsafe: Record<string, readonly [RegExp, readonly NodeLine[]]> = {
    'a Reshape that drops the batch': [/Reshape.*moves elements/, [['Reshape', ['x', 'shape2'], ['y']]]],
    'a Softmax over the batch': [/Softmax.*across samples/, [['Softmax', ['x'], ['y'], { axis: 0 }]]],
    'a mean over everything': [/ReduceMean.*across samples/, [['ReduceMean', ['x'], ['y']]]],
    'a Squeeze of the batch': [/Squeeze.*across samples/, [['Squeeze', ['x', 'axis0'], ['y']]]],
    'a Transpose of the batch': [/Transpose.*across samples/, [['Transpose', ['x'], ['y'], { perm: [1, 0, 2, 3] }]]],
    'a constant of more dims': [/Add.*more dims/, [['Add', ['x', 'two'], ['y']]]],
    'a Concat with one constant row': [/Concat.*beside/, [['ReduceMean', ['x'], ['m'], { axes: [2] }], ['ReduceSum', ['row', 'axis2'], ['c']], ['Concat', ['m', 'c'], ['y'], { axis: 2 }]]],
    'a Resize to sizes no factor gives': [/Resize.*no factor/, [['Resize', ['x', '', '', 'odd'], ['y'], { mode: 'linear' }]]],
    'normalising over the batch': [/MeanVarianceNormalization.*not known/, [['MeanVarianceNormalization', ['x'], ['y']]]],
    'an op nobody knows': [/Thing.*not known/, [['custom:Thing', ['x'], ['y']]]],
    'an output that is the same for all': [/output 'y' has no dim/, [['Relu', ['row'], ['y']]]],
  };
  for (const [name, [reason, nodes]] of Object.entries(unsafe)) {
    it(`refuses ${name}`, () => assert.match(makeBatchable(model(nodes), { x: xDims }).reason ?? 'nothing', reason));
  }

  it('refuses inputs of several samples', () => {
    assert.match(makeBatchable(tiny({ inputs: { x: ['float32', [10, 3]] }, outputs: { y: 'float32' }, nodes: [['Relu', ['x'], ['y']]] }), { x: [10, 3] }).reason!, /has 10 as its first dim/);
  });

  it('says whether dim 0 of an inner value counts samples', () => {
    const file = tiny({ inputs: { x: ['float32', [1, 3]] }, outputs: { y: 'float32' }, nodes: [['Relu', ['x'], ['a']], ['Transpose', ['a'], ['t']], ['Transpose', ['t'], ['y']]] });
    assert.equal(countsSamples(file, { x: [1, 3] }, 'a'), true);
    assert.equal(countsSamples(file, { x: [1, 3] }, 't'), false);
  });
});
