/** Ops on shapes, positions and matrices against TensorFlow.js. */
import fc from 'fast-check';
import { attr, bools, compare, floats, ints, op, scalar, vector, type Attr, type Values } from './oracle';

const seed = fc.integer({ min: 0, max: 1e6 });
const matrix = (rows: readonly (readonly number[])[]): Values => ({ dtype: 'int32', dims: [rows.length, rows[0]!.length], data: rows.flat() });

describe('TensorFlow ops on shapes and matrices', () => {
  it('MatMul, BatchMatMul and _FusedMatMul', async () => {
    await fc.assert(fc.asyncProperty(fc.boolean(), fc.boolean(), seed, async (a, b, s) => {
      await op('MatMul', { a: floats(a ? [4, 3] : [3, 4], s), b: floats(b ? [5, 4] : [4, 5], s + 1) }, { transpose_a: attr.bool(a), transpose_b: attr.bool(b) });
      await op('BatchMatMulV2', { a: floats(a ? [2, 4, 3] : [2, 3, 4], s), b: floats(b ? [2, 5, 4] : [2, 4, 5], s + 1) }, { adj_x: attr.bool(a), adj_y: attr.bool(b) });
      await op('_FusedMatMul', { a: floats([3, 4], s), b: floats([4, 5], s + 1), bias: floats([5], s + 2) }, { fused_ops: attr.texts(['BiasAdd', 'Relu']), num_args: attr.int(1), transpose_a: attr.bool(false), transpose_b: attr.bool(false) }, { constant: ['b', 'bias'] });
    }), { numRuns: 8 });
  });

  it('Einsum', async () => {
    for (const [equation, a, b] of [['abc,cd->abd', [2, 3, 4], [4, 5]], ['bij,bjk->bik', [2, 3, 4], [2, 4, 5]], ['bhqd,bhkd->bhqk', [2, 2, 3, 4], [2, 2, 5, 4]]] as const) {
      await op('Einsum', { a: floats(a), b: floats(b, 2) }, { equation: attr.text(equation), N: attr.int(2) });
    }
  });

  it('reductions', async () => {
    for (const name of ['Sum', 'Mean', 'Max', 'Min', 'Prod']) {
      for (const [axes, keep] of [[[0], true], [[-1], false], [[1, 2], false], [[0, 1, 2], true], [[], false]] as const) {
        await op(name, { x: floats([2, 3, 4]), axes: vector(...axes) }, { keep_dims: attr.bool(keep) }, { constant: ['axes'] });
      }
      if (name !== 'Mean') await op(name, { x: ints([3, 4], -3, 4), axis: scalar(1) }, { keep_dims: attr.bool(false) }, { constant: ['axis'] });
    }
    for (const name of ['All', 'Any']) await op(name, { x: bools([3, 4]), axis: vector(1) }, { keep_dims: attr.bool(false) }, { constant: ['axis'] });
    for (const name of ['ArgMax', 'ArgMin']) for (const axis of [0, -1]) await op(name, { x: floats([3, 4, 2]), axis: scalar(axis) }, { output_type: attr.type('int32') }, { constant: ['axis'] });
  });

  it('Softmax and LogSoftmax', async () => {
    for (const name of ['Softmax', 'LogSoftmax']) await op(name, { x: floats([2, 3, 4], 1, 4) });
  });

  it('Reshape, Squeeze, ExpandDims, Transpose, Shape, Size, Rank, Fill, Range', async () => {
    for (const dims of [[3, -1], [-1], [2, 1, 6], [4, 3]]) await op('Reshape', { x: floats([2, 6]), shape: vector(...dims) }, {}, { constant: ['shape'] });
    await op('Reshape', { x: floats([2, 6]), shape: vector(3, -1) });
    await op('Squeeze', { x: floats([1, 3, 1, 2]) });
    await op('Squeeze', { x: floats([1, 3, 1, 2]) }, { squeeze_dims: attr.ints([-2]) });
    for (const axis of [0, 1, -1, -2]) await op('ExpandDims', { x: floats([2, 3]), axis: scalar(axis) }, {}, { constant: ['axis'] });
    await fc.assert(fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), seed, (perm, s) => op('Transpose', { x: floats([2, 3, 4, 5], s), perm: vector(...perm) }, {}, { constant: ['perm'] })), { numRuns: 24 });
    for (const open of [true, false]) for (const name of ['Shape', 'Size', 'Rank']) await op(name, { x: floats([2, 3, 4]) }, { out_type: attr.type('int32') }, { open });
    await op('Fill', { dims: vector(2, 3), value: scalar(1.5, 'float32') });
    await op('Range', { start: scalar(2), limit: scalar(9), delta: scalar(3) }, {}, { constant: ['start', 'limit', 'delta'] });
    await op('LinSpace', { start: scalar(2, 'float32'), stop: scalar(3.5, 'float32'), num: scalar(4) }, {}, { constant: ['num'] });
    await op('BroadcastTo', { x: floats([3, 1]), shape: vector(2, 3, 4) }, {}, { constant: ['shape'] });
    await compare({ nodes: [{ name: 's', op: 'Shape', input: ['a'] }, { name: 'y', op: 'BroadcastTo', input: ['b', 's'] }], inputs: { a: { ...floats([2, 3]), declared: [-1, 3] }, b: floats([3]) }, outputs: ['y'] });
  });

  it('the order of a graph’s own transposes', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), { minLength: 2, maxLength: 5 }), seed, async (perms, s) => {
      const nodes = perms.flatMap((_, index) => [{ name: `t${index}`, op: 'Transpose', input: [index === 0 ? 'x' : `r${index - 1}`, `p${index}`] }, { name: `r${index}`, op: 'Relu', input: [`t${index}`] }]);
      await compare({ nodes: [...nodes, { name: 'y', op: 'AddV2', input: [`r${perms.length - 1}`, `r${perms.length - 1}`] }], inputs: { x: floats([2, 3, 4, 5], s) }, constants: Object.fromEntries(perms.map((perm, index) => [`p${index}`, vector(...perm)])), outputs: ['y', 't0'] });
    }), { numRuns: 40 });
  });

  it('ConcatV2, Split, SplitV, Pack, Unpack, Tile, Pad', async () => {
    await op('ConcatV2', { a: floats([2, 3]), b: floats([2, 2], 2), axis: scalar(-1) }, { N: attr.int(2) }, { constant: ['axis'] });
    await op('Split', { axis: scalar(1), x: floats([2, 6]) }, { num_split: attr.int(3) }, { constant: ['axis'], outputs: 3 });
    await op('SplitV', { x: floats([2, 6]), sizes: vector(1, -1, 2), axis: scalar(1) }, { num_split: attr.int(3) }, { constant: ['axis', 'sizes'], outputs: 3 });
    for (const axis of [0, 1, -1]) await op('Pack', { a: floats([2, 3]), b: floats([2, 3], 2) }, { axis: attr.int(axis), N: attr.int(2) });
    for (const axis of [0, -1]) await op('Unpack', { x: floats([3, 2, 3]) }, { axis: attr.int(axis), num: attr.int(3) }, { outputs: 3 });
    await op('Tile', { x: floats([2, 3]), multiples: vector(2, 3) }, {}, { constant: ['multiples'] });
    await op('Pad', { x: floats([2, 3]), paddings: matrix([[1, 2], [0, 3]]) }, {}, { constant: ['paddings'] });
    await op('PadV2', { x: floats([2, 3]), paddings: matrix([[1, 2], [0, 3]]), value: scalar(-2, 'float32') }, {}, { constant: ['paddings', 'value'] });
    await op('ReverseV2', { x: floats([2, 3, 4]), axes: vector(0, -1) }, {}, { constant: ['axes'] });
  });

  it('Slice', async () => {
    for (const constant of [['begin', 'size'], []]) await op('Slice', { x: floats([4, 5, 6]), begin: vector(1, 0, 2), size: vector(2, -1, 3) }, {}, { constant });
  });

  it('StridedSlice with every mask', async () => {
    const bits = fc.integer({ min: 0, max: 7 });
    await fc.assert(fc.asyncProperty(fc.record({ begin: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -4, max: 3 })) as [fc.Arbitrary<number>, fc.Arbitrary<number>, fc.Arbitrary<number>]), length: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })), step: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(1, 1, 2, -1)) as [fc.Arbitrary<number>, fc.Arbitrary<number>, fc.Arbitrary<number>]), beginMask: bits, endMask: bits, shrink: bits, newAxis: fc.constantFrom(0, 0, 1, 2, 4), ellipsis: fc.constantFrom(0, 0, 1, 2, 4), fed: fc.boolean(), seed }), async (c) => {
      // What is one number cannot go backwards; new axes and ellipses are neither.
      const special = c.newAxis | c.ellipsis;
      const step = c.step.map((item, index) => (special & (1 << index) ? 1 : item));
      // TensorFlow.js mixes up the axes where one is taken away and another has a stride.
      const shrink = step.every((item) => item === 1) ? c.shrink & ~special : 0;
      // All axes alike: which of them a position speaks of depends on the masks.
      const dims = [4, 4, 4];
      // Positions from the front or from the back; never an empty slice, which TensorFlow.js refuses.
      const start = c.begin.map((item, index) => ((item % dims[index]!) + dims[index]!) % dims[index]!);
      const begin = start.map((item, index) => (c.begin[index]! < 0 ? item - dims[index]! : item));
      const end = start.map((item, index) => (step[index]! > 0 ? Math.min(item + c.length[index]!, dims[index]!) : item - c.length[index]! < 0 ? -dims[index]! - 1 : item - c.length[index]!));
      const attributes: Record<string, Attr> = { begin_mask: attr.int(c.beginMask & ~shrink), end_mask: attr.int(c.endMask & ~shrink), shrink_axis_mask: attr.int(shrink), new_axis_mask: attr.int(c.newAxis & ~c.ellipsis), ellipsis_mask: attr.int(c.ellipsis) };
      await op('StridedSlice', { x: floats([4, 4, 4, 4], c.seed), begin: vector(...begin), end: vector(...end), strides: vector(...step) }, attributes, { constant: c.fed ? ['strides'] : ['begin', 'end', 'strides'] });
    }), { numRuns: 150 });
  });

  it('Gather, GatherNd, scatters', async () => {
    for (const axis of [0, 1, -1]) await op('GatherV2', { x: floats([3, 4, 5]), indices: ints([2, 2], 0, 3), axis: scalar(axis) }, { batch_dims: attr.int(0) }, { constant: ['axis'] });
    await op('GatherV2', { x: floats([2, 4, 5]), indices: ints([2, 3], 0, 4), axis: scalar(1) }, { batch_dims: attr.int(1) }, { constant: ['axis'] });
    await op('GatherNd', { x: floats([3, 4, 5]), indices: ints([6, 2], 0, 3) });
    await op('ScatterNd', { indices: matrix([[1], [3], [1]]), updates: floats([3, 2]), shape: vector(5, 2) }, {}, { constant: ['shape'] });
    await op('TensorScatterUpdate', { x: floats([5, 2]), indices: matrix([[1], [3]]), updates: floats([2, 2], 2) });
    await op('SparseToDense', { indices: vector(1, 4, 2), shape: vector(6), values: floats([3]), fallback: scalar(-1, 'float32') }, { validate_indices: attr.bool(true) }, { constant: ['indices', 'shape', 'fallback'] });
  });

  it('OneHot, TopKV2, Where, Unique, Cumsum, DenseBincount', async () => {
    // TensorFlow.js leaves the axis out of account, so only the last one can be compared.
    await op('OneHot', { x: ints([2, 3], 0, 4), depth: scalar(4), on: scalar(2, 'float32'), off: scalar(-1, 'float32') }, { axis: attr.int(-1) }, { constant: ['depth', 'on', 'off'] });
    await op('OneHot', { x: vector(0, 5, -1, 2), depth: scalar(3), on: scalar(1, 'float32'), off: scalar(0, 'float32') }, { axis: attr.int(-1) }, { constant: ['depth', 'on', 'off'] });
    await op('TopKV2', { x: floats([2, 7]), k: scalar(3) }, { sorted: attr.bool(true) }, { constant: ['k'], outputs: 2 });
    await op('Where', { x: bools([3, 4]) });
    await op('Unique', { x: vector(3, 1, 3, 2, 1) }, {}, { outputs: 2 });
    for (const [exclusive, reverse] of [[false, false], [true, false], [false, true], [true, true]] as const) {
      await op('Cumsum', { x: floats([3, 4]), axis: scalar(1) }, { exclusive: attr.bool(exclusive), reverse: attr.bool(reverse) }, { constant: ['axis'] });
    }
    await op('DenseBincount', { x: ints([2, 6], 0, 5), size: scalar(5), weights: floats([0]) }, { binary_output: attr.bool(false), T: attr.type('float32') }, { constant: ['size', 'weights'] });
  });

  it('NonMaxSuppression', async () => {
    const corners = floats([8, 2], 3);
    const boxes: Values = { dtype: 'float32', dims: [8, 4], data: Array.from({ length: 8 }, (_, i) => [corners.data[2 * i]!, corners.data[2 * i + 1]!, corners.data[2 * i]! + 0.7, corners.data[2 * i + 1]! + 0.6]).flat().map(Math.fround) };
    const rest = { scores: { ...floats([8], 4), data: floats([8], 4).data.map(Math.abs) }, limit: scalar(5), overlap: scalar(0.3, 'float32'), least: scalar(0.1, 'float32') };
    await op('NonMaxSuppressionV3', { boxes, ...rest }, {}, { constant: ['limit', 'overlap', 'least'] });
    await op('NonMaxSuppressionV5', { boxes, ...rest, sigma: scalar(0, 'float32') }, {}, { constant: ['limit', 'overlap', 'least', 'sigma'], outputs: 2 });
  });
});
