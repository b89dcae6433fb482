/** Sampling pictures at places that need not be pixels: GridSample, RoiAlign, as gathers and weights. */
import { attrFloat, attrInt, attrString } from '../../graph/graph';
import type { GraphBuilder } from '../../graph/builder';
import type { DType } from '../../tensor/dtype';
import type { Decomposition, DecompositionTable } from './decomposition';

type Padding = 'zeros' | 'border' | 'reflection';

interface Sampler {
  readonly b: GraphBuilder;
  readonly dtype: DType;
  /** [N, C, H, W] */
  readonly x: string;
  readonly dims: readonly [number, number, number, number];
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** Pixels [N, C, P] at integer places (floats [N, P], inside the picture). */
function pixels({ b, x, dims: [n, c, h, w] }: Sampler, rows: string, columns: string, places: number): string {
  const at = b.op('Add', [b.op('Mul', [b.cast(rows, 'int64'), b.constant(w, 'int64')]), b.cast(columns, 'int64')]);
  const index = b.expand(b.reshape(at, [n, 1, places]), [n, c, places]);
  return b.op('GatherElements', [b.reshape(x, [n, c, h * w]), index], { axis: 2 });
}

/** The values at places (row, column) [N, P], between pixels linearly; pixels outside count as zero where `zeros`. */
function bilinear(s: Sampler, row: string, column: string, places: number, zeros: boolean): string {
  const { b, dtype, dims: [n, , h, w] } = s, number = (value: number): string => b.constant(value, dtype);
  const [top, left] = [b.op('Floor', [row]), b.op('Floor', [column])];
  const [down, right] = [b.op('Sub', [row, top]), b.op('Sub', [column, left])];
  const [up, back] = [b.op('Sub', [number(1), down]), b.op('Sub', [number(1), right])];
  const parts: string[] = [];
  for (const [dy, wy] of [[0, up], [1, down]] as const) {
    for (const [dx, wx] of [[0, back], [1, right]] as const) {
      const r = dy === 0 ? top : b.op('Add', [top, number(1)]), q = dx === 0 ? left : b.op('Add', [left, number(1)]);
      let weight = b.op('Mul', [wy, wx]);
      if (zeros) weight = b.op('Where', [b.op('And', [inside(b, r, h, dtype), inside(b, q, w, dtype)]), weight, number(0)]);
      const value = pixels(s, clamp(b, r, h, dtype), clamp(b, q, w, dtype), places);
      parts.push(b.op('Mul', [value, b.reshape(weight, [n, 1, places])]));
    }
  }
  return parts.reduce((sum, part) => b.op('Add', [sum, part]));
}

function clamp(b: GraphBuilder, at: string, size: number, dtype: DType): string {
  return b.op('Clip', [at, b.constant(0, dtype), b.constant(size - 1, dtype)]);
}

function inside(b: GraphBuilder, at: string, size: number, dtype: DType): string {
  return b.op('And', [b.op('GreaterOrEqual', [at, b.constant(0, dtype)]), b.op('LessOrEqual', [at, b.constant(size - 1, dtype)])]);
}

/** −1…1 to pixels: the centres of the outer pixels are at ±1 where corners are aligned, else the outer edges. */
function toPixels(b: GraphBuilder, at: string, size: number, aligned: boolean, dtype: DType): string {
  const shifted = b.op('Add', [at, b.constant(1, dtype)]);
  if (aligned) return b.op('Mul', [shifted, b.constant((size - 1) / 2, dtype)]);
  return b.op('Sub', [b.op('Mul', [shifted, b.constant(size / 2, dtype)]), b.constant(0.5, dtype)]);
}

/** Places outside are mirrored at the outer pixels' centres (aligned) or edges, as often as needed, then clamped. */
function reflect(b: GraphBuilder, at: string, size: number, aligned: boolean, dtype: DType): string {
  const low = aligned ? 0 : -0.5, span = aligned ? size - 1 : size;
  if (span === 0) return b.op('Mul', [at, b.constant(0, dtype)]);
  // A triangle wave of period 2·span: |((x − low + span) mod 2·span) − span| falls and rises between 0 and span.
  const moved = b.op('Sub', [at, b.constant(low - span, dtype)]), period = b.constant(2 * span, dtype);
  const wrapped = b.op('Sub', [moved, b.op('Mul', [b.op('Floor', [b.op('Div', [moved, period])]), period])]);
  const folded = b.op('Abs', [b.op('Sub', [wrapped, b.constant(span, dtype)])]);
  return clamp(b, b.op('Add', [folded, b.constant(low, dtype)]), size, dtype);
}

/** x [N, C, H, W] at grid [N, h, w, 2] (column, row in −1…1): [N, C, h, w]. Bicubic and 3-D forms are not written out. */
const gridSample: Decomposition = (node, { b, dims, dtype }) => {
  const [x, grid] = node.inputs as [string, string], shape = dims(x), gridDims = dims(grid), type = dtype(x);
  const mode = attrString(node, 'mode', 'linear'), padding = attrString(node, 'padding_mode', 'zeros') as Padding, aligned = attrInt(node, 'align_corners', 0) === 1;
  if (shape?.length !== 4 || gridDims?.length !== 4 || !['linear', 'bilinear', 'nearest'].includes(mode) || type !== dtype(grid)) return undefined;
  const [n, c, h, w] = shape as [number, number, number, number], places = gridDims[1]! * gridDims[2]!;
  const [gx, gy] = b.split(b.reshape(grid, [n, places, 2]), 2, [1, 1]).map((part) => b.reshape(part, [n, places])) as [string, string];
  const place = (at: string, size: number): string => {
    const pixel = toPixels(b, at, size, aligned, type);
    return padding === 'border' ? clamp(b, pixel, size, type) : padding === 'reflection' ? reflect(b, pixel, size, aligned, type) : pixel;
  };
  const sampler: Sampler = { b, dtype: type, x, dims: [n, c, h, w] }, row = place(gy, h), column = place(gx, w);
  if (mode !== 'nearest') return [b.reshape(bilinear(sampler, row, column, places, padding === 'zeros'), [n, c, gridDims[1]!, gridDims[2]!])];
  const [r, q] = [b.op('Round', [row]), b.op('Round', [column])];
  let value = pixels(sampler, clamp(b, r, h, type), clamp(b, q, w, type), places);
  if (padding === 'zeros') value = b.op('Mul', [value, b.reshape(b.cast(b.op('And', [inside(b, r, h, type), inside(b, q, w, type)]), type), [n, 1, places])]);
  return [b.reshape(value, [n, c, gridDims[1]!, gridDims[2]!])];
};

/**
 * x [N, C, H, W], rois [R, 4] (x1, y1, x2, y2), batch indices [R] → [R, C, h, w]: the mean of sampling_ratio² samples a
 * bin. A ratio of 0 (as many samples as the region is large) and the maximum are not written out.
 */
const roiAlign: Decomposition = (node, { b, dims, dtype }) => {
  const [x, rois, batches] = node.inputs as [string, string, string], shape = dims(x), regions = dims(rois)?.[0], type = dtype(x);
  const ratio = attrInt(node, 'sampling_ratio', 0), height = attrInt(node, 'output_height', 1), width = attrInt(node, 'output_width', 1);
  if (shape?.length !== 4 || !regions || ratio < 1 || attrString(node, 'mode', 'avg') !== 'avg') return undefined;
  const half = attrString(node, 'coordinate_transformation_mode', 'half_pixel') === 'half_pixel', scale = attrFloat(node, 'spatial_scale', 1);
  const [, c, h, w] = shape as [number, number, number, number];
  const number = (value: number): string => b.constant(value, type);
  const [x1, y1, x2, y2] = b.split(b.op('Sub', [b.op('Mul', [rois, number(scale)]), number(half ? 0.5 : 0)]), 1, [1, 1, 1, 1]) as [string, string, string, string];
  const along = (start: string, end: string, bins: number): string => {
    const whole = b.op('Sub', [end, start]), length = half ? whole : b.op('Max', [whole, number(1)]);
    // Samples sit at the middle of equal parts: (k + ½) / (bins·ratio) of the region.
    const parts = b.constant(range(bins * ratio).map((k) => (k + 0.5) / (bins * ratio)), type, [1, bins * ratio]);
    return b.op('Add', [start, b.op('Mul', [length, parts])]);
  };
  const [rows, columns] = [height * ratio, width * ratio], places = rows * columns;
  const spread = (at: string, dimsOf: number[]): string => b.reshape(b.expand(b.reshape(at, dimsOf), [regions, rows, columns]), [regions, places]);
  const row = spread(along(y1, y2, height), [regions, rows, 1]), column = spread(along(x1, x2, width), [regions, 1, columns]);
  // Up to one pixel outside counts as the border, beyond that as zero.
  const near = (at: string, size: number): string => b.op('And', [b.op('GreaterOrEqual', [at, number(-1)]), b.op('LessOrEqual', [at, number(size)])]);
  const seen = b.cast(b.op('And', [near(row, h), near(column, w)]), type);
  const picked = b.op('Gather', [x, batches], { axis: 0 });
  const values = bilinear({ b, dtype: type, x: picked, dims: [regions, c, h, w] }, clamp(b, row, h, type), clamp(b, column, w, type), places, false);
  const weighted = b.op('Mul', [values, b.reshape(seen, [regions, 1, places])]);
  return [b.reduce('ReduceMean', b.reshape(weighted, [regions, c, height, ratio, width, ratio]), [3, 5], false)];
};

export const samplingDecompositions: DecompositionTable = { GridSample: gridSample, RoiAlign: roiAlign };
