/** Operations on flows that keep a picture's layout wherever that saves a transpose. Axes are in TensorFlow's order. */
import type { Dims } from '../../graph/graph';
import type { Emitter, Flow } from '../translate/emitter';
import type { TfOp } from './op';

/** Position of each stored axis in the natural order: [0, 2, 3, 1] of NHWC is what NCHW holds at [0, 1, 2, 3]. */
function naturalAxes(rank: number, stored: Flow['stored']): number[] {
  return stored === 'natural' || rank < 3
    ? Array.from({ length: rank }, (_, axis) => axis)
    : [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
}

/** The storage in which these natural axes stand in this order, if there is one. */
function storageOf(order: readonly number[]): Flow['stored'] | undefined {
  const sorted = [...order].sort((a, b) => a - b);
  const at = order.map((axis) => sorted.indexOf(axis));
  for (const stored of ['natural', 'channelsFirst'] as const) {
    if (naturalAxes(order.length, stored).every((axis, index) => axis === at[index])) return stored;
  }
  return undefined;
}

/** Where the axes stand in the stored value, and how the rest is stored once they are gone. */
export function removing(op: TfOp, flow: Flow, axes: readonly number[]): { readonly flow: Flow; readonly axes: number[]; readonly stored: Flow['stored'] } {
  const rank = op.e.dims(flow)?.length;
  const order = naturalAxes(rank ?? 0, flow.stored);
  const stored = rank === undefined ? 'natural' : storageOf(order.filter((axis) => !axes.includes(axis)));
  if (stored === undefined) return removing(op, { value: op.e.natural(flow), stored: 'natural' }, axes);
  return { flow, axes: axes.map((axis) => op.e.storedAxis(flow, axis)), stored };
}

/** Removes axes of size 1. */
export function squeeze(op: TfOp, input: Flow, axes: readonly number[]): Flow {
  if (!axes.length) return input;
  const { flow, axes: at, stored } = removing(op, input, axes);
  return { value: op.e.squeeze(flow.value, [...at].sort((a, b) => a - b)), stored };
}

/** Adds an axis of size 1 at natural position `axis` of the result. */
export function unsqueeze(op: TfOp, input: Flow, axis: number): Flow {
  const rank = op.e.dims(input)?.length;
  // A spatial axis among spatial axes leaves batch and channels where they are.
  if (input.stored === 'channelsFirst' && rank !== undefined && axis >= 1 && axis < rank) {
    return { value: op.e.unsqueeze(input.value, [axis + 1]), stored: 'channelsFirst' };
  }
  return { value: op.e.unsqueeze(op.e.natural(input), [axis]), stored: 'natural' };
}

/**
 * Operands of a broadcasting op in one layout, so that ONNX's broadcasting does what TensorFlow's would. If any of them
 * is channelsFirst all are: a [C] beside pictures becomes [C, 1, 1].
 */
export function broadcast(op: TfOp, flows: readonly Flow[]): { readonly values: string[]; readonly stored: Flow['stored'] } {
  const { e } = op;
  const dims = flows.map((flow) => e.dims(flow));
  if (flows.every((flow) => flow.stored === 'natural') || dims.some((item) => item === undefined)) {
    return { values: flows.map((flow) => e.natural(flow)), stored: 'natural' };
  }
  const rank = Math.max(...dims.map((item) => item!.length));
  if (flows.some((flow, index) => flow.stored === 'channelsFirst' && dims[index]!.length < rank && !isScalar(dims[index]!))) {
    return { values: flows.map((flow) => e.natural(flow)), stored: 'natural' };
  }
  return { values: flows.map((flow) => (flow.stored === 'channelsFirst' && e.storedDims(flow.value)?.length === rank ? flow.value : toChannelsFirst(e, flow, rank))), stored: 'channelsFirst' };
}

/** A natural value as it broadcasts against channelsFirst values of `rank` (at least 3). */
export function toChannelsFirst(e: Emitter, flow: Flow, rank: number): string {
  const dims = e.dims(flow)!;
  const value = e.natural(flow);
  if (isScalar(dims)) return value;
  const padded = [...Array<number>(rank - dims.length).fill(1), ...dims];
  // Only the channels differ from 1: the same bytes under other dims.
  if (padded.slice(0, -1).every((dim) => dim === 1)) return e.reshape(value, [-1, ...Array<number>(rank - 2).fill(1)]);
  if (dims.length === rank) return e.channelsFirst({ value, stored: 'natural' });
  const raised = e.unsqueeze(value, Array.from({ length: rank - dims.length }, (_, axis) => axis));
  return e.channelsFirst({ value: raised, stored: 'natural' });
}

function isScalar(dims: Dims): boolean {
  return dims.every((dim) => dim === 1);
}

/** The flow whose stored axes are natural ones permuted: `perm` of a Transpose. No node where only the view changes. */
export function permute(op: TfOp, flow: Flow, perm: readonly number[]): Flow {
  const rank = perm.length;
  if (perm.every((axis, index) => axis === index)) return flow;
  // Stored axis i holds natural axis order[i] of the input, which the result has at position perm⁻¹.
  const order = naturalAxes(rank, flow.stored).map((axis) => perm.indexOf(axis));
  const stored = storageOf(order);
  if (stored !== undefined) return { value: flow.value, stored };
  return { value: op.e.transpose(op.e.natural(flow), perm), stored: 'natural' };
}
