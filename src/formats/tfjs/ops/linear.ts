/** Products of matrices, and reductions. */
import type { Flow } from '../../translate/emitter';
import { removing } from '../layout';
import type { OpTable, OpTranslator, TfOp } from '../op';
import { fused } from './convolution';

function swapLast(op: TfOp, value: string): string {
  const rank = op.e.storedDims(value)?.length;
  if (rank === undefined) op.fail(`the rank of '${value}' is not known`);
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return op.e.transpose(value, perm);
}

function multiply(op: TfOp, transposeA: boolean, transposeB: boolean, bias?: string): Flow {
  const a = op.natural(0), b = op.natural(1);
  const isMatrix = op.e.storedDims(a)?.length === 2 && op.e.storedDims(b)?.length === 2;
  if (isMatrix && op.e.dtype(a) === 'float32' && (bias !== undefined || transposeA || transposeB)) {
    return op.emit('Gemm', bias === undefined ? [a, b] : [a, b, bias], { ...(transposeA && { transA: 1 }), ...(transposeB && { transB: 1 }) });
  }
  const product = op.e.op('MatMul', [transposeA ? swapLast(op, a) : a, transposeB ? swapLast(op, b) : b]);
  return op.of(bias === undefined ? product : op.e.op('Add', [product, bias]));
}

const matMul: OpTranslator = (op) => multiply(op, op.attributes.bool('transpose_a'), op.attributes.bool('transpose_b'));
const batchMatMul: OpTranslator = (op) => multiply(op, op.attributes.bool('adj_x'), op.attributes.bool('adj_y'));

/** The axes of a reduction from 0 to rank - 1; undefined: all of them. */
export function reductionAxes(op: TfOp, rank: number | undefined): number[] | undefined {
  if (op.inputs[1] === undefined) return undefined;
  const axes = op.constants(1, 'the list of axes');
  if (rank === undefined) return axes.every((axis) => axis >= 0) ? [...axes] : op.fail('the rank of its input is not known');
  return [...new Set(axes.map((axis) => op.inRange(axis, rank)))];
}

type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd' | 'ReduceL2';

/** `around` changes the stored value before and after, for types ONNX does not reduce. */
function reduce(opType: Reduction, around?: { before: 'int32'; after: 'bool' }): OpTranslator {
  return (op) => {
    const input = op.flow(0);
    const rank = op.e.dims(input)?.length;
    const axes = reductionAxes(op, rank);
    if (axes?.length === 0) return input;
    const keep = op.attributes.bool('keep_dims') || op.attributes.bool('keepdims');
    const place = axes === undefined ? { flow: input, axes: undefined, stored: 'natural' as const } : removing(op, input, axes);
    const stored = keep ? place.flow.stored : place.stored;
    const value = around ? op.e.cast(place.flow.value, around.before) : place.flow.value;
    const isPicture = opType === 'ReduceMean' && place.flow.stored === 'channelsFirst' && axes?.length === rank! - 2 && place.axes!.every((axis) => axis >= 2);
    if (isPicture) {
      // The pool stays in the layout that convolutions run in.
      const pooled = op.e.op('GlobalAveragePool', [value]);
      return { value: keep ? pooled : op.e.op('Flatten', [pooled], { axis: 1 }), stored };
    }
    const reduced = op.e.reduce(opType, value, place.axes && [...place.axes].sort((a, b) => a - b), keep);
    return { value: around ? op.e.cast(reduced, around.after) : reduced, stored };
  };
}

function argument(opType: 'ArgMax' | 'ArgMin'): OpTranslator {
  return (op) => {
    const rank = op.rank(0);
    const axis = op.inputs[1] === undefined ? 0 : op.axis(1, rank);
    const place = removing(op, op.flow(0), [axis]);
    const x = op.dtype(0) === 'bool' ? op.e.cast(place.flow.value, 'int32') : place.flow.value;
    return { ...op.int32(op.e.op(opType, [x], { axis: place.axes[0]!, keepdims: 0 })), stored: place.stored };
  };
}

function softmax(opType: 'Softmax' | 'LogSoftmax'): OpTranslator {
  return (op) => {
    const flow = op.flow(0);
    return { value: op.e.op(opType, [flow.value], { axis: flow.stored === 'natural' ? -1 : op.e.storedAxis(flow, -1) }), stored: flow.stored };
  };
}

export const linear: OpTable = {
  MatMul: matMul, BatchMatMul: batchMatMul, BatchMatMulV2: batchMatMul, BatchMatMulV3: batchMatMul,
  _FusedMatMul: (op) => fused(op, (bias) => multiply(op, op.attributes.bool('transpose_a'), op.attributes.bool('transpose_b'), bias), false),
  Einsum: (op) => op.emit('Einsum', op.flows().map((flow) => op.e.natural(flow)), { equation: op.attributes.text('equation').replace(/\s/g, '') }),
  Sum: reduce('ReduceSum'), Mean: reduce('ReduceMean'), Max: reduce('ReduceMax'), Min: reduce('ReduceMin'), Prod: reduce('ReduceProd'),
  EuclideanNorm: reduce('ReduceL2'),
  All: reduce('ReduceMin', { before: 'int32', after: 'bool' }), Any: reduce('ReduceMax', { before: 'int32', after: 'bool' }),
  ArgMax: argument('ArgMax'), ArgMin: argument('ArgMin'),
  Softmax: softmax('Softmax'), LogSoftmax: softmax('LogSoftmax'),
  L2Loss: (op) => {
    const x = op.flow(0).value;
    return op.of(op.e.op('Mul', [op.e.reduce('ReduceSumSquare', x, undefined, false), op.scalar(0.5, 'float32')]));
  },
};
