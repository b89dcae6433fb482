/** Parts of a segmentation mask: the cells of one class inside a rectangle, or where that class wins now. */
import { findClass } from './classes';
import { bad } from './targetText';

export interface Mask {
  readonly name: string;
  /** For one sample. */
  readonly dims: readonly number[];
  /** Scores, where they are needed to see which class wins. */
  readonly values?: Float32Array;
  readonly labels?: readonly string[];
}

export interface Region {
  /** Flat indices of the class's scores. */
  readonly cells: Int32Array;
  /** Flat indices of the best other class's scores there, cell by cell; for margins. */
  readonly others?: Int32Array;
  readonly words: string;
}

/** Which cells: a rectangle, those around a cell, or all where the class wins. */
export interface RegionPart {
  readonly box?: readonly [x0: number, y0: number, x1: number, y1: number];
  readonly at?: readonly [x: number, y: number];
  /** The best other class counts against it. */
  readonly margin?: boolean;
}

interface Layout {
  readonly classes: number;
  readonly height: number;
  readonly width: number;
  /** Classes stand behind rows and columns. */
  readonly last: boolean;
}

/**
 * The layout of a mask [1, C, H, W], [1, H, W, C], [1, H, W] or without the batch's 1. Where the sizes do not tell, the
 * axis that has as many classes as there are labels holds them, else the smaller of the first and the last.
 */
export function maskLayout({ name, dims, labels }: Pick<Mask, 'name' | 'dims' | 'labels'>): Layout {
  const inner = dims.length === 4 || (dims.length === 3 && dims[0] === 1) ? dims.slice(1) : dims;
  if (dims.length === 4 && dims[0] !== 1) throw bad(`'${name}' has dims [${dims.join(', ')}], expected those of one sample`);
  if (inner.length === 2) return { classes: 1, height: inner[0]!, width: inner[1]!, last: false };
  if (inner.length !== 3) throw bad(`'${name}' has dims [${dims.join(', ')}], but a region is part of a mask, expected [1, classes, height, width] or [1, height, width, classes]`);
  const [a, b, c] = inner as [number, number, number], named = labels?.length;
  const last = named !== undefined && named > 1 && (a === named) !== (c === named) ? c === named : c < a;
  return last ? { classes: c, height: a, width: b, last } : { classes: a, height: b, width: c, last };
}

/**
 * @param part.box x0, y0 (inside) and x1, y1 (the first column and row outside), in cells of the mask; negative ones count from the end.
 * @param part.at x, y of a cell: only the cells that are connected to it, side by side.
 * @throws LensError for an unknown class, a rectangle outside the mask, and a class that wins nowhere.
 */
export function regionCells(mask: Mask, wanted: string, part: RegionPart = {}): Region {
  const { box, at: around, margin } = part;
  const layout = maskLayout(mask), { classes, height, width, last } = layout;
  const index = findClass({ labels: mask.labels?.length === classes ? mask.labels : undefined, port: { name: mask.name, dtype: 'float32', dims: mask.dims } }, classes, wanted);
  const label = mask.labels?.[index] ?? `class ${index}`;
  const at = (channel: number, cell: number): number => (last ? cell * classes + channel : channel * height * width + cell);
  const won = box ? rectangle(mask, layout, box) : winning(mask, layout, index, at), places = around ? connected(mask, layout, won, around, label) : won;
  const others = margin && classes > 1 ? Int32Array.from(places, (cell) => bestOther(mask.values!, classes, index, (channel) => at(channel, cell))) : undefined;
  const size = `${places.length} of ${width}×${height} cells of '${mask.name}'`;
  const where = box ? `in ${size}` : around ? `around ${around.join(', ')} where it wins now, ${size}` : `where it wins now, ${size}`;
  return { cells: Int32Array.from(places, (cell) => at(index, cell)), ...(others && { others }), words: `${label}${others ? ' rather than the next class,' : ''} ${where}` };
}

function rectangle({ name }: Mask, { width, height }: Layout, box: readonly [number, number, number, number]): number[] {
  const [x0, y0, x1, y1] = box.map((corner, place) => (corner < 0 ? corner + (place % 2 === 0 ? width : height) : corner)) as [number, number, number, number];
  if (x0 < 0 || y0 < 0 || x1 > width || y1 > height || x0 >= x1 || y0 >= y1) {
    throw bad(`region ${box.join(', ')} is not inside the mask: '${name}' is ${width} cells wide and ${height} high, expected 0 ≤ x0 < x1 ≤ ${width} and 0 ≤ y0 < y1 ≤ ${height}`);
  }
  const cells: number[] = [];
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) cells.push(y * width + x);
  return cells;
}

/** Element of the class with the largest score in a cell, of all but one. */
function bestOther(values: Float32Array, classes: number, index: number, at: (channel: number) => number): number {
  let best = at(index === 0 ? 1 : 0);
  for (let channel = 0; channel < classes; channel++) if (channel !== index && values[at(channel)]! > values[best]!) best = at(channel);
  return best;
}

/** Those of `cells` that can be reached from one of them by steps to a neighbour above, below, left or right. */
function connected({ name }: Mask, { width, height }: Layout, cells: readonly number[], [x, y]: readonly [number, number], label: string): number[] {
  const open = new Uint8Array(width * height), start = y * width + x;
  for (const cell of cells) open[cell] = 1;
  if (x < 0 || y < 0 || x >= width || y >= height || !open[start]) throw bad(`${label} does not win at ${x}, ${y} of '${name}' (${width} cells wide, ${height} high), expected a cell where it does`);
  const found = [start];
  open[start] = 0;
  for (let next = 0; next < found.length; next++) {
    const cell = found[next]!, column = cell % width;
    for (const other of [cell - width, cell + width, column > 0 ? cell - 1 : -1, column < width - 1 ? cell + 1 : -1]) {
      if (!open[other]) continue;
      open[other] = 0;
      found.push(other);
    }
  }
  return found.sort((a, b) => a - b);
}

/** Cells whose largest score is the class's; with one class only, those above its threshold (½ of probabilities, 0 of logits). */
function winning({ values, labels, name }: Mask, { classes, width, height }: Layout, index: number, at: (channel: number, cell: number) => number): number[] {
  const cells: number[] = [], wins = new Float64Array(classes);
  const threshold = values!.every((value) => value >= 0 && value <= 1) ? 0.5 : 0;
  for (let cell = 0; cell < width * height; cell++) {
    let best = 0;
    for (let channel = 1; channel < classes; channel++) if (values![at(channel, cell)]! > values![at(best, cell)]!) best = channel;
    if (classes === 1 && !(values![at(0, cell)]! > threshold)) continue;
    wins[best]!++;
    if (best === index) cells.push(cell);
  }
  if (cells.length) return cells;
  const most = [...wins.keys()].sort((a, b) => wins[b]! - wins[a]!).filter((one) => wins[one]! > 0).slice(0, 3);
  const winners = most.map((one) => `${one} '${labels?.[one] ?? `class ${one}`}' ${(100 * wins[one]! / (width * height)).toFixed(1)} %`).join(', ');
  throw bad(`${labels?.[index] ?? `class ${index}`} wins nowhere in '${name}' now${winners ? `; most cells go to ${winners}` : `: no cell is above ${threshold}`}`, 'give a rectangle, or another class');
}
