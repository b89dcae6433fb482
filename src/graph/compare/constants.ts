/**
 * The numbers of a constant, read piece by piece: from a stored tensor through what the graph does to it before it is
 * used (DequantizeLinear, Transpose, Reshape, Cast), without holding more than one piece where the order allows.
 */
import { toFloat32 } from '../../tensor/convert';
import { elementCount, type Tensor } from '../../tensor/tensor';
import type { Graph, Initializer, Node } from '../graph';
import { attrInt, attrInts, attrTensor, initializerType } from '../graph';
import { producersOf } from '../indexes';

/** Reads a run of a stored tensor's elements. */
export type ReadStored = (initializer: Initializer, range: { readonly start: number; readonly count: number }) => Promise<Tensor>;

/** Numbers of known dims that can be had in runs, in C order. */
export interface Numbers {
  readonly dims: readonly number[];
  read(start: number, count: number): Promise<Float32Array>;
}

/** Tensors that must be held whole (to be transposed, or unpacked) may have this many elements. */
export const mostHeld = 2 ** 26;

const deepest = 16;

export class Constants {
  private readonly producers: ReadonlyMap<string, Node>;

  constructor(private readonly graph: Graph, private readonly stored: ReadStored, private readonly dims: (name: string) => readonly number[] | undefined) {
    this.producers = producersOf(graph);
  }

  /** The numbers of a value, or undefined where they cannot be followed. */
  numbers(name: string, depth = 0): Numbers | undefined {
    const initializer = this.graph.initializers.get(name);
    if (initializer) return this.leaf(initializer);
    const node = this.producers.get(name);
    if (!node || depth > deepest) return undefined;
    const [from = '', second = '', third = ''] = node.inputs;
    switch (node.opType) {
      case 'Constant': { const value = node.attributes.get('value'); return value?.kind === 'tensor' ? this.leaf(value.value) : undefined; }
      case 'Identity': case 'Cast': return this.numbers(from, depth + 1);
      case 'Reshape': case 'Flatten': case 'Squeeze': case 'Unsqueeze': {
        const of = this.numbers(from, depth + 1), dims = this.dims(name);
        return of && dims && elementCount(dims) === elementCount(of.dims) ? { dims, read: of.read } : undefined;
      }
      case 'Transpose': {
        const of = this.numbers(from, depth + 1);
        return of && permuted(of, attrInts(node, 'perm', of.dims.map((_, axis) => of.dims.length - 1 - axis)));
      }
      case 'DequantizeLinear': {
        const of = this.numbers(from, depth + 1), scale = this.numbers(second, depth + 1), zero = third === '' ? undefined : this.numbers(third, depth + 1);
        if (!of || !scale || (third !== '' && !zero) || attrInt(node, 'block_size', 0) !== 0) return undefined;
        return scaled(of, [scale], zero, attrInt(node, 'axis', 1));
      }
      case 'Mul': case 'Add': case 'Sub': case 'Div': {
        const [a, b] = [this.numbers(from, depth + 1), this.numbers(second, depth + 1)];
        return a && b && elementwise(node.opType, a, b);
      }
      case 'Concat': {
        const parts = node.inputs.map((input) => this.numbers(input, depth + 1));
        return parts.every((part) => part !== undefined) ? joined(parts, attrInt(node, 'axis', 0)) : undefined;
      }
      case 'ConstantOfShape': {
        const dims = this.dims(name), value = attrTensor(node, 'value');
        const one = value && this.leaf(value);
        return dims && { dims, read: async (_, count) => new Float32Array(count).fill(one ? (await one.read(0, 1))[0]! : 0) };
      }
      default: return undefined;
    }
  }

  /** The numbers of a stored tensor, or undefined for strings and what cannot be read. */
  leaf(initializer: Initializer): Numbers | undefined {
    const { dims } = initializerType(initializer);
    const total = elementCount(dims);
    if (initializer.kind === 'strings' || initializer.kind === 'missing') return undefined;
    const read = async (start: number, count: number): Promise<Float32Array> => toFloat32(await this.stored(initializer, { start, count }));
    // What must be decoded as a whole is decoded once.
    if (initializer.kind === 'deferred') return total > mostHeld ? undefined : held(dims, () => read(0, total));
    return { dims, read };
  }
}

/** a ∘ b, where both have the same dims or one is a single number; undefined for other broadcasts. */
function elementwise(op: 'Mul' | 'Add' | 'Sub' | 'Div', a: Numbers, b: Numbers): Numbers | undefined {
  const single = (numbers: Numbers): boolean => elementCount(numbers.dims) === 1;
  if (String(a.dims) !== String(b.dims) && !single(a) && !single(b)) return undefined;
  const compute = { Mul: (x: number, y: number) => x * y, Add: (x: number, y: number) => x + y, Sub: (x: number, y: number) => x - y, Div: (x: number, y: number) => x / y }[op];
  const run = async (numbers: Numbers, start: number, count: number): Promise<Float32Array> => single(numbers) ? new Float32Array(count).fill((await numbers.read(0, 1))[0]!) : numbers.read(start, count);
  return {
    dims: single(a) ? b.dims : a.dims,
    read: async (start, count) => {
      const [x, y] = [await run(a, start, count), await run(b, start, count)];
      return x.map((value, at) => compute(value, y[at]!));
    },
  };
}

/** Parts one after the other along an axis. */
function joined(parts: readonly Numbers[], axis: number): Numbers | undefined {
  const [first] = parts;
  if (!first) return undefined;
  const at = axis < 0 ? first.dims.length + axis : axis;
  const dims = first.dims.map((dim, index) => index === at ? parts.reduce((sum, part) => sum + (part.dims[at] ?? 0), 0) : dim);
  if (parts.some((part) => part.dims.length !== dims.length) || elementCount(dims) > mostHeld) return undefined;
  return held(dims, async () => {
    const out = new Float32Array(elementCount(dims)), outer = elementCount(dims.slice(0, at)), row = elementCount(dims.slice(at));
    let offset = 0;
    for (const part of parts) {
      const from = await readAll(part), length = elementCount(part.dims.slice(at));
      for (let block = 0; block < outer; block++) out.set(from.subarray(block * length, (block + 1) * length), block * row + offset);
      offset += length;
    }
    return out;
  });
}

/** Numbers that are computed as a whole the first time they are asked for. */
export function held(dims: readonly number[], compute: () => Promise<Float32Array>): Numbers {
  let whole: Promise<Float32Array> | undefined;
  return { dims, read: async (start, count) => (await (whole ??= compute())).subarray(start, start + count) };
}

export function readAll({ dims, read }: Numbers): Promise<Float32Array> {
  return read(0, elementCount(dims));
}

/** Axes in another order; undefined when the tensor is too large to be held. */
export function permuted(of: Numbers, perm: readonly number[]): Numbers | undefined {
  if (perm.length !== of.dims.length || perm.some((axis) => of.dims[axis] === undefined)) return undefined;
  const dims = perm.map((axis) => of.dims[axis]!);
  const moving = perm.filter((axis) => of.dims[axis] !== 1);
  if (moving.every((axis, at) => at === 0 || axis > moving[at - 1]!)) return { dims, read: of.read };
  if (elementCount(dims) > mostHeld) return undefined;
  return held(dims, async () => {
    const from = await readAll(of);
    const out = new Float32Array(from.length);
    const strides = new Array<number>(perm.length).fill(1);
    for (let axis = perm.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * of.dims[axis + 1]!;
    const steps = perm.map((axis) => strides[axis]!), index = new Array<number>(perm.length).fill(0);
    for (let at = 0, source = 0; at < out.length; at++) {
      out[at] = from[source]!;
      for (let axis = perm.length - 1; axis >= 0; axis--) {
        source += steps[axis]!;
        if (++index[axis]! < dims[axis]!) break;
        source -= steps[axis]! * dims[axis]!;
        index[axis] = 0;
      }
    }
    return out;
  });
}

/**
 * (x − zero) · the product of `scales`, each a single number or one for every index of `axis`.
 * @returns undefined where their lengths fit neither.
 */
export function scaled(of: Numbers, scales: readonly Numbers[], zero: Numbers | undefined, axis: number, add?: Numbers): Numbers | undefined {
  const at = axis < 0 ? of.dims.length + axis : axis;
  const channels = of.dims[at] ?? 1;
  const inner = elementCount(of.dims.slice(at + 1));
  const fits = (numbers: Numbers): boolean => { const count = elementCount(numbers.dims); return count === 1 || count === channels; };
  if (![...scales, ...(zero ? [zero] : []), ...(add ? [add] : [])].every(fits)) return undefined;
  let factors: Promise<readonly [Float32Array, Float32Array | undefined, Float32Array | undefined]> | undefined;
  const prepare = async (): Promise<readonly [Float32Array, Float32Array | undefined, Float32Array | undefined]> => {
    const factor = new Float32Array(channels).fill(1);
    for (const scale of scales) {
      const values = await readAll(scale);
      for (let c = 0; c < channels; c++) factor[c] = factor[c]! * values[values.length === 1 ? 0 : c]!;
    }
    return [factor, zero && await readAll(zero), add && await readAll(add)];
  };
  return {
    dims: of.dims,
    read: async (start, count) => {
      const [factor, zeros, added] = await (factors ??= prepare());
      const from = await of.read(start, count), out = new Float32Array(from.length);
      for (let i = 0; i < out.length; i++) {
        const c = Math.floor((start + i) / inner) % channels;
        out[i] = (from[i]! - (zeros ? zeros[zeros.length === 1 ? 0 : c]! : 0)) * factor[c]! + (added ? added[added.length === 1 ? 0 : c]! : 0);
      }
      return out;
    },
  };
}
