/** A mapping while somebody changes it: `inputs` of MODEL.lens.json as lists of columns, and what a change makes of one. */
import type { TableColumnInfo } from '../../../protocol/table';

/** One entry of `inputs.NAME.columns`, as the sidecar has it. */
export interface DraftColumn {
  readonly name: string;
  readonly unit?: string;
  /** The table's column, where it is not called as `name` says. */
  readonly from?: string | number;
  readonly categories?: readonly string[];
  readonly encoding?: string;
  readonly also?: Readonly<Record<string, readonly string[]>>;
  readonly mean?: number;
  readonly std?: number;
  readonly range?: readonly [number, number];
}

export interface DraftInput {
  readonly input: string;
  readonly columns: readonly DraftColumn[];
}

export type Draft = readonly DraftInput[];
export type Entry = Readonly<Record<string, unknown>>;
export type Kind = 'number' | 'place' | 'one-hot';
export type Scale = 'none' | 'standardise' | 'range';

/** @param entry as the engine states it: TableMappingInfo.entry. */
export function draftOf(entry: Entry): Draft {
  return Object.entries(entry).map(([input, stated]) => {
    const { columns } = stated as { readonly columns?: readonly (string | DraftColumn)[] };
    return { input, columns: (columns ?? []).map((column) => (typeof column === 'string' ? { name: column } : column)) };
  });
}

/** What is tried and saved. A column with nothing but its name is that name. */
export function entryOf(draft: Draft): Entry {
  return Object.fromEntries(draft.map(({ input, columns }) => [input, { kind: 'table', columns: columns.map((column) => (Object.keys(column).length === 1 ? column.name : column)) }]));
}

export function changed(draft: Draft, input: string, place: number, column: DraftColumn): Draft {
  return draft.map((one) => (one.input === input ? { ...one, columns: one.columns.map((old, at) => (at === place ? column : old)) } : one));
}

export function without(draft: Draft, input: string, place: number): Draft {
  return draft.map((one) => (one.input === input ? { ...one, columns: one.columns.filter((_, at) => at !== place) } : one));
}

/** One more, from the first column that feeds nothing yet. */
export function withMore(draft: Draft, input: string, columns: readonly TableColumnInfo[], named: boolean, label: number | undefined): Draft {
  const used = new Set(draft.flatMap((one) => one.columns.map((column, place) => feeding(column, place, columns, named)))), free = columns.findIndex((_, place) => place !== label && !used.has(place)), place = Math.max(0, free);
  return draft.map((one) => (one.input === input ? { ...one, columns: [...one.columns, { name: columns[place]!.name, ...(!named && { from: place }) }] } : one));
}

/** Letters and digits alone: the engine finds columns by them. */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** Place of the column that feeds it; undefined if the table has none of that name. */
export function feeding({ name, from }: DraftColumn, place: number, columns: readonly TableColumnInfo[], named: boolean): number | undefined {
  if (typeof from === 'number') return from < columns.length ? from : undefined;
  const wanted = from ?? name, exact = columns.findIndex((column) => column.name === wanted);
  if (exact >= 0) return exact;
  const same = columns.flatMap((column, at) => (plain(column.name) === plain(wanted) ? [at] : []));
  return same.length === 1 ? same[0] : !named && from === undefined && place < columns.length ? place : undefined;
}

/** Another column feeds it: what was said of the old one's words and numbers is not true of it. */
export function withColumn({ name, unit, categories, encoding }: DraftColumn, place: number, columns: readonly TableColumnInfo[], named: boolean): DraftColumn {
  const info = columns[place]!, base: DraftColumn = { name, ...(unit !== undefined && { unit }), ...(named ? info.name !== name && { from: info.name } : { from: place }) };
  return categories && info.categories ? { ...base, categories: info.categories, ...(encoding !== undefined && { encoding }) } : base;
}

export function kindOf({ categories, encoding }: DraftColumn): Kind {
  return encoding === 'one-hot' ? 'one-hot' : categories ? 'place' : 'number';
}

/** Whether all words of the column are known here; of very many only the first are told. */
export function canBeCategory({ categories, distinct }: TableColumnInfo): boolean {
  return categories !== undefined && categories.length >= Math.min(distinct, 1001);
}

export function withKind(column: DraftColumn, kind: Kind, info: TableColumnInfo): DraftColumn {
  const { name, unit, from, categories, also } = column, base: DraftColumn = { name, ...(unit !== undefined && { unit }), ...(from !== undefined && { from }) };
  if (kind === 'number') return base;
  return { ...base, categories: categories ?? info.categories ?? [], ...(kind === 'one-hot' && { encoding: 'one-hot' }), ...(also && { also }) };
}

export function scaleOf({ mean, std, range }: DraftColumn): Scale {
  return range ? 'range' : mean !== undefined || std !== undefined ? 'standardise' : 'none';
}

/** With the table's own figures; they can be overwritten. */
export function withScale({ mean: _, std: __, range: ___, ...column }: DraftColumn, scale: Scale, { mean = 0, deviation = 1, minimum = 0, maximum = 1 }: TableColumnInfo): DraftColumn {
  const short = (value: number): number => Number(value.toPrecision(7));
  switch (scale) {
    case 'none': return column;
    case 'standardise': return { ...column, mean: short(mean), std: short(deviation) || 1 };
    case 'range': return { ...column, range: maximum > minimum ? [minimum, maximum] : [minimum, minimum + 1] };
  }
}

/** Numbers it becomes. */
export function numbersOf(column: DraftColumn): number {
  return kindOf(column) === 'one-hot' ? column.categories!.length : 1;
}
