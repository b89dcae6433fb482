/** Ops on shapes and on the order of elements. */
import { elementCount } from '../../../tensor/tensor';
import type { Flow } from '../../translate/emitter';
import { permute, squeeze, unsqueeze } from '../layout';
import type { OpTable, OpTranslator, TfOp } from '../op';
import { toEnd } from '../op';

/** Dims of a flow as an int64 vector in TensorFlow's order, without changing the layout of the flow itself. */
function shapeVector(op: TfOp, flow: Flow): string {
  const dims = op.e.dims(flow);
  if (dims?.every((dim) => typeof dim === 'number')) return op.e.int64s(dims as number[]);
  const shape = op.e.op('Shape', [flow.value]);
  if (flow.stored === 'natural') return shape;
  const rank = dims!.length;
  return op.e.op('Gather', [shape, op.e.int64s([0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1])], { axis: 0 });
}

function shapeOf(op: TfOp, flow: Flow): Flow {
  const dims = op.e.dims(flow);
  if (dims?.every((dim) => typeof dim === 'number')) return op.of(op.e.constant(dims as number[], 'int32', [dims.length]));
  return op.int32(shapeVector(op, flow));
}

function reshape(op: TfOp): Flow {
  const flow = op.flow(0);
  const dims = op.e.dims(flow);
  const wanted = op.known(1);
  // With at most one of [channels, spatial…] above 1 both layouts hold the elements in the same order.
  const sameOrder = flow.stored === 'channelsFirst' && dims!.slice(1, -1).every((dim) => dim === 1);
  const x = sameOrder ? flow.value : op.e.natural(flow);
  if (wanted?.includes(0) && !wanted.includes(-1)) return op.emit('Reshape', [x, op.int64(op.flow(1))], { allowzero: 1 });
  return op.emit('Reshape', [x, op.int64(op.flow(1))]);
}

function squeezed(op: TfOp): Flow {
  const listed = op.attributes.ints('squeeze_dims') ?? op.attributes.ints('axis') ?? [];
  const flow = op.flow(0);
  const dims = op.e.dims(flow);
  if (listed.length) {
    if (dims === undefined && listed.some((axis) => axis < 0)) op.fail('the rank of its input is not known');
    return squeeze(op, flow, listed.map((axis) => (dims ? op.inRange(axis, dims.length) : axis)));
  }
  if (!dims) return op.emit('Squeeze', [op.e.natural(flow)]);
  if (!dims.every((dim) => typeof dim === 'number')) op.fail('which axes have the size 1 is known only while the model runs');
  return squeeze(op, flow, dims.flatMap((dim, axis) => (dim === 1 ? [axis] : [])));
}

function transpose(op: TfOp): Flow {
  const known = op.inputs[1] === undefined ? undefined : op.constants(1, 'the permutation');
  const perm = known ?? Array.from({ length: op.rank(0) }, (_, axis, rank = op.rank(0)) => rank - 1 - axis);
  return permute(op, op.flow(0), perm.map((axis) => op.inRange(axis, perm.length)));
}

function concatenate(op: TfOp, flows: readonly Flow[], axis: number): Flow {
  const dims = flows.map((flow) => op.e.dims(flow));
  const rank = dims.find((item) => item !== undefined)?.length;
  if (axis < 0 && rank === undefined) op.fail('the rank of its inputs is not known');
  if (flows.length === 1) return flows[0]!;
  if (flows.every((flow) => flow.stored === 'natural')) return op.of(op.e.concat(flows.map((flow) => flow.value), axis));
  const { values, stored } = op.e.align(flows);
  return { value: op.e.concat(values, op.e.storedAxis({ value: values[0]!, stored }, axis)), stored };
}

function split(op: TfOp, flow: Flow, axis: number, sizes: readonly number[] | undefined, count: number): Flow[] {
  if (count === 1) return [flow];
  const at = op.e.storedAxis(flow, axis);
  const dim = op.e.storedDims(flow.value)?.at(at);
  const parts = sizes ?? (typeof dim === 'number' ? Array<number>(count).fill(dim / count) : undefined);
  const names = parts ? op.e.split(flow.value, at, parts) : op.e.ops('Split', [flow.value], count, { axis: at, num_outputs: count });
  return names.map((value) => ({ value, stored: flow.stored }));
}

function splitV(op: TfOp): Flow[] {
  const flow = op.flow(0);
  const rank = op.rank(0);
  const axis = op.axis(2, rank);
  const sizes = [...op.constants(1, 'the list of sizes')];
  const open = sizes.indexOf(-1);
  if (open >= 0) sizes[open] = op.dim(0, axis) - sizes.reduce((sum, size) => sum + size, 1);
  return split(op, flow, axis, sizes, sizes.length);
}

function pack(op: TfOp): Flow {
  const axis = op.attributes.int('axis', 0);
  const flows = op.flows();
  const rank = op.e.dims(flows[0]!)?.length;
  if (axis < 0 && rank === undefined) op.fail('the rank of its inputs is not known');
  const at = axis < 0 ? axis + rank! + 1 : axis;
  const parts = flows.map((flow) => op.e.unsqueeze(op.e.natural(flow), [at]));
  return op.of(op.e.concat(parts, at));
}

function unpack(op: TfOp): Flow[] {
  const rank = op.rank(0);
  const axis = op.inRange(op.attributes.int('axis', 0), rank);
  const count = op.bounded(op.attributes.int('num', 0) || op.dim(0, axis), 'the number of parts');
  const natural = op.of(op.natural(0));
  return split(op, natural, axis, Array<number>(count).fill(1), count).map((flow) => squeeze(op, flow, [axis]));
}

/** Pads in stored order: all begins, then all ends. */
function pads(op: TfOp, flow: Flow, what: readonly number[], rank: number): number[] {
  const begins = Array<number>(rank).fill(0), ends = Array<number>(rank).fill(0);
  for (let axis = 0; axis < rank; axis++) {
    const at = op.e.storedAxis(flow, axis);
    begins[at] = what[2 * axis]!;
    ends[at] = what[2 * axis + 1]!;
  }
  return [...begins, ...ends];
}

function pad(op: TfOp): Flow {
  const flow = op.flow(0);
  const rank = op.rank(0);
  const known = op.known(1);
  const value = op.inputs[2] === undefined ? [] : [op.natural(2)];
  if (known) return { value: op.e.op('Pad', [flow.value, op.e.int64s(pads(op, flow, known, rank)), ...value]), stored: flow.stored };
  // [rank, 2] → all begins, then all ends
  const order = op.e.reshape(op.e.transpose(op.int64(op.flow(1)), [1, 0]), [-1]);
  return op.emit('Pad', [op.e.natural(flow), order, ...value]);
}

function mirrorPad(op: TfOp): Flow {
  const flow = op.flow(0);
  const rank = op.rank(0);
  const widths = op.constants(1, 'the padding');
  if (op.attributes.text('mode', 'REFLECT').toUpperCase() === 'REFLECT') {
    return { value: op.e.op('Pad', [flow.value, op.e.int64s(pads(op, flow, widths, rank))], { mode: 'reflect' }), stored: flow.stored };
  }
  // SYMMETRIC repeats the border itself: the first and last elements, reversed, stand before and after.
  let value = flow.value;
  for (let axis = 0; axis < rank; axis++) {
    const at = op.e.storedAxis(flow, axis);
    const [begin, end] = [widths[2 * axis]!, widths[2 * axis + 1]!];
    const parts = [value];
    if (begin > 0) parts.unshift(op.e.slice(value, [begin - 1], [-toEnd], [at], [-1]));
    if (end > 0) parts.push(op.e.slice(value, [-1], [-end - 1], [at], [-1]));
    value = op.e.concat(parts, at);
  }
  return { value, stored: flow.stored };
}

function tile(op: TfOp): Flow {
  const flow = op.flow(0);
  const known = op.known(1);
  if (!known || flow.stored === 'natural') return op.emit('Tile', [op.e.natural(flow), op.int64(op.flow(1))]);
  const repeats = Array<number>(known.length).fill(1);
  known.forEach((count, axis) => { repeats[op.e.storedAxis(flow, axis)] = count; });
  return { value: op.e.op('Tile', [flow.value, op.e.int64s(repeats)]), stored: flow.stored };
}

/** Space to batch and back, for convolutions that were dilated this way and that the driver did not recognise. */
const spaceToBatch: OpTranslator = (op) => {
  const block = op.constants(1, 'the block shape'), paddings = op.constants(2, 'the paddings');
  const { e } = op;
  const rank = op.rank(0), m = block.length;
  const widths = [0, 0, ...paddings, ...Array<number>(2 * (rank - 1 - m)).fill(0)];
  const padded = e.pad(op.natural(0), pads(op, op.of(op.natural(0)), widths, rank));
  const shape = e.storedDims(padded)!;
  const space = shape.slice(1, 1 + m);
  if (!space.every((dim) => typeof dim === 'number')) op.fail('the size of the picture is known only while the model runs');
  // [n, s₁, …, c] → [n, s₁/b₁, b₁, …, c] → [b₁, …, n, s₁/b₁, …, c] → [n·∏b, s₁/b₁, …, c]
  const rest = numbersOr(op, shape.slice(1 + m));
  const cut = e.reshape(padded, [-1, ...space.flatMap((dim, i) => [(dim as number) / block[i]!, block[i]!]), ...rest]);
  const perm = [...block.map((_, i) => 2 + 2 * i), 0, ...block.map((_, i) => 1 + 2 * i), ...rest.map((_, i) => 1 + 2 * m + i)];
  return op.of(e.reshape(e.transpose(cut, perm), [-1, ...space.map((dim, i) => (dim as number) / block[i]!), ...rest]));
};

const batchToSpace: OpTranslator = (op) => {
  const block = op.constants(1, 'the block shape'), crops = op.constants(2, 'the crops');
  const { e } = op;
  const m = block.length;
  const x = op.natural(0);
  const shape = e.storedDims(x) ?? op.fail('the rank of its input is not known');
  const space = numbersOr(op, shape.slice(1, 1 + m)), rest = numbersOr(op, shape.slice(1 + m));
  // [∏b·n, s₁, …, c] → [b₁, …, n, s₁, …, c] → [n, s₁, b₁, …, c] → [n, s₁·b₁, …, c]
  const cut = e.reshape(x, [...block, -1, ...space, ...rest]);
  const perm = [m, ...block.flatMap((_, i) => [m + 1 + i, i]), ...rest.map((_, i) => 2 * m + 1 + i)];
  const joined = e.reshape(e.transpose(cut, perm), [-1, ...space.map((dim, i) => dim * block[i]!), ...rest]);
  if (crops.every((crop) => crop === 0)) return op.of(joined);
  return op.of(e.slice(joined, block.map((_, i) => crops[2 * i]!), space.map((dim, i) => dim * block[i]! - crops[2 * i + 1]!), block.map((_, i) => i + 1)));
};

function numbersOr(op: TfOp, dims: readonly unknown[]): number[] {
  if (!dims.every((dim) => typeof dim === 'number')) op.fail('the size of the picture is known only while the model runs');
  return dims as number[];
}

function range(op: TfOp): Flow {
  return op.emit('Range', [0, 1, 2].map((index) => op.natural(index)));
}

/** `count` numbers from start to stop, both included. */
function linSpace(op: TfOp): Flow {
  const { e } = op;
  const count = op.bounded(op.constant(2, 'the number of values'), 'the number of values');
  const steps = e.constant(Array.from({ length: count }, (_, index) => (count > 1 ? index / (count - 1) : 0)), 'float32', [count]);
  return op.of(e.op('Add', [op.natural(0), e.op('Mul', [e.op('Sub', [op.natural(1), op.natural(0)]), steps])]));
}

function reverse(op: TfOp, axes: readonly number[]): Flow {
  const flow = op.flow(0);
  if (!axes.length) return flow;
  const at = axes.map((axis) => op.e.storedAxis(flow, axis));
  return { value: op.e.slice(flow.value, at.map(() => -1), at.map(() => -toEnd), at, at.map(() => -1)), stored: flow.stored };
}

function cumulate(op: TfOp): Flow {
  const flow = op.flow(0);
  const axis = op.e.storedAxis(flow, op.axis(1, op.rank(0)));
  return { value: op.e.op('CumSum', [flow.value, op.e.constant(axis, 'int64')], { exclusive: op.attributes.bool('exclusive') ? 1 : 0, reverse: op.attributes.bool('reverse') ? 1 : 0 }), stored: flow.stored };
}

export const shape: OpTable = {
  Shape: (op) => shapeOf(op, op.flow(0)), ShapeN: (op) => op.flows().map((flow) => shapeOf(op, flow)),
  Size: (op) => {
    const dims = op.dims(0);
    if (dims?.every((dim) => typeof dim === 'number')) return op.of(op.e.constant(elementCount(dims as number[]), 'int32'));
    return op.int32(op.e.op('Size', [op.flow(0).value]));
  },
  Rank: (op) => op.of(op.e.constant(op.rank(0), 'int32')),
  Reshape: reshape, Squeeze: squeezed, Transpose: transpose,
  ExpandDims: (op) => {
    const axis = op.constant(1, 'the axis');
    if (axis >= 0) return unsqueeze(op, op.flow(0), axis);
    return unsqueeze(op, op.flow(0), axis + op.rank(0) + 1);
  },
  Concat: (op) => concatenate(op, op.flows(1), op.constant(0, 'the axis')),
  ConcatV2: (op) => concatenate(op, op.flows(0, op.inputs.length - 1), op.constant(op.inputs.length - 1, 'the axis')),
  Split: (op) => split(op, op.flow(1), op.axis(0, op.rank(1)), undefined, op.bounded(op.attributes.int('num_split', 1), 'the number of parts')),
  SplitV: splitV, Pack: pack, Unpack: unpack, Tile: tile,
  Pad: pad, PadV2: pad, MirrorPad: mirrorPad,
  SpaceToBatchND: spaceToBatch, BatchToSpaceND: batchToSpace,
  Range: range, LinSpace: linSpace,
  Fill: (op) => op.emit('Expand', [op.natural(1), op.int64(op.flow(0))]),
  BroadcastTo: (op) => op.emit('Expand', [op.natural(0), op.int64(op.flow(1))]),
  BroadcastArgs: (op) => { const [a, b] = [op.int64(op.flow(0)), op.int64(op.flow(1))]; return op.int32(op.e.op('Shape', [op.e.op('Expand', [op.e.op('Expand', [op.e.constant([0], 'int64', []), a]), b])])); },
  ReverseV2: (op) => reverse(op, op.constants(1, 'the list of axes').map((axis) => op.inRange(axis, op.rank(0)))),
  Reverse: (op) => reverse(op, op.constants(1, 'the mask of axes').flatMap((flag, axis) => (flag ? [axis] : []))),
  Cumsum: cumulate,
};

