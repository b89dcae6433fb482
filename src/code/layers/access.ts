/** `object.name` and `object[…]`. */
import type { Machine } from './machine';
import { int, known, windows, type Shape, type Size } from './shape';
import { Sym } from './symbolic';
import { asSym, baseField, library, none, number, opaque, tensor, tuple, type ClassValue, type TensorValue, type Value } from './values';

export const sizeValue = (size: Size): Value => (size ? number(size) : opaque());

export function attribute(m: Machine, object: Value, name: string): Value {
  switch (object.t) {
    case 'library': return library(`${object.path}.${name}`);
    case 'instance': return field(m, object, name);
    case 'class': return member(object, name) ?? opaque(undefined, `${object.code.name} has no ${name} in this file.`);
    case 'tensor': return ofTensor(object, name);
    case 'opaque': {
      const kept = object.fields?.get(name);
      if (kept) return kept;
      if (name === 'shape' || tensorMethods.has(name)) return ofTensor(m.tensorOf(object), name);
      return opaque(object.name && `${object.name}.${name}`, object.why);
    }
    case 'dict': return object.entries.get(name) ?? (m.script ? (object.open ? opaque() : none) : { t: 'method', object, name });
    case 'list': case 'tuple': return name === 'length' ? (object.uncertain ? opaque() : number(object.items.length)) : { t: 'method', object, name };
    case 'layer': {
      if (name === 'units' || name === 'filters' || /^(?:in|out)_(?:features|channels)$/.test(name) || name === 'hidden_size' || name === 'embedding_dim' || name === 'embed_dim') {
        const value = object.config.values.get(name);
        if (value) return value;
      }
      return { t: 'method', object, name };
    }
    case 'chain':
      if (name === 'input' || name === 'inputs') return object.input ?? { t: 'method', object, name };
      if (name === 'output' || name === 'outputs') return object.output ?? { t: 'method', object, name };
      if (name === 'layers') return object.uncertain ? opaque() : tuple([...object.items]);
      return { t: 'method', object, name };
    case 'graph':
      if (name === 'input' || name === 'inputs') return object.inputs;
      if (name === 'output' || name === 'outputs') return object.outputs;
      return { t: 'method', object, name };
    default: return { t: 'method', object, name };
  }
}

const tensorMethods = new Set(['size', 'view', 'reshape', 'flatten', 'permute', 'transpose', 'unsqueeze', 'squeeze', 'contiguous', 'apply', 'get_shape']);

function ofTensor(object: TensorValue, name: string): Value {
  if (name === 'shape') return shapeValue(object);
  if (name === 'ndim' || name === 'rank') return object.shape && !object.shape.lead ? number(object.shape.dims.length) : opaque();
  if (name === 'T' || name === 'mT') {
    const dims = object.shape && !object.shape.lead ? object.shape.dims : undefined;
    return tensor(dims && { dims: [...dims.slice(0, -2), ...dims.slice(-2).reverse()] }, [object]);
  }
  if (name === 'device' || name === 'dtype' || name === 'is_cuda' || name === 'requires_grad') return opaque();
  if (name === 'data') return object;
  return { t: 'method', object, name };
}

export function shapeValue(object: TensorValue): Value {
  if (!object.shape || object.shape.lead) return { t: 'opaque', shapeOf: object };
  return tuple(object.shape.dims.map(sizeValue));
}

function field(m: Machine, object: Value & { t: 'instance' }, name: string): Value {
  const kept = object.fields.get(name);
  if (kept) return kept;
  const found = member(object.of, name);
  if (found?.t === 'function') {
    const bound: Value = { ...found, self: object };
    return found.code.property ? m.invoke(bound, [], new Map()) : bound;
  }
  if (found) return found;
  const base = object.fields.get(baseField);
  if (base && base.t !== 'layer') return attribute(m, base, name);
  if (base?.t === 'layer' && base.config.values.has(name)) return base.config.values.get(name)!;
  if (name === 'training') return opaque();
  // Of a class whose base is elsewhere anything may be there.
  return object.framework && libraryMethods.has(name) ? { t: 'method', object, name } : opaque(`${m.script ? 'this' : 'self'}.${name}`);
}

const libraryMethods = new Set(['add_module', 'register_module', 'register_buffer', 'register_parameter', 'build', 'summary', 'apply', 'to', 'cuda', 'cpu', 'eval', 'train', 'half', 'float', 'compile', 'fit', 'predict', 'add_weight', 'modules', 'parameters', 'named_modules', 'children', 'append', 'requires_grad_', 'load_state_dict']);

/** Of a class or one of its bases in this file. */
export function member(of: ClassValue, name: string, depth = 0): Value | undefined {
  const own = of.members.get(name);
  if (own || depth > 8) return own;
  for (const base of of.bases) {
    const found = base.t === 'class' ? member(base, name, depth + 1) : undefined;
    if (found) return found;
  }
  return undefined;
}

export function indexed(m: Machine, object: Value, items: readonly Value[]): Value {
  const [first] = items;
  if (!first) return opaque();
  if (object.t === 'tensor') return tensor(object.shape && cut(object.shape, items), [object]);
  if (object.t === 'opaque') {
    if (object.shapeOf) return sizeOf(object.shapeOf, asSym(first)?.value);
    if (object.tensor) return tensor(object.tensor.shape && cut(object.tensor.shape, items), [object.tensor]);
    const at = first.t === 'string' ? first.value : asSym(first)?.value;
    return opaque(object.name && at !== undefined ? `${object.name}[${at}]` : undefined, object.why);
  }
  if (object.t === 'dict') {
    const key = first.t === 'string' ? first.value : asSym(first)?.value?.toString();
    return (key !== undefined && object.entries.get(key)) || opaque();
  }
  if (object.t !== 'list' && object.t !== 'tuple' && object.t !== 'chain') return opaque();
  if (object.uncertain) return opaque();
  if (first.t === 'slice') {
    const all = slice(object.items, first);
    return all ? { ...object, items: all, birth: m.birth() } : opaque();
  }
  const at = asSym(first)?.value;
  return (at !== undefined && object.items.at(at)) || opaque();
}

/** One size of a tensor whose dims nobody counted: the first is the batch. */
export function sizeOf(object: TensorValue, at: number | undefined): Value {
  if (at === undefined) return opaque();
  const { shape } = object;
  if (shape && (!shape.lead || at < 0)) return sizeValue(shape.dims[at < 0 ? at + shape.dims.length : at] ?? null);
  return at === 0 ? number(Sym.symbol('N')) : opaque();
}

function slice(items: readonly Value[], { from, to, step }: Value & { t: 'slice' }): Value[] | undefined {
  const [start, end, by] = [from, to, step].map((side) => (side === undefined || side.t === 'none' ? undefined : asSym(side)?.value ?? NaN));
  if ([start, end, by].some(Number.isNaN)) return undefined;
  if (by === undefined || by === 1) return items.slice(start, end);
  if (by === -1 && start === undefined && end === undefined) return [...items].reverse();
  return by > 1 ? items.slice(start, end).filter((_, i) => i % by === 0) : undefined;
}

/** Dims after indexing a tensor: a number takes one away, None adds one, a slice shortens. */
function cut(shape: Shape, items: readonly Value[]): Shape | undefined {
  if (shape.lead) return undefined;
  const taking = items.filter(({ t }) => t !== 'none' && t !== 'ellipsis').length;
  const dims: Size[] = [];
  let at = 0;
  for (const item of items) {
    if (item.t === 'none') {
      dims.push(int(1));
    } else if (item.t === 'ellipsis') {
      while (at < shape.dims.length - (taking - [...items].slice(0, items.indexOf(item)).filter(({ t }) => t !== 'none').length)) dims.push(shape.dims[at++]!);
    } else if (item.t === 'slice') {
      dims.push(sliced(shape.dims[at++] ?? null, item));
    } else if (item.t === 'number' || (item.t === 'opaque' && item.name)) {
      at++;
    } else {
      return undefined;
    }
  }
  return { dims: [...dims, ...shape.dims.slice(at)] };
}

function sliced(size: Size, { from, to, step }: Value & { t: 'slice' }): Size {
  const side = (value: Value | undefined): Sym | null | undefined => (value === undefined || value.t === 'none' ? undefined : asSym(value) ?? null);
  const [start, end, by] = [side(from), side(to), side(step)];
  if (start === null || end === null || by === null) return null;
  const absolute = (at: Sym): Size => (at.value !== undefined && at.value < 0 ? size && size.plus(at) : at);
  const first = start === undefined ? int(0) : absolute(start);
  const last = end === undefined ? size : absolute(end);
  if (!first || !last) return null;
  const [stop, whole] = [last.value, size?.value];
  // A slice ends at the end at the latest.
  const bounded = end === undefined || (end.value !== undefined && end.value < 0) ? last : stop !== undefined && whole !== undefined ? int(Math.min(stop, whole)) : size && end.equals(size) ? size : stop !== undefined || end.equals(last) ? last : null;
  if (!bounded) return null;
  const length = bounded.minus(first);
  if ((length.value ?? 0) < 0) return int(0);
  return by === undefined || by.constant === 1 ? length : windows(known(length, 'The length'), { kernel: int(1), stride: by }, int(0));
}
