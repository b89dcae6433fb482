/**
 * MODEL.lens.json: what a person says about a model's inputs and outputs. Every error names the field, what was found
 * and what was expected; fields nobody knows are warnings. The same rules as JSON Schema: media/lens.schema.json.
 */
import { isObject, kindOf } from './beside';
import type { ModelFolder } from './beside';
import { DataError } from './errors';
import { interpolations } from './image/resize';
import type { ImageKnowledge, ResizeKnowledge, Scaling } from './knowledge';
import type { BoxFormat, Channels, ColumnSpec, OutputKind } from './spec';
import { boxFormats, columnEncodings, outputKinds } from './spec';

export type SidecarInput =
  | { readonly kind: 'image'; readonly image: ImageKnowledge }
  | { readonly kind: 'table'; readonly columns: readonly ColumnSpec[] }
  | { readonly kind: 'text'; readonly tokenizer?: string; readonly maxLength?: number }
  | { readonly kind: 'sound'; readonly sampleRate?: number }
  | { readonly kind: 'tensor' };

export interface SidecarOutput {
  readonly kind?: OutputKind;
  /** For boxes: a known form of detectors' outputs. */
  readonly format?: BoxFormat;
  /** For boxes: the score from which one is shown. */
  readonly threshold?: number;
  /** The table's column that holds the truth, by name or number from 0. */
  readonly column?: string | number;
  /** Names in index order, or a file of the model's folder with one name a line. */
  readonly labels?: readonly string[] | string;
}

export interface Sidecar {
  /** Name of the file. */
  readonly name: string;
  readonly inputs: ReadonlyMap<string, SidecarInput>;
  readonly outputs: ReadonlyMap<string, SidecarOutput>;
  readonly warnings: readonly string[];
}

/** The sidecar of a model: `cat.onnx.lens.json`, else `cat.lens.json`; undefined if there is none. */
export function readSidecar(folder: ModelFolder): Sidecar | undefined {
  const name = sidecarName(folder);
  return name === undefined ? undefined : parseSidecar(folder.json(name), name);
}

/** The name of the sidecar there is. */
export function sidecarName(folder: ModelFolder): string | undefined {
  return [`${folder.fileName}.lens.json`, `${folder.stem}.lens.json`].find((candidate) => folder.has(candidate));
}

/** Checks a sidecar's content. `name` is used in messages. Throws DataError. */
export function parseSidecar(content: Record<string, unknown>, name: string): Sidecar {
  const reader = new Reader(name);
  const inputs = new Map<string, SidecarInput>();
  const outputs = new Map<string, SidecarOutput>();
  reader.known(content, '', ['$schema', 'inputs', 'outputs']);
  for (const [port, value] of Object.entries(reader.object(content.inputs, 'inputs') ?? {})) inputs.set(port, reader.input(value, `inputs.${port}`));
  for (const [port, value] of Object.entries(reader.object(content.outputs, 'outputs') ?? {})) outputs.set(port, reader.output(value, `outputs.${port}`));
  return { name, inputs, outputs, warnings: reader.warnings };
}

class Reader {
  readonly warnings: string[] = [];
  constructor(private readonly name: string) {}

  fail(field: string, value: unknown, expected: string): never {
    throw new DataError('badFile', `${this.name}: ${field}: found ${kindOf(value)}, expected ${expected}`);
  }

  known(value: Record<string, unknown>, field: string, names: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (!names.includes(key)) this.warnings.push(`${this.name}: ${field ? `${field}.` : ''}${key} is not a known field and was ignored (known: ${names.join(', ')})`);
    }
  }

  object(value: unknown, field: string): Record<string, unknown> | undefined {
    if (value === undefined) return undefined;
    return isObject(value) ? value : this.fail(field, value, 'an object');
  }

  number(value: unknown, field: string): number | undefined {
    if (value === undefined) return undefined;
    return typeof value === 'number' && Number.isFinite(value) ? value : this.fail(field, value, 'a number');
  }

  integer(value: unknown, field: string, largest = 16384): number | undefined {
    if (value === undefined) return undefined;
    return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= largest ? value : this.fail(field, value, `a whole number from 1 to ${largest}`);
  }

  choice<T extends string>(value: unknown, field: string, choices: readonly T[]): T | undefined {
    if (value === undefined) return undefined;
    return choices.find((choice) => choice === value) ?? this.fail(field, value, `one of ${choices.join(', ')}`);
  }

  text(value: unknown, field: string): string | undefined {
    if (value === undefined) return undefined;
    return typeof value === 'string' ? value : this.fail(field, value, 'a text');
  }

  numbers(value: unknown, field: string, lengths: readonly number[]): number[] | undefined {
    if (value === undefined) return undefined;
    const list = typeof value === 'number' ? [value] : value;
    if (!Array.isArray(list) || !list.every((item): item is number => typeof item === 'number' && Number.isFinite(item)) || !lengths.includes(list.length)) {
      return this.fail(field, value, `${lengths.join(' or ')} numbers`);
    }
    return list;
  }

  strings(value: unknown, field: string): string[] | undefined {
    if (value === undefined) return undefined;
    return Array.isArray(value) && value.every((item): item is string => typeof item === 'string') ? value : this.fail(field, value, 'a list of texts');
  }

  input(value: unknown, field: string): SidecarInput {
    const entry = this.object(value, field) ?? this.fail(field, value, 'an object');
    const kind = this.choice(entry.kind, `${field}.kind`, ['image', 'table', 'text', 'sound', 'tensor']) ?? this.fail(`${field}.kind`, undefined, 'one of image, table, text, sound, tensor');
    switch (kind) {
      case 'image': return { kind, image: this.image(entry, field) };
      case 'table':
        this.known(entry, field, ['kind', 'columns']);
        return { kind, columns: this.columns(entry.columns, `${field}.columns`) };
      case 'text':
        this.known(entry, field, ['kind', 'tokenizer', 'maxLength']);
        return { kind, tokenizer: this.text(entry.tokenizer, `${field}.tokenizer`), maxLength: this.integer(entry.maxLength, `${field}.maxLength`, 1 << 20) };
      case 'sound':
        this.known(entry, field, ['kind', 'sampleRate']);
        return { kind, sampleRate: this.integer(entry.sampleRate, `${field}.sampleRate`, 1 << 20) };
      case 'tensor':
        this.known(entry, field, ['kind']);
        return { kind };
    }
  }

  image(entry: Record<string, unknown>, field: string): ImageKnowledge {
    this.known(entry, field, ['kind', 'layout', 'channels', 'range', 'mean', 'std', 'resize', 'alpha']);
    const channels = this.choice<Channels>(entry.channels, `${field}.channels`, ['RGB', 'BGR', 'grey', 'RGBA']);
    const counts = channels === undefined ? [1, 3, 4] : channels === 'grey' ? [1] : channels === 'RGBA' ? [1, 3, 4] : [1, 3];
    const range = this.numbers(entry.range, `${field}.range`, [2]);
    if (range && range[0]! >= range[1]!) this.fail(`${field}.range`, `${range[0]}, ${range[1]}`, 'the smaller number first, then the larger');
    const mean = this.numbers(entry.mean, `${field}.mean`, counts);
    const std = this.numbers(entry.std, `${field}.std`, counts);
    if (std?.includes(0)) this.fail(`${field}.std`, 0, 'numbers other than 0');
    const stated: Scaling | undefined = range || mean || std ? { range: range && [range[0]!, range[1]!], mean, std } : undefined;
    return {
      source: this.name,
      layout: this.choice(entry.layout, `${field}.layout`, ['NCHW', 'NHWC']),
      channels,
      scaling: stated,
      resize: this.resize(entry.resize, `${field}.resize`),
      alpha: this.number(entry.alpha, `${field}.alpha`),
    };
  }

  resize(value: unknown, field: string): ResizeKnowledge | undefined {
    const entry = this.object(value, field);
    if (!entry) return undefined;
    this.known(entry, field, ['shorterSide', 'crop', 'size', 'letterbox', 'fill', 'interpolation']);
    const interpolation = this.choice(entry.interpolation, `${field}.interpolation`, interpolations);
    const modes = ['shorterSide', 'size', 'letterbox'].filter((key) => entry[key] !== undefined);
    if (modes.length > 1) this.fail(field, modes.join(' and '), 'one of shorterSide, size, letterbox');
    const [height, width] = this.size(entry.size ?? entry.letterbox ?? entry.crop, `${field}.${entry.size !== undefined ? 'size' : entry.letterbox !== undefined ? 'letterbox' : 'crop'}`) ?? [];
    if (entry.letterbox !== undefined) {
      const fill = this.numbers(entry.fill, `${field}.fill`, [1, 3]) ?? [0];
      return { mode: 'letterbox', height, width, fill: [fill[0]!, fill[1] ?? fill[0]!, fill[2] ?? fill[0]!], interpolation };
    }
    if (entry.size !== undefined) return { mode: 'stretch', height, width, interpolation };
    const shorterSide = this.integer(entry.shorterSide, `${field}.shorterSide`);
    if (shorterSide === undefined && entry.crop === undefined) return { interpolation };
    return { mode: 'crop', shorterSide, height, width, interpolation };
  }

  /** n, or [height, width]. */
  size(value: unknown, field: string): [number, number] | undefined {
    if (value === undefined) return undefined;
    const list: unknown[] = Array.isArray(value) ? value : [value, value];
    if (list.length !== 2) this.fail(field, value, 'a number, or [height, width]');
    return [this.integer(list[0], field)!, this.integer(list[1], field)!];
  }

  columns(value: unknown, field: string): ColumnSpec[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) return this.fail(field, value, 'a list of names or objects');
    return value.map((item: unknown, i) => {
      const at = `${field}[${i}]`;
      if (typeof item === 'string') return { name: item };
      const entry = this.object(item, at) ?? this.fail(at, item, 'a name or an object');
      return this.column(entry, at);
    });
  }

  column(entry: Record<string, unknown>, at: string): ColumnSpec {
    this.known(entry, at, ['name', 'unit', 'categories', 'from', 'encoding', 'also', 'mean', 'std', 'range']);
    const name = this.text(entry.name, `${at}.name`) ?? this.fail(`${at}.name`, undefined, 'a text');
    const categories = this.strings(entry.categories, `${at}.categories`), encoding = this.choice(entry.encoding, `${at}.encoding`, columnEncodings);
    const mean = this.number(entry.mean, `${at}.mean`), std = this.number(entry.std, `${at}.std`), range = this.numbers(entry.range, `${at}.range`, [2]);
    if (categories && new Set(categories).size < categories.length) this.fail(`${at}.categories`, categories, 'every category once');
    if (encoding && !categories) this.fail(`${at}.categories`, undefined, 'a list of texts, since the encoding is one of categories');
    if (categories && (mean ?? std ?? range) !== undefined) this.fail(`${at}.categories`, categories, 'none, since mean, std and range are about numbers');
    if (range && (mean ?? std) !== undefined) this.fail(`${at}.range`, range, 'either a range, or mean and std');
    if (range && range[0] === range[1]) this.fail(`${at}.range`, range, 'two different numbers');
    if (std === 0) this.fail(`${at}.std`, std, 'a number other than 0');
    const from = this.place(entry.from, `${at}.from`), unit = this.text(entry.unit, `${at}.unit`), also = this.also(entry.also, `${at}.also`, categories ?? []);
    return {
      name, ...(unit !== undefined && { unit }), ...(categories && { categories }), ...(from !== undefined && { from }), ...(encoding && { encoding }), ...(also && { also }),
      ...(mean !== undefined && { mean }), ...(std !== undefined && { std }), ...(range && { range: [range[0]!, range[1]!] as const }),
    };
  }

  /** A column of a table. */
  place(value: unknown, field: string): string | number | undefined {
    if (value === undefined || typeof value === 'string') return value;
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : this.fail(field, value, "a column's name, or its number from 0");
  }

  also(value: unknown, field: string, categories: readonly string[]): Record<string, string[]> | undefined {
    const entry = this.object(value, field);
    if (!entry) return undefined;
    return Object.fromEntries(Object.entries(entry).map(([category, words]) => {
      if (!categories.includes(category)) this.fail(`${field}.${category}`, category, 'one of the categories');
      return [category, this.strings(words, `${field}.${category}`) ?? []];
    }));
  }

  output(value: unknown, field: string): SidecarOutput {
    const entry = this.object(value, field) ?? this.fail(field, value, 'an object');
    this.known(entry, field, ['kind', 'labels', 'format', 'threshold', 'column']);
    const kind = this.choice(entry.kind, `${field}.kind`, outputKinds), format = this.choice(entry.format, `${field}.format`, boxFormats), threshold = this.number(entry.threshold, `${field}.threshold`);
    if (kind !== 'boxes' && (format ?? threshold) !== undefined) this.fail(`${field}.kind`, entry.kind, `"boxes", since ${format !== undefined ? 'format' : 'threshold'} is about boxes`);
    if (threshold !== undefined && !(threshold > 0 && threshold < 1)) this.fail(`${field}.threshold`, threshold, 'a number between 0 and 1');
    const labels = typeof entry.labels === 'string' ? entry.labels : this.strings(entry.labels, `${field}.labels`);
    const column = this.place(entry.column, `${field}.column`);
    return { kind, ...(format && { format }), ...(threshold !== undefined && { threshold }), ...(column !== undefined && { column }), labels };
  }
}
