/** Cotangents of Conv and ConvTranspose against central differences. */
import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import { convolutionRules } from '../../../src/autodiff/rules/convolution';
import { GraphBuilder, type AttributeInput } from '../../../src/graph/builder';
import { checkRule, type RuleCase } from './checkRule';
import { Random } from './random';
import { count, makeModel, openSession, runSession, valueInfo } from './runGraph';

/** A convolution of `rank` spatial axes with everything random. */
function randomConv(random: Random, rank: number, fixed: { autoPad?: string; depthwise?: boolean; stride?: number; kernel?: number } = {}): RuleCase {
  const group = fixed.depthwise ? random.int(2, 4) : random.pick([1, 1, 2, 3]);
  const inPerGroup = fixed.depthwise ? 1 : random.int(1, 3), outPerGroup = fixed.depthwise ? random.pick([1, 1, 2]) : random.int(1, 3);
  const space = Array.from({ length: rank }, () => random.int(rank === 3 ? 5 : 6, rank === 3 ? 7 : 11));
  const kernel = space.map(() => fixed.kernel ?? random.int(1, 4));
  const strides = space.map(() => fixed.stride ?? random.int(1, 3));
  const dilations = space.map((size, axis) => (size >= 2 * (kernel[axis]! - 1) + 1 && random.next() < 0.3 ? 2 : 1));
  const attributes: Record<string, AttributeInput> = { group, strides, dilations };
  if (random.bool()) attributes.kernel_shape = kernel;
  if (fixed.autoPad) {
    attributes.auto_pad = fixed.autoPad;
    attributes.dilations = space.map(() => 1);
  } else if (random.bool()) {
    attributes.pads = [...space, ...space].map(() => random.int(0, 3));
  }
  const weight = { dims: [group * outPerGroup, inPerGroup, ...kernel], range: [-1, 1] as [number, number] };
  return {
    rules: convolutionRules, opType: 'Conv', attributes,
    inputs: [{ dims: [random.int(1, 2), group * inPerGroup, ...space] }, weight, random.bool() ? { dims: [group * outPerGroup] } : undefined],
    opset: random.pick([13, 17, 21, 22]),
  };
}

/** A transposed convolution of `rank` spatial axes with everything random. */
function randomConvTranspose(random: Random, rank: number, form: 'pads' | 'outputShape' | 'auto' = 'pads'): RuleCase {
  const group = random.pick([1, 1, 2, 3]), inPerGroup = random.int(1, 3), outPerGroup = random.int(1, 3);
  const space = Array.from({ length: rank }, () => random.int(2, 5)), kernel = space.map(() => random.int(1, 4));
  const strides = space.map(() => random.int(1, 3)), dilations = space.map(() => random.int(1, 2));
  const attributes: Record<string, AttributeInput> = { group, strides, dilations };
  const reach = space.map((size, axis) => (size - 1) * strides[axis]! + dilations[axis]! * (kernel[axis]! - 1) + 1);
  if (form === 'pads') {
    const pads = reach.map((size) => random.int(0, Math.min(2, Math.floor((size - 1) / 2))));
    attributes.pads = [...pads, ...pads.map((pad) => random.int(0, pad))];
    attributes.output_padding = strides.map((stride) => random.int(0, stride - 1));
  } else if (form === 'outputShape') {
    attributes.output_shape = reach.map((size) => Math.max(1, size - random.int(0, 3)));
    attributes.auto_pad = random.pick(['NOTSET', 'SAME_UPPER', 'SAME_LOWER']);
  } else {
    attributes.auto_pad = random.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID']);
    attributes.dilations = space.map(() => 1);
  }
  return {
    rules: convolutionRules, opType: 'ConvTranspose', attributes,
    inputs: [{ dims: [random.int(1, 2), group * inPerGroup, ...space] }, { dims: [group * inPerGroup, outPerGroup, ...kernel] }, random.bool() ? { dims: [group * outPerGroup] } : undefined],
    opset: random.pick([13, 17, 22]),
  };
}

describe('autodiff: convolutions', function () {
  this.timeout(120_000);
  for (const rank of [1, 2, 3]) {
    it(`Conv in ${rank}-D: groups, strides, dilations, pads, bias`, () => checkRule((random) => randomConv(random, rank), rank === 2 ? 40 : 16));
    it(`Conv in ${rank}-D, depthwise`, () => checkRule((random) => randomConv(random, rank, { depthwise: true }), 10));
    it(`Conv in ${rank}-D, kernel 1 with strides`, () => checkRule((random) => randomConv(random, rank, { kernel: 1, stride: 2 }), 6));
    it(`ConvTranspose in ${rank}-D: groups, strides, dilations, pads, output_padding`, () => checkRule((random) => randomConvTranspose(random, rank), rank === 2 ? 30 : 12));
  }
  for (const autoPad of ['SAME_UPPER', 'SAME_LOWER', 'VALID']) {
    it(`Conv with auto_pad ${autoPad}`, () => checkRule((random) => randomConv(random, random.int(1, 2), { autoPad }), 12));
  }
  it('Conv from 32 channels with strides (a convolution for each pixel of a cell)', () => checkRule((random) => {
    const kernel = [random.int(1, 5), random.int(1, 5)], strides = [random.int(1, 3), random.int(2, 3)], group = random.int(1, 2);
    return {
      rules: convolutionRules, opType: 'Conv', attributes: { strides, group, dilations: [random.int(1, 2), 1], pads: Array.from({ length: 4 }, () => random.int(0, 2)) },
      inputs: [{ dims: [1, 32 * group, random.int(9, 12), random.int(6, 12)] }, { dims: [2 * group, 32, ...kernel], range: [-1, 1] }],
    };
  }, 24));
  it('Conv from three colours (cells of several pixels)', () => checkRule((random) => {
    const kernel = random.pick([3, 5, 7]), stride = random.int(1, 2), channels = random.int(1, 4);
    return {
      rules: convolutionRules, opType: 'Conv', attributes: { strides: [stride, stride], pads: [random.int(0, 3), random.int(0, 3), random.int(0, 3), random.int(0, 3)] },
      inputs: [{ dims: [1, channels, random.int(32, 37), random.int(32, 37)] }, { dims: [2, channels, kernel, kernel], range: [-1, 1] }],
    };
  }, 10));
  it('Pad before a Conv: the margin is never made', async () => {
    for (let seed = 1; seed <= 24; seed++) {
      const random = new Random(seed), group = random.pick([1, 4]), stride = random.int(1, 2), kernel = random.int(1, 3);
      const dims = [1, 4, random.int(5, 8), random.int(5, 8)], pads = [0, 0, random.int(0, 2), random.int(0, 2), 0, 0, random.int(0, 2), random.int(0, 2)];
      const graph = new GraphBuilder(17, 'n/');
      const padded = graph.pad('x', pads), weights = Array.from({ length: (16 / group) * kernel * kernel }, () => random.int(-3, 3));
      const made = graph.op('Conv', [padded, graph.constant(weights, 'float32', [4, 4 / group, kernel, kernel])], { group, strides: [stride, stride], pads: [0, 1, 1, 0] });
      const output = graph.reshape(graph.reduce('ReduceSum', graph.op('Mul', [made, made]), [1, 2, 3], false), [1, 1]);
      const model = makeModel({ nodes: graph.nodes, initializers: graph.initializers, inputs: [valueInfo('x', 'float32', dims)], outputs: [valueInfo(output, 'float32', [1, 1])] }, 17);
      const x = Array.from({ length: count(dims) }, () => random.int(-3, 3));
      const found: number[][] = [];
      for (const dialect of ['cpu', 'portable'] as const) {
        const gradient = buildGradientModel({ model, inputDims: { x: dims }, target: { output, space: 'output' }, wrt: ['x'], dialect });
        const margins = gradient.model.graph.nodes.filter((node) => node.opType === 'Slice' && node.outputs[0] === gradient.model.graph.nodes.at(-1)!.inputs[0]);
        if (dialect === 'cpu' && kernel > 2 && stride === 1 && Math.max(...pads) === 1) assert.equal(margins.length, 0, 'the margin is cut off by a Slice');
        const session = await openSession(gradient.model);
        const results = await runSession(session, { x: { dtype: 'float32', dims, data: x }, [gradient.targetInput]: { dtype: 'int64', dims: [1], data: [0] } });
        await session.release();
        found.push([...results[gradient.gradients.x!]!.data]);
      }
      // Small whole numbers: every sum is exact, and Slice is what the portable dialect uses.
      assert.deepEqual(found[0]!.map((v) => v + 0), found[1]!.map((v) => v + 0), `seed ${seed}`);
      const direction = x.map(() => random.int(-1, 1));
      const at = async (sign: number): Promise<number> => {
        const session = await openSession(model);
        const value = await runSession(session, { x: { dtype: 'float32', dims, data: x.map((v, i) => v + sign * direction[i]!) } });
        await session.release();
        return value[output]!.data[0]!;
      };
      // The score is a quadratic form, so the central difference is exact.
      assert.equal(found[0]!.reduce((sum, v, i) => sum + v * direction[i]!, 0), (await at(1) - await at(-1)) / 2, `seed ${seed}`);
    }
  });
  it('ConvTranspose with output_shape', () => checkRule((random) => randomConvTranspose(random, random.int(1, 2), 'outputShape'), 20));
  it('ConvTranspose with auto_pad', () => checkRule((random) => randomConvTranspose(random, random.int(1, 2), 'auto'), 12));
  it('Conv over pictures with stride 2 and usual pads (the sub-pixel form)', () => checkRule((random) => ({
    rules: convolutionRules, opType: 'Conv', attributes: { strides: [2, 2], pads: [1, 1, 1, 1], kernel_shape: [3, 3] },
    inputs: [{ dims: [2, 3, random.int(6, 9), random.int(6, 9)] }, { dims: [4, 3, 3, 3], constant: Array.from({ length: 108 }, () => random.float()) }],
  }), 6));
});
