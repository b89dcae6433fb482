/**
 * Where a model errs more than elsewhere: all slices of a table by one or two of its columns are looked at (in the spirit
 * of Chung et al., Slice Finder, 2019), and ranked by how much worse they are at least, chance and the number of slices
 * that were tried allowed for.
 */
import { normalTail } from './estimate';
import type { Levels } from './levels';

export interface Slice {
  /** Place of each column among those that were given, and its level. */
  readonly parts: readonly { readonly column: number; readonly level: number }[];
  /** Places of its rows. */
  readonly rows: Int32Array;
  /** Mean error of its rows, and its standard error. */
  readonly error: number;
  readonly standardError: number;
  /** By how much that is more than the mean error of all other rows. */
  readonly difference: number;
  /** `difference` less what chance makes of the worst of as many slices in 5 of 100 tables: above 0 it holds. */
  readonly lowerBound: number;
}

export interface SliceSearch {
  readonly slices: readonly Slice[];
  /** Slices that had rows enough. */
  readonly tried: number;
  readonly fewestRows: number;
  /** Columns that were combined in pairs: of very many, those that tell most about the error. */
  readonly paired: number;
}

const level = 0.05, shown = 12, shownOfChance = 5, mostPairs = 20_000, mostWork = 200_000_000, alike = 0.7, looked = 400;

interface Candidate {
  readonly parts: Slice['parts'];
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/**
 * @param errors of each row.
 * @yields [done, total] pairs of columns, so that others may work in between.
 */
export function* searchSlices(errors: Float64Array, columns: readonly Levels[]): Generator<readonly [number, number], SliceSearch, void> {
  const n = errors.length, whole = totals(errors), fewestRows = Math.max(Math.min(20, Math.ceil(n / 5)), Math.ceil(n / 200));
  const large = ({ count }: Candidate): boolean => count >= fewestRows && n - count >= fewestRows;
  const single = columns.map((column, place) => byLevel(errors, column).map(({ count, sum, squares }, at): Candidate => ({ parts: [{ column: place, level: at }], count, sum, squares })));
  const found = single.flat().filter(large), paired = telling(single, n, whole);
  const total = (paired.length * (paired.length - 1)) / 2;
  let done = 0;
  for (let a = 0; a < paired.length; a++) {
    for (let b = a + 1; b < paired.length; b++) {
      found.push(...both(errors, columns, paired[a]!, paired[b]!).filter(large));
      if (++done % 16 === 0) yield [done, total];
    }
  }
  const z = normalTail(level / Math.max(1, found.length));
  const judged = found.map((candidate) => ({ candidate, ...judge(candidate, whole, n, z) }));
  const alone = new Map(judged.filter(({ candidate }) => candidate.parts.length === 1).map(({ candidate: { parts: [part] }, lowerBound }) => [`${part!.column} ${part!.level}`, lowerBound]));
  // A second condition has to tell more than the first one alone.
  const telling2 = judged.filter(({ candidate: { parts }, lowerBound, difference }) => difference > 0 && (parts.length === 1 || parts.every(({ column, level: at }) => lowerBound > (alone.get(`${column} ${at}`) ?? -Infinity))));
  telling2.sort((one, other) => other.lowerBound - one.lowerBound);
  const slices: Slice[] = [];
  for (const { candidate, ...figures } of telling2.slice(0, looked)) {
    if (slices.length >= (figures.lowerBound > 0 ? shown : shownOfChance)) break;
    const rows = rowsIn(candidate.parts, columns, n);
    if (!slices.some((other) => overlap(rows, other.rows) > alike)) slices.push({ parts: candidate.parts, rows, ...figures });
  }
  return { slices, tried: found.length, fewestRows, paired: paired.length };
}

interface Totals { readonly sum: number; readonly squares: number }

function totals(errors: Float64Array): Totals {
  let sum = 0, squares = 0;
  for (const error of errors) {
    sum += error;
    squares += error * error;
  }
  return { sum, squares };
}

function byLevel(errors: Float64Array, { of, names }: Levels): { count: number; sum: number; squares: number }[] {
  const found = names.map(() => ({ count: 0, sum: 0, squares: 0 }));
  for (let row = 0; row < errors.length; row++) {
    const level = found[of[row]!];
    if (!level) continue;
    const error = errors[row]!;
    level.count++;
    level.sum += error;
    level.squares += error * error;
  }
  return found;
}

/** Columns whose levels differ most in their errors, as many as can be combined in time. */
function telling(single: readonly (readonly Candidate[])[], n: number, { sum }: Totals): number[] {
  const mean = sum / n, between = single.map((levels) => levels.reduce((total, level) => total + (level.count ? level.count * (level.sum / level.count - mean) ** 2 : 0), 0));
  const pairs = Math.min(mostPairs, mostWork / Math.max(1, n)), most = Math.max(2, Math.floor((1 + Math.sqrt(1 + 8 * pairs)) / 2));
  const order = [...single.keys()];
  return single.length <= most ? order : order.sort((a, b) => between[b]! - between[a]!).slice(0, most).sort((a, b) => a - b);
}

function both(errors: Float64Array, columns: readonly Levels[], a: number, b: number): Candidate[] {
  const one = columns[a]!, other = columns[b]!, width = other.names.length, cells = one.names.length * width;
  const counts = new Int32Array(cells), sums = new Float64Array(cells), squares = new Float64Array(cells);
  for (let row = 0; row < errors.length; row++) {
    const up = one.of[row]!, across = other.of[row]!;
    if (up < 0 || across < 0) continue;
    const cell = up * width + across, error = errors[row]!;
    counts[cell]!++;
    sums[cell]! += error;
    squares[cell]! += error * error;
  }
  return Array.from(counts, (count, cell) => ({ parts: [{ column: a, level: Math.floor(cell / width) }, { column: b, level: cell % width }], count, sum: sums[cell]!, squares: squares[cell]! }));
}

/**
 * The difference's error is the larger of two: what the variances in and out of the slice say (Welch 1947), and what a
 * random part of the table of that size would have. So a few rows that happen to be alike are not taken for certain.
 */
function judge({ count, sum, squares }: Candidate, whole: Totals, n: number, z: number): Pick<Slice, 'error' | 'standardError' | 'difference' | 'lowerBound'> {
  const rest = n - count, error = sum / count, other = (whole.sum - sum) / rest;
  const variance = (total: number, of: number, size: number): number => Math.max(0, (of - (total * total) / size) / Math.max(1, size - 1));
  const own = variance(sum, squares, count), welch = Math.sqrt(own / count + variance(whole.sum - sum, whole.squares - squares, rest) / rest);
  const random = Math.sqrt(variance(whole.sum, whole.squares, n) * (1 / count + 1 / rest));
  return { error, standardError: Math.sqrt(own / count), difference: error - other, lowerBound: error - other - z * Math.max(welch, random) };
}

function rowsIn(parts: Slice['parts'], columns: readonly Levels[], n: number): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < n; row++) if (parts.every(({ column, level: at }) => columns[column]!.of[row] === at)) rows.push(row);
  return Int32Array.from(rows);
}

/** Rows in both, of the rows in either; both ascending. */
function overlap(a: Int32Array, b: Int32Array): number {
  let both = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) both++;
    if (a[i]! < b[j]!) i++;
    else j++;
  }
  return both / Math.max(1, a.length + b.length - both);
}
