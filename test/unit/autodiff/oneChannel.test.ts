/** What flows back from one class goes through one row of the last weights: the same gradient as the product with all of them gives. */
import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import { GraphBuilder } from '../../../src/graph/builder';
import { Random } from './random';
import { makeModel, openSession, runSession, valueInfo } from './runGraph';

const dims = [3, 4, 5, 5], classes = 7;

/** Layers behind x [3, 4, 5, 5] that end in one value for every class. */
const heads: Record<string, (b: GraphBuilder, random: Random) => string> = {
  'convolution, Relu, global average, Reshape': (b, random) => {
    const y = b.op('Relu', [b.op('Conv', ['x', weight(b, random, [classes, 4, 1, 1]), weight(b, random, [classes])])]);
    return b.reshape(b.op('GlobalAveragePool', [y]), [3, classes]);
  },
  'convolution over one pixel, Flatten': (b, random) => b.op('Flatten', [b.op('Conv', [b.op('GlobalAveragePool', ['x']), weight(b, random, [classes, 4, 1, 1])])]),
  'average over everything, [N, C, 1, 1] as the output': (b, random) => b.op('Conv', [b.op('AveragePool', ['x'], { kernel_shape: [5, 5] }), weight(b, random, [classes, 4, 1, 1])]),
  'Gemm': (b, random) => b.op('Gemm', [b.op('Flatten', ['x']), weight(b, random, [100, classes]), weight(b, random, [classes])]),
  'Gemm with a transposed weight and a factor': (b, random) => b.op('Gemm', [b.op('Flatten', ['x']), weight(b, random, [classes, 100])], { transB: 1, alpha: { float: 0.5 } }),
  'MatMul and Add, Relu': (b, random) => b.op('Relu', [b.op('Add', [b.op('MatMul', [b.op('Flatten', ['x']), weight(b, random, [100, classes])]), weight(b, random, [classes])])]),
};

function weight(b: GraphBuilder, random: Random, of: readonly number[]): string {
  const count = of.reduce((product, dim) => product * dim, 1);
  return b.constant(Array.from({ length: count }, () => random.float(-1, 1)), 'float32', of);
}

describe('autodiff: cotangents in one channel', () => {
  for (const [name, head] of Object.entries(heads)) {
    it(name, async () => {
      const b = new GraphBuilder(17, 'n/'), random = new Random(11), output = head(b, random), outDims = name.includes('[N, C, 1, 1]') ? [3, classes, 1, 1] : [3, classes];
      const model = makeModel({ nodes: b.nodes, initializers: b.initializers, inputs: [valueInfo('x', 'float32', dims)], outputs: [valueInfo(output, 'float32', outDims)] }, 17);
      const x = Array.from({ length: 300 }, () => random.float(-1, 1));
      const [ours, plain] = await Promise.all((['cpu', 'portable'] as const).map(async (dialect) => {
        const gradient = buildGradientModel({ model, inputDims: { x: dims }, target: { output, space: 'output' }, wrt: ['x'], dialect });
        const session = await openSession(gradient.model);
        const found = await runSession(session, { x: { dtype: 'float32', dims, data: x }, [gradient.targetInput]: { dtype: 'int64', dims: [3], data: [2, 6, 0] } });
        await session.release();
        return { ops: gradient.model.graph.nodes.map(({ opType }) => opType), data: found[gradient.gradients.x!]!.data };
      })) as [{ ops: string[]; data: readonly number[] }, { ops: string[]; data: readonly number[] }];
      assert.ok(!ours.ops.includes('OneHot') && plain.ops.includes('OneHot'));
      assert.ok(plain.data.some((value) => Math.abs(value) > 1e-3));
      ours.data.forEach((value, index) => assert.ok(Math.abs(value - plain.data[index]!) < 1e-6, `element ${index}: ${value}, expected ${plain.data[index]!}`));
    });
  }
});
