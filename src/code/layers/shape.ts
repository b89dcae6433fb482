/** Shapes with unknown and symbolic dims, and the arithmetic that several frameworks share. */
import type { Dim } from '../../graph/graph';
import { bracketed, product, Sym, Unknown } from './symbolic';

export type Size = Sym | null;

export interface Shape {
  /** Any number of further dims come first: PyTorch's '*'. */
  readonly lead?: boolean;
  readonly dims: readonly Size[];
}
/** What a layer gives: one shape, several, or nothing that is known. */
export type Output = Shape | readonly Output[] | undefined;

export const isShape = (output: Output): output is Shape => output !== undefined && 'dims' in output;
export const int = (value: number): Sym => Sym.int(value);
export const shape = (...dims: (Size | number | string)[]): Shape => ({ dims: dims.map((dim) => (typeof dim === 'number' ? Sym.int(dim) : typeof dim === 'string' ? Sym.symbol(dim) : dim)) });
export const anyLead = (...dims: Size[]): Shape => ({ lead: true, dims });

/** '*' and '?' as people write them; symbols as printed. */
export function toDims({ lead, dims }: Shape): Dim[] {
  return [...(lead ? ['*'] : []), ...dims.map((dim) => (dim === null ? null : dim.value ?? bracketed(dim.print())))];
}

/** The dim at `index`, negative from the end. */
export function dimAt(of: Shape, index: number): Size {
  const at = index < 0 ? of.dims.length + index : of.lead ? NaN : index;
  const dim = of.dims[at];
  return dim === undefined ? null : dim;
}

export function known(dim: Size, what: string): Sym {
  if (dim === null) throw new Unknown(`${what} is not known here.`);
  return dim;
}

/** Dims of a shape with exactly this many, or a sentence saying what was expected. */
export function rank(of: Shape, count: number, what: string): readonly Size[] {
  if (of.lead) throw new Unknown(`How many dimensions the input of ${what} has is not known here.`);
  if (of.dims.length !== count) throw new Unknown(`${what} expects ${count} dimensions, gets ${of.dims.length}.`);
  return of.dims;
}

export const withDim = (of: Shape, index: number, value: Size): Shape => ({ ...of, dims: of.dims.map((dim, i) => (i === (index < 0 ? of.dims.length + index : index) ? value : dim)) });

/** Product of all dims, null if one is unknown. */
export function elements(dims: readonly Size[]): Size {
  return dims.some((dim) => dim === null) ? null : product(dims as Sym[]);
}

export interface Window { readonly kernel: Sym; readonly stride: Sym; readonly dilation?: Sym }

/** (n + pads − dilation·(kernel − 1) − 1) / stride + 1, rounded down, or up as far as `up` says. */
export function windows(size: Size, { kernel, stride, dilation }: Window, pads: Sym, up = false): Size {
  if (size === null) return null;
  const reach = kernel.minus(1).times(dilation ?? int(1)).plus(1);
  const room = size.plus(pads).minus(reach);
  const value = room.value;
  if (value !== undefined && value < 0) throw new Unknown(`A window of ${reach.print()} does not fit into ${size.plus(pads).print()}.`);
  return (up ? room.plus(stride).minus(1) : room).floorDiv(stride).plus(1);
}

/** NumPy's broadcasting. A dim that cannot be settled is unknown; one that contradicts is a sentence. */
export function broadcast(a: Shape, b: Shape): Shape {
  const lead = (a.lead && a.dims.length >= 0) || b.lead;
  const length = Math.max(a.dims.length, b.dims.length);
  const dims: Size[] = [];
  for (let i = 1; i <= length; i++) {
    const left = a.dims.length >= i ? a.dims[a.dims.length - i]! : a.lead ? null : int(1);
    const right = b.dims.length >= i ? b.dims[b.dims.length - i]! : b.lead ? null : int(1);
    dims.unshift(wider(left, right));
  }
  return lead ? { lead: true, dims } : { dims };
}

function wider(a: Size, b: Size): Size {
  if (a?.constant === 1) return b;
  if (b?.constant === 1) return a;
  // Next to a size over 1, an unknown one is equal to it or 1.
  if (a === null) return b?.value !== undefined ? b : null;
  if (b === null) return a.value !== undefined ? a : null;
  if (a.equals(b)) return a;
  if (a.differs(b) && a.value !== undefined && b.value !== undefined) throw new Unknown(`Sizes ${a.print()} and ${b.print()} do not go together.`);
  return null;
}

/** Joined along one axis: the sizes there add up, the others are those that some input tells. */
export function concatenated(inputs: readonly Shape[], axis: number): Shape {
  const [first] = inputs;
  if (!first) throw new Unknown('There is nothing to join.');
  const counted = inputs.filter((input) => !input.lead);
  const base = counted[0] ?? first;
  const at = axis < 0 ? base.dims.length + axis : axis;
  if (at < 0 || at >= base.dims.length || (inputs.some(({ lead }) => lead) && axis >= 0)) throw new Unknown('The axis along which the inputs are joined is not known here.');
  if (counted.some(({ dims }) => dims.length !== base.dims.length)) throw new Unknown(`Inputs with ${[...new Set(counted.map(({ dims }) => dims.length))].join(' and ')} dimensions cannot be joined.`);
  if (counted.length < inputs.length) return { lead: true, dims: [sumOf(inputs.map((input) => dimAt(input, axis)))] };
  return {
    dims: base.dims.map((_, i) => {
      const sizes = inputs.map(({ dims }) => dims[i]!);
      if (i === at) return sumOf(sizes);
      const [one, ...rest] = sizes.filter((size): size is Sym => size !== null);
      const other = rest.find((size) => one!.differs(size));
      if (other) throw new Unknown(`Inputs of sizes ${one!.print()} and ${other.print()} cannot be joined along another dimension.`);
      return one && rest.every((size) => one.equals(size)) ? one : one?.value !== undefined ? one : null;
    }),
  };
}

const sumOf = (sizes: readonly Size[]): Size => (sizes.some((size) => size === null) ? null : (sizes as Sym[]).reduce((a, b) => a.plus(b)));

/**
 * Dims `to` for as many elements as `from` has; −1 is what remains. Where that cannot be proved, the first dim is taken
 * to be kept (`assumed` says under which condition).
 */
export function reshaped(from: Shape | undefined, to: readonly (Sym | null)[]): { shape: Shape; assumed?: string } {
  const open = to.findIndex((dim) => dim?.constant === -1);
  if (!from || from.lead) return { shape: { dims: to.map((dim) => (dim?.constant === -1 ? null : dim)) } };
  const total = elements(from.dims);
  if (open < 0) {
    const wanted = elements(to);
    if (total && wanted && total.differs(wanted)) throw new Unknown(`${total.print()} elements do not fit ${wanted.print()}.`);
    return { shape: { dims: to } };
  }
  const others = to.filter((_, i) => i !== open);
  const taken = elements(others);
  const rest = total && taken ? total.dividedBy(taken) ?? remaining(total, taken) : quotientByNames(from.dims, others);
  if (rest) return { shape: { dims: to.map((dim, i) => (i === open ? rest : dim)) } };
  const [batch, ...inner] = from.dims;
  const size = elements(inner);
  if (open === 0 && batch && taken && size) return { shape: { dims: [batch, ...to.slice(1)] }, assumed: `This holds if ${size.print()} is ${taken.print()}.` };
  return { shape: { dims: to.map((dim, i) => (i === open ? null : dim)) } };
}

function remaining(total: Sym, taken: Sym): Sym | undefined {
  const [all, part] = [total.value, taken.value];
  if (all === undefined || part === undefined) return undefined;
  if (part === 0 || all % part !== 0) throw new Unknown(`${all} elements do not fit rows of ${part}.`);
  return int(all / part);
}

/** What is left when equal dims are struck out on both sides, where some are unknown. */
function quotientByNames(from: readonly Size[], others: readonly Size[]): Size {
  const left = [...from];
  for (const dim of others) {
    const at = left.findIndex((candidate) => candidate !== null && dim !== null && candidate.equals(dim));
    if (at < 0) return null;
    left.splice(at, 1);
  }
  return elements(left);
}
