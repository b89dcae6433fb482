/** Cotangents of Conv and ConvTranspose against central differences. */
import { convolutionRules } from '../../../src/autodiff/rules/convolution';
import type { AttributeInput } from '../../../src/autodiff/builder';
import { checkRule, type RuleCase } from './checkRule';
import type { Random } from './random';

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
  it('ConvTranspose with output_shape', () => checkRule((random) => randomConvTranspose(random, random.int(1, 2), 'outputShape'), 20));
  it('ConvTranspose with auto_pad', () => checkRule((random) => randomConvTranspose(random, random.int(1, 2), 'auto'), 12));
  it('Conv over pictures with stride 2 and usual pads (the sub-pixel form)', () => checkRule((random) => ({
    rules: convolutionRules, opType: 'Conv', attributes: { strides: [2, 2], pads: [1, 1, 1, 1], kernel_shape: [3, 3] },
    inputs: [{ dims: [2, 3, random.int(6, 9), random.int(6, 9)] }, { dims: [4, 3, 3, 3], constant: Array.from({ length: 108 }, () => random.float()) }],
  }), 6));
});
