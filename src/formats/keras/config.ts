/** A layer's config from a file: nothing in it is trusted, so every field is asked for by name and type. */
import { BadModelFile, shown } from '../badModelFile';

/** A JSON object as it came. */
export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own property; names such as '__proto__' or 'constructor' find nothing that the file did not write. */
export function field(object: unknown, name: string): unknown {
  return isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Sizes beyond this make no layer that anybody could run; it keeps untrusted numbers out of arithmetic. */
const maxInt = 2 ** 31;

/**
 * Typed access to a config. A name may be given with its older spellings (`['filters', 'nb_filter']`): the first that
 * is present and not null counts. Errors name the layer, the field, what was found and what was expected.
 */
export class Config {
  constructor(readonly json: Json, private readonly owner: string) {}

  /** The field as it is; undefined when absent or null. */
  raw(names: string | readonly string[]): unknown {
    for (const name of typeof names === 'string' ? [names] : names) {
      const value = field(this.json, name);
      if (value !== undefined && value !== null) return value;
    }
    return undefined;
  }

  has(names: string | readonly string[]): boolean {
    return this.raw(names) !== undefined;
  }

  /** A whole number. Without a fallback the field must be there. */
  int(names: string | readonly string[], fallback?: number): number {
    const value = this.raw(names) ?? fallback;
    return isInt(value) ? value : this.wrong(names, value, 'a whole number');
  }

  /** A finite number; Keras 3 may wrap numbers of configs as {class_name: '__numpy__', config: {value}}. */
  number(names: string | readonly string[], fallback?: number): number {
    const value = unwrap(this.raw(names)) ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) ? value : this.wrong(names, value, 'a number');
  }

  bool(names: string | readonly string[], fallback?: boolean): boolean {
    const value = this.raw(names) ?? fallback;
    if (value === 0 || value === 1) return value === 1;
    return typeof value === 'boolean' ? value : this.wrong(names, value, 'true or false');
  }

  string(names: string | readonly string[], fallback?: string): string {
    const value = this.raw(names) ?? fallback;
    return typeof value === 'string' ? value : this.wrong(names, value, 'a string');
  }

  /** One of a few words. */
  choice<T extends string>(names: string | readonly string[], choices: readonly T[], fallback?: T): T {
    const value = this.raw(names) ?? fallback;
    return choices.find((choice) => choice === value) ?? this.wrong(names, value, `one of ${choices.join(', ')}`);
  }

  /** A list of whole numbers. */
  ints(names: string | readonly string[], fallback?: readonly number[]): number[] {
    const value = this.raw(names) ?? fallback;
    return Array.isArray(value) && value.every(isInt) ? [...value] : this.wrong(names, value, 'a list of whole numbers');
  }

  /** A list of numbers, or one number as a list; nested lists are flattened. */
  numbers(names: string | readonly string[]): number[] {
    const value = unwrap(this.raw(names));
    const list = (Array.isArray(value) ? value.flat(8) : [value]) as unknown[];
    return list.every((item) => typeof item === 'number') ? (list as number[]) : this.wrong(names, value, 'a list of numbers');
  }

  /** `count` whole numbers; one number stands for all of them, as Keras has it (`kernel_size: 3`). */
  tuple(names: string | readonly string[], count: number, fallback?: number | readonly number[]): number[] {
    const value = this.raw(names) ?? fallback;
    if (isInt(value)) return new Array<number>(count).fill(value);
    return Array.isArray(value) && value.length === count && value.every(isInt)
      ? [...value]
      : this.wrong(names, value, `a whole number or a list of ${count}`);
  }

  private wrong(names: string | readonly string[], found: unknown, expected: string): never {
    const name = typeof names === 'string' ? names : names[0]!;
    const what = found === undefined ? 'is missing' : `is ${shown(JSON.stringify(found) ?? String(found))}`;
    throw new BadModelFile(`${this.owner}: '${name}' ${what}, expected ${expected}`);
  }
}

function isInt(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= maxInt;
}

/** NumPy numbers in configs: {config: {value}} of Keras 3, {type: 'ndarray', value} of Keras 2. */
function unwrap(value: unknown): unknown {
  return field(field(value, 'config'), 'value') ?? field(value, 'value') ?? field(value, 'values') ?? value;
}
