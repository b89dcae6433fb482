/** The sub-pixel form of a convolution's cotangent: whole cells of pixels as channels of one Conv, then interleaved. */
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../builder';
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
interface CellAxis {
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
    const blocks = Math.ceil((wDims[1]! * cuts[0]!.span * cuts[1]!.span) / 16);
    // Measured throughput of ONNX Runtime's blocked convolution by the number of channel blocks it makes.
    const speed = [0.5, 0.75, 0.85, 1][Math.min(blocks, 4) - 1]!;
    const cost = cuts.reduce((product, { cells, taps }) => product * cells * taps, blocks / speed);
    if (cost < least * 0.9) [best, least] = [cell, cost];
  }
  return best;
}

/** dx of a convolution. Cells are ordered [C, r1, r2, …] in the channels, so that each channel's pixels are adjacent. */
export function subPixel(b: GraphBuilder, { w, wDims, g, gDims, group, axes, cell, dtype, dialect }: SubPixelInput): string {
  const spatial = axes.length, n = gDims[0]!;
  const [m, c] = [wDims[0]! / group, wDims[1]!], channels = c * group;
  const cuts = axes.map((axis) => cellAxis(axis, cell));
  const spans = cuts.map(({ span }) => span), taps = cuts.map((cut) => cut.taps), cells = cuts.map((cut) => cut.cells);
  const pixels = spans.reduce((product, span) => product * span, 1);

  // Kernel: a zero behind each axis, entries gathered to [M, C/G, r1, t1, r2, t2, …], ordered [G, C/G, r…, M/G, t…].
  let gathered = padSpatial(b, w, wDims, axes.map(() => 0), axes.map(() => 1));
  cuts.forEach((cut, index) => {
    gathered = b.op('Gather', [gathered, b.constant(cut.indices, 'int64', [cut.span, cut.taps])], { axis: 2 + 2 * index });
  });
  const split = b.reshape(gathered, [group, m, c, ...cuts.flatMap((cut) => [cut.span, cut.taps])]);
  const ordered = b.transpose(split, [0, 2, ...axes.map((_, i) => 3 + 2 * i), 1, ...axes.map((_, i) => 4 + 2 * i)]);
  const kernel = b.reshape(ordered, [channels * pixels, m, ...taps]);

  const begins = cuts.map((cut) => -cut.first), ends = cuts.map((cut, i) => (cut.cells - 1) * cell + cut.taps - axes[i]!.out + cut.first);
  const cropped = padSpatial(b, g, gDims, begins.map((pad) => Math.min(pad, 0)), ends.map((pad) => Math.min(pad, 0)));
  const made = b.op('Conv', [cropped, kernel], {
    kernel_shape: taps, strides: axes.map(() => cell), group, pads: [...begins, ...ends].map((pad) => Math.max(pad, 0)),
  });

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
