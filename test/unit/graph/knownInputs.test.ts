import assert from 'node:assert/strict';
import { GraphBuilder } from '../../../src/graph/builder';
import { withKnownInputs } from '../../../src/graph/knownInputs';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import type { Graph } from '../../../src/graph/graph';
import { openSession, runSession, valueInfo } from '../autodiff/runGraph';
import { init, node, tiny, type NodeLine } from '../autodiff/tinyModel';

describe('inputs whose value is known', () => {
  it('decide branches of different dims, and the gradient is that of the branch taken', async () => {
    const branch = (name: string, nodes: NodeLine[]): Graph => ({ name, valueInfo: new Map(), initializers: new Map(), inputs: [], outputs: [valueInfo(`${name}Out`, 'float32')], nodes: nodes.map(node) });
    const model = tiny({
      inputs: { x: ['float32', [1, 4]], rate: ['int64', []] }, outputs: { y: 'float32' }, initializers: { low: init([], [8000], 'int64'), two: init([1, 4], [2, 2, 2, 2]) },
      nodes: [
        ['Equal', ['rate', 'low'], ['isLow']],
        ['If', ['isLow'], ['y'], { then_branch: branch('then', [['Mul', ['x', 'two'], ['thenOut']]]), else_branch: branch('else', [['Concat', ['x', 'x'], ['elseOut'], { axis: 1 }]]) }],
      ],
    });
    for (const [rate, slope, classes] of [[8000, 2, 4], [16000, 1, 8]] as const) {
      const built = buildGradientModel({ model: withKnownInputs(model, { rate, other: 1 }), inputDims: { x: [1, 4] }, target: { output: 'y', space: 'output' }, wrt: ['x'], fetch: ['y'] });
      const session = await openSession(built.model);
      assert.deepEqual([...session.inputNames], ['x', built.targetInput]);
      const found = await runSession(session, { x: { dtype: 'float32', dims: [1, 4], data: [1, 2, 3, 4] }, [built.targetInput]: { dtype: 'int64', dims: [1], data: [2] } });
      assert.deepEqual(found[built.fetched.y!]!.dims, [1, classes]);
      assert.deepEqual(found[built.gradients.x!]!.data, [0, 0, slope, 0]);
      await session.release();
    }
  });
});

describe('constants of 64 bits', () => {
  it('keep the ends of the range, which doubles round past', () => {
    const b = new GraphBuilder(17), name = b.int64s([9223372036854775807, -9223372036854775808, 5]), made = b.initializers.get(name)!;
    assert.ok(made.kind === 'inline');
    assert.deepEqual([...new BigInt64Array(made.bytes.slice().buffer)], [2n ** 63n - 1n, -(2n ** 63n), 5n]);
  });
});
