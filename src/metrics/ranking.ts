/** Cells in order of what a map says of them. */
import { Random } from '../tensor/random';

/** Indices of the cells, the highest value first. Equal values come in an order drawn from the seed: row by row would favour the top of a picture. Values that are no numbers come last. */
export function byFallingValue(cells: ArrayLike<number>, seed: number): Uint32Array {
  const order = new Random(seed).shuffle(Uint32Array.from({ length: cells.length }, (_, index) => index));
  const value = (index: number): number => (Number.isNaN(cells[index]!) ? -Infinity : cells[index]!);
  return order.sort((a, b) => value(b) - value(a) || 0);
}

/** Whether all values are one and the same, so that a map has no order. */
export function isConstant(cells: ArrayLike<number>): boolean {
  for (let i = 1; i < cells.length; i++) if (cells[i] !== cells[0]) return false;
  return true;
}
