import assert from 'node:assert/strict';
import type { Attribute, Graph, ModelFile } from '../../../src/graph/graph';
import { inferShapes } from '../../../src/graph/inference/infer';
import { inSinglePrecision } from '../../../src/graph/singlePrecision';
import { openSession, runSession } from '../autodiff/runGraph';
import { init, node, tiny } from '../autodiff/tinyModel';

const dims = [2, 3], data = [0.5, -1, 2, 3, 0.25, -8];

/** y = x · 1.5 + cast(sum(x)) + constant, in half floats all the way, with a branch that has a weight of its own. */
function halves(): ModelFile {
  const branch = (value: number): Graph => ({
    ...tiny({ inputs: {}, outputs: { r: 'float16' }, initializers: { w: init([], [value], 'float16') }, nodes: [['Mul', ['a', 'w'], ['r']]] }).graph, name: `times ${value}`,
  });
  const model = tiny({
    inputs: { x: ['float16', dims] }, outputs: { y: 'float16' }, initializers: { s: init([], [1.5], 'float16'), yes: init([], [1], 'bool') },
    nodes: [
      ['Mul', ['x', 's'], ['m']],
      ['Cast', ['x'], ['f'], { to: 1 }], ['ReduceSum', ['f'], ['t'], { keepdims: 0 }], ['Cast', ['t'], ['h'], { to: 10 }],
      ['Add', ['m', 'h'], ['a']], ['If', ['yes'], ['b'], { then_branch: branch(2), else_branch: branch(3) }], ['Add', ['b', 'c'], ['y']],
    ],
  });
  const constant = { ...node(['Constant', [], ['c']]), attributes: new Map<string, Attribute>([['value', { kind: 'tensor', value: init([1], [0.125], 'float16') }]]) };
  return { ...model, graph: { ...model.graph, nodes: [constant, ...model.graph.nodes] } };
}

describe('half floats as single ones', () => {
  it('compute the same, constants, casts and branches too', async () => {
    const before = halves(), after = inSinglePrecision(before);
    const dtypes = [...inferShapes(after).types].flatMap(([name, type]) => (type.kind === 'tensor' && type.dtype === 'float16' && !name.endsWith('/float16') ? [name] : []));
    assert.deepEqual(dtypes, []);
    const [half, single] = [await openSession(before), await openSession(after)];
    const expected = (await runSession(half, { x: { dtype: 'float16', dims, data } })).y!, found = (await runSession(single, { x: { dtype: 'float32', dims, data } })).y!;
    assert.equal(found.dtype, 'float32');
    // Every number here is a half float.
    assert.deepEqual(found.data, expected.data);
    assert.deepEqual(found.data, data.map((x) => 2 * (1.5 * x + -3.25) + 0.125));
    await half.release();
    await single.release();
  });
  it('a model without any is left as it is', () => {
    const plain = tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float64' }, nodes: [['Cast', ['x'], ['y'], { to: 11 }]] });
    assert.equal(inSinglePrecision(plain), plain);
  });
});
