/** What a column holds, judged by its cells. */
import { isMissing, numberOf } from './cells';

export type ColumnType = 'number' | 'integer' | 'category' | 'text' | 'constant' | 'identifier';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Cells of the rows that were read. */
  readonly cells: readonly string[];
  /**
   * Numbers as they are, NaN where there is none; of words their place in `categories`. Of texts and identifiers that
   * are no numbers all NaN.
   */
  readonly numbers: Float64Array;
  /** Whether the cells are numbers, whatever the type. */
  readonly numeric: boolean;
  /** Different words in order; numbers that are asked about as categories are not listed here. */
  readonly categories?: readonly string[];
  readonly missing: number;
  /** Cells among numbers that are none and say nothing of missing. */
  readonly unreadable: number;
  readonly distinct: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** More words than these are no categories. */
export const mostCategories = 1000;

/**
 * Judges a column.
 * @param place the number of the table's first column is 0: identifiers are mostly there.
 * @param order words in an order that the file states; there may be more of them than in the cells.
 */
export function describeColumn(name: string, cells: readonly string[], place: number, decimalComma: boolean, order?: readonly string[]): TableColumn {
  const numbers = new Float64Array(cells.length).fill(NaN), different = new Set<string>();
  let missing = 0, strict = 0, read = 0, whole = true;
  cells.forEach((cell, row) => {
    if (isMissing(cell)) {
      strict++;
      return;
    }
    different.add(cell);
    const value = numberOf(cell, decimalComma);
    if (Number.isNaN(value)) {
      if (isMissing(cell, true)) missing++;
      return;
    }
    read++;
    numbers[row] = value;
    whole &&= Number.isInteger(value);
  });
  const filled = cells.length - strict, unreadable = filled - read - missing;
  // A few numbers and a word ('0', '1', '2+') are categories; a word among many numbers is a slip.
  const numeric = read > 0 && unreadable <= 0.05 * (filled - missing) && (unreadable === 0 || different.size > 12);
  const base = { name, cells, distinct: different.size };
  if (numeric) {
    let minimum = Infinity, maximum = -Infinity;
    for (const value of numbers) {
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
    const distinct = new Set(numbers.filter((value) => !Number.isNaN(value))).size;
    const type = distinct === 1 && cells.length > 1 ? 'constant' : whole && countsRows(name, numbers, place, distinct) ? 'identifier' : whole ? 'integer' : 'number';
    return { ...base, type, numbers, numeric, missing: strict + missing, unreadable, distinct, minimum, maximum };
  }
  numbers.fill(NaN);
  const type = different.size === 1 && cells.length > 1 ? 'constant' : isText(different, filled, name) ? (named(name) && different.size === filled ? 'identifier' : 'text') : 'category';
  const stated = order && order.length <= mostCategories && new Set(order).size === order.length && [...different].every((word) => order.includes(word));
  const categories = stated ? order : different.size <= mostCategories ? inOrder([...different]) : undefined;
  if (categories) {
    const places = new Map(categories.map((word, at) => [word, at]));
    cells.forEach((cell, row) => { numbers[row] = isMissing(cell) ? NaN : places.get(cell)!; });
  }
  return { ...base, type: categories ? type : 'text', numbers, numeric, ...(categories && { categories }), missing: strict, unreadable: 0 };
}

/** Words in the order of their characters' codes, as encoders of Python's libraries sort them. */
export function inOrder(words: readonly string[]): string[] {
  return [...words].sort();
}

const named = (name: string): boolean => /^(id|uid|uuid|guid|index|idx|row|row[ _]?(id|number|index)|unnamed.*|rownames|key)$|(^|[^a-z])id$|^id[^a-z]|[a-z]Id$|[a-z]ID$/i.test(name.trim()) && !/^(grid|paid|void|valid|fluid|acid|solid)$/i.test(name.trim());

/** Whole numbers that are all different and are called so, or count up by one from the first column. */
function countsRows(name: string, numbers: Float64Array, place: number, distinct: number): boolean {
  if (numbers.length < 10 || distinct < numbers.length) return false;
  if (named(name)) return true;
  return place === 0 && (numbers[0] === 0 || numbers[0] === 1) && /^(column 1|)$/.test(name) && numbers.every((value, row) => row === 0 || value > numbers[row - 1]!);
}

function isText(different: ReadonlySet<string>, filled: number, name: string): boolean {
  let length = 0;
  for (const word of different) length += word.length;
  const usual = length / Math.max(1, different.size);
  return usual > 60 || (different.size > 30 && different.size > 0.5 * filled) || (named(name) && different.size === filled && filled >= 10);
}
