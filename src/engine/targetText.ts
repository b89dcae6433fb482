/**
 * What `--target` says, as a tree. Pure text: no model is asked here.
 *
 *   class       281, tabby                          one class
 *   difference  281-207, 'tabby - golden retriever' the first class's score minus the second's
 *   element     VALUE[0,5,7]                        one element of an output or inner value
 *   reduction   sum(VALUE), mean(VALUE[0,3,:,:])    of all or of a part, or of several: sum(VALUE[0,4], VALUE[0,9])
 *   product     product(VALUE[0,4]^0.6, VALUE[0,9]) of elements, each to a power: a box's objectness times its class
 *   region      region(VALUE, CLASS, x0,y0,x1,y1)   a class's scores, summed over a rectangle of the mask,
 *               region(VALUE, CLASS)                or over the cells where that class wins now,
 *               region(VALUE, CLASS, x,y)           or over the connected ones of them around a cell
 *   margin      margin(VALUE, CLASS, …)             the same cells: its score minus the best other class's, how clearly it wins
 *   similarity  similarity(VALUE)                   cosine to the same value of another input
 *
 * Names that hold brackets, commas or spaces can stand in quotes: sum('a (b)'[0]).
 */
import { LensError } from '../protocol/rpc';

/** One axis of a selection: an index, a range as numpy's, or `...` (as many whole axes as fit). */
export type AxisText =
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'range'; readonly start?: number; readonly stop?: number; readonly step: number }
  | { readonly kind: 'ellipsis' };

export interface SelectionText {
  readonly value: string;
  /** Undefined: no brackets were given. */
  readonly axes?: readonly AxisText[];
}

export type TargetText =
  | { readonly kind: 'class'; readonly name: string }
  | { readonly kind: 'difference'; readonly first: string; readonly second: string }
  | { readonly kind: 'element'; readonly selection: SelectionText }
  | { readonly kind: 'sum' | 'mean'; readonly selection: SelectionText; /** Of the same value. */ readonly more?: readonly SelectionText[] }
  | { readonly kind: 'product'; readonly selection: SelectionText; readonly factors: readonly { readonly selection: SelectionText; readonly exponent: number }[] }
  | { readonly kind: 'region'; readonly value: string; readonly class: string; readonly box?: readonly [x0: number, y0: number, x1: number, y1: number]; readonly at?: readonly [x: number, y: number]; /** Minus the best other class. */ readonly margin?: true }
  | { readonly kind: 'similarity'; readonly value: string };

const longest = 4000;
const forms = "'sum(VALUE)', 'mean(VALUE[0,3,:,:])', 'product(VALUE[0,4], VALUE[0,9])', 'VALUE[0,5,7]', 'region(VALUE, CLASS, x0,y0,x1,y1)', 'margin(VALUE, CLASS)' or 'similarity(VALUE)'";

/**
 * @param isLabel whether a text is a whole label of the explained output: labels that look like a form mean the label.
 * @throws LensError saying what was found and what was expected.
 */
export function parseTarget(given: string, isLabel: (text: string) => boolean = () => false): TargetText {
  const text = given.trim();
  if (text.length > longest) throw bad(`the target has ${text.length} characters, and at most ${longest} are read`);
  if (text === '') throw bad(`the target is empty; expected a class, a difference of two, ${forms}`);
  if (isLabel(text)) return { kind: 'class', name: text };
  const called = /^(sum|mean|product|region|margin|similarity)\s*\((.*)\)$/s.exec(text);
  if (called) return called[1] === 'product' ? parseProduct(called[2]!, text) : parseCall(called[1] as CallName, called[2]!, text);
  const unknown = /^([a-z_]\w*)\s*\(.*[\])]\)$/is.exec(text);
  if (unknown) throw bad(`target '${text}': there is no '${unknown[1]}(…)'; the forms are ${forms}`);
  const numbers = /^(\d+)\s*-\s*(\d+)$/.exec(text);
  if (numbers) return { kind: 'difference', first: numbers[1]!, second: numbers[2]! };
  const selection = parseSelection(text);
  if (selection.axes) return { kind: 'element', selection };
  return parseDifference(text, isLabel) ?? { kind: 'class', name: unquoted(text) };
}

/** Two classes with a minus between them that has a space on both sides; labels may hold hyphens of their own. */
function parseDifference(text: string, isLabel: (text: string) => boolean): TargetText | undefined {
  const places = splitAt(text, / - /y);
  if (places.length < 2) return undefined;
  const splits = places.slice(1).map((_, at) => [places.slice(0, at + 1).join(' - ').trim(), places.slice(at + 1).join(' - ').trim()] as const);
  const known = splits.length === 1 ? splits : splits.filter(([a, b]) => isLabel(unquoted(a)) && isLabel(unquoted(b)));
  if (known.length !== 1) throw bad(`target '${text}' can be cut at ${splits.length} minus signs; give the classes as numbers, as 281-207, or in quotes`);
  const [first, second] = known[0]!;
  if (first === '' || second === '') throw bad(`target '${text}': expected a class on both sides of the minus`);
  return { kind: 'difference', first: unquoted(first), second: unquoted(second) };
}

type CallName = 'sum' | 'mean' | 'region' | 'margin' | 'similarity';

function parseCall(name: CallName, inner: string, text: string): TargetText {
  if (name === 'sum' || name === 'mean') {
    const listed = splitSelections(inner);
    if (listed) return { kind: name, selection: listed[0]!, more: sameValue(listed, text).slice(1) };
    const selection = parseSelection(inner.trim());
    if (selection.value === '') throw bad(`target '${text}': expected ${name}(VALUE) or ${name}(VALUE[…])`);
    return { kind: name, selection };
  }
  const parts = splitAt(inner, /,/y).map((part) => part.trim());
  if (name === 'similarity') {
    const value = unquoted(inner.trim());
    if (value === '') throw bad(`target '${text}': expected similarity(VALUE)`);
    return { kind: 'similarity', value };
  }
  if (![2, 4, 6].includes(parts.length) || parts.some((part) => part === '')) {
    throw bad(`target '${text}': found ${parts.length} arguments, expected ${name}(VALUE, CLASS), ${name}(VALUE, CLASS, x, y) or ${name}(VALUE, CLASS, x0, y0, x1, y1)`);
  }
  const [value, label, ...corners] = parts;
  const wrong = corners.find((corner) => !/^-?\d{1,9}$/.test(corner));
  if (wrong !== undefined) throw bad(`target '${text}': '${wrong}' is no whole number; the rectangle is x0, y0, x1, y1 in cells of the mask`);
  const region = { kind: 'region' as const, value: unquoted(value!), class: unquoted(label!), ...(name === 'margin' && { margin: true as const }) };
  if (corners.length === 2) return { ...region, at: corners.map(Number) as [number, number] };
  return corners.length ? { ...region, box: corners.map(Number) as [number, number, number, number] } : region;
}

/** `VALUE[0,4]^0.6, VALUE[0,9]`: elements of one value, each to a power. */
function parseProduct(inner: string, text: string): TargetText {
  const factors = splitOutsideBrackets(inner).map((part) => {
    const [, selection, power] = /^(.*\])\s*(?:\^\s*([0-9.]{1,10}))?$/s.exec(part.trim()) ?? [], exponent = power === undefined ? 1 : Number(power);
    if (selection === undefined || !(exponent > 0)) throw bad(`target '${text}': found '${part.trim()}', expected elements as VALUE[0,4] or VALUE[0,4]^0.6`);
    return { selection: parseSelection(selection), exponent };
  });
  const selections = sameValue(factors.map(({ selection }) => selection), text);
  return { kind: 'product', selection: selections[0]!, factors };
}

/** Selections between commas, if there are several and each has brackets. */
function splitSelections(inner: string): SelectionText[] | undefined {
  const parts = splitOutsideBrackets(inner).map((part) => part.trim());
  return parts.length > 1 && parts.every((part) => part.endsWith(']')) ? parts.map(parseSelection) : undefined;
}

function sameValue(selections: readonly SelectionText[], text: string): readonly SelectionText[] {
  const other = selections.find(({ value }) => value !== selections[0]!.value);
  if (other) throw bad(`target '${text}': found elements of '${selections[0]!.value}' and of '${other.value}', expected all of one value`);
  return selections;
}

/** Parts between commas that stand outside of brackets and quotes. */
function splitOutsideBrackets(text: string): string[] {
  const parts: string[] = [];
  let rest = '';
  for (const part of splitAt(text, /,/y)) {
    rest += rest === '' ? part : `,${part}`;
    // Names in quotes may hold brackets of their own.
    const bare = rest.trim().replace(/^(['"]).*\1/s, '');
    if (bare.split('[').length > bare.split(']').length) continue;
    parts.push(rest);
    rest = '';
  }
  return rest === '' ? parts : [...parts, rest];
}

/** `VALUE` or `VALUE[0, 1:3, :, ...]`. */
export function parseSelection(text: string): SelectionText {
  const quoted = /^(['"])(.*)\1\s*(?:\[([^[\]]*)\])?$/s.exec(text);
  const match = quoted ? [quoted[2]!, quoted[3]] as const : /^(.*?)\[([^[\]]*)\]$/s.exec(text)?.slice(1, 3) as [string, string] | undefined;
  if (!match) return { value: unquoted(text) };
  const [value, brackets] = match;
  if (brackets === undefined) return { value };
  if (value.trim() === '') throw bad(`target '${text}': expected the name of an output or inner value before the brackets`);
  return { value: value.trim(), axes: brackets.split(',').map((part) => parseAxis(part.trim(), text)) };
}

function parseAxis(part: string, text: string): AxisText {
  if (part === '...') return { kind: 'ellipsis' };
  if (/^[+-]?\d{1,10}$/.test(part)) return { kind: 'index', index: Number(part) };
  const range = /^([+-]?\d{1,10})?\s*:\s*([+-]?\d{1,10})?\s*(?::\s*([+-]?\d{1,10})?)?$/.exec(part);
  if (!range) throw bad(`target '${text}': found '${part}' in the brackets, expected an index, a range as 2:8 or ::2, ':' or '...'`);
  const step = range[3] === undefined ? 1 : Number(range[3]);
  if (step < 1) throw bad(`target '${text}': the step of '${part}' is ${step}, expected 1 or more`);
  return { kind: 'range', step, ...(range[1] !== undefined && { start: Number(range[1]) }), ...(range[2] !== undefined && { stop: Number(range[2]) }) };
}

/** Parts between separators that stand outside of quotes. An apostrophe inside a word opens no quote. */
function splitAt(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let quote = '', start = 0, at = 0;
  while (at < text.length) {
    const letter = text[at]!;
    if (quote !== '') {
      if (letter === quote) quote = '';
    } else if ((letter === "'" || letter === '"') && text.slice(start, at).trim() === '' && text.indexOf(letter, at + 1) > 0) {
      quote = letter;
    } else {
      separator.lastIndex = at;
      const found = separator.exec(text);
      if (found) {
        parts.push(text.slice(start, at));
        start = at += found[0].length;
        continue;
      }
    }
    at++;
  }
  return [...parts, text.slice(start)];
}

function unquoted(text: string): string {
  return /^(['"])(.*)\1$/s.exec(text)?.[2] ?? text;
}

export function bad(message: string, remedy?: string): LensError {
  return new LensError('badInput', message, remedy);
}

/**
 * Flat indices (C order) of the elements a selection takes from a value of `dims`. Fewer axes than dims: the rest are
 * taken whole; ranges are cut to the dims as numpy does.
 * @throws LensError for an index outside the dims and for a selection of nothing.
 */
export function selectElements({ value, axes }: SelectionText, dims: readonly number[]): Int32Array {
  const shown = `'${value}' has dims [${dims.join(', ')}]`;
  const picked = spread(axes ?? [], dims.length, shown).map((axis, place) => indicesOf(axis, dims[place]!, place, shown));
  const count = picked.reduce((product, indices) => product * indices.length, 1);
  if (count === 0) throw bad(`the target selects nothing: ${shown}`);
  const out = new Int32Array(count);
  let stride = 1, filled = 1;
  // From the last axis to the first: what is there already is repeated once for every index of the axis.
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const indices = picked[axis]!, block = out.slice(0, filled);
    indices.forEach((index, copy) => block.forEach((offset, place) => { out[copy * filled + place] = offset + index * stride; }));
    filled *= indices.length;
    stride *= dims[axis]!;
  }
  return out;
}

const whole: AxisText = { kind: 'range', step: 1 };

function spread(axes: readonly AxisText[], rank: number, shown: string): AxisText[] {
  const dots = axes.filter(({ kind }) => kind === 'ellipsis').length, given = axes.length - dots;
  if (dots > 1) throw bad(`the target has '...' twice in its brackets, expected it once at most; ${shown}`);
  if (given > rank) throw bad(`the target has ${given} ${given === 1 ? 'index' : 'indices'} in its brackets, expected at most ${rank}: ${shown}`);
  const rest = Array.from({ length: rank - given }, () => whole);
  return dots ? axes.flatMap((axis) => (axis.kind === 'ellipsis' ? rest : [axis])) : [...axes, ...rest];
}

function indicesOf(axis: AxisText, dim: number, place: number, shown: string): number[] {
  if (axis.kind === 'index') {
    const index = axis.index < 0 ? axis.index + dim : axis.index;
    if (index < 0 || index >= dim) throw bad(`index ${axis.index} on axis ${place} is out of bounds: ${shown}`);
    return [index];
  }
  if (axis.kind === 'ellipsis') return [];
  const bound = (given: number | undefined, otherwise: number): number => (given === undefined ? otherwise : Math.min(dim, Math.max(0, given < 0 ? given + dim : given)));
  const start = bound(axis.start, 0), stop = bound(axis.stop, dim), out: number[] = [];
  for (let index = start; index < stop; index += axis.step) out.push(index);
  return out;
}
