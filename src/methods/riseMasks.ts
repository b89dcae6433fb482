/** RISE's masks: coarse random grids, stretched smoothly over the picture and shifted by a random part of a cell. */
import { drawRandom } from './drawing';

/** Which cells of every mask are shown, and by how many pixels it is shifted. */
export interface MaskDraws {
  /** [cells · cells] of mask `index`, 0 … 1. */
  cells(index: number): ArrayLike<number>;
  /** Down and to the right, each below a cell's height and width. */
  offset(index: number): readonly [number, number];
}

/** Each cell shown with probability `p`; the same draw for the same seed and number, whatever the batches are. */
export function drawnMasks(seed: number, cells: number, p: number, cellHeight: number, cellWidth: number): MaskDraws {
  return {
    // The offset first, so that it can be had without the cells.
    offset: (index) => { const random = drawRandom(seed, index); return [random.integer(cellHeight), random.integer(cellWidth)]; },
    cells: (index) => {
      const random = drawRandom(seed, index);
      random.integer(cellHeight);
      random.integer(cellWidth);
      return Float32Array.from({ length: cells * cells }, () => Number(random.uniform() < p));
    },
  };
}

/** Two neighbouring cells for every pixel of the stretched grid, and the share of the second. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Float64Array;
}

/** Half-pixel centres; beyond the outermost centres the grid is mirrored, as scikit-image's `resize` (mode 'reflect') has it. */
function taps(cells: number, pixels: number): Taps {
  const first = new Int32Array(pixels), second = new Int32Array(pixels), share = new Float64Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const place = Math.abs(((i + 0.5) * cells) / pixels - 0.5), at = cells === 1 ? 0 : Math.min(place, 2 * (cells - 1) - place), low = Math.floor(at);
    first[i] = low;
    second[i] = Math.min(low + 1, cells - 1);
    share[i] = at - low;
  }
  return { first, second, share };
}

export class RiseMasks {
  readonly cellHeight: number;
  readonly cellWidth: number;
  private readonly down: Taps;
  private readonly across: Taps;
  private readonly row: Float64Array;

  constructor(private readonly cells: number, private readonly height: number, private readonly width: number) {
    [this.cellHeight, this.cellWidth] = [Math.ceil(height / cells), Math.ceil(width / cells)];
    this.down = taps(cells, (cells + 1) * this.cellHeight);
    this.across = taps(cells, (cells + 1) * this.cellWidth);
    this.row = new Float64Array(cells);
  }

  /** Mask `index` of the draws, [height · width]. */
  write(draws: MaskDraws, index: number, into: Float32Array): void {
    const { cells, down, across, row, width } = this, grid = draws.cells(index), [top, left] = draws.offset(index);
    for (let y = 0, at = 0; y < this.height; y++) {
      const above = down.first[y + top]! * cells, below = down.second[y + top]! * cells, low = down.share[y + top]!;
      for (let cell = 0; cell < cells; cell++) row[cell] = grid[above + cell]! + (grid[below + cell]! - grid[above + cell]!) * low;
      for (let x = left; x < left + width; x++, at++) {
        const value = row[across.first[x]!]!;
        into[at] = value + (row[across.second[x]!]! - value) * across.share[x]!;
      }
    }
  }
}
