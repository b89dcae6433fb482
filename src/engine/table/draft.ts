/** Where the columns do not fit: what the model takes, and a mapping to begin with that somebody can complete. */
import { resolvePreprocessing } from '../../data/preprocessing';
import { isLabelName, labelCandidates } from '../../data/tables/label';
import type { Table } from '../../data/tables/readTable';
import { readInitializer } from '../../formats/readTensor';
import type { OpenTableResult, TableSource } from '../../protocol/table';
import type { Engine } from '../engine';
import { findColumn } from './mapping';
import { modelRow, type ModelRow } from './slots';

/** Words of a column that are offered as a number each. */
const mostSpread = 100;

/** Inputs that take words. */
export function wordInputs({ slots }: ModelRow): string[] {
  return [...new Set(slots.filter(({ word }) => word).map(({ input }) => input))];
}

/** @returns `inputs` of MODEL.lens.json, one column for each number where nothing is stated, as far as there are columns; nothing for models that take no rows. */
export async function draftOf(engine: Engine, source: TableSource, table: Table): Promise<Pick<OpenTableResult, 'draft' | 'words'>> {
  try {
    const opened = await engine.models.open(source.model), resolved = await resolvePreprocessing(opened.runnable, { types: opened.inference.types, read: readInitializer, ...(source.preprocessing && { tried: source.preprocessing }) });
    const label = typeof source.label === 'number' ? source.label : source.label === '' ? undefined : source.label !== undefined ? findColumn(table, source.label) : labelCandidates(table.columns).find((place) => isLabelName(table.columns[place]!.name)) ?? labelCandidates(table.columns)[0];
    const row = modelRow(resolved, opened.runnable, () => table.columns.length - 1), { slots, widths, stated } = row, { columns } = table;
    const places = columns.map((_, place) => place).filter((place) => place !== label && columns[place]!.type !== 'identifier' && columns[place]!.type !== 'text'), named = table.dialect.header === 'names';
    const free = places.values(), column = (place: number): Record<string, unknown> => ({ name: columns[place]!.name, ...(!named && { from: place }) });
    const draft = Object.fromEntries(Object.keys(widths).map((input) => {
      const own = slots.filter((slot) => slot.input === input), few = Object.keys(widths).length === 1 && places.length < own.length && own.every(({ name }) => name === undefined);
      return [input, { kind: 'table', columns: stated[input] ?? (few ? places.map(spread) : own.flatMap(({ name }) => {
        const known = name === undefined ? undefined : findColumn(table, name), place = known ?? free.next().value;
        if (place === undefined) return name === undefined ? [] : [{ name }];
        return [name === undefined ? column(place) : { name, ...(named ? columns[place]!.name !== name && { from: columns[place]!.name } : { from: place }) }];
      })) }];
    }));
    return { draft, words: wordInputs(row) };

    /** Fewer columns than numbers: words may be a number each. */
    function spread(place: number): Record<string, unknown> {
      const { categories } = columns[place]!;
      return { ...column(place), ...(categories && categories.length <= mostSpread && { categories, encoding: 'one-hot' }) };
    }
  } catch {
    // What is wrong with the model is said already.
    return {};
  }
}
