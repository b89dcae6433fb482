/** Where a window (of a convolution or a pool) lies: strides, dilations and padding in ONNX's terms. */
import type { AttributeInput } from '../../../graph/builder';
import type { Flow } from '../../translate/emitter';
import type { TfOp } from '../op';

/** The input as ONNX's windows want it, and what turns the result back into a flow. */
export interface Windowed {
  readonly x: string;
  /** Spatial axes of the input. */
  readonly spatial: number;
  readonly stored: Flow['stored'];
}

/** `spatial` axes besides batch and channels are expected. */
export function windowed(op: TfOp, flow: Flow, spatial: number): Windowed {
  const rank = op.e.dims(flow)?.length;
  if (rank === undefined) op.fail('the rank of its input is not known');
  if (rank !== spatial + 2) op.fail(`its input has rank ${rank}, expected ${spatial + 2}`);
  return isChannelsFirst(op) ? { x: op.e.natural(flow), spatial, stored: 'natural' } : { x: op.e.channelsFirst(flow), spatial, stored: 'channelsFirst' };
}

export function isChannelsFirst(op: TfOp): boolean {
  return op.attributes.text('data_format', 'NHWC').toUpperCase().startsWith('NC');
}

/** A list attribute over all axes in the op's data format, for the spatial axes only; ones where it is not given. */
export function spatialInts(op: TfOp, name: string, spatial: number): number[] {
  const list = op.attributes.ints(name) ?? [];
  if (list.length === 0) return Array<number>(spatial).fill(1);
  if (list.length === 1) return Array<number>(spatial).fill(list[0]!);
  if (list.length === spatial) return [...list];
  if (list.length !== spatial + 2) op.fail(`"${name}" has ${list.length} items, expected ${spatial + 2}`);
  return isChannelsFirst(op) ? list.slice(2) : list.slice(1, -1);
}

/** auto_pad or pads. SAME is written out where that needs no more than is known: ONNX leaves it to the runtime else. */
export function padding(op: TfOp, x: string, kernel: readonly number[], strides: readonly number[], dilations: readonly number[]): Record<string, AttributeInput> {
  const kind = op.attributes.text('padding', 'VALID').toUpperCase();
  if (kind === 'VALID') return {};
  if (kind === 'EXPLICIT') {
    const list = op.attributes.ints('explicit_paddings') ?? [];
    if (list.length !== 2 * (kernel.length + 2)) op.fail(`"explicit_paddings" has ${list.length} items, expected ${2 * (kernel.length + 2)}`);
    const pairs = isChannelsFirst(op) ? list.slice(4) : list.slice(2, -2);
    return { pads: [...kernel.map((_, axis) => pairs[2 * axis]!), ...kernel.map((_, axis) => pairs[2 * axis + 1]!)] };
  }
  if (kind !== 'SAME') op.fail(`its padding '${kind}' is unknown; SAME, VALID and EXPLICIT are known`);
  const dims = op.e.storedDims(x)?.slice(2);
  const begins: number[] = [], ends: number[] = [];
  for (let axis = 0; axis < kernel.length; axis++) {
    const extent = (kernel[axis]! - 1) * dilations[axis]! + 1;
    const size = dims?.[axis];
    if (strides[axis] !== 1 && typeof size !== 'number') return { auto_pad: 'SAME_UPPER' };
    const steps = strides[axis] === 1 ? 1 : Math.ceil((size as number) / strides[axis]!);
    const total = strides[axis] === 1 ? extent - 1 : Math.max(0, (steps - 1) * strides[axis]! + extent - (size as number));
    begins.push(Math.floor(total / 2));
    ends.push(total - Math.floor(total / 2));
  }
  return [...begins, ...ends].every((pad) => pad === 0) ? {} : { pads: [...begins, ...ends] };
}
