/** Which column of a table goes where in the model: as stated, by name, or by order, and then said to be assumed. */
import type { ColumnSpec } from '../../data/spec';
import type { TableColumn } from '../../data/tables/columns';
import { numbersOf, scaleOf } from '../../data/tables/encode';
import { isLabelName, labelCandidates } from '../../data/tables/label';
import type { Table } from '../../data/tables/readTable';
import type { Feature } from '../../methods/table/tableMethod';
import { LensError } from '../../protocol/rpc';
import { nearest } from '../similarNames';
import type { ModelRow, Slot } from './slots';

/** How a feature's value becomes numbers or a word of the model. */
export type Encoding =
  /** (x − offset) · factor. */
  | { readonly kind: 'number'; readonly offset: number; readonly factor: number }
  /** The place of the category. */
  | { readonly kind: 'place' }
  /** 1 in the category's slot, 0 in the others; a category without a slot (undefined) is all zeros. */
  | { readonly kind: 'one-hot'; readonly slotOf: readonly (number | undefined)[] }
  /** The category's own word. */
  | { readonly kind: 'word' };

export interface MappedFeature {
  readonly feature: Feature;
  /** Places of its columns in the table; several where the table holds one column for each category. */
  readonly columns: readonly number[];
  /** Places among the model's slots. */
  readonly slots: readonly number[];
  readonly encoding: Encoding;
  /** Other words of the table for a category. */
  readonly also?: ColumnSpec['also'];
}

export interface Mapping {
  readonly features: readonly MappedFeature[];
  /** The column that tells what a row really is. */
  readonly label?: number;
  /** Columns that are not used. */
  readonly unused: readonly number[];
  /** 'MODEL.lens.json', 'names', 'order'. */
  readonly source: string;
  /** What nobody stated, one sentence each. */
  readonly assumed: readonly string[];
}

/**
 * @param label the column that holds the truth, by name or number from 0, where somebody says; '' for none.
 * @throws LensError saying which numbers the model takes and which the table has.
 */
export function mapTable(table: Table, row: ModelRow, label?: string | number): Mapping {
  const given = label === undefined || label === '' ? undefined : findColumn(table, label);
  if (label !== undefined && label !== '' && given === undefined) throw unknownColumn(table, label);
  const assumed: string[] = [];
  const found = Object.keys(row.stated).length ? byStatement(table, row, assumed) : byName(table, row, assumed) ?? byOrder(table, row, given, assumed);
  const features = mergeOneHot(found.features, table, assumed);
  const used = new Set(features.flatMap(({ columns }) => columns));
  const guess = label === undefined ? labelCandidates(table.columns).find((column) => !used.has(column)) : undefined;
  const truth = given ?? (guess !== undefined && (isLabelName(table.columns[guess]!.name) || table.classNames || guess === table.columns.length - 1) ? guess : undefined);
  if (given === undefined && truth !== undefined) assumed.push(`Column '${table.columns[truth]!.name}' is taken as what a row really is (the label).`);
  const unused = table.columns.map((_, column) => column).filter((column) => column !== truth && !used.has(column));
  return { features, ...(truth !== undefined && { label: truth }), unused, source: found.source, assumed };
}

interface Found {
  readonly features: readonly MappedFeature[];
  readonly source: string;
}

/** The place of a column by its name, or its number from 0; undefined if there is none. */
export function findColumn({ columns }: Table, wanted: string | number): number | undefined {
  if (typeof wanted === 'number') return wanted < columns.length ? wanted : undefined;
  const key = plain(wanted), exact = columns.findIndex(({ name }) => name === wanted);
  if (exact >= 0) return exact;
  const same = columns.flatMap(({ name }, place) => (plain(name) === key ? [place] : []));
  return same.length === 1 ? same[0] : /^\d+$/.test(wanted) && Number(wanted) < columns.length ? Number(wanted) : undefined;
}

export function unknownColumn({ name, columns }: Table, wanted: string | number): LensError {
  const names = columns.map((column) => column.name), near = typeof wanted === 'string' ? nearest(wanted, names, 3) : [];
  return new LensError('badInput', `${name}: there is no column '${wanted}'; ${near.length ? `there is '${near.join("', '")}'` : `columns are ${names.slice(0, 12).map((title) => `'${title}'`).join(', ')}${names.length > 12 ? ', …' : ''}`}`);
}

/** Letters and digits alone, in lower case: 'Sepal Length (cm)' and 'sepal_length_cm' are the same. */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

// --- as the sidecar states -------------------------------------------------------------------------------------------

function byStatement(table: Table, { slots, widths, stated }: ModelRow, assumed: string[]): Found {
  const features: MappedFeature[] = [];
  let start = 0;
  for (const [input, width] of Object.entries(widths)) {
    const columns = stated[input];
    if (columns) {
      const total = columns.reduce((sum, column) => sum + numbersOf(column), 0);
      if (total !== width) throw new LensError('badInput', `MODEL.lens.json: inputs.${input}.columns: found ${total} numbers in ${columns.length} columns, expected ${width}, as the input takes`, 'a category with "encoding": "one-hot" is one number for each of its categories');
      features.push(...statedFeatures(table, slots, start, columns, assumed));
    } else if (width === 1) {
      const column = findColumn(table, input);
      if (column === undefined) throw unknownColumn(table, input);
      features.push(plainFeature(table, column, start, slots[start]!, assumed));
    } else throw new LensError('badInput', `MODEL.lens.json states columns of some inputs, but not of input '${input}', which takes ${width} numbers`);
    start += width;
  }
  return { features, source: 'MODEL.lens.json' };
}

/** Plain names may be those of one-hot groups ('workclass_Private') that the table holds as one column. */
function statedFeatures(table: Table, slots: readonly Slot[], start: number, columns: readonly ColumnSpec[], assumed: string[]): MappedFeature[] {
  const named = table.dialect.header === 'names', features: MappedFeature[] = [];
  let slot = start;
  for (let i = 0; i < columns.length; i++) {
    const spec = columns[i]!, direct = findColumn(table, spec.from ?? (named ? spec.name : i));
    if (direct !== undefined) {
      const count = numbersOf(spec);
      features.push(slots[slot]!.word ? wordFeature(table, direct, slot, spec) : spec.categories || spec.mean !== undefined || spec.std !== undefined || spec.range ? statedFeature(table, direct, slot, spec) : plainFeature(table, direct, slot, slots[slot]!, assumed, spec.name));
      slot += count;
      continue;
    }
    const rest = columns.slice(i).map(({ name }) => name), group = groupAt(table, rest, 0);
    if (!group) throw unknownColumn(table, spec.from ?? spec.name);
    features.push(groupFeature(table, group, slot));
    slot += group.words.length;
    i += group.words.length - 1;
  }
  return features;
}

/** A column whose own words the model takes. */
function wordFeature(table: Table, column: number, slot: number, { name, unit, categories, encoding, also, mean, std, range }: ColumnSpec): MappedFeature {
  const stated = encoding === 'one-hot' ? 'a number for each category' : (mean ?? std ?? range) !== undefined ? 'scaled numbers' : undefined;
  if (stated) throw new LensError('badInput', `MODEL.lens.json states ${stated} for '${name}', but the model takes its words`, 'leave out encoding, mean, std and range');
  return { feature: { name, kind: 'category', categories: categories ?? wordsOf(table.columns[column]!), ...(unit !== undefined && { unit }) }, columns: [column], slots: [slot], encoding: { kind: 'word' }, ...(also && { also }) };
}

function statedFeature(table: Table, column: number, slot: number, spec: ColumnSpec): MappedFeature {
  const { name, unit, categories, also } = spec, base = { name, ...(unit !== undefined && { unit }) };
  if (!categories) return { feature: { ...base, kind: table.columns[column]!.type === 'integer' ? 'integer' : 'number' }, columns: [column], slots: [slot], encoding: { kind: 'number', ...scaleOf(spec) } };
  const feature: Feature = { ...base, kind: 'category', categories }, many = spec.encoding === 'one-hot';
  return {
    feature, columns: [column], slots: many ? categories.map((_, place) => slot + place) : [slot],
    encoding: many ? { kind: 'one-hot', slotOf: categories.map((_, place) => slot + place) } : { kind: 'place' }, ...(also && { also }),
  };
}

// --- by names ----------------------------------------------------------------------------------------------------

function byName(table: Table, { slots, namesFrom }: ModelRow, assumed: string[]): Found | undefined {
  if (namesFrom === undefined || table.dialect.header !== 'names' || slots.some(({ name }) => name === undefined)) return undefined;
  const names = slots.map(({ name }) => name!), features: MappedFeature[] = [];
  for (let slot = 0; slot < slots.length;) {
    const column = findColumn(table, names[slot]!), group = column === undefined ? groupAt(table, names, slot) : undefined;
    if (column !== undefined) features.push(plainFeature(table, column, slot, slots[slot]!, assumed));
    else if (group) features.push(groupFeature(table, group, slot));
    // Names like x0 or f1 say nothing: the order does.
    else if (names.every((name) => /^(x|f|v|col|column|feature|input|c)?[ _]?\d+$/i.test(name))) return undefined;
    else throw unknownColumn(table, names[slot]!);
    slot += group ? group.words.length : 1;
  }
  return { features, source: namesFrom };
}

interface Group { readonly column: number; readonly words: readonly string[] }

/** Names that begin with one column's name and end with its words, as many as follow one another. */
function groupAt(table: Table, names: readonly string[], start: number): Group | undefined {
  const candidates = table.columns.map((column, place) => ({ column, place })).filter(({ column }) => plain(names[start]!).startsWith(plain(column.name)) && plain(column.name) !== '');
  candidates.sort((a, b) => b.column.name.length - a.column.name.length);
  for (const { column, place } of candidates) {
    const known = new Map(wordsOf(column).map((word) => [plain(column.name) + plain(word), word]));
    const words: string[] = [];
    for (let at = start; at < names.length; at++) {
      const word = known.get(plain(names[at]!));
      if (word === undefined || words.includes(word)) break;
      words.push(word);
    }
    // A category that this table does not hold is between the others.
    if (words.length) return { column: place, words };
  }
  return undefined;
}

function groupFeature(table: Table, { column, words }: Group, slot: number): MappedFeature {
  const { name } = table.columns[column]!, others = wordsOf(table.columns[column]!).filter((word) => !words.includes(word)), categories = [...words, ...others];
  return {
    feature: { name, kind: 'category', categories }, columns: [column], slots: words.map((_, place) => slot + place),
    encoding: { kind: 'one-hot', slotOf: categories.map((_, place) => (place < words.length ? slot + place : undefined)) },
  };
}

// --- by order ----------------------------------------------------------------------------------------------------

function byOrder(table: Table, { slots }: ModelRow, given: number | undefined, assumed: string[]): Found {
  const { columns } = table, all = columns.map((_, place) => place), needed = slots.length;
  const clear = given ?? (table.classNames ? columns.length - 1 : labelCandidates(columns).find((place) => isLabelName(columns[place]!.name)));
  const guesses = [...new Set([clear, labelCandidates(columns)[0], columns.length - 1])].filter((place) => place !== undefined);
  const without = guesses.map((label) => all.filter((place) => place !== label));
  const numbered = (places: readonly number[]): number[] => places.filter((place) => columns[place]!.type !== 'identifier');
  const numeric = (places: readonly number[]): number[] => places.filter((place) => columns[place]!.numeric && columns[place]!.type !== 'identifier');
  const choices = [...without.slice(0, clear === undefined ? 0 : 1), ...(given === undefined ? [all] : []), ...without, ...without.map(numbered), ...(given === undefined ? [numbered(all)] : []), ...without.map(numeric)];
  const exact = choices.find((places) => places.length === needed);
  if (exact) {
    if (!slots.every(({ name }) => name !== undefined) || table.dialect.header !== 'names') assumed.push(`Columns are fed in their order: '${columns[exact[0]!]!.name}'${exact.length > 1 ? ` first, '${columns[exact.at(-1)!]!.name}' last` : ''}.`);
    return { features: exact.map((column, slot) => plainFeature(table, column, slot, slots[slot]!, assumed)), source: 'order' };
  }
  const oneHot = [...without.map(numbered), ...(given === undefined ? [numbered(all)] : [])].find((places) => spread(table, places) === needed);
  if (oneHot && !slots.some(({ word }) => word)) return { features: spreadFeatures(table, oneHot, assumed), source: 'order' };
  throw doesNotFit(table, needed, without[0] ?? all);
}

/** Numbers where each column of words is one number for each word. */
function spread({ columns }: Table, places: readonly number[]): number {
  return places.reduce((sum, place) => sum + (columns[place]!.categories ? columns[place]!.categories!.length + Number(columns[place]!.missing > 0) : 1), 0);
}

/** Numbers first, then the words' numbers, as scikit-learn's and pandas' encoders put them. */
function spreadFeatures(table: Table, places: readonly number[], assumed: string[]): MappedFeature[] {
  const { columns } = table, words = places.filter((place) => columns[place]!.categories), features: MappedFeature[] = [];
  let slot = 0;
  for (const place of places.filter((each) => !words.includes(each))) features.push({ ...numberFeature(table, place, slot++) });
  for (const place of words) {
    const { name, categories = [], missing, cells } = columns[place]!;
    // A cell that says "no value" was a word to the encoder.
    const kinds = missing > 0 ? [...new Set(cells)].sort() : categories, start = slot;
    slot += kinds.length;
    features.push({ feature: { name, kind: 'category', categories: kinds }, columns: [place], slots: kinds.map((_, at) => start + at), encoding: { kind: 'one-hot', slotOf: kinds.map((_, at) => start + at) } });
  }
  assumed.push(`The model takes ${slot} numbers a row: numbers are fed first, in order, then one number for each category of ${words.map((place) => `'${columns[place]!.name}'`).join(', ')}, in alphabetical order.`);
  return features;
}

function doesNotFit(table: Table, needed: number, places: readonly number[]): LensError {
  const { columns, name } = table, words = places.filter((place) => !columns[place]!.numeric).length;
  const total = spread(table, places);
  return new LensError('badInput', `${name}: has ${columns.length} columns (${places.length} without the label, ${words} of them words; ${total} numbers with one for each category), but the model takes ${needed} numbers a row`,
    'say in MODEL.lens.json which columns they are: "inputs": {"NAME": {"kind": "table", "columns": […]}}');
}

// --- single features -------------------------------------------------------------------------------------------------

/** A column that goes to one slot: a number, or a category. */
function plainFeature(table: Table, column: number, slot: number, { word }: Slot, assumed: string[], name = table.columns[column]!.name): MappedFeature {
  const { numeric, categories } = table.columns[column]!;
  if (word) return { feature: { name, kind: 'category', categories: wordsOf(table.columns[column]!) }, columns: [column], slots: [slot], encoding: { kind: 'word' } };
  if (numeric) return numberFeature(table, column, slot, name);
  if (!categories) throw new LensError('badInput', `${table.name}: column '${name}' holds texts, but the model takes a number there (the first: '${table.columns[column]!.cells[0]?.slice(0, 40) ?? ''}')`, 'name the columns that are fed in MODEL.lens.json');
  assumed.push(`Category '${name}' is fed as its place in alphabetical order: ${categories.slice(0, 4).map((each, place) => `${place} ${each}`).join(', ')}${categories.length > 4 ? ', …' : ''}.`);
  return { feature: { name, kind: 'category', categories }, columns: [column], slots: [slot], encoding: { kind: 'place' } };
}

function numberFeature(table: Table, column: number, slot: number, name = table.columns[column]!.name): MappedFeature {
  const { type, numbers } = table.columns[column]!, whole = type === 'integer' || ((type === 'identifier' || type === 'constant') && numbers.every((value) => Number.isNaN(value) || Number.isInteger(value)));
  return { feature: { name, kind: whole ? 'integer' : 'number' }, columns: [column], slots: [slot], encoding: { kind: 'number', offset: 0, factor: 1 } };
}

/** Different cells of a column, as words. */
function wordsOf({ categories, cells, numbers, numeric }: TableColumn): readonly string[] {
  if (categories) return categories;
  const words = [...new Set(cells.filter((cell) => cell !== ''))];
  return numeric ? words.sort((a, b) => numbers[cells.indexOf(a)]! - numbers[cells.indexOf(b)]!) : words.sort();
}

/** Columns of zeros and ones that share the beginning of their names, of which every row has exactly one: one category. */
function mergeOneHot(features: readonly MappedFeature[], table: Table, assumed: string[]): readonly MappedFeature[] {
  const prefix = ({ feature: { name }, encoding, columns }: MappedFeature): string | undefined =>
    (encoding.kind === 'number' && encoding.factor === 1 && columns.length === 1 && isFlag(table.columns[columns[0]!]!) ? /^(.+?)(?:[=[]|__|_|: ?)[^_=]+?\]?$/.exec(name)?.[1] : undefined);
  const merged: MappedFeature[] = [];
  for (let at = 0; at < features.length;) {
    const name = prefix(features[at]!);
    let end = at + 1;
    while (name !== undefined && end < features.length && features[end]!.feature.name.startsWith(name) && prefix(features[end]!) !== undefined) end++;
    const members = features.slice(at, end);
    if (name === undefined || members.length < 2 || !exactlyOne(members, table)) {
      merged.push(features[at]!);
      at++;
      continue;
    }
    const categories = members.map((member) => member.feature.name.slice(name.length).replace(/^[_=:[ ]+|\]$/g, ''));
    merged.push({ feature: { name, kind: 'category', categories }, columns: members.map(({ columns }) => columns[0]!), slots: members.map(({ slots }) => slots[0]!), encoding: { kind: 'one-hot', slotOf: members.map(({ slots }) => slots[0]!) } });
    assumed.push(`Columns '${members[0]!.feature.name}' to '${members.at(-1)!.feature.name}' are one category, '${name}': every row has a 1 in exactly one of them.`);
    at = end;
  }
  return merged;
}

const isFlag = ({ numeric, minimum, maximum, missing, unreadable }: TableColumn): boolean => numeric && missing + unreadable === 0 && (minimum === 0 || minimum === 1) && (maximum === 0 || maximum === 1);

function exactlyOne(members: readonly MappedFeature[], { columns, count }: Table): boolean {
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (const member of members) sum += columns[member.columns[0]!]!.numbers[row]!;
    if (sum !== 1) return false;
  }
  return true;
}
