/** Appends nodes and constants to a graph under construction; knows which form an op has at the model's opset. */
import type { DType } from '../tensor/dtype';
import type { Attribute, Initializer, Node } from './graph';

export type AttributeInput = number | string | readonly number[] | { readonly float: number } | { readonly floats: readonly number[] } | { readonly strings: readonly string[] };

/**
 * Turns a plain value into an attribute: numbers and number lists are ints (use {float} and {floats} for floats),
 * strings are strings, {strings} is a list of them.
 */
export function toAttribute(value: AttributeInput): Attribute {
  if (typeof value === 'number') return { kind: 'int', value: BigInt(value) };
  if (typeof value === 'string') return { kind: 'string', value: new TextEncoder().encode(value) };
  if ('float' in value) return { kind: 'float', value: value.float };
  if ('floats' in value) return { kind: 'floats', value: value.floats };
  if ('strings' in value) return { kind: 'strings', value: value.strings.map((item) => new TextEncoder().encode(item)) };
  return { kind: 'ints', value: value.map((item) => BigInt(item)) };
}

export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly initializers = new Map<string, Initializer>();
  private readonly constants = new Map<string, string>();
  private counter = 0;

  /** @param opset version of ai.onnx the nodes are written for (13 or newer). @param prefix of every name made here. */
  constructor(readonly opset: number, private readonly prefix = 'lens/', private readonly taken: ReadonlySet<string> = new Set()) {}

  /** A name nothing else in the graph has. */
  fresh(hint: string): string {
    let name: string;
    do { name = `${this.prefix}${hint}_${this.counter++}`; } while (this.taken.has(name));
    return name;
  }

  /** Adds a node with one output and returns the output's name. */
  op(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeInput>> = {}, domain = ''): string {
    return this.ops(opType, inputs, 1, attributes, domain)[0]!;
  }

  /** Adds a node with several outputs. */
  ops(opType: string, inputs: readonly string[], outputs: number, attributes: Readonly<Record<string, AttributeInput>> = {}, domain = ''): string[] {
    const name = this.fresh(opType);
    const names = outputs === 1 ? [name] : Array.from({ length: outputs }, (_, index) => `${name}:${index}`);
    this.nodes.push({
      name, opType, domain, inputs: [...inputs], outputs: names,
      attributes: new Map(Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)])),
    });
    return names;
  }

  /** A constant of any element type, shared by everyone who asks for the same one. `values` fill `dims` in C order. */
  constant(values: readonly number[] | number, dtype: DType, dims?: readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    const shape = dims ?? (typeof values === 'number' ? [] : [list.length]);
    const bytes = encodeNumbers(list, dtype);
    // Keyed by content, so that thousands of rules asking for the same scalar make one initializer.
    const key = `${dtype}|${shape.join(',')}|${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`;
    let name = this.constants.get(key);
    if (name === undefined) {
      name = this.fresh('const');
      this.constants.set(key, name);
      this.initializers.set(name, { kind: 'inline', dtype, dims: [...shape], bytes });
    }
    return name;
  }

  /** A 1-D int64 constant: axes, shapes, starts. */
  int64s(values: readonly number[]): string {
    return this.constant(values, 'int64', [values.length]);
  }

  // --- ops whose form depends on the opset ---------------------------------------------------------------------

  /** ReduceSum/Mean/Max/Min/…; `axes` undefined reduces all. */
  reduce(opType: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceL2' | 'ReduceProd' | 'ReduceSumSquare', x: string, axes: readonly number[] | undefined, keepdims = true): string {
    const inputForm = this.opset >= (opType === 'ReduceSum' ? 13 : 18);
    const attributes: Record<string, AttributeInput> = { keepdims: keepdims ? 1 : 0 };
    if (axes === undefined) return this.op(opType, [x], attributes);
    return inputForm ? this.op(opType, [x, this.int64s(axes)], attributes) : this.op(opType, [x], { ...attributes, axes });
  }

  reshape(x: string, dims: readonly number[]): string {
    return this.op('Reshape', [x, this.int64s(dims)]);
  }

  squeeze(x: string, axes: readonly number[]): string {
    return this.op('Squeeze', [x, this.int64s(axes)]);
  }

  unsqueeze(x: string, axes: readonly number[]): string {
    return this.op('Unsqueeze', [x, this.int64s(axes)]);
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.op('Transpose', [x], { perm });
  }

  slice(x: string, starts: readonly number[], ends: readonly number[], axes: readonly number[], steps?: readonly number[]): string {
    const inputs = [x, this.int64s(starts), this.int64s(ends), this.int64s(axes)];
    return this.op('Slice', steps ? [...inputs, this.int64s(steps)] : inputs);
  }

  /** Zero padding; `pads` as ONNX has them: begins, then ends. Negative pads crop. */
  pad(x: string, pads: readonly number[]): string {
    return this.op('Pad', [x, this.int64s(pads)]);
  }

  expand(x: string, dims: readonly number[]): string {
    return this.op('Expand', [x, this.int64s(dims)]);
  }

  split(x: string, axis: number, sizes: readonly number[]): string[] {
    return this.ops('Split', [x, this.int64s(sizes)], sizes.length, { axis });
  }

  concat(parts: readonly string[], axis: number): string {
    return parts.length === 1 ? parts[0]! : this.op('Concat', parts, { axis });
  }

  cast(x: string, dtype: DType): string {
    const to = onnxElementType[dtype];
    if (to === undefined) throw new Error(`no ONNX element type for ${dtype}`);
    return this.op('Cast', [x], { to });
  }
}

/** TensorProto.DataType numbers (onnx.proto). */
export const onnxElementType: Readonly<Partial<Record<DType, number>>> = {
  float32: 1, uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, int64: 7, string: 8, bool: 9, float16: 10, float64: 11,
  uint32: 12, uint64: 13, complex64: 14, complex128: 15, bfloat16: 16,
};

/** Element types `encodeNumbers` writes. */
export const encodable: ReadonlySet<DType> = new Set(['float32', 'float64', 'float16', 'int64', 'int32', 'bool', 'uint8']);

/** Numbers as the bytes of a tensor (C order, little-endian). Throws for element types outside `encodable`. */
export function encodeNumbers(values: readonly number[], dtype: DType): Uint8Array {
  switch (dtype) {
    case 'float32': return bytesOf(Float32Array.from(values));
    case 'float64': return bytesOf(Float64Array.from(values));
    case 'int64': return bytesOf(BigInt64Array.from(values, toInt64));
    case 'int32': return bytesOf(Int32Array.from(values));
    case 'bool': case 'uint8': return Uint8Array.from(values);
    case 'float16': return bytesOf(Uint16Array.from(values, toFloat16Bits));
    default: throw new Error(`constants of type ${dtype} are not written by the graph builder`);
  }
}

/** 'To the end' is often the largest int64, which a double rounds up to 2⁶³: that would wrap around. */
function toInt64(value: number): bigint {
  return value >= 2 ** 63 ? 2n ** 63n - 1n : value < -(2 ** 63) ? -(2n ** 63n) : BigInt(value);
}

function bytesOf(array: Float32Array | Float64Array | BigInt64Array | Int32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE half bits of a number, rounded to nearest even; overflow becomes infinity. */
function toFloat16Bits(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = bits & 0x7fffff;
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    const full = mantissa | 0x800000, shift = 14 - exponent;
    const half = full >>> shift, rest = full & ((1 << shift) - 1), tie = 1 << (shift - 1);
    return sign | (half + (rest > tie || (rest === tie && (half & 1)) ? 1 : 0));
  }
  const half = (exponent << 10) | (mantissa >>> 13), rest = mantissa & 0x1fff;
  return sign | (half + (rest > 0x1000 || (rest === 0x1000 && (half & 1)) ? 1 : 0));
}
