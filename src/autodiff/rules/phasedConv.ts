/** The cotangent of a convolution whose own cotangent has come in phases (phases.ts). */
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../../graph/builder';
import { longest, place, stackPhases, type Phase, type Phases } from './phases';
import { cellKernel, speed } from './subPixel';
import type { WindowAxis } from './windows';

export interface PhasedInput {
  readonly phases: Phases;
  /** Kernel [M, C, k, k] of a convolution without groups. */
  readonly w: string;
  readonly wDims: readonly number[];
  readonly axes: readonly WindowAxis[];
  readonly dtype: DType;
}

/** dx from the phases, or undefined where it is quicker from the whole cotangent. */
export function phasedConv(b: GraphBuilder, input: PhasedInput): string | undefined {
  const [, channels, ...kernel] = input.wDims as [number, number, number, number], area = kernel[0] * kernel[1];
  if (area === 1 || (channels <= 4 && channels * area <= 64)) return byWindows(b, input);
  const cuts = input.phases.axes.map((list, axis) => list.map((phase) => cutPhase(input.axes[axis]!, input.phases.periods[axis]!, phase))) as [PhaseCut[], PhaseCut[]];
  return cellsAreQuicker(input, cuts) ? byCells(b, input, cuts) : undefined;
}

/**
 * A 1×1 Conv turns every entry of a phase into the window of x that it came from, and one ConvTranspose adds up the windows
 * of all phases. Measured on SqueezeNet's first layers (3 × 3, stride 2, back to three colours, behind a pool of stride
 * 2): 0.56 of the time of a whole cotangent, 0.8 of that of cells.
 */
function byWindows(b: GraphBuilder, { phases, w, wDims, axes, dtype }: PhasedInput): string {
  const [m, channels] = [wDims[0]!, wDims[1]!], kernel = wDims.slice(2), area = kernel[0]! * kernel[1]!, lengths = longest(phases);
  const spread = b.reshape(b.transpose(w, [1, 2, 3, 0]), [channels * area, m, 1, 1]);
  const windows = phases.parts.map((row, i) => row.map((part, j) => b.op('Conv', [part, spread], {
    kernel_shape: [1, 1], pads: [0, 0, lengths[0] - phases.axes[0][i]!.count, lengths[1] - phases.axes[1][j]!.count],
  })));
  const reads = (axis: 0 | 1, phase: Phase, k: number): number => firstRead(axes[axis]!, phase) + axes[axis]!.dilation * k;
  const taps = phases.axes[0].flatMap((row) => phases.axes[1].flatMap((column) => Array.from({ length: area }, (_, k): [number, number] =>
    [reads(0, row, Math.floor(k / kernel[1]!)), reads(1, column, k % kernel[1]!)])));
  return place(b, stackPhases(b, phases, windows, channels, area), lengths, taps, [phases.dims[0]!, channels, ...axes.map(({ size }) => size)], spans(phases, axes), dtype);
}

/** Entry q of a phase is output o = period·q + offset, which read x at span·q + firstRead + dilation·k, span = stride·period. */
function firstRead({ stride, begin }: WindowAxis, { offset }: Phase): number {
  return stride * offset - begin;
}

function spans({ periods }: Phases, axes: readonly WindowAxis[]): number[] {
  return axes.map(({ stride }, axis) => stride * periods[axis]!);
}

/** How pixels r of cells of `span` read a phase: cell Q reads entries Q + first … Q + first + taps − 1, pixel r the u-th by kernel entry indices[r·taps + u]. */
interface PhaseCut {
  readonly count: number;
  readonly span: number;
  readonly first: number;
  readonly taps: number;
  readonly indices: readonly number[];
}

function cutPhase(axis: WindowAxis, period: number, phase: Phase): PhaseCut {
  const span = axis.stride * period, start = firstRead(axis, phase), entries: { r: number; k: number; e: number }[] = [];
  for (let r = 0; r < span; r++) for (let k = 0; k < axis.kernel; k++) {
    const e = (r - start - axis.dilation * k) / span;
    if (Number.isInteger(e)) entries.push({ r, k, e });
  }
  // A Conv takes no negative pads: the first entry is read (by zero) even where no pixel needs it.
  const first = Math.min(0, ...entries.map(({ e }) => e)), taps = Math.max(0, ...entries.map(({ e }) => e)) - first + 1;
  const indices = new Array<number>(span * taps).fill(axis.kernel);
  for (const { r, k, e } of entries) indices[r * taps + e - first] = k;
  return { count: phase.count, span, first, taps, indices };
}

/** As many cells as cover x and as every phase has entries for. */
function cellCounts({ axes }: PhasedInput, cuts: readonly [readonly PhaseCut[], readonly PhaseCut[]]): number[] {
  return cuts.map((list, axis) => Math.max(Math.ceil(axes[axis]!.size / list[0]!.span), ...list.map(({ count, first, taps }) => count + 1 - taps - first)));
}

/** What moving an element in and out of the blocked layout costs, in multiplications of a convolution (measured). */
const moved = 140;

/** Multiplications over throughput of either form, and what is put in place: M channels before the convolution, or C behind it. */
function cellsAreQuicker(input: PhasedInput, cuts: readonly [readonly PhaseCut[], readonly PhaseCut[]]): boolean {
  const { wDims, axes, phases } = input, [m, channels, ...kernel] = wDims as [number, number, number, number];
  const blocks = (count: number): number => (Math.ceil(count / 16) * 16) / speed(count), area = (list: readonly number[]): number => list[0]! * list[1]!;
  const pixels = area(axes.map(({ size }) => size)), outputs = area(phases.dims.slice(2)), cell = cuts[0][0]!.span * cuts[1][0]!.span;
  const taps = cuts[0].reduce((sum, row) => sum + cuts[1].reduce((part, column) => part + row.taps * column.taps, 0), 0);
  const byCell = taps * m * blocks(channels * cell) * area(cellCounts(input, cuts)) + moved * channels * pixels;
  // A whole cotangent at a stride takes cells as well, with about as many idle taps.
  const strided = axes.some(({ stride }) => stride > 1);
  const byWhole = strided ? area(kernel) * m * channels * outputs * 2 + moved * (m * outputs + channels * pixels) : area(kernel) * m * blocks(channels) * pixels + moved * m * outputs;
  return byCell < byWhole;
}

/** One Conv a phase makes cells of pixels, as channels; their sum is interleaved. */
function byCells(b: GraphBuilder, input: PhasedInput, cuts: readonly [readonly PhaseCut[], readonly PhaseCut[]]): string {
  const { phases, w, wDims, axes, dtype } = input, cells = cellCounts(input, cuts), [height, width] = spans(phases, axes) as [number, number];
  const made = cuts[0].flatMap((row, i) => cuts[1].map((column, j) => {
    const both = [row, column], ends = both.map(({ count, first, taps }, axis) => cells[axis]! - 1 + taps + first - count);
    return b.op('Conv', [phases.parts[i]![j]!, cellKernel(b, w, wDims, 1, both)], { kernel_shape: [row.taps, column.taps], pads: [-row.first, -column.first, ...ends] });
  })).reduce((sum, next) => b.op('Add', [sum, next]));
  const taps = Array.from({ length: height * width }, (_, pixel): [number, number] => [Math.floor(pixel / width), pixel % width]);
  return place(b, made, cells, taps, [phases.dims[0]!, wDims[1]!, ...axes.map(({ size }) => size)], [height, width], dtype);
}
