/** A mapping as people read it, and as MODEL.lens.json states it. */
import type { Table } from '../../data/tables/readTable';
import type { TableMappingInfo } from '../../protocol/table';
import type { MappedFeature, Mapping } from './mapping';
import type { ModelRow } from './slots';

export function mappingInfo(table: Table, row: ModelRow, mapping: Mapping): TableMappingInfo {
  const { features, label, source, assumed } = mapping;
  const numbers = row.slots.length, one = Object.keys(row.widths);
  return {
    features: features.map((mapped) => ({ feature: mapped.feature, columns: mapped.columns, to: placeOf(mapped, row) })),
    ...(label !== undefined && { label }), source, assumed,
    words: `${features.length} features become ${numbers} ${numbers === 1 ? 'number' : 'numbers'} of ${one.length === 1 ? `input '${one[0]}'` : `${one.length} inputs`}${label === undefined ? '' : `; '${table.columns[label]!.name}' is the label`}`,
    entry: entryOf(table, row, features),
  };
}

function placeOf({ slots, encoding }: MappedFeature, { slots: all, widths }: ModelRow): string {
  const first = all[slots[0]!]!, last = all[slots.at(-1)!]!;
  const place = widths[first.input] === 1 ? first.input : `${first.input}[${first.at}${slots.length > 1 ? `…${last.at}` : ''}]`;
  return encoding.kind === 'one-hot' ? `${place} (one for each category)` : place;
}

/** `inputs` of MODEL.lens.json: exactly this mapping. Features of one column each, which are in the order of their slots. */
function entryOf({ columns, dialect }: Table, { widths, slots }: ModelRow, features: readonly MappedFeature[]): Record<string, unknown> {
  const single = Object.keys(widths).length > 1 && Object.values(widths).every((width) => width === 1);
  const ordered = [...features].sort((a, b) => a.slots[0]! - b.slots[0]!);
  return Object.fromEntries(Object.keys(widths).map((input) => {
    const own = ordered.filter((mapped) => slots[mapped.slots[0]!]!.input === input);
    const stated = own.flatMap((mapped): unknown[] => {
      const { feature: { name, unit, categories = [] }, encoding, also } = mapped, [place = 0] = mapped.columns;
      // A table's own one-hot columns are stated one by one.
      if (mapped.columns.length > 1) return mapped.columns.map((column) => columns[column]!.name);
      const base = { name, ...(unit !== undefined && { unit }), ...(dialect.header !== 'names' ? { from: place } : columns[place]!.name !== name && { from: columns[place]!.name }) };
      switch (encoding.kind) {
        case 'number': return encoding.offset === 0 && encoding.factor === 1 ? [Object.keys(base).length === 1 && !single ? name : base] : [{ ...base, mean: encoding.offset, std: 1 / encoding.factor }];
        case 'place': return [{ ...base, categories, ...(also && { also }) }];
        case 'word': return [also ? { ...base, categories, also } : base];
        case 'one-hot': return [{ ...base, categories: categories.filter((_, at) => encoding.slotOf[at] !== undefined), encoding: 'one-hot', ...(also && { also }) }];
      }
    });
    return [input, { kind: 'table', columns: stated }];
  }));
}
