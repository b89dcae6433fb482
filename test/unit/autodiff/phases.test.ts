/** Convolutions in front of max pools: their cotangent comes in phases and goes on in whichever form is quickest, and says the same as the plain one. */
import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import type { GradientModel } from '../../../src/autodiff/gradientModel';
import { GraphBuilder } from '../../../src/graph/builder';
import { Random } from './random';
import { count, makeModel, openSession, runSession, valueInfo } from './runGraph';

interface Layers { readonly channels: number; readonly maps: number; readonly kernel: number[]; readonly stride: number[]; readonly dilation: number; readonly size: number[]; readonly normalised: boolean }

/** x [2, C, …] → Conv → (BatchNormalization) → Relu → MaxPool → weighted sum [2, 1]. */
function build(random: Random, { channels, maps, kernel, stride, dilation, size, normalised }: Layers) {
  const b = new GraphBuilder(17, 'n/'), numbers = (dims: number[], low = -1, high = 1): string => b.constant(Array.from({ length: count(dims) }, () => random.float(low, high)), 'float32', dims);
  const padOf = (k: number): number => random.int(0, k - 1), pads = [padOf(kernel[0]!), padOf(kernel[1]!), padOf(kernel[0]!), padOf(kernel[1]!)];
  const outOf = (length: number, axis: number): number => Math.floor((length + pads[axis]! + pads[axis + 2]! - dilation * (kernel[axis]! - 1) - 1) / stride[axis]!) + 1;
  const pool = [random.int(2, 3), random.int(2, 3)], step = [random.int(1, 3), random.int(1, 3)], before = pool.map((k) => random.int(0, k - 1)), behind = pool.map((k) => random.int(0, k - 1));
  const small = size.map(outOf), pooled = small.map((length, axis) => Math.floor((length + before[axis]! + behind[axis]! - pool[axis]!) / step[axis]!) + 1);
  let y = b.op('Conv', ['x', numbers([maps, channels, ...kernel])], { kernel_shape: kernel, strides: stride, dilations: [dilation, dilation], pads });
  if (normalised) y = b.op('BatchNormalization', [y, numbers([maps]), numbers([maps]), numbers([maps]), numbers([maps], 0.5, 2)]);
  y = b.op('MaxPool', [b.op('Relu', [y])], { kernel_shape: pool, strides: step, pads: [...before, ...behind] });
  const output = b.reshape(b.reduce('ReduceSum', b.op('Mul', [y, numbers([1, maps, ...pooled])]), [1, 2, 3], false), [2, 1]);
  const dims = [2, channels, ...size];
  return { output, dims, model: makeModel({ nodes: b.nodes, initializers: b.initializers, inputs: [valueInfo('x', 'float32', dims)], outputs: [valueInfo(output, 'float32', [2, 1])] }, 17) };
}

async function gradientOf(gradient: GradientModel, dims: readonly number[], x: readonly number[]): Promise<readonly number[]> {
  const session = await openSession(gradient.model);
  const found = await runSession(session, { x: { dtype: 'float32', dims, data: x }, [gradient.targetInput]: { dtype: 'int64', dims: [2], data: [0, 0] } });
  await session.release();
  return found[gradient.gradients.x!]!.data;
}

describe('autodiff: cotangents in phases', function () {
  this.timeout(120_000);
  const kinds: Record<string, (random: Random) => Omit<Layers, 'size' | 'normalised'>> = {
    'back to a few colours by windows': (random) => ({ channels: random.int(1, 3), maps: 16, kernel: [random.int(1, 4), random.int(1, 4)], stride: [random.int(1, 3), random.int(1, 3)], dilation: random.int(1, 2) }),
    'back to a few colours by cells': (random) => ({ channels: 3, maps: 16, kernel: [random.int(5, 7), random.int(5, 7)], stride: [random.int(1, 2), random.int(1, 2)], dilation: 1 }),
    'kernel 1': (random) => ({ channels: random.int(1, 20), maps: 16, kernel: [1, 1], stride: [random.int(1, 2), random.int(1, 2)], dilation: 1 }),
    'to fewer channels': (random) => ({ channels: 8, maps: 64, kernel: [3, 3], stride: [1, 1], dilation: random.int(1, 2) }),
    'to as many channels': (random) => ({ channels: 32, maps: 32, kernel: [random.int(2, 3), 3], stride: [1, 1], dilation: 1 }),
  };
  for (const [kind, layers] of Object.entries(kinds)) {
    it(kind, async () => {
      for (let seed = 1; seed <= 12; seed++) {
        const random = new Random(seed * 17), { model, output, dims } = build(random, { ...layers(random), size: [random.int(13, 22), random.int(13, 22)], normalised: seed % 3 === 0 });
        const x = Array.from({ length: count(dims) }, () => random.float(-1, 1));
        const [found, expected] = await Promise.all((['cpu', 'portable'] as const).map((dialect) => gradientOf(buildGradientModel({ model, inputDims: { x: dims }, target: { output, space: 'output' }, wrt: ['x'], dialect }), dims, x)));
        const most = Math.max(...expected!.map(Math.abs));
        assert.ok(most > 0.01);
        expected!.forEach((value, index) => assert.ok(Math.abs(value - found![index]!) < 2e-6 * most, `seed ${seed}, [${dims.join(',')}], element ${index}: ${found![index]!}, expected ${value}`));
      }
    });
  }
});
