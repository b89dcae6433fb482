/** Geometry of sliding windows (convolutions and pools), and the steps their adjoints are made of. */
import { attrInts, attrString } from '../../graph/graph';
import type { Node } from '../../graph/graph';
import type { DType } from '../../tensor/dtype';
import type { AttributeInput, GraphBuilder } from '../../graph/builder';
import type { Dialect } from '../rule';

/**
 * One spatial axis of a sliding window: output o reads inputs `stride·o + dilation·k − begin`, k < kernel.
 * `end` is what that needs behind the input: negative where trailing inputs are never read, larger than the file's
 * pad where ceil_mode lets the last window hang over.
 */
export interface WindowAxis {
  readonly size: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
  /** The padding behind the input that the file asks for. */
  readonly padEnd: number;
}

/** The window axes of a Conv or pool node with spatial input dims `size` and output dims `out`. */
export function windowAxes(node: Node, size: readonly number[], out: readonly number[], kernel: readonly number[]): WindowAxis[] {
  const strides = attrInts(node, 'strides', undefined) ?? size.map(() => 1);
  const dilations = attrInts(node, 'dilations', undefined) ?? size.map(() => 1);
  const pads = attrInts(node, 'pads', undefined);
  const autoPad = attrString(node, 'auto_pad', 'NOTSET');
  return size.map((length, axis) => {
    const k = kernel[axis]!, stride = strides[axis]!, dilation = dilations[axis]!, o = out[axis]!;
    const reach = (o - 1) * stride + dilation * (k - 1) + 1;
    let begin = 0, padEnd = 0;
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') {
      const total = Math.max(0, reach - length);
      begin = autoPad === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
      padEnd = total - begin;
    } else if (autoPad !== 'VALID' && pads) {
      begin = pads[axis]!;
      padEnd = pads[axis + size.length]!;
    }
    return { size: length, out: o, kernel: k, stride, dilation, begin, end: reach - length - begin, padEnd };
  });
}

/** Zero-pads (or, where negative, crops) the spatial axes of [N, C, …]; does nothing if there is nothing to do. */
export function padSpatial(b: GraphBuilder, x: string, dims: readonly number[], begins: readonly number[], ends: readonly number[], value?: string): string {
  const spatial = dims.length - 2;
  const needed = [...begins, ...ends];
  if (needed.every((pad) => pad === 0)) return x;
  if (needed.every((pad) => pad <= 0)) {
    // Cropping only: Slice is a plain copy everywhere.
    const axes = Array.from({ length: spatial }, (_, axis) => axis + 2).filter((axis) => begins[axis - 2] !== 0 || ends[axis - 2] !== 0);
    return b.slice(x, axes.map((axis) => -begins[axis - 2]!), axes.map((axis) => dims[axis]! + ends[axis - 2]!), axes);
  }
  const crop = needed.map((pad) => Math.min(pad, 0)), grow = needed.map((pad) => Math.max(pad, 0));
  const cropped = padSpatial(b, x, dims, crop.slice(0, spatial), crop.slice(spatial));
  const pads = b.int64s([0, 0, ...grow.slice(0, spatial), 0, 0, ...grow.slice(spatial)]);
  return b.op('Pad', value === undefined ? [cropped, pads] : [cropped, pads, value]);
}

/**
 * Puts strides[a] − 1 zeros between neighbours (and none behind the last): [N, C, …o] → [N, C, …(o − 1)·s + 1].
 */
export function insertZeros(b: GraphBuilder, x: string, dims: readonly number[], strides: readonly number[], dtype: DType, dialect: Dialect): string {
  if (strides.every((stride) => stride === 1)) return x;
  const spatial = dims.length - 2;
  if (dialect === 'cpu') {
    // A 1×1 depthwise ConvTranspose is ONNX Runtime's quickest zero insertion.
    const channels = dims[1]!;
    const weight = b.constant(new Array<number>(channels).fill(1), dtype, [channels, 1, ...new Array<number>(spatial).fill(1)]);
    return b.op('ConvTranspose', [x, weight], { group: channels, strides, kernel_shape: new Array<number>(spatial).fill(1) });
  }
  // [N, C, o1, 1, o2, 1, …] padded to [N, C, o1, s1, o2, s2, …], merged, and the trailing zeros cropped.
  const apart = [dims[0]!, dims[1]!, ...dims.slice(2).flatMap((size) => [size, 1])];
  const ends = [0, 0, ...strides.flatMap((stride) => [0, stride - 1])];
  const padded = b.pad(b.reshape(x, apart), [...apart.map(() => 0), ...ends]);
  const merged = [dims[0]!, dims[1]!, ...dims.slice(2).map((size, axis) => size * strides[axis]!)];
  return padSpatial(b, b.reshape(padded, merged), merged, strides.map(() => 0), strides.map((stride) => 1 - stride));
}

/** Every channel of a float32 picture correlated with the same kernel. */
export function depthwise(b: GraphBuilder, x: string, channels: number, kernelShape: readonly [number, number], kernel: readonly number[], attributes: Readonly<Record<string, AttributeInput>> = {}): string {
  const weight = b.constant(Array.from({ length: channels }, () => kernel).flat(), 'float32', [channels, 1, ...kernelShape]);
  return b.op('Conv', [x, weight], { group: channels, kernel_shape: kernelShape, ...attributes });
}

/**
 * The same values, made by a depthwise 1×1 Conv, which brings them into ONNX Runtime's blocked layout (whole blocks of
 * 16 channels, pictures in float32; else nothing is gained and nothing done).
 */
export function enterBlocks(b: GraphBuilder, x: string, channels: number, spatial: number, dtype: DType): string {
  if (channels % 16 !== 0 || spatial !== 2 || dtype !== 'float32') return x;
  return b.op('Conv', [x, b.constant(new Array<number>(channels).fill(1), dtype, [channels, 1, 1, 1])], { group: channels, kernel_shape: [1, 1] });
}

/** The window's sum as a matrix of one axis, [out, size]: entry 1 where output o reads input i. */
export function windowMatrix(axis: WindowAxis): Float64Array {
  const matrix = new Float64Array(axis.out * axis.size);
  for (let o = 0; o < axis.out; o++) {
    for (let k = 0; k < axis.kernel; k++) {
      const i = axis.stride * o + axis.dilation * k - axis.begin;
      if (i >= 0 && i < axis.size) matrix[o * axis.size + i]! += 1;
    }
  }
  return matrix;
}

/**
 * Applies the transpose of a linear operator along one axis: with y = A·x along `axis` and A [out, size],
 * turns a cotangent of dims […, out, …] into […, size, …] by one MatMul.
 */
export function applyTransposed(b: GraphBuilder, g: string, dims: readonly number[], axis: number, matrix: Float64Array, size: number, dtype: DType): string {
  const out = dims[axis]!;
  const before = dims.slice(0, axis).reduce((a, c) => a * c, 1), after = dims.slice(axis + 1).reduce((a, c) => a * c, 1);
  const target = [...dims.slice(0, axis), size, ...dims.slice(axis + 1)];
  if (after === 1) {
    const product = b.op('MatMul', [b.reshape(g, [before, out]), b.constant([...matrix], dtype, [out, size])]);
    return b.reshape(product, target);
  }
  const transposed: number[] = [];
  for (let i = 0; i < size; i++) for (let o = 0; o < out; o++) transposed.push(matrix[o * size + i]!);
  const product = b.op('MatMul', [b.constant(transposed, dtype, [size, out]), b.reshape(g, [before, out, after])]);
  return b.reshape(product, target);
}
