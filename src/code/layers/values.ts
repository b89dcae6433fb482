/** What the interpreter computes with: Python's and JavaScript's values as far as they matter for building a model. */
import type { SourceLayer } from '../types';
import type { ClassCode, Expr, FunctionCode, Range } from './program';
import type { Output, Shape } from './shape';
import { Sym, Unknown } from './symbolic';

export type Framework = SourceLayer['framework'];

/** Something that owns parameters, counted once however often it is used. */
export interface Leaf { parameters?: Sym; why?: string; site?: Site }

/** One use of a layer: what went in and came out. */
export interface Use {
  readonly inputs: readonly (Shape | undefined)[];
  readonly output: Output;
  readonly parameters?: Sym;
  /** A tensor that came out, for the running total over what it was made from. */
  readonly tensor?: TensorValue;
  /** Parameters of what is used, if it is a whole model. */
  readonly total?: Sym;
  readonly note?: string;
  /** The input's dims are names that nobody stated. */
  readonly assumed: boolean;
}

/** A call in the source that makes or uses a layer. */
export interface Site {
  readonly name: Range;
  call: Range;
  readonly framework: Framework;
  readonly type: string;
  readonly uses: Use[];
  readonly totals: (Sym | undefined)[];
}

export interface TensorValue {
  readonly t: 'tensor';
  shape?: Shape;
  /** For names of dims that a layer implies: 'H', for a second input 'H₂'. */
  assumed: boolean;
  readonly parents: readonly TensorValue[];
  readonly leaves: readonly Leaf[];
  /** nn.Parameter: the attribute it is kept in registers it. */
  readonly isParameter?: boolean;
  /** Layers that made it wait for a shape. */
  readonly why?: string;
}

export interface LayerRule {
  /** Names of the positional arguments. */
  readonly args: readonly string[];
  /** Dims of an input of which nothing is known: what the layer itself expects, with names for the rest. */
  readonly hint?: (config: Arguments) => Shape;
  readonly output: (config: Arguments, inputs: readonly Shape[]) => Output;
  /** `inputs` is undefined where the layer was not used yet: PyTorch's do not need it. */
  readonly parameters?: (config: Arguments, inputs: readonly Shape[] | undefined) => Sym;
  /** A contradiction or a condition, in a sentence. */
  readonly note?: (config: Arguments, inputs: readonly Shape[]) => string | undefined;
}

export interface LayerValue {
  readonly t: 'layer';
  readonly framework: Framework;
  readonly type: string;
  readonly rule: LayerRule;
  readonly config: Arguments;
  readonly site: Site;
  readonly leaf: Leaf;
  /** The call that holds the options, for a call of the result. */
  readonly made: Expr;
}
/** Layers in a row: Sequential; not callable: ModuleList. */
export interface ChainValue {
  readonly t: 'chain';
  readonly framework: Framework;
  readonly callable: boolean;
  readonly items: Value[];
  readonly site: Site;
  readonly birth: number;
  /** Keras: the tensor after the last layer, once an input is known. */
  input?: TensorValue;
  output?: TensorValue;
  uncertain?: string;
}
export interface GraphValue { readonly t: 'graph'; readonly framework: Framework; readonly inputs: Value; readonly outputs: Value; readonly site: Site }
export interface ClassValue { readonly t: 'class'; readonly code: ClassCode; readonly scope: Scope; readonly bases: readonly Value[]; readonly members: Map<string, Value> }
export interface InstanceValue { readonly t: 'instance'; readonly of: ClassValue; readonly fields: Map<string, Value>; readonly framework?: Framework; readonly site?: Site; readonly birth: number; used?: boolean }
export interface FunctionValue { readonly t: 'function'; readonly code: FunctionCode; readonly scope: Scope; readonly self?: Value; readonly owner?: ClassValue }
export interface SequenceValue { readonly t: 'list' | 'tuple'; readonly items: Value[]; readonly birth: number; uncertain?: boolean }
/** `registered`: a ModuleDict, whose modules belong to the model. */
export interface DictValue { readonly t: 'dict'; readonly entries: Map<string, Value>; open?: boolean; readonly registered?: boolean }
/** Nothing is known but perhaps a name: a parameter, or what hangs on one. */
export interface OpaqueValue { readonly t: 'opaque'; readonly name?: string; tensor?: TensorValue; readonly why?: string; fields?: Map<string, Value>;
  /** It is used as a model is, so it may have parameters. */
  isModel?: boolean;
  /** The dims of a tensor whose number nobody told: unpacking them tells. */
  readonly shapeOf?: TensorValue }

export type Value =
  | { readonly t: 'number'; readonly sym: Sym }
  | { readonly t: 'float'; readonly value: number }
  /** A quotient that is no whole number as far as is known. */
  | { readonly t: 'fraction'; readonly above: Sym; readonly below: Sym }
  | { readonly t: 'string'; readonly value: string }
  | { readonly t: 'boolean'; readonly value: boolean }
  | { readonly t: 'none' }
  | { readonly t: 'slice'; readonly from?: Value; readonly to?: Value; readonly step?: Value }
  | { readonly t: 'ellipsis' }
  /** Something of a library, by its full name. */
  | { readonly t: 'library'; readonly path: string }
  | { readonly t: 'method'; readonly object: Value; readonly name: string }
  | SequenceValue | DictValue | TensorValue | LayerValue | ChainValue | GraphValue | ClassValue | InstanceValue | FunctionValue | OpaqueValue;

/** Where an instance keeps the layer that it is by its base class. */
export const baseField = '(base)';
export const library = (path: string): Value => ({ t: 'library', path });
export const none: Value = { t: 'none' };
export const number = (value: number | Sym): Value => ({ t: 'number', sym: typeof value === 'number' ? Sym.int(value) : value });
export const float = (value: number): Value => ({ t: 'float', value });
export const boolean = (value: boolean): Value => ({ t: 'boolean', value });
export const string = (value: string): Value => ({ t: 'string', value });
export const opaque = (name?: string, why?: string): OpaqueValue => ({ t: 'opaque', name, why });
export const list = (items: Value[], birth = 0): SequenceValue => ({ t: 'list', items, birth });
export const tuple = (items: Value[]): SequenceValue => ({ t: 'tuple', items, birth: 0 });
export const tensor = (shape: Shape | undefined, parents: readonly TensorValue[] = [], leaves: readonly Leaf[] = [], why?: string): TensorValue => ({ t: 'tensor', shape, parents, leaves, assumed: parents.some(({ assumed }) => assumed), why });

export interface Scope { readonly names: Map<string, Value>; readonly parent?: Scope; readonly self?: Value; readonly owner?: ClassValue }

/** The whole number a value stands for; a named unknown is a symbol. */
export function asSym(value: Value | undefined): Sym | undefined {
  if (!value) return undefined;
  if (value.t === 'number') return value.sym;
  if (value.t === 'float' && Number.isSafeInteger(value.value)) return Sym.int(value.value);
  if (value.t === 'boolean') return Sym.int(value.value ? 1 : 0);
  if (value.t === 'opaque' && value.name) return Sym.symbol(value.name);
  return undefined;
}

/** true, false, or undefined where it is not known. */
export function truth(value: Value): boolean | undefined {
  switch (value.t) {
    case 'boolean': return value.value;
    case 'none': return false;
    case 'number': return value.sym.value === undefined ? undefined : value.sym.value !== 0;
    case 'float': return value.value !== 0;
    case 'string': return value.value !== '';
    case 'list': case 'tuple': return value.uncertain ? undefined : value.items.length > 0;
    case 'dict': return value.open && !value.entries.size ? undefined : value.entries.size > 0;
    case 'opaque': case 'tensor': case 'fraction': return undefined;
    case 'library': return undefined;
    default: return true;
  }
}

/** Arguments of a call, by name. Reading one that is not known throws a sentence that names it. */
export class Arguments {
  constructor(readonly values: ReadonlyMap<string, Value>, private readonly open: boolean) {}

  has(name: string): boolean {
    return this.values.has(name);
  }

  get(...names: readonly string[]): Value | undefined {
    for (const name of names) {
      const value = this.values.get(name);
      if (value && value.t !== 'none') return value;
      if (value) return undefined;
    }
    if (this.open) throw new Unknown(`Whether ${names[0]} is among the options is not known here.`);
    return undefined;
  }

  int(name: string, fallback?: number, ...aliases: readonly string[]): Sym {
    const value = this.get(name, ...aliases);
    if (value === undefined && fallback !== undefined) return Sym.int(fallback);
    const sym = value && (value.t === 'list' || value.t === 'tuple') && value.items.length === 1 ? asSym(value.items[0]) : asSym(value);
    if (!sym) throw new Unknown(value === undefined ? `${name} is missing.` : `${name} is not known here.`);
    return sym;
  }

  /** One number for all dims, or one each. */
  ints(name: string, count: number, fallback?: number | readonly Sym[], ...aliases: readonly string[]): Sym[] {
    const value = this.get(name, ...aliases);
    if (value === undefined) {
      if (fallback === undefined) throw new Unknown(`${name} is missing.`);
      return typeof fallback === 'number' ? Array.from({ length: count }, () => Sym.int(fallback)) : [...fallback];
    }
    const items = value.t === 'list' || value.t === 'tuple' ? value.items : Array.from({ length: count }, () => value);
    if (items.length === 1 && count > 1) return Array.from({ length: count }, () => this.int(name));
    if (items.length !== count) throw new Unknown(`${name} has ${items.length} entries where ${count} are expected.`);
    return items.map((item) => {
      const sym = asSym(item);
      if (!sym) throw new Unknown(`${name} is not known here.`);
      // Two unknown entries of a name are one name only if one number was meant.
      return sym;
    });
  }

  text(name: string, fallback: string): string {
    const value = this.get(name);
    if (value === undefined) return fallback;
    if (value.t !== 'string') throw new Unknown(`${name} is not known here.`);
    return value.value;
  }

  flag(name: string, fallback: boolean): boolean {
    const given = this.values.get(name);
    if (given?.t === 'none') return false;
    const value = this.get(name);
    const known = value === undefined ? fallback : truth(value);
    if (known === undefined) throw new Unknown(`Whether ${name} is on is not known here.`);
    return known;
  }

  real(name: string, fallback: number): number {
    const value = this.get(name);
    if (value === undefined) return fallback;
    const known = value.t === 'float' ? value.value : asSym(value)?.value;
    if (known === undefined) throw new Unknown(`${name} is not known here.`);
    return known;
  }
}
