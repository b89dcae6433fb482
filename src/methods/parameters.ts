/** Parameters as people give them: checked at the boundary, completed from the preset and the defaults. */
import type { Method, ParameterSpec, Parameters, ParameterValue } from './method';

/** A parameter, preset or layer that cannot be used: one line naming it, what was found and what was expected. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
  readonly code = 'badInput';
}

/** What is needed to read parameters. */
export type Described = Pick<Method, 'id' | 'parameters' | 'presets'>;

/**
 * The full set of parameters: the method's defaults, over them the preset's, over them the given ones.
 * Text values (from a terminal) are read as the type the parameter has. Throws ParameterError for an unknown preset or
 * parameter and for a value of the wrong type or out of range.
 * @param preset default: the method's first.
 */
export function resolveParameters(method: Described, given: Parameters = {}, preset?: string): { preset: string; parameters: Parameters } {
  const names = Object.keys(method.presets);
  const chosen = preset ?? names[0] ?? '';
  if (preset !== undefined && !names.includes(preset)) throw new ParameterError(`preset '${preset}' of ${method.id}: not found, expected one of ${names.join(', ')}`);
  const unknown = Object.keys(given).find((name) => !method.parameters.some((spec) => spec.name === name));
  if (unknown !== undefined) {
    const known = method.parameters.map((spec) => spec.name);
    throw new ParameterError(`parameter '${unknown}': ${method.id} has none of that name, expected ${known.length ? `one of ${known.join(', ')}` : 'no parameters'}`);
  }
  const merged: Parameters = { ...method.presets[chosen], ...given };
  return {
    preset: chosen,
    parameters: Object.fromEntries(method.parameters.map((spec) => [spec.name, readParameter(spec, merged[spec.name] ?? spec.default)])),
  };
}

const mostText = 1000;

/** One value, checked against its description; text is converted. Throws ParameterError. */
export function readParameter(spec: ParameterSpec, value: ParameterValue): ParameterValue {
  switch (spec.type) {
    case 'integer':
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      const whole = spec.type === 'integer';
      const fits = typeof number === 'number' && Number.isFinite(number) && (!whole || Number.isInteger(number))
        && number >= (spec.minimum ?? -Infinity) && number <= (spec.maximum ?? Infinity);
      if (!fits) throw wrong(spec, value, (whole ? 'a whole number' : 'a number') + bounds(spec));
      return number;
    }
    case 'boolean':
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      throw wrong(spec, value, 'true or false');
    case 'choice':
      if (typeof value !== 'string' || !spec.choices?.includes(value)) throw wrong(spec, value, `one of ${(spec.choices ?? []).join(', ')}`);
      return value;
    case 'file':
      if (typeof value !== 'string') throw wrong(spec, value, 'the path of a file');
      return value;
    case 'text':
      if (typeof value === 'boolean' || String(value).length > mostText) throw wrong(spec, value, `text of at most ${mostText} characters`);
      return String(value);
  }
}

function wrong(spec: ParameterSpec, value: ParameterValue, expected: string): ParameterError {
  return new ParameterError(`parameter '${spec.name}': found ${typeof value === 'string' ? `'${value.slice(0, 60)}'` : String(value)}, expected ${expected}`);
}

function bounds(spec: ParameterSpec): string {
  if (spec.minimum !== undefined && spec.maximum !== undefined) return ` from ${spec.minimum} to ${spec.maximum}`;
  if (spec.minimum !== undefined) return ` of at least ${spec.minimum}`;
  return spec.maximum !== undefined ? ` of at most ${spec.maximum}` : '';
}

/** Typed access to resolved parameters; a wrong name or type is a programming error and throws. */
export class ParameterReader {
  constructor(private readonly parameters: Parameters) {}

  number(name: string): number { return this.read(name, 'number') as number; }
  boolean(name: string): boolean { return this.read(name, 'boolean') as boolean; }
  text(name: string): string { return this.read(name, 'string') as string; }

  private read(name: string, type: string): ParameterValue {
    const value = this.parameters[name];
    if (typeof value !== type) throw new Error(`parameter '${name}' is ${typeof value}, its method reads a ${type}`);
    return value!;
  }
}
