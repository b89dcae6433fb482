/** A column's values as a few levels that people can name: categories as they are, numbers by their quantiles. */
import { binOf, quantileEdges } from '../../methods/table/bins';
import { distinct, sortedNumbers } from '../../methods/table/rows';

export interface ColumnValues {
  readonly name: string;
  /** A number, or the place of a category, of each row; NaN where there is none. */
  readonly numbers: Float64Array;
  readonly categories?: readonly string[];
}

export interface Levels {
  readonly name: string;
  /** The level's condition: 'sex = Female', '28 < age ≤ 37', 'age is missing'. */
  readonly conditions: readonly string[];
  /** The same without the column's name: 'Female', '28 < … ≤ 37', 'missing'. */
  readonly names: readonly string[];
  /** Level of each row; −1 for a category too rare to have one. */
  readonly of: Int16Array;
}

export interface LevelOptions {
  /** Bins of numbers with more different values than `mostValues`. */
  readonly bins: number;
  readonly mostValues: number;
  /** Categories that are levels of their own, the most frequent first. */
  readonly mostCategories: number;
  /** Whether the other categories are one level together. */
  readonly others?: boolean;
}

/** @returns undefined for a column whose rows are all on one level. */
export function levelsOf(column: ColumnValues, options: LevelOptions): Levels | undefined {
  const { name, numbers, categories } = column, found = categories ? byCategory(numbers, categories, options) : byNumber(numbers, options);
  const missing = numbers.some(Number.isNaN), all = missing ? [...found.levels, { of: (condition: string) => `${condition} is missing`, name: 'missing' }] : found.levels;
  if (all.length < 2) return undefined;
  const of = Int16Array.from(numbers, (value) => (Number.isNaN(value) ? all.length - 1 : found.place(value)));
  return { name, conditions: all.map((level) => level.of(name)), names: all.map((level) => level.name), of };
}

interface Level {
  of(column: string): string;
  readonly name: string;
}
interface Found {
  readonly levels: readonly Level[];
  place(value: number): number;
}

function byCategory(numbers: Float64Array, categories: readonly string[], { mostCategories, others }: LevelOptions): Found {
  const counts = new Map<number, number>();
  for (const value of numbers) if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const order = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || a - b), kept = order.slice(0, mostCategories), places = new Map(kept.map((value, place) => [value, place]));
  const left = order.length - kept.length, levels: Level[] = kept.map((value) => equal(categories[value] ?? String(value)));
  if (others && left > 0) levels.push({ of: (column) => `${column} is one of ${left} others`, name: `${left} others` });
  return { levels, place: (value) => places.get(value) ?? (others && left > 0 ? kept.length : -1) };
}

function byNumber(numbers: Float64Array, { bins, mostValues }: LevelOptions): Found {
  const sorted = sortedNumbers(numbers), values = distinct(sorted);
  if (values.length <= mostValues) {
    const places = new Map(Array.from(values, (value, place) => [value, place]));
    return { levels: Array.from(values, (value) => equal(short(value))), place: (value) => places.get(value)! };
  }
  const edges = quantileEdges(sorted, bins, 'lower'), last = edges.length - 2;
  const levels = Array.from({ length: last + 1 }, (_, bin): Level => {
    const low = short(edges[bin]!), high = short(edges[bin + 1]!);
    const words = (column: string): string => (last === 0 ? column : bin === 0 ? `${column} ≤ ${high}` : bin === last ? `${column} > ${low}` : `${low} < ${column} ≤ ${high}`);
    return { of: words, name: words('…').replace(/^… /, '') };
  });
  return { levels, place: (value) => binOf(edges, value) };
}

const equal = (value: string): Level => ({ of: (column) => `${column} = ${value}`, name: value });
const short = (value: number): string => String(Number(value.toPrecision(4)));
