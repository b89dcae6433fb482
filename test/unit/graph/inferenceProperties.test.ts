/** Random nodes of every family, run in ONNX Runtime: inferred dims and types are the real ones. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DType } from '../../../src/tensor/dtype';
import { elementCount } from '../../../src/tensor/tensor';
import { checkInference, inline, int64s, node } from './nodeModel';
import type { AttributeValue, Recipe } from './nodeModel';

const seed = 20251122;
const zeros = (dims: readonly number[], dtype: DType = 'float32') => inline(dtype, dims, new Array<number>(elementCount(dims)).fill(dtype === 'float32' ? 0.5 : 1));
const ints = (min: number, max: number) => fc.integer({ min, max });
const dimsOf = (rank: number, max = 5) => fc.array(ints(1, max), { minLength: rank, maxLength: rank });
const anyDims = (minRank: number, maxRank: number, max = 4) => fc.array(ints(1, max), { minLength: minRank, maxLength: maxRank });

/** Checks `runs` random recipes; at least `taken` of them must have been accepted by the runtime. */
async function property(recipes: fc.Arbitrary<Recipe>, { runs = 60, taken = 0.5, open = [] as readonly string[] } = {}): Promise<void> {
  let accepted = 0, tried = 0;
  await fc.assert(fc.asyncProperty(recipes, async (recipe) => {
    tried++;
    if (await checkInference(recipe, open)) accepted++;
  }), { seed, numRuns: runs });
  assert.ok(accepted >= taken * tried, `ONNX Runtime took ${accepted} of ${tried} recipes`);
}

const autoPads = fc.constantFrom('NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID');

interface WindowSpec { readonly spatial: readonly number[]; readonly kernel: readonly number[]; readonly strides: readonly number[]; readonly dilations: readonly number[]; readonly pads: readonly number[]; readonly autoPad: string }

/** Windows over 1 to 3 axes. */
const windows = fc.integer({ min: 1, max: 3 }).chain((rank) => fc.record({
  spatial: dimsOf(rank, 11), kernel: dimsOf(rank, 3), strides: dimsOf(rank, 3), dilations: dimsOf(rank, 2),
  pads: fc.array(ints(0, 1), { minLength: 2 * rank, maxLength: 2 * rank }), autoPad: autoPads,
}));

function windowAttributes({ kernel, strides, dilations, pads, autoPad }: WindowSpec): Record<string, AttributeValue> {
  return { kernel_shape: kernel, strides, dilations, ...(autoPad === 'NOTSET' ? { pads } : { auto_pad: autoPad }) };
}

describe('inference on random nodes', function () {
  this.timeout(120_000);

  it('Conv', () => property(fc.tuple(windows, ints(1, 2), ints(1, 2), ints(1, 3), fc.constantFrom(7, 11, 18)).map(([spec, batch, group, out, opset]): Recipe => ({
    opset, inputs: { x: { dims: [batch, 2 * group, ...spec.spatial] } }, outputs: ['y'],
    initializers: { w: zeros([out * group, 2, ...spec.kernel]) },
    nodes: [node('Conv', ['x', 'w'], ['y'], { ...windowAttributes(spec), group })],
  })), { runs: 150, taken: 0.4 }));

  it('ConvTranspose', () => property(fc.tuple(windows, ints(1, 2), ints(1, 3), fc.boolean(), fc.boolean()).map(([spec, group, out, padded, shaped]): Recipe => ({
    opset: 13, inputs: { x: { dims: [1, 2 * group, ...spec.spatial] } }, outputs: ['y'],
    initializers: { w: zeros([2 * group, out, ...spec.kernel]) },
    nodes: [node('ConvTranspose', ['x', 'w'], ['y'], {
      ...windowAttributes(spec), group,
      ...(padded ? { output_padding: spec.strides.map((stride, axis) => Math.max(0, Math.min(stride, spec.dilations[axis]!) - 1)) } : {}),
      ...(shaped ? { output_shape: spec.spatial.map((size, axis) => size * spec.strides[axis]!) } : {}),
    })],
  })), { runs: 150, taken: 0.4 }));

  it('MaxPool and AveragePool with ceil_mode', () => property(fc.tuple(windows, ints(0, 1), fc.boolean()).map(([small, ceil, max]): Recipe => {
    // Axes of at least 5, so that every dilated window fits.
    const spec = { ...small, spatial: small.spatial.map((size) => size + 4) };
    const attributes = { ...windowAttributes({ ...spec, pads: spec.pads.map((pad, at) => Math.min(pad, spec.kernel[at % spec.kernel.length]! - 1)) }), ceil_mode: ceil };
    return max
      ? { opset: 12, inputs: { x: { dims: [1, 2, ...spec.spatial] } }, outputs: ['y', 'i'], nodes: [node('MaxPool', ['x'], ['y', 'i'], attributes)] }
      : { opset: 19, inputs: { x: { dims: [1, 2, ...spec.spatial] } }, outputs: ['y'], nodes: [node('AveragePool', ['x'], ['y'], attributes)] };
  }), { runs: 200, taken: 0.4 }));

  it('global pools, normalisations', () => property(fc.tuple(dimsOf(4), fc.constantFrom('GlobalAveragePool', 'GlobalMaxPool', 'InstanceNormalization', 'BatchNormalization', 'LRN', 'LpNormalization', 'LayerNormalization')).map(([dims, op]): Recipe => {
    const c = zeros([dims[1]!]);
    const extra = op === 'InstanceNormalization' ? ['s', 'b'] : op === 'BatchNormalization' ? ['s', 'b', 'm', 'v'] : op === 'LayerNormalization' ? ['l'] : [];
    return {
      opset: 17, inputs: { x: { dims } }, outputs: ['y'], initializers: { s: c, b: c, m: c, v: c, l: zeros([dims[3]!]) },
      nodes: [node(op, ['x', ...extra], ['y'], op === 'LRN' ? { size: 3 } : {})],
    };
  }), { taken: 0.9 }));

  it('broadcasting arithmetic, comparisons, variadic ops', () => property(fc.tuple(anyDims(0, 4), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), ints(0, 4),
    fc.constantFrom('Add', 'Sub', 'Mul', 'Div', 'Pow', 'Less', 'Greater', 'Equal', 'Max', 'Min', 'Sum', 'Mean', 'PRelu', 'Where')).map(([dims, ones, drop, op]): Recipe => {
    const other = dims.map((dim, axis) => ones[axis] ? 1 : dim).slice(Math.min(drop, dims.length));
    return op === 'Where'
      ? { opset: 16, inputs: { c: { dtype: 'bool', dims: other, values: new Array<number>(elementCount(other)).fill(1) }, a: { dims }, b: { dims: other } }, outputs: ['y'], nodes: [node('Where', ['c', 'a', 'b'], ['y'])] }
      : { opset: 16, inputs: { a: { dims }, b: { dims: other } }, outputs: ['y'], nodes: [node(op, ['a', 'b'], ['y'])] };
  }), { runs: 120, taken: 0.9 }));

  it('reductions, by attribute and by input', () => property(fc.tuple(anyDims(1, 4), fc.array(ints(-4, 3), { maxLength: 3 }), ints(0, 1), fc.constantFrom(11, 13, 18),
    fc.constantFrom('ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL2', 'ReduceProd', 'ArgMax')).map(([dims, raw, keepdims, opset, op]): Recipe => {
    const axes = [...new Map(raw.filter((axis) => axis >= -dims.length && axis < dims.length).map((axis) => [(axis + dims.length) % dims.length, axis])).values()];
    if (op === 'ArgMax') return { opset, inputs: { x: { dims } }, outputs: ['y'], nodes: [node(op, ['x'], ['y'], { axis: axes[0] ?? 0, keepdims })] };
    const byInput = opset >= (op === 'ReduceSum' ? 13 : 18);
    return {
      opset, inputs: { x: { dims } }, outputs: ['y'], initializers: byInput && axes.length > 0 ? { a: int64s(...axes) } : {},
      nodes: [node(op, byInput && axes.length > 0 ? ['x', 'a'] : ['x'], ['y'], { keepdims, ...(byInput || axes.length === 0 ? {} : { axes }) })],
    };
  }), { runs: 120, taken: 0.9 }));

  it('MatMul', () => property(fc.tuple(anyDims(0, 2, 3), ints(1, 4), ints(1, 4), ints(1, 4), fc.boolean(), fc.boolean(), fc.boolean()).map(([batch, m, k, n, flatB, vectorA, vectorB]): Recipe => ({
    opset: 13, outputs: ['y'], inputs: { a: { dims: vectorA ? [k] : [...batch, m, k] }, b: { dims: vectorB ? [k] : [...(flatB ? [] : batch), k, n] } }, nodes: [node('MatMul', ['a', 'b'], ['y'])],
  })), { taken: 0.8 }));

  it('Gemm', () => property(fc.tuple(ints(1, 4), ints(1, 4), ints(1, 4), ints(0, 1), ints(0, 1)).map(([m, k, n, transA, transB]): Recipe => ({
    opset: 13, outputs: ['y'], inputs: { a: { dims: transA ? [k, m] : [m, k] }, b: { dims: transB ? [n, k] : [k, n] } }, nodes: [node('Gemm', ['a', 'b'], ['y'], { transA, transB })],
  })), { runs: 30, taken: 1 }));

  it('Einsum', () => property(fc.tuple(fc.constantFrom('ij,jk->ik', 'bij,bjk->bik', '...ij,...jk->...ik', 'ij->ji', 'ii->i', 'ij,ij->', 'ij,jk', 'bhqd,bhkd->bhqk', 'i,j->ij', '...i->...'), ints(1, 3)).map(([equation, size]): Recipe => {
    const letters = equation.split('->')[0]!.split(',');
    const sizes: Record<string, number> = { i: 2 + size, j: 3, k: 4, b: 2, h: 2, q: size, d: 3 };
    const dims = (term: string): number[] => [...(term.includes('...') ? [2, size] : []), ...[...term.replace('...', '')].map((letter) => sizes[letter]!)];
    return {
      opset: 13, outputs: ['y'], inputs: Object.fromEntries(letters.map((term, at) => [`x${at}`, { dims: dims(term) }])),
      nodes: [node('Einsum', letters.map((_, at) => `x${at}`), ['y'], { equation })],
    };
  }), { taken: 0.9 }));

  it('Reshape with 0, -1 and allowzero', () => property(fc.tuple(anyDims(1, 4), fc.array(fc.constantFrom(0, -1, 1, 2, 3, 4, 6), { minLength: 1, maxLength: 4 }), ints(0, 1)).map(([dims, shape, allowzero]): Recipe => ({
    opset: 14, inputs: { x: { dims } }, outputs: ['y'], initializers: { s: int64s(...shape) }, nodes: [node('Reshape', ['x', 's'], ['y'], { allowzero })],
  })), { runs: 300, taken: 0.05 }));

  it('Reshape to computed shapes', () => property(fc.tuple(dimsOf(3), ints(0, 2)).map(([dims, axis]): Recipe => ({
    opset: 13, inputs: { x: { dims } }, outputs: ['y', 'z', 'e'],
    initializers: { minus: int64s(-1), axis: inline('int64', [], [axis]), zero: int64s(0), one: int64s(1), two: int64s(2) },
    nodes: [
      node('Shape', ['x'], ['s']), node('Gather', ['s', 'axis'], ['d']), node('Unsqueeze', ['d', 'zero'], ['u']),
      node('Concat', ['u', 'minus'], ['t'], { axis: 0 }), node('Reshape', ['x', 't'], ['y']),
      node('Slice', ['s', 'zero', 'two'], ['head']), node('ReduceProd', ['s'], ['p'], { keepdims: 1 }), node('ReduceProd', ['head'], ['q'], { keepdims: 1 }),
      node('Div', ['p', 'q'], ['r']), node('Concat', ['q', 'r'], ['v'], { axis: 0 }), node('Reshape', ['x', 'v'], ['z']),
      node('Mul', ['s', 'minus'], ['neg']), node('Equal', ['v', 'minus'], ['eq']), node('ConstantOfShape', ['two'], ['ones'], { value: { kind: 'tensor', value: int64s(1) } }),
      node('Where', ['eq', 'ones', 'v'], ['w']), node('Expand', ['z', 'w'], ['e']),
    ],
  })), { runs: 40, taken: 1 }));

  it('Slice, by attribute and by input', () => property(fc.tuple(anyDims(1, 3, 6), fc.array(fc.tuple(ints(-8, 8), ints(-8, 8), fc.constantFrom(1, 2, -1, -2)), { minLength: 1, maxLength: 3 }), fc.boolean(), fc.constantFrom(9, 13)).map(([dims, cuts, negative, opset]): Recipe => {
    const used = cuts.slice(0, dims.length);
    const axes = used.map((_, at) => negative ? at - dims.length : at);
    const starts = used.map(([start]) => start), ends = used.map(([, end]) => end);
    return opset === 9
      ? { opset, inputs: { x: { dims } }, outputs: ['y'], nodes: [node('Slice', ['x'], ['y'], { starts, ends, axes: used.map((_, at) => at) })] }
      : { opset, inputs: { x: { dims } }, outputs: ['y'], initializers: { s: int64s(...starts), e: int64s(...ends), a: int64s(...axes), t: int64s(...used.map(([, , step]) => step)) }, nodes: [node('Slice', ['x', 's', 'e', 'a', 't'], ['y'])] };
  }), { runs: 200, taken: 0.9 }));

  it('Transpose, Flatten, Squeeze, Unsqueeze', () => property(fc.tuple(anyDims(1, 4), ints(0, 3), ints(-4, 4), fc.constantFrom('Transpose', 'Flatten', 'Squeeze', 'Unsqueeze'), fc.boolean()).map(([dims, shift, axis, op, given]): Recipe => {
    const inputs = { x: { dims } };
    if (op === 'Transpose') return { opset: 13, inputs, outputs: ['y'], nodes: [node(op, ['x'], ['y'], given ? { perm: dims.map((_, at) => (at + shift) % dims.length) } : {})] };
    if (op === 'Flatten') return { opset: 13, inputs, outputs: ['y'], nodes: [node(op, ['x'], ['y'], given ? { axis: Math.max(-dims.length, Math.min(axis, dims.length)) } : {})] };
    if (op === 'Unsqueeze') return { opset: 13, inputs, outputs: ['y'], initializers: { a: int64s(axis < 0 ? -1 : 0, shift === 0 ? 1 : 2) }, nodes: [node(op, ['x', 'a'], ['y'])] };
    const one = dims.indexOf(1);
    return given && one >= 0
      ? { opset: 13, inputs, outputs: ['y'], initializers: { a: int64s(axis < 0 ? one - dims.length : one) }, nodes: [node(op, ['x', 'a'], ['y'])] }
      : { opset: 13, inputs, outputs: ['y'], nodes: [node(op, ['x'], ['y'])] };
  }), { runs: 120, taken: 0.7 }));

  it('Concat, Split, Tile, Expand, Pad', () => property(fc.tuple(anyDims(1, 3), ints(-3, 2), ints(1, 4), fc.constantFrom('Concat', 'Split', 'SplitSizes', 'SplitCount', 'Tile', 'Expand', 'Pad', 'PadAxes'), ints(0, 2)).map(([dims, rawAxis, count, op, extra]): Recipe => {
    const rank = dims.length, axis = Math.max(-rank, Math.min(rawAxis, rank - 1)), at = (axis + rank) % rank;
    const inputs = { x: { dims } };
    switch (op) {
      case 'Concat': return { opset: 13, inputs: { x: { dims }, z: { dims: dims.map((dim, k) => k === at ? count : dim) } }, outputs: ['y'], nodes: [node('Concat', ['x', 'z', 'x'], ['y'], { axis })] };
      case 'Split': return { opset: 11, inputs: { x: { dims: dims.map((dim, k) => k === at ? dim * 2 : dim) } }, outputs: ['y', 'z'], nodes: [node('Split', ['x'], ['y', 'z'], { axis })] };
      case 'SplitSizes': return { opset: 13, inputs: { x: { dims: dims.map((dim, k) => k === at ? count + extra : dim) } }, outputs: ['y', 'z'], initializers: { s: int64s(count, extra) }, nodes: [node('Split', ['x', 's'], ['y', 'z'], { axis })] };
      case 'SplitCount': return { opset: 18, inputs: { x: { dims: dims.map((dim, k) => k === at ? 5 + count : dim) } }, outputs: ['y', 'z', 'w'], nodes: [node('Split', ['x'], ['y', 'z', 'w'], { axis, num_outputs: 3 })] };
      case 'Tile': return { opset: 13, inputs, outputs: ['y'], initializers: { r: int64s(...dims.map((_, k) => k === at ? count : 1)) }, nodes: [node('Tile', ['x', 'r'], ['y'])] };
      case 'Expand': return { opset: 13, inputs: { x: { dims: dims.map((dim, k) => k === at ? 1 : dim) } }, outputs: ['y'], initializers: { r: int64s(2, ...dims) }, nodes: [node('Expand', ['x', 'r'], ['y'])] };
      case 'Pad': return { opset: 13, inputs, outputs: ['y'], initializers: { p: int64s(...dims.map(() => extra), ...dims.map((_, k) => k === at ? count : 0)) }, nodes: [node('Pad', ['x', 'p'], ['y'])] };
      default: return { opset: 18, inputs, outputs: ['y'], initializers: { p: int64s(extra, count), a: int64s(axis) }, nodes: [node('Pad', ['x', 'p', '', 'a'], ['y'])] };
    }
  }), { runs: 200, taken: 0.9 }));

  it('Gather, GatherElements, GatherND, ScatterND, OneHot, TopK', () => property(fc.tuple(dimsOf(3, 4), ints(-3, 2), anyDims(0, 2, 3), fc.constantFrom('Gather', 'GatherElements', 'GatherND', 'OneHot', 'TopK')).map(([dims, axis, indexDims, op]): Recipe => {
    const inputs = { x: { dims } };
    const indices = inline('int64', indexDims, new Array<number>(elementCount(indexDims)).fill(0));
    switch (op) {
      case 'Gather': return { opset: 13, inputs, outputs: ['y'], initializers: { i: indices }, nodes: [node(op, ['x', 'i'], ['y'], { axis })] };
      case 'GatherElements': return { opset: 13, inputs, outputs: ['y'], initializers: { i: inline('int64', dims, new Array<number>(elementCount(dims)).fill(0)) }, nodes: [node(op, ['x', 'i'], ['y'], { axis })] };
      case 'GatherND': return { opset: 13, inputs, outputs: ['y'], initializers: { i: inline('int64', [3, 2], [0, 0, 0, 0, 0, 0]) }, nodes: [node(op, ['x', 'i'], ['y'])] };
      case 'OneHot': return { opset: 13, inputs: { i: { dtype: 'int64', dims, values: new Array<number>(elementCount(dims)).fill(1) } }, outputs: ['y'], initializers: { d: inline('int64', [], [5]), v: inline('float32', [2], [0, 1]) }, nodes: [node(op, ['i', 'd', 'v'], ['y'], { axis })] };
      default: return { opset: 13, inputs, outputs: ['y', 'i'], initializers: { k: int64s(1) }, nodes: [node(op, ['x', 'k'], ['y', 'i'], { axis })] };
    }
  }), { runs: 80, taken: 0.9 }));

  it('Resize by scales, sizes, axes and aspect policy', () => property(fc.tuple(ints(1, 9), ints(1, 9), fc.constantFrom(0.5, 0.7, 1, 1.5, 2, 2.3), fc.constantFrom(0.4, 1, 3), fc.constantFrom('scales', 'sizes', 'axes', 'not_larger', 'not_smaller', '10')).map(([h, w, a, b, how]): Recipe => {
    const inputs = { x: { dims: [1, 2, h, w] } };
    const scales = inline('float32', [4], [1, 1, a, b]), sizes = [Math.max(1, Math.floor(h * a)), Math.max(1, Math.floor(w * b))];
    if (how === '10') return { opset: 10, inputs, outputs: ['y'], initializers: { s: scales }, nodes: [node('Resize', ['x', 's'], ['y'])] };
    if (how === 'scales') return { opset: 13, inputs, outputs: ['y'], initializers: { s: scales }, nodes: [node('Resize', ['x', '', 's'], ['y'], { mode: 'linear' })] };
    if (how === 'sizes') return { opset: 13, inputs, outputs: ['y'], initializers: { s: int64s(1, 2, ...sizes) }, nodes: [node('Resize', ['x', '', '', 's'], ['y'])] };
    return { opset: 18, inputs, outputs: ['y'], initializers: { s: int64s(...sizes) }, nodes: [node('Resize', ['x', '', '', 's'], ['y'], { axes: [2, 3], ...(how === 'axes' ? {} : { keep_aspect_ratio_policy: how }) })] };
  }), { runs: 150, taken: 0.7 }));

  it('DepthToSpace, SpaceToDepth, GridSample, Upsample', () => property(fc.tuple(ints(1, 3), ints(1, 3), ints(1, 2), fc.constantFrom('DepthToSpace', 'SpaceToDepth', 'GridSample', 'Upsample')).map(([h, w, c, op]): Recipe => {
    if (op === 'DepthToSpace') return { opset: 13, inputs: { x: { dims: [1, 4 * c, h, w] } }, outputs: ['y'], nodes: [node(op, ['x'], ['y'], { blocksize: 2 })] };
    if (op === 'SpaceToDepth') return { opset: 13, inputs: { x: { dims: [1, c, 2 * h, 2 * w] } }, outputs: ['y'], nodes: [node(op, ['x'], ['y'], { blocksize: 2 })] };
    if (op === 'GridSample') return { opset: 16, inputs: { x: { dims: [1, c, 4, 4] }, g: { dims: [1, h, w, 2] } }, outputs: ['y'], nodes: [node(op, ['x', 'g'], ['y'])] };
    return { opset: 9, inputs: { x: { dims: [1, c, h, w] } }, outputs: ['y'], initializers: { s: inline('float32', [4], [1, 1, 2, 1.5]) }, nodes: [node(op, ['x', 's'], ['y'])] };
  }), { runs: 40, taken: 0.9 }));

  it('LSTM, GRU, RNN', () => property(fc.tuple(fc.constantFrom('LSTM', 'GRU', 'RNN'), ints(1, 4), ints(1, 3), ints(1, 3), ints(1, 3), fc.boolean()).map(([op, sequence, batch, input, hidden, both]): Recipe => {
    const gates = { LSTM: 4, GRU: 3, RNN: 1 }[op], directions = both ? 2 : 1;
    return {
      opset: 14, inputs: { x: { dims: [sequence, batch, input] } }, outputs: op === 'LSTM' ? ['y', 'h', 'c'] : ['y', 'h'],
      initializers: { w: zeros([directions, gates * hidden, input]), r: zeros([directions, gates * hidden, hidden]) },
      nodes: [node(op, ['x', 'w', 'r'], op === 'LSTM' ? ['y', 'h', 'c'] : ['y', 'h'], { hidden_size: hidden, direction: both ? 'bidirectional' : 'forward' })],
    };
  }), { runs: 40, taken: 1 }));

  it('quantisation', () => property(fc.tuple(dimsOf(4, 4), ints(1, 3), fc.constantFrom('uint8', 'int8') as fc.Arbitrary<DType>).map(([dims, out, dtype]): Recipe => ({
    opset: 13, inputs: { x: { dims } }, outputs: ['q', 'd', 'c', 'i', 'm', 'dq', 'ds'],
    initializers: { s: inline('float32', [], [0.1]), z: inline(dtype, [], [0]), w: inline(dtype, [out, dims[1]!, 1, 1], new Array<number>(out * dims[1]!).fill(1)) },
    nodes: [
      node('QuantizeLinear', ['x', 's', 'z'], ['q']), node('DequantizeLinear', ['q', 's', 'z'], ['d']), node('QLinearConv', ['q', 's', 'z', 'w', 's', 'z', 's', 'z'], ['c']),
      node('DynamicQuantizeLinear', ['x'], ['dq', 'ds', 'dz']), node('Transpose', ['dq'], ['t'], { perm: [0, 1, 3, 2] }), node('MatMulInteger', ['dq', 't'], ['m']),
      node('DynamicQuantizeLinear', ['x'], ['dq2', 'ds2', 'dz2']), node('Cast', ['w'], ['wu'], { to: 2 }), node('ConvInteger', ['dq2', 'wu'], ['i']),
    ],
  })), { runs: 30, taken: 0.9 }));

  it('content that depends on data', () => property(dimsOf(2, 4).map((dims): Recipe => ({
    opset: 13, inputs: { x: { dims } }, outputs: ['n', 'u', 'c'],
    nodes: [node('NonZero', ['x'], ['n']), node('Unique', ['x'], ['u']), node('Greater', ['x', 'zero'], ['g']), node('Reshape', ['g', 'minus'], ['flat']), node('Compress', ['x', 'flat'], ['c'])],
    initializers: { zero: inline('float32', [], [0]), minus: int64s(-1) },
  })), { runs: 20, taken: 1, open: ['n', 'u', 'c'] }));

  it('com.microsoft', () => property(fc.tuple(ints(1, 3), ints(1, 4), ints(1, 2), fc.constantFrom('FusedMatMul', 'Gelu', 'BiasGelu', 'SkipLayerNormalization', 'MultiHeadAttention', 'Attention', 'NhwcMaxPool', 'QLinearAdd', 'FusedConv')).map(([batch, sequence, heads, op]): Recipe => {
    const hidden = 4 * heads, dims = [batch, sequence, hidden];
    const one = (name: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}) => [node(name, inputs, ['y'], attributes, 'com.microsoft')];
    const x = { dims }, initializers = { h: zeros([hidden]), w: zeros([hidden, 3 * hidden]), b: zeros([3 * hidden]), k: zeros([2, hidden, 1]), s: inline('float32', [], [0.1]), z: inline('uint8', [], [0]) };
    const base = { opset: 17, outputs: ['y'], initializers };
    switch (op) {
      case 'FusedMatMul': return { ...base, inputs: { x, z2: { dims } }, nodes: one(op, ['x', 'z2'], { transB: 1 }) };
      case 'Gelu': return { ...base, inputs: { x }, nodes: one(op, ['x']) };
      case 'BiasGelu': return { ...base, inputs: { x }, nodes: one(op, ['x', 'h']) };
      case 'SkipLayerNormalization': return { ...base, inputs: { x, z2: { dims } }, nodes: one(op, ['x', 'z2', 'h']) };
      case 'MultiHeadAttention': return { ...base, inputs: { x, k2: { dims: [batch, 3, hidden] } }, nodes: one(op, ['x', 'k2', 'k2'], { num_heads: heads }) };
      case 'Attention': return { ...base, inputs: { x }, nodes: one(op, ['x', 'w', 'b'], { num_heads: heads }) };
      case 'NhwcMaxPool': return { ...base, inputs: { q: { dtype: 'uint8', dims: [batch, 5, 5, hidden], values: new Array<number>(batch * 25 * hidden).fill(1) } }, nodes: one(op, ['q'], { kernel_shape: [2, 2], strides: [2, 2] }) };
      case 'QLinearAdd': return { ...base, inputs: { q: { dtype: 'uint8', dims, values: new Array<number>(elementCount(dims)).fill(1) } }, nodes: one(op, ['q', 's', 'z', 'q', 's', 'z', 's', 'z']) };
      default: return { ...base, inputs: { x: { dims: [batch, hidden, sequence] } }, nodes: one(op, ['x', 'k'], { activation: 'Relu' }) };
    }
  }), { runs: 60, taken: 0.9 }));
});
