/** Four numbers a box, in whatever order and unit an output has them. */
import type { Rows } from '../rows';

export type BoxOrder = 'x0y0x1y1' | 'y0x0y1x1' | 'centre';

export interface Corners { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number }

/** Box `row` from four channels, in the output's unit. */
export function cornersAt(rows: Rows, row: number, from: number, order: BoxOrder): Corners {
  const [a, b, c, d] = [rows.get(row, from), rows.get(row, from + 1), rows.get(row, from + 2), rows.get(row, from + 3)] as const;
  if (order === 'centre') return { x0: a - c / 2, y0: b - d / 2, x1: a + c / 2, y1: b + d / 2 };
  return order === 'x0y0x1y1' ? { x0: a, y0: b, x1: c, y1: d } : { x0: b, y0: a, x1: d, y1: c };
}

/** Whether coordinates are fractions of the picture: none is far above 1 (boxes may reach over its edge). */
export function areFractions(rows: Rows, from: number): boolean {
  return Math.max(rows.range(from).largest, rows.range(from + 1).largest, rows.range(from + 2).largest, rows.range(from + 3).largest) <= 2;
}

/** Share of candidates whose third and fourth number are not below the first and second: of corners, nearly all. */
export function shareOrdered(rows: Rows, from: number): number {
  const count = Math.min(rows.count, 2000);
  let ordered = 0;
  for (let row = 0; row < count; row++) if (rows.get(row, from + 2) >= rows.get(row, from) && rows.get(row, from + 3) >= rows.get(row, from + 1)) ordered++;
  return count ? ordered / count : 1;
}

export function scaled({ x0, y0, x1, y1 }: Corners, sx: number, sy: number): Corners {
  return { x0: x0 * sx, y0: y0 * sy, x1: x1 * sx, y1: y1 * sy };
}
