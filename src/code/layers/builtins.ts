/** What Python, JavaScript, math and NumPy bring along, as far as hyperparameters are computed with it. */
import type { Machine } from './machine';
import type { CallExpr } from './calls';
import { maxItems, real, setField } from './expressions';
import { attribute } from './access';
import { product, Sym, sum } from './symbolic';
import type { Given } from './tensorFunctions';
import { asSym, boolean, float, library, none, number, opaque, string, truth, tuple, type ChainValue, type InstanceValue, type LayerValue, type Value } from './values';

const maxRange = 512;

export function builtin(m: Machine, path: string, given: Given, expr: CallExpr): Value | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const [first, second, third] = given.values;
  const items = first && m.items(first);
  switch (name) {
    case 'len': return items ? number(items.length) : first?.t === 'tensor' && first.shape && !first.shape.lead && first.shape.dims[0] ? number(first.shape.dims[0]) : opaque();
    case 'range': return range(given.values);
    case 'enumerate': {
      const start = asSym(given.named.get('start') ?? second)?.value ?? 0;
      return items ? m.newList(items.map((item, i) => tuple([number(i + start), item]))) : opaque();
    }
    case 'zip': {
      const all = given.values.map((value) => m.items(value));
      if (all.some((list) => list === undefined) || !all.length) return opaque();
      const length = Math.min(...all.map((list) => list!.length));
      return m.newList(Array.from({ length }, (_, i) => tuple(all.map((list) => list![i]!))));
    }
    case 'reversed': return items ? m.newList([...items].reverse()) : opaque();
    case 'list': case 'tuple': case 'iter': return !first ? m.newList([]) : items ? m.newList([...items]) : opaque();
    case 'OrderedDict': case 'dict': {
      const entries = new Map(given.named);
      if (first?.t === 'dict') first.entries.forEach((value, key) => entries.set(key, value));
      for (const item of first?.t === 'dict' ? [] : items ?? []) if ((item.t === 'tuple' || item.t === 'list') && item.items[0]?.t === 'string' && item.items[1]) entries.set(item.items[0].value, item.items[1]);
      return { t: 'dict', entries, open: given.open || (first !== undefined && !items) };
    }
    case 'int': case 'floor': case 'trunc': case 'parseInt': return whole(first, 'floor');
    case 'ceil': return whole(first, 'ceil');
    case 'round': return whole(first, 'round');
    case 'float': case 'Number': return first ?? opaque();
    case 'bool': {
      const decided = first && truth(first);
      return decided === undefined ? opaque() : boolean(decided);
    }
    case 'sqrt': return numeric(first, Math.sqrt);
    case 'log': return numeric(first, Math.log);
    case 'log2': return numeric(first, Math.log2);
    case 'abs': return numeric(first, Math.abs);
    case 'pow': {
      const [a, b] = [first && real(first), second && real(second)];
      return a === undefined || b === undefined ? opaque() : exact(a ** b);
    }
    case 'max': case 'min': return extreme(items ?? given.values, name === 'max' ? Math.max : Math.min);
    case 'sum': {
      const terms = items?.map(asSym);
      return terms?.every((term) => term !== undefined) ? number(sum(terms)) : opaque();
    }
    case 'prod': {
      const factors = items?.map(asSym);
      return factors?.every((factor) => factor !== undefined) ? number(product(factors)) : opaque();
    }
    case 'isinstance': return first?.t === 'number' || first?.t === 'tuple' || first?.t === 'list' || first?.t === 'string' ? isInstance(first, second) : opaque();
    case 'setattr': if (first?.t === 'instance' && second?.t === 'string' && third) setField(m, first, second.value, third); return none;
    case 'getattr': return first && second?.t === 'string' ? attribute(m, first, second.value) : opaque();
    case 'deepcopy': case 'copy': return first && copied(m, first);
    case 'require': return first?.t === 'string' ? library(first.value) : opaque();
    case 'print': return none;
    case 'map': {
      const all = second && m.items(second);
      return first?.t === 'function' && all ? m.newList(all.map((item) => m.invoke(first, [item], new Map()))) : opaque();
    }
    case 'next': return items?.[0] ?? opaque();
    case 'from': case 'fill': return expr.args.length === 2 && first?.t === 'dict' && second?.t === 'function' ? filled(m, first.entries.get('length'), second) : opaque();
    default: return undefined;
  }
}

function filled(m: Machine, length: Value | undefined, make: Value & { t: 'function' }): Value {
  const count = asSym(length)?.value;
  if (count === undefined || count > maxRange || count < 0) return opaque();
  return m.newList(Array.from({ length: count }, (_, i) => m.invoke(make, [none, number(i)], new Map())));
}

function range(values: readonly Value[]): Value {
  const sizes = values.map((value) => asSym(value)?.value);
  if (!sizes.length || sizes.some((size) => size === undefined)) return opaque();
  const [from, to, by] = sizes.length === 1 ? [0, sizes[0]!, 1] : [sizes[0]!, sizes[1]!, sizes[2] ?? 1];
  if (by === 0 || Math.abs(to - from) / Math.abs(by) > maxRange) return opaque();
  const items: Value[] = [];
  for (let at = from; by > 0 ? at < to : at > to; at += by) items.push(number(at));
  return tuple(items);
}

const exact = (value: number): Value => (Number.isSafeInteger(value) ? number(value) : Number.isFinite(value) ? float(value) : opaque());
function numeric(value: Value | undefined, compute: (value: number) => number): Value {
  const found = value && real(value);
  return found === undefined ? opaque() : float(compute(found));
}

function whole(value: Value | undefined, how: 'floor' | 'ceil' | 'round'): Value {
  if (!value) return opaque();
  if (value.t === 'number') return value;
  if (value.t === 'fraction') {
    if (value.below.value === undefined && value.above.value === undefined) return opaque();
    return how === 'floor' ? number(value.above.floorDiv(value.below)) : how === 'ceil' && value.below.constant ? number(value.above.ceilDiv(value.below.constant)) : numericWhole(value, how);
  }
  if (value.t === 'string') return exact(Math.trunc(Number(value.value)));
  if (value.t === 'opaque' && value.name) return number(Sym.symbol(value.name));
  return numericWhole(value, how);
}
function numericWhole(value: Value, how: 'floor' | 'ceil' | 'round'): Value {
  const found = real(value);
  return found === undefined ? opaque() : exact(Math[how](found));
}

function extreme(values: readonly Value[], choose: (...values: number[]) => number): Value {
  const found = values.map(real);
  return found.length && found.every((value) => value !== undefined) ? exact(choose(...found)) : opaque();
}

function isInstance(value: Value, type: Value | undefined): Value {
  const names = (type?.t === 'tuple' || type?.t === 'list' ? type.items : [type]).map((item) => (item?.t === 'library' ? item.path.replace('builtins.', '') : undefined));
  if (names.some((name) => name === undefined)) return opaque();
  const own = ({ number: 'int', tuple: 'tuple', list: 'list', string: 'str' } as Partial<Record<Value['t'], string>>)[value.t];
  return boolean(names.includes(own));
}

/** A copy has parameters of its own. */
export function copied(m: Machine, value: Value, depth = 0): Value {
  if (depth > 8) return value;
  m.step();
  const inner = (item: Value): Value => copied(m, item, depth + 1);
  switch (value.t) {
    case 'layer': return { ...value, leaf: { ...value.leaf } } satisfies LayerValue;
    case 'chain': return { ...value, items: value.items.map(inner), birth: m.birth() } satisfies ChainValue;
    case 'instance': return { ...value, fields: new Map([...value.fields].map(([name, item]) => [name, inner(item)])), birth: m.birth() } satisfies InstanceValue;
    case 'list': case 'tuple': return { ...value, items: value.items.map(inner), birth: m.birth() };
    default: return value;
  }
}

/** Methods of lists, dicts and strings, in both languages. */
export function collectionMethod(m: Machine, object: Value, name: string, given: Given): Value | undefined {
  if (object.t === 'dict') {
    const [key] = given.values;
    const pairs = [...object.entries];
    switch (name) {
      case 'items': return object.open ? opaque() : m.newList(pairs.map(([field, value]) => tuple([string(field), value])));
      case 'values': return object.open ? opaque() : m.newList(pairs.map(([, value]) => value));
      case 'keys': return object.open ? opaque() : m.newList(pairs.map(([field]) => string(field)));
      case 'get': case 'pop': return (key?.t === 'string' && object.entries.get(key.value)) || (object.open || key?.t !== 'string' ? opaque() : given.values[1] ?? none);
      case 'update': case 'setdefault': if (key?.t === 'dict') key.entries.forEach((value, field) => object.entries.set(field, value)); else object.open = true; return none;
      default: return undefined;
    }
  }
  if (object.t === 'string') return name === 'lower' || name === 'toLowerCase' ? string(object.value.toLowerCase()) : name === 'upper' ? string(object.value.toUpperCase()) : undefined;
  if (object.t !== 'list' && object.t !== 'tuple') return undefined;
  const [first] = given.values;
  const change = (apply: () => void): Value => {
    if (m.certain(object.birth) && object.items.length < maxItems) apply();
    else object.uncertain = true;
    return none;
  };
  switch (name) {
    case 'append': return change(() => first && object.items.push(first));
    case 'push': return change(() => object.items.push(...given.values));
    case 'extend': {
      const more = first && m.items(first);
      return more && object.items.length + more.length <= maxItems ? change(() => object.items.push(...more)) : (object.uncertain = true, none);
    }
    case 'insert': {
      const at = asSym(first)?.value;
      return at === undefined ? (object.uncertain = true, none) : change(() => given.values[1] && object.items.splice(at, 0, given.values[1]));
    }
    case 'unshift': return change(() => object.items.unshift(...given.values));
    case 'pop': {
      const at = first ? asSym(first)?.value : -1;
      const item = at === undefined || object.uncertain ? undefined : object.items.at(at);
      change(() => at === undefined || object.items.splice(at, 1));
      return item ?? opaque();
    }
    case 'reverse': return change(() => object.items.reverse());
    case 'copy': case 'slice': return given.values.length ? opaque() : { ...object, items: [...object.items], birth: m.birth() };
    case 'concat': {
      const more = first && m.items(first);
      return more && !object.uncertain && object.items.length + more.length <= maxItems ? m.newList([...object.items, ...more]) : opaque();
    }
    case 'forEach': case 'map': {
      if (first?.t !== 'function' || object.uncertain) return opaque();
      const results = object.items.map((item, i) => m.invoke(first, [item, number(i)], new Map()));
      return name === 'map' ? m.newList(results) : none;
    }
    case 'reduce': {
      if (first?.t !== 'function' || object.uncertain || !given.values[1]) return opaque();
      return object.items.reduce((value, item, i) => m.invoke(first, [value, item, number(i)], new Map()), given.values[1]);
    }
    default: return undefined;
  }
}
