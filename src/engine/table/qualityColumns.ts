/** A table's columns as groups of rows: what the model is fed with, and what it does not see. */
import type { TableColumn } from '../../data/tables/columns';
import { levelsOf, type ColumnValues, type LevelOptions, type Levels } from '../../metrics/table/levels';
import { findColumn, unknownColumn } from './mapping';
import type { OpenedTable } from './openedTable';

const slices: LevelOptions = { bins: 5, mostValues: 8, mostCategories: 20 };
const groups: LevelOptions = { bins: 4, mostValues: 12, mostCategories: 20, others: true };

/** Columns by which rows can be told apart, but for those that hold the truth. @param rows places of the rows that are looked at. */
export function slicedColumns(opened: OpenedTable, truths: readonly number[], rows: Int32Array): Levels[] {
  return allColumns(opened).filter(({ places, apart }) => apart && !places.some((place) => truths.includes(place))).flatMap(({ values }) => levelsOf(only(values(), rows), slices) ?? []);
}

/** @throws LensError for a column there is not, or that has the same value everywhere. */
export function groupedColumn(opened: OpenedTable, wanted: string | number, rows: Int32Array): Levels | string {
  const { table } = opened, all = allColumns(opened), found = findColumn(table, wanted);
  const column = found === undefined ? all.find(({ name }) => name === wanted) : all.find(({ places }) => places.includes(found));
  if (!column) throw unknownColumn(table, wanted);
  if (!column.apart) return column.name;
  return levelsOf(only(column.values(), rows), groups) ?? column.name;
}

interface Column {
  readonly name: string;
  /** Places in the table. */
  readonly places: readonly number[];
  /** Whether its values are shared by many rows. */
  readonly apart: boolean;
  values(): ColumnValues;
}

/** Columns under the names that features have; those of one category are one. */
function allColumns({ table: { columns }, mapping: { features }, data }: OpenedTable): Column[] {
  const joined = features.flatMap(({ feature: { name, categories = [] }, columns: places }, at): Column[] => (places.length < 2 ? [] : [{
    name, places, apart: true, values: () => ({ name, categories, numbers: Float64Array.from({ length: data.count }, (_, row) => data.values[row * features.length + at]!) }),
  }]));
  const taken = new Set(joined.flatMap(({ places }) => places)), names = new Map(features.map(({ feature, columns: places }) => [places[0]!, feature.name]));
  const single = columns.map((column, place): Column => {
    const name = names.get(place) ?? column.name;
    return { name, places: [place], apart: isApart(column), values: () => ({ name, numbers: column.numbers, ...(column.categories && { categories: column.categories }) }) };
  });
  return [...joined, ...single.filter(({ places: [place] }) => !taken.has(place!))];
}

/** Texts and identifiers are different in every row. */
function isApart({ type, numeric, categories }: TableColumn): boolean {
  return type !== 'text' && type !== 'identifier' && (numeric || categories !== undefined);
}

function only({ numbers, ...rest }: ColumnValues, rows: Int32Array): ColumnValues {
  return { ...rest, numbers: Float64Array.from(rows, (row) => numbers[row]!) };
}
