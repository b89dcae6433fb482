/** The grids a detector's candidates lie on. */

export interface Level {
  readonly stride: number;
  readonly height: number;
  readonly width: number;
}

/** Sets of strides in use, most common first. */
const strideSets: readonly (readonly number[])[] = [[8, 16, 32], [16, 32], [8, 16, 32, 64], [4, 8, 16, 32], [8, 16, 32, 64, 128], [32], [16]];

export function levelsOf(height: number, width: number, strides: readonly number[]): Level[] {
  return strides.map((stride) => ({ stride, height: Math.ceil(height / stride), width: Math.ceil(width / stride) }));
}

/**
 * The grids whose cells, times `anchors`, make `count` candidates.
 * @param anchors numbers of candidates a cell to try, in order.
 */
export function levelsFor(count: number, height: number, width: number, anchors: readonly number[]): { readonly levels: readonly Level[]; readonly anchors: number } | undefined {
  for (const each of anchors) {
    for (const strides of strideSets) {
      const levels = levelsOf(height, width, strides);
      if (each * levels.reduce((sum, level) => sum + level.height * level.width, 0) === count) return { levels, anchors: each };
    }
  }
  return undefined;
}

/** Where candidate `row` lies, if each level's cells come one after another with `anchors` candidates side by side. */
export function* cellsOf(levels: readonly Level[], anchors: number): Generator<{ readonly row: number; readonly x: number; readonly y: number; readonly stride: number; readonly anchor: number }> {
  let row = 0;
  for (const { stride, height, width } of levels) {
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) for (let anchor = 0; anchor < anchors; anchor++) yield { row: row++, x, y, stride, anchor };
  }
}
