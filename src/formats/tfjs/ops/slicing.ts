/** Parts of tensors by position: slices, gathers, scatters, and what selects. */
import type { Flow } from '../../translate/emitter';
import { squeeze, unsqueeze } from '../layout';
import type { OpTable, TfOp } from '../op';
import { toEnd } from '../op';

function slice(op: TfOp): Flow {
  const flow = op.flow(0);
  const begin = op.known(1), size = op.known(2);
  if (begin && size) {
    const kept = begin.map((_, axis) => axis).filter((axis) => begin[axis] !== 0 || size[axis] !== -1);
    if (!kept.length) return flow;
    const ends = kept.map((axis) => (size[axis] === -1 ? toEnd : begin[axis]! + size[axis]!));
    return { value: op.e.slice(flow.value, kept.map((axis) => begin[axis]!), ends, kept.map((axis) => op.e.storedAxis(flow, axis))), stored: flow.stored };
  }
  const starts = op.int64(op.flow(1)), sizes = op.int64(op.flow(2));
  const minusOne = op.e.int64s([-1]);
  const ends = op.e.op('Where', [op.e.op('Equal', [sizes, minusOne]), op.e.int64s([toEnd]), op.e.op('Add', [starts, sizes])]);
  return op.emit('Slice', [op.natural(0), starts, ends]);
}

/** One axis of a strided slice. Numbers where they are known, else one-element int64 values. */
interface AxisSlice {
  readonly axis: number;
  readonly start: number | string;
  readonly end: number | string;
  readonly step: number;
}

/** tf.strided_slice with all its masks (strided_slice_op.cc, the dense specification). */
function stridedSlice(op: TfOp): Flow {
  const begin = op.known(1), end = op.known(2), steps = op.constants(3, 'the list of strides');
  const count = steps.length;
  const mask = (name: string): ((index: number) => boolean) => {
    const bits = op.attributes.int(name, 0);
    return (index) => (bits & (1 << index)) !== 0;
  };
  const beginMask = mask('begin_mask'), endMask = mask('end_mask'), ellipsis = mask('ellipsis_mask'), newAxis = mask('new_axis_mask'), shrink = mask('shrink_axis_mask');
  const isEllipsis = (index: number): boolean => ellipsis(index) && !newAxis(index);
  const specified = steps.filter((_, index) => !isEllipsis(index) && !newAxis(index)).length;
  const needsRank = steps.some((_, index) => ellipsis(index));
  const rank = needsRank ? op.rank(0) : 0;
  const item = (input: number, known: readonly number[] | undefined, index: number): number | string => known?.[index] ?? op.e.slice(op.int64(op.flow(input)), [index], [index + 1], [0]);

  const slices: AxisSlice[] = [], removed: number[] = [], picked: { readonly axis: number; readonly index: string }[] = [];
  /** Positions of new axes in the result. */
  const added: number[] = [];
  let axis = 0, position = 0;
  for (let index = 0; index < count; index++) {
    if (newAxis(index)) {
      added.push(position++);
    } else if (isEllipsis(index)) {
      position += rank - specified;
      axis += rank - specified;
    } else if (shrink(index)) {
      const at = item(1, begin, index);
      if (typeof at === 'number') {
        slices.push({ axis, start: at, end: at === -1 ? toEnd : at + 1, step: 1 });
        removed.push(axis);
      } else picked.push({ axis, index: op.e.squeeze(at, [0]) });
      axis++;
    } else {
      const step = steps[index]!;
      if (!(beginMask(index) && endMask(index) && step === 1)) {
        slices.push({
          axis, step,
          start: beginMask(index) ? (step > 0 ? 0 : -1) : item(1, begin, index),
          end: endMask(index) ? (step > 0 ? toEnd : -toEnd) : item(2, end, index),
        });
      }
      axis++;
      position++;
    }
  }
  let flow = op.flow(0);
  const vector = (items: readonly (number | string)[]): string => (items.every((entry) => typeof entry === 'number')
    ? op.e.int64s(items)
    : op.e.concat(items.map((entry) => (typeof entry === 'number' ? op.e.int64s([entry]) : entry)), 0));
  if (picked.length || slices.some((entry) => typeof entry.start === 'string' || typeof entry.end === 'string')) flow = op.of(op.e.natural(flow));
  const real = slices.filter((entry) => !(entry.start === 0 && entry.end === toEnd && entry.step === 1));
  if (real.length) {
    const inputs = [flow.value, vector(real.map((entry) => entry.start)), vector(real.map((entry) => entry.end)), op.e.int64s(real.map((entry) => op.e.storedAxis(flow, entry.axis)))];
    flow = { value: op.e.op('Slice', real.every((entry) => entry.step === 1) ? inputs : [...inputs, op.e.int64s(real.map((entry) => entry.step))]), stored: flow.stored };
  }
  for (const { axis: at, index } of [...picked].reverse()) flow = op.emit('Gather', [flow.value, index], { axis: at });
  // What was picked is gone already; the axes behind moved up.
  flow = squeeze(op, flow, removed.map((at) => at - picked.filter((pick) => pick.axis < at).length));
  for (const at of added) flow = unsqueeze(op, flow, at);
  return flow;
}

function gather(op: TfOp, axisInput: number | undefined): Flow {
  const rank = op.dims(0)?.length;
  const axis = axisInput === undefined || op.inputs[axisInput] === undefined ? 0 : op.constant(axisInput, 'the axis');
  const batch = op.attributes.int('batch_dims', 0);
  const indices = op.natural(1);
  if (batch !== 0) {
    const indexRank = op.rank(1);
    const b = batch < 0 ? batch + indexRank : batch;
    const at = axis < 0 ? axis + op.rank(0) : axis;
    if (at !== b) op.fail(`it gathers along axis ${at} with ${b} batch axes, where ONNX wants both equal`);
    // [b…, i…] → [b…, i…, 1]: each index is a position behind the batch.
    return op.emit('GatherND', [op.natural(0), op.e.unsqueeze(op.int64(op.flow(1)), [indexRank])], { batch_dims: b });
  }
  if (axis < 0 && rank === undefined) op.fail('the rank of its input is not known');
  return op.emit('Gather', [op.natural(0), indices], { axis: axis < 0 ? axis + rank! : axis });
}

/** The mean of nothing and the sum of nothing are 0: what is not written stays 0. */
function scatter(op: TfOp, shapeInput: number, indices: number, updates: number): Flow {
  const dtype = op.dtype(updates);
  const zeros = op.e.op('Expand', [op.scalar(0, dtype), op.int64(op.flow(shapeInput))]);
  return op.emit('ScatterND', [zeros, op.int64(op.flow(indices)), op.natural(updates)], { reduction: 'add' });
}

function tensorScatter(op: TfOp, reduction: 'none' | 'add' | 'max' | 'min'): Flow {
  return op.emit('ScatterND', [op.natural(0), op.int64(op.flow(1)), op.natural(2)], { reduction });
}

/** indices [n, rank] or [n], shape, values [n] or one, default */
function sparseToDense(op: TfOp): Flow {
  const base = op.e.op('Expand', [op.natural(3), op.int64(op.flow(1))]);
  const dims = op.dims(0);
  if (!dims) op.fail('the rank of its indices is not known');
  if (dims.includes(0)) return op.of(base);
  let indices = op.int64(op.flow(0));
  if (dims.length === 0) indices = op.e.reshape(indices, [1, 1]);
  else if (dims.length === 1) indices = op.e.unsqueeze(indices, [1]);
  const count = op.e.slice(op.e.op('Shape', [indices]), [0], [1], [0]);
  return op.emit('ScatterND', [base, indices, op.e.op('Expand', [op.natural(2), count])]);
}

/** on where the index is the position on the new axis; negative and too large indices are off everywhere. */
function oneHot(op: TfOp): Flow {
  const { e } = op;
  const depth = op.bounded(op.constant(1, 'the depth'), 'the depth');
  const rank = op.rank(0);
  const axis = op.attributes.int('axis', -1);
  const at = axis < 0 ? rank : axis;
  const positions = e.constant(Array.from({ length: depth }, (_, index) => index), 'int32', [depth, ...Array<number>(rank - at).fill(1)]);
  const hit = e.op('Equal', [e.unsqueeze(e.dtype(op.natural(0)) === 'int32' ? op.natural(0) : e.cast(op.natural(0), 'int32'), [at]), positions]);
  const on = op.numbers(2), off = op.numbers(3);
  if (on?.[0] === 1 && off?.[0] === 0) return op.of(e.cast(hit, op.dtype(2)));
  return op.emit('Where', [hit, op.natural(2), op.natural(3)]);
}

function topK(op: TfOp): Flow[] {
  const k = op.e.reshape(op.int64(op.flow(1)), [1]);
  const [values, indices] = op.e.ops('TopK', [op.natural(0), k], 2, { axis: -1 });
  return [op.of(values!), op.int32(indices!)];
}

function where(op: TfOp): Flow {
  return op.int32(op.e.transpose(op.e.op('NonZero', [op.natural(0)]), [1, 0]));
}

function unique(op: TfOp): Flow[] {
  const axes = op.inputs[1] === undefined ? [] : op.constants(1, 'the axis');
  const rank = op.rank(0);
  const axis = axes[0] ?? 0;
  // ONNX Runtime has no Unique of int32.
  const isInteger = op.dtype(0) === 'int32';
  const x = isInteger ? op.int64(op.flow(0)) : op.natural(0);
  const [values, , inverse, counts] = op.e.ops('Unique', [x], 4, { sorted: 0, ...(rank > 1 && { axis: op.inRange(axis, rank) }) });
  return [isInteger ? op.int32(values!) : op.of(values!), op.int32(inverse!), op.int32(counts!)];
}

/** boxes [n, 4], scores [n] → indices of those that are kept, best first */
function suppress(op: TfOp): Flow[] {
  const { e } = op;
  const version = op.node.op.at(-1);
  const sigma = version === '5' ? op.numbers(5) : [0];
  if (sigma?.[0] !== 0) op.fail('it weakens scores of overlapping boxes (soft_nms_sigma), which ONNX cannot');
  if (version === '4' && op.attributes.bool('pad_to_max_output_size')) op.fail('it pads its result, which ONNX cannot');
  const boxes = e.unsqueeze(op.natural(0), [0]), scores = e.unsqueeze(op.natural(1), [0, 1]);
  const limit = e.reshape(op.int64(op.flow(2)), [1]);
  const inputs = [boxes, scores, limit, e.reshape(op.natural(3), [1])];
  if (op.inputs[4] !== undefined) inputs.push(e.reshape(op.natural(4), [1]));
  // [kept, 3]: batch, class, box
  const chosen = e.squeeze(e.slice(e.op('NonMaxSuppression', inputs), [2], [3], [1]), [1]);
  const count = op.int32(e.op('Size', [chosen]));
  if (version === '5') return [op.int32(chosen), op.emit('Gather', [op.natural(1), chosen], { axis: 0 }), count];
  return [op.int32(chosen), count];
}

/** How often each of 0 … size - 1 occurs, or the sum of its weights: a comparison with every position, summed. */
function binCount(op: TfOp): Flow {
  const { e } = op;
  const size = op.bounded(op.constant(1, 'the number of bins'), 'the number of bins');
  const rank = op.rank(0);
  const hit = e.cast(e.op('Equal', [e.unsqueeze(op.natural(0), [rank]), e.constant(Array.from({ length: size }, (_, index) => index), 'int32')]), 'float32');
  const weights = op.inputs[2] === undefined || op.dims(2)?.includes(0) ? undefined : op.natural(2);
  const isInteger = weights !== undefined && e.dtype(weights) === 'int32';
  const weighted = weights === undefined ? hit : e.op('Mul', [hit, e.unsqueeze(isInteger ? e.cast(weights, 'float32') : weights, [rank])]);
  const total = op.attributes.bool('binary_output') ? e.reduce('ReduceMax', hit, [rank - 1], false) : e.reduce('ReduceSum', weighted, [rank - 1], false);
  return op.of(isInteger || (weights === undefined && op.attributes.dtype('T') !== 'float32') ? e.cast(total, 'int32') : total);
}

/** Keeps what lies within a band around the diagonal (lower and upper widths; negative: all). */
function bandPart(op: TfOp): Flow {
  const { e } = op;
  const lower = op.constant(1, 'the number of lower diagonals'), upper = op.constant(2, 'the number of upper diagonals');
  let x = op.natural(0);
  if (upper >= 0) x = e.op('Trilu', [x, e.constant(upper, 'int64')], { upper: 0 });
  if (lower >= 0) x = e.op('Trilu', [x, e.constant(-lower, 'int64')], { upper: 1 });
  return op.of(x);
}

export const slicing: OpTable = {
  Slice: slice, StridedSlice: stridedSlice,
  Gather: (op) => gather(op, undefined), GatherV2: (op) => gather(op, 2), ResourceGather: (op) => gather(op, undefined),
  GatherNd: (op) => op.emit('GatherND', [op.natural(0), op.int64(op.flow(1))]),
  ScatterNd: (op) => scatter(op, 2, 0, 1),
  TensorScatterUpdate: (op) => tensorScatter(op, 'none'), TensorScatterAdd: (op) => tensorScatter(op, 'add'),
  TensorScatterMax: (op) => tensorScatter(op, 'max'), TensorScatterMin: (op) => tensorScatter(op, 'min'),
  SparseToDense: sparseToDense, OneHot: oneHot, TopK: topK, TopKV2: topK, Where: where,
  Unique: unique, UniqueV2: unique, UniqueWithCounts: unique,
  NonMaxSuppression: suppress, NonMaxSuppressionV2: suppress, NonMaxSuppressionV3: suppress, NonMaxSuppressionV4: suppress, NonMaxSuppressionV5: suppress,
  Bincount: binCount, DenseBincount: binCount, MatrixBandPart: bandPart,
};
