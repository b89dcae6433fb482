/** The numbers (and words) a model takes for one row, one after another over all of its inputs. */
import type { ColumnSpec, Resolved, ResolvedInput } from '../../data/spec';
import type { ModelFile } from '../../graph/graph';
import { LensError } from '../../protocol/rpc';

/** One number or word of one input. */
export interface Slot {
  readonly input: string;
  /** Place in the row of its input. */
  readonly at: number;
  /** What the model or its files call it. */
  readonly name?: string;
  /** Whether it takes text. */
  readonly word: boolean;
}

export interface ModelRow {
  readonly slots: readonly Slot[];
  /** Numbers a row of each input has, in the model's order. */
  readonly widths: Readonly<Record<string, number>>;
  /** Columns the sidecar states, by input. */
  readonly stated: Readonly<Record<string, readonly ColumnSpec[]>>;
  /** Where the slots' names come from; absent where they have none. */
  readonly namesFrom?: string;
}

const mostSlots = 100_000;

/**
 * @param openWidth numbers in a row of an input whose width the file leaves open, if something tells.
 * @throws LensError for inputs that take no rows.
 */
export function modelRow({ inputs }: Resolved, model: ModelFile, openWidth: (input: ResolvedInput) => number | undefined): ModelRow {
  const widths: Record<string, number> = {}, stated: Record<string, readonly ColumnSpec[]> = {}, slots: Slot[] = [];
  let namesFrom: string | undefined;
  for (const input of inputs) {
    const { name, dims, spec } = input;
    if (spec.kind === 'image') throw new LensError('unsupported', `input '${name}' [${dims.map((dim) => dim ?? '?').join(', ')}] takes pictures, expected rows of a table`, "state \"kind\": \"table\" in MODEL.lens.json if it does take rows");
    const inner = dims.slice(1), open = inner.filter((dim) => typeof dim !== 'number').length;
    const width = open === 0 ? inner.reduce<number>((product, dim) => product * (dim as number), 1) : open === 1 ? openWidth(input) : undefined;
    if (width === undefined) throw new LensError('unsupported', `input '${name}' [${dims.map((dim) => dim ?? '?').join(', ')}]: how many numbers a row has is left open, and nothing tells`, 'state its columns in MODEL.lens.json');
    if (slots.length + width > mostSlots) throw new LensError('unsupported', `the model takes more than ${mostSlots} numbers a row`);
    widths[name] = width;
    if (spec.kind === 'table' && spec.columns.length) stated[name] = spec.columns;
    const names = width === 1 && inputs.length > 1 ? [name] : namesInMetadata(model, width);
    if (names) namesFrom ??= names.length === 1 && inputs.length > 1 ? "the model's inputs" : 'model metadata';
    for (let at = 0; at < width; at++) slots.push({ input: name, at, word: input.dtype === 'string', ...(names && { name: names[at]! }) });
  }
  return { slots, widths, stated, ...(namesFrom !== undefined && { namesFrom }) };
}

/** Lists of names that exporters leave in a model's metadata: JSON, or separated by commas. */
function namesInMetadata({ metadata }: ModelFile, width: number): string[] | undefined {
  for (const [key, text] of metadata) {
    if (!/feature|column|input_names/i.test(key) || text.length > 1 << 20) continue;
    const names = listOf(text);
    if (names.length === width && new Set(names).size === width) return names;
  }
  return undefined;
}

function listOf(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text.replaceAll("'", '"'));
    if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return value;
  } catch {
    // No JSON: a plain list.
  }
  return text.split(/[,\n]/).map((name) => name.trim()).filter((name) => name !== '');
}
