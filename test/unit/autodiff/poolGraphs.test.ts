/**
 * Max pools inside graphs: what the driver lets the rules see (the input cannot be negative, a ReLU or a Concat stands
 * before the pool) changes how the gradient is computed, never what it is. Both dialects against a gradient by hand.
 */
import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import type { Dialect } from '../../../src/autodiff/rule';
import { GraphBuilder, type AttributeInput } from '../../../src/graph/builder';
import { Random } from './random';
import { count, makeModel, openSession, runSession, valueInfo } from './runGraph';

interface PoolSpec { kernel: number; stride: number; begin: number; end: number }

/** x [1, C, H, W] → (optional split, one ReLU a part, Concat | one ReLU) → MaxPool → weighted sum [1, 1]. */
function poolModel(dims: readonly number[], { kernel, stride, begin, end }: PoolSpec, weights: readonly number[], outDims: readonly number[], parts: readonly number[]) {
  const b = new GraphBuilder(17, 'n/');
  const pieces = parts.length > 1 ? b.split('x', 1, parts) : ['x'];
  const activated = b.concat(pieces.map((piece) => b.op('Relu', [piece])), 1);
  const attributes: Record<string, AttributeInput> = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [begin, begin, end, end] };
  const pooled = b.op('MaxPool', [activated], attributes);
  const score = b.reduce('ReduceSum', b.op('Mul', [pooled, b.constant(weights, 'float32', outDims)]), [1, 2, 3], false);
  const output = b.reshape(score, [1, 1]);
  const model = makeModel({ nodes: b.nodes, initializers: b.initializers, inputs: [valueInfo('x', 'float32', dims)], outputs: [valueInfo(output, 'float32', [1, 1])] }, 17);
  return { model, output, activated };
}

/** Gradient of the weighted sum to the pool's input (first maxima), and to x (zero where x ≤ 0). */
function byHand(x: readonly number[], dims: readonly number[], spec: PoolSpec, weights: readonly number[], outDims: readonly number[]): { toPool: number[]; toX: number[] } {
  const [, channels, height, width] = dims as [number, number, number, number], [, , outHeight, outWidth] = outDims as [number, number, number, number];
  const relu = x.map((value) => Math.max(value, 0)), toPool = x.map(() => 0);
  for (let c = 0; c < channels; c++) for (let i = 0; i < outHeight; i++) for (let j = 0; j < outWidth; j++) {
    let best = -1;
    for (let a = 0; a < spec.kernel; a++) for (let e = 0; e < spec.kernel; e++) {
      const row = i * spec.stride + a - spec.begin, column = j * spec.stride + e - spec.begin;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const index = (c * height + row) * width + column;
      if (best < 0 || relu[index]! > relu[best]!) best = index;
    }
    toPool[best]! += weights[(c * outHeight + i) * outWidth + j]!;
  }
  return { toPool, toX: toPool.map((value, index) => (x[index]! > 0 ? value : 0)) };
}

describe('autodiff: max pools in graphs', function () {
  this.timeout(120_000);
  for (const dialect of ['cpu', 'portable'] as Dialect[]) {
    for (const parts of [[16], [3], [16, 16], [2, 1, 3]]) {
      it(`ReLU of ${parts.join(' + ')} channels before the pool, ties everywhere (${dialect})`, async () => {
        for (let seed = 1; seed <= 14; seed++) {
          const random = new Random(seed * 31), channels = parts.reduce((a, c) => a + c, 0);
          const kernel = random.int(2, 3), spec = { kernel, stride: random.int(1, 3), begin: random.int(0, kernel - 1), end: random.int(0, kernel - 1) };
          const dims = [1, channels, random.int(4, 8), random.int(4, 8)];
          const outDims = [1, channels, ...dims.slice(2).map((size) => Math.floor((size + spec.begin + spec.end - kernel) / spec.stride) + 1)];
          // Seed 1: a black picture. Else few levels, half of them cut off by the ReLU.
          const x = Array.from({ length: count(dims) }, () => (seed === 1 ? 0 : random.pick([-1, 0, 1, 2])));
          const weights = Array.from({ length: count(outDims) }, () => random.int(1, 9));
          const { model, output, activated } = poolModel(dims, spec, weights, outDims, parts);
          const wrt = seed % 2 ? ['x', activated] : ['x'];
          const gradient = buildGradientModel({ model, inputDims: { x: dims }, target: { output, space: 'output' }, wrt, dialect });
          const session = await openSession(gradient.model);
          const found = await runSession(session, { x: { dtype: 'float32', dims, data: x }, [gradient.targetInput]: { dtype: 'int64', dims: [1], data: [0] } });
          await session.release();
          const expected = byHand(x, dims, spec, weights, outDims);
          assert.deepEqual(found[gradient.gradients.x!]!.data.map((v) => v + 0), expected.toX, `seed ${seed}, ${JSON.stringify(spec)} on [${dims.join(',')}]: gradient to x`);
          if (wrt.length === 2) assert.deepEqual(found[gradient.gradients[activated]!]!.data.map((v) => v + 0), expected.toPool, `seed ${seed}, ${JSON.stringify(spec)} on [${dims.join(',')}]: gradient to the pool's input`);
        }
      });
    }
  }
});
