/** How the cells of a stated column become the model's numbers. */
import type { ColumnSpec } from '../spec';

/** Numbers a column is fed as. */
export function numbersOf({ categories, encoding }: Pick<ColumnSpec, 'categories' | 'encoding'>): number {
  return encoding === 'one-hot' ? categories!.length : 1;
}

/** The place of a word among the column's categories, by its own name or another the column knows it by; -1 if it has none. */
export function categoryOf(word: string, { categories = [], also }: Pick<ColumnSpec, 'categories' | 'also'>): number {
  const place = categories.indexOf(word);
  return place >= 0 || !also ? place : categories.findIndex((category) => Object.hasOwn(also, category) && also[category]!.includes(word));
}

/** (x − mean) / std, or x's share of the range. */
export function scaled(value: number, column: Pick<ColumnSpec, 'mean' | 'std' | 'range'>): number {
  const { offset, factor } = scaleOf(column);
  return (value - offset) * factor;
}

/** A number x is fed as (x − offset) · factor. */
export function scaleOf({ mean = 0, std = 1, range }: Pick<ColumnSpec, 'mean' | 'std' | 'range'>): { readonly offset: number; readonly factor: number } {
  return range ? { offset: range[0], factor: 1 / (range[1] - range[0]) } : { offset: mean, factor: 1 / std };
}
