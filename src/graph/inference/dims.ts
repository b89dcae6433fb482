/**
 * Arithmetic of dims. Inside inference every dim is a number or a symbol; symbols that start with '\0' are anonymous
 * (unknown, but the same unknown wherever they appear) and are published as null.
 */
import type { Dim, Dims } from '../graph';

/** Longer expressions are given up: nobody reads them, and they could grow without bound. */
const maxSymbolLength = 64;

/** An integer coefficient times symbols, sorted: what products of dims look like. */
interface Monomial { readonly factor: number; readonly symbols: readonly string[] }

function monomial(dim: number | string): Monomial {
  if (typeof dim === 'number') return { factor: dim, symbols: [] };
  if (dim.includes(' + ')) return { factor: 1, symbols: [dim] };
  const parts = dim.split('*');
  const factor = parts.length > 1 && /^\d{1,15}$/.test(parts[0]!) ? Number(parts[0]) : 1;
  return { factor, symbols: factor === 1 ? parts : parts.slice(1) };
}

function write({ factor, symbols }: Monomial): Dim {
  if (!Number.isSafeInteger(factor)) return null;
  if (symbols.length === 0 || factor === 0) return factor;
  if (symbols.length === 1 && factor === 1) return symbols[0]!;
  if (symbols.some((symbol) => symbol.includes(' + '))) return null;
  const text = (factor === 1 ? symbols : [String(factor), ...symbols]).join('*');
  return text.length > maxSymbolLength ? null : text;
}

export function multiply(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a === 0 || b === 0) return 0;
  if (a === 1) return b;
  if (b === 1) return a;
  if (a === null || b === null) return null;
  if ((typeof a === 'number' && a < 0) || (typeof b === 'number' && b < 0)) return null;
  const x = monomial(a), y = monomial(b);
  return write({ factor: x.factor * y.factor, symbols: [...x.symbols, ...y.symbols].sort() });
}

/** a / b when the division is known to be exact, else null. */
export function divideExact(a: Dim, b: Dim): Dim {
  if (a === null || b === null || b === 0) return null;
  if (a === b) return 1;
  if (b === 1) return a;
  const x = monomial(a), y = monomial(b);
  if (!Number.isInteger(x.factor / y.factor)) return null;
  const rest = [...x.symbols];
  for (const symbol of y.symbols) {
    const at = rest.indexOf(symbol);
    if (at < 0) return null;
    rest.splice(at, 1);
  }
  return write({ factor: x.factor / y.factor, symbols: rest });
}

export function add(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === null || b === null) return null;
  if (a === 0) return b;
  if (b === 0) return a;
  if ((typeof a === 'number' && a < 0) || (typeof b === 'number' && b < 0)) return null;
  // Constants last, symbols sorted, so that equal sums are equal strings.
  let constant = 0;
  const terms: string[] = [];
  for (const dim of [a, b]) {
    if (typeof dim === 'number') { constant += dim; continue; }
    for (const term of dim.split(' + ')) {
      if (/^\d{1,15}$/.test(term)) constant += Number(term);
      else terms.push(term);
    }
  }
  const text = [...terms.sort(), ...(constant > 0 ? [String(constant)] : [])].join(' + ');
  return text.length > maxSymbolLength ? null : text;
}

export function product(dims: Dims): Dim {
  let result: Dim = 1;
  for (const dim of dims) result = multiply(result, dim);
  return result;
}

/** NumPy's rule for one axis. Unknown against n > 1 must be n (or 1, which broadcasts to n). */
export function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === b) return a;
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === 'number') {
    if (typeof b === 'number') throw new Error(`dims ${a} and ${b} do not broadcast`);
    return a;
  }
  return typeof b === 'number' ? b : null;
}

/** Dims of a multidirectional broadcast; undefined when a rank is unknown. Throws when numbers contradict. */
export function broadcast(...operands: readonly (Dims | undefined)[]): Dims | undefined {
  let result: Dims = [];
  for (const dims of operands) {
    if (dims === undefined) return undefined;
    const longer = dims.length >= result.length ? dims : result;
    const shorter = longer === dims ? result : dims;
    const offset = longer.length - shorter.length;
    result = longer.map((dim, axis) => axis < offset ? dim : broadcastDim(dim, shorter[axis - offset]!));
  }
  return result;
}

/** Two descriptions of the same dim: the more precise one. */
export function unify(a: Dim, b: Dim): Dim {
  if (typeof a === 'number') return a;
  if (typeof b === 'number') return b;
  return a === null || isAnonymous(a) ? b ?? a : a;
}

/** Two alternatives (branches, iterations): what holds for both. */
export function widen(a: Dims | undefined, b: Dims | undefined): Dims | undefined {
  if (a === undefined || b === undefined || a.length !== b.length) return undefined;
  return a.map((dim, axis) => dim === b[axis] ? dim : null);
}

export function isAnonymous(dim: Dim): boolean {
  return typeof dim === 'string' && dim.includes('\0');
}

/** A non-negative axis. Throws when it is out of range. */
export function axisOf(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(positive) || positive < 0 || positive >= rank) throw new Error(`axis ${axis} is out of range for rank ${rank}`);
  return positive;
}

export function allNumbers(dims: Dims | undefined): dims is readonly number[] {
  return dims !== undefined && dims.every((dim) => typeof dim === 'number');
}
