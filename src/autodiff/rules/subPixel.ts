/** The sub-pixel form of a convolution's cotangent: whole cells of pixels as channels of one Conv, then interleaved. */
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../../graph/builder';
import type { Dialect } from '../rule';
import { padSpatial } from './windows';
import type { WindowAxis } from './windows';

export interface SubPixelInput {
  readonly w: string;
  readonly wDims: readonly number[];
  readonly g: string;
  readonly gDims: readonly number[];
  readonly group: number;
  readonly axes: readonly WindowAxis[];
  /** Outputs of the forward convolution a cell spans along each axis (see cellSize). */
  readonly cell: number;
  readonly dtype: DType;
  readonly dialect: Dialect;
}

/** How an axis is cut into cells of `span` = cell·stride pixels, each of which reads `taps` entries of g. */
export interface CellAxis {
  readonly span: number;
  readonly cells: number;
  readonly taps: number;
  /** The first entry of g that cell 0 reads (cell q reads from first + cell·q on). */
  readonly first: number;
  /** indices[r·taps + u]: the kernel entry by which pixel r of a cell reads its tap u, or `kernel` for none. */
  readonly indices: readonly number[];
}

/**
 * Input pixel i = span·q + r of cell q gets w[k] · g[o] wherever i + p − d·k = s·o, so o = cell·q + e with
 * e = (r + p − d·k) / s: an offset that depends on r and k only.
 */
function cellAxis(axis: WindowAxis, cell: number): CellAxis {
  const { stride, dilation, kernel, begin, size } = axis;
  const span = cell * stride, entries: { r: number; k: number; e: number }[] = [];
  for (let r = 0; r < span; r++) {
    for (let k = 0; k < kernel; k++) {
      const at = r + begin - dilation * k;
      if (((at % stride) + stride) % stride === 0) entries.push({ r, k, e: at / stride });
    }
  }
  // Dilations that share a factor with the stride can leave every pixel of a tiny kernel without a reader.
  const first = entries.length === 0 ? 0 : Math.min(...entries.map(({ e }) => e));
  const taps = entries.length === 0 ? 1 : Math.max(...entries.map(({ e }) => e)) - first + 1;
  const indices = new Array<number>(span * taps).fill(kernel);
  for (const { r, k, e } of entries) indices[r * taps + e - first] = k;
  return { span, cells: Math.ceil(size / span), taps, first, indices };
}

/** Throughput of ONNX Runtime's blocked convolution (relative, measured) by the number of output channels. */
export function speed(channels: number): number {
  return [0.5, 0.75, 0.85, 1][Math.min(Math.ceil(channels / 16), 4) - 1]!;
}

/**
 * How many outputs a cell should span. Larger cells waste some multiplications on zero taps, but fill the blocks of 16
 * channels that ONNX Runtime computes, which a convolution back to three colours leaves mostly empty: kernel 7 with
 * stride 2 is 1.5 times as fast in cells of 4 × 4 pixels as in cells of 2 × 2.
 */
export function cellSize(dialect: Dialect, wDims: readonly number[], group: number, axes: readonly WindowAxis[]): number {
  if (dialect !== 'cpu' || group !== 1 || axes.length !== 2 || wDims[1]! > 4 || axes.some((axis) => axis.size < 32 || axis.kernel === 1)) return 1;
  let best = 1, least = Infinity;
  for (const cell of [1, 2, 4]) {
    const cuts = axes.map((axis) => cellAxis(axis, cell));
    const channels = wDims[1]! * cuts[0]!.span * cuts[1]!.span;
    const cost = cuts.reduce((product, { cells, taps }) => product * cells * taps, Math.ceil(channels / 16) / speed(channels));
    if (cost < least * 0.9) [best, least] = [cell, cost];
  }
  return best;
}

/** dx of a convolution. Cells are ordered [C, r1, r2, …] in the channels, so that each channel's pixels are adjacent. */
export function subPixel(b: GraphBuilder, input: SubPixelInput): string {
  const { wDims, gDims, group, axes, cell, dtype, dialect } = input;
  const spatial = axes.length, n = gDims[0]!;
  const c = wDims[1]!, channels = c * group;
  const cuts = axes.map((axis) => cellAxis(axis, cell));
  const spans = cuts.map(({ span }) => span), cells = cuts.map((cut) => cut.cells);
  const pixels = spans.reduce((product, span) => product * span, 1);

  const made = dialect === 'cpu' && cell === 1 && separateIsFaster(axes, cuts, c) ? separatePixels(b, input, cuts) : allPixels(b, input, cuts);

  const surplus = axes.map((axis, i) => cells[i]! * spans[i]! - axis.size);
  if (dialect === 'cpu') {
    // One-hot [pixels·C, 1, spans]: pixel r of a channel lands at offset r of its cell; pads crop the last cell.
    const unit = new Array<number>(pixels * pixels).fill(0);
    for (let pixel = 0; pixel < pixels; pixel++) unit[pixel * pixels + pixel] = 1;
    const oneHot = b.op('Tile', [b.constant(unit, dtype, [pixels, 1, ...spans]), b.int64s([channels, 1, ...spans.map(() => 1)])]);
    return b.op('ConvTranspose', [made, oneHot], { group: channels, kernel_shape: spans, strides: spans, pads: [...axes.map(() => 0), ...surplus] });
  }
  const apart = b.reshape(made, [n, channels, ...spans, ...cells]);
  const woven = b.transpose(apart, [0, 1, ...axes.flatMap((_, i) => [2 + spatial + i, 2 + i])]);
  const merged = [n, channels, ...cells.map((count, i) => count * spans[i]!)];
  return padSpatial(b, b.reshape(woven, merged), merged, axes.map(() => 0), surplus.map((crop) => -crop));
}

/** All pixels of the cells by one Conv [N, C·pixels, …cells], whose kernels have zeros where a pixel does not read. */
function allPixels(b: GraphBuilder, { w, wDims, g, gDims, group, axes, cell }: SubPixelInput, cuts: readonly CellAxis[]): string {
  return correlate(b, g, gDims, cellKernel(b, w, wDims, group, cuts), group, axes, cuts, cell);
}

/** The kernel [C·pixels, M/G, …taps] that makes cells: a zero behind each axis of w, entries gathered to [M, C/G, r1, t1, r2, t2, …], ordered [G, C/G, r…, M/G, t…]. */
export function cellKernel(b: GraphBuilder, w: string, wDims: readonly number[], group: number, cuts: readonly Pick<CellAxis, 'span' | 'taps' | 'indices'>[]): string {
  const [m, c] = [wDims[0]! / group, wDims[1]!], taps = cuts.map((cut) => cut.taps), axes = wDims.slice(2);
  let gathered = padSpatial(b, w, wDims, axes.map(() => 0), axes.map(() => 1));
  cuts.forEach((cut, index) => {
    gathered = b.op('Gather', [gathered, b.constant(cut.indices, 'int64', [cut.span, cut.taps])], { axis: 2 + 2 * index });
  });
  const split = b.reshape(gathered, [group, m, c, ...cuts.flatMap((cut) => [cut.span, cut.taps])]);
  const ordered = b.transpose(split, [0, 2, ...axes.map((_, i) => 3 + 2 * i), 1, ...axes.map((_, i) => 4 + 2 * i)]);
  return b.reshape(ordered, [c * group * cuts.reduce((pixels, { span }) => pixels * span, 1), m, ...taps]);
}

/** Correlates g with a kernel whose tap u of cell q reads entry first + cell·q + u. */
function correlate(b: GraphBuilder, g: string, gDims: readonly number[], kernel: string, group: number, axes: readonly WindowAxis[], cuts: readonly Pick<CellAxis, 'first' | 'cells' | 'taps'>[], cell: number): string {
  const begins = cuts.map((cut) => -cut.first), ends = cuts.map((cut, i) => (cut.cells - 1) * cell + cut.taps - axes[i]!.out + cut.first);
  const cropped = padSpatial(b, g, gDims, begins.map((pad) => Math.min(pad, 0)), ends.map((pad) => Math.min(pad, 0)));
  return b.op('Conv', [cropped, kernel], {
    kernel_shape: cuts.map((cut) => cut.taps), strides: axes.map(() => cell), group, pads: [...begins, ...ends].map((pad) => Math.max(pad, 0)),
  });
}

/** The taps that pixel r of a cell reads, without the zeros around them. */
function pixelTaps(axis: WindowAxis, cut: CellAxis, r: number): { first: number; cells: number; taps: number; indices: number[] } {
  const row = cut.indices.slice(r * cut.taps, (r + 1) * cut.taps);
  const used = row.flatMap((k, u) => (k < axis.kernel ? [u] : []));
  const from = used[0] ?? 0, to = used[used.length - 1] ?? -1;
  return { first: cut.first + from, cells: cut.cells, taps: to - from + 1, indices: row.slice(from, to + 1) };
}

/** Whether a Conv for each pixel of the cells, without zero taps, beats one for all (which fills more channel blocks). */
function separateIsFaster(axes: readonly WindowAxis[], cuts: readonly CellAxis[], channels: number): boolean {
  if (axes.length !== 2) return false;
  const [rows, columns] = cuts.map((cut, i) => Array.from({ length: cut.span }, (_, r) => pixelTaps(axes[i]!, cut, r).taps)) as [number[], number[]];
  const used = rows.flatMap((row) => columns.map((column) => row * column)).reduce((a, t) => a + t, 0);
  const together = channels * rows.length * columns.length;
  // Taps times blocks of 16 channels, over throughput.
  return (used * Math.ceil(channels / 16)) / speed(channels) < (0.95 * cuts[0]!.taps * cuts[1]!.taps * Math.ceil(together / 16)) / speed(together);
}

/** Each pixel of the cells by a Conv of its own, stacked to [N, C·pixels, …cells]. Measured for kernel 3, stride 2: 0.56 – 0.75 of the time. */
function separatePixels(b: GraphBuilder, { w, wDims, g, gDims, group, axes, dtype }: SubPixelInput, cuts: readonly CellAxis[]): string {
  const [m, c] = [wDims[0]! / group, wDims[1]!], n = gDims[0]!, channels = c * group, cells = cuts.map((cut) => cut.cells);
  const padded = padSpatial(b, w, wDims, axes.map(() => 0), axes.map(() => 1));
  const pixels: string[] = [];
  for (let row = 0; row < cuts[0]!.span; row++) {
    for (let column = 0; column < cuts[1]!.span; column++) {
      const reads = [pixelTaps(axes[0]!, cuts[0]!, row), pixelTaps(axes[1]!, cuts[1]!, column)];
      if (reads.some(({ taps }) => taps === 0)) {
        pixels.push(b.expand(b.constant(0, dtype), [n, channels, 1, ...cells]));
        continue;
      }
      const entries = reads.reduce((kernel, { indices }, i) => b.op('Gather', [kernel, b.int64s(indices)], { axis: 2 + i }), padded);
      const split = b.transpose(b.reshape(entries, [group, m, c, reads[0]!.taps, reads[1]!.taps]), [0, 2, 1, 3, 4]);
      const kernel = b.reshape(split, [channels, m, reads[0]!.taps, reads[1]!.taps]);
      pixels.push(b.reshape(correlate(b, g, gDims, kernel, group, axes, reads, 1), [n, channels, 1, ...cells]));
    }
  }
  return b.reshape(b.concat(pixels, 2), [n, channels * pixels.length, ...cells]);
}
