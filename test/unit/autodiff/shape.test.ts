import assert from 'node:assert/strict';
import { shapeRules } from '../../../src/autodiff/rules/shape';
import { checkRule, vjpOf, type InputSpec } from './checkRule';
import type { Random } from './random';

const rules = shapeRules;
const ints = (values: readonly number[]): NonNullable<InputSpec> => ({ dims: [values.length], constant: values, dtype: 'int64' });
const count = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** Integers fed at run time, so that the rule does not know them. */
const fed = (dims: readonly number[], draw: () => number): NonNullable<InputSpec> => ({ dims, fed: Array.from({ length: count(dims) }, draw), dtype: 'int64' });

describe('autodiff: shape rules', () => {
  it('Reshape with 0, −1 and plain dims', () => checkRule((random) => {
    const dims = random.dims(3);
    return { rules, opType: 'Reshape', inputs: [{ dims }, ints(random.pick([[-1], [0, -1], [dims[0]! * dims[1]!, dims[2]!]]))] };
  }, 6));
  it('Flatten', () => checkRule((random) => ({ rules, opType: 'Flatten', attributes: { axis: random.int(-3, 3) }, inputs: [{ dims: random.dims(3) }] }), 6));
  it('Squeeze', () => checkRule((random) => ({ rules, opType: 'Squeeze', inputs: [{ dims: [1, random.int(2, 4), 1] }, ...random.pick([[], [ints([0])], [ints([-1, 0])]])] }), 6));
  it('Unsqueeze', () => checkRule((random) => ({ rules, opType: 'Unsqueeze', inputs: [{ dims: random.dims(2) }, ints(random.pick([[0], [-1], [0, 3]]))] }), 6));
  it('Transpose', () => checkRule((random) => {
    const rank = random.int(1, 4), perm = random.shuffle(Array.from({ length: rank }, (_, axis) => axis));
    return { rules, opType: 'Transpose', ...(random.bool() ? { attributes: { perm } } : {}), inputs: [{ dims: random.dims(rank) }] };
  }, 8));

  it('Concat', () => checkRule((random) => {
    const dims = random.dims(3), axis = random.int(0, 2);
    const pieces = Array.from({ length: random.int(1, 4) }, () => ({ dims: dims.map((dim, index) => (index === axis ? random.int(1, 3) : dim)) }));
    return { rules, opType: 'Concat', attributes: { axis: random.bool() ? axis : axis - 3 }, inputs: pieces, wrt: random.bool() ? [random.int(0, pieces.length - 1)] : undefined };
  }, 12));
  it('Split by sizes, all pieces or some flowing back', () => checkRule((random) => {
    const sizes = [random.int(1, 3), random.int(1, 3), random.int(1, 3)];
    return {
      rules, opType: 'Split', attributes: { axis: random.pick([1, -2]) }, outputs: 3, cotangentsFor: random.pick([[0, 1, 2], [1], [0, 2]]),
      inputs: [{ dims: [2, sizes[0]! + sizes[1]! + sizes[2]!, 3] }, ints(sizes)],
    };
  }, 6));
  it('Split into equal pieces, and by num_outputs with a smaller last one', async () => {
    await checkRule(() => ({ rules, opType: 'Split', attributes: { axis: 0 }, outputs: 2, inputs: [{ dims: [4, 3] }], opset: 13 }), 2);
    await checkRule(() => ({ rules, opType: 'Split', attributes: { axis: 0, num_outputs: 3 }, outputs: 3, inputs: [{ dims: [7, 2] }], opset: 18 }), 2);
  });

  it('Slice with any start, end and step', () => checkRule((random) => {
    const rank = random.int(1, 3), dims = Array.from({ length: rank }, () => random.int(2, 7));
    const axes = random.shuffle(Array.from({ length: rank }, (_, axis) => axis)).slice(0, random.int(1, rank));
    const starts: number[] = [], ends: number[] = [], steps: number[] = [];
    for (const axis of axes) {
      const dim = dims[axis]!, step = random.pick([1, 1, 2, 3, -1, -2, -3]), low = random.int(0, dim - 1), high = random.int(low, dim - 1);
      steps.push(step);
      // every spelling of the same bounds: negative, out of range, the largest integer
      if (step > 0) { starts.push(random.pick([low, low - dim])); ends.push(random.pick([high + 1, high + 1 - dim || 1e6, high === dim - 1 ? 9e15 : high + 1])); }
      else { starts.push(random.pick([high, high - dim, high === dim - 1 ? 1e6 : high])); ends.push(low === 0 ? random.pick([-dim - 1, -9e15]) : low - 1); }
    }
    return { rules, opType: 'Slice', inputs: [{ dims }, ints(starts), ints(ends), ints(axes.map((axis) => (random.bool() ? axis : axis - rank))), ints(steps)] };
  }, 30));
  it('Slice without axes and steps', () => checkRule(() => ({ rules, opType: 'Slice', inputs: [{ dims: [4, 5] }, ints([1, 2]), ints([3, 4])] }), 1));

  for (const mode of ['constant', 'reflect', 'edge', 'wrap']) {
    it(`Pad, ${mode}`, () => checkRule((random) => {
      const dims = [random.int(3, 5), random.int(3, 5)];
      const pads = Array.from({ length: 4 }, () => random.int(0, 2));
      const fill: InputSpec[] = mode === 'constant' && random.bool() ? [{ dims: [], range: [-1, 1] }] : [];
      return { rules, opType: 'Pad', attributes: { mode }, opset: mode === 'wrap' ? 19 : random.pick([13, 18, 21]), inputs: [{ dims }, ints(pads), ...fill] };
    }, 10));
  }
  it('Pad with negative pads crops', () => checkRule((random) => ({
    rules, opType: 'Pad', inputs: [{ dims: [5, 5] }, ints([random.int(-2, 1), random.int(-2, 1), random.int(-2, 1), random.int(-2, 1)])],
  }), 8));
  it('Pad of some axes', () => checkRule(() => ({ rules, opType: 'Pad', opset: 18, inputs: [{ dims: [2, 3, 4] }, ints([1, 2, 3, 0]), undefined, ints([2, 0])] }), 2));

  it('Expand', () => checkRule((random) => {
    const dims = random.dims(3), from = random.broadcastable(dims);
    return { rules, opType: 'Expand', inputs: [{ dims: from }, ints(dims)] };
  }, 8));
  it('Tile', () => checkRule((random) => ({ rules, opType: 'Tile', inputs: [{ dims: random.dims(3) }, ints([random.int(1, 3), random.int(1, 3), random.int(1, 3)])] }), 8));
  it('DepthToSpace, both modes', () => checkRule((random) => {
    const blocksize = random.int(1, 3);
    return { rules, opType: 'DepthToSpace', attributes: { blocksize, mode: random.pick(['DCR', 'CRD']) }, inputs: [{ dims: [2, blocksize * blocksize * random.int(1, 3), 2, 3] }] };
  }, 8));
  it('SpaceToDepth', () => checkRule((random) => {
    const blocksize = random.int(1, 3);
    return { rules, opType: 'SpaceToDepth', attributes: { blocksize }, inputs: [{ dims: [2, random.int(1, 3), 2 * blocksize, 3 * blocksize] }] };
  }, 6));
  it('Trilu', () => checkRule((random) => ({
    rules, opType: 'Trilu', opset: 14, attributes: { upper: random.int(0, 1) }, inputs: [{ dims: random.dims(3) }, ...(random.bool() ? [{ dims: [], constant: [random.int(-1, 1)], dtype: 'int64' as const }] : [])],
  }), 8));
  it('ReverseSequence', () => checkRule(() => ({ rules, opType: 'ReverseSequence', attributes: { batch_axis: 1, time_axis: 0 }, inputs: [{ dims: [4, 3, 2] }, ints([1, 4, 2])] }), 2));
});

describe('autodiff: indexing rules', () => {
  const indices = (random: Random, dims: readonly number[], size: number, known: boolean): NonNullable<InputSpec> => {
    const spec = fed(dims, () => random.int(-size, size - 1));
    return known && 'fed' in spec ? { dims, constant: spec.fed, dtype: 'int64' } : spec;
  };
  it('Gather with constant indices: one, consecutive, scattered, complete, repeated', () => checkRule((random) => {
    const dims = [random.int(1, 3), 4, random.int(1, 3)];
    const [shape, values] = random.pick<[number[], number[]]>([[[], [2]], [[], [-1]], [[2], [1, 2]], [[3], [3, 0, 1]], [[4], [3, 1, 0, 2]], [[3], [1, 1, -3]], [[2, 2], [0, 3, 1, 2]], [[1], [0]]]);
    return { rules, opType: 'Gather', attributes: { axis: random.pick([1, -2]) }, inputs: [{ dims }, { dims: shape, constant: values, dtype: 'int64' }] };
  }, 20));
  it('Gather with indices only the run knows', () => checkRule((random) => {
    const dims = random.dims(3), axis = random.int(0, 2);
    return { rules, opType: 'Gather', attributes: { axis }, inputs: [{ dims }, indices(random, random.dims(random.int(0, 2), 3), dims[axis]!, false)] };
  }, 8));
  it('GatherElements', () => checkRule((random) => {
    const dims = random.dims(3), axis = random.int(0, 2), shape = dims.map((dim, index) => (index === axis ? random.int(1, 4) : dim));
    return { rules, opType: 'GatherElements', attributes: { axis }, inputs: [{ dims }, indices(random, shape, dims[axis]!, random.bool())] };
  }, 8));
  it('GatherElements before opset 16 is refused by name', async () => {
    await assert.rejects(vjpOf({ rules, opType: 'GatherElements', opset: 13, inputs: [{ dims: [3] }, ints([0, 0])], wrt: [0] }), /GatherElements 'underTest': its gradient needs operator set 16/);
  });
  it('GatherND, with and without batch dims', async () => {
    await checkRule((random) => ({ rules, opType: 'GatherND', inputs: [{ dims: [3, 4, 2] }, { dims: [3, 2], fed: [0, 1, 2, random.int(0, 3), 0, 1], dtype: 'int64' }] }));
    await checkRule((random) => ({ rules, opType: 'GatherND', attributes: { batch_dims: 1 }, inputs: [{ dims: [2, 3, 4] }, { dims: [2, 2, 1], fed: [0, random.int(0, 2), 1, 1], dtype: 'int64' }] }));
  });
  for (const reduction of ['none', 'add']) {
    it(`ScatterElements, ${reduction}`, () => checkRule((random) => {
      const order = random.shuffle([0, 1, 2, 3]).slice(0, 2);
      return { rules, opType: 'ScatterElements', opset: 16, attributes: { axis: 1, reduction }, inputs: [{ dims: [2, 4] }, { dims: [2, 2], fed: [...order, ...order], dtype: 'int64' }, { dims: [2, 2] }] };
    }));
    it(`ScatterND, ${reduction}`, () => checkRule((random) => ({
      rules, opType: 'ScatterND', opset: 16, attributes: { reduction }, inputs: [{ dims: [4, 3] }, { dims: [2, 1], fed: random.shuffle([0, 1, 2, 3]).slice(0, 2), dtype: 'int64' }, { dims: [2, 3] }],
    })));
  }
  it('TopK', () => checkRule((random) => ({
    rules, opType: 'TopK', attributes: { axis: random.pick([0, -1]), largest: random.int(0, 1) }, outputs: 2, cotangentsFor: [0], inputs: [{ dims: [3, 4], distinct: true }, ints([random.int(1, 3)])],
  }), 6));
});
