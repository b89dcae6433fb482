/** What convolutions and pools share: layouts, window arithmetic, padding. */
import type { Dim } from '../../../graph/graph';
import type { AttributeInput } from '../../../graph/builder';
import type { Flow } from '../../translate/emitter';
import { NotTranslatable, dimsOf, onlyInput, type LayerContext } from '../layer';

/** The layer's input as ONNX wants it, and how a result becomes a flow again. */
export interface Spatial {
  /** [batch, channels, …]. */
  readonly x: string;
  readonly channels: Dim;
  /** Sizes of the spatial axes. */
  readonly sizes: readonly Dim[];
  toFlow(value: string): Flow;
}

/** The first input with its channels behind the batch. @param count spatial axes the layer needs. */
export function spatialInput(layer: LayerContext, count: number, input: Flow = onlyInput(layer)): Spatial {
  const dims = dimsOf(layer, input), first = layer.dataFormat === 'channels_first';
  if (dims.length !== count + 2) throw new NotTranslatable(`needs an input of ${count + 2} dimensions, but gets [${dims.map((dim) => dim ?? '?').join(', ')}]`);
  return {
    x: first ? layer.e.natural(input) : layer.e.channelsFirst(input),
    channels: dims[first ? 1 : dims.length - 1]!,
    sizes: first ? dims.slice(2) : dims.slice(1, -1),
    toFlow: (value) => ({ value, stored: first ? 'natural' : 'channelsFirst' }),
  };
}

/** Axes of a spatial value in Keras' own order. */
export function spatialAxes(layer: LayerContext, count: number): number[] {
  const first = layer.dataFormat === 'channels_first' ? 2 : 1;
  return Array.from({ length: count }, (_, axis) => first + axis);
}

/** Keras' padding of a window: 'same' as TensorFlow has it (what is odd goes to the end). */
export type Padding = 'valid' | 'same' | 'causal';

export function paddingOf(layer: LayerContext): Padding {
  return layer.config.choice(['padding', 'border_mode'], ['valid', 'same', 'causal'], 'valid');
}

/**
 * ONNX attributes for a padded window. Explicit numbers where the sizes are known or do not matter (stride 1), else
 * SAME_UPPER, which is worked out when the model runs.
 */
export function padAttributes(padding: Padding, sizes: readonly Dim[], kernel: readonly number[], strides: readonly number[], dilations: readonly number[]): Record<string, AttributeInput> {
  if (padding === 'valid') return {};
  const spans = kernel.map((size, axis) => (size - 1) * dilations[axis]! + 1);
  if (padding === 'causal') return { pads: [...spans.map((span) => span - 1), ...spans.map(() => 0)] };
  const totals = spans.map((span, axis) => {
    const size = sizes[axis], stride = strides[axis]!;
    if (stride === 1) return span - 1;
    return typeof size === 'number' ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + span - size) : undefined;
  });
  if (totals.includes(undefined)) return { auto_pad: 'SAME_UPPER' };
  const begins = (totals as number[]).map((total) => Math.floor(total / 2));
  return { pads: [...begins, ...(totals as number[]).map((total, axis) => total - begins[axis]!)] };
}

/** Positive sizes, as kernels, strides and pools must have. */
export function positive(sizes: readonly number[], what: string): readonly number[] {
  if (!sizes.every((size) => size > 0)) throw new NotTranslatable(`has the ${what} [${sizes.join(', ')}], where positive numbers were expected`);
  return sizes;
}
