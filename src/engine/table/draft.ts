/** Where the columns do not fit: what the model takes, and a mapping to begin with that somebody can complete. */
import { resolvePreprocessing } from '../../data/preprocessing';
import { isLabelName, labelCandidates } from '../../data/tables/label';
import type { Table } from '../../data/tables/readTable';
import { readInitializer } from '../../formats/readTensor';
import type { OpenTableResult, TableSource } from '../../protocol/table';
import type { Engine } from '../engine';
import { findColumn } from './mapping';
import { modelRow, type ModelRow } from './slots';

/** Inputs that take words. */
export function wordInputs({ slots }: ModelRow): string[] {
  return [...new Set(slots.filter(({ word }) => word).map(({ input }) => input))];
}

/** @returns `inputs` of MODEL.lens.json, one column for each number where nothing is stated; nothing for models that take no rows. */
export async function draftOf(engine: Engine, source: TableSource, table: Table): Promise<Pick<OpenTableResult, 'draft' | 'words'>> {
  try {
    const opened = await engine.models.open(source.model), resolved = await resolvePreprocessing(opened.runnable, { types: opened.inference.types, read: readInitializer, ...(source.preprocessing && { tried: source.preprocessing }) });
    const label = typeof source.label === 'number' ? source.label : source.label === '' ? undefined : source.label !== undefined ? findColumn(table, source.label) : labelCandidates(table.columns).find((place) => isLabelName(table.columns[place]!.name)) ?? labelCandidates(table.columns)[0];
    const row = modelRow(resolved, opened.runnable, () => table.columns.length - 1), { slots, widths, stated } = row;
    const places = table.columns.map((_, place) => place).filter((place) => place !== label && table.columns[place]!.type !== 'identifier' && table.columns[place]!.type !== 'text'), named = table.dialect.header === 'names';
    let next = 0;
    const draft = Object.fromEntries(Object.keys(widths).map((input) => [input, {
      kind: 'table', columns: stated[input] ?? slots.filter((slot) => slot.input === input).map(({ name, at }) => {
        const known = name === undefined ? undefined : findColumn(table, name), place = known ?? places[next++];
        if (place === undefined) return { name: name ?? `number ${at + 1}` };
        const title = table.columns[place]!.name;
        return { name: name ?? title, ...(named ? title !== name && name !== undefined && { from: title } : { from: place }) };
      }),
    }]));
    return { draft, words: wordInputs(row) };
  } catch {
    // What is wrong with the model is said already.
    return {};
  }
}
