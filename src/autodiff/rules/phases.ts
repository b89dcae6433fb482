/**
 * Cotangents in phases. What comes back through a pool of stride s is made at the pool's output positions, one array for
 * every residue of the input's positions modulo s. Putting them in place, side by side, moves every element out of
 * ONNX Runtime's blocked layout and back; a convolution can read the arrays as they are, so the place is taken where
 * channels are few. The whole cotangent is made as well, and dropped where nothing reads it.
 */
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../../graph/builder';
import { depthwise } from './windows';

/** Entry q along an axis is at position period·q + offset of the whole; entries outside of the whole are zeros. */
export interface Phase {
  readonly offset: number;
  readonly count: number;
}

export interface Phases {
  /** Of the whole: [N, C, H, W]. */
  readonly dims: readonly number[];
  readonly periods: readonly [number, number];
  /** Residues in which there is anything, along each axis. */
  readonly axes: readonly [readonly Phase[], readonly Phase[]];
  /** parts[i][j] [N, C, axes[0][i].count, axes[1][j].count]. */
  readonly parts: readonly (readonly string[])[];
}

const notes = new WeakMap<GraphBuilder, Map<string, Phases>>();

/** The phases of a cotangent, if it has come in phases. */
export function phasesOf(b: GraphBuilder, cotangent: string): Phases | undefined {
  return notes.get(b)?.get(cotangent);
}

/** The whole cotangent; what it consists of is noted. */
export function joinPhases(b: GraphBuilder, phases: Phases, dtype: DType): string {
  const [rows, columns] = phases.axes, [height, width] = phases.dims.slice(2) as [number, number];
  const complete = (list: readonly Phase[], size: number): boolean => list.length === 1 && list[0]!.offset === 0 && list[0]!.count === size;
  if (phases.periods.every((period) => period === 1) && complete(rows, height) && complete(columns, width)) return phases.parts[0]![0]!;
  const taps = rows.flatMap((row) => columns.map((column): [number, number] => [row.offset, column.offset]));
  const lengths = longest(phases), channels = phases.dims[1]!;
  // A depthwise Conv pads in the blocked layout, in a third of the time of a Pad.
  const padded = phases.parts.map((row, i) => row.map((part, j) => {
    const behind = [lengths[0] - rows[i]!.count, lengths[1] - columns[j]!.count] as const;
    return behind.every((count) => count === 0) ? part : depthwise(b, part, channels, [1, 1], [1], { pads: [0, 0, ...behind] });
  }));
  const whole = place(b, stackPhases(b, phases, padded, channels, 1), longest(phases), taps, phases.dims, phases.periods, dtype);
  let table = notes.get(b);
  if (!table) notes.set(b, table = new Map());
  table.set(whole, phases);
  return whole;
}

/** The largest number of entries along each axis: phases are as long as that when they are stacked. */
export function longest(phases: Phases): [number, number] {
  return phases.axes.map((list) => Math.max(...list.map(({ count }) => count))) as [number, number];
}

/** Values of all phases, [N, C·taps, longest] each, side by side for every channel: [N, C·phases·taps, longest]. */
export function stackPhases(b: GraphBuilder, phases: Phases, values: readonly (readonly string[])[], channels: number, taps: number): string {
  const n = phases.dims[0]!, [height, width] = longest(phases);
  const apart = values.flatMap((row) => row.map((value) => b.reshape(value, [n, channels, taps, height, width])));
  return b.reshape(b.concat(apart, 2), [n, channels * taps * apart.length, height, width]);
}

/**
 * Adds stacked entries up in an array of dims `dims`: entry q of a tap [y, x] goes to (strides[0]·q₀ + y, strides[1]·q₁ + x).
 * One ConvTranspose with a one-hot kernel for every channel. Of the other ways to do this, measured on 64 × 111 × 111:
 * Transpose takes as long, MatMul 1.2 times, Resize and Where twice, DepthToSpace on so many channels more.
 */
export function place(b: GraphBuilder, stacked: string, lengths: readonly number[], taps: readonly (readonly [number, number])[], dims: readonly number[], strides: readonly number[], dtype: DType): string {
  const first = [0, 1].map((axis) => Math.min(0, ...taps.map((tap) => tap[axis]!)));
  const kernel = first.map((start, axis) => Math.max(...taps.map((tap) => tap[axis]!)) - start + 1) as [number, number];
  const oneHot = taps.flatMap(([y, x]) => {
    const at = (y - first[0]!) * kernel[1] + x - first[1]!;
    return Array.from({ length: kernel[0] * kernel[1] }, (_, index) => (index === at ? 1 : 0));
  });
  const channels = dims[1]!;
  const weight = b.op('Tile', [b.constant(oneHot, dtype, [taps.length, 1, ...kernel]), b.int64s([channels, 1, 1, 1])]);
  const surplus = lengths.map((length, axis) => (length - 1) * strides[axis]! + kernel[axis]! + first[axis]! - dims[axis + 2]!);
  const made = b.op('ConvTranspose', [stacked, weight], {
    group: channels, kernel_shape: kernel, strides, pads: [...first.map((start) => -start), ...surplus.map((crop) => Math.max(crop, 0))],
  });
  return surplus.every((crop) => crop >= 0) ? made : b.pad(made, [0, 0, 0, 0, 0, 0, ...surplus.map((crop) => Math.max(-crop, 0))]);
}
