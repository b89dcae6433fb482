/** Columns that are one feature together, as people write them: '3-6; 9,10'. */
import { ParameterError } from '../parameters';

/**
 * A feature number for each of `columns` columns: those of a group share one, all others have one of their own; in the
 * order of each feature's first column. Throws ParameterError naming the part that cannot be read.
 */
export function columnGroups(text: string, columns: number): Int32Array {
  const group = new Int32Array(columns).fill(-1);
  text.split(';').map((part) => part.trim()).filter((part) => part !== '').forEach((part, index) => {
    for (const range of part.split(',')) {
      const match = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(range), first = Number(match?.[1]), last = Number(match?.[2] ?? match?.[1]);
      if (!match || first > last || last >= columns) throw wrong(range.trim(), `a column from 0 to ${columns - 1}, or a range as 3-6`);
      for (let column = first; column <= last; column++) {
        if (group[column]! >= 0) throw wrong(range.trim(), `every column in one group at most, and column ${column} is in two`);
        group[column] = index;
      }
    }
  });
  const numbers = new Map<number, number>();
  // Columns of no group are groups of their own, behind the named ones.
  return group.map((index, column) => {
    const key = index >= 0 ? index : columns + column;
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
}

function wrong(found: string, expected: string): ParameterError {
  return new ParameterError(`parameter 'columnGroups': found '${found.slice(0, 60)}', expected ${expected}`);
}
