/** Cells of a map around the points of a grid. */

/** Borders between the points of a grid: half way to the neighbours, and as far beyond the ends. */
export function bordersOf(grid: ArrayLike<number>): number[] {
  const n = grid.length;
  if (n === 1) return [grid[0]! - 0.5, grid[0]! + 0.5];
  const between = Array.from({ length: n - 1 }, (_, i) => (grid[i]! + grid[i + 1]!) / 2);
  return [2 * grid[0]! - between[0]!, ...between, 2 * grid[n - 1]! - between[n - 2]!];
}
