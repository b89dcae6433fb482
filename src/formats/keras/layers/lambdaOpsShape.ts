/** Functions on shapes and positions, by the last part of their TensorFlow or keras.ops name. */
import type { Flow } from '../../translate/emitter';
import { dimsOf } from '../layer';
import type { OpCall } from './lambdaOpsCall';
import { dtypeNamed, operand, type OpRows } from './lambdaOpsElementwise';
import { indexed } from './lambdaOpsIndex';

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

function reshape(call: OpCall): Flow {
  const x = call.flow(operand, 0);
  const shape = call.argument(['shape', 'newshape'], 1);
  // A computed part of the shape is one more tensor.
  return call.one('Reshape', [x, call.asFlow(shape ?? call.fail('is told no shape'), 'int32')]);
}

function permuted(call: OpCall, x: Flow, perm: readonly number[]): Flow {
  return call.one('Transpose', [x, call.ints32(perm)]);
}

function transpose(call: OpCall): Flow {
  const x = call.flow(operand, 0), rank = call.rank(x);
  const perm = call.ints(['perm', 'axes', 'pattern'], 1) ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  return permuted(call, x, perm);
}

function swapAxes(call: OpCall): Flow {
  const x = call.flow(operand, 0), rank = call.rank(x);
  const [a, b] = [axisOf(call.int('axis1', 1), rank), axisOf(call.int('axis2', 2), rank)];
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  [perm[a], perm[b]] = [b, a];
  return permuted(call, x, perm);
}

function moveAxis(call: OpCall): Flow {
  const x = call.flow(operand, 0), rank = call.rank(x);
  const from = (call.ints('source', 1) ?? []).map((axis) => axisOf(axis, rank)), to = (call.ints('destination', 2) ?? []).map((axis) => axisOf(axis, rank));
  const perm = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !from.includes(axis));
  for (const [index, place] of [...to.entries()].sort(([, a], [, b]) => a - b)) perm.splice(place, 0, from[index]!);
  return permuted(call, x, perm);
}

function concatenate(call: OpCall): Flow {
  const flows = call.list(['values', 'xs', 'inputs', 'tensors']);
  const dtype = flows.map((flow) => call.e.dtype(flow)).find((type) => type === 'float32') ?? call.e.dtype(flows[0]!);
  return call.one('ConcatV2', [...flows.map((flow) => call.cast(flow, dtype)), call.int32(call.int('axis', 1, call.isOperation || call.op.startsWith('keras') ? -1 : 0))]);
}

function split(call: OpCall): Flow[] {
  const x = call.flow(operand, 0), rank = call.rank(x);
  const axis = axisOf(call.int('axis', 2, 0), rank);
  const sections = call.argument(['num_or_size_splits', 'indices_or_sections', 'num_split'], 1);
  if (typeof sections === 'number') return call.tf('Split', [call.int32(axis), x], { num_split: { i: sections } });
  const list = call.ints(['num_or_size_splits', 'indices_or_sections'], 1) ?? call.fail('is not told how to split');
  // keras.ops, as numpy, tells where to cut; TensorFlow how long the parts are.
  const sizes = call.isOperation ? [...list, -1].map((cut, index) => (cut < 0 ? -1 : cut - (list[index - 1] ?? 0))) : list;
  return call.tf('SplitV', [x, call.ints32(sizes), call.int32(axis)]);
}

function expandDims(call: OpCall): Flow {
  const x = call.flow(operand, 0);
  const axes = call.ints(['axis', 'dim'], 1) ?? call.fail('is told no axis');
  const rank = call.rank(x) + axes.length;
  return axes.map((axis) => axisOf(axis, rank)).sort((a, b) => a - b).reduce((flow, axis) => call.one('ExpandDims', [flow, call.int32(axis)]), x);
}

function repeat(call: OpCall): Flow {
  let x = call.flow(operand, 0);
  const times = call.int('repeats', 1), given = call.ints('axis', 2)?.[0];
  if (given === undefined) x = call.one('Reshape', [x, call.ints32([-1])]);
  const rank = call.rank(x), axis = axisOf(given ?? 0, rank);
  // [.., n, ..] → [.., n, 1, ..] → [.., n, times, ..] → [.., n · times, ..]
  const wide = call.one('Tile', [call.one('ExpandDims', [x, call.int32(axis + 1)]), call.ints32(Array.from({ length: rank + 1 }, (_, at) => (at === axis + 1 ? times : 1)))]);
  const dims = dimsOf(call.layer, x).map((dim, at) => (typeof dim === 'number' ? (at === axis ? dim * times : dim) : -1));
  if (dims.filter((dim) => dim < 0).length > 1) call.fail('repeats along an axis while more than one size is unknown');
  return call.one('Reshape', [wide, call.ints32(dims)]);
}

function tile(call: OpCall): Flow {
  let x = call.flow(operand, 0);
  const times = call.ints(['multiples', 'repeats', 'n'], 1);
  if (!times) return call.one('Tile', [x, call.flow(['multiples', 'repeats'], 1)]);
  for (let rank = call.rank(x); rank < times.length; rank++) x = call.one('ExpandDims', [x, call.int32(0)]);
  return call.one('Tile', [x, call.ints32([...new Array<number>(Math.max(0, call.rank(x) - times.length)).fill(1), ...times])]);
}

function pad(call: OpCall): Flow {
  const x = call.flow(operand, 0), rank = call.rank(x);
  const given = call.ints(['paddings', 'pad_width'], 1) ?? call.fail('is told no padding');
  const widths = given.length === 1 ? new Array<number>(2 * rank).fill(given[0]!) : given.length === 2 && rank > 1 ? Array.from({ length: rank }, () => given).flat() : given;
  const paddings: Flow = { value: call.e.constant(widths, 'int32', [rank, 2]), stored: 'natural' };
  const mode = call.text('mode', 2, 'CONSTANT').toUpperCase();
  if (mode === 'CONSTANT') return call.one('PadV2', [x, paddings, call.asFlow(call.argument('constant_values', 3) ?? 0, call.e.dtype(x))]);
  if (mode !== 'REFLECT' && mode !== 'SYMMETRIC') call.fail(`pads in the mode '${mode}'`);
  return call.one('MirrorPad', [x, paddings], { mode: { s: Buffer.from(mode).toString('base64') } });
}

function oneHot(call: OpCall): Flow {
  const indices = call.cast(call.flow(['indices', 'x'], 0), 'int32');
  const depth = call.int(['depth', 'num_classes'], 1);
  const own = call.isOperation ? 3 : 5;
  const name = call.argument('dtype', own);
  const dtype = name === undefined ? 'float32' : dtypeNamed(call, name);
  const value = (argument: string, position: number, fallback: number): Flow => call.asFlow((call.isOperation ? undefined : call.argument(argument, position)) ?? fallback, dtype);
  const hot = call.one('OneHot', [indices, call.int32(depth), value('on_value', 2, 1), value('off_value', 3, 0)], { axis: { i: call.int('axis', call.isOperation ? 2 : 4, -1) } });
  return call.cast(hot, dtype);
}

function take(call: OpCall): Flow {
  const x = call.flow(operand, 0);
  const indices = call.cast(call.flow('indices', 1, 'int32'), 'int32');
  const named = call.isOperation || call.op.endsWith('take') ? call.ints('axis', 2)?.[0] : call.ints('axis', 3)?.[0];
  const batch = call.isOperation ? 0 : call.int('batch_dims', 4, 0);
  return call.one('GatherV2', [x, indices, call.int32(named ?? batch)], { batch_dims: { i: batch } });
}

function flip(call: OpCall): Flow {
  const x = call.flow(operand, 0);
  return call.one('ReverseV2', [x, call.ints32(call.ints('axis', 1) ?? Array.from({ length: call.rank(x) }, (_, axis) => axis))]);
}

function resize(call: OpCall): Flow {
  const images = call.float(call.flow(['images', 'image', 'x'], 0));
  const size = call.ints('size', 1) ?? call.fail('is told no size');
  const method = call.text(['method', 'interpolation'], 2, 'bilinear').replace(/^.*\./, '').toLowerCase();
  const op = ({ bilinear: 'ResizeBilinear', nearest: 'ResizeNearestNeighbor' } as Record<string, string>)[method];
  if (op === undefined || call.bool('antialias', 4) || call.bool('preserve_aspect_ratio', 3)) return call.fail(`resizes by '${method}' in a way that is not translated`);
  // The older forms of the functions look at corners instead of centres.
  const old = call.op.includes('v1.') || call.op.includes('resize_');
  return call.one(op, [images, call.ints32(size)], { half_pixel_centers: { b: !old }, align_corners: { b: call.bool('align_corners', 3) && old } });
}

function broadcastTo(call: OpCall): Flow {
  return call.one('BroadcastTo', [call.flow(operand, 0), call.flow('shape', 1, 'int32')]);
}

function flatten(call: OpCall): Flow {
  return call.one('Reshape', [call.flow(operand, 0), call.ints32([-1])]);
}

/** What the parts of x's shape are, as one tensor; keras.ops gives them one by one. */
function shapeOf(call: OpCall): Flow | Flow[] {
  const shape = call.one('Shape', [call.flow(operand, 0)]);
  return shape;
}

function stridedSlice(call: OpCall): Flow {
  const list = (name: string, position: number): Flow => call.flow(name, position, 'int32');
  const count = call.ints('begin', 1)?.length ?? call.fail('slices from positions that are computed');
  const strides = call.argument('strides', 3) === undefined ? call.ints32(new Array<number>(count).fill(1)) : list('strides', 3);
  const masks = Object.fromEntries(['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((name, index) => [name, { i: call.int(name, 4 + index, 0) }]));
  return call.one('StridedSlice', [call.flow(['input_', 'input', 'x'], 0), list('begin', 1), list('end', 2), strides], masks);
}

export const shapeRows: OpRows = {
  reshape, transpose, permute_dimensions: transpose, swapaxes: swapAxes, swap_axes: swapAxes, moveaxis: moveAxis,
  concat: concatenate, concatenate, stack: (call) => call.one('Pack', call.list(['values', 'x', 'arrays']), { axis: { i: call.int('axis', 1, 0) } }),
  unstack: (call) => {
    const x = call.flow(operand, 0), axis = axisOf(call.int('axis', call.isOperation ? 2 : 2, 0), call.rank(x));
    const dim = dimsOf(call.layer, x)[axis];
    return call.tf('Unpack', [x], { axis: { i: axis }, num: { i: typeof dim === 'number' ? dim : call.int('num', 1) } });
  },
  split, expand_dims: expandDims,
  squeeze: (call) => call.one('Squeeze', [call.flow(operand, 0)], { squeeze_dims: { list: { i: call.ints(['axis', 'squeeze_dims'], 1) ?? [] } } }),
  repeat, repeat_elements: repeat, tile, pad, one_hot: oneHot, gather: take, take, flip, reverse: flip, resize,
  resize_bilinear: resize, resize_images: resize, broadcast_to: broadcastTo, ravel: flatten,
  shape: shapeOf, size: (call) => call.one('Size', [call.flow(operand, 0)]), rank: (call) => call.one('Rank', [call.flow(operand, 0)]),
  getitem: indexed, get_item: indexed, strided_slice: stridedSlice,
  slice: (call) => call.one('Slice', [call.flow(['input_', 'input', 'x', 'inputs'], 0), call.flow(['begin', 'start_indices'], 1, 'int32'), call.flow(['size', 'shape'], 2, 'int32')]),
  gather_nd: (call) => call.one('GatherNd', [call.flow('params', 0), call.flow('indices', 1, 'int32')]),
  depth_to_space: (call) => call.one('DepthToSpace', [call.flow(operand, 0)], { block_size: { i: call.int('block_size', 1) } }),
  space_to_depth: (call) => call.one('SpaceToDepth', [call.flow(operand, 0)], { block_size: { i: call.int('block_size', 1) } }),
  fill: (call) => call.one('Fill', [call.flow('dims', 0, 'int32'), call.flow('value', 1)]),
  zeros: (call) => call.one('Fill', [call.flow('shape', 0, 'int32'), call.asFlow(0, 'float32')]),
  ones: (call) => call.one('Fill', [call.flow('shape', 0, 'int32'), call.asFlow(1, 'float32')]),
  range: (call) => rangeOf(call), arange: (call) => rangeOf(call),
};

function rangeOf(call: OpCall): Flow {
  const limit = call.argument(['limit', 'stop'], 1);
  const [start, stop] = limit === undefined ? [0, call.argument(['start', 'limit'], 0)] : [call.argument('start', 0) ?? 0, limit];
  return call.one('Range', [call.asFlow(start, 'int32'), call.asFlow(stop, 'int32'), call.asFlow(call.argument(['delta', 'step'], 2) ?? 1, 'int32')]);
}

