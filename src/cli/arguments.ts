/** From argv to options: strict, so that a mistyped flag is an error and not ignored. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { ParameterValue } from '../methods/method';
import type { DeviceId } from '../protocol/engine';

/** The command line was not understood: exit code 2. */
export class UsageError extends Error {
  constructor(message: string, readonly command?: string) {
    super(message);
    this.name = 'UsageError';
  }
}

const maximumPreprocessingBytes = 1 << 20;

export type OptionTable = NonNullable<ParseArgsConfig['options']>;

/** Options every command takes. */
export const commonOptions = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies OptionTable;

export interface Parsed {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
}

/**
 * @param positionals least and most positional arguments, and what they are called.
 * @throws UsageError naming the flag or argument.
 */
export function parse(command: string, argv: readonly string[], options: OptionTable, positionals: { least: number; most: number; names: string }): Parsed {
  let result;
  try {
    result = parseArgs({ args: joinNegativeValues(argv, options), options: { ...commonOptions, ...options }, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(firstSentence(error), command);
  }
  if (!result.values.help) {
    const count = result.positionals.length;
    if (count < positionals.least) throw new UsageError(`${positionals.names} is missing`, command);
    if (count > positionals.most) throw new UsageError(`'${result.positionals[positionals.most]}' is one argument too many`, command);
  }
  return result as Parsed;
}

/** `--target -1` is a value, not a flag. */
function joinNegativeValues(argv: readonly string[], options: OptionTable): string[] {
  const out: string[] = [];
  for (const arg of argv) {
    const flag = out.at(-1);
    if (/^-\d/.test(arg) && flag?.startsWith('--') && !flag.includes('=') && options[flag.slice(2)]?.type === 'string') out[out.length - 1] = `${flag}=${arg}`;
    else out.push(arg);
  }
  return out;
}

function firstSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('. ')[0]!.replace(/\.$/, '');
}

export function text(parsed: Parsed, name: string): string | undefined {
  const value = parsed.values[name];
  return typeof value === 'string' ? value : undefined;
}

export function texts(parsed: Parsed, name: string): string[] {
  const value = parsed.values[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function flag(parsed: Parsed, name: string): boolean {
  return parsed.values[name] === true;
}

/** A whole number in [minimum, maximum]. @throws UsageError */
export function integer(parsed: Parsed, command: string, name: string, minimum: number, maximum: number): number | undefined {
  const value = text(parsed, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^[+-]?\d+$/.test(value.trim()) || number < minimum || number > maximum) {
    throw new UsageError(`--${name} takes a whole number from ${minimum} to ${maximum}, not '${value}'`, command);
  }
  return number;
}

/** One of `allowed`. @throws UsageError */
export function choice<C extends string>(parsed: Parsed, command: string, name: string, allowed: readonly C[]): C | undefined {
  const value = text(parsed, name);
  if (value === undefined) return undefined;
  if (!(allowed as readonly string[]).includes(value)) throw new UsageError(`--${name} takes ${allowed.join(', ')}, not '${value}'`, command);
  return value as C;
}

export const devices = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const satisfies readonly (DeviceId | 'auto')[];
export const spaces = ['logit', 'probability', 'output'] as const;

/**
 * `--input FILE` or `--input NAME=FILE`, repeated, as files by input name ('' for the model's only input). A file that
 * exists under the whole text is meant even if its path holds a '='.
 */
export function inputFiles(values: readonly string[], command: string): Record<string, string> {
  if (!values.length) throw new UsageError('--input is missing: a picture, an .npy file, or FILE.csv#ROW', command);
  const files: Record<string, string> = {};
  for (const value of values) {
    const match = existsSync(value.replace(/#[^#/\\]*$/, '')) ? null : /^([^=]+)=(.+)$/s.exec(value);
    const [name, file] = match ? [match[1]!, match[2]!] : ['', value];
    if (file === '') throw new UsageError(`--input '${value}' names no file`, command);
    if (Object.hasOwn(files, name)) throw new UsageError(name ? `--input '${name}' was given twice` : 'several inputs are given as --input NAME=FILE', command);
    Object.defineProperty(files, name, { value: file, enumerable: true });
  }
  return files;
}

/** `--set key=value`, repeated: numbers and booleans where they look like it. @throws UsageError */
export function parameters(values: readonly string[], command: string): Record<string, ParameterValue> {
  const out: Record<string, ParameterValue> = Object.create(null);
  for (const value of values) {
    const match = /^([A-Za-z][\w-]*)=(.*)$/s.exec(value);
    if (!match) throw new UsageError(`--set takes KEY=VALUE, not '${value}'`, command);
    out[match[1]!] = parameterValue(match[2]!);
  }
  return out;
}

function parameterValue(value: string): ParameterValue {
  if (value === 'true') return true;
  if (value === 'false') return false;
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

/**
 * `--preprocessing FILE.json`: how inputs are prepared, as `inputs` of MODEL.lens.json, or a whole such file.
 * @throws UsageError for a file that holds no such thing; what it says is checked when the model is known.
 */
export function preprocessing(file: string | undefined, command: string): Record<string, unknown> | undefined {
  if (file === undefined) return undefined;
  const name = `--preprocessing ${file}`;
  let content: unknown;
  try {
    if (statSync(file).size > maximumPreprocessingBytes) throw new Error(`has more than ${maximumPreprocessingBytes} bytes`);
    content = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError(`${name}: ${error instanceof SyntaxError ? 'is no valid JSON' : firstSentence(error)}`, command);
  }
  const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isRecord(content)) throw new UsageError(`${name}: expected an object, as {"INPUT": {"kind": "image", …}}`, command);
  const { inputs } = content;
  return isRecord(inputs) && !('kind' in inputs) ? inputs : content;
}
