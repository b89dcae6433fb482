/** Cotangents of pools against central differences, and of ties against torch's rule written out by hand. */
import assert from 'node:assert/strict';
import { poolingRules } from '../../../src/autodiff/rules/pooling';
import type { AttributeInput } from '../../../src/graph/builder';
import { checkRule, vjpOf, type InputSpec, type RuleCase } from './checkRule';
import { Random } from './random';
import { count } from './runGraph';

interface PoolOptions { autoPad?: string; dilate?: boolean; disjoint?: boolean }

/** Attributes and input dims of a pool of `rank` axes with everything random. */
function randomPool(random: Random, rank: number, { autoPad, dilate, disjoint }: PoolOptions = {}): { attributes: Record<string, AttributeInput>; dims: number[] } {
  const space = Array.from({ length: rank }, () => random.int(rank === 3 ? 4 : 5, rank === 3 ? 6 : 10));
  const kernel = space.map(() => random.int(1, 4));
  // ONNX Runtime refuses auto_pad SAME where a stride exceeds the kernel.
  const strides = disjoint ? kernel : kernel.map((k) => random.int(1, autoPad ? Math.min(k, 3) : 3));
  const attributes: Record<string, AttributeInput> = { kernel_shape: kernel, strides };
  if (autoPad) attributes.auto_pad = autoPad;
  else if (random.next() < 0.6) attributes.pads = [...kernel, ...kernel].map((k) => random.int(0, k - 1));
  if (random.bool() && !autoPad) attributes.ceil_mode = 1;
  if (dilate) {
    attributes.dilations = kernel.map((k, axis) => (2 * (k - 1) + 1 <= space[axis]! ? 2 : 1));
  }
  return { attributes, dims: [random.int(1, 2), random.int(1, 3), ...space] };
}

function maxPool(random: Random, rank: number, options: PoolOptions = {}, input?: (dims: number[]) => InputSpec): RuleCase {
  const { attributes, dims } = randomPool(random, rank, { dilate: random.next() < 0.3, ...options });
  return { rules: poolingRules, opType: 'MaxPool', attributes, inputs: [input ? input(dims) : { dims, distinct: true }], opset: random.pick([13, 17, 22]) };
}

describe('autodiff: pools', function () {
  this.timeout(120_000);
  for (const rank of [1, 2, 3]) {
    it(`MaxPool in ${rank}-D`, () => checkRule((random) => maxPool(random, rank), 20));
    it(`AveragePool in ${rank}-D, with and without counted pads`, () => checkRule((random) => {
      const { attributes, dims } = randomPool(random, rank);
      return { rules: poolingRules, opType: 'AveragePool', attributes: { ...attributes, count_include_pad: random.int(0, 1) }, inputs: [{ dims }], opset: random.pick([13, 17, 19, 22]) };
    }, 24));
    it(`global pools in ${rank}-D`, () => checkRule((random) => ({
      rules: poolingRules, opType: random.pick(['GlobalAveragePool', 'GlobalMaxPool']), inputs: [{ dims: [2, 3, ...random.dims(rank, 5)], distinct: true }],
    }), 10));
  }
  for (const autoPad of ['SAME_UPPER', 'SAME_LOWER', 'VALID']) {
    it(`auto_pad ${autoPad}`, async () => {
      await checkRule((random) => maxPool(random, random.int(1, 2), { autoPad, dilate: false }), 8);
      await checkRule((random) => {
        const { attributes, dims } = randomPool(random, random.int(1, 2), { autoPad });
        return { rules: poolingRules, opType: 'AveragePool', attributes: { ...attributes, count_include_pad: random.int(0, 1) }, inputs: [{ dims }] };
      }, 8);
    });
  }
  it('windows that do not overlap', async () => {
    await checkRule((random) => maxPool(random, random.int(1, 3), { disjoint: true, dilate: false }), 12);
    await checkRule((random) => {
      const { attributes, dims } = randomPool(random, random.int(1, 3), { disjoint: true });
      return { rules: poolingRules, opType: 'AveragePool', attributes, inputs: [{ dims }] };
    }, 12);
  });
  it('AveragePool with dilations (opset 19)', () => checkRule((random) => {
    const { attributes, dims } = randomPool(random, random.int(1, 2), { dilate: true });
    return { rules: poolingRules, opType: 'AveragePool', attributes, inputs: [{ dims }], opset: 19 };
  }, 10));
  it('LpPool and GlobalLpPool, p 1 to 3', async () => {
    await checkRule((random) => {
      const { attributes, dims } = randomPool(random, random.int(1, 2));
      delete attributes.ceil_mode;
      return { rules: poolingRules, opType: 'LpPool', attributes: { ...attributes, p: random.int(1, 3) }, inputs: [{ dims, avoid: [0] }], tolerance: 2e-2 };
    }, 12);
    await checkRule((random) => ({
      rules: poolingRules, opType: 'GlobalLpPool', attributes: { p: random.int(1, 3) }, inputs: [{ dims: [2, 3, ...random.dims(2, 5)], avoid: [0] }], tolerance: 2e-2,
    }), 9);
  });
  it('LpPool at zero has gradient zero', async () => {
    const [dx] = await vjpOf({ rules: poolingRules, opType: 'LpPool', attributes: { kernel_shape: [2, 2] }, inputs: [{ dims: [1, 1, 3, 3], values: new Array<number>(9).fill(0) }] });
    assert.deepEqual(dx!.data, new Array<number>(9).fill(0));
  });

  for (const dialect of ['cpu', 'portable'] as const) {
    it(`a tie goes to the first maximum in row-major order (${dialect})`, async () => {
      for (let seed = 1; seed <= 40; seed++) {
        const random = new Random(seed);
        // Few distinct values, so that nearly every window has ties; constant pictures every fifth time.
        const levels = seed % 5 === 0 ? [random.pick([-1, 0, 2])] : random.bool() ? [0, 1, 2] : [-2, -1, 0, 1];
        const ruleCase = maxPool(random, random.int(1, 3), {}, (dims) => ({ dims, values: Array.from({ length: count(dims) }, () => random.pick(levels)) }));
        const input = ruleCase.inputs[0] as { dims: number[]; values: number[] };
        const cotangentLength = maxPoolOutputs(ruleCase, input.dims).reduce((a, d) => a * d, input.dims[0]! * input.dims[1]!);
        const cotangent = Array.from({ length: cotangentLength }, () => random.int(-8, 8));
        const [dx] = await vjpOf(ruleCase, dialect, [cotangent]);
        assert.deepEqual(dx!.data.map((v) => v + 0), referenceMaxPoolGradient(ruleCase, input.dims, input.values, cotangent),
          `seed ${seed}: ${JSON.stringify(ruleCase.attributes)} on [${input.dims.join(',')}]`);
      }
    });
    it(`GlobalMaxPool's tie goes to the first maximum (${dialect})`, async () => {
      const [dx] = await vjpOf({ rules: poolingRules, opType: 'GlobalMaxPool', inputs: [{ dims: [1, 2, 2, 2], values: [1, 3, 3, 0, 5, 5, 5, 5] }] }, dialect);
      assert.deepEqual(dx!.data, [0, 1, 0, 0, 1, 0, 0, 0]);
    });
  }
});

/** Output sizes of a max pool, by the ONNX formula, with the last window starting inside the input or its front pad. */
function maxPoolOutputs(ruleCase: RuleCase, dims: readonly number[]): number[] {
  const { kernel, strides, dilations, pads, ceil } = parts(ruleCase, dims);
  return dims.slice(2).map((size, axis) => {
    const span = size + pads[axis]! + pads[axis + kernel.length]! - dilations[axis]! * (kernel[axis]! - 1) - 1;
    let out = (ceil ? Math.ceil(span / strides[axis]!) : Math.floor(span / strides[axis]!)) + 1;
    if (ceil && (out - 1) * strides[axis]! >= size + pads[axis]!) out--;
    return out;
  });
}

function parts(ruleCase: RuleCase, dims: readonly number[]) {
  const attributes = ruleCase.attributes as Record<string, number[] | undefined> & { ceil_mode?: number };
  const space = dims.slice(2), kernel = attributes.kernel_shape!;
  return {
    kernel, strides: attributes.strides!, dilations: attributes.dilations ?? space.map(() => 1),
    pads: attributes.pads ?? [...space, ...space].map(() => 0), ceil: Number(attributes.ceil_mode ?? 0) === 1,
  };
}

/** torch's rule by brute force: every window's cotangent is added to its first maximum in row-major order. */
function referenceMaxPoolGradient(ruleCase: RuleCase, dims: readonly number[], x: readonly number[], g: readonly number[]): number[] {
  const { kernel, strides, dilations, pads } = parts(ruleCase, dims);
  const space = dims.slice(2), out = maxPoolOutputs(ruleCase, dims), dx = x.map(() => 0);
  const planes = dims[0]! * dims[1]!, area = count(space), outArea = count(out);
  const unravel = (index: number, sizes: readonly number[]): number[] => {
    const position: number[] = [];
    for (let axis = sizes.length - 1, rest = index; axis >= 0; axis--) { position[axis] = rest % sizes[axis]!; rest = Math.floor(rest / sizes[axis]!); }
    return position;
  };
  for (let plane = 0; plane < planes; plane++) {
    for (let o = 0; o < outArea; o++) {
      const at = unravel(o, out);
      let best = -1;
      for (let k = 0; k < count(kernel); k++) {
        const offset = unravel(k, kernel);
        const position = space.map((_, axis) => at[axis]! * strides[axis]! + offset[axis]! * dilations[axis]! - pads[axis]!);
        if (position.some((p, axis) => p < 0 || p >= space[axis]!)) continue;
        const index = plane * area + position.reduce((flat, p, axis) => flat * space[axis]! + p, 0);
        if (best < 0 || x[index]! > x[best]!) best = index;
      }
      dx[best]! += g[plane * outArea + o]!;
    }
  }
  return dx.map((value) => value + 0);
}
