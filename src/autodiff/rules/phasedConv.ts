/** The cotangent of a convolution whose own cotangent has come in phases. */
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../../graph/builder';
import { longest, place, stackPhases, type Phases } from './phases';
import type { WindowAxis } from './windows';

/** Whether every entry of a cotangent may be spread to a whole window [C, k, k] before windows are put in place. */
export function columnsAreFew(wDims: readonly number[]): boolean {
  return wDims[1]! <= 4 && wDims.slice(1).reduce((product, dim) => product * dim, 1) <= 64;
}

/**
 * dx of a convolution back to a few channels (a picture): a 1×1 Conv turns every entry of a phase into the window of x that
 * it came from, and one ConvTranspose adds up the windows of all phases. Measured on SqueezeNet's first layers (3 × 3,
 * stride 2, behind a pool of stride 2): 0.6 of the time of a whole cotangent and cells of pixels; 0.8 of cells from phases.
 */
export function columnsOfPhases(b: GraphBuilder, phases: Phases, w: string, wDims: readonly number[], axes: readonly WindowAxis[], dtype: DType): string {
  const [m, channels] = [wDims[0]!, wDims[1]!], kernel = wDims.slice(2), area = kernel[0]! * kernel[1]!, [height, width] = longest(phases);
  const spread = b.reshape(b.transpose(w, [1, 2, 3, 0]), [channels * area, m, 1, 1]);
  const windows = phases.parts.map((row, i) => row.map((part, j) => b.op('Conv', [part, spread], {
    kernel_shape: [1, 1], pads: [0, 0, height - phases.axes[0][i]!.count, width - phases.axes[1][j]!.count],
  })));
  // Entry q of a phase is output o = period·q + offset, which read x at stride·o + dilation·k − begin.
  const reads = (axis: 0 | 1, offset: number, k: number): number => axes[axis]!.stride * offset + axes[axis]!.dilation * k - axes[axis]!.begin;
  const taps = phases.axes[0].flatMap((row) => phases.axes[1].flatMap((column) => Array.from({ length: area }, (_, k): [number, number] =>
    [reads(0, row.offset, Math.floor(k / kernel[1]!)), reads(1, column.offset, k % kernel[1]!)])));
  return place(b, stackPhases(b, phases, windows, channels, area, true), phases, taps, [phases.dims[0]!, channels, ...axes.map(({ size }) => size)], axes.map(({ stride }, axis) => stride * phases.periods[axis]!), dtype);
}
